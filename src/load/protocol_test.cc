#include "load/protocol.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/guarded.h"
#include "load/attempt.h"
#include "redshift/testing/scripted_server.h"
#include "store/faulty.h"

namespace penstock {
namespace {

using servers::ScriptedReply;
using servers::ScriptedServer;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A cluster that answers as one does, remembers which attempts it committed, and misbehaves where it is told to.
class Cluster {
 public:
  struct Misdeed {
    std::string query_contains;
    ScriptedReply reply;
    int times = 1;                // how often
    bool takes_effect = false;    // a COMMIT that was done, though nobody was told so
    std::function<void()> act{};  // before it
  };

  Cluster() : server_([this](const std::string& query) { return answer(query); }) {}

  void misbehave(Misdeed misdeed) {
    state_.with([&](State& state) { state.misdeeds.push_back(std::move(misdeed)); });
  }
  void set(std::string query_contains, ScriptedReply reply) {
    state_.with([&](State& state) { state.fixed[std::move(query_contains)] = std::move(reply); });
  }
  [[nodiscard]] ConnectionConfig config() const { return server_.config(); }
  [[nodiscard]] std::vector<std::string> queries() const { return server_.queries(); }
  [[nodiscard]] std::vector<std::string> queries_with(std::string_view part) const {
    std::vector<std::string> found;
    for (const auto& query : queries()) {
      if (query.find(part) != std::string::npos) found.push_back(query);
    }
    return found;
  }
  [[nodiscard]] int commits() {
    return state_.with([](State& state) { return static_cast<int>(state.committed.size()); });
  }

 private:
  struct State {
    std::vector<Misdeed> misdeeds;
    std::map<std::string, ScriptedReply> fixed;
    std::optional<std::string> pending;  // the statement that writes `loads`, in the open transaction
    std::vector<std::string> committed;
  };

  ScriptedReply answer(const std::string& query) {
    std::function<void()> act;
    auto reply = state_.with([&](State& state) { return answer_in(state, query, act); });
    if (act) act();
    return reply;
  }

  static ScriptedReply answer_in(State& state, const std::string& query, std::function<void()>& act) {
    const auto has = [&](std::string_view part) { return query.find(part) != std::string::npos; };
    for (Misdeed& misdeed : state.misdeeds) {
      if (misdeed.times == 0 || !has(misdeed.query_contains)) continue;
      if (query == "COMMIT" && !state.pending) continue;  // of a load, not of the ledger's tables
      --misdeed.times;
      act = misdeed.act;
      if (misdeed.takes_effect) commit(state);
      if (!misdeed.takes_effect) state.pending.reset();
      if (!misdeed.reply.bytes.empty() || misdeed.reply.then != ScriptedReply::Then::go_on) return misdeed.reply;
    }
    for (const auto& [part, reply] : state.fixed) {
      if (has(part)) return reply;
    }
    if (query == "BEGIN" || query == "ROLLBACK") state.pending.reset();
    if (has("INSERT INTO \"penstock\".\"loads\"")) state.pending = query;
    if (query == "COMMIT") commit(state);
    if (has("SELECT count(*) FROM \"penstock\".\"loads\"")) return ScriptedReply::row({was_committed(state, query)});
    if (has("pg_last_copy_count()")) return ScriptedReply::row({"3", "100"});
    if (has("pg_last_copy_id()")) return ScriptedReply::row({"101"});
    if (has("count(DISTINCT filename)")) return ScriptedReply::row({"1"});
    if (has("SELECT count(")) return ScriptedReply::row({"0"});
    if (has("SELECT min(id)")) return ScriptedReply::row({"this database"});
    if (has("SELECT 1 FROM pg_catalog.pg_namespace WHERE")) return ScriptedReply::row({"1"});
    if (has("DELETE FROM \"api_hits\"")) return ScriptedReply::done("DELETE 2");
    return ScriptedReply::done(query.substr(0, query.find(' ')));
  }

  static void commit(State& state) {
    if (state.pending) state.committed.push_back(*state.pending);
    state.pending.reset();
  }
  // The attempt that is asked for is the query's last literal.
  static std::string was_committed(const State& state, const std::string& query) {
    const std::string literal = query.substr(query.rfind('\'', query.size() - 2));
    return std::ranges::any_of(state.committed,
                               [&](const std::string& row) { return row.find(literal) != std::string::npos; })
               ? "1"
               : "0";
  }

