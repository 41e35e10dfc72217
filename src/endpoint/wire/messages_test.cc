#include "endpoint/wire/messages.h"

#include <gmock/gmock.h>

namespace penstock::endpoint {
namespace {

using testing::ElementsAre;
using testing::Optional;
using testing::Pair;
using namespace std::string_literals;

std::string_view body_of(const std::string& message) { return std::string_view(message).substr(5); }
std::string_view body_of(std::string&& message) = delete;  // a view into what is gone

template <typename T>
T must(std::optional<T> read) {
  if (!read) throw std::runtime_error("could not be read");
  return std::move(*read);
}

TEST(Messages, AreCutAtTheirLength) {
  const auto bytes = query_message("select 1") + bare_message('S');
  Message message;
  ASSERT_EQ(next_message(bytes, 1000, message), Framing::whole);
  EXPECT_EQ(message.type, 'Q');
  EXPECT_EQ(message.body, "select 1\0"s);
  ASSERT_EQ(next_message(std::string_view(bytes).substr(message.whole.size()), 1000, message), Framing::whole);
  EXPECT_EQ(message.type, 'S');
  EXPECT_EQ(message.body, "");
}

TEST(Messages, AreIncompleteUntilTheirLastByte) {
  const auto bytes = query_message("select 1");
  Message message;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(next_message(bytes.substr(0, size), 1000, message), Framing::incomplete) << size;
  }
}

TEST(Messages, AreMalformedBelowFourAndBeyondTheLimit) {
  Message message;
  EXPECT_EQ(next_message("Q\0\0\0\x03"s, 1000, message), Framing::malformed);
  EXPECT_EQ(next_message("Q\xff\xff\xff\xff"s, 1000, message), Framing::malformed);
  EXPECT_EQ(next_message("Q\0\0\x03\xe9"s, 1000, message), Framing::malformed);
}

TEST(Messages, StartupPacketsAreReadBack) {
  const auto bytes = startup_packet({{"user", "u"}, {"database", "d"}, {"options", ""}});
  const auto packet = must(read_startup(std::string_view(bytes).substr(4)));
  EXPECT_EQ(packet.kind, StartupPacket::Kind::start);
  EXPECT_THAT(packet.parameters, ElementsAre(Pair("user", "u"), Pair("database", "d"), Pair("options", "")));
}

TEST(Messages, CancelAndEncryptionRequestsAreToldApart) {
  const auto kind_of = [](std::string_view body) { return must(read_startup(body)).kind; };
  EXPECT_EQ(kind_of("\x04\xd2\x16\x2f"), StartupPacket::Kind::ssl);
  EXPECT_EQ(kind_of("\x04\xd2\x16\x30"), StartupPacket::Kind::gss_encryption);
  const auto bytes = cancel_request(7, -9);
  const auto cancel = must(read_startup(std::string_view(bytes).substr(4)));
  EXPECT_EQ(cancel.kind, StartupPacket::Kind::cancel);
  EXPECT_EQ(cancel.process, 7);
  EXPECT_EQ(cancel.secret, -9);
}

TEST(Messages, ClientMessagesAreReadBack) {
  const auto parse_bytes = parse_message("s", "select $1", {23, 25});
  const auto parse = must(read_parse(body_of(parse_bytes)));
  EXPECT_EQ(parse.statement, "s");
  EXPECT_EQ(parse.sql, "select $1");
  EXPECT_THAT(parse.types, ElementsAre(23, 25));

  const auto bind_bytes = bind_message("p", "s", {"1", std::nullopt});
  const auto bind = must(read_bind(body_of(bind_bytes)));
  EXPECT_EQ(bind.portal, "p");
  EXPECT_EQ(bind.statement, "s");
  EXPECT_EQ(bind.parameters, 2U);

  const auto describe = describe_message('P', "p");
  EXPECT_EQ(must(read_named(body_of(describe))).name, "p");
  const auto close = close_message('S', "s");
  EXPECT_EQ(must(read_named(body_of(close))).what, 'S');
  const auto execute = execute_message("p");
  EXPECT_EQ(must(read_execute(body_of(execute))).portal, "p");
  const auto query = query_message("");
  EXPECT_THAT(read_query(body_of(query)), Optional(std::string_view("")));
}

// The property that keeps a hostile client out: every cut of every message is refused, none is believed.
TEST(Messages, CutOffAnywhereAreRefused) {
  const std::vector<std::string> messages{parse_message("s", "select $1", {23, 25}),
                                          bind_message("p", "s", {"1", std::nullopt}),
                                          describe_message('P', "p"),
                                          execute_message("p"),
                                          query_message("q"),
                                          report_message('E', make_report("ERROR", "XX000", "m"))};
  for (const auto& message : messages) {
    const auto body = body_of(message);
    for (std::size_t size = 0; size < body.size(); ++size) {
      const auto cut = body.substr(0, size);
      EXPECT_FALSE(message[0] == 'P' && read_parse(cut));
      EXPECT_FALSE(message[0] == 'B' && read_bind(cut));
      EXPECT_FALSE(message[0] == 'D' && read_named(cut));
      EXPECT_FALSE(message[0] == 'E' && message.size() < 20 && read_execute(cut));
      EXPECT_FALSE(message[0] == 'Q' && read_query(cut));
    }
    const auto longer = std::string(body) + "x";
    EXPECT_FALSE(message[0] == 'P' && read_parse(longer));
    EXPECT_FALSE(message[0] == 'B' && read_bind(longer));
    EXPECT_FALSE(message[0] == 'Q' && read_query(longer));
  }
}

TEST(Messages, LengthsInABindAreNotBelieved) {
  const auto huge = MessageWriter('B').text("").text("").i16(0).i16(1).i32(0x7fffffff).bytes("x").finish();
  EXPECT_FALSE(read_bind(body_of(huge)));
  const auto many_formats = MessageWriter('B').text("").text("").i16(-1).finish();
  EXPECT_FALSE(read_bind(body_of(many_formats)));
}

TEST(Messages, ReportsKeepTheirFieldsInOrder) {
  auto report = make_report("ERROR", "XX000", "it failed", "why", "");
  report.set('P', "5");
  report.set('D', "");
  const auto bytes = report_message('E', report);
  const auto read = must(read_report(body_of(bytes)));
  EXPECT_THAT(read.fields, ElementsAre(Pair('S', "ERROR"), Pair('V', "ERROR"), Pair('C', "XX000"),
                                       Pair('M', "it failed"), Pair('P', "5")));
  EXPECT_EQ(read.field('H'), "");
}

TEST(Messages, AReportsTextEndsAtANul) { EXPECT_EQ(make_report("ERROR", "XX000", "a\0b"s).field('M'), "a"); }

TEST(Messages, DataRowsTellNullFromEmpty) {
  const auto row = MessageWriter('D').i16(3).i32(1).bytes("a").i32(-1).i32(0).finish();
  EXPECT_THAT(read_data_row(body_of(row)), Optional(ElementsAre(Optional("a"s), std::nullopt, Optional(""s))));
}

}  // namespace
}  // namespace penstock::endpoint
