#include "load/source.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "codec/decompress.h"
#include "format/csv_header.h"
#include "load/local_files.h"
#include "load/replayed.h"
#include "load/source_name.h"
#include "load/waiting_reader.h"
#include "penstock/error.h"

namespace penstock {
namespace {

constexpr std::string_view kStdin = "-";

std::unique_ptr<ObjectReader> open_file(const std::string& path, const std::stop_token& stop) {
  return decompressed(open_path(path, stop), codec_of(path), path);
}

// The files that a path or glob names, in their order.
std::vector<std::string> files_of(const std::string& pattern, std::vector<std::string>& problems) {
  struct stat found{};
  if (::stat(pattern.c_str(), &found) == 0) {
    if (!S_ISDIR(found.st_mode)) return {pattern};
    problems.push_back(fmt::format("{} is a folder; {}/* names its files", printable(pattern), printable(pattern)));
    return {};
  }
  if (!is_glob(pattern)) {
    problems.push_back(fmt::format("{}: {}", printable(pattern), std::strerror(errno)));
    return {};
  }
  auto files = files_like(pattern);
  if (files.empty()) problems.push_back(fmt::format("{}: there is no such file", printable(pattern)));
  return files;
}

std::vector<std::string> header_of(ObjectReader& reader, char delimiter, char quote, const std::string& name) {
  const auto record = format::first_csv_record(reader, delimiter, printable(name), quote);
  if (!record) {
    throw Error(ErrorKind::refused, fmt::format("{} is empty: it has no header. --columns says what a file without one "
                                                "holds",
                                                printable(name)));
  }
  return record->fields;
}

class Opening {
 public:
  Opening(const UpsertOptions& options, const std::stop_token& stop) : options_(options), stop_(stop) {}

  Source open() {
    if (options_.sources == std::vector<std::string>{std::string(kStdin)}) {
      open_stdin();
    } else {
      open_files();
    }
    return std::move(source_);
  }

 private:
  [[nodiscard]] bool has_header() const { return source_.format == SourceFormat::csv && options_.columns.empty(); }

  void settle(const NameSays& says) {
    source_.format = options_.format.value_or(says.format);
    if (source_.format == SourceFormat::parquet) refuse_dialect();
    source_.delimiter = options_.delimiter.value_or(says.delimiter);
    if (source_.format == SourceFormat::csv) source_.columns = options_.columns;
  }

  void open_stdin() {
    settle({});
    if (source_.format == SourceFormat::parquet) {
      throw Error(ErrorKind::invalid,
                  "Parquet is not read from stdin: its columns are found from its end; give a file");
    }
    source_.name = "stdin";
    source_.is_stdin = true;
    const std::shared_ptr<ObjectReader> reader = penstock::open_stdin(stop_);
    std::string begun;
    if (has_header()) {
      Kept kept(*reader);
      source_.columns = header_of(kept, source_.delimiter, options_.quote, "stdin");
      begun = kept.take();
    }
    source_.inputs.push_back({.name = "stdin",
                              .open = [begun, reader] { return std::make_unique<Replayed>(begun, reader); },
                              .skip = has_header() ? 1U : 0U});
  }

  void open_files() {
    std::vector<std::string> problems;
    std::vector<std::string> paths;
    for (const std::string& pattern : options_.sources) {
      std::ranges::move(files_of(pattern, problems), std::back_inserter(paths));
    }
    if (!problems.empty()) throw Error(ErrorKind::not_found, fmt::format("{}", fmt::join(problems, "\n  ")));
    settle(what_names_say(paths, options_.format));
    source_.name = name_of_several(paths);
    if (source_.format == SourceFormat::parquet) open_parquet(paths);
    for (const std::string& path : paths) {
      if (has_header())
        compare_header(path, header_of(*open_file(path, stop_), source_.delimiter, options_.quote, path));
      struct stat found{};
      if (::stat(path.c_str(), &found) == 0) source_.size += static_cast<std::uint64_t>(found.st_size);
      if (source_.format == SourceFormat::parquet) continue;
      source_.inputs.push_back({.name = path,
                                .open = [path, stop = stop_] { return open_file(path, stop); },
                                .skip = has_header() ? 1U : 0U});
    }
    if (!first_header_of_.empty()) source_.columns = std::move(header_);
  }

