// The cases of COPY, as data: cases/*.cases, each a few lines of options, input, and what must come of it.
//
//     ### a sentence
//     table: id int4 not null, s varchar(5)        holds for the cases below it, too
//     copy: csv ignoreheader 1                     what follows COPY t FROM '…' IAM_ROLE default
//     from: s3://bucket/data                       the source, where it is not s3://bucket/k
//     encoded: utf16le with mark                   what the input becomes; utf16be, iso88591; without the words: no
//     mark input: 1,<A4>                                       <A4> is a byte; <END> as the last line: no newline at
//     the end object: data/2                               what follows is another object of the bucket; input: is
//     object: k 2,b
//     =>
//     row 1|abc|NULL
//     line 1: s varchar (5): 1220 …; at 2 '<A4>' of '1,.'      of the one object, else: data/2 line 1: …
//     failed                                       MAXERROR was reached
//     error XX000: …                               the statement's own
//
// UPDATE_GOLDEN=1 writes what came of it into the files.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "endpoint/copy/copy_run.h"
#include "endpoint/copy/testing/copy_trial.h"
#include "endpoint/copy/testing/loading.h"
#include "penstock/error.h"

namespace penstock::endpoint {
namespace {

using testing::describe;

struct Object {
  std::string key, bytes;
};

struct Case {
  std::string title, table, copy, from = "s3://bucket/k", encoded{};
  std::vector<Object> objects{};
  std::vector<std::string> head{};  // the lines as written, up to =>
  std::vector<std::string> expected{};
};

std::string without(const std::string& line, std::string_view prefix) {
  return line.substr(std::min(line.size(), prefix.size() + 1));
}

// UTF-8 in another encoding; what is no UTF-8 stays as it is.
std::string encoded(const std::string& text, std::string_view how) {
  if (how.empty()) return text;
  std::string out;
  const auto put = [&](std::uint32_t unit) {
    if (how.starts_with("iso88591")) {
      out += static_cast<char>(unit);
    } else if (how.starts_with("utf16le")) {
      out += {static_cast<char>(unit), static_cast<char>(unit >> 8)};
    } else {
      out += {static_cast<char>(unit >> 8), static_cast<char>(unit)};
    }
  };
  if (how.ends_with(" with mark")) put(0xfeff);
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const int more = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    std::uint32_t code_point = more == 0 ? first : first & (0x3fU >> more);
    for (int i = 1; i <= more; ++i) code_point = code_point << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3fU);
    at += static_cast<std::size_t>(more) + 1;
    if (code_point < 0x10000) {
      put(code_point);
    } else {
      put(0xd800 + ((code_point - 0x10000) >> 10));
      put(0xdc00 + ((code_point - 0x10000) & 0x3ff));
    }
  }
  return out;
}

std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<Case> cases;
  std::string table;
  enum { in_head, in_input, in_outcome } where = in_head;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("### ")) {
      cases.push_back({.title = line.substr(4), .table = table, .copy = {}});
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
      if (line.starts_with("object:") || line == "input:") {
        current.objects.push_back({line == "input:" ? "k" : without(line, "object:"), {}});
        where = in_input;
      } else if (where == in_input) {
        std::string& input = current.objects.back().bytes;
        if (line == "<END>") {
          input.pop_back();
        } else {
          input += testing::bytes_of(line) + "\n";
        }
      } else if (line.starts_with("table:")) {
        current.table = table = without(line, "table:");
      } else if (line.starts_with("copy:")) {
        current.copy = without(line, "copy:");
      } else if (line.starts_with("from:")) {
        current.from = without(line, "from:");
      } else if (line.starts_with("encoded:")) {
        current.encoded = without(line, "encoded:");
      }
    }
  }
  for (Case& one : cases) {
    for (Object& object : one.objects) object.bytes = encoded(object.bytes, one.encoded);
  }
  return cases;
}

std::vector<std::string> outcome_of(const Case& one) {
  std::vector<std::string> lines;
  try {
    const TargetTable table = testing::table_of(one.table);
    CopyStatement statement = testing::statement_of(one.copy);
    statement.source = one.from;
    const auto buckets = open_memory();
    buckets->create_bucket("bucket");
    for (const Object& object : one.objects) write_all(*buckets->open("bucket"), object.key, object.bytes);
    testing::DecodingSink sink(table);
    const CopyEnvironment environment{
        .connect = [&](const auto&) { return testing::opened(*buckets); }, .query_id = 7, .stop = {}};
    const CopyReport report = run_copy(statement, table, sink, environment);
    std::vector<std::string> errors;
    for (const std::string& row : sink.rows) lines.push_back("row " + row);
    for (const CopyError& error : report.errors) {
      const std::string key = error.object.substr(std::string_view("s3://bucket/").size()) + " ";
      errors.push_back((one.objects.size() > 1 ? key : "") + describe(error));
    }
    if (report.objects.size() > 1) {  // they are read side by side, in no order that is promised
      std::ranges::sort(lines);
      std::ranges::sort(errors);
    }
    lines.insert(lines.end(), errors.begin(), errors.end());
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
      if (one.objects.size() != 1 || statement.manifest) continue;
      const std::string& input = one.objects[0].bytes;
      const auto whole = testing::load_object(statement, table, input, {});
      for (const std::size_t size : {1, 2, 5, 17}) {
        const auto cut = testing::load_object(statement, table, input, {.chunk = size});
        EXPECT_EQ(cut.rows, whole.rows) << one.title << ", chunks of " << size;
        EXPECT_EQ(cut.lines, whole.lines) << one.title << ", chunks of " << size;
        ASSERT_EQ(cut.errors.size(), whole.errors.size()) << one.title << ", chunks of " << size;
        for (std::size_t i = 0; i < cut.errors.size(); ++i) {
          EXPECT_EQ(describe(cut.errors[i]), describe(whole.errors[i])) << one.title;
        }
      }
    } catch (const SqlError&) {
      // the statement's own errors are the other test's
    } catch (const Error&) {
      // so is an object that can't be read
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
