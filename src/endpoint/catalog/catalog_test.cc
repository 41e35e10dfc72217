// Bootstrap and recorder on a real private PostgreSQL, seen by a client's session as the endpoint opens it.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <memory>

#include "endpoint/catalog/bootstrap.h"
#include "endpoint/catalog/postgres.h"
#include "endpoint/catalog/recorder.h"
#include "endpoint/sql/statement.h"
#include "penstock/error.h"
#include "redshift/testing/postgres.h"

namespace penstock::endpoint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Rows = std::vector<std::vector<std::string>>;

constexpr char kPassword[] = "it's a \\ password";

class Catalog : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<servers::Postgres>();
    bootstrap(config(), silence());
  }
  static void TearDownTestSuite() { server_.reset(); }

  static BootstrapConfig config() {
    const ConnectionConfig socket = server_->socket_config();
    return {.conninfo = conninfo_with("", {{"host", socket.host},
                                           {"port", std::to_string(socket.port)},
                                           {"user", socket.user},
                                           {"dbname", socket.database}}),
            .database = "dev",
            .user = "awsuser",
            .password = Secret(kPassword)};
  }

  static Postgres client(const std::string& user = "awsuser") {
    return Postgres(conninfo_with(recorder_conninfo(config()), {{"user", user}}));
  }

  // Values as text, NULL as "NULL".
  static Rows rows(Postgres& postgres, const std::string& sql) {
    Rows out;
    for (const auto& row : postgres.query(sql)) {
      out.emplace_back();
      for (const auto& value : row) out.back().push_back(value.value_or("NULL"));
    }
    return out;
  }

  static std::string refusal(Postgres& postgres, const std::string& sql) {
    try {
      postgres.run(sql);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  static void create(Postgres& postgres, const std::string& attributes, const std::string& sql) {
    postgres.run(fmt::format("BEGIN; SELECT penstock_attributes({}); {}; COMMIT", postgres.literal(attributes), sql));
  }

  static StatementRecord record(std::string text, std::int64_t query = 0) {
    return {.query = query,
            .transaction = 5,
            .session = 77,
            .user = "awsuser",
            .database = "dev",
            .label = "default",
            .text = std::move(text),
            .kind = query == 0 ? Recognised::Kind::utility : Recognised::Kind::query,
            .started = std::chrono::system_clock::now(),
            .finished = std::chrono::system_clock::now(),
            .aborted = false,
            .error = {}};
  }

  static inline std::unique_ptr<servers::Postgres> server_;
};

TEST_F(Catalog, BootstrapCanBeRepeatedAndKeepsWhatIsThere) {
  auto session = client();
  session.run("CREATE TABLE kept AS SELECT 1 AS a");
  bootstrap(config(), silence());
  EXPECT_THAT(rows(session, "SELECT a FROM kept"), ElementsAre(ElementsAre("1")));
}

TEST_F(Catalog, ASystemObjectsFileThatChangedIsRunAgain) {
  Postgres superuser(recorder_conninfo(config()));
  superuser.run(
      "UPDATE pg_internal.settings SET value = 'older' WHERE name = 'version'; DROP VIEW pg_catalog.stv_sessions");
  auto session = client();
  session.run(
      "CREATE VIEW mine AS SELECT query FROM stl_query; CREATE VIEW people AS SELECT usesysid FROM pg_user_info;"
      "CREATE VIEW columns AS SELECT column_name FROM information_schema.columns, pg_get_late_binding_view_cols() l (a "
      "name, "
      "b name, c name, d text, e int)");
  bootstrap(config(), silence());
  EXPECT_EQ(refusal(session, "SELECT * FROM stv_sessions; SELECT * FROM mine, people, columns"), "");
}

TEST_F(Catalog, ClientsReadAsRedshiftReads) {
  auto session = client();
  EXPECT_THAT(rows(session, R"(SELECT 'a\'b', length('\\'))"), ElementsAre(ElementsAre("a'b", "1")));
  EXPECT_EQ(session.value("SHOW transaction_isolation"), "repeatable read");
  EXPECT_EQ(session.value("SHOW timezone"), "UTC");
  EXPECT_EQ(session.value("SHOW search_path"), "\"$user\", public");
  EXPECT_THAT(session.value("SELECT version()").value(), HasSubstr("Redshift 1.0."));
  EXPECT_THAT(session.value("SELECT * FROM pg_catalog.version()").value(), HasSubstr("PostgreSQL 8.0.2"));
  EXPECT_THAT(rows(session, "SELECT pg_last_copy_id(), pg_last_copy_count(), pg_last_query_id()"),
              ElementsAre(ElementsAre("-1", "0", "-1")));
  session.run("SET penstock.last_copy_id TO '42'; SET penstock.last_copy_count TO '9'");
  EXPECT_THAT(rows(session, "SELECT pg_last_copy_id(), pg_last_copy_count()"), ElementsAre(ElementsAre("42", "9")));
  EXPECT_EQ(session.value("SELECT getdate() <= sysdate() + interval '1 minute'"), "t");
}

TEST_F(Catalog, ClientsReachNothingBeyondTheirDatabase) {
  auto session = client();
  for (const std::string sql :
       {"SELECT * FROM pg_internal.settings", "SELECT pg_internal.dblink('history', 'SELECT 1')", "SELECT lo_create(0)",
        "SELECT pg_read_file('/etc/passwd')", "COPY (SELECT 1) TO PROGRAM 'true'", "COPY (SELECT 1) TO '/tmp/x'",
        "CREATE ROLE other", "CREATE DATABASE other", "ALTER ROLE awsuser SUPERUSER", "SET ROLE penstock",
        "CREATE VIEW pg_catalog.x AS SELECT 1", "DELETE FROM stl_query", "SET allow_system_table_mods TO on",
        "ALTER SYSTEM SET fsync TO off", "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'x'"}) {
    EXPECT_NE(refusal(session, sql), "") << sql;
  }
  EXPECT_THROW(Postgres(conninfo_with(recorder_conninfo(config()), {{"user", "awsuser"}, {"dbname", "postgres"}})),
               Error);
}

TEST_F(Catalog, ASuperusersNameIsRefusedForTheClient) {
  BootstrapConfig other = config();
  other.user = server_->socket_config().user;
  EXPECT_THROW(bootstrap(other, silence()), Error);
}

TEST_F(Catalog, KeysAreShownAndNotEnforced) {
  auto session = client();
  session.run("CREATE TABLE keyed (a int PRIMARY KEY, b int UNIQUE); INSERT INTO keyed VALUES (1, 1), (1, 1)");
  session.run("ALTER TABLE keyed ADD COLUMN c int; INSERT INTO keyed VALUES (1, 1)");
  EXPECT_EQ(session.value("SELECT count(*) FROM keyed"), "3");
  EXPECT_THAT(rows(session, "SELECT contype FROM pg_constraint WHERE conrelid = 'keyed'::regclass ORDER BY conname"),
              ElementsAre(ElementsAre("u"), ElementsAre("p")));
  EXPECT_EQ(session.value("SELECT indisprimary FROM pg_index WHERE indrelid = 'keyed'::regclass AND indisprimary"),
            "t");
  EXPECT_THAT(refusal(session, "INSERT INTO keyed VALUES (NULL)"), HasSubstr("not-null constraint"));
}

TEST_F(Catalog, KeepsTheAttributesOfATable) {
  auto session = client();
  create(session,
         R"({"diststyle":"KEY","distkey":"b","sortstyle":"COMPOUND","sortkeys":["b","a"],"encodings":{"c":"zstd"}})",
         "CREATE TABLE attributed (a int NOT NULL, b varchar(10), c varchar(20), d float8)");
  const std::string definition =
      R"(SELECT "column", type, rtrim(encoding), distkey, sortkey, "notnull" FROM pg_table_def WHERE tablename = )";
  EXPECT_THAT(rows(session, definition + "'attributed'"),
              ElementsAre(ElementsAre("a", "integer", "none", "f", "2", "t"),
                          ElementsAre("b", "character varying(10)", "none", "t", "1", "f"),
                          ElementsAre("c", "character varying(20)", "zstd", "f", "0", "f"),
                          ElementsAre("d", "double precision", "none", "f", "0", "f")));
  EXPECT_THAT(rows(session, "SELECT * FROM svv_table_info WHERE \"table\" = 'attributed'"), IsEmpty())
      << "a table without rows is not listed";
  session.run("INSERT INTO attributed VALUES (1), (2)");
  EXPECT_THAT(rows(session,
                   "SELECT database, schema, encoded, diststyle, sortkey1, max_varchar, sortkey_num, size, "
                   "tbl_rows FROM svv_table_info WHERE \"table\" = 'attributed'"),
              ElementsAre(ElementsAre("dev", "public", "Y", "KEY(b)", "b", "20", "2", "1", "2")));

  session.run("ALTER TABLE attributed RENAME COLUMN b TO bb");
  create(session, R"({"like":"attributed"})", "CREATE TABLE alike (LIKE attributed)");
  EXPECT_THAT(rows(session, definition + "'alike' AND sortkey > 0"),
              ElementsAre(ElementsAre("a", "integer", "none", "f", "2", "t"),
                          ElementsAre("bb", "character varying(10)", "none", "t", "1", "f")));
  create(session, R"({"encodings":{"e":"bytedict"}})", "ALTER TABLE attributed ADD COLUMN e int");
  EXPECT_THAT(rows(session, definition + "'attributed' AND \"column\" = 'e'"),
              ElementsAre(ElementsAre("e", "integer", "bytedict", "f", "0", "f")));
  session.run("DROP TABLE attributed");
  Postgres superuser(recorder_conninfo(config()));
  EXPECT_EQ(superuser.value("SELECT count(*) FROM pg_internal.column_attributes"), "0");
}

TEST_F(Catalog, AttributesGoToTheTableTheirStatementMade) {
  auto session = client();
  session.run("CREATE TABLE plain (a int)");
  create(session, R"({"diststyle":"ALL"})", "CREATE TABLE IF NOT EXISTS plain (a int)");
  create(session, R"({"diststyle":"EVEN"})", "CREATE TABLE even AS SELECT 1 AS a");
  session.run("INSERT INTO plain VALUES (1)");
  EXPECT_THAT(rows(session,
                   "SELECT \"table\", diststyle FROM svv_table_info WHERE \"table\" IN ('plain', 'even') "
                   "ORDER BY 1"),
              ElementsAre(ElementsAre("even", "EVEN"), ElementsAre("plain", "AUTO(ALL)")));
}

TEST_F(Catalog, ForeignKeysAreShownAndNotEnforced) {
  auto session = client();
  session.run(
      "CREATE SCHEMA keys; SET search_path TO keys; CREATE TABLE parent (p int PRIMARY KEY, q int, r int, UNIQUE (q, "
      "r))");
  create(session,
         R"({"foreign_keys":[{"columns":["a"],"table":"parent","referenced_columns":[]},)"
         R"({"columns":["a"],"table":"parent","referenced_columns":["p"]},)"
         R"({"name":"self","columns":["a"],"referenced_columns":["k"]},)"
         R"({"name":"two","columns":["a","k"],"table":"parent","referenced_columns":["r","q"]}]})",
         "CREATE TABLE child (k int PRIMARY KEY, a int)");
  const std::string keys =
      "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'child'::regclass "
      "AND contype = 'f' ORDER BY 1";
  EXPECT_THAT(rows(session, keys), ElementsAre(ElementsAre("child_a_fkey", "FOREIGN KEY (a) REFERENCES parent(p)"),
                                               ElementsAre("child_a_fkey1", "FOREIGN KEY (a) REFERENCES parent(p)"),
                                               ElementsAre("self", "FOREIGN KEY (a) REFERENCES child(k)"),
                                               ElementsAre("two", "FOREIGN KEY (a, k) REFERENCES parent(r, q)")));
  EXPECT_THAT(rows(session,
                   "SELECT constraint_name, unique_constraint_name FROM information_schema.referential_constraints "
                   "WHERE constraint_schema = 'keys' ORDER BY 1"),
              ElementsAre(ElementsAre("child_a_fkey", "parent_pkey"), ElementsAre("child_a_fkey1", "parent_pkey"),
                          ElementsAre("self", "child_pkey"), ElementsAre("two", "parent_q_r_key")));
  session.run("INSERT INTO child VALUES (1, 77), (1, 78); UPDATE child SET a = 5; DELETE FROM parent; TRUNCATE parent");
  session.run("ALTER TABLE child RENAME COLUMN a TO b; ALTER TABLE child DROP CONSTRAINT child_a_fkey1");
  EXPECT_THAT(refusal(session, "DROP TABLE parent"), HasSubstr("other objects depend on it"));
  session.run("DROP TABLE parent CASCADE");
  EXPECT_THAT(rows(session, keys), ElementsAre(ElementsAre("self", "FOREIGN KEY (b) REFERENCES child(k)")));
  session.run("ALTER TABLE child DROP COLUMN b");
  EXPECT_THAT(rows(session, keys), IsEmpty());
  session.run("DROP TABLE child");
}

TEST_F(Catalog, AForeignKeyNeedsAKey) {
  auto session = client();
  session.run("CREATE SCHEMA unkeyed; SET search_path TO unkeyed; CREATE TABLE parent (a int, b int UNIQUE)");
  const auto refused = [&](const std::string& key) {
    return refusal(session, fmt::format("SELECT penstock_attributes('{{\"foreign_keys\":[{}]}}'); "
                                        "CREATE TABLE child (a int, b int)",
                                        key));
  };
  EXPECT_THAT(refused(R"({"columns":["a"],"table":"parent","referenced_columns":[]})"),
              HasSubstr("there is no primary key for referenced table \"parent\""));
  EXPECT_THAT(refused(R"({"columns":["a"],"table":"parent","referenced_columns":["a"]})"),
              HasSubstr("there is no unique constraint matching given keys for referenced table \"parent\""));
  EXPECT_THAT(refused(R"({"columns":["a","b"],"table":"parent","referenced_columns":["b"]})"),
              HasSubstr("number of referencing and referenced columns for foreign key disagree"));
  EXPECT_EQ(refused(R"({"columns":["a"],"table":"parent","referenced_columns":["b"]})"), "");
}

TEST_F(Catalog, LengthsOfTextsCountBytes) {
  auto session = client();
  session.run("CREATE SCHEMA texts; SET search_path TO texts; CREATE TABLE t (v varchar(4), c char(3))");
  session.run("INSERT INTO t VALUES ('éé', 'ab'), ('abcd   ', 'abc  '), (NULL, NULL)");
  EXPECT_THAT(refusal(session, "INSERT INTO t VALUES ('ééx')"),
              HasSubstr("value too long for type character varying(4)"));
  EXPECT_THAT(refusal(session, "UPDATE t SET v = v || 'éé'"),
              HasSubstr("value too long for type character varying(4)"));
  EXPECT_THAT(refusal(session, "INSERT INTO t (c) VALUES ('abcd')"), HasSubstr("value too long for type character(3)"));
  EXPECT_THAT(refusal(session, "INSERT INTO t (c) VALUES ('é')"), HasSubstr("Invalid char: c3 a9"));
  EXPECT_THAT(rows(session, "SELECT v, c FROM t ORDER BY 1 DESC"),
              ElementsAre(ElementsAre("NULL", "NULL"), ElementsAre("éé", "ab "), ElementsAre("abcd", "abc")));
  EXPECT_THAT(rows(session,
                   "SELECT 'ééé'::varchar(3), 'aé'::varchar(1), '€'::varchar(2), repeat('é', 4)::varchar(8), "
                   "'abcdef'::char(3), 'abc'::varchar"),
              ElementsAre(ElementsAre("é", "a", "", "éééé", "abc", "abc")));
  session.run("CREATE TABLE made AS SELECT v::varchar(2) AS v FROM t");
  EXPECT_EQ(session.value("SELECT max(octet_length(v)) FROM made"), "2");
}

TEST_F(Catalog, BlanksAtTheEndMeanNothingToAComparison) {
  auto session = client();
  EXPECT_THAT(rows(session,
                   "SELECT 'a' = 'a  ', 'a' < 'a ', 'a ' <> 'a', 'b' IN ('a', 'b '), 'a ' LIKE 'a', "
                   "'a '::varchar(5) = 'a'::char(3), ' a' = 'a'"),
              ElementsAre(ElementsAre("t", "f", "f", "t", "f", "t", "f")));
  session.run("CREATE SCHEMA blanks; SET search_path TO blanks; CREATE TABLE t (v varchar(9) PRIMARY KEY)");
  session.run("INSERT INTO t VALUES ('a'), ('a '), ('a'||chr(1)), ('a\\t')");
  for (const std::string setting : {"enable_seqscan", "enable_indexscan", "enable_hashjoin", "enable_mergejoin",
                                    "enable_nestloop", "enable_hashagg"}) {
    session.run(fmt::format("SET {} TO off", setting));
    EXPECT_EQ(session.value("SELECT count(*) FROM t WHERE v = 'a  '"), "2") << setting;
    EXPECT_EQ(session.value("SELECT count(*) FROM t x JOIN t y ON x.v = y.v"), "6") << setting;
    EXPECT_EQ(session.value("SELECT count(*) FROM (SELECT DISTINCT v FROM t) d"), "3") << setting;
  }
}

TEST_F(Catalog, ADecimalOfNineteenDigitsHasSixtyFourBits) {
  auto session = client();
  session.run("CREATE SCHEMA decimals; SET search_path TO decimals; CREATE TABLE t (a numeric(19,2), b numeric(20,0))");
  session.run("INSERT INTO t VALUES (92233720368547758.07, 9999999999999999999)");
  EXPECT_THAT(refusal(session, "INSERT INTO t (a) VALUES (92233720368547758.08)"), HasSubstr("numeric field overflow"));
  EXPECT_THAT(refusal(session, "SELECT 9223372036854775808::numeric(19,0)"), HasSubstr("numeric field overflow"));
  EXPECT_EQ(session.value("SELECT 1.005::numeric(18,2)"), "1.01");
}

TEST_F(Catalog, AVarcharIsAlteredOnlyWhereRedshiftAltersIt) {
  auto session = client();
  session.run("CREATE SCHEMA altered; SET search_path TO altered");
  create(session, R"({"encodings":{"e":"bytedict"}})",
         "CREATE TABLE t (k varchar(5) PRIMARY KEY, d varchar(5) DEFAULT 'x', e varchar(5), f varchar(5), i int)");
  const auto refused = [&](const std::string& column, int length) {
    return refusal(session, fmt::format("SELECT penstock_may_alter_type('t'::regclass, '{}', {})", column, length));
  };
  EXPECT_EQ(refused("f", 10), "");
  EXPECT_THAT(refused("k", 10), HasSubstr("belongs to a UNIQUE, PRIMARY KEY or FOREIGN KEY constraint"));
  EXPECT_THAT(refused("d", 4), HasSubstr("cannot decrease a VARCHAR column size with default value"));
  EXPECT_THAT(refused("d", 6), HasSubstr("it has a default value"));
  EXPECT_THAT(refused("e", 10), HasSubstr("its encoding is BYTEDICT"));
  EXPECT_THAT(refused("i", 10), HasSubstr("VARCHAR columns only"));
}

TEST_F(Catalog, AttributesThatNameNoColumnAreRefused) {
  auto session = client();
  EXPECT_THAT(refusal(session,
                      "SELECT penstock_attributes('{\"distkey\":\"x\"}'); "
                      "CREATE TABLE wrong (a int)"),
              HasSubstr("column \"x\" named in DISTKEY does not exist"));
  EXPECT_THAT(refusal(session,
                      "SELECT penstock_attributes('{\"foreign_keys\":[{\"columns\":[\"a\"],"
                      "\"table\":\"nowhere\",\"referenced_columns\":[]}]}'); CREATE TABLE wrong (a int)"),
              HasSubstr("relation \"nowhere\" does not exist"));
}

// What a client's statement becomes is PostgreSQL's to take, in a transaction of its own.
void carry_out(Postgres& session, const std::string& statement) {
  const Recognised recognised = recognise(statement);
  if (const auto* pass = std::get_if<PassThrough>(&recognised.action)) {
    session.run(pass->sql);
    return;
  }
  const auto& script = std::get<Script>(recognised.action);
  if (!script.outside_block) session.run("BEGIN");
  for (const std::string& each : script.statements) session.run(each);
  if (!script.outside_block) session.run("COMMIT");
}

TEST_F(Catalog, TakesWhatStatementsBecome) {
  auto session = client();
  session.run("CREATE SCHEMA statements; SET search_path TO statements");
  for (const std::string statement :
       {R"(CREATE TABLE IF NOT EXISTS "A" ("Id" BIGINT IDENTITY(0,1) DISTKEY, "b" VARCHAR(MAX) ENCODE zstd, c NUMERIC,
           d VARCHAR(10), PRIMARY KEY ("Id")) COMPOUND SORTKEY("Id", "b"))",
        R"(create table b (a bigint primary key references a(id), foreign key (a) references b, d int default 1)
           diststyle even)",
        "create temp table #c (like a)",
        "create table d diststyle key distkey(id) as (select id, b from a)",
        "alter table a add column e int encode az64 default 3",
        "alter table b alter column a encode zstd",
        "alter table a alter column d type varchar(300)",
        "alter table b alter sortkey (a), alter distkey d",
        "alter table d alter diststyle all",
        "alter table d add foreign key (id) references b (a)",
        "insert into a (b) values ('x')",
        "insert into #c select id, b, c, d from a",
        "delete a where id = 99",
        "select sysdate, getdate(), nvl(null, 1), 1as x",
        "vacuum delete only a",
        "analyze a (b) all columns",
        "truncate b",
        "show query_group",
        "set wlm_query_slot_count to 3",
        "cancel 1"}) {
    EXPECT_NO_THROW(carry_out(session, statement)) << statement;
  }
  EXPECT_THAT(rows(session, "SELECT id, c, d, e FROM a"), ElementsAre(ElementsAre("0", "NULL", "NULL", "3")));
  EXPECT_THAT(rows(session,
                   "SELECT tablename, \"column\", rtrim(encoding), distkey, sortkey FROM pg_table_def WHERE "
                   "schemaname = 'statements' AND tablename IN ('a', 'b') AND (distkey OR sortkey > 0) "
                   "ORDER BY 1, 2"),
              ElementsAre(ElementsAre("a", "b", "zstd", "f", "2"), ElementsAre("a", "id", "none", "t", "1"),
                          ElementsAre("b", "a", "zstd", "f", "1"), ElementsAre("b", "d", "az64", "t", "0")));
  EXPECT_EQ(session.value("SELECT diststyle FROM svv_table_info WHERE schema = 'statements' AND \"table\" = 'a'"),
            "KEY(id)");
  EXPECT_EQ(session.value("SHOW penstock.wlm_query_slot_count"), "3");
}

