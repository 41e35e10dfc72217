#include "endpoint/sql/column_definition.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace penstock::endpoint {
namespace {

constexpr std::int64_t kLongestVarchar = 65535;
constexpr std::int64_t kLongestChar = 4096;
constexpr std::int64_t kMostDigits = 38;

// Types of Redshift that this local one has not.
constexpr auto kNotHere = std::to_array<std::string_view>(
    {"VARBYTE", "VARBINARY", "BINARY", "GEOMETRY", "GEOGRAPHY", "HLLSKETCH", "INTERVAL"});
// Types of PostgreSQL that Redshift has not.
constexpr auto kNotInRedshift = std::to_array<std::string_view>(
    {"BYTEA",   "BIT",       "JSON",      "JSONB",  "UUID",     "SERIAL", "BIGSERIAL", "SMALLSERIAL", "SERIAL4",
     "SERIAL8", "MONEY",     "INET",      "CIDR",   "MACADDR",  "XML",    "TSVECTOR",  "TSQUERY",     "POINT",
     "LINE",    "LSEG",      "BOX",       "PATH",   "POLYGON",  "CIRCLE", "INT4RANGE", "INT8RANGE",   "NUMRANGE",
     "TSRANGE", "TSTZRANGE", "DATERANGE", "HSTORE", "INTERVAL", "NAME"});

bool is_one_of(const Token& token, auto const& words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return is_keyword(token, word); });
}

// (n) or (MAX) behind a type; nullopt when there is none.
std::optional<std::int64_t> read_length(TokenReader& reader, std::int64_t most, std::string_view type) {
  if (!reader.accept_symbol('(')) return std::nullopt;
  const std::int64_t length = reader.accept("MAX") ? most : reader.integer();
  reader.expect_symbol(')');
  if (length < 1) throw SqlError("22023", fmt::format("length for type {} must be at least 1", type));
  if (length > most) throw SqlError("22023", fmt::format("length for type {} cannot exceed {}", type, most));
  return length;
}

std::string read_numeric(TokenReader& reader) {
  if (!reader.accept_symbol('(')) return "numeric(18,0)";
  const std::int64_t precision = reader.integer();
  const std::int64_t scale = reader.accept_symbol(',') ? reader.integer() : 0;
  reader.expect_symbol(')');
  if (precision < 1 || precision > kMostDigits) {
    throw SqlError("22023", fmt::format("NUMERIC precision {} must be between 1 and {}", precision, kMostDigits));
  }
  if (scale > precision) {
    throw SqlError("22023", fmt::format("NUMERIC scale {} must be between 0 and precision {}", scale, precision));
  }
  return fmt::format("numeric({},{})", precision, scale);
}

// The type in PostgreSQL's words; nullopt: the same word means the same there.
std::optional<std::string> read_own_type(TokenReader& reader) {
  if (reader.accept_all({"CHARACTER", "VARYING"}) || reader.accept_all({"CHAR", "VARYING"}) ||
      reader.accept("VARCHAR") || reader.accept("NVARCHAR")) {
    return fmt::format("varchar({})", read_length(reader, kLongestVarchar, "varchar").value_or(256));
  }
  if (reader.accept("TEXT")) return "varchar(256)";
  if (reader.accept("BPCHAR")) return fmt::format("char({})", read_length(reader, kLongestChar, "char").value_or(256));
  if (reader.accept("CHAR") || reader.accept("CHARACTER") || reader.accept("NCHAR")) {
    return fmt::format("char({})", read_length(reader, kLongestChar, "char").value_or(1));
  }
  if (reader.accept("NUMERIC") || reader.accept("DECIMAL")) return read_numeric(reader);
  return std::nullopt;
}

// Words of a type that stays as it is: double precision, timestamp(6) with time zone, float(8), …
void skip_type(TokenReader& reader) {
  reader.name();
  reader.accept("PRECISION");
  if (reader.at_symbol('(')) reader.skip_parentheses();
  if (!reader.accept_all({"WITH", "TIME", "ZONE"})) reader.accept_all({"WITHOUT", "TIME", "ZONE"});
}

