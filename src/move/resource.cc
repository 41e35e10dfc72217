#include "move/resource.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <numeric>
#include <utility>

#include "base/text.h"
#include "load/local_files.h"
#include "load/redshift_supply.h"
#include "load/s3_source.h"
#include "load/source_objects.h"
#include "penstock/error.h"
#include "postgres/address.h"

namespace penstock::network {
namespace {

struct NameEnd {
  std::string_view end;  // without its dot
  Format format;
  char delimiter = ',';
};

constexpr std::array kFormats{NameEnd{"csv", Format::csv},     NameEnd{"tsv", Format::csv, '\t'},
                              NameEnd{"json", Format::json},   NameEnd{"jsonl", Format::json},
                              NameEnd{"ndjson", Format::json}, NameEnd{"parquet", Format::parquet},
                              NameEnd{"orc", Format::orc}};
constexpr std::array<std::string_view, 5> kCodecs{"gz", "zst", "zstd", "bz2", "lzo"};
constexpr std::array<std::string_view, 4> kSchemes{"s3", "redshift", "postgresql", "postgres"};

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorKind::invalid, message); }

// How many letters one must change, add, take away or swap to make the one word the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> rows(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  std::iota(rows[0].begin(), rows[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    rows[i][0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      rows[i][j] = std::min({changed, rows[i - 1][j] + 1, rows[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[a.size()][b.size()];
}

// The word that was probably meant: not too far away, and no other as near comes before it.
template <typename Words>
std::optional<std::string_view> nearest(std::string_view word, const Words& words) {
  std::optional<std::string_view> best;
  std::size_t best_distance = std::max<std::size_t>(1, std::min<std::size_t>(word.size() / 2, 3)) + 1;
  for (const std::string_view candidate : words) {
    if (const std::size_t far = distance(lower(word), candidate); far < best_distance) {
      best = candidate;
      best_distance = far;
    }
  }
  return best;
}

std::vector<std::string_view> all_ends() {
  std::vector<std::string_view> ends;
  for (const NameEnd& format : kFormats) ends.push_back(format.end);
  ends.insert(ends.end(), kCodecs.begin(), kCodecs.end());
  return ends;
}

std::string_view last_part(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

struct NameSays {
  Format format = Format::csv;
  char delimiter = ',';
  Codec codec = Codec::none;
};

// nullopt: nothing.
std::optional<NameSays> what_name_says(std::string_view name) {
  const Codec codec = codec_of(name);
  if (codec != Codec::none) name = name.substr(0, name.rfind('.'));
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto found = std::ranges::find(kFormats, lower(name.substr(dot + 1)), &NameEnd::end);
  if (found == kFormats.end()) return std::nullopt;
  return NameSays{found->format, found->delimiter, codec};
}

// "users.jsn" -> "users.json", "users.csv.gzip" -> "users.csv.gz"; nullopt: who knows.
std::optional<std::string> better_name(std::string_view name) {
  const Codec codec = codec_of(name);
  const std::string_view packed = codec == Codec::none ? "" : name.substr(name.rfind('.'));
  const std::string_view before = name.substr(0, name.size() - packed.size());
  const std::size_t dot = before.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == before.size()) return std::nullopt;
  const std::string_view end = before.substr(dot + 1);
  const auto meant = end == "gzip" ? std::optional<std::string_view>("gz") : nearest(end, all_ends());
  if (!meant || *meant == end) return std::nullopt;
  std::string better = fmt::format("{}.{}{}", before.substr(0, dot), *meant, packed);
  if (!what_name_says(last_part(better))) return std::nullopt;
  return better;
}

// What --from-format or --to-format says; its codec counts only if it has one.
NameSays read_given(const std::string& format, Use use) {
  const std::string_view option = use == Use::destination ? "--to-format" : "--from-format";
  const std::string text = format.starts_with('.') ? format.substr(1) : format;
  if (const auto says = what_name_says("." + text)) return *says;
  const auto meant = nearest(text, all_ends());
  refuse(
      fmt::format("{} '{}' is none of csv, tsv, json, jsonl, ndjson, parquet and orc, those of text with .gz, .zst "
                  "or .bz2 behind it{}",
                  option, printable(format), meant ? fmt::format("; did you mean {}?", *meant) : ""));
}

