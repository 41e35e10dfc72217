#include "store/s3_address.h"

#include <gtest/gtest.h>

#include "penstock/error.h"

namespace penstock {
namespace {

TEST(S3Address, IsAHostAtAwsAndAPathElsewhere) {
  struct Case {
    const char* region;
    const char* endpoint;
    const char* bucket;
    const char* origin;
    const char* path;
  };
  for (const Case& c : {
           Case{"eu-west-1", "", "lake", "https://lake.s3.eu-west-1.amazonaws.com", "/a%20b/c"},
           Case{"eu-west-1", "", "my.lake", "https://s3.eu-west-1.amazonaws.com", "/my.lake/a%20b/c"},
           Case{"us-east-1", "", "Old_Lake", "https://s3.us-east-1.amazonaws.com", "/Old_Lake/a%20b/c"},
           Case{"cn-north-1", "", "lake", "https://lake.s3.cn-north-1.amazonaws.com.cn", "/a%20b/c"},
           Case{"us-east-1", "http://127.0.0.1:7070", "lake", "http://127.0.0.1:7070", "/lake/a%20b/c"},
           Case{"us-east-1", "https://minio.example/", "lake", "https://minio.example", "/lake/a%20b/c"},
       }) {
    const auto address = S3Addresses(c.region, c.endpoint).of(c.bucket, "a b/c");
    EXPECT_EQ(address.origin, c.origin);
    EXPECT_EQ(address.path, c.path);
  }
}

TEST(S3Address, RefusesEndpointsAndRegionsThatAreNone) {
  for (const char* endpoint : {"minio", "ftp://x", "http://", "http://h/path", "http://user:pass@h", "http://h?x"}) {
    EXPECT_THROW(S3Addresses("us-east-1", endpoint), Error) << endpoint;
  }
  for (const char* region : {"", "a.b", "x/y", "evil.example/"}) EXPECT_THROW(S3Addresses(region, ""), Error) << region;
}

TEST(S3Address, KnowsALoopback) {
  EXPECT_TRUE(S3Addresses("us-east-1", "http://127.0.0.1:1").is_loopback());
  EXPECT_TRUE(S3Addresses("us-east-1", "http://localhost").is_loopback());
  EXPECT_FALSE(S3Addresses("us-east-1", "http://minio.example").is_loopback());
  EXPECT_FALSE(S3Addresses("us-east-1", "").is_loopback());
}

TEST(S3Address, EncodesWhatSignaturesNeedAndReadsItBack) {
  EXPECT_EQ(uri_encode("a/b c+~\u00e9", true), "a/b%20c%2B~%C3%A9");
  EXPECT_EQ(uri_encode("a/b", false), "a%2Fb");
  EXPECT_EQ(uri_decode("a%2Fb%20c+d%2B"), "a/b c d+");
  EXPECT_EQ(uri_decode("100%"), "100%") << "no escape, no change";
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(uri_decode(uri_encode(all, true)), all);
  EXPECT_EQ(to_query({{"uploads", ""}, {"prefix", "a&b"}}), "uploads&prefix=a%26b");
}

}  // namespace
}  // namespace penstock