bool at_column_attribute(const TokenReader& reader) {
  static constexpr auto kWords =
      std::to_array<std::string_view>({"ENCODE", "DISTKEY", "SORTKEY", "IDENTITY", "GENERATED", "NOT", "NULL", "UNIQUE",
                                       "PRIMARY", "REFERENCES", "COLLATE", "CHECK", "CONSTRAINT", "DEFAULT"});
  return is_one_of(reader.peek(), kWords);
}

void skip_default(TokenReader& reader) {
  bool first = true;
  while (!reader.at_end() && !reader.at_symbol(',') && !reader.at_symbol(')') &&
         (first || !at_column_attribute(reader))) {
    if (reader.at_symbol('(')) {
      reader.skip_parentheses();
    } else {
      reader.next();
    }
    first = false;
  }
  if (first) throw reader.syntax_error();
}

std::int64_t read_signed(TokenReader& reader) {
  const bool negative = reader.accept_symbol('-');
  const std::int64_t value = reader.integer();
  return negative ? -value : value;
}

// IDENTITY ( seed , step ), the reader behind the word.
std::string read_identity(TokenReader& reader, std::string_view how) {
  reader.expect_symbol('(');
  const std::int64_t seed = read_signed(reader);
  reader.expect_symbol(',');
  const std::int64_t step = read_signed(reader);
  reader.expect_symbol(')');
  if (step == 0) throw SqlError("22023", "the step of an IDENTITY must not be 0");
  // the bound lets the numbers start at a seed that PostgreSQL's own bounds (1, -1) leave out
  return fmt::format("GENERATED {} AS IDENTITY (START WITH {} INCREMENT BY {} {} {})", how, seed, step,
                     step > 0 ? "MINVALUE" : "MAXVALUE", seed);
}

}  // namespace

std::string rewrite_type(TokenReader& reader, Edits& edits, const std::string& column) {
  const std::size_t start = reader.position();
  if (is_one_of(reader.peek(), kNotHere)) throw not_supported(fmt::format("the type {}", reader.peek().text));
  const bool foreign = is_one_of(reader.peek(), kNotInRedshift);
  const std::string type = lower(reader.peek().text);
  std::string result;
  if (const auto own = read_own_type(reader)) {
    edits.replace(start, reader.position(), *own);
    result = *own;
  } else {
    skip_type(reader);
  }
  const bool array = reader.at_symbol('[') || is_keyword(reader.peek(), "ARRAY");
  if (foreign || array) {
    throw SqlError("0A000",
                   fmt::format("Column \"{}\" has unsupported type \"{}{}\".", column, type, array ? "[]" : ""));
  }
  return result;
}

void rewrite_cast_type(TokenReader& reader, Edits& edits) {
  static constexpr auto kWithLength =
      std::to_array<std::string_view>({"VARCHAR", "NVARCHAR", "CHARACTER", "CHAR", "NCHAR", "BPCHAR"});
  static constexpr auto kDecimal = std::to_array<std::string_view>({"NUMERIC", "DECIMAL"});
  const bool decimal = is_one_of(reader.peek(), kDecimal);
  if (!decimal && !is_one_of(reader.peek(), kWithLength)) return;
  const std::size_t start = reader.position();
  const bool national = is_keyword(reader.peek(), "NVARCHAR") || is_keyword(reader.peek(), "NCHAR");
  const std::size_t words = is_keyword(reader.peek(1), "VARYING") ? 2 : 1;
  const bool length_given = reader.peek(words).text == "(";
  if (!decimal && !national && !length_given) return;
  const std::string type = *read_own_type(reader);
  edits.replace(start, reader.position(), length_given || decimal ? type : type.substr(0, type.find('(')));
}

