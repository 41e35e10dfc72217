#include "reconcile/load_stream.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <libpq-fe.h>

#include <algorithm>
#include <map>

#include "load/attempt.h"
#include "load/ledger.h"
#include "penstock/error.h"
#include "redshift/connection.h"
#include "redshift/testing/endpoint.h"

namespace penstock::reconcile {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const servers::Endpoint& endpoint() {
  static const servers::Endpoint server;
  return server;
}

// A client that shares nothing with what is tested but libpq.
class Client {
 public:
  explicit Client(const ConnectionConfig& config)
      : connection_(PQconnectdb(fmt::format("host={} port={} dbname={} user={} password={} sslmode=prefer", config.host,
                                            config.port, config.database, config.user, config.password.reveal())
                                    .c_str())) {
    EXPECT_EQ(PQstatus(connection_), CONNECTION_OK) << PQerrorMessage(connection_);
  }
  ~Client() { PQfinish(connection_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The first value; what went wrong, if something did.
  std::string run(const std::string& sql) {
    PGresult* const result = PQexec(connection_, sql.c_str());
    std::string said = PQresultErrorMessage(result);
    if (said.empty() && PQntuples(result) > 0) said = PQgetvalue(result, 0, 0);
    PQclear(result);
    return said;
  }
  void must(const std::string& sql) { EXPECT_THAT(run(sql), Not(HasSubstr("ERROR"))) << sql; }

 private:
  PGconn* connection_;
};

class LoadStreamTest : public testing::Test {
 protected:
  LoadStreamTest() {
    static int number = 0;
    bucket_ = fmt::format("bucket-{}", ++number);
    schema_ = fmt::format("s{}", number);
    buckets_->create_bucket(bucket_);
    store_ = buckets_->open(bucket_);
    client_.must("CREATE SCHEMA " + schema_);
    make_table("t");
  }

  void make_table(const std::string& name) { client_.must(fmt::format("CREATE TABLE {}.{} (id int)", schema_, name)); }
  ObjectInfo put(const std::string& key, std::string_view bytes = "1\n") { return write_all(*store_, key, bytes); }

  std::string copy(const std::string& key, const std::string& options = "CSV", const std::string& table = "") {
    std::string uri = fmt::format("s3://{}/{}", bucket_, key);
    for (std::size_t at = 0; (at = uri.find_first_of("'\\", at)) != std::string::npos; at += 2) {
      uri.insert(at, 1, uri[at]);
    }
    return fmt::format("COPY {} FROM '{}' {} {}", table.empty() ? schema_ + ".t" : table, uri,
                       servers::Endpoint::copy_access(), options);
  }

  std::unique_ptr<LoadStream> loads(const std::string& prefix = "", ReconcileOptions options = {}) {
    return loads_of(bucket_, prefix, options,
                    {.connection = config_, .buckets = *buckets_, .environment = {}, .log = silence()}, most_held_);
  }

  using Loads = std::vector<std::pair<std::string, KeyLoad>>;
  Loads all(const std::string& prefix = "", const ReconcileOptions& options = {}) {
    const auto stream = loads(prefix, options);
    Loads found;
    while (auto load = stream->next()) found.emplace_back(std::move(load->key), std::move(load->load));
    EXPECT_TRUE(std::ranges::is_sorted(found, {}, &Loads::value_type::first)) << "in bytewise order";
    notes_ = stream->notes();
    return found;
  }
  static std::vector<std::string> keys(const Loads& loads) {
    std::vector<std::string> out;
    for (const auto& [key, load] : loads) out.push_back(key);
    return out;
  }

  // As penstock's own load does it: one transaction, which the ledger is written in.
  std::string load(const std::vector<std::string>& names, const std::string& table = "t") {
    redshift::Connection connection(config_, {}, silence());
    const Target target = target_of(schema_, table);
    make_ledger(connection, target, silence());
    DataSet data = data_set(names);
    const LoadRecord record = label(data);
    client_.must("BEGIN");
    client_.must(copy(names.front(), "CSV", target.text()));
    LoadRecord done = record;
    done.copy_query = std::stoll(client_.run("SELECT pg_last_copy_id()"));
    for (const auto& statement : record_files(target, data, done)) client_.must(statement.text());
    client_.must(record_load(target, data, done).text());
    client_.must("COMMIT");
    client_.must("RESET query_group");
    return done.load_id;
  }

  DataSet data_set(const std::vector<std::string>& names) {
    DataSet data;
    data.file.date = read_rfc3339("2015-07-01T00:00:00Z").value().instant;
    for (const auto& name : names) data.objects.push_back({bucket_, store_->head(name).value()});
    return data;
  }

  LoadRecord label(const DataSet& data) {
    LoadRecord record{.load_id = new_id(),
                      .attempt_id = new_id(),
                      .plan_sha256 = std::string(64, '0'),
                      .rows = data.objects.size(),
                      .copy_query = {},
                      .by = "tester",
                      .at = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now())};
    client_.must(fmt::format("SET query_group TO '{}'",
                             to_string(AttemptLabel{record.attempt_id, schema_, "t", "2015-07-01T00:00:00Z"})));
    return record;
  }

  ConnectionConfig config_ = endpoint().config();
  std::unique_ptr<Buckets> buckets_ = open_folder(endpoint().s3().string());
  std::unique_ptr<ObjectStore> store_;
  std::string bucket_;
  std::string schema_;
  Client client_{config_};
  std::vector<std::string> notes_;
  std::size_t most_held_ = OwnLoads::kMost;
};

// By how many of penstock's own loads are held: all, or none, and the cluster joins them.
class OwnLoadsTest : public LoadStreamTest, public testing::WithParamInterface<std::size_t> {
 protected:
  OwnLoadsTest() { most_held_ = GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(LoadStream, OwnLoadsTest, testing::Values(OwnLoads::kMost, 0));

TEST_F(LoadStreamTest, KnowsWhatBecameOfEachCopy) {
  for (const char* key : {"alone", "in-a-block", "rolled-back", "noload", "open", "dead"}) put(key);
  put("failed", "1\nx\ny\n");
  put("after-an-error", "1\n");
  put("passed-over", "1\nx\n");
  client_.must(copy("alone"));
  client_.must("BEGIN");
  client_.must(copy("in-a-block"));
  client_.must("COMMIT");
  client_.must("BEGIN");
  client_.must(copy("rolled-back"));
  client_.must("ROLLBACK");
  EXPECT_THAT(client_.run(copy("failed")), HasSubstr("ERROR"));
  client_.must(copy("noload", "CSV NOLOAD"));
  client_.must("BEGIN");
  client_.must(copy("after-an-error"));
  EXPECT_THAT(client_.run("SELECT 1 / 0"), HasSubstr("ERROR"));
  client_.run("COMMIT");
  client_.must(copy("passed-over", "CSV MAXERROR 5"));
  make_table("u");  // a COPY holds its table until its transaction ends
  Client other(config_);
  other.must("BEGIN");
  other.must(copy("open", "CSV", schema_ + ".u"));
  {
    Client dying(config_);
    dying.must("BEGIN");
    dying.must(copy("dead"));
  }

  std::map<std::string, KeyLoad> found;
  for (auto& [key, load] : all()) {
    EXPECT_TRUE(found.emplace(key, load).second) << key << " comes twice";
    EXPECT_TRUE(load.in_sys && load.in_stl) << key;
    EXPECT_EQ(load.etag, store_->head(key)->etag) << key;
    EXPECT_EQ(load.last_modified, store_->head(key)->last_modified) << key;
    EXPECT_EQ(load.table, schema_ + (key == "open" ? ".u" : ".t")) << key;
    EXPECT_GT(load.query, 0) << key;
    EXPECT_TRUE(load.ended && *load.ended >= load.at) << key;
  }
  EXPECT_FALSE(found.contains("noload"));
  EXPECT_EQ(found["alone"].state, LoadState::committed);
  EXPECT_EQ(found["in-a-block"].state, LoadState::committed);
  EXPECT_EQ(found["rolled-back"].state, LoadState::rolled_back);
  EXPECT_EQ(found["after-an-error"].state, LoadState::rolled_back);
  EXPECT_EQ(found["failed"].state, LoadState::failed);
  EXPECT_THAT(found["failed"].error, AllOf(HasSubstr("line 2, column id"), HasSubstr("Invalid digit")));
  EXPECT_EQ(found["passed-over"].state, LoadState::committed);
  EXPECT_THAT(found["passed-over"].error, HasSubstr("line 2")) << "a row of it is in the object alone";
  EXPECT_EQ(found["open"].state, LoadState::in_progress);
  EXPECT_THAT(found["dead"].state, testing::AnyOf(LoadState::unknown, LoadState::in_progress))
      << "its end may not have been written down yet";
  other.must("COMMIT");
  const auto later = all("open");
  ASSERT_THAT(later, SizeIs(1));
  EXPECT_EQ(later[0].second.state, LoadState::committed);
}

TEST_P(OwnLoadsTest, GivesALoadOfPenstocksOnceWithWhatAllWitnessesSay) {
  const ObjectInfo object = put("f/views.csv");
  const std::string load_id = load({"f/views.csv"});
  const auto found = all("f/");
  ASSERT_THAT(found, SizeIs(1));
  const KeyLoad& one = found[0].second;
  EXPECT_EQ(found[0].first, "f/views.csv");
  EXPECT_EQ(one.state, LoadState::committed);
  EXPECT_TRUE(one.in_ledger && one.in_sys && one.in_stl);
  EXPECT_EQ(one.load_id, load_id);
  EXPECT_EQ(one.etag, object.etag);
  EXPECT_EQ(one.size, object.size);
  EXPECT_EQ(one.table, schema_ + ".t");
}

TEST_P(OwnLoadsTest, CallsALoadSupersededWhoseRowsWereReplaced) {
  put("old");
  put("new");
  const std::string old = load({"old"});
  client_.must("BEGIN");
  client_.must(forget_statement(target_of(schema_, "t"), std::nullopt).text());
  client_.must("COMMIT");
  load({"new"});
  const auto found = all();
  EXPECT_THAT(keys(found), ElementsAre("new", "old"));
  EXPECT_EQ(found.at(0).second.state, LoadState::committed);
  EXPECT_EQ(found.at(1).second.state, LoadState::superseded);
  EXPECT_EQ(found.at(1).second.load_id, old);
  EXPECT_FALSE(found.at(1).second.etag.empty());
}

TEST_P(OwnLoadsTest, FindsTheObjectsOfUpsertsInTheirRecords) {
  for (const char* key : {"u/a 'b\\c", "u/ü", "other"}) put(key);
  redshift::Connection connection(config_, {}, silence());
  const Target target = target_of(schema_, "t");
  make_ledger(connection, target, silence());
  const DataSet data = data_set({"u/a 'b\\c", "u/ü", "other"});
  const auto at = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  UpsertRecord record{.load_id = new_id(),
                      .attempt_id = new_id(),
                      .plan_sha256 = std::string(64, '0'),
                      .kind = "upsert",
                      .source = "s3://",
                      .objects = data.all(),
                      .parts = 3,
                      .copy_query = {},
                      .by = "tester",
                      .at = at};
  client_.must(record_upsert(target, record).text());
  const auto found = all("u/");
  EXPECT_THAT(keys(found), ElementsAre("u/a 'b\\c", "u/ü"));
  for (const auto& [key, load] : found) {
    EXPECT_EQ(load.state, LoadState::committed) << key;
    EXPECT_EQ(load.etag, store_->head(key)->etag);
    EXPECT_TRUE(load.in_ledger);
  }
  UpsertRecord replace = record;
  replace.load_id = new_id();
  replace.kind = "replace";
  replace.objects = {data.all().back()};
  replace.at = at + std::chrono::seconds(1);
  client_.must(record_upsert(target, replace).text());
  for (const auto& [key, load] : all()) {
    EXPECT_EQ(load.state, load.load_id == replace.load_id ? LoadState::committed : LoadState::superseded) << key;
  }
}

TEST_F(LoadStreamTest, KeepsNamesAsTheyAreAndPrefixesExact) {
  const std::string long_name = "p/" + std::string(300, 'x');
  const std::vector<std::string> names{"p/%41",        "p/a b", "p/a'b",   "p/a+b", "p/a\\b",
                                       "p/a_b",        "p/axb", "p/\"q\"", "p/ä",   "p/\xF0\x9F\x98\x80",
                                       "p/Z",          "p/z",   "p/z\x01", "p/z!",  long_name + "1",
                                       long_name + "2"};
  for (const auto& name : names) put(name);
  put(long_name + "2", "22\n");
  put("q");
  load(names);  // the COPY reads one of them, the ledger knows all
  client_.must(copy("p/"));
  std::vector<std::string> sorted = names;
  std::ranges::sort(sorted);
  std::vector<std::string> found = keys(all("p/"));
  found.erase(std::ranges::unique(found).begin(), found.end());
  for (const auto& name : sorted) EXPECT_THAT(found, Contains(name));
  const std::string cut = long_name.substr(0, 256 - ("s3://" + bucket_ + "/").size());
  EXPECT_THAT(found, Contains(cut)) << "of the COPY that the ledger does not know";
  EXPECT_THAT(found, SizeIs(names.size() + 1));
  for (const auto& [key, load] : all("p/")) EXPECT_EQ(load.name_may_be_cut, key == cut && !load.in_ledger) << key;

  EXPECT_THAT(keys(all("p/a_")), ElementsAre("p/a_b", "p/a_b"));
  EXPECT_THAT(keys(all("p/%")), ElementsAre("p/%41", "p/%41"));
  EXPECT_THAT(keys(all("p/a'")), ElementsAre("p/a'b", "p/a'b"));
  EXPECT_THAT(keys(all("p/a\\")), ElementsAre("p/a\\b", "p/a\\b"));
  EXPECT_THAT(keys(all("p/z\x01")), ElementsAre("p/z\x01", "p/z\x01"));
  EXPECT_THAT(keys(all("p/Z")), ElementsAre("p/Z", "p/Z"));
  EXPECT_THAT(keys(all("p/ä")), ElementsAre("p/ä", "p/ä"));
  EXPECT_THAT(keys(all("p/a ")), ElementsAre("p/a b", "p/a b"));
  EXPECT_THAT(keys(all("p/none")), IsEmpty());
  EXPECT_THAT(keys(all(long_name + "2")), ElementsAre(cut, cut, long_name + "2"));
}

TEST_F(LoadStreamTest, OrdersKeysWithBlanksAtTheEndByTheirBytes) {
  const std::vector<std::string> names{"b", "b ", "b\x01", "b  ", "b !"};
  for (const auto& name : names) put(name);
  load(names);
  std::vector<std::string> sorted = names;
  std::ranges::sort(sorted);
  EXPECT_EQ(keys(all()), sorted);
}

TEST_F(LoadStreamTest, IsRestrictedToATable) {
  make_table("u");
  make_table("other_" + schema_);
  for (const char* key : {"1", "2", "3", "4"}) put(key);
  client_.must(copy("1"));
  client_.must(copy("2", "CSV", schema_ + ".u"));
  client_.must("SET search_path TO " + schema_);
  client_.must(copy("3", "CSV", "u"));                 // in which schema, the text does not say, and others have one
  client_.must(copy("4", "CSV", "other_" + schema_));  // the only one of this name
  const auto of = [&](const std::string& table) {
    ReconcileOptions options;
    options.table = schema_ + "." + table;
    std::vector<std::string> out;
    for (const auto& [key, load] : all("", options)) {
      out.push_back(fmt::format("{} {}", key, load.state == LoadState::committed ? "committed" : "unknown"));
    }
    return out;
  };
  client_.must("CREATE SCHEMA another_" + schema_);
  client_.must(fmt::format("CREATE TABLE another_{}.u (id int)", schema_));
  EXPECT_THAT(of("t"), ElementsAre("1 committed"));
  EXPECT_THAT(of("T"), ElementsAre("1 committed"));
  EXPECT_THAT(of("u"), ElementsAre("2 committed", "3 unknown"));
  EXPECT_THAT(of("other_" + schema_), ElementsAre("4 committed"));
  EXPECT_THAT(all(), SizeIs(4));
}

TEST_F(LoadStreamTest, NamesTheCopysThatRun) {
  put("k");
  load({"k"});
  Client administrator(endpoint().behind());
  administrator.must(fmt::format(
      "INSERT INTO pg_internal.sys_load_history (user_id, query_id, status, data_source, table_name, start_time) "
      "SELECT usesysid, 4711, 'running', 's3://{}/k', 't', now() FROM pg_user WHERE usename = '{}'",
      bucket_, config_.user));
  const auto stream = loads();
  const auto running = stream->running();
  ASSERT_THAT(running, SizeIs(1));
  EXPECT_EQ(running[0].query, 4711);
  EXPECT_EQ(running[0].from, "s3://" + bucket_ + "/k");
  EXPECT_THAT(stream->notes(), Contains(HasSubstr("a COPY is running (query 4711)")));
  administrator.must("DELETE FROM pg_internal.sys_load_history WHERE query_id = 4711");
  EXPECT_THAT(loads()->running(), IsEmpty());
}

TEST_F(LoadStreamTest, SaysWhatItCouldNotRead) {
  put("k");
  load({"k"});
  client_.must(fmt::format("CREATE USER \"reader_{}\" PASSWORD 'Pass1word'", schema_));
  config_.user = "reader_" + schema_;
  EXPECT_THAT(all(), IsEmpty());
  EXPECT_THAT(notes_, Contains(AllOf(HasSubstr("ledger"), HasSubstr("permission denied"))));
  EXPECT_THAT(notes_, Contains(HasSubstr("only its own COPYs")));
  client_.must(fmt::format("ALTER USER \"reader_{}\" SYSLOG ACCESS UNRESTRICTED", schema_));
  const auto found = all();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].second.state, LoadState::committed);
  EXPECT_FALSE(found[0].second.in_ledger);

  Client administrator(endpoint().behind());
  const std::string witnesses = " ON pg_catalog.sys_load_history, pg_catalog.stl_query ";
  administrator.must("REVOKE SELECT" + witnesses + "FROM PUBLIC");
  try {
    loads();
    ADD_FAILURE() << "it had nothing to read";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::denied);
    EXPECT_THAT(e.what(), AllOf(HasSubstr("ledger"), HasSubstr("SYS_LOAD_HISTORY"), HasSubstr("STL_LOAD_COMMITS")));
  }
  administrator.must("GRANT SELECT" + witnesses + "TO PUBLIC");
}

}  // namespace
}  // namespace penstock::reconcile
