#include "store/s3_page.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/error.h"

namespace penstock {
namespace {

S3Page page_of(std::string_view xml) {
  S3Page page;
  read_s3_page(xml, page);
  return page;
}

TEST(S3Page, ReadsObjectsWithTheirEtagsSizesAndTimes) {
  const S3Page page = page_of(
      "<?xml version=\"1.0\"?>\n<ListBucketResult xmlns=\"http://s3/\"><Name>lake</Name><Contents><Key>a%2Fb+c</Key>"
      "<LastModified>2015-10-21T07:28:00.000Z</LastModified><ETag>&quot;d41d-2&quot;</ETag><Size>12345678901</Size>"
      "<Owner><ID>7</ID><DisplayName>Key</DisplayName></Owner><StorageClass>STANDARD</StorageClass></Contents>"
      "<Contents><ETag>\"e&#38;e\"</ETag><Size>0</Size><Key>&lt;b&gt;</Key></Contents>"
      "<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>"
      "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
      "<NextContinuationToken>t&amp;t</NextContinuationToken></ListBucketResult>");
  ASSERT_EQ(page.objects.size(), 2U);
  EXPECT_EQ(page.objects[0].key, "a/b c") << "decoded, wherever the page says that it is encoded";
  EXPECT_EQ(page.objects[0].etag, "d41d-2");
  EXPECT_EQ(page.objects[0].size, 12345678901U);
  EXPECT_EQ(page.objects[0].last_modified.time_since_epoch().count(), 1445412480);
  EXPECT_EQ(page.objects[1].key, "<b>");
  EXPECT_EQ(page.objects[1].etag, "e&e");
  EXPECT_EQ(page.objects[1].last_modified, std::chrono::sys_seconds()) << "not the one before's";
  EXPECT_TRUE(page.is_truncated);
  EXPECT_EQ(page.next_token, "t&t");
  EXPECT_EQ(page.flaw, "");
}

TEST(S3Page, LeavesKeysAsTheyAreWithoutAnEncoding) {
  EXPECT_EQ(page_of("<ListBucketResult><Contents><Key>a%2Fb+c</Key><Size>1</Size></Contents></ListBucketResult>")
                .objects.at(0)
                .key,
            "a%2Fb+c");
}

TEST(S3Page, HoldsNothingOfThePageBefore) {
  S3Page page;
  read_s3_page(
      "<ListBucketResult><Contents><Key>a</Key></Contents><IsTruncated>true</IsTruncated>"
      "<NextContinuationToken>t</NextContinuationToken></ListBucketResult>",
      page);
  EXPECT_EQ(page.flaw, "'a' without a size");
  read_s3_page("<ListBucketResult/>", page);
  EXPECT_TRUE(page.objects.empty());
  EXPECT_FALSE(page.is_truncated);
  EXPECT_EQ(page.next_token, "");
  EXPECT_EQ(page.flaw, "");
}

TEST(S3Page, SaysWhatIsNoPage) {
  EXPECT_EQ(page_of("<html><Contents><Key>a</Key><Size>1</Size></Contents></html>").flaw, "<html>");
  EXPECT_THROW(page_of("<ListBucketResult><Contents>"), Error);
}

TEST(S3Page, ReadsTimesOnlyAsS3WritesThem) {
  const auto at = [](std::string_view time) {
    return page_of(fmt::format("<ListBucketResult><Contents><LastModified>{}</LastModified></Contents>"
                               "</ListBucketResult>",
                               time))
        .objects.at(0)
        .last_modified.time_since_epoch()
        .count();
  };
  EXPECT_EQ(at("2015-10-21T07:28:00Z"), 1445412480);
  EXPECT_EQ(at("2024-02-29T00:00:01.999Z"), 1709164801);
  for (const char* none : {"", "2015-10-21", "2015-10-21 07:28:00", "2015-13-21T07:28:00Z", "2023-02-29T00:00:00Z",
                           "x015-10-21T07:28:00Z"}) {
    EXPECT_EQ(at(none), 0) << none;
  }
}

}  // namespace
}  // namespace penstock