  Guarded<State> state_;
  ScriptedServer server_;
};

// Statements of a load that may each be the last one of a session.
constexpr const char* kStatements[] = {"LOCK",
                                       "SELECT file_id",
                                       "relkind",
                                       "CREATE TABLE \"api_hits\"",
                                       "COPY",
                                       "pg_last_copy_count()",
                                       "count(DISTINCT filename)",
                                       "INSERT INTO \"penstock\".\"ledger",
                                       "INSERT INTO \"penstock\".\"loads"};

class ProtocolTest : public testing::Test {
 protected:
  ProtocolTest() {
    buckets_->create_bucket("analytics");
    store_ = buckets_->open("analytics");
    how_.lock_timeout = std::chrono::seconds(5);
    job_.target = target_of("api_hits", "pages");
    table::ColumnConfig id;
    id.name = "id";
    id.type = id.written_type = "bigint";
    table::ColumnConfig seen;
    seen.name = "seen";
    seen.type = seen.written_type = "timestamp without time zone";
    job_.config = {.schema = "api_hits", .name = "pages", .columns = {id, seen}, .data_date_column = "seen"};
    job_.data.file.date = parse_data_date("2015-07-01T00:00:00Z").value();
    job_.data.file.date_text = "2015-07-01T00:00:00Z";
    job_.data.objects = {{"analytics", write_all(*store_, kKey, "{}")}};
    job_.shape = {{"id", "seen"}, redshift::JsonFormat{}, std::nullopt};
    job_.access = redshift::IamRole{"default"};
    job_.load_id = "load-id";
  }

  LoadResult run() {
    context_.connection = cluster_.config();
    TargetSession session(context_, {"analytics", "_penstock/"}, job_.target, "penstock load");
    return run_load(job_, session, how_, context_);
  }
  std::string failure(ErrorKind kind) {
    try {
      run();
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), kind) << e.what();
      return e.what();
    }
    ADD_FAILURE() << "it was loaded";
    return {};
  }
  std::vector<std::string> staged() {
    std::vector<std::string> keys;
    const auto listing = store_->list("_penstock/");
    while (const auto object = listing->next()) keys.push_back(object->key);
    return keys;
  }
  // The statements from each BEGIN to its end.
  [[nodiscard]] std::vector<std::vector<std::string>> transactions() const {
    std::vector<std::vector<std::string>> all;
    bool open = false;
    for (const std::string& query : cluster_.queries()) {
      if (query == "BEGIN") {
        open = true;
        all.emplace_back();
      } else if (open) {
        all.back().push_back(query);
      }
      if (query == "COMMIT" || query == "ROLLBACK") open = false;
    }
    return all;
  }

  static constexpr char kKey[] = "api_hits_pages_2015-07-01T00:00:00Z.json";
  Cluster cluster_;
  FaultPlan faults_;
  std::unique_ptr<Buckets> buckets_ = make_faulty(open_memory(), faults_);
  std::unique_ptr<ObjectStore> store_;
  LoadJob job_;
  LoadOptions how_;
  LoadContext context_{.connection = {},
                       .buckets = *buckets_,
                       .environment = [](std::string_view) { return std::nullopt; },
                       .log = silence()};
};

TEST_F(ProtocolTest, LoadsInOneTransactionThatLocksFirstAndRecordsLast) {
  const auto result = run();
  EXPECT_EQ(std::get<Loaded>(result).rows, 3U);
  const auto block = transactions().back();
  EXPECT_THAT(block.front(), testing::StartsWith("LOCK \"penstock\".\"lk_")) << "a lock after the first read is none";
  ASSERT_GE(block.size(), 3U);
  EXPECT_EQ(block.back(), "COMMIT");
  EXPECT_THAT(block[block.size() - 2], HasSubstr("INSERT INTO \"penstock\".\"loads\""));
  EXPECT_THAT(block[block.size() - 3], HasSubstr("INSERT INTO \"penstock\".\"ledger_"));
  const auto copy = std::ranges::find_if(block, [](const auto& query) { return query.starts_with("COPY"); });
  ASSERT_NE(copy, block.end());
  EXPECT_THAT(*copy, AllOf(HasSubstr("MANIFEST"), HasSubstr("(\"id\", \"seen\")"), HasSubstr("/manifest.json")));
  EXPECT_THAT(cluster_.queries_with("COPY"), SizeIs(1)) << "no COPY outside of the transaction";
  EXPECT_THAT(cluster_.queries_with("TRUNCATE"), IsEmpty());
  EXPECT_THAT(staged(), IsEmpty());
}

