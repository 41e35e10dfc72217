#include "local/ports.h"

#include <gtest/gtest.h>

namespace penstock::local {
namespace {

TEST(Ports, PrefersThePortOfBefore) {
  const int port = free_port(0);
  EXPECT_GT(port, 0);
  EXPECT_EQ(free_port(port), port);
}

TEST(Ports, FindsNobodyAtAFreePort) { EXPECT_FALSE(accepts_connections(free_port(0))); }

TEST(Ports, ReadsThePortOfAUrl) {
  EXPECT_EQ(port_of("http://127.0.0.1:7070"), 7070);
  EXPECT_EQ(port_of("http://minio"), 0);
  EXPECT_EQ(port_of(""), 0);
}

}  // namespace
}  // namespace penstock::local
