// The cases of UNLOAD's formats, as data: cases/*.cases, each a few lines of columns, options, rows, and the bytes that
// must come of them.
//
//     ### a sentence
//     columns: id int4, s varchar(5)               holds for the cases below it, too
//     unload: csv header                           what follows UNLOAD ('…') TO 's3://bucket/p' IAM_ROLE default
//     rows:
//     1|a<0A>b                                     a row: texts as PostgreSQL gives them; <0A> is a byte
//     2|NULL
//     =>
//     object p000                                  parallel off, unless the case says otherwise
//     id,s
//     1,"a<0A>b"
//     2,
//     error XX000: …                               the statement's own
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "endpoint/sql/lexer.h"
#include "endpoint/sql/testing/case_file.h"
#include "endpoint/unload/testing/rows.h"

namespace penstock::endpoint {
namespace {

struct Case {
  std::string title, columns, unload;
  std::vector<std::string> rows{};
};

std::string without(const std::string& line, std::string_view prefix) {
  return line.substr(std::min(line.size(), prefix.size() + 1));
}

// columns: of the cases above, and for those below.
Case case_of(const testing::CaseText& text, std::string& columns) {
  Case one{.title = text.title, .columns = columns, .unload = {}};
  bool in_rows = false;
  for (const std::string& line : text.input) {
    if (in_rows) {
      one.rows.push_back(line);
    } else if (line.starts_with("columns:")) {
      one.columns = columns = without(line, "columns:");
    } else if (line.starts_with("unload:")) {
      one.unload = without(line, "unload:");
    } else if (line == "rows:") {
      in_rows = true;
    }
  }
  return one;
}

// A newline ends a line of the case; every other byte that isn't printable is written out.
void append_shown(std::vector<std::string>& lines, const std::string& bytes) {
  std::string line;
  for (const char c : bytes) {
    if (c == '\n') {
      lines.push_back(std::exchange(line, {}));
    } else if (static_cast<unsigned char>(c) < 0x20) {
      line += fmt::format("<{:02X}>", static_cast<unsigned>(c));
    } else {
      line += c;
    }
  }
  if (!line.empty()) lines.push_back(line + "<END>");
}

std::vector<std::string> outcome_of(const Case& one) {
  std::vector<std::string> lines;
  const testing::Target target;
  try {
    const auto statement = testing::unload_of(one.unload);
    testing::Rows rows(testing::columns_of(one.columns), one.rows);
    UnloadReport report;
    run_unload(statement, rows, target.environment(), report);
    EXPECT_EQ(report.rows, one.rows.size()) << one.title;
  } catch (const SqlError& error) {
    lines.push_back(fmt::format("error {}: {}", error.sqlstate, error.what()));
  }
  for (const auto& [key, bytes] : target.objects()) {
    lines.push_back("object " + key);
    append_shown(lines, bytes);
  }
  return lines;
}

class UnloadCases : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(UnloadCases, HoldAsWritten) {
  auto texts = testing::read_case_file(GetParam());
  ASSERT_FALSE(texts.empty());
  std::string columns;
  for (testing::CaseText& text : texts) {
    auto outcome = outcome_of(case_of(text, columns));
    EXPECT_EQ(outcome, text.outcome) << "### " << text.title;
    text.outcome = std::move(outcome);
  }
  testing::update_case_file(GetParam(), texts);
}

INSTANTIATE_TEST_SUITE_P(Files, UnloadCases, ::testing::ValuesIn(testing::case_files()),
                         [](const auto& info) { return info.param.stem().string(); });

}  // namespace
}  // namespace penstock::endpoint
