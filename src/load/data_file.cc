#include "load/data_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace penstock {
namespace {

struct NamedSuffix {
  std::string_view text;
  Suffix suffix;
};

// Longer before what they end with.
constexpr std::array kSuffixes{
    NamedSuffix{"manifest", Suffix::manifest},
    NamedSuffix{"json.gz", Suffix::json_gz},
    NamedSuffix{"json.zst", Suffix::json_zst},
    NamedSuffix{"json", Suffix::json},
    NamedSuffix{"csv.gz", Suffix::csv_gz},
    NamedSuffix{"csv.zst", Suffix::csv_zst},
    NamedSuffix{"csv", Suffix::csv},
    NamedSuffix{"parquet", Suffix::parquet},
    NamedSuffix{"gz", Suffix::gz},
};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::size_t leading_digits(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

// "year=2015/_data_timestamp_month=07/_data_timestamp_day=01/" at the start of the text; its length, 0 if it is not.
std::size_t dated_folders(std::string_view text) noexcept {
  std::size_t at = 0;
  for (const auto& [label, digits] : {std::pair<std::string_view, std::size_t>{"_data_timestamp_year=", 4},
                                      {"_data_timestamp_month=", 2},
                                      {"_data_timestamp_day=", 2}}) {
    const std::string_view rest = text.substr(at);
    if (!rest.starts_with(label)) return 0;
    const std::string_view value = rest.substr(label.size());
    if (leading_digits(value) != digits || !value.substr(digits).starts_with('/')) return 0;
    at += label.size() + digits + 1;
  }
  return at;
}

// What UNLOAD makes of a name: 0000_part_00, serial 000, each with a compression's or format's extension; or manifest.
struct UnloadName {
  std::size_t separator = 0;  // the length of what UNLOAD's prefix had after the date: nothing, "_" or "/"
  bool manifest = false;
};
std::optional<UnloadName> read_unload_name(std::string_view rest) noexcept {
  const std::size_t separator = rest.starts_with('_') || rest.starts_with('/') ? 1 : 0;
  rest.remove_prefix(separator);
  if (rest == "manifest") return UnloadName{separator, true};
  const std::size_t number = leading_digits(rest);
  if (number < 3) return std::nullopt;
  rest.remove_prefix(number);
  if (rest.starts_with("_part_")) {
    if (number < 4) return std::nullopt;
    rest.remove_prefix(6);
    const std::size_t part = leading_digits(rest);
    if (part < 2) return std::nullopt;
    rest.remove_prefix(part);
  }
  if (!rest.empty() && (rest[0] != '.' || rest.find('/') != std::string_view::npos)) return std::nullopt;
  return UnloadName{separator, false};
}

// The name holds a date further on: of a longer table name, then.
bool has_later_date(std::string_view rest) noexcept {
  for (std::size_t at = rest.find('_'); at != std::string_view::npos; at = rest.find('_', at + 1)) {
    if (read_rfc3339(rest.substr(at + 1))) return true;
  }
  return false;
}

ReadKey malformed(std::string reason) { return {KeyVerdict::malformed, {}, std::move(reason)}; }

}  // namespace

std::string_view to_string(Suffix suffix) noexcept {
  const auto* const found = std::ranges::find(kSuffixes, suffix, &NamedSuffix::suffix);
  return found == kSuffixes.end() ? std::string_view() : found->text;
}

Suffix suffix_of(std::string_view name) noexcept {
  for (const auto& [text, suffix] : kSuffixes) {
    if (name.size() > text.size() && name.ends_with(text) && name[name.size() - text.size() - 1] == '.') return suffix;
  }
  return Suffix::none;
}

std::string DataLocation::flat_prefix() const { return prefix + schema + "_" + table + "_"; }
std::string DataLocation::dated_prefix() const { return prefix + schema + "/" + table + "/_data_timestamp_year="; }

std::string DataFile::config_key() const {
  // The name ends in its date, or in what an UNLOAD's prefix has after it.
  const std::size_t date = name.rfind(date_text);
  const std::string_view whole = std::string_view(name).substr(0, date + date_text.size());
  const std::size_t slash = whole.rfind('/');
  const std::size_t folder = slash == std::string_view::npos ? 0 : slash + 1;
  return fmt::format("{}config_{}.yml", whole.substr(0, folder), whole.substr(folder));
}

ReadKey read_key(const DataLocation& location, std::string_view key) {
  std::string_view rest = key;
  const std::string name_start = location.schema + "_" + location.table + "_";
  if (rest.starts_with(location.flat_prefix())) {
    rest.remove_prefix(location.flat_prefix().size());
  } else if (rest.starts_with(location.dated_prefix())) {
    rest.remove_prefix(location.prefix.size() + location.schema.size() + location.table.size() + 2);
    const std::size_t folders = dated_folders(rest);
    if (folders == 0) return malformed("its folders are not _data_timestamp_year=YYYY/…_month=MM/…_day=DD/");
    rest.remove_prefix(folders);
    if (rest.empty()) return {};  // a folder's marker
    if (!rest.starts_with(name_start)) {
      return rest.starts_with("config_") ? ReadKey{} : malformed("its name does not start with " + name_start);
    }
    rest.remove_prefix(name_start.size());
  } else {
    return {};
  }

  const auto spelled = read_rfc3339(rest);
  if (!spelled) {
    if (rest.empty() || !is_digit(rest[0]) || has_later_date(rest)) return {};
    return malformed(fmt::format("after {} comes no RFC 3339 date (2015-07-01T00:00:00Z)", name_start));
  }
  ReadKey read{KeyVerdict::data, {}, {}};
  read.file.date_text = rest.substr(0, spelled->length);
  read.file.date = spelled->instant;
  read.file.keys = {std::string(key)};
  rest.remove_prefix(spelled->length);
  const std::size_t date_end = key.size() - rest.size();

  if (rest.starts_with('.')) {
    const auto* const known = std::ranges::find(kSuffixes, rest.substr(1), &NamedSuffix::text);
    if (known == kSuffixes.end()) {
      return malformed(fmt::format("its suffix '{}' is none that we know", rest.substr(1)));
    }
    read.file.suffix = known->suffix;
    read.file.name = key.substr(0, date_end);
  } else if (rest.empty()) {
    read.file.name = key;
  } else if (const auto unload = read_unload_name(rest)) {
    read.file.suffix = unload->manifest ? Suffix::manifest : Suffix::none;
    read.file.name = key.substr(0, date_end + unload->separator);
  } else if (rest == "/") {
    return {};  // a folder's marker
  } else {
    return malformed(fmt::format("after its date comes '{}'", rest));
  }
  return read;
}

}  // namespace penstock