TEST_F(Catalog, PgTableDefShowsOnlySchemasInTheSearchPath) {
  auto session = client();
  session.run("CREATE SCHEMA aside; CREATE TABLE aside.hidden (a int)");
  EXPECT_THAT(rows(session, "SELECT 1 FROM pg_table_def WHERE tablename = 'hidden'"), IsEmpty());
  session.run("SET search_path TO aside");
  EXPECT_THAT(rows(session, "SELECT schemaname FROM pg_table_def WHERE tablename = 'hidden'"),
              ElementsAre(ElementsAre("aside")));
}

TEST_F(Catalog, TheViewsOfTablesHideWhatIsOurOwn) {
  auto session = client();
  session.run("CREATE TABLE shown (a numeric(8,2) NOT NULL DEFAULT 1, b varchar(7))");
  EXPECT_THAT(rows(session,
                   "SELECT column_name, ordinal_position, is_nullable, data_type, character_maximum_length, "
                   "numeric_precision, numeric_scale FROM svv_columns WHERE table_name = 'shown'"),
              ElementsAre(ElementsAre("a", "1", "NO", "numeric", "NULL", "8", "2"),
                          ElementsAre("b", "2", "YES", "character varying", "7", "NULL", "NULL")));
  EXPECT_THAT(rows(session, "SELECT table_type FROM svv_tables WHERE table_name = 'shown'"),
              ElementsAre(ElementsAre("BASE TABLE")));
  for (const std::string view : {"svv_columns", "svv_tables", "svv_redshift_columns", "svv_redshift_tables",
                                 "svv_all_columns", "svv_all_tables", "svv_redshift_schemas", "svv_all_schemas"}) {
    EXPECT_THAT(rows(session, fmt::format("SELECT 1 FROM {0} WHERE {0}::text LIKE '%pg_internal%'", view)), IsEmpty())
        << view;
  }
  EXPECT_THAT(rows(session, "SELECT 1 FROM pg_catalog.svv_external_schemas WHERE schemaname LIKE 'public'"), IsEmpty());
}