void settle_format(Resource& resource, Use use, const Given& given) {
  if (use == Use::name) return;
  const auto says = resource.is_folder || resource.place == Place::standard
                        ? std::nullopt
                        : what_name_says(last_part(resource.place == Place::s3 ? resource.s3.key : resource.path));
  if (says) {
    resource.format = says->format;
    resource.delimiter = says->delimiter;
    resource.codec = says->codec;
  }
  if (!given.format.empty()) {
    const NameSays wanted = read_given(given.format, use);
    resource.format = wanted.format;
    resource.delimiter = wanted.delimiter;
    const bool is_packed = codec_of("." + given.format) != Codec::none;
    if (is_packed) {
      resource.codec = wanted.codec;
    } else if (!says && !resource.is_many) {
      resource.codec = codec_of(last_part(resource.name));
    }
  }
  if (given.delimiter) {
    if (resource.format && resource.format != Format::csv) {
      refuse(fmt::format("{}: --delimiter means nothing for {}", printable(resource.name), in_words(*resource.format)));
    }
    resource.delimiter = *given.delimiter;
  }
  const bool is_packed_inside = resource.format == Format::parquet || resource.format == Format::orc;
  if (is_packed_inside && resource.codec != Codec::none) {
    refuse(fmt::format("{}: {} is compressed inside, not as a whole; leave the {} away", printable(resource.name),
                       *resource.format == Format::orc ? "ORC" : "Parquet", end_of_name(resource.codec)));
  }
  if (use == Use::destination && resource.codec == Codec::lzop) {
    refuse(fmt::format("{}: .lzo is read but not written; .gz, .zst and .bz2 are", printable(resource.name)));
  }
  if (resource.format || resource.is_many || resource.place == Place::standard) return;
  const auto better = better_name(resource.name);
  refuse(fmt::format(
      "{}: the name does not say what is in it{}; {} does, and names that end in .csv, .tsv, .json, .jsonl, .ndjson, "
      ".parquet and .orc do{}",
      printable(resource.name), better ? fmt::format("; did you mean {}?", printable(*better)) : "",
      use == Use::destination ? "--to-format" : "--from-format",
      use == Use::destination ? "; a folder's ends in /" : ""));
}