  void refuse_dialect() const {
    std::vector<std::string> given;
    if (options_.delimiter) given.emplace_back("--delimiter");
    if (options_.quote != UpsertOptions{}.quote) given.emplace_back("--quote");
    if (options_.escape) given.emplace_back("--escape");
    if (!options_.null_as.empty()) given.emplace_back("--null-as");
    if (given.empty()) return;
    throw Error(ErrorKind::invalid,
                fmt::format("the source is Parquet, in which {} would say nothing", fmt::join(given, ", ")));
  }

  // All of them are looked at, and all that is wrong with them is told.
  void open_parquet(const std::vector<std::string>& paths) {
    std::vector<std::string> problems;
    for (const std::string& path : paths) {
      if (codec_of(path) != Codec::none) {
        throw Error(ErrorKind::invalid,
                    fmt::format("{} is compressed: unpack it first. Parquet is compressed inside", printable(path)));
      }
      try {
        source_.parquet.push_back(columnar::look_at_parquet(path));
      } catch (const Error& e) {
        if (e.kind() != ErrorKind::refused) throw;
        problems.emplace_back(e.what());
      }
    }
    for (const columnar::ParquetFile& file : source_.parquet) compare_columns(file, problems);
    if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n")));
    source_.columns = options_.columns.empty() ? names_of(source_.parquet.front()) : chosen_columns();
  }

  void compare_columns(const columnar::ParquetFile& file, std::vector<std::string>& problems) const {
    const columnar::ParquetFile& first = source_.parquet.front();
    const auto lacks = [](const columnar::ParquetFile& one, const columnar::ParquetFile& other) {
      std::vector<std::string> names;
      for (const columnar::ParquetColumn& column : other.columns) {
        const auto found = std::ranges::find(one.columns, column.name, &columnar::ParquetColumn::name);
        if (found == one.columns.end()) names.push_back(printable(column.name));
      }
      return names;
    };
    for (const auto& [one, other] : {std::pair(&first, &file), std::pair(&file, &first)}) {
      const auto names = lacks(*one, *other);
      if (names.empty()) continue;
      problems.push_back(fmt::format("{} has no column {}, {} has: upsert them one after the other",
                                     printable(one->path), fmt::join(names, ", "), printable(other->path)));
    }
  }

  static std::vector<std::string> names_of(const columnar::ParquetFile& file) {
    std::vector<std::string> names;
    for (const columnar::ParquetColumn& column : file.columns) names.push_back(column.name);
    return names;
  }

  // As the file spells them.
  [[nodiscard]] std::vector<std::string> chosen_columns() const {
    const auto names = names_of(source_.parquet.front());
    std::vector<std::string> chosen;
    std::vector<std::string> absent;
    for (const std::string& wanted : options_.columns) {
      const auto is_it = [&](const std::string& name) { return equal_ignoring_case(name, wanted); };
      const auto found = std::ranges::find_if(names, is_it);
      (found != names.end() ? chosen : absent).push_back(found != names.end() ? *found : printable(wanted));
    }
    if (!absent.empty()) {
      throw Error(ErrorKind::refused,
                  fmt::format("{} has no column {}; it has {}", printable(source_.parquet.front().path),
                              fmt::join(absent, ", "), printable(fmt::format("{}", fmt::join(names, ", ")))));
    }
    return chosen;
  }

  void compare_header(const std::string& path, std::vector<std::string> header) {
    if (first_header_of_.empty()) {
      first_header_of_ = path;
      header_ = std::move(header);
    } else if (header != header_) {
      throw Error(ErrorKind::refused, fmt::format("{} and {} have different headers; upsert them one after the other",
                                                  printable(first_header_of_), printable(path)));
    }
  }

  const UpsertOptions& options_;
  const std::stop_token stop_;
  Source source_;
  std::string first_header_of_;
  std::vector<std::string> header_;
};

}  // namespace

Source open_source(const UpsertOptions& options, const std::stop_token& stop) { return Opening(options, stop).open(); }

}  // namespace penstock
