// What the names of a source's files or objects say is in them.
//
//     .csv, .tsv, .json, .jsonl, .ndjson, each with .gz, .zst, .bz2 or .lzo behind it; .parquet
//
// Pure. Errors: invalid, naming what it is about.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "penstock/upsert.h"

namespace penstock {

struct NameSays {
  SourceFormat format = SourceFormat::csv;
  char delimiter = ',';
  bool operator==(const NameSays&) const = default;
};

std::optional<NameSays> what_name_says(std::string name);  // nullopt: nothing

// What all of them say; some may say nothing where `given` does. invalid: they say different things, or nothing.
NameSays what_names_say(const std::vector<std::string>& names, const std::optional<SourceFormat>& given);

// "a.csv", "a.csv and 3 more"
std::string name_of_several(const std::vector<std::string>& names);

}  // namespace penstock
