#include "cli/hidden_passwords.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace penstock::cli {
namespace {

std::string hidden(std::string argument) {
  std::vector<char*> arguments{argument.data()};
  hide_passwords(arguments);
  return argument;
}

TEST(HiddenPasswords, APasswordIsWrittenOverAndTheRestStays) {
  EXPECT_EQ(hidden("redshift://me:hunter2@host:5439/dev::t"), "redshift://me:xxxxxxx@host:5439/dev::t");
  EXPECT_EQ(hidden("--into=postgresql://me:pw@host/db"), "--into=postgresql://me:xx@host/db");
  EXPECT_EQ(hidden("postgres://:pw@host"), "postgres://:xx@host");
}

TEST(HiddenPasswords, WithAnAtThatShouldHaveBeenEncodedAllOfItGoes) {
  EXPECT_EQ(hidden("redshift://me:p@ss@host/dev"), "redshift://me:xxxx@host/dev");
}

TEST(HiddenPasswords, WhatHasNoPasswordStays) {
  for (const std::string argument :
       {"redshift://host:5439/dev", "redshift://me@host:5439/dev", "s3://bucket/a:b@c", "move", ""}) {
    EXPECT_EQ(hidden(argument), argument);
  }
}

}  // namespace
}  // namespace penstock::cli
