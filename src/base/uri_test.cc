#include "penstock/uri.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/error.h"

namespace penstock {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string refusal_of(std::string_view uri) {
  try {
    is_s3_uri(uri) ? static_cast<void>(parse_s3_uri(uri)) : static_cast<void>(parse_server_uri(uri));
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::invalid);
    return e.what();
  }
  return "(taken)";
}

TEST(Uri, SplitsAnS3UriAtItsFirstSlashAndDecodesNothing) {
  const S3Uri uri = parse_s3_uri("s3://my-bucket/a b/%20//c");
  EXPECT_EQ(uri.bucket, "my-bucket");
  EXPECT_EQ(uri.key, "a b/%20//c");
  EXPECT_EQ(to_string(uri), "s3://my-bucket/a b/%20//c");
  EXPECT_EQ(parse_s3_uri("s3://my-bucket").key, "");
}

TEST(Uri, ReadsAServerUriWhole) {
  const ServerUri uri = parse_server_uri("redshift://us%40er:p%3A%2F@h.example:5439/dev?sslmode=verify-full&a=b");
  EXPECT_EQ(uri.scheme, "redshift");
  EXPECT_EQ(uri.user, "us@er");
  EXPECT_EQ(uri.password.reveal(), "p:/");
  EXPECT_EQ(uri.host, "h.example");
  EXPECT_EQ(uri.port, 5439);
  EXPECT_EQ(uri.database, "dev");
  EXPECT_EQ(uri.options.at("sslmode"), "verify-full");
}

TEST(Uri, TakesIpv6AndLeavesOutWhatIsNotGiven) {
  const ServerUri uri = parse_server_uri("postgres://[::1]:5432/db");
  EXPECT_EQ(uri.scheme, "postgresql");
  EXPECT_EQ(uri.host, "::1");
  EXPECT_EQ(uri.port, 5432);
  EXPECT_TRUE(uri.password.empty());
}

TEST(Uri, SaysWhichPartIsWrongAndNeverThePassword) {
  EXPECT_THAT(refusal_of("s3://B/k"), HasSubstr("bucket"));
  EXPECT_THAT(refusal_of("mysql://h/d"), HasSubstr("mysql"));
  EXPECT_THAT(refusal_of("redshift://h:99999/d"), HasSubstr("port"));
  const std::string refusal = refusal_of("redshift://user:hunter2%zz@h/d");
  EXPECT_THAT(refusal, HasSubstr("password"));
  EXPECT_THAT(refusal, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace penstock
