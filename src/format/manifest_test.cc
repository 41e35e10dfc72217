#include "format/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/error.h"

namespace penstock::format {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string refusal_of(std::string_view json) {
  try {
    parse_manifest(json, "s3://b/m");
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::refused);
    return e.what();
  }
  return "(taken)";
}

TEST(Manifest, IsReadAsCopyReadsIt) {
  EXPECT_THAT(parse_manifest(R"({"author": {"name": ["x"]}, "entries": [
      {"url": "s3://bucket-a/k1", "mandatory": true, "url_note": 1},
      {"meta": {"content_length": 99, "record_count": 1}, "url": "s3://bucket-b/a b/\u00e9"}],
      "meta": {"content_length": 5}, "schema": {"elements": []}})",
                             "m"),
              ElementsAre(ManifestEntry{"s3://bucket-a/k1", true, std::nullopt},
                          ManifestEntry{"s3://bucket-b/a b/\u00e9", false, 99, 1}));
}

TEST(Manifest, IsWrittenAsItIsRead) {
  const std::vector<ManifestEntry> entries = {{"s3://bucket/a", true, 0},
                                              {"s3://bucket/\"q\" \\ \n \u00e9 %20", true, 18446744073709551615U},
                                              {"s3://bucket/b", false, std::nullopt},
                                              {"s3://bucket/c", true, 9, 0},
                                              {"s3://bucket/d", true, std::nullopt, 5}};
  const std::string text = manifest_text(entries);
  EXPECT_EQ(text, manifest_text(entries));
  EXPECT_EQ(parse_manifest(text, "m"), entries);
  EXPECT_EQ(manifest_text({{"s3://bucket/a", true, 7}}),
            "{\"entries\":[\n{\"url\":\"s3://bucket/a\",\"mandatory\":true,\"meta\":{\"content_length\":7}}\n]}\n");
  EXPECT_THROW(manifest_text({{"s3://bucket/\xff", true, 1}}), Error);
}

TEST(Manifest, TellsAllProblemsWithTheirEntries) {
  EXPECT_THAT(refusal_of(R"({"entries": [
      {"mandatory": true},
      {"url": "s3://bucket/a"},
      {"url": "s3://bucket/a", "mandatory": "yes"},
      {"url": "http://bucket/a", "meta": 5},
      {"url": "s3://bucket/", "meta": {"content_length": -1}},
      {"url": ["s3://bucket/c"]},
      {"url": "s3://bucket/d", "url": "s3://bucket/e"},
      7]})"),
              AllOf(HasSubstr("s3://b/m: entry 1: no \"url\"\n"),
                    HasSubstr("s3://b/m: entry 3: \"mandatory\": expected true or false, and found text\n"),
                    HasSubstr("entry 3: 's3://bucket/a' is entry 2 already; COPY would load it twice"),
                    HasSubstr("entry 4: 'http://bucket/a' is not an S3 URI"),
                    HasSubstr("entry 4: \"meta\": expected an object, and found a number"),
                    HasSubstr("entry 5: 's3://bucket/' names a bucket and no object in it"),
                    HasSubstr("entry 5: \"content_length\": expected a number of bytes, and found a negative number"),
                    HasSubstr("entry 6: \"url\": expected text, and found an array"),
                    HasSubstr("entry 7: the key \"url\" is here twice"),
                    HasSubstr("entry 8: expected an object, and found a number")));
}

TEST(Manifest, MustHoldEntries) {
  EXPECT_THAT(refusal_of("{}"), HasSubstr("has no \"entries\""));
  EXPECT_THAT(refusal_of("{\"entries\": []}"), HasSubstr("are empty"));
  EXPECT_THAT(refusal_of("{\"entries\": {}}"), HasSubstr("expected an array, and found an object"));
  EXPECT_THAT(refusal_of("{\"entries\": null}"), HasSubstr("expected an array, and found null"));
  EXPECT_THAT(refusal_of("[]"), HasSubstr("not a manifest"));
  EXPECT_THAT(refusal_of("5"), HasSubstr("not a manifest"));
}

TEST(Manifest, SaysWhereItIsNotJson) {
  EXPECT_THAT(refusal_of(""), HasSubstr("not JSON: "));
  EXPECT_THAT(refusal_of("{\"entries\": [\n{\"url\": s3}]}"), HasSubstr("line 2, column 9"));
  EXPECT_THAT(refusal_of("{\"entries\": [{\"url\": \"s3://bucket/a\"}]} x"), HasSubstr("line 1, column"));
  EXPECT_THAT(refusal_of("{\"id\": 1}\n{\"id\": 2}\n"), HasSubstr("line 2"));
  EXPECT_THAT(refusal_of("{\"entries\": [{\"url\": \"s3://bucket/\xff\"}]}"), HasSubstr("not JSON"));
}

TEST(Manifest, IsBounded) {
  EXPECT_THAT(refusal_of(std::string(kMaxManifestBytes + 1, ' ')), HasSubstr("16777217 bytes"));
  EXPECT_THAT(refusal_of("{\"entries\": " + std::string(1'000'000, '[')), HasSubstr("nested deeper than 32 levels"));
  std::string entries = "{\"entries\": [0";
  for (int i = 0; i < 1000; ++i) entries += ",0";
  EXPECT_THAT(refusal_of(entries + "]}"), HasSubstr("\nand 901 more"));
}

}  // namespace
}  // namespace penstock::format
