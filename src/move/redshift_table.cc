#include "move/redshift_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "load/batch_upsert.h"
#include "move/servers.h"
#include "penstock/error.h"
#include "penstock/upsert.h"

namespace penstock::network {
namespace {

UpsertOptions upsert_options(const Resource& to, const Job& job) {
  const auto name = table_name(to);
  return {.into = (name.schema.empty() ? "public" : name.schema) + "." + name.table,
          .mode = job.options.replace ? WriteMode::replace : WriteMode::append,
          .create = true,
          .allow_empty = true,
          .staging_bucket = staging_of(job).bucket,
          .memory = job.options.memory,
          .dry_run = job.options.dry_run};
}

std::optional<SourceFormat> format_of(const Resource& from) {
  switch (from.format.value_or(Format::rows)) {
    case Format::csv:
      return SourceFormat::csv;
    case Format::json:
      return SourceFormat::json;
    case Format::parquet:
      return SourceFormat::parquet;
    case Format::orc:
    case Format::rows:
    case Format::batches:
      break;
  }
  return std::nullopt;
}

UpsertOptions upsert_options(const Resource& from, const Resource& to, const Job& job) {
  UpsertOptions options = upsert_options(to, job);
  if (from.is_server()) {
    options.sources = {from.address.reveal() + (from.table.empty() ? "" : "::" + from.table)};
    options.query = from.query;
    return options;
  }
  if (from.place == Place::standard) options.sources = {"-"};
  for (const Item& item : from.items) options.sources.push_back(item.name);
  options.format = format_of(from);
  if (from.format != Format::csv) return options;
  options.delimiter = from.delimiter;
  options.columns = job.options.columns;
  options.null_as = job.options.null_as;
  return options;
}

void take(const UpsertOutcome& written, const Resource& to, Job& job) {
  if (job.options.dry_run) {
    job.outcome.steps.insert(job.outcome.steps.end(), written.plan.begin(), written.plan.end());
    return;
  }
  job.outcome.rows = written.inserted;
  job.outcome.bytes_read = written.bytes_read;
  job.outcome.bytes_written += written.bytes_staged;
  job.outcome.written.push_back(to.name);
}

std::function<void(const UpsertProgress&)> progress_of(const Job& job) {
  return [&job](const UpsertProgress& now) {
    job.on_progress({.bytes = now.bytes, .size = now.size, .rows = now.records});
  };
}

}  // namespace

bool upsert_reads(const Resource& from) {
  if (from.is_server()) return true;
  if (from.asks_types) return false;
  const auto format = format_of(from);
  if (!format) return false;
  if (from.place == Place::standard) return *format != SourceFormat::parquet && from.codec == Codec::none;
  if (from.place == Place::s3) return false;  // edges_copy.cc
  // it goes by names, for globs and codecs alike
  return std::ranges::all_of(from.items, [&](const Item& item) {
    return codec_of(item.name) == from.codec && item.name.find_first_of("*?[") == std::string::npos &&
           !item.name.ends_with("manifest") && !item.name.ends_with('/');
  });
}

void copy_into_redshift(const Resource& from, const Resource& to, Job& job) {
  take(upsert(upsert_options(from, to, job), load_context(to, job.context), progress_of(job)), to, job);
}

void copy_looked_at(const LookedAt& from, const Resource& to, Job& job) {
  UpsertOptions options = upsert_options(to, job);
  options.stream_name = from.name;
  take(upsert(from, options, load_context(to, job.context), progress_of(job)), to, job);
}

void write_redshift(columnar::BatchReader& rows, const Resource& to, Job& job) {
  UpsertOptions options = upsert_options(to, job);
  options.stream_name = job.outcome.plan.source;
  const std::shared_ptr<columnar::BatchReader> borrowed(std::shared_ptr<void>(), &rows);
  take(upsert(borrowed, options, load_context(to, job.context), {}), to, job);
}

std::vector<std::string> plan_redshift(const Resource* from, const Resource& to, Job& job) {
  if (from == nullptr) {
    return {fmt::format("stage the rows, and COPY them into {}, {}", to.name,
                        job.options.replace ? "whose rows give way" : "behind its rows")};
  }
  UpsertOptions options = upsert_options(*from, to, job);
  options.dry_run = true;
  return upsert(options, load_context(to, job.context)).plan;
}

}  // namespace penstock::network