TEST_F(ProtocolTest, IsNotFooledByACommitWhoseAnswerWasLost) {
  cluster_.misbehave({.query_contains = "COMMIT", .reply = ScriptedReply::hang_up(), .takes_effect = true});
  EXPECT_EQ(std::get<Loaded>(run()).rows, 3U);
  EXPECT_EQ(cluster_.commits(), 1);
  EXPECT_THAT(cluster_.queries_with("COPY"), SizeIs(1));
  const auto recovery = transactions().back();
  EXPECT_THAT(recovery.front(), testing::StartsWith("LOCK ")) << "asked before the lock, it may still be committing";
  EXPECT_THAT(recovery, Contains(HasSubstr("FROM \"penstock\".\"loads\" WHERE attempt_id")));
  EXPECT_THAT(staged(), IsEmpty());
}

TEST_F(ProtocolTest, LoadsAgainWhenTheCommitNeverArrived) {
  cluster_.misbehave({.query_contains = "COMMIT", .reply = ScriptedReply::hang_up()});
  EXPECT_EQ(std::get<Loaded>(run()).rows, 3U);
  EXPECT_EQ(cluster_.commits(), 1);
  EXPECT_THAT(cluster_.queries_with("COPY"), SizeIs(2));
  EXPECT_THAT(staged(), IsEmpty());
}

TEST_F(ProtocolTest, SaysThatItDoesNotKnowWhenTheLockIsNotToBeHad) {
  how_.lock_timeout = std::chrono::seconds(1);
  cluster_.misbehave({.query_contains = "COMMIT", .reply = ScriptedReply::hang_up(), .act = [this] {
                        cluster_.set("LOCK", ScriptedReply::hang_up());
                      }});
  EXPECT_THAT(failure(ErrorKind::in_doubt), HasSubstr("unknown"));
  EXPECT_THAT(staged(), SizeIs(1)) << "staging is deleted only after a known outcome";
}

TEST_F(ProtocolTest, IsRolledBackWhenTheServerSaysSoInAnswerToCommit) {
  cluster_.misbehave({.query_contains = "COMMIT", .reply = ScriptedReply::done("ROLLBACK")});
  EXPECT_THAT(failure(ErrorKind::refused), HasSubstr("rolled"));
  EXPECT_EQ(cluster_.commits(), 0);
  EXPECT_THAT(staged(), IsEmpty());
}

TEST_F(ProtocolTest, RunsTheWholeTransactionAgainAfterAConflictAtAnyStatement) {
  for (const char* statement : kStatements) {
    for (const auto& [sqlstate, text] :
         {std::pair{"XX000", "1023"},
          {"XX000", "could not complete because of conflict with concurrent transaction"},
          {"40001", "could not serialize access due to concurrent update"},
          {"40P01", "deadlock detected"}}) {
      const auto before = cluster_.commits();
      const auto blocks_before = transactions().size();
      cluster_.misbehave({.query_contains = statement, .reply = ScriptedReply::error(sqlstate, text)});
      EXPECT_NO_THROW(run()) << statement << ": " << text;
      EXPECT_EQ(cluster_.commits(), before + 1) << statement << ": " << text;
      const auto blocks = transactions();
      EXPECT_GE(blocks.size(), blocks_before + 2) << statement << ": " << text;
      EXPECT_THAT(staged(), IsEmpty()) << statement;
    }
  }
  for (const auto& block : transactions()) {
    const bool of_ledger = block.front().find("identity") != std::string::npos;
    EXPECT_TRUE(of_ledger || block.front().starts_with("LOCK ")) << block.front();
  }
}

TEST_F(ProtocolTest, RunsTheWholeTransactionAgainAfterTheConnectionBrokeAtAnyStatement) {
  for (const char* statement : kStatements) {
    for (const auto& reply : {ScriptedReply::hang_up(), ScriptedReply::fatal("57P01", "terminating connection")}) {
      const auto before = cluster_.commits();
      cluster_.misbehave({.query_contains = statement, .reply = reply});
      EXPECT_NO_THROW(run()) << statement;
      EXPECT_EQ(cluster_.commits(), before + 1) << statement;
      EXPECT_THAT(staged(), IsEmpty()) << statement;
    }
  }
}

