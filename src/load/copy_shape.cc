#include "load/copy_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "base/text.h"
#include "codec/decompress.h"
#include "format/csv_header.h"
#include "format/parquet_columns.h"
#include "penstock/error.h"

namespace penstock {
namespace {

std::vector<std::string> columns_of(const table::TableConfig& config) {
  std::vector<std::string> names;
  for (const auto& column : config.columns) names.push_back(column.name);
  return names;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::string> column_named(const table::TableConfig& config, std::string_view name) {
  const auto found = std::ranges::find_if(
      config.columns, [&](const table::ColumnConfig& column) { return equal_ignoring_case(column.name, name); });
  return found == config.columns.end() ? std::nullopt : std::optional(found->name);
}

std::string quoted(const std::vector<std::string>& names) {
  std::vector<std::string> shown;
  for (const auto& name : names) shown.push_back(printable(name));
  return fmt::format("{}", fmt::join(shown, ", "));
}

// What is asked of every object of a load, and must be the same for all that say something; nullopt: none does.
template <typename Read>
auto same_for_all(Buckets& buckets, const DataSet& data, const std::stop_token& stop, std::string_view what, Read read)
    -> std::optional<std::vector<std::string>> {
  std::optional<std::vector<std::string>> first;
  std::string first_uri;
  for (const SourceObject& object : data.objects) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped while reading " + printable(object.uri()));
    const auto store = buckets.open(object.bucket);
    const std::optional<std::vector<std::string>> now = read(*store, object);
    if (!now) continue;
    if (!first) {
      first = now;
      first_uri = object.uri();
    } else if (*first != *now) {
      throw Error(ErrorKind::refused, fmt::format("{} and {} have different {}, and one COPY has one list of columns",
                                                  printable(first_uri), printable(object.uri()), what));
    }
  }
  return first;
}

Codec codec_for(redshift::CopyCompression compression) {
  switch (compression) {
    case redshift::CopyCompression::gzip:
      return Codec::gzip;
    case redshift::CopyCompression::zstd:
      return Codec::zstd;
    case redshift::CopyCompression::bzip2:
      return Codec::bzip2;
    case redshift::CopyCompression::lzop:
      return Codec::lzop;
    case redshift::CopyCompression::none:
      break;
  }
  return Codec::none;
}

CopyShape csv_shape(Buckets& buckets, const DataSet& data, const table::TableConfig& config, const LoadOptions& how,
                    const std::stop_token& stop) {
  const char delimiter = how.delimiter.value_or(',');
  const auto header = same_for_all(buckets, data, stop, "headers", [&](ObjectStore& store, const SourceObject& object) {
    const auto text = decompressed(store.open(object.info), codec_for(data.compression), object.uri());
    const auto record = format::first_csv_record(*text, delimiter, object.uri());
    if (!record) return std::optional<std::vector<std::string>>();  // no bytes, no columns
    const auto found = read_header(record->fields, config, object.uri());
    if (!found && record->after_byte_order_mark) {
      throw Error(ErrorKind::refused, fmt::format("{} starts with a byte order mark and no header: COPY would take the "
                                                  "mark for a part of the first field",
                                                  printable(object.uri())));
    }
    return std::optional(found.value_or(std::vector<std::string>()));
  });
  if (header && !header->empty())
    return {*header, redshift::CsvFormat{.delimiter = delimiter, .ignore_header = 1}, how.null_as};
  return {columns_of(config), redshift::CsvFormat{.delimiter = delimiter}, how.null_as};
}

void refuse_options(RecordFormat format, const LoadOptions& how) {
  const std::string_view name = format == RecordFormat::json ? "JSON" : "Parquet";
  if (how.delimiter) throw Error(ErrorKind::invalid, fmt::format("--delimiter means nothing for {} data", name));
  if (how.null_as) throw Error(ErrorKind::invalid, fmt::format("--null-as means nothing for {} data", name));
}

}  // namespace

std::optional<std::vector<std::string>> read_header(const std::vector<std::string>& first_record,
                                                    const table::TableConfig& config, const std::string& uri) {
  std::vector<std::string> columns;
  std::vector<std::string> strangers;
  for (const std::string& field : first_record) {
    if (auto column = column_named(config, trimmed(field))) {
      columns.push_back(*std::move(column));
    } else {
      strangers.emplace_back(trimmed(field));
    }
  }
  const std::set<std::string> distinct(columns.begin(), columns.end());
  const bool whole = distinct.size() == config.columns.size();
  if (whole && strangers.empty() && distinct.size() == columns.size()) return columns;
  // A record of values seldom holds column names; one that is mostly names is a header with something wrong in it.
  if (2 * distinct.size() <= std::max(first_record.size(), config.columns.size())) return std::nullopt;
  std::vector<std::string> missing;
  for (const auto& column : config.columns) {
    if (!distinct.contains(column.name)) missing.push_back(column.name);
  }
  std::string wrong;
  if (!missing.empty()) wrong += "; it lacks " + quoted(missing);
  if (!strangers.empty()) wrong += "; the config has no " + quoted(strangers);
  if (columns.size() > distinct.size()) wrong += "; it has a column twice";
  throw Error(ErrorKind::refused,
              fmt::format("{} starts with what looks like a header, but is not the names of the config's columns{}",
                          printable(uri), wrong));
}

std::vector<std::string> match_names(const std::vector<std::string>& names, const table::TableConfig& config,
                                     const std::string& uri) {
  std::vector<std::string> columns;
  std::vector<std::string> strangers;
  for (const std::string& name : names) {
    if (auto column = column_named(config, name)) {
      columns.push_back(*std::move(column));
    } else {
      strangers.push_back(name);
    }
  }
  if (!strangers.empty()) {
    throw Error(ErrorKind::refused,
                fmt::format("{} has columns that its config has not: {}", printable(uri), quoted(strangers)));
  }
  if (std::set(columns.begin(), columns.end()).size() != columns.size()) {
    throw Error(ErrorKind::refused, fmt::format("{} has a column twice: {}", printable(uri), quoted(names)));
  }
  return columns;
}

CopyShape read_shape(Buckets& buckets, const DataSet& data, const table::TableConfig& config, const LoadOptions& how,
                     const std::stop_token& stop) {
  switch (data.format) {
    case RecordFormat::csv:
      return csv_shape(buckets, data, config, how, stop);
    case RecordFormat::text:
      return {columns_of(config), redshift::TextFormat{how.delimiter.value_or('|')}, how.null_as};
    case RecordFormat::json:
      refuse_options(data.format, how);
      return {columns_of(config), redshift::JsonFormat{}, std::nullopt};
    case RecordFormat::parquet:
      break;
  }
  refuse_options(data.format, how);
  auto columns = same_for_all(buckets, data, stop, "columns", [&](ObjectStore& store, const SourceObject& object) {
    return std::optional(match_names(format::parquet_columns(store, object.info), config, object.uri()));
  });
  return {columns.value_or(columns_of(config)), redshift::ParquetFormat{}, std::nullopt};
}

}  // namespace penstock
