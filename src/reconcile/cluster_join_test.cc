// What the cluster's join leaves to be done here, and what it counts, is held against the join that is all done here.
#include "reconcile/cluster_join.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <libpq-fe.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "load/attempt.h"
#include "load/instant.h"
#include "load/ledger.h"
#include "redshift/testing/endpoint.h"

namespace penstock::reconcile {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<std::string>& keys() {
  static const std::string kLong(240, 'x');
  static const std::vector<std::string> all{"f/a",
                                            "f/a ",
                                            "f/a  ",
                                            "f/a b",
                                            "f/a\tb",
                                            "f/a\u00e9",
                                            "f/ab",
                                            "f/A",
                                            "f/%41",
                                            "f/'q",
                                            "f/\"q",
                                            "f/\\q,",
                                            "f/new\nline",
                                            "f/z1",
                                            "f/z2",
                                            "f/z3",
                                            "f/z4",
                                            "f/z5",
                                            "f/z6",
                                            kLong,
                                            kLong + "/aaaaaaaaaaaaaaa1",
                                            kLong + "/aaaaaaaaaaaaaaa2",
                                            kLong + "/\u00e9\u00e9\u00e9",
                                            "g"};
  return all;
}

// As the system tables show it, of s3://bucket/key.
std::string shown(const std::string& key, std::size_t kept) {
  std::string text(whole_characters(key, kept));
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

// 256 bytes of the whole name, and perhaps one less.
TEST(Stem, IsThatOfEveryNameThatTheKeyMayBeShownAs) {
  const std::size_t surely = surely_kept_of("lake");
  for (const std::string& key : keys()) {
    for (const std::size_t kept : {surely + 3, surely + 4}) {
      EXPECT_EQ(stem_of(shown(key, kept), surely), stem_of(key, surely)) << key;
      EXPECT_EQ(stem_of(shown(key, kept) + " more", surely), stem_of(key, surely)) << key << ": blanks may be lost";
    }
  }
  EXPECT_NE(stem_of("f/a", surely), stem_of("f/b", surely));
  EXPECT_NE(stem_of("f/a", surely), stem_of("f/A", surely));
}

const servers::Endpoint& endpoint() {
  static const servers::Endpoint server;
  return server;
}

// A bucket, and tables that its objects are loaded into, by penstock's ledger and by COPYs that are nobody's.
class World {
 public:
  explicit World(unsigned seed)
      : random_(seed), bucket_(fmt::format("joined-{}", seed)), schema_(fmt::format("joined{}", seed)) {
    buckets_->create_bucket(bucket_);
    store_ = buckets_->open(bucket_);
    for (const std::string& statement : {"CREATE SCHEMA " + schema_, fmt::format("CREATE TABLE {}.t (id int)", schema_),
                                         fmt::format("CREATE TABLE {}.u (id int)", schema_)}) {
      run(statement);
    }
    for (const std::string& key : keys()) {
      if (chance(8)) put(key);
    }
    for (int i = 0; i < 30; ++i) step();
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() { PQfinish(client_); }

  struct Answer {
    std::map<std::string, KeyFinding> findings;
    ReconcileSummary summary;
  };
  Answer answer(const ReconcileOptions& given) {
    ReconcileOptions options = given;
    options.source = fmt::format("s3://{}/{}", bucket_, given.source);
    Answer answer;
    const auto found = reconcile_keys(options, {.connection = config_,
                                                .buckets = *buckets_,
                                                .environment = [](std::string_view name) -> std::optional<std::string> {
                                                  if (name == "AWS_ACCESS_KEY_ID") return "AKIDEXAMPLE";
                                                  if (name == "AWS_SECRET_ACCESS_KEY") return "AKIDEXAMPLE";
                                                  return std::nullopt;
                                                },
                                                .log = silence()});
    std::string last;
    while (auto finding = found->next()) {
      EXPECT_GE(finding->key, last);
      last = finding->key;
      answer.findings.emplace(finding->key, *std::move(finding));
    }
    answer.summary = found->summary();
    return answer;
  }
  std::vector<std::string> all_keys() {
    std::vector<std::string> all;
    const auto listing = store_->list("");
    while (auto object = listing->next()) all.push_back(std::move(object->key));
    return all;
  }
  [[nodiscard]] const std::string& schema() const { return schema_; }
  // About in the middle of the loads.
  [[nodiscard]] Microseconds middle() const { return middle_; }

 private:
  bool chance(unsigned of_ten) { return random_() % 10 < of_ten; }
  const std::string& any_key() { return keys()[random_() % keys().size()]; }
  void put(const std::string& key) { write_all(*store_, key, std::to_string(random_() % 1000) + "\n"); }

  void run(const std::string& sql) {
    PGresult* const result = PQexec(client_, sql.c_str());
    ASSERT_THAT(PQresultErrorMessage(result), testing::Not(HasSubstr("ERROR"))) << sql;
    PQclear(result);
  }

  void step() {
    const std::string key = any_key();
    if (step_++ == 15) middle_ = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    if (chance(2)) return put(key);
    if (chance(1)) return store_->remove(std::vector{key});
    if (!store_->head(key)) return;
    if (chance(7)) return record(key);
    std::string uri = fmt::format("s3://{}/{}", bucket_, key);
    for (std::size_t at = 0; (at = uri.find_first_of("'\\", at)) != std::string::npos; at += 2) {
      uri.insert(at, 1, uri[at]);
    }
    run(fmt::format("COPY {}.{} FROM '{}' {} CSV", schema_, chance(5) ? "t" : "u", uri,
                    servers::Endpoint::copy_access()));
  }

  // As the ledger has a load; once it is days old, that is all that is known of it.
  void record(const std::string& key) {
    redshift::Connection connection(config_, {}, silence());
    const Target target = target_of(schema_, chance(5) ? "t" : "u");
    make_ledger(connection, target, silence());
    DataSet data;
    data.file.date = std::chrono::sys_days{std::chrono::year{2015} / 7 / 1};
    data.objects.push_back({bucket_, store_->head(key).value()});
    const LoadRecord done{.load_id = new_id(),
                          .attempt_id = new_id(),
                          .plan_sha256 = std::string(64, '0'),
                          .rows = 1,
                          .copy_query = {},
                          .by = "tester",
                          .at = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now())};
    run("BEGIN");
    for (const auto& statement : record_files(target, data, done)) run(statement.text());
    run(record_load(target, data, done).text());
    run("COMMIT");
  }

  std::mt19937 random_;
  const std::string bucket_;
  const std::string schema_;
  const ConnectionConfig config_ = endpoint().config();
  const std::unique_ptr<Buckets> buckets_ = open_folder(endpoint().s3().string());
  std::unique_ptr<ObjectStore> store_;
  PGconn* const client_ =
      PQconnectdb(fmt::format("host={} port={} dbname={} user={} password={} sslmode=prefer", config_.host,
                              config_.port, config_.database, config_.user, config_.password.reveal())
                      .c_str());
  int step_ = 0;
  Microseconds middle_{};
};

std::string in_words(const KeyFinding& finding) {
  std::string loads;
  for (const KeyLoad& load : finding.loads) {
    loads += fmt::format(" {}/{}/{}/{}", static_cast<int>(load.state), load.etag, load.table, load.in_ledger);
  }
  return fmt::format("{} {} {} '{}'{}", finding.sets.to_string(), finding.deletable, finding.object.has_value(),
                     finding.why, loads);
}

KeySets sets(std::initializer_list<KeySet> some) {
  KeySets all;
  for (const KeySet set : some) all.set(static_cast<std::size_t>(set));
  return all;
}

bool may_be_counted(const KeyFinding& finding, const ReconcileOptions& options) {
  if (finding.loads.empty()) {
    return !options.gives_pending && finding.sets == sets({KeySet::in_bucket, KeySet::pending});
  }
  const bool is_plain = finding.loads.size() == 1 && finding.loads[0].in_ledger && !finding.loads[0].in_sys;
  const bool is_committed = finding.sets == sets({KeySet::in_bucket, KeySet::committed, KeySet::already_committed}) ||
                            finding.sets == sets({KeySet::in_bucket, KeySet::committed_outside});
  return !options.gives_committed && is_plain && is_committed;
}

TEST(ClusterJoin, AnswersAsTheJoinHere) {
  std::size_t counted_pending = 0;
  std::size_t counted_committed = 0;
  for (unsigned seed = 1; seed <= 2; ++seed) {
    World world(seed);
    const auto before = world.all_keys();
    std::vector<ReconcileOptions> asked(4, {.source = "*", .in_redshift = true});
    asked[1].gives_pending = false;
    asked[2].gives_pending = asked[2].gives_committed = false;
    asked[2].from = world.middle();
    asked[3].gives_committed = false;
    asked[3].source = "f/a*";
    asked[3].table = world.schema() + ".t";
    for (const ReconcileOptions& options : asked) {
      ReconcileOptions elsewhere = options;
      elsewhere.in_redshift = false;
      const auto here = world.answer(elsewhere);
      const auto there = world.answer(options);
      for (const auto& [key, finding] : there.findings) {
        ASSERT_TRUE(here.findings.contains(key)) << seed << ": " << key;
        EXPECT_EQ(in_words(finding), in_words(here.findings.at(key))) << seed << ": " << key;
      }
      for (const auto& [key, finding] : here.findings) {
        if (there.findings.contains(key)) continue;
        EXPECT_TRUE(may_be_counted(finding, options)) << seed << ": " << key << ": " << in_words(finding);
        ++(finding.loads.empty() ? counted_pending : counted_committed);
      }
      for (std::size_t set = 0; set < kKeySets; ++set) {
        EXPECT_EQ(there.summary.sets.at(set).keys, here.summary.sets.at(set).keys) << seed << ": " << set;
        EXPECT_EQ(there.summary.sets.at(set).bytes, here.summary.sets.at(set).bytes) << seed << ": " << set;
      }
      EXPECT_EQ(there.summary.notes, here.summary.notes);
      for (const auto& [key, finding] : here.findings) {
        EXPECT_FALSE(key.starts_with("_penstock/")) << key << ": a COPY of ours is no load";
      }
    }
    EXPECT_EQ(world.all_keys(), before) << "what was staged is gone";
  }
  EXPECT_GT(counted_pending, 0U);
  EXPECT_GT(counted_committed, 0U);
}

}  // namespace
}  // namespace penstock::reconcile
