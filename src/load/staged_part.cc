#include "load/staged_part.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/text.h"
#include "load/attempt.h"
#include "load/fingerprint.h"
#include "penstock/error.h"

namespace penstock {
namespace {

using nlohmann::json;
using table::Type;
using table::TypeName;

constexpr int kVersion = 1;
constexpr std::size_t kProblemsShown = 20;

std::string in_lines(const std::vector<std::string>& problems) {
  const std::size_t shown = std::min(problems.size(), kProblemsShown);
  std::string text =
      fmt::format("{}", fmt::join(problems.begin(), problems.begin() + static_cast<std::ptrdiff_t>(shown), "\n  "));
  if (shown < problems.size()) text += fmt::format("\n  and {} more", problems.size() - shown);
  return text;
}

std::string in_words(const StagedPart& part) { return fmt::format("{} ({})", printable(part.name), part.id); }

json to_value(const StagedPart::Column& column) {
  json value{{"name", column.name}, {"type", column.type}, {"source_type", column.source_type}};
  if (column.only_nulls) value["only_nulls"] = true;
  return value;
}

json to_value(const StagedPart::Object& object) {
  return {{"key", object.key}, {"etag", object.etag}, {"size", object.size}, {"rows", object.rows}};
}

StagedPart part_of(const json& value) {
  StagedPart part{
      .id = value.at("id"), .name = value.at("name"), .bucket = value.at("bucket"), .columns = {}, .objects = {}};
  if (value.contains("partition")) part.partition = value.at("partition").get<std::uint32_t>();
  for (const json& column : value.at("columns")) {
    part.columns.push_back({.name = column.at("name"),
                            .type = column.at("type"),
                            .source_type = column.at("source_type"),
                            .only_nulls = column.value("only_nulls", false)});
  }
  for (const json& object : value.at("objects")) {
    part.objects.push_back({.key = object.at("key"),
                            .etag = object.at("etag"),
                            .size = object.at("size").get<std::uint64_t>(),
                            .rows = object.at("rows").get<std::uint64_t>()});
    part.rows += part.objects.back().rows;
    part.bytes += part.objects.back().size;
  }
  return part;
}

// What it names is read, and removed: it must be what stage() makes.
void check(const StagedPart& part, std::vector<std::string>& problems) {
  if (!is_id(part.id)) problems.push_back(fmt::format("its id '{}' is none", printable(part.id)));
  if (part.bucket.empty()) problems.emplace_back("it has no bucket");
  if (part.columns.empty()) problems.emplace_back("it has no columns");
  for (const StagedPart::Column& column : part.columns) {
    if (table::parse_type(column.type)) continue;
    problems.push_back(fmt::format("the type of its column {} is '{}', which is none", printable(column.name),
                                   printable(column.type)));
  }
  for (const StagedPart::Object& object : part.objects) {
    if (folder_of_part(object.key, part.id)) continue;
    problems.push_back(fmt::format("its object {} is none of its own", printable(object.key)));
  }
  if (part.partition && *part.partition >= kMostPartitions) {
    problems.push_back(fmt::format("its partition {} is not below {}", *part.partition, kMostPartitions));
  }
}

// How another's columns differ; empty: they don't. Types of columns that hold NULLs alone are taken from the other.
void merge(const StagedPart& part, const StagedPart& first, std::vector<StagedPart::Column>& columns,
           std::vector<std::string>& problems) {
  std::vector<std::string> names;
  for (const StagedPart::Column& column : part.columns) names.push_back(printable(column.name));
  const auto is_of_name = [](const auto& one, const auto& other) { return one.name == other.name; };
  if (!std::ranges::equal(part.columns, columns, is_of_name)) {
    std::vector<std::string> others;
    for (const StagedPart::Column& column : columns) others.push_back(printable(column.name));
    problems.push_back(fmt::format("{} has the columns {}; {} has {}", in_words(part), fmt::join(names, ", "),
                                   in_words(first), fmt::join(others, ", ")));
    return;
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const StagedPart::Column& column = part.columns[i];
    if (columns[i].only_nulls) columns[i] = column;
    if (column.only_nulls || column.type == columns[i].type) continue;
    problems.push_back(fmt::format("{} has {} as {} ({}), others have it as {} ({})", in_words(part), names[i],
                                   column.type, printable(column.source_type), columns[i].type,
                                   printable(columns[i].source_type)));
  }
}

void check_partitions(std::span<const StagedPart> parts, std::vector<std::string>& problems) {
  std::map<std::uint32_t, const StagedPart*> seen;
  const auto without = std::ranges::find_if(parts, [](const StagedPart& part) { return !part.partition; });
  for (const StagedPart& part : parts) {
    if (!part.partition) continue;
    const auto [other, is_new] = seen.emplace(*part.partition, &part);
    if (!is_new) {
      problems.push_back(fmt::format("{} and {} are both of partition {}: commit one of them, and discard the other",
                                     in_words(*other->second), in_words(part), *part.partition));
    }
  }
  if (!seen.empty() && without != parts.end()) {
    problems.push_back(fmt::format("{} says no partition, and {} is of partition {}: all say one, or none",
                                   in_words(*without), in_words(*seen.begin()->second), seen.begin()->first));
  }
}

bool is_one_of(TypeName name, auto... names) { return ((name == names) || ...); }

// Of text that was made for `staged`, COPY makes of a column of `into` what it would of text made for that.
bool is_read_alike(const Type& staged, const Type& into) {
  const bool is_real = is_one_of(into.name, TypeName::real, TypeName::double_precision);
  const bool is_text = is_one_of(into.name, TypeName::varchar, TypeName::character);
  switch (staged.name) {
    case TypeName::varchar:
    case TypeName::character:
      return true;
    case TypeName::smallint:
    case TypeName::integer:
    case TypeName::bigint:
      return is_integer(into) || into.name == TypeName::numeric || is_real || is_text;
    case TypeName::numeric:
      return (into.name == TypeName::numeric && into.scale >= staged.scale) ||
             (is_integer(into) && staged.scale == 0) || is_real || is_text;
    case TypeName::real:
    case TypeName::double_precision:
      return is_real || is_text;
    case TypeName::super:
      return into.name == TypeName::super || is_text;
    default:
      return into.name == staged.name;
  }
}

}  // namespace

std::optional<std::string_view> folder_of_part(std::string_view key, std::string_view id) {
  const std::size_t end = key.rfind('/');
  if (end == std::string_view::npos || end + 1 == key.size()) return std::nullopt;
  const std::string_view folder = key.substr(0, end + 1);
  const std::string own = fmt::format("staged/{}/", id);
  if (folder != own && !folder.ends_with("/" + own)) return std::nullopt;
  return folder;
}

std::string fingerprint_of(const StagedPart& part) {
  json objects = json::array();
  for (const StagedPart::Object& object : part.objects) objects.push_back({object.key, object.etag, object.size});
  return sha256_hex(json{part.id, part.bucket, objects}.dump(-1, ' ', false, json::error_handler_t::replace));
}

std::vector<StagedPart::Column> columns_of(std::span<const StagedPart> parts) {
  std::vector<std::string> problems;
  std::set<std::string> ids;
  auto columns = parts.front().columns;
  for (const StagedPart& part : parts) {
    if (!ids.insert(part.id).second) problems.push_back(fmt::format("{} is there twice", in_words(part)));
    merge(part, parts.front(), columns, problems);
  }
  check_partitions(parts, problems);
  if (!problems.empty()) {
    throw Error(ErrorKind::refused, fmt::format("the parts do not agree:\n  {}", in_lines(problems)));
  }
  return columns;
}

std::optional<std::string> misfit(const StagedPart::Column& column, const Type& into) {
  if (column.only_nulls) return std::nullopt;
  const auto staged = table::parse_type(column.type);
  if (staged && is_read_alike(*staged, into)) return std::nullopt;
  return fmt::format("{} was staged as {} ({}), and the table has it as {}: cast it, or stage it with its type said",
                     printable(column.name), column.type, printable(column.source_type), to_string(into));
}

std::string to_json(const StagedPart& part) {
  json value{{"penstock_part", kVersion}, {"id", part.id}, {"name", part.name}, {"bucket", part.bucket}};
  if (part.partition) value["partition"] = *part.partition;
  value["columns"] = json::array();
  for (const StagedPart::Column& column : part.columns) value["columns"].push_back(to_value(column));
  value["objects"] = json::array();
  for (const StagedPart::Object& object : part.objects) value["objects"].push_back(to_value(object));
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

StagedPart staged_part_of_json(std::string_view text) {
  std::vector<std::string> problems;
  StagedPart part;
  try {
    const json value = json::parse(text);
    const int version = value.at("penstock_part").get<int>();
    if (version != kVersion) {
      throw Error(ErrorKind::invalid,
                  fmt::format("a staged part: it is of version {}, and this penstock knows {}: use one of "
                              "the same version on all machines",
                              version, kVersion));
    }
    part = part_of(value);
  } catch (const json::exception& e) {
    throw Error(ErrorKind::invalid, fmt::format("a staged part: it is none: {}", printable(e.what())));
  }
  check(part, problems);
  if (!problems.empty()) throw Error(ErrorKind::invalid, fmt::format("a staged part: {}", in_lines(problems)));
  return part;
}

}  // namespace penstock