bool is_local_folder(const std::string& path) {
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

bool is_there(const std::string& path) {
  struct stat found{};
  return ::lstat(path.c_str(), &found) == 0;
}

void refuse_pattern(const Resource& resource) {
  refuse(
      fmt::format("{}: a destination is one name, or a folder, which ends in /; what it has of a pattern would match "
                  "nothing",
                  printable(resource.name)));
}

Resource local_resource(std::string_view text, Use use, const Given& given) {
  if (text.empty()) refuse("the path is empty; - is stdin or stdout");
  if (text.find('\0') != std::string_view::npos) refuse("the path holds a NUL byte");
  Resource resource{.name = std::string(text), .place = Place::local, .path = std::string(text)};
  resource.is_folder = text.ends_with('/') || is_local_folder(resource.path);
  if (resource.is_folder && !text.ends_with('/')) resource.path += '/';
  resource.is_many = resource.is_folder || (is_glob(text) && !is_there(resource.path));
  if (use == Use::destination && resource.is_many && !resource.is_folder) refuse_pattern(resource);
  settle_format(resource, use, given);
  return resource;
}

Resource s3_resource(std::string_view text, Use use, const Given& given) {
  Resource resource{.name = std::string(text), .place = Place::s3, .s3 = parse_s3_uri(text)};
  const std::string& key = resource.s3.key;
  if (key.find('\0') != std::string::npos) refuse("the key holds a NUL byte");
  resource.is_folder = key.empty() || key.ends_with('/');
  if (key.empty() && !text.ends_with('/')) resource.name += '/';
  resource.is_many = resource.is_folder || key.find('*') != std::string::npos;
  if (use == Use::destination && resource.is_many && !resource.is_folder) refuse_pattern(resource);
  settle_format(resource, use, given);
  return resource;
}

std::string name_of_server(const ServerUri& server) {
  return fmt::format("{}://{}{}{}{}/{}", server.scheme, server.user, server.user.empty() ? "" : "@",
                     server.host.find(':') == std::string::npos ? server.host : '[' + server.host + ']',
                     server.port == 0 ? "" : fmt::format(":{}", server.port), server.database);
}

struct Asked {
  std::string rest;   // of the URI
  std::string query;  // percent-encoded, as it is in it
};

// ?query=… or &query=…: up to the next &.
Asked take_query(std::string_view text) {
  const std::size_t question = text.find('?');
  if (question == std::string_view::npos) return {std::string(text), ""};
  std::string rest(text.substr(0, question));
  std::string query;
  char before = '?';
  std::string_view options = text.substr(question + 1);
  while (!options.empty()) {
    const std::size_t end = std::min(options.find('&'), options.size());
    const std::string_view option = options.substr(0, end);
    if (option.starts_with("query=")) {
      query = option.substr(std::string_view("query=").size());
    } else {
      rest += std::exchange(before, '&');
      rest += option;
    }
    options = options.substr(std::min(end + 1, options.size()));
  }
  return {std::move(rest), std::move(query)};
}

std::string decoded_query(const std::string& query) {
  if (query.empty()) return {};
  return parse_server_uri("redshift://?query=" + query).options.at("query");
}

// db:users, db/users: what stands behind a database and is no ::table.
std::optional<std::string> better_server(const ServerUri& server) {
  const std::size_t cut = server.database.find_first_of(":/");
  if (cut == std::string::npos || cut == 0 || cut + 1 == server.database.size()) return std::nullopt;
  ServerUri meant = server;
  const std::string table = server.database.substr(cut + 1);
  meant.database.resize(cut);
  return name_of_server(meant) + "::" + table;
}

void check_what_of_server(const Resource& resource, Use use) {
  const std::string name = printable(resource.name);
  const auto better = resource.table.empty() ? better_server(resource.server) : std::nullopt;
  if (better) refuse(fmt::format("{}: a table stands behind ::; did you mean {}?", name, printable(*better)));
  if (!resource.table.empty() && !resource.query.empty()) {
    refuse(fmt::format("{}: ::table and a query exclude each other", name));
  }
  if (use != Use::source && !resource.query.empty()) refuse(fmt::format("{}: a query names no table", name));
  if (resource.table.empty() && resource.query.empty()) {
    refuse(fmt::format("{}: names no table; {}::schema.table does{}", name, printable(name_of_server(resource.server)),
                       use == Use::source ? ", and ?query=SELECT … says what to read" : ""));
  }
  const std::string& table = resource.table;
  if (const std::size_t dot = table.find('.'); dot == 0 || (dot != std::string::npos && dot + 1 == table.size())) {
    refuse(fmt::format("{}: behind :: there is no name of a table; ::table or ::schema.table is one", name));
  }
}

Resource server_resource(std::string_view text, Place place, Use use, const Given& given) {
  if (text.find('\0') != std::string_view::npos) refuse("the URI holds a NUL byte");
  const Asked asked = take_query(text);
  const RedshiftAddress address = read_redshift_address(asked.rest);
  Resource resource{.place = place, .format = Format::rows};
  resource.server =
      place == Place::postgresql ? postgres::parse_address(address.uri).server : parse_server_uri(address.uri);
  resource.address = Secret(address.uri);
  resource.table = address.table.value_or("");
  resource.query = asked.query.empty() ? given.query : decoded_query(asked.query);
  resource.name = name_of_server(resource.server) + (address.table ? "::" + *address.table : "");
  if (!asked.query.empty() && !given.query.empty()) {
    refuse(fmt::format("{}: a query is in the URI, and another in --query", printable(resource.name)));
  }
  if (address.table && address.table->empty()) {
    refuse(fmt::format("{}: behind :: there is no name of a table; ::table or ::schema.table is one",
                       printable(resource.name)));
  }
  check_what_of_server(resource, use);
  if (!given.format.empty() && use != Use::name) {
    refuse(fmt::format("{}: {} means nothing for a table; its columns have names and types", printable(resource.name),
                       use == Use::destination ? "--to-format" : "--from-format"));
  }
  return resource;
}

// No scheme that is known, spelled as it is: what is wrong with it. `rest` is what follows, and may hold a password.
[[noreturn]] void refuse_scheme(std::string_view scheme, std::string_view rest) {
  while (rest.starts_with('/')) rest.remove_prefix(1);
  const std::string shown = printable(scheme);
  if (lower(scheme) == "file") {
    refuse(fmt::format("'{}://': a local path is written as it is; did you mean /{}?", shown, printable(rest)));
  }
  const bool is_s3 = lower(scheme) == "s3" || lower(scheme) == "s3a" || lower(scheme) == "s3n";
  const auto meant = is_s3 ? std::optional<std::string_view>("s3") : nearest(scheme, kSchemes);
  if (!meant) {
    refuse(
        fmt::format("'{}://' is no scheme that is known: s3://, redshift:// and postgresql:// are, and paths", shown));
  }
  if (*meant == "s3")
    refuse(fmt::format("'{}' is no way to begin a URI; did you mean s3://{}?", shown, printable(rest)));
  const std::size_t at = rest.find('@');
  const std::string_view host = at == std::string_view::npos ? rest : rest.substr(rest.rfind('@') + 1);
  refuse(fmt::format("'{}' is no way to begin a URI; did you mean {}://{}{}?", shown, *meant,
                     at == std::string_view::npos ? "" : "…@", printable(host)));
}

// s3:/bucket, redshift:host, S3://: a scheme that lacks something. Of a path, nothing.
void refuse_broken_scheme(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return;
  const std::string_view scheme = text.substr(0, colon);
  if (!std::ranges::all_of(scheme, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+'; }))
    return;
  const std::string_view rest = text.substr(colon + 1);
  if (rest.starts_with("//")) refuse_scheme(scheme, rest);
  const bool is_known = std::ranges::find(kSchemes, lower(scheme)) != kSchemes.end();
  if (is_known && !is_there(std::string(text)))
    refuse_scheme(fmt::format("{}:{}", scheme, rest.starts_with('/') ? "/" : ""), rest);
}

// What the names of all items say becomes the source's, where nothing else says it.
void take_names(Resource& source) {
  std::optional<NameSays> all;
  for (const Item& item : source.items) {
    auto says = what_name_says(last_part(item.name));
    if (!says && !source.format) {
      const auto better = better_name(item.name);
      refuse(fmt::format("{}: the name does not say what is in it{}; --from-format does", printable(item.name),
                         better ? fmt::format("; did you mean {}?", printable(*better)) : ""));
    }
    if (!says) says = NameSays{.codec = codec_of(item.name)};
    if (source.format) *says = {.format = *source.format, .delimiter = source.delimiter, .codec = says->codec};
    if (!all) all = says;
    if (says->format != all->format || says->delimiter != all->delimiter || says->codec != all->codec) {
      refuse(fmt::format("{} and {} differ in what their names say is in them: move them one after the other",
                         printable(source.items.front().name), printable(item.name)));
    }
  }
  if (!source.format && source.delimiter == ',') source.delimiter = all->delimiter;
  source.format = all->format;
  if (source.codec == Codec::none) source.codec = all->codec;
}

void find_local(Resource& source, Use use) {
  std::vector<std::string> paths;
  if (source.is_folder) {
    paths = files_below(source.path);
  } else if (source.is_many) {
    paths = files_like(source.path);
  } else {
    paths.push_back(source.path);
  }
  const std::size_t common = source.is_folder ? source.path.size()
                             : source.is_many ? folder_of_glob(source.path).size()
                                              : 0;
  for (std::string& path : paths) {
    struct stat found{};
    if ((use == Use::name ? ::lstat(path.c_str(), &found) : ::stat(path.c_str(), &found)) != 0) {
      throw Error(errno == EACCES ? ErrorKind::denied : ErrorKind::not_found,
                  fmt::format("{}: {}", printable(path), std::strerror(errno)));
    }
    Item item{.name = path, .size = S_ISREG(found.st_mode) ? static_cast<std::uint64_t>(found.st_size) : 0};
    item.below = source.is_many ? path.substr(common) : std::string(last_part(path));
    item.path = std::move(path);
    source.items.push_back(std::move(item));
  }
}

void add_object(Resource& source, const ObjectStore& store, ObjectInfo object, std::size_t common) {
  Item item{.name = store.uri_of(object.key), .below = object.key.substr(common), .size = object.size};
  item.object = std::move(object);
  source.items.push_back(std::move(item));
}

void find_objects(Resource& source, Buckets& buckets, Log& log, const std::stop_token& stop) {
  const auto store = buckets.open(source.s3.bucket);
  const std::string& key = source.s3.key;
  if (!source.is_folder) {
    if (auto object = store->head(key)) {
      source.is_many = false;
      const std::size_t common = key.size() - last_part(key).size();
      add_object(source, *store, std::move(*object), common);
      return;
    }
    if (!source.is_many) return check_bucket(buckets, {.bucket = source.s3.bucket, .key = key});
  }
  const std::string_view fixed = std::string_view(key).substr(0, key.find('*'));
  const std::size_t common = fixed.rfind('/') + 1;
  const auto listing = store->list(fixed);
  while (auto object = listing->next()) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped while listing " + printable(source.name));
    if (object->key.ends_with('/') && object->size == 0) continue;  // what stands for a folder
    const bool is_meant =
        source.is_folder ? !is_hidden(std::string_view(object->key).substr(key.size())) : is_like(object->key, key);
    if (is_meant) {
      add_object(source, *store, std::move(*object), common);
    } else {
      log.debug(fmt::format("{} is passed over", printable(store->uri_of(object->key))));
    }
  }
}

}  // namespace

Resource parse_resource(std::string_view text, Use use, const Given& given) {
  if (text == "-") {
    Resource resource{.name = use == Use::destination ? "stdout" : "stdin", .place = Place::standard};
    if (use == Use::name) refuse("- names nothing that could be found");
    settle_format(resource, use, given);
    if (use == Use::source && !resource.format) resource.format = Format::csv;
    return resource;
  }
  const bool is_redshift = text.starts_with("redshift://");
  const bool is_server = is_redshift || postgres::is_address(text);
  if (!given.query.empty() && !is_server) {
    refuse(fmt::format("{}: --query is for redshift:// and postgresql://", printable(text)));
  }
  if (is_s3_uri(text)) return s3_resource(text, use, given);
  if (is_server) return server_resource(text, is_redshift ? Place::redshift : Place::postgresql, use, given);
  refuse_broken_scheme(text);
  return local_resource(text, use, given);
}

void find_items(Resource& source, Buckets& buckets, Log& log, const std::stop_token& stop, Use use) {
  if (source.is_server() || source.place == Place::standard || source.place == Place::stream) return;
  source.items.clear();
  source.bytes = 0;
  if (source.place == Place::s3) {
    find_objects(source, buckets, log, stop);
  } else {
    find_local(source, use);
  }
  if (source.items.empty()) {
    throw Error(ErrorKind::not_found, fmt::format("{}: there is no such {}", printable(source.name),
                                                  source.place == Place::s3 ? "object" : "file"));
  }
  if (use != Use::name) take_names(source);
  for (const Item& item : source.items) source.bytes += item.size;
}

std::string_view in_words(Place place) noexcept {
  switch (place) {
    case Place::local:
      return "local";
    case Place::standard:
      return "stdin or stdout";
    case Place::s3:
      return "S3";
    case Place::redshift:
      return "Redshift";
    case Place::stream:
      return "a stream of";
    case Place::postgresql:
      break;
  }
  return "PostgreSQL";
}

std::string_view in_words(Format format) noexcept {
  switch (format) {
    case Format::csv:
      return "csv";
    case Format::json:
      return "json";
    case Format::parquet:
      return "parquet";
    case Format::orc:
      return "orc";
    case Format::rows:
      return "rows";
    case Format::batches:
      break;
  }
  return "batches";
}

std::string_view end_of_name(Codec codec) noexcept {
  switch (codec) {
    case Codec::gzip:
      return ".gz";
    case Codec::zstd:
      return ".zst";
    case Codec::bzip2:
      return ".bz2";
    case Codec::lzop:
      return ".lzo";
    case Codec::none:
      break;
  }
  return "";
}

std::string end_of_name(Format format, char delimiter, Codec codec) {
  std::string_view end = in_words(format);
  if (format == Format::json) end = "jsonl";
  if (format == Format::csv && delimiter == '\t') end = "tsv";
  return fmt::format(".{}{}", end, end_of_name(codec));
}

}  // namespace penstock::network
