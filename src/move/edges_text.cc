// CSV and JSON lines as batches, of the types that their values have; and CSV in another dialect, or several files of
// it as one.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "columnar/text_batches.h"
#include "columnar/watched.h"
#include "load/spool.h"
#include "move/batch_files.h"
#include "move/edges.h"
#include "move/text_source.h"
#include "move/text_types.h"
#include "penstock/error.h"

namespace penstock::network {
namespace {

constexpr int kLongestText = 65535;

TextSource open(const Resource& from, Job& job) {
  return open_text(from, {.columns = job.options.columns, .null_as = job.options.null_as}, job.context.buckets,
                   job.context.stop);
}

Batches batches_of(TextSource text, std::vector<columnar::SourceColumn> columns, const Job& job) {
  return columnar::text_batches(std::move(text.inputs),
                                {.shape = text.shape, .columns = std::move(columns), .memory = job.options.memory / 2},
                                job.context.stop);
}

// Of what is read twice, only files and objects can be: stdin is kept.
Batches read_text(const Resource& from, Job& job) {
  TextSource text = open(from, job);
  if (from.place == Place::standard) {
    for (staging::Input& input : text.inputs) input = spooled(input, job.context.environment, job.context.stop);
  }
  const auto found = types_of(text, from, job);
  return typed_batches(std::move(text), found, job);
}

// Every field as the text that it is: no type need be known.
void copy_fields(const Resource& from, const Resource& to, Job& job) {
  TextSource text = open(from, job);
  std::vector<columnar::SourceColumn> columns;
  for (const std::string& name : text.names) {
    columns.push_back(
        {.name = name, .type = {.name = table::TypeName::varchar, .length = kLongestText}, .field = columns.size()});
  }
  const auto rows = columnar::watched(
      batches_of(std::move(text), std::move(columns), job),
      [&](std::uint64_t bytes, std::uint64_t count) {
        job.outcome.bytes_read = bytes;
        job.outcome.rows = count;
        job.on_progress({.bytes = bytes, .size = from.codec == Codec::none ? from.bytes : 0, .rows = count});
      },
      job.context.stop);
  write_files(*rows, to, job);
}

}  // namespace

discovery::Discovered types_of(const TextSource& text, const Resource& from, Job& job) {
  auto found = discovery::discover(
      text.inputs,
      {.shape = text.shape,
       .names = text.names,
       .sample = job.options.sample,
       .memory = job.options.memory / 4,
       .on_progress = [&](const staging::Progress& now) { job.on_progress({.bytes = now.bytes, .size = text.size}); }},
      job.context.stop);
  if (found.columns.empty()) {
    throw Error(ErrorKind::refused,
                fmt::format("{}: there is no record, and so no column; nothing was written", printable(from.name)));
  }
  for (const discovery::Column& column : found.columns) {
    if (!job.options.why) break;
    job.outcome.columns.push_back({.name = column.name, .type = to_string(column.type), .why = column.why});
  }
  return found;
}

Batches typed_batches(TextSource text, const discovery::Discovered& found, const Job& job) {
  std::vector<columnar::SourceColumn> columns;
  for (const discovery::Column& column : found.columns) {
    columns.push_back({.name = column.name, .type = column.type, .field = columns.size(), .member = column.name});
  }
  return batches_of(std::move(text), std::move(columns), job);
}

void add_text_edges(Network& network) {
  network.add_read(
      "CSV read twice, for its types and its values", {0.05, 6e-9},
      [](const Resource& from) { return from.format == Format::csv; }, read_text);
  network.add_read(
      "JSON lines read twice, for their types and their values", {0.05, 8e-9},
      [](const Resource& from) { return from.format == Format::json; }, read_text);
  network.add_copy(
      "fields as the text that they are", {0.04, 9e-9},
      [](const Resource& from, const Resource& to) {
        return from.format == Format::csv && !from.asks_types && to.format == Format::csv && to.codec != Codec::lzop;
      },
      copy_fields);
}

}  // namespace penstock::network
