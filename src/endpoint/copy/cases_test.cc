// The cases of COPY, as data: cases/*.cases, each a few lines of options, input, and what must come of it.
//
//     ### a sentence
//     table: id int4 not null, s varchar(5)        holds for the cases below it, too
//     copy: csv ignoreheader 1                     what follows COPY t FROM '…' IAM_ROLE default
//     input:
//     1,<A4>                                       <A4> is a byte; <END> as the last line: no newline at the end
//     =>
//     row 1|abc|NULL
//     line 1: s varchar (5): 1220 …; at 2 '<A4>' of '1,.'
//     failed                                       MAXERROR was reached
//     error XX000: …                               the statement's own
//
// UPDATE_GOLDEN=1 writes what came of it into the files.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "endpoint/copy/copy_run.h"
#include "endpoint/copy/testing/loading.h"

namespace penstock::endpoint {
namespace {

using testing::describe;

struct Case {
  std::string title, table, copy, input;
  std::vector<std::string> head;  // the lines as written, up to =>
  std::vector<std::string> expected;
};

std::string without(const std::string& line, std::string_view prefix) {
  return line.substr(std::min(line.size(), prefix.size() + 1));
}

std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<Case> cases;
  std::string table;
  enum { in_head, in_input, in_outcome } where = in_head;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("### ")) {
      cases.push_back({.title = line.substr(4), .table = table, .copy = {}, .input = {}, .head = {}, .expected = {}});
      where = in_head;
    }
    if (cases.empty()) continue;
    Case& current = cases.back();
    if (line == "=>") {
      where = in_outcome;
    } else if (where == in_outcome) {
      if (!line.empty()) current.expected.push_back(line);
    } else {
      current.head.push_back(line);
      if (where == in_input) {
        if (line == "<END>") {
          current.input.pop_back();
        } else {
          current.input += testing::bytes_of(line) + "\n";
        }
      } else if (line.starts_with("table:")) {
        current.table = table = without(line, "table:");
      } else if (line.starts_with("copy:")) {
        current.copy = without(line, "copy:");
      } else if (line == "input:") {
        where = in_input;
      }
    }
  }
  return cases;
}

std::vector<std::string> outcome_of(const Case& one) {
  std::vector<std::string> lines;
  try {
    const TargetTable table = testing::table_of(one.table);
    const CopyStatement statement = testing::statement_of(one.copy);
    const auto buckets = open_memory();
    buckets->create_bucket("bucket");
    write_all(*buckets->open("bucket"), "k", one.input);
    testing::DecodingSink sink(table);
    struct Shared final : Buckets {
      explicit Shared(Buckets& opened) : to(opened) {}
      std::unique_ptr<ObjectStore> open(std::string_view bucket) override { return to.open(bucket); }
      void create_bucket(std::string_view) override {}
      Buckets& to;
    };
    const CopyEnvironment environment{
        .connect = [&](const auto&) { return std::make_unique<Shared>(*buckets); }, .query_id = 7, .stop = {}};
    const CopyReport report = run_copy(statement, table, sink, environment);
    for (const std::string& row : sink.rows) lines.push_back("row " + row);
    for (const CopyError& error : report.errors) lines.push_back(describe(error));
    if (report.failed) lines.emplace_back("failed");
    EXPECT_EQ(sink.finished, report.failed || statement.no_load ? 0 : 1) << one.title;
    if (!report.failed && !statement.no_load) {
      EXPECT_EQ(report.loaded_rows, sink.rows.size()) << one.title;
    }
  } catch (const SqlError& error) {
    lines.push_back(fmt::format("error {}: {}", error.sqlstate, error.what()));
  }
  return lines;
}

class CopyCases : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(CopyCases, HoldAsWritten) {
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

// What a chunk holds must not show: every case again, in chunks as small as one record.
TEST_P(CopyCases, DoNotDependOnWhereChunksAreCut) {
  for (const Case& one : read_cases(GetParam())) {
    try {
      const TargetTable table = testing::table_of(one.table);
      const CopyStatement statement = testing::statement_of(one.copy);
      const auto whole = testing::load_object(statement, table, one.input, {});
      for (const std::size_t size : {1, 2, 5, 17}) {
        const auto cut = testing::load_object(statement, table, one.input, {.chunk = size});
        EXPECT_EQ(cut.rows, whole.rows) << one.title << ", chunks of " << size;
        EXPECT_EQ(cut.lines, whole.lines) << one.title << ", chunks of " << size;
        ASSERT_EQ(cut.errors.size(), whole.errors.size()) << one.title << ", chunks of " << size;
        for (std::size_t i = 0; i < cut.errors.size(); ++i) {
          EXPECT_EQ(describe(cut.errors[i]), describe(whole.errors[i])) << one.title;
        }
      }
    } catch (const SqlError&) {
      // the statement's own errors are the other test's
    }
  }
}

std::vector<std::filesystem::path> case_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator("cases")) {
    if (entry.path().extension() == ".cases") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

INSTANTIATE_TEST_SUITE_P(Files, CopyCases, ::testing::ValuesIn(case_files()),
                         [](const auto& info) { return info.param.stem().string(); });

}  // namespace
}  // namespace penstock::endpoint
