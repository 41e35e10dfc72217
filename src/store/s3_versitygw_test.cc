#include <gmock/gmock.h>

#include <algorithm>

#include "penstock/error.h"
#include "store/conformance.h"
#include "store/versitygw.h"

namespace penstock {
namespace {

// One server for all tests of the process; each test has its own client and bucket.
const Versitygw& server() {
  static const Versitygw versitygw;
  return versitygw;
}

class VersitygwOnTrial final : public StoreOnTrial {
 public:
  Buckets& buckets() override { return *buckets_; }

  // It keeps an object as a file under the very path of its key.
  [[nodiscard]] std::string server_refuses(std::string_view key, std::span<const std::string> held) const override {
    std::string_view rest = key;
    for (;;) {
      const auto slash = rest.find('/');
      const std::string_view name = rest.substr(0, slash);
      if (name.empty()) return "it keeps no empty name between slashes, and a name that ends in one is a folder";
      if (name == "." || name == "..") return "it keeps no . and no ..";
      if (name.size() > 255) return "it keeps no name longer than a file's";
      if (slash == std::string_view::npos) break;
      rest.remove_prefix(slash + 1);
    }
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (std::ranges::any_of(key, is_control)) return "it refuses control characters";
    for (const std::string& other : held) {
      if (key.starts_with(other + "/")) return "it keeps no k/b beside k";
    }
    return {};
  }

 private:
  std::unique_ptr<Buckets> buckets_ = connect_s3(server().config(), silence());
};

std::unique_ptr<StoreOnTrial> start_versitygw() { return std::make_unique<VersitygwOnTrial>(); }

INSTANTIATE_TEST_SUITE_P(Versitygw, StoreConformance, testing::Values(&start_versitygw));

TEST(Versitygw, RefusesWrongKeys) {
  S3Config config = server().config();
  config.credentials->secret_access_key = Secret("wrong");
  try {
    connect_s3(config, silence())->open("lake")->list("")->next();
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::denied);
    EXPECT_THAT(e.what(), testing::HasSubstr("SignatureDoesNotMatch"));
  }
  config.credentials->access_key_id = "AKIANOBODY0000000000";
  try {
    connect_s3(config, silence())->open("lake")->list("")->next();
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::denied);
    EXPECT_THAT(e.what(), testing::HasSubstr("AWS_ACCESS_KEY_ID"));
  }
}

}  // namespace
}  // namespace penstock
