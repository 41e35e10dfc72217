// What a source's name says: where it is, and what is in it.
//
//     .csv, .tsv, .json, .jsonl, .ndjson, each with .gz, .zst, .bz2 or .lzo behind it; .parquet
//
// Pure. Errors: invalid, naming what it is about.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/upsert.h"

namespace penstock {

enum class SourcePlace {
  standard_input,
  file,
  s3,
  postgresql,
  redshift,
  unknown
};  // unknown: a URI of a scheme that upsert does not read

// A local manifest says what to read in S3, and is a source in S3 as a manifest in S3 is.
SourcePlace place_of(std::string_view source);
bool names_a_manifest(std::string_view name);  // it ends in .manifest, or is what UNLOAD calls its own

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
