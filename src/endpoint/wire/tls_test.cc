// Clients that encrypt, that are meant to and don't, and that can't.
#include "endpoint/wire/tls.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "endpoint/wire/testing/endpoint.h"
#include "endpoint/wire/testing/raw_client.h"
#include "penstock/error.h"

namespace penstock::endpoint {
namespace {

using endpoint::testing::Client;
using endpoint::testing::Endpoint;
using endpoint::testing::RawClient;
using ::testing::HasSubstr;
using namespace std::string_literals;

const auto kSslRequest = "\0\0\0\x08\x04\xd2\x16\x2f"s;
const auto kGssRequest = "\0\0\0\x08\x04\xd2\x16\x30"s;

// Says within TLS what no driver says there.
class RawTlsClient : public RawClient {
 public:
  explicit RawTlsClient(std::uint16_t port)
      : RawClient(port), context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free) {
    RawClient::send(kSslRequest);
    EXPECT_EQ(bytes(1), "S");
    ssl_ = {SSL_new(context_.get()), &SSL_free};
    SSL_set_fd(ssl_.get(), descriptor());
    EXPECT_EQ(SSL_connect(ssl_.get()), 1);
  }
  void send(std::string_view bytes) override { SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())); }
  bool told_of_the_end() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

 protected:
  long read_some(char* buffer, std::size_t size) override {
    return ssl_ ? SSL_read(ssl_.get(), buffer, static_cast<int>(size)) : RawClient::read_some(buffer, size);
  }

 private:
  std::shared_ptr<SSL_CTX> context_;
  std::shared_ptr<SSL> ssl_;
};

class TlsTest : public ::testing::Test {
 protected:
  std::string conninfo(const std::string& mode = "verify-full") const {
    return endpoint_.conninfo(fmt::format("host=localhost hostaddr=127.0.0.1 sslmode={} sslrootcert='{}'", mode,
                                          Endpoint::root_certificate()));
  }
  // A cancel that comes before its statement is lost, as with PostgreSQL.
  void wait_until_active(int process) const {
    const auto asking = fmt::format(
        "SELECT count(*) FROM pg_stat_activity WHERE pid = {} AND state = 'active' AND query LIKE '%pg_sleep%'",
        process);
    while (endpoint_.as_superuser(asking) != "1") {
    }
  }
  Endpoint endpoint_{200, Endpoint::Tls::on};
};

TEST_F(TlsTest, AClientThatWantsAllVerifiedGetsIt) {
  Client client(conninfo());
  ASSERT_TRUE(client.connected()) << client.error();
  EXPECT_TRUE(PQsslInUse(client.get()));
  EXPECT_EQ(client.value("SELECT 1"), "1");
}

TEST_F(TlsTest, AClientThatWantsNoneNeedsNone) {
  Client client(conninfo("disable"));
  ASSERT_TRUE(client.connected()) << client.error();
  EXPECT_FALSE(PQsslInUse(client.get()));
}

TEST_F(TlsTest, AClientThatTrustsAnotherLeavesAndHurtsNobody) {
  Client client(endpoint_.conninfo("host=localhost hostaddr=127.0.0.1 sslmode=verify-full sslrootcert=/dev/null"));
  EXPECT_FALSE(client.connected());
  EXPECT_TRUE(Client(conninfo()).connected());
}

TEST_F(TlsTest, WhoWantsTlsWhereThereIsNoneIsToldSo) {
  Endpoint plain;
  EXPECT_THAT(Client(plain.conninfo("sslmode=require")).error(), HasSubstr("server does not support SSL"));
}

