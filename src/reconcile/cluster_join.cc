#include "reconcile/cluster_join.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "load/access.h"
#include "load/attempt.h"
#include "load/instant.h"
#include "load/staged_objects.h"
#include "load/staging.h"
#include "penstock/load.h"
#include "penstock/object_reader.h"
#include "reconcile/number_in.h"
#include "reconcile/session_name.h"
#include "reconcile/sql_files.h"
#include "redshift/copy.h"

namespace penstock::reconcile {
namespace {

using redshift::Connection;
using redshift::fill;
using redshift::Literal;
using redshift::Sql;
using redshift::Statement;

// As judge_listed.sql has them.
enum class Verdict : std::uint8_t { pending = 1, committed = 2, outside = 3 };

constexpr char kDoing[] = "reconcile in Redshift";
constexpr std::size_t kStagingMemory = std::size_t{64} << 20;
constexpr std::size_t kStep = std::size_t{64} << 10;
constexpr int kLoadedColumns = 10;

constexpr std::uint64_t kBasis = 0xcbf29ce484222325;  // FNV-1a
constexpr std::uint64_t kPrime = 0x100000001b3;

// Of which sets a key with this verdict is, by classify.h.
std::vector<KeySet> sets_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pending:
      return {KeySet::in_bucket, KeySet::pending};
    case Verdict::committed:
      return {KeySet::in_bucket, KeySet::committed, KeySet::already_committed};
    case Verdict::outside:
      break;
  }
  return {KeySet::in_bucket, KeySet::committed_outside};
}

Statement counts_of(const ReconcileOptions& options) {
  Statement verdicts{std::int64_t{-1}};  // none has it
  const auto add = [&](Verdict verdict) { verdicts << Sql(", ") << static_cast<std::int64_t>(verdict); };
  if (!options.gives_pending) add(Verdict::pending);
  if (!options.gives_committed) {
    add(Verdict::committed);
    add(Verdict::outside);
  }
  return verdicts;
}

Statement in_window(const ReconcileOptions& options) {
  Statement window{Sql("true")};
  if (options.from) window << Sql(" AND g.at >= ") << Literal(to_sql(*options.from));
  if (options.to) window << Sql(" AND g.at < ") << Literal(to_sql(*options.to));
  return window;
}

redshift::SessionOptions session_options(const ReconcileContext& context) {
  return {.application_name = std::string(kSessionName), .stop = context.stop};
}

void add_quoted(std::string& line, std::string_view text) {
  line += '"';
  for (const char c : text) {
    if (c == '"') line += '"';
    line += c;
  }
  line += '"';
}

// Text that is made while it is read.
class MadeText final : public ObjectReader {
 public:
  // more: appends some; false: there is no more.
  explicit MadeText(std::function<bool(std::string&)> more) : more_(std::move(more)) {}