void rewrite_casts(std::span<const Token> tokens, Edits& edits) {
  std::vector<bool> casts;  // of the parentheses that are open: CAST( or not
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (token.text == "(") {
      const bool qualified = i > 1 && tokens[i - 2].text == ".";
      casts.push_back(i > 0 && !qualified && is_keyword(tokens[i - 1], "CAST"));
    } else if (token.text == ")") {
      if (!casts.empty()) casts.pop_back();
    } else if (token.text == "::" || (!casts.empty() && casts.back() && is_keyword(token, "AS"))) {
      TokenReader reader(tokens, i + 1);
      rewrite_cast_type(reader, edits);
    }
  }
}

void read_references(TokenReader& reader, const QualifiedName& table, ForeignKey& key) {
  reader.expect("REFERENCES");
  const QualifiedName other = reader.qualified_name();
  const bool itself = other.name == table.name && (other.schema.empty() || other.schema == table.schema);
  if (!itself) key.table = other;
  if (reader.at_symbol('(')) key.referenced_columns = reader.list();
}

ColumnFacts rewrite_column(TokenReader& reader, Edits& edits, TableAttributes& attributes, const QualifiedName& table) {
  ColumnFacts column{.name = reader.name()};
  rewrite_type(reader, edits, table.name + "." + column.name);
  while (!reader.at_end() && !reader.at_symbol(',') && !reader.at_symbol(')')) {
    const std::size_t start = reader.position();
    if (reader.accept("DEFAULT")) {
      skip_default(reader);
      column.has_default = true;
    } else if (reader.accept("ENCODE")) {
      attributes.encodings[column.name] = read_encoding(reader);
      edits.remove(start, reader.position());
    } else if (reader.accept("DISTKEY")) {
      if (attributes.distkey) throw SqlError("42601", "a table has one DISTKEY at most");
      attributes.distkey = column.name;
      column.dist_or_sort_key = true;
      edits.remove(start, reader.position());
    } else if (reader.accept("SORTKEY")) {
      if (attributes.sortstyle)
        throw SqlError("42601", "a table has one SORTKEY at most; for several columns: SORTKEY(a, b)");
      attributes.sortstyle = "COMPOUND";
      attributes.sortkeys = {column.name};
      column.dist_or_sort_key = true;
      edits.remove(start, reader.position());
    } else if (reader.accept("IDENTITY")) {
      const std::string identity = read_identity(reader, "ALWAYS");
      edits.replace(start, reader.position(), identity);
      column.identity = true;
    } else if (reader.accept_all({"GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"})) {
      const std::string identity = read_identity(reader, "BY DEFAULT");
      edits.replace(start, reader.position(), identity);
      column.identity = true;
    } else if (reader.accept("COLLATE")) {
      if (reader.accept("CASE_INSENSITIVE") || reader.accept("CI")) throw not_supported("COLLATE CASE_INSENSITIVE");
      if (!reader.accept("CASE_SENSITIVE") && !reader.accept("CS")) throw reader.syntax_error();
      edits.remove(start, reader.position());
    } else if (reader.accept_all({"NOT", "NULL"})) {
      column.not_null = true;
    } else if (reader.accept_all({"PRIMARY", "KEY"}) || reader.accept("UNIQUE")) {
      column.key = true;
    } else if (is_keyword(reader.peek(), "REFERENCES")) {
      ForeignKey key{.name = {}, .columns = {column.name}, .table = {}, .referenced_columns = {}};
      read_references(reader, table, key);
      attributes.foreign_keys.push_back(std::move(key));
      edits.remove(start, reader.position());
      column.key = true;
    } else if (is_keyword(reader.peek(), "CHECK")) {
      throw SqlError("0A000", "CHECK constraints are not supported by Redshift");
    } else if (!reader.accept("NULL")) {
      throw reader.syntax_error();
    }
  }
  return column;
}

}  // namespace penstock::endpoint
