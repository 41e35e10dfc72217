#include "postgres/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/error.h"

namespace penstock::postgres {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string said(std::string_view uri) {
  try {
    parse_address(uri);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::invalid);
    return e.what();
  }
  return "";
}

TEST(PostgresAddress, NamesATableBehindTheDatabase) {
  const Address whole = parse_address("postgresql://u:p@h:5433/shop::Sales.Orders.x?sslmode=require");
  EXPECT_EQ(whole.server.database, "shop");
  EXPECT_EQ(whole.server.port, 5433);
  EXPECT_EQ(whole.server.options.at("sslmode"), "require");
  ASSERT_TRUE(whole.table);
  EXPECT_EQ(whole.table->schema, "Sales");
  EXPECT_EQ(whole.table->table, "Orders.x");

  const Address plain = parse_address("postgres:///::orders");
  EXPECT_EQ(plain.server.database, "");
  EXPECT_EQ(plain.table->schema, "");
  EXPECT_EQ(plain.table->table, "orders");
  EXPECT_FALSE(parse_address("postgresql://h/shop").table);
}

TEST(PostgresAddress, IsRefusedWithoutShowingAPassword) {
  for (const char* uri : {"postgresql://u:geheim@h/db::", "postgresql://u:geheim@h/db::.t",
                          "postgresql://u:geheim@h/db?nonsense=1", "postgresql://u:geheim@h/db?replication=database"}) {
    EXPECT_NE(said(uri), "") << uri;
    EXPECT_THAT(said(uri), Not(HasSubstr("geheim")));
  }
  EXPECT_THAT(said("postgresql://h/db?nonsense=1"), HasSubstr("'nonsense'"));
}

TEST(PostgresAddress, TellsLibpqOnlyWhatWasGiven) {
  const std::string info =
      conninfo(parse_address("postgresql://u:a'b%5C@h/?client_encoding=LATIN1").server, "penstock").reveal();
  EXPECT_THAT(info, HasSubstr(R"(password='a\'b\\' )"));
  EXPECT_THAT(info, Not(HasSubstr("dbname=")));
  EXPECT_THAT(info, Not(HasSubstr(" port=")));
  EXPECT_TRUE(info.ends_with("client_encoding='UTF8' ")) << "what comes last wins: " << info;
}

}  // namespace
}  // namespace penstock::postgres
