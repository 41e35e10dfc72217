// What an upsert reads: files by path or glob, or stdin, found and looked at before anything is written.
//
// A name says what is in it: .csv, .tsv, .json, .jsonl, .ndjson, each with .gz, .zst or .bz2 behind it; .parquet. CSV
// begins with a header unless its columns are given; all files of one source have the same one, or, of Parquet, columns
// of the same names in any order.
//
// Threads: one. Errors: not_found (nothing at a path, all of them named), invalid (names that say nothing or different
// things, or options that the format has not), refused (headers that differ or are no text, files that are broken),
// denied, cancelled.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "columnar/parquet.h"
#include "penstock/upsert.h"
#include "staging/pipeline.h"

namespace penstock {

struct Source {
  std::string name;  // for people: the path; of several the first, and how many more
  SourceFormat format = SourceFormat::csv;
  char delimiter = ',';
  std::vector<std::string> columns{};  // of CSV: the header's, or those given; of Parquet: those to take; of JSON none
  std::vector<staging::Input> inputs{};          // of text
  std::vector<columnar::ParquetFile> parquet{};  // in place of them
  bool is_stdin = false;                         // which can be read once
  std::uint64_t size = 0;                        // bytes as stored; 0: not known
};

Source open_source(const UpsertOptions& options, const std::stop_token& stop);

}  // namespace penstock