TEST_F(Catalog, HistoryIsSeenInsideOfATransactionThatBeganBefore) {
  Recorder recorder(recorder_conninfo(config()), silence());
  auto session = client();
  session.run("BEGIN");
  session.run("SELECT 1 FROM pg_class");  // the snapshot is taken
  const std::int64_t query = recorder.next_query();
  CopyStatement copy;
  copy.table = "t";
  copy.source = "s3://b/k";
  const TargetTable target{.schema = "public", .name = "t", .oid = 1, .columns = {}};
  CopyReport report;
  report.loaded_rows = 3;
  report.objects.push_back({.object = "s3://b/k",
                            .size = 10,
                            .etag = "abc",
                            .last_modified = {},
                            .lines = 4,
                            .rows = 3,
                            .errors = 1,
                            .started = {},
                            .finished = {}});
  report.errors.push_back({.object = "s3://b/k",
                           .line = 2,
                           .column = "a",
                           .type = "int4",
                           .column_length = "0",
                           .position = 0,
                           .raw_line = std::string("x\0\xFF", 3),
                           .raw_field_value = "x",
                           .code = 1207,
                           .reason = std::string(300, 'r'),
                           .at = {}});
  recorder.record(record("copy t from 's3://b/k'\niam_role ''", query));
  recorder.record_copy(record("copy", query), copy, target, report);
  recorder.flush();
  const std::string of_query = fmt::format(" WHERE query = {}", query);
  EXPECT_THAT(rows(session,
                   "SELECT trim(filename), lines_scanned, errors, status, trim(file_format) FROM "
                   "stl_load_commits" +
                       of_query),
              ElementsAre(ElementsAre("s3://b/k", "4", "1", "1", "Text")));
  EXPECT_THAT(
      rows(session, "SELECT line_number, raw_line::text, length(err_reason::text) FROM stl_load_errors" + of_query),
      ElementsAre(ElementsAre("2", "x..", "100")));
  EXPECT_THAT(rows(session, "SELECT querytxt::text, aborted FROM stl_query" + of_query),
              ElementsAre(ElementsAre("copy t from 's3://b/k'\\niam_role ''", "0")));
  EXPECT_THAT(rows(session, "SELECT trim(type) FROM svl_statementtext WHERE xid = 5 AND text LIKE 'copy t%'"),
              ElementsAre(ElementsAre("QUERY")));
  EXPECT_THAT(
      rows(session,
           fmt::format("SELECT status, loaded_rows, file_format FROM sys_load_history WHERE query_id = {}", query)),
      ElementsAre(ElementsAre("completed", "3", "txt")));
  EXPECT_THAT(rows(session, fmt::format("SELECT trim(file_etag) FROM sys_load_detail WHERE query_id = {}", query)),
              ElementsAre(ElementsAre("abc")));
  session.run("ROLLBACK");
}

