// The cases of COPY, as data: cases/*.cases, each a few lines of options, input, and what must come of it.
//
//     ### a sentence
//     table: id int4 not null, s varchar(5)        holds for the cases below it, too
//     copy: csv ignoreheader 1                     what follows COPY t FROM '…' IAM_ROLE default
//     from: s3://bucket/data                       the source, where it is not s3://bucket/k
//     encoded: utf16le with mark                   what the input becomes; utf16be, iso88591; without the words no mark
//     input:
//     1,<A4>                                       <A4> is a byte; <END> as the last line: no newline at the end
//     object: data/2                               what follows is another object of the bucket; input: is object: k
//     2,b
//     =>
//     row 1|abc|NULL
//     line 1: s varchar (5): 1220 …; at 2 '<A4>' of '1,.'      of the one object, else: data/2 line 1: …
//     failed                                       MAXERROR was reached
//     error XX000: …                               the statement's own
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>

#include "endpoint/copy/copy_run.h"
#include "endpoint/copy/testing/copy_trial.h"
#include "endpoint/copy/testing/loading.h"
#include "endpoint/sql/testing/case_file.h"
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

// table: of the cases above, and for those below.
Case case_of(const testing::CaseText& text, std::string& table) {
  Case one{.title = text.title, .table = table, .copy = {}};
  for (const std::string& line : text.input) {
    if (line.starts_with("object:") || line == "input:") {
      one.objects.push_back({line == "input:" ? "k" : without(line, "object:"), {}});
    } else if (!one.objects.empty()) {
      std::string& input = one.objects.back().bytes;
      if (line == "<END>") {
        input.pop_back();
      } else {
        input += testing::bytes_of(line) + "\n";
      }
    } else if (line.starts_with("table:")) {
      one.table = table = without(line, "table:");
    } else if (line.starts_with("copy:")) {
      one.copy = without(line, "copy:");
    } else if (line.starts_with("from:")) {
      one.from = without(line, "from:");
    } else if (line.starts_with("encoded:")) {
      one.encoded = without(line, "encoded:");
    }
  }
  for (Object& object : one.objects) object.bytes = encoded(object.bytes, one.encoded);
  return one;
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
  auto texts = testing::read_case_file(GetParam());
  ASSERT_FALSE(texts.empty());
  std::string table;
  for (testing::CaseText& text : texts) {
    auto outcome = outcome_of(case_of(text, table));
    EXPECT_EQ(outcome, text.outcome) << "### " << text.title;
    text.outcome = std::move(outcome);
  }
  testing::update_case_file(GetParam(), texts);
}

// What a chunk holds must not show: every case again, in chunks as small as one record.
TEST_P(CopyCases, DoNotDependOnWhereChunksAreCut) {
  std::string columns;
  for (const testing::CaseText& text : testing::read_case_file(GetParam())) {
    const Case one = case_of(text, columns);
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

INSTANTIATE_TEST_SUITE_P(Files, CopyCases, ::testing::ValuesIn(testing::case_files()),
                         [](const auto& info) { return info.param.stem().string(); });

}  // namespace
}  // namespace penstock::endpoint