TEST_F(TlsTest, PassesMoreThanFitsIntoAnyBuffer) {
  Client client(conninfo());
  const std::string long_text(5'000'000, 'x');
  EXPECT_EQ(client.value("SELECT '" + long_text + "'"), long_text);
  const auto rows = client.query("SELECT i, repeat('y', 1000) FROM generate_series(1, 20000) i").rows;
  ASSERT_EQ(rows.size(), 20'000U);
  EXPECT_EQ(rows.back()[0], "20000");
}

TEST_F(TlsTest, ARefusalIsReadAsInThePlain) {
  EXPECT_THAT(Client(conninfo() + " password=wrong").error(), HasSubstr("password authentication failed"));
  EXPECT_THAT(Client(conninfo() + " dbname=other").error(), HasSubstr("database \"other\" does not exist"));
}

TEST_F(TlsTest, WhatRunsIsCancelledByAPlainRequest) {
  Client client(conninfo());
  PQsendQuery(client.get(), "SELECT pg_sleep(601)");
  wait_until_active(PQbackendPID(client.get()));
  const std::shared_ptr<PGcancel> cancel(PQgetCancel(client.get()), &PQfreeCancel);
  std::array<char, 256> error{};
  EXPECT_EQ(PQcancel(cancel.get(), error.data(), error.size()), 1) << error.data();
  EXPECT_EQ(endpoint::testing::read_result(PQgetResult(client.get())).sqlstate, "57014");
}

TEST_F(TlsTest, ACancelRequestMayBeEncryptedToo) {
  RawTlsClient client(endpoint_.port());
  client.log_in();
  client.send(query_message("SELECT pg_sleep(602)"));
  wait_until_active(client.key.process);
  RawTlsClient other(endpoint_.port());
  other.send(cancel_request(client.key.process, client.key.secret));
  EXPECT_TRUE(other.at_end());
  EXPECT_THAT(client.until('E'), HasSubstr("57014"));
}

TEST_F(TlsTest, ADriverThatEncryptsMayAskForKerberosFirst) {
  RawClient raw(endpoint_.port());
  raw.send(kGssRequest);
  EXPECT_EQ(raw.bytes(1), "N");
  raw.send(kSslRequest);
  EXPECT_EQ(raw.bytes(1), "S");
}

TEST_F(TlsTest, AServerThatEndsTheSessionSaysSoWithinTls) {
  RawTlsClient raw(endpoint_.port());
  EXPECT_EQ(raw.log_in(), "ZI");
  raw.send("~\0\0\0\4"s);
  EXPECT_THAT(raw.until('E'), HasSubstr("08P01"));
  EXPECT_TRUE(raw.at_end());
  EXPECT_TRUE(raw.told_of_the_end());
}

TEST_F(TlsTest, TlsInsideOfTlsIsRefused) {
  RawTlsClient raw(endpoint_.port());
  raw.send(kSslRequest);
  EXPECT_THAT(raw.until('E'), HasSubstr("08P01"));
  EXPECT_TRUE(raw.at_end());
}

TEST_F(TlsTest, WhatSomebodyPutBehindTheRequestIsNotTaken) {
  RawClient raw(endpoint_.port());
  raw.send(kSslRequest + startup_packet({{"user", "awsuser"}, {"database", "dev"}}));
  EXPECT_THAT(raw.message(), HasSubstr("received unencrypted data after SSL request"));
  EXPECT_TRUE(raw.at_end());
}

TEST_F(TlsTest, AHandshakeThatIsNoneEndsItsConnection) {
  for (const auto& garbage : {"GET / HTTP/1.1\r\n\r\n"s, std::string(100'000, '\0'), "\x16\x03\x01\x40\x01"s + "x",
                              startup_packet({{"user", "awsuser"}})}) {
    RawClient raw(endpoint_.port());
    raw.send(kSslRequest);
    EXPECT_EQ(raw.bytes(1), "S");
    raw.send(garbage);
    raw.stop_sending();
    while (!raw.bytes(1).empty()) {  // an alert of TLS, perhaps
    }
  }
  EXPECT_TRUE(Client(conninfo()).connected()) << "others are not hurt";
}

TEST_F(TlsTest, WhoNeverEndsItsHandshakeKeepsNobodyWaiting) {
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 50; ++i) {
    slow.push_back(std::make_unique<RawClient>(endpoint_.port()));
    slow.back()->send(kSslRequest);
    EXPECT_EQ(slow.back()->bytes(1), "S");
    slow.back()->send("\x16\x03\x01"s);  // a record's beginning
  }
  EXPECT_TRUE(Client(conninfo()).connected());
  EXPECT_TRUE(Client(conninfo("disable")).connected());
  endpoint_.stop();  // nor the server that is to end
}

TEST_F(TlsTest, AClientThatVanishesLeavesNoWorkBehind) {
  Client client(conninfo());
  client.query("CREATE TABLE tls_vanishes (a int)");
  client.query("BEGIN");
  client.query("LOCK TABLE tls_vanishes");
  ::shutdown(PQsocket(client.get()), SHUT_RDWR);  // and no word of TLS
  Client other(conninfo());
  EXPECT_EQ(other.query("DROP TABLE tls_vanishes").tag, "DROP TABLE") << "the lock is gone";
}

TEST_F(TlsTest, ServesTwoHundredAtOnce) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(std::make_unique<Client>(conninfo()));
  for (auto& client : clients) ASSERT_TRUE(client->connected()) << client->error();
  for (auto& client : clients) PQsendQuery(client->get(), "SELECT 1");
  for (auto& client : clients) EXPECT_EQ(endpoint::testing::read_result(PQgetResult(client->get())).value(), "1");
}

TEST(TlsIdentity, IsRefusedWhereTheFilesAreNone) {
  EXPECT_THROW(TlsIdentity("/nowhere/server.crt", "/nowhere/server.key"), Error);
  const auto root = Endpoint::root_certificate();
  EXPECT_THROW(TlsIdentity(root, root), Error) << "a certificate is no key";
}

}  // namespace
}  // namespace penstock::endpoint
