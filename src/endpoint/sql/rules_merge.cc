// MERGE: PostgreSQL's own, within the narrower form that Redshift has; REMOVE DUPLICATES as the statements it stands
// for.
#include <fmt/format.h>

#include "endpoint/sql/function_rules.h"
#include "endpoint/sql/rules.h"
#include "endpoint/sql/table_attributes.h"

namespace penstock::endpoint {
namespace {

struct Range {
  std::size_t first = 0;
  std::size_t last = 0;  // excluded
};

struct Merge {
  TokenReader reader;
  QualifiedName target;
  Range target_words{};
  std::optional<QualifiedName> source_table{};  // nullopt: a subquery
  Range source_words{};                         // with its alias
  Range condition{};
};

// Up to the next WHEN, or REMOVE DUPLICATES, that is not inside of parentheses or of a CASE.
void skip_clause(TokenReader& reader) {
  for (int cases = 0; !reader.at_end();) {
    if (reader.at_symbol('(')) {
      reader.skip_parentheses();
      continue;
    }
    if (cases == 0 && is_keyword(reader.peek(), "WHEN")) return;
    if (cases == 0 && is_keyword(reader.peek(), "REMOVE") && is_keyword(reader.peek(1), "DUPLICATES")) return;
    if (is_keyword(reader.peek(), "CASE")) ++cases;
    if (is_keyword(reader.peek(), "END")) --cases;
    reader.next();
  }
}

bool names_the_same(const QualifiedName& one, const QualifiedName& other) {
  return one.name == other.name && (one.schema == other.schema || one.schema.empty() || other.schema.empty());
}

void read_subquery(Merge& merge) {
  TokenReader& reader = merge.reader;
  const std::size_t start = reader.position();
  reader.skip_parentheses();
  const std::size_t end = reader.position();
  for (TokenReader inside = reader.from(start); inside.position() < end; inside.next()) {
    const bool name = inside.peek().kind == TokenKind::word || inside.peek().kind == TokenKind::quoted_name;
    if (name && name_value(inside.peek()) == merge.target.name) {
      throw SqlError("0A000", "Source view/subquery in Merge statement cannot reference target table.");
    }
  }
}

void read_source(Merge& merge) {
  TokenReader& reader = merge.reader;
  merge.source_words.first = reader.position();
  if (reader.at_symbol('(')) {
    read_subquery(merge);
  } else {
    merge.source_table = reader.qualified_name();
    if (names_the_same(*merge.source_table, merge.target)) {
      throw SqlError("0A000", "the source and the target of MERGE must be different tables");
    }
  }
  if (reader.accept("AS") || !is_keyword(reader.peek(), "ON")) reader.name();
  merge.source_words.last = reader.position();
}

// WHEN MATCHED THEN …, then WHEN NOT MATCHED THEN …: one each, without conditions.
void check_clauses(TokenReader& reader) {
  for (const std::string_view word : {"WHEN", "MATCHED", "THEN"}) reader.expect(word);
  if (!is_keyword(reader.peek(), "UPDATE") && !is_keyword(reader.peek(), "DELETE")) throw reader.syntax_error();
  skip_clause(reader);
  for (const std::string_view word : {"WHEN", "NOT", "MATCHED", "THEN", "INSERT"}) reader.expect(word);
  skip_clause(reader);
  reader.expect_end();
}

// Rows of the target that match give way to the source's; the source's others come, too.
Decision remove_duplicates(const Merge& merge, const Edits& edits) {
  const auto words = [&](Range range) { return edits.rendered(range.first, range.last); };
  const std::string target = words(merge.target_words);
  const std::string source = words(merge.source_words);
  const std::string condition = words(merge.condition);
  Script script{.statements = {}, .tag = "MERGE"};
  script.statements.push_back(fmt::format(
      "SELECT FROM (SELECT * FROM {} UNION ALL SELECT * FROM {}) penstock_alike WHERE false", target, source));
  script.statements.push_back(
      fmt::format("SELECT pg_catalog.penstock_refuse_double_match(EXISTS (SELECT FROM {0} JOIN {1} ON {2} GROUP BY "
                  "{0}.ctid HAVING count(*) > 1))",
                  target, source, condition));
  script.statements.push_back(
      fmt::format("WITH penstock_matched AS (DELETE FROM {0} USING {1} WHERE {2}) INSERT INTO {0} SELECT * FROM {1}",
                  target, source, condition));
  return {.action = std::move(script), .effect = TransactionEffect::none, .kind = {}};
}

}  // namespace

std::optional<Decision> merge(const StatementText& statement) {
  Edits edits = statement.edits();
  Merge merge{.reader = statement.reader(), .target = {}};
  TokenReader& reader = merge.reader;
  merge.target_words.first = reader.position();
  merge.target = reader.qualified_name();
  merge.target_words.last = reader.position();
  reader.expect("USING");
  read_source(merge);
  reader.expect("ON");
  merge.condition.first = reader.position();
  skip_clause(reader);
  merge.condition.last = reader.position();
  if (reader.accept_all({"REMOVE", "DUPLICATES"})) {
    reader.expect_end();
    rewrite_functions(statement.tokens, edits);
    return remove_duplicates(merge, edits);
  }
  check_clauses(reader);
  return Decision{.action = PassThrough{edits.text()}};
}

}  // namespace penstock::endpoint
