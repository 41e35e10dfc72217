#include "endpoint/sql/table_attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace penstock::endpoint {
namespace {

constexpr auto kEncodings =
    std::to_array<std::string_view>({"AZ64", "BYTEDICT", "DELTA", "DELTA32K", "LZO", "MOSTLY8", "MOSTLY16", "MOSTLY32",
                                     "RAW", "RUNLENGTH", "TEXT255", "TEXT32K", "ZSTD"});

SqlError twice(std::string_view what) {
  return {"42601", fmt::format("conflicting or redundant options: {} is given twice", what)};
}

void read_diststyle(TokenReader& reader, TableAttributes& attributes) {
  if (attributes.diststyle) throw twice("DISTSTYLE");
  for (const std::string_view style : {"AUTO", "EVEN", "KEY", "ALL"}) {
    if (reader.accept(style)) {
      attributes.diststyle = style;
      return;
    }
  }
  throw reader.syntax_error();
}

void read_distkey(TokenReader& reader, TableAttributes& attributes) {
  if (attributes.distkey) throw twice("DISTKEY");
  reader.expect_symbol('(');
  attributes.distkey = reader.name();
  reader.expect_symbol(')');
}

void read_sortkey(TokenReader& reader, TableAttributes& attributes, std::string_view style) {
  if (attributes.sortstyle) throw twice("SORTKEY");
  if (reader.accept("AUTO")) {
    attributes.sortstyle = "AUTO";
    return;
  }
  attributes.sortstyle = style;
  attributes.sortkeys = reader.list();
  const std::size_t most = style == "INTERLEAVED" ? 8 : 400;
  if (attributes.sortkeys.size() > most) {
    throw SqlError("54011", fmt::format("{} SORTKEY takes at most {} columns", style, most));
  }
}

}  // namespace

std::string quoted(const QualifiedName& name) {
  return (name.schema.empty() ? "" : quote_name(name.schema) + ".") + quote_name(name.name);
}

bool TableAttributes::empty() const {
  return !diststyle && !distkey && !sortstyle && !backup && encodings.empty() && !like && foreign_keys.empty() &&
         added_keys.empty();
}

std::string TableAttributes::statement() const {
  nlohmann::ordered_json json;
  if (diststyle) json["diststyle"] = *diststyle;
  if (distkey) json["distkey"] = *distkey;
  if (sortstyle) {
    json["sortstyle"] = *sortstyle;
    json["sortkeys"] = sortkeys;
  }
  if (backup) json["backup"] = *backup;
  if (!encodings.empty()) json["encodings"] = encodings;
  if (like) json["like"] = quoted(*like);
  for (const ForeignKey& key : foreign_keys) {
    nlohmann::ordered_json entry;
    if (key.name) entry["name"] = *key.name;
    entry["columns"] = key.columns;
    if (key.table) entry["table"] = quoted(*key.table);
    entry["referenced_columns"] = key.referenced_columns;
    json["foreign_keys"].push_back(entry);
  }
  for (const AddedKey& key : added_keys) {
    nlohmann::ordered_json entry;
    if (key.name) entry["name"] = *key.name;
    entry["primary"] = key.primary;
    entry["columns"] = key.columns;
    json["added_keys"].push_back(entry);
  }
  const auto text = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return fmt::format("SELECT pg_catalog.penstock_attributes({})", quote_literal(text));
}

bool read_table_attribute(TokenReader& reader, TableAttributes& attributes) {
  if (reader.accept("DISTSTYLE")) {
    read_diststyle(reader, attributes);
  } else if (reader.accept("DISTKEY")) {
    read_distkey(reader, attributes);
  } else if (reader.accept_all({"COMPOUND", "SORTKEY"}) || reader.accept("SORTKEY")) {
    read_sortkey(reader, attributes, "COMPOUND");
  } else if (reader.accept_all({"INTERLEAVED", "SORTKEY"})) {
    read_sortkey(reader, attributes, "INTERLEAVED");
  } else if (reader.accept("BACKUP")) {
    if (attributes.backup) throw twice("BACKUP");
    attributes.backup = reader.accept("YES");
    if (!*attributes.backup) reader.expect("NO");
  } else {
    return reader.accept_all({"ENCODE", "AUTO"});
  }
  return true;
}

std::string read_encoding(TokenReader& reader) {
  for (const std::string_view encoding : kEncodings) {
    if (reader.accept(encoding)) return encoding == "RAW" ? "none" : lower(encoding);
  }
  throw reader.syntax_error();
}

void settle(TableAttributes& attributes) {
  if (attributes.distkey && !attributes.diststyle) attributes.diststyle = "KEY";
  if (attributes.diststyle == "KEY" && !attributes.distkey) throw SqlError("42601", "DISTSTYLE KEY needs a DISTKEY");
  if (attributes.distkey && attributes.diststyle != "KEY") {
    throw SqlError("42601", fmt::format("DISTSTYLE {} and DISTKEY exclude each other", *attributes.diststyle));
  }
}

}  // namespace penstock::endpoint
