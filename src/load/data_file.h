// What a key says: which table's data it holds, of which date, in which format.
//
//     <prefix><schema>_<table>_<RFC 3339 date>.<suffix>
//     <prefix><schema>/<table>/_data_timestamp_year=2015/_data_timestamp_month=07/_data_timestamp_day=01/<that name>
//
// Names without a suffix are what UNLOAD writes to that name as its prefix: <date>0000_part_00, <date>_0000_part_00.gz,
// <date>/0000_part_00, or serially <date>000; and, when it was asked to, <date>manifest, which then stands for them.
//
// A table name may be the beginning of another's: after `pages_` must come a date, so that `pages_daily_2015-…` is
// another table's file. Config files start with config_ and are never data.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/instant.h"

namespace penstock {

// In the order of preference, where one instant has several.
enum class Suffix { manifest, json_gz, json_zst, json, csv_gz, csv_zst, csv, parquet, gz, none };

std::string_view to_string(Suffix suffix) noexcept;  // "json.gz"; "" for none
// The suffix that the name ends with: "x.json.gz" → json_gz, "x.gz" → gz, "x" → none.
Suffix suffix_of(std::string_view name) noexcept;

// Where the data of one table are looked for.
struct DataLocation {
  std::string prefix;  // "" for the bucket's root, else it ends in /
  std::string schema;
  std::string table;

  [[nodiscard]] std::string flat_prefix() const;   // <prefix><schema>_<table>_
  [[nodiscard]] std::string dated_prefix() const;  // <prefix><schema>/<table>/_data_timestamp_year=
};

// The data of one table and one date: one object, or the parts that an UNLOAD wrote.
struct DataFile {
  std::string name;  // the key without its suffix; what UNLOAD was given as its prefix
  std::string date_text;
  Instant date;
  Suffix suffix = Suffix::none;
  std::vector<std::string> keys;  // in the order of the listing

  // config_<name>.yml, in the same folder
  [[nodiscard]] std::string config_key() const;
};

enum class KeyVerdict {
  data,
  other,      // of another table, a config, a folder marker: nothing to say about it
  malformed,  // has the table's name and no date or suffix that we know: to be named, and left alone
};

struct ReadKey {
  KeyVerdict verdict = KeyVerdict::other;
  DataFile file;       // of data; its keys are this key
  std::string reason;  // of malformed
};

// What a key, listed below one of the location's two prefixes, is to it.
ReadKey read_key(const DataLocation& location, std::string_view key);

}  // namespace penstock
