#include "format/csv_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "penstock/error.h"

namespace penstock::format {
namespace {

using namespace std::literals;
using testing::ElementsAre;
using testing::HasSubstr;

// Gives its text in steps of so many bytes.
class TextReader final : public ObjectReader {
 public:
  TextReader(std::string text, std::size_t step) : text_(std::move(text)), step_(step) {}

  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t size = std::min({buffer.size(), step_, text_.size() - at_});
    std::memcpy(buffer.data(), text_.data() + at_, size);
    at_ += size;
    return size;
  }
  [[nodiscard]] std::size_t taken() const { return at_; }

 private:
  std::string text_;
  std::size_t step_;
  std::size_t at_ = 0;
};

std::vector<std::string> fields(const std::string& text, char delimiter = ',') {
  TextReader whole(text, text.size() + 1);
  const auto at_once = first_csv_record(whole, delimiter, "x");
  TextReader bytes(text, 1);
  const auto by_bytes = first_csv_record(bytes, delimiter, "x");
  EXPECT_EQ(at_once.value().fields, by_bytes.value().fields) << "whatever the reader's steps";
  return at_once->fields;
}

TEST(CsvHeader, IsTheFirstRecordAsRfc4180ReadsIt) {
  EXPECT_THAT(fields("a,b\n1,2\n"), ElementsAre("a", "b"));
  EXPECT_THAT(fields("a,b\r\n1,2\r\n"), ElementsAre("a", "b"));
  EXPECT_THAT(fields("a,b"), ElementsAre("a", "b")) << "without a line end";
  EXPECT_THAT(fields("\"a\",\"b\"\"c\",\"d,e\",\"f\ng\"\nx"), ElementsAre("a", "b\"c", "d,e", "f\ng"));
  EXPECT_THAT(fields("\"a\"\r\n"), ElementsAre("a"));
  EXPECT_THAT(fields("a\"b\",c\n"), ElementsAre("a\"b\"", "c")) << "a quote inside a field is a character";
  EXPECT_THAT(fields(",,\n"), ElementsAre("", "", ""));
  EXPECT_THAT(fields("\n1\n"), ElementsAre(""));
  EXPECT_THAT(fields("a\rb,c\n"), ElementsAre("a\rb", "c")) << "a lone CR ends nothing";
  EXPECT_THAT(fields("a;b,c\n", ';'), ElementsAre("a", "b,c"));
  EXPECT_THAT(fields("a\tb\n", '\t'), ElementsAre("a", "b"));
}

TEST(CsvHeader, SeesAByteOrderMark) {
  TextReader marked("\xEF\xBB\xBF\"a\",b\n", 2);
  const auto record = first_csv_record(marked, ',', "x");
  EXPECT_TRUE(record.value().after_byte_order_mark);
  EXPECT_THAT(record->fields, ElementsAre("a", "b"));
  TextReader unmarked("\xEF\xBB,b\n", 16);
  EXPECT_FALSE(first_csv_record(unmarked, ',', "x").value().after_byte_order_mark);
}

TEST(CsvHeader, IsNothingInAnEmptyObject) {
  TextReader empty("", 1);
  EXPECT_FALSE(first_csv_record(empty, ',', "x"));
}

TEST(CsvHeader, RefusesWhatHasNoFirstRecord) {
  const auto refusal_of = [](const std::string& text) -> std::string {
    TextReader reader(text, 1 << 20);
    try {
      first_csv_record(reader, ',', "s3://b/k");
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::refused);
      return e.what();
    }
    return "(taken)";
  };
  EXPECT_EQ(refusal_of("\"a,b\n1,2\n"), "s3://b/k: it ends inside the quotes of its first record");
  EXPECT_THAT(refusal_of(std::string(3 << 20, 'x')), HasSubstr("longer than 1048576 bytes"));
  EXPECT_THAT(refusal_of("\"" + std::string(3 << 20, '\n')), HasSubstr("longer than 1048576 bytes"));
  EXPECT_THAT(refusal_of("\xFF\xFE"
                         "a\0"s),
              HasSubstr("UTF-16"));
}

TEST(CsvHeader, LeavesTheRestUnread) {
  TextReader reader("a,b\n" + std::string(10 << 20, 'x'), 1 << 20);
  first_csv_record(reader, ',', "x");
  EXPECT_LE(reader.taken(), 32768U);
}

TEST(CsvHeader, ReadsTheQuoteThatItIsGiven) {
  TextReader text("'a,''b',\"c\"\n", 1);
  EXPECT_THAT(first_csv_record(text, ',', "x", '\'').value().fields, ElementsAre("a,'b", "\"c\""));
}

}  // namespace
}  // namespace penstock::format