  std::size_t read(std::span<std::byte> buffer) override {
    if (at_ == text_.size()) {
      text_.clear();
      at_ = 0;
      while (!is_over_ && text_.size() < kStep) is_over_ = !more_(text_);
    }
    const std::size_t count = std::min(buffer.size(), text_.size() - at_);
    std::memcpy(buffer.data(), text_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  const std::function<bool(std::string&)> more_;
  std::string text_;
  std::size_t at_ = 0;
  bool is_over_ = false;
};

// Records of CSV into S3, and by COPY into a table of the session.
class Loading {
 public:
  Loading(Connection& connection, const S3Uri& source, const ReconcileContext& context)
      : connection_(connection),
        context_{.connection = context.connection,
                 .buckets = context.buckets,
                 .environment = context.environment,
                 .log = context.log,
                 .stop = context.stop},
        base_(staging_base(context.environment, source.bucket)),
        objects_(context_, base_, new_id()) {}

  // Whether it is of what is staged here.
  [[nodiscard]] bool has(const S3Uri& source, std::string_view key) const {
    return base_.bucket == source.bucket && key.starts_with(objects_.prefix());
  }

  void run(Sql table, const std::vector<std::string>& columns, const std::string& what,
           const std::function<bool(std::string&)>& more) {
    const staging::Input input{.name = what, .open = [&] { return std::make_unique<MadeText>(more); }};
    const staging::StageOptions how{.shape = staging::CsvShape{.fields = columns.size()}, .memory = kStagingMemory};
    const staging::Staged staged = objects_.stage(std::span(&input, 1), how, context_.stop);
    if (staged.parts.empty()) return;
    connection_.execute(redshift::copy_statement({.table = Statement(table),
                                                  .columns = columns,
                                                  .manifest_uri = objects_.manifest_uri(),
                                                  .access = copy_access(context_),
                                                  .region = copy_region(context_),
                                                  .format = redshift::CsvFormat{},
                                                  .compression = kPartCompression,
                                                  .null_as = std::string(staging::kNullText)}),
                        fmt::format("{}: COPY of {}", kDoing, what));
    const auto copied = connection_.execute(Sql("SELECT count(*) FROM ") << Statement(table),
                                            fmt::format("{}: counting {}", kDoing, what));
    if (number_in<std::uint64_t>(copied.scalar().value_or("")) == staged.records) return;
    throw Error(ErrorKind::refused,
                fmt::format("{}: of {} {} Redshift has {}, so that nothing can be said of them; nothing was changed",
                            kDoing, staged.records, what, copied.scalar().value_or("none")));
  }

 private:
  Connection& connection_;
  const LoadContext context_;
  const StagingBase base_;
  StagedObjects objects_;
};

class ListedObjects final : public ObjectListing {
 public:
  ListedObjects(Connection& connection, const Statement& query) : rows_(connection, query, kDoing) {}

  std::optional<ObjectInfo> next() override {
    if (!rows_.next()) return std::nullopt;
    const auto modified = read_sql_instant(rows_.text(3));
    return ObjectInfo{.key = std::string(rows_.text(0)),
                      .size = number_in<std::uint64_t>(rows_.text(1)),
                      .etag = std::string(rows_.text(2)),
                      .last_modified = std::chrono::floor<std::chrono::seconds>(modified.value_or(Microseconds{}))};
  }

 private:
  FetchedRows rows_;
};

}  // namespace

std::int64_t stem_of(std::string_view key, std::size_t name_bytes) {
  std::uint64_t stem = kBasis;
  for (const char c : key.substr(0, name_bytes)) {
    if (static_cast<unsigned char>(c) <= ' ') break;
    stem = (stem ^ static_cast<unsigned char>(c)) * kPrime;
  }
  return static_cast<std::int64_t>(stem);
}

ClusterJoin::ClusterJoin(S3Uri source, const ReconcileOptions& options, const ReconcileContext& context,
                         std::function<std::unique_ptr<ObjectListing>()> list)
    : source_(std::move(source)),
      options_(options),
      context_(context),
      list_(std::move(list)),
      folder_(context.environment("TMPDIR").value_or("/tmp")),
      name_bytes_(surely_kept_of(source_.bucket)),
      counts_(counts_of(options)),
      connection_(context.connection, session_options(context), context.log),
      names_(std::in_place, folder_, 1) {
  for (const Sql table : {Sql(sql::kCreateLoaded), Sql(sql::kCreateListed), Sql(sql::kCreateNamed)}) {
    connection_.execute(table, fmt::format("{}: making a temporary table", kDoing));
  }
}

void ClusterJoin::hold(std::span<const Statement> queries) {
  redshift::Transaction tx(connection_);
  for (const Statement& query : queries) {
    tx.execute(Sql("INSERT INTO penstock_loaded ") << query, "reading the ledger");
  }
  tx.commit();
}

void ClusterJoin::add_name(std::string_view name) { names_->add(fmt::format("{}\n", stem_of(name, name_bytes_))); }

std::unique_ptr<Rows> ClusterJoin::held() {
  copy_named();
  copy_listed();
  judge();
  count();
  RowSpool spool(folder_, kLoadedColumns);
  FetchedRows coming(connection_, fill(sql::kLoadedGiven, {{"counted", counts_}}), "reading the ledger");
  while (coming.next()) spool.add(coming);
  return spool.rows();
}

void ClusterJoin::copy_named() {
  const auto names = names_->rows();
  names_.reset();
  Loading(connection_, source_, context_).run("penstock_named", {"stem"}, "names", [&](std::string& text) {
    if (!names->next()) return false;
    text += names->text(0);
    return true;
  });
}

void ClusterJoin::copy_listed() {
  Loading loading(connection_, source_, context_);
  const auto listing = list_();
  loading.run("penstock_listed", {"file_key", "stem", "bytes", "etag", "last_modified"}, "keys",
              [&](std::string& text) {
                auto object = listing->next();
                while (object && loading.has(source_, object->key)) object = listing->next();
                if (!object) return false;
                add_quoted(text, object->key);
                text += fmt::format(",{},{},", stem_of(object->key, name_bytes_), object->size);
                add_quoted(text, object->etag);
                text += fmt::format(",{}\n", to_sql(Microseconds(object->last_modified)));
                return true;
              });
}

void ClusterJoin::judge() {
  connection_.execute(fill(sql::kJudgeListed, {{"in_window", in_window(options_)}}),
                      fmt::format("{}: joining keys and ledger", kDoing));
}

void ClusterJoin::count() {
  const auto counts = connection_.execute(fill(sql::kCountJudged, {{"counted", counts_}}), kDoing);
  for (const auto& row : counts.rows) {
    const auto verdict = static_cast<Verdict>(number_in<int>(row.at(0).value_or("")));
    for (const KeySet set : sets_of(verdict)) {
      auto& count = counted_.sets.at(static_cast<std::size_t>(set));
      count.keys += number_in<std::uint64_t>(row.at(1).value_or(""));
      count.bytes += number_in<std::uint64_t>(row.at(2).value_or(""));
    }
  }
}

std::unique_ptr<ObjectListing> ClusterJoin::objects() {
  return std::make_unique<ListedObjects>(connection_, fill(sql::kListedGiven, {{"counted", counts_}}));
}

}  // namespace penstock::reconcile
