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
//
// UPDATE_GOLDEN=1 writes what came of it into the files.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "endpoint/sql/lexer.h"
#include "endpoint/unload/testing/rows.h"

namespace penstock::endpoint {
namespace {

struct Case {
  std::string title, columns, unload;
  std::vector<std::string> rows;
  std::vector<std::string> head;  // the lines as written, up to =>
  std::vector<std::string> expected;
};

std::string without(const std::string& line, std::string_view prefix) {
  return line.substr(std::min(line.size(), prefix.size() + 1));
}

std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<Case> cases;
  std::string columns;
  enum { in_head, in_rows, in_outcome } where = in_head;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("### ")) {
      cases.push_back(
          {.title = line.substr(4), .columns = columns, .unload = {}, .rows = {}, .head = {}, .expected = {}});
      where = in_head;
    }
    if (cases.empty()) continue;
    Case& current = cases.back();
    if (line == "=>") {
      where = in_outcome;
    } else if (where == in_outcome) {
      current.expected.push_back(line);
    } else {
      current.head.push_back(line);
      if (where == in_rows) {
        current.rows.push_back(line);
      } else if (line.starts_with("columns:")) {
        current.columns = columns = without(line, "columns:");
      } else if (line.starts_with("unload:")) {
        current.unload = without(line, "unload:");
      } else if (line == "rows:") {
        where = in_rows;
      }
    }
  }
  for (Case& one : cases) {
    while (!one.expected.empty() && one.expected.back().empty()) one.expected.pop_back();
  }
  return cases;
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
  const auto cases = read_cases(GetParam());
  ASSERT_FALSE(cases.empty());
  std::string rewritten;
  for (const Case& one : cases) {
    const auto outcome = outcome_of(one);
    EXPECT_EQ(outcome, one.expected) << "### " << one.title;
    for (const std::string& line : one.head) rewritten += line + "\n";
    rewritten += "=>\n";
    for (const std::string& line : outcome) rewritten += line + "\n";
    rewritten += "\n";
  }
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(GetParam()) << rewritten;
}

std::vector<std::filesystem::path> case_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator("cases")) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

INSTANTIATE_TEST_SUITE_P(Files, UnloadCases, ::testing::ValuesIn(case_files()),
                         [](const auto& info) { return info.param.stem().string(); });

}  // namespace
}  // namespace penstock::endpoint
