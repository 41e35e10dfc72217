#include "load/fingerprint.h"

#include <gmock/gmock.h>

#include <set>

namespace penstock {
namespace {

TEST(Fingerprint, IsSha256) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Fingerprint, OfAFileIsItsBucketKeyEtagAndSizeWithNulBetween) {
  using namespace std::string_literals;
  EXPECT_EQ(file_id_of("b", {.key = "k", .size = 12, .etag = "e"}), sha256_hex("b\0k\0e\0"s + "12"));
  EXPECT_EQ(key_id_of("b", "k"), sha256_hex("b\0k"s));
}

TEST(Fingerprint, DiffersWhereTheFileDoes) {
  std::set<std::string> ids;
  for (const std::string bucket : {"b", "c"}) {
    for (const std::string key : {"a", "a ", "A", "\u00e9", "e\u0301", "a/b"}) {
      for (const std::string etag : {"", "1", "2"}) {
        for (const std::uint64_t size : {0, 1, 11}) ids.insert(file_id_of(bucket, {key, size, etag, {}, {}}));
      }
    }
  }
  EXPECT_EQ(ids.size(), 2U * 6 * 3 * 3);
}

}  // namespace
}  // namespace penstock