TEST_F(ProtocolTest, GivesUpAfterABoundedNumberOfConflicts) {
  cluster_.misbehave({.query_contains = "LOCK", .reply = ScriptedReply::error("XX000", "1023"), .times = 1000});
  failure(ErrorKind::unavailable);
  EXPECT_LE(cluster_.queries_with("LOCK").size(), 10U);
  EXPECT_EQ(cluster_.commits(), 0);
}

TEST_F(ProtocolTest, DoesNotTryAgainWhatWasRefused) {
  cluster_.misbehave({.query_contains = "COPY", .reply = ScriptedReply::error("XX000", "no such option"), .times = 99});
  EXPECT_THAT(failure(ErrorKind::refused), HasSubstr("no such option"));
  EXPECT_THAT(cluster_.queries_with("COPY"), SizeIs(1));
  EXPECT_THAT(staged(), IsEmpty());
}

TEST_F(ProtocolTest, SaysWhichRowsMadeTheCopyFail) {
  cluster_.misbehave(
      {.query_contains = "COPY",
       .reply = ScriptedReply::error(
           "XX000", "Load into table 'pages' failed.  Check 'stl_load_errors' system table for details.")});
  cluster_.set("stl_load_errors\nWHERE", ScriptedReply::row({"101", "s3://analytics/k.json   ", "18", "id  ", "int8  ",
                                                             "x  ", "{}  ", "1207", "Invalid digit  "}));
  const std::string message = failure(ErrorKind::refused);
  EXPECT_THAT(message,
              HasSubstr("s3://analytics/k.json line 18, column id (int8): Invalid digit (code 1207); value 'x'"));
  const auto queries = cluster_.queries();
  const auto rollback = std::ranges::find(queries, "ROLLBACK");
  EXPECT_NE(std::find_if(rollback, queries.end(),
                         [](const auto& query) { return query.find("stl_load_errors") != std::string::npos; }),
            queries.end())
      << "in a failed transaction nothing can be asked";
}

TEST_F(ProtocolTest, IsBusyWhenAnotherHoldsTheTargetBeyondTheDeadlineAndSaysWho) {
  how_.lock_timeout = std::chrono::seconds(1);
  cluster_.set("LOCK", ScriptedReply::until_cancelled());
  cluster_.set("svv_transactions", ScriptedReply::row({"4711", "loader", "2015-07-01 00:00:00"}));
  EXPECT_THAT(failure(ErrorKind::busy), HasSubstr("did not end in 1 s: it is held by pid 4711 of loader"));
  EXPECT_THAT(cluster_.queries_with("LOCK"), SizeIs(1));
}

TEST_F(ProtocolTest, TriesOnlyAFewTimesToReachAClusterThatHangsUp) {
  cluster_.set("LOCK", ScriptedReply::hang_up());
  failure(ErrorKind::unavailable);
  EXPECT_LE(cluster_.queries_with("LOCK").size(), 4U);
}

TEST_F(ProtocolTest, RollsBackWhenAnObjectIsOverwrittenDuringTheCopy) {
  cluster_.misbehave({.query_contains = "COPY", .reply = {}, .act = [this] { write_all(*store_, kKey, "{ }"); }});
  EXPECT_THAT(failure(ErrorKind::conflict), HasSubstr(kKey));
  EXPECT_EQ(cluster_.commits(), 0);
  EXPECT_THAT(staged(), IsEmpty());
}

TEST_F(ProtocolTest, RollsBackWhenTheCopyReadAnotherNumberOfFiles) {
  job_.data.objects.push_back({"analytics", write_all(*store_, "second", "{}")});
  cluster_.set("count(DISTINCT filename)", ScriptedReply::row({"1"}));
  EXPECT_THAT(failure(ErrorKind::refused), HasSubstr("COPY read 1 files, and the manifest has 2"));
  EXPECT_EQ(cluster_.commits(), 0);
}

TEST_F(ProtocolTest, GoesOnWhereLoadCommitsMayNotBeRead) {
  cluster_.set("stl_load_commits", ScriptedReply::error("42501", "permission denied"));
  EXPECT_NO_THROW(run());
  EXPECT_EQ(cluster_.commits(), 1);
}

