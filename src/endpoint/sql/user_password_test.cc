#include "endpoint/sql/user_password.h"

#include <gmock/gmock.h>

#include "endpoint/sql/sql_error.h"

namespace penstock::endpoint {
namespace {

std::string refusal(std::string_view password) {
  try {
    verifier_for(password, "u");
  } catch (const SqlError& error) {
    EXPECT_EQ(error.sqlstate, password.starts_with("sha256") ? "0A000" : "22023");
    return error.what();
  }
  return "";
}

TEST(UserPassword, IsKeptAsItsDigestWithTheUsersName) {
  EXPECT_EQ(verifier_for("Passw0rd", "alice"), "md5e096fc67322b3422ad4aeb1b3ea724b9");
  EXPECT_NE(verifier_for("Passw0rd", "bob"), verifier_for("Passw0rd", "alice"));
}

TEST(UserPassword, IsTakenAsADigest) {
  const std::string digest = "md50123456789abcdef0123456789abcdef";
  EXPECT_EQ(verifier_for(digest, "u"), digest);
  const std::string no_digest = "md50123456789abcdef0123456789abcdeX";
  EXPECT_NE(verifier_for(no_digest, "u"), no_digest) << "a password like any other";
}

TEST(UserPassword, MeetsRedshiftsRules) {
  EXPECT_EQ(refusal("Abcdef1"), "password must have 8 to 64 characters");
  EXPECT_EQ(refusal(""), "password must have 8 to 64 characters");
  EXPECT_EQ(refusal("Ab1" + std::string(62, 'x')), "password must have 8 to 64 characters");
  EXPECT_EQ(refusal("Ab1" + std::string(61, 'x')), "");
  EXPECT_EQ(refusal("abcdefg1"), "password must contain at least one uppercase letter");
  EXPECT_EQ(refusal("ABCDEFG1"), "password must contain at least one lowercase letter");
  EXPECT_EQ(refusal("Abcdefgh"), "password must contain at least one number");
  EXPECT_EQ(refusal("Abcdefg1!#$~"), "");
  for (const char* password :
       {"Abcdefg1'", "Abcdefg1\"", "Abcdefg1\\", "Abcdefg1/", "Abcdefg1@", "Abcdefg1 ", "Abcdefg1é"}) {
    EXPECT_EQ(refusal(password), R"(password must contain printable ASCII characters only, and none of ' " \ / @)");
  }
  EXPECT_EQ(refusal("sha256|Abcdefg1"), "a password as a SHA-256 hash is not supported by this local Redshift");
}

}  // namespace
}  // namespace penstock::endpoint