TEST_F(Catalog, TextsOfTheSystemTablesArePadded) {
  Recorder recorder(recorder_conninfo(config()), silence());
  recorder.record(record("BEGIN"));
  recorder.flush();
  auto session = client();
  EXPECT_EQ(session.value("SELECT text FROM stl_utilitytext WHERE pid = 77 LIMIT 1").value().size(), 200U);
}

TEST_F(Catalog, EachUserSeesTheirOwnHistoryAndTheAdministratorAll) {
  Postgres superuser(recorder_conninfo(config()));
  superuser.run("CREATE ROLE guest LOGIN");
  Recorder recorder(recorder_conninfo(config()), silence());
  recorder.record(record("select 'of awsuser'", recorder.next_query()));
  auto of_guest = record("select 'of guest'", recorder.next_query());
  of_guest.user = "guest";
  recorder.record(of_guest);
  recorder.flush();
  const std::string sql = "SELECT trim(querytxt) FROM stl_query WHERE querytxt LIKE 'select ''of %' ORDER BY 1";
  auto guest = client("guest");
  EXPECT_THAT(rows(guest, sql), ElementsAre(ElementsAre("select 'of guest'")));
  auto administrator = client();
  EXPECT_THAT(rows(administrator, sql),
              ElementsAre(ElementsAre("select 'of awsuser'"), ElementsAre("select 'of guest'")));
}