TEST_F(ProtocolTest, RemovesWhatDeadAttemptsLeftOnceItHoldsTheLock) {
  run();
  const auto manifest = cluster_.queries_with("COPY").front();
  const auto start = manifest.find("_penstock/");
  const std::string target_folder = manifest.substr(start, std::string("_penstock/0123456789abcdef/").size());
  write_all(*store_, target_folder + "dead/manifest.json", "{}");
  write_all(*store_, "_penstock/another/alive/manifest.json", "{}");
  run();
  EXPECT_THAT(staged(), ElementsAre("_penstock/another/alive/manifest.json"));
}

TEST_F(ProtocolTest, LeavesOthersStagingAloneWithoutTheLock) {
  run();
  const auto manifest = cluster_.queries_with("COPY").front();
  const std::string target_folder = manifest.substr(manifest.find("_penstock/"), 27);
  write_all(*store_, target_folder + "alive/manifest.json", "{}");
  cluster_.set("LOCK", ScriptedReply::error("42501", "permission denied"));
  failure(ErrorKind::denied);
  EXPECT_THAT(staged(), SizeIs(1));
}

TEST_F(ProtocolTest, NeedsLeaveToReplaceRowsByNone) {
  cluster_.set("relkind", ScriptedReply::row({"r"}));
  cluster_.set("a.attname", ScriptedReply::row({"2", "seen", "timestamp without time zone", "0", std::nullopt}));
  cluster_.set("SELECT max(", ScriptedReply::row({"2015-06-01 00:00:00"}));
  cluster_.set("pg_last_copy_count()", ScriptedReply::row({"0", "100"}));
  how_.truncate = true;
  EXPECT_THAT(failure(ErrorKind::refused), AllOf(HasSubstr("2 rows"), HasSubstr("--allow-empty")));
  EXPECT_EQ(cluster_.commits(), 0);
  how_.allow_empty = true;
  const auto loaded = std::get<Loaded>(run());
  EXPECT_EQ(loaded.rows, 0U);
  EXPECT_EQ(loaded.replaced, 2U);
}

TEST_F(ProtocolTest, RefusesRowsBeyondThePeriodThatTheDataStandFor) {
  how_.granularity = Granularity::day;
  cluster_.set("\"seen\" >= '2015-07-02 00:00:00'", ScriptedReply::row({"1"}));
  EXPECT_THAT(failure(ErrorKind::refused), AllOf(HasSubstr("1 of the 3 rows"), HasSubstr("--timezone")));
  EXPECT_EQ(cluster_.commits(), 0);
}

TEST_F(ProtocolTest, RefusesToDoubleRowsThatLieOutsideOfWhatIsReplaced) {
  how_.force = true;
  cluster_.set("relkind", ScriptedReply::row({"r"}));
  cluster_.set("a.attname", ScriptedReply::row({"2", "seen", "timestamp without time zone", "0", std::nullopt}));
  cluster_.set("SELECT max(", ScriptedReply::row({"2015-07-01 10:00:00"}));
  cluster_.set("GROUP BY load_id", ScriptedReply::row({"earlier", "3"}));
  cluster_.set("count(*) FROM \"api_hits\".\"pages\"", ScriptedReply::row({"1"}));
  EXPECT_THAT(failure(ErrorKind::refused), HasSubstr("2 of the 3 rows"));
  cluster_.set("count(*) FROM \"api_hits\".\"pages\"", ScriptedReply::row({"3"}));
  EXPECT_NO_THROW(run()) << "all of them lie there";
}

TEST_F(ProtocolTest, StopsWhenAskedTo) {
  std::stop_source source;
  context_.stop = source.get_token();
  cluster_.misbehave(
      {.query_contains = "COPY", .reply = ScriptedReply::until_cancelled(), .act = [&] { source.request_stop(); }});
  failure(ErrorKind::cancelled);
  EXPECT_EQ(cluster_.commits(), 0);
  EXPECT_THAT(staged(), IsEmpty()) << "its own staging is removed";
}

TEST_F(ProtocolTest, NamesItsQueriesAfterTheAttempt) {
  run();
  const auto names = cluster_.queries_with("SET query_group TO 'penstock:");
  ASSERT_THAT(names, SizeIs(1));
  EXPECT_THAT(names.front(), HasSubstr(":api_hits.pages:2015-07-01T00:00:00Z'"));
}

}  // namespace
}  // namespace penstock
