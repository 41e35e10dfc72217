#include "redshift/testing/postgres.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace penstock::servers {
namespace {

TEST(PostgresTest, StartsOnAnotherPortWhereTheFirstIsTaken) {
  const int taken = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(taken, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(taken, 1), 0);
  ASSERT_EQ(::getsockname(taken, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const int port = ntohs(address.sin_port);
  {
    const Postgres postgres({.first_port = port});
    EXPECT_NE(postgres.config().port, port);
    EXPECT_EQ(postgres.run("SELECT 1"), "1");
  }
  ::close(taken);
}

TEST(PostgresTest, SaysWhyItDoesNotStart) {
  try {
    const Postgres postgres({.settings = {"no_such_setting=1"}});
    FAIL() << "it started";
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::string(e.what()).find("no_such_setting"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace penstock::servers
