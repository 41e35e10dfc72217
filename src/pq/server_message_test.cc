#include "pq/server_message.h"

#include <gtest/gtest.h>

namespace penstock::pq {
namespace {

TEST(ServerMessage, SaysOnOneLineWhatRedshiftsBlockAdds) {
  const std::string block =
      "\n  -----------------------------------------------\n  error:  The specified S3 prefix 'a/b' does not exist\n"
      "  code:      8001\n  context:   S3 key being read : s3://b/k\n  query:     634029\n"
      "  location:  s3_utility.cpp:568\n  process:   padbmaster [pid=29509]\n"
      "  -----------------------------------------------\n";
  EXPECT_EQ(in_one_line("The specified S3 prefix 'a/b' does not exist", block),
            "The specified S3 prefix 'a/b' does not exist; code 8001; S3 key being read : s3://b/k");
  EXPECT_EQ(in_one_line("1023", "Serializable isolation violation on table - 1, transactions: 2, 3"),
            "1023; Serializable isolation violation on table - 1, transactions: 2, 3");
  EXPECT_EQ(in_one_line("plain", ""), "plain");
}

TEST(ServerMessage, HoldsNoControlCharacters) {
  EXPECT_EQ(in_one_line("a\x1b[2J\nb", "c\td"), "a\\x1b[2J; b; c\\x09d");
}

TEST(ServerMessage, KnowsWhatAnSqlstateMeans) {
  struct Case {
    const char* sqlstate;
    const char* message;
    ErrorKind kind;
  };
  for (const auto& [sqlstate, message, kind] : {
           Case{"28P01", "password authentication failed", ErrorKind::denied},
           Case{"28000", "no pg_hba.conf entry", ErrorKind::denied},
           Case{"42501", "permission denied for relation t", ErrorKind::denied},
           Case{"3D000", "database \"x\" does not exist", ErrorKind::not_found},
           Case{"3F000", "schema \"x\" does not exist", ErrorKind::not_found},
           Case{"42P01", "relation \"x\" does not exist", ErrorKind::not_found},
           Case{"57014", "canceled on user's request", ErrorKind::refused},
           Case{"57P01", "terminating connection due to administrator command", ErrorKind::unavailable},
           Case{"53300", "too many connections", ErrorKind::unavailable},
           Case{"08006", "connection failure", ErrorKind::unavailable},
           Case{"40001", "could not serialize access", ErrorKind::unavailable},
           Case{"XX000", "1023", ErrorKind::unavailable},
           Case{"XX000", "1018", ErrorKind::refused},
           Case{"XX000", "Cannot execute write query because system is in resize mode", ErrorKind::unavailable},
           Case{"XX000", "Load into table 't' failed.", ErrorKind::refused},
           Case{"42601", "syntax error", ErrorKind::refused},
       }) {
    EXPECT_EQ(kind_of(sqlstate, message), kind) << sqlstate << " " << message;
  }
}

TEST(ServerMessage, KnowsWhoLostAgainstAnother) {
  const auto lost = [](const char* sqlstate, const char* primary, const char* detail) {
    return lost_against_another(sqlstate, primary, detail);
  };
  EXPECT_TRUE(lost("XX000", "1023", "Serializable isolation violation on table - 100167, transactions forming ..."));
  EXPECT_TRUE(lost("XX000", "ERROR: 1023", "Serializable isolation violation on table - 1"));
  EXPECT_TRUE(lost("XX000", "could not complete because of conflict with concurrent transaction", ""));
  EXPECT_TRUE(lost("40001", "could not serialize access due to concurrent update", ""));
  EXPECT_TRUE(lost("40P01", "deadlock detected", ""));
  EXPECT_FALSE(lost("XX000", "Invalid digit, Value '1023'", ""));
  EXPECT_FALSE(lost("42601", "1023", "")) << "a syntax error at 1023";
}

TEST(ServerMessage, TellsARefusedLoginFromAServerThatIsNotThere) {
  const auto kind = [](const char* words) { return connect_error("connect", words).kind(); };
  EXPECT_EQ(
      kind("connection to server at \"127.0.0.1\", port 5 failed: Connection refused\n\tIs the server running?\n"),
      ErrorKind::unavailable);
  EXPECT_EQ(kind("connection to server at \"h\", port 5 failed: FATAL:  28P01: password authentication failed\n"
                 "LOCATION:  auth_failed, auth.c:1\n"),
            ErrorKind::denied);
  EXPECT_EQ(kind("connection to server failed: FATAL:  3D000: database \"x\" does not exist\n"), ErrorKind::not_found);
  EXPECT_EQ(kind("connection to server failed: SSL error: certificate verify failed\n"), ErrorKind::refused);
  EXPECT_EQ(kind("connection to server failed: SSL SYSCALL error: EOF detected\n"), ErrorKind::unavailable);
  EXPECT_STREQ(connect_error("connect to u@h", "failed: FATAL:  28P01: no\nLOCATION:  a, b.c:1\n").what(),
               "connect to u@h: failed: FATAL: no");
  EXPECT_STREQ(connect_error("connect to u@h", "failed: FATAL:  28P01: no\nfailed: FATAL:  28P01: no\n").what(),
               "connect to u@h: failed: FATAL: no")
      << "tried twice, said once";
}

}  // namespace
}  // namespace penstock::pq