TEST_F(Catalog, IdsNeverRepeat) {
  std::int64_t last = 0;
  for (int run = 0; run < 3; ++run) {
    Recorder recorder(recorder_conninfo(config()), silence());
    for (int i = 0; i < 150; ++i) {
      const std::int64_t id = recorder.next_query();
      EXPECT_GT(id, last);
      last = id;
    }
  }
}

TEST_F(Catalog, HistoryIsKeptForSevenDays) {
  Postgres superuser(recorder_conninfo(config()));
  superuser.run(
      "INSERT INTO pg_internal.stl_query (userid, query, recorded_at) VALUES (1, -1, now() - interval '8 days'), "
      "(1, -2, now() - interval '6 days')");
  const Recorder recorder(recorder_conninfo(config()), silence());
  EXPECT_THAT(rows(superuser, "SELECT query FROM pg_internal.stl_query WHERE query < 0"),
              ElementsAre(ElementsAre("-2")));
}

TEST_F(Catalog, HistoryIsKeptForSevenDaysHoweverLongItRuns) {
  Recorder recorder(recorder_conninfo(config()), silence(), std::chrono::seconds(0));
  Postgres superuser(recorder_conninfo(config()));
  superuser.run(
      "INSERT INTO pg_internal.stl_utilitytext (userid, text, recorded_at) VALUES"
      " (1, 'eight days', now() - interval '8 days'), (1, 'six days', now() - interval '6 days')");
  recorder.record(record("ROLLBACK -- today"));
  recorder.flush();
  EXPECT_EQ(superuser.value("SELECT count(*) FROM pg_internal.stl_utilitytext WHERE text LIKE 'eight days%'"), "0");
  EXPECT_EQ(superuser.value("SELECT count(*) FROM pg_internal.stl_utilitytext WHERE text LIKE 'six days%'"), "1");
  EXPECT_EQ(superuser.value("SELECT count(*) FROM pg_internal.stl_utilitytext WHERE text LIKE '%-- today%'"), "1");
}

TEST_F(Catalog, ALostConnectionLosesRecordsAndNothingElse) {
  struct Errors final : Log {
    void write(Severity severity, std::string_view) noexcept override { count += severity == Severity::error ? 1 : 0; }
    int count = 0;
  } log;
  Recorder recorder(recorder_conninfo(config()), log);
  Postgres superuser(recorder_conninfo(config()));
  superuser.run(
      "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'penstock recorder'");
  recorder.record(record("ROLLBACK -- lost"));
  recorder.flush();
  EXPECT_EQ(log.count, 1);
  recorder.record(record("ROLLBACK -- kept"));
  recorder.flush();
  EXPECT_EQ(superuser.value("SELECT count(*) FROM pg_internal.stl_utilitytext WHERE text LIKE 'ROLLBACK -- kept%'"),
            "1");
}

}  // namespace
}  // namespace penstock::endpoint
