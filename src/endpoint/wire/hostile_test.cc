// Clients that don't keep to the protocol, or know parts of it that libpq doesn't use.
#include <gmock/gmock.h>

#include <chrono>
#include <list>
#include <thread>

#include "endpoint/wire/testing/endpoint.h"
#include "endpoint/wire/testing/raw_client.h"

namespace penstock::endpoint {
namespace {

using endpoint::testing::Client;
using endpoint::testing::Endpoint;
using endpoint::testing::RawClient;
using ::testing::HasSubstr;
using namespace std::string_literals;

class HostileTest : public ::testing::Test {
 protected:
  Endpoint endpoint_;
  RawClient raw_{endpoint_.port()};
};

TEST_F(HostileTest, SettingsOfRedshiftsDriversAreNoHarm) {
  EXPECT_EQ(raw_.log_in(), "ZI");
  raw_.send(query_message("SHOW application_name"));
  EXPECT_THAT(raw_.until('D'), HasSubstr("raw"));
}

TEST_F(HostileTest, EncryptionIsDeclinedAndTheClientGoesOn) {
  raw_.send("\0\0\0\x08\x04\xd2\x16\x30"s);
  EXPECT_EQ(raw_.bytes(1), "N");
  raw_.send("\0\0\0\x08\x04\xd2\x16\x2f"s);
  EXPECT_EQ(raw_.bytes(1), "N");
  EXPECT_EQ(raw_.log_in(), "ZI");
}

TEST_F(HostileTest, StartupPacketsHaveALimit) {
  raw_.send("\0\0\x40\0\0\3\0\0user"s);
  EXPECT_THAT(raw_.message(), HasSubstr("invalid length of startup packet"));
  EXPECT_TRUE(raw_.at_end());
  RawClient short_one(endpoint_.port());
  short_one.send("\0\0\0\x04"s);
  EXPECT_THAT(short_one.message(), HasSubstr("invalid length of startup packet"));
  RawClient unfinished(endpoint_.port());
  unfinished.send("\0\0\0\x0d\0\3\0\0user\0"s);
  EXPECT_THAT(unfinished.message(), HasSubstr("invalid startup packet layout"));
}

TEST_F(HostileTest, OtherProtocolsAreRefused) {
  raw_.send("\0\0\0\x09\0\2\0\0\0"s);
  EXPECT_THAT(raw_.message(), HasSubstr("unsupported frontend protocol 2.0"));
  RawClient later(endpoint_.port());
  later.send("\0\0\0\x16\0\3\0\2user\0awsuser\0\0"s);
  EXPECT_EQ(later.message(), "v\0\0\0\0\0\0\0\0"s) << "of 3.2 it speaks 3.0";
}

TEST_F(HostileTest, NothingButAPasswordIsTakenBeforeIt) {
  raw_.send(startup_packet({{"user", "awsuser"}, {"database", "dev"}}));
  raw_.message();
  raw_.send(query_message("SELECT 1"));
  EXPECT_THAT(raw_.message(), HasSubstr("expected password response"));
  EXPECT_TRUE(raw_.at_end());
}

TEST_F(HostileTest, MessagesThatAreNoneEndTheSession) {
  for (const auto& broken :
       {"Q\0\0\0\2"s, "Q\x7f\xff\xff\xff"s, "Q\0\0\0\5x"s, "P\0\0\0\5x"s, "B\0\0\0\4"s, "~\0\0\0\4"s}) {
    RawClient client(endpoint_.port());
    client.log_in();
    client.send(broken);
    EXPECT_THAT(client.until('E'), HasSubstr("08P01")) << ::testing::PrintToString(broken);
    EXPECT_TRUE(client.at_end());
  }
  EXPECT_EQ(raw_.log_in(), "ZI") << "others are not hurt";
}

TEST_F(HostileTest, DataOfACopyThatIsNoneIsPassedOver) {
  raw_.log_in();
  raw_.send(MessageWriter('d').bytes("data").finish() + bare_message('c') + query_message("SELECT 5"));
  EXPECT_THAT(raw_.until('D'), HasSubstr("5"));
  EXPECT_EQ(raw_.until('Z'), "ZI");
}

TEST_F(HostileTest, FunctionCallsAreRefused) {
  raw_.log_in();
  raw_.send(MessageWriter('F').i32(1598).i16(0).i16(0).i16(0).finish());
  EXPECT_THAT(raw_.until('E'), HasSubstr("0A000"));
  EXPECT_EQ(raw_.until('Z'), "ZI");
}

TEST_F(HostileTest, AQueryWithoutASyncBeforeItIsAnswered) {
  raw_.log_in();
  raw_.send(parse_message("", "SELECT 1") + bind_message("", "") + execute_message("") + query_message("SELECT 7"));
  EXPECT_THAT(raw_.until('D'), HasSubstr("1"));
  EXPECT_THAT(raw_.until('D'), HasSubstr("7"));
  EXPECT_EQ(raw_.until('Z'), "ZI");
}

TEST_F(HostileTest, APortalIsReadInParts) {
  raw_.log_in();
  const auto some = [](int rows) { return MessageWriter('E').text("p").i32(rows).finish(); };
  raw_.send(query_message("BEGIN"));
  raw_.until('Z');
  raw_.send(parse_message("", "SELECT generate_series(1, 3)") + bind_message("p", "") + some(2) + bare_message('S'));
  EXPECT_EQ(raw_.until('s'), "s");
  EXPECT_EQ(raw_.until('Z'), "ZT");
  raw_.send(some(2) + bare_message('S'));
  EXPECT_EQ(raw_.until('C'), "CSELECT 1\0"s);
}

TEST_F(HostileTest, APortalOfTheEndpointsOwnRunsOnce) {
  raw_.log_in();
  raw_.send(parse_message("s", "MAKE portal_once") + bind_message("p", "s") + describe_message('P', "p") +
            execute_message("p") + execute_message("p") + bare_message('S'));
  EXPECT_EQ(raw_.message(), "1");
  EXPECT_EQ(raw_.message(), "2");
  EXPECT_EQ(raw_.message(), "n");
  EXPECT_EQ(raw_.message(), "CMAKE\0"s);
  EXPECT_THAT(raw_.message(), HasSubstr("55000"));
  EXPECT_EQ(raw_.message(), "ZI");
  raw_.send(close_message('S', "s") + bind_message("p", "s") + bare_message('S'));
  EXPECT_EQ(raw_.message(), "3");
  EXPECT_THAT(raw_.message(), HasSubstr("26000"));
}

TEST_F(HostileTest, AWrongKeyCancelsNothing) {
  Client client(endpoint_.conninfo());
  PQsendQuery(client.get(), "SELECT pg_sleep(0.3)");
  raw_.send(cancel_request(PQbackendPID(client.get()), 12345));
  EXPECT_TRUE(raw_.at_end());
  EXPECT_EQ(endpoint::testing::read_result(PQgetResult(client.get())).status, PGRES_TUPLES_OK);
}

TEST_F(HostileTest, ManyCancelRequestsAreNoHarm) {
  Client client(endpoint_.conninfo());
  PQsendQuery(client.get(), "SELECT pg_sleep(600)");
  raw_.log_in();
  for (int i = 0; i < 50; ++i) {
    RawClient wrong(endpoint_.port());
    wrong.send(cancel_request(i % 2 == 0 ? PQbackendPID(client.get()) : i, i));
  }
  raw_.send(query_message("SELECT 'not me'"));
  EXPECT_THAT(raw_.until('D'), HasSubstr("not me"));
  char error[256];
  for (int i = 0; i < 20; ++i) {
    auto* right = PQgetCancel(client.get());
    EXPECT_EQ(PQcancel(right, error, sizeof error), 1) << error;
    PQfreeCancel(right);
  }
  EXPECT_EQ(endpoint::testing::read_result(PQgetResult(client.get())).sqlstate, "57014");
  while (PGresult* rest = PQgetResult(client.get())) PQclear(rest);
  EXPECT_EQ(client.value("SELECT 'and on'"), "and on");
}

TEST(Strangers, TakeNoSessionsPlaceHoweverManyTheyAre) {
  Endpoint endpoint(1);
  std::list<RawClient> silent;
  std::list<RawClient> without_a_password;
  for (int i = 0; i < 120; ++i) {
    silent.emplace_back(endpoint.port());
    without_a_password.emplace_back(endpoint.port()).send(startup_packet({{"user", "awsuser"}, {"database", "dev"}}));
  }
  Client client(endpoint.conninfo());
  EXPECT_EQ(client.value("SELECT 1"), "1") << client.error();
  EXPECT_TRUE(silent.front().at_end()) << "who came first goes first";
}

TEST(Strangers, MayLogInAllAtOnceWhenThereArePlacesForThem) {
  Endpoint endpoint(150);
  std::list<RawClient> clients;
  for (int i = 0; i < 150; ++i) clients.emplace_back(endpoint.port());
  clients.front().log_in();
  clients.front().send(query_message("SELECT 'in'"));
  EXPECT_THAT(clients.front().until('D'), HasSubstr("in"));
}

TEST(Strangers, AreLetGoWhenTheirTimeIsUp) {
  Endpoint endpoint(10, Endpoint::Tls::on, std::chrono::milliseconds(200));
  RawClient silent(endpoint.port());
  EXPECT_TRUE(silent.at_end());
  RawClient half_a_packet(endpoint.port());
  half_a_packet.send("\0\0\0\x40\0\3"s);
  EXPECT_TRUE(half_a_packet.at_end());
  RawClient half_a_handshake(endpoint.port());
  half_a_handshake.send("\0\0\0\x08\x04\xd2\x16\x2f"s);
  EXPECT_EQ(half_a_handshake.bytes(1), "S");
  half_a_handshake.send("\x16\x03\x01\x02\x00\x01"s);
  EXPECT_TRUE(half_a_handshake.at_end());
  RawClient drop_by_drop(endpoint.port());
  for (const char c : "\0\0\4\0\0\3\0\0"s) {
    drop_by_drop.send(std::string(1, c));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_TRUE(drop_by_drop.at_end()) << "each byte buys no more time";
}

TEST_F(HostileTest, AClientThatSaysNothingMoreIsLetGo) {
  raw_.log_in();
  raw_.send(query_message("SELECT 3"));
  raw_.stop_sending();
  EXPECT_THAT(raw_.until('D'), HasSubstr("3")) << "what it asked for is answered";
  raw_.until('Z');
  EXPECT_TRUE(raw_.at_end());
}

}  // namespace
}  // namespace penstock::endpoint
