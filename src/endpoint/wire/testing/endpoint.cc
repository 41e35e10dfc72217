#include "endpoint/wire/testing/endpoint.h"

#include <fmt/format.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <stdexcept>

namespace penstock::endpoint::testing {

namespace {

constexpr auto* kPassword = "it's \\ 100% secret";

// One for the whole program: its tests keep to tables of their own, or to temporary ones.
const servers::Postgres& postgres() {
  static const servers::Postgres server({.settings = {"max_connections=260"}, .tls = true});
  return server;
}

std::string superuser_conninfo(const std::string& database) {
  const auto config = postgres().socket_config();
  return fmt::format("host={} port={} user={} dbname={}", config.host, config.port, config.user, database);
}

constexpr auto* kDatabase = R"sql(
  CREATE TABLE made (name text);
  CREATE FUNCTION pg_last_copy_id() RETURNS int LANGUAGE sql STABLE AS
    $$SELECT coalesce(nullif(current_setting('penstock.last_copy_id', true), ''), '-1')::int$$;
  CREATE FUNCTION pg_last_copy_count() RETURNS bigint LANGUAGE sql STABLE AS
    $$SELECT coalesce(nullif(current_setting('penstock.last_copy_count', true), ''), '0')::bigint$$;
  CREATE FUNCTION pg_last_unload_id() RETURNS int LANGUAGE sql STABLE AS
    $$SELECT coalesce(nullif(current_setting('penstock.last_unload_id', true), ''), '-1')::int$$;
  CREATE FUNCTION pg_last_unload_count() RETURNS bigint LANGUAGE sql STABLE AS
    $$SELECT coalesce(nullif(current_setting('penstock.last_unload_count', true), ''), '0')::bigint$$;
  CREATE FUNCTION pg_last_query_id() RETURNS int LANGUAGE sql STABLE AS
    $$SELECT coalesce(nullif(current_setting('penstock.last_query_id', true), ''), '-1')::int$$;
)sql";

void make_database() {
  static const bool made = [] {
    postgres().run("CREATE ROLE awsuser LOGIN");
    postgres().run("CREATE DATABASE dev OWNER awsuser");
    postgres().run("ALTER ROLE awsuser SET default_transaction_isolation = 'repeatable read'");
    Client owner(superuser_conninfo("dev"));
    owner.query("ALTER SCHEMA public OWNER TO awsuser; SET ROLE awsuser");
    owner.query(kDatabase);
    return true;
  }();
  static_cast<void>(made);
}

Recognised recognise_for_tests(std::string_view sql, const Aliases& resolved) {
  const auto text = std::string(sql);
  const auto behind = [&](std::string_view word) { return text.substr(word.size()); };
  Recognised result;
  result.logged_text = text;
  if (sql.starts_with("MAKE ")) {
    result.action = Script{{"CREATE TABLE " + behind("MAKE ") + " (a int)",
                            "INSERT INTO made VALUES (" + quote_literal(behind("MAKE ")) + ")"},
                           "MAKE"};
    result.kind = Recognised::Kind::ddl;
  } else if (sql.starts_with("SWEEP ")) {
    result.action = Script{{"VACUUM " + behind("SWEEP "), "ANALYZE " + behind("SWEEP ")}, "SWEEP", true};
    result.kind = Recognised::Kind::utility;
  } else if (sql.starts_with("EMPTY ")) {
    result.action = Script{{"TRUNCATE " + behind("EMPTY ")}, "EMPTY", false, true};
    result.kind = Recognised::Kind::utility;
  } else if (sql.starts_with("LABEL ")) {
    result.action = SetSession{"query_group", behind("LABEL "), "SET"};
    result.kind = Recognised::Kind::utility;
  } else {
    return recognise(sql, resolved);
  }
  return result;
}

void put(std::string& bytes, std::uint32_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
}

void write(CopySink& sink, const std::string& bytes) { sink.write(std::as_bytes(std::span(bytes))); }

// PostgreSQL's binary COPY: a head, rows of one int, an end.
void write_head(CopySink& sink) {
  std::string bytes("PGCOPY\n\xff\r\n\0", 11);
  put(bytes, 0, 4);
  put(bytes, 0, 4);
  write(sink, bytes);
}

void write_rows(CopySink& sink, int first, int count) {
  std::string bytes;
  for (int row = first; row < first + count; ++row) {
    put(bytes, 1, 2);
    put(bytes, 4, 4);
    put(bytes, static_cast<std::uint32_t>(row), 4);
  }
  write(sink, bytes);
}

void write_end(CopySink& sink) { write(sink, "\xff\xff"); }

void wait_for(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait(lock, stop, [] { return false; });
}

CopyReport copy_for_tests(const CopyStatement& copy, const TargetTable& target, CopySink& sink,
                          const CopyEnvironment& environment, Guarded<bool>& gate_is_open) {
  const auto what = copy.source.substr(std::string("s3://b/").size());
  CopyReport report;
  if (what == "missing") throw redshift_error("The specified S3 prefix 'missing' does not exist", 8001, "", 1, "s3");
  if (what == "wait") {
    wait_for(environment.stop);
    throw SqlError("57014", "canceling statement due to user request");
  }
  sink.begin({target.columns.at(0).name});
  if (what == "bad") {
    report.failed = true;
    CopyError error;
    error.code = 1207;
    report.errors.push_back(error);
    return report;
  }
  if (what == "broken") {
    write_head(sink);
    write_rows(sink, 1, 10);
    throw redshift_error("Spectrum Scan Error", 15001, "", 1, "dory_util.cpp");
  }
  if (what == "gate") {
    gate_is_open.wait([](bool open) { return open; }, [](bool) {});
  }
  const int rows = what == "gate" ? 5 : std::stoi(what.substr(std::string("rows/").size()));
  write_head(sink);
  for (int first = 1; first <= rows; first += 10'000) write_rows(sink, first, std::min(10'000, rows - first + 1));
  write_end(sink);
  sink.finish();
  report.loaded_rows = static_cast<std::uint64_t>(rows);
  return report;
}

class SharedBuckets final : public Buckets {
 public:
  explicit SharedBuckets(Buckets& to) : to_(to) {}
  std::unique_ptr<ObjectStore> open(std::string_view bucket) override { return to_.open(bucket); }
  void create_bucket(std::string_view) override {}

 private:
  Buckets& to_;
};

}  // namespace

std::int64_t RememberingHistory::next_query() {
  return remembered_.with([](auto& all) { return ++all.query; });
}
std::int64_t RememberingHistory::next_transaction() {
  return remembered_.with([](auto& all) { return ++all.transaction; });
}
std::int64_t RememberingHistory::table_number(const std::string&, const std::string& table) {
  return 100'000 + static_cast<std::int64_t>(table.size());
}
void RememberingHistory::record(StatementRecord statement) {
  remembered_.with([&](auto& all) { all.statements.push_back(std::move(statement)); });
}
void RememberingHistory::record_copy(const StatementRecord& statement, const CopyStatement&, const TargetTable& target,
                                     const CopyReport& report) {
  remembered_.with([&](auto& all) { all.copies.push_back({statement, target, report}); });
}
void RememberingHistory::record_unload(const StatementRecord& statement, const UnloadStatement&,
                                       const UnloadReport& report) {
  remembered_.with([&](auto& all) { all.unloads.push_back({statement, report}); });
}
void RememberingHistory::flush() {
  remembered_.with([](auto& all) { ++all.flushes; });
}
RememberingHistory::Remembered RememberingHistory::all() {
  return remembered_.with([](auto& all) { return all; });
}
void RememberingHistory::forget() {
  remembered_.with([](auto& all) {
    all.statements.clear();
    all.copies.clear();
    all.unloads.clear();
    all.flushes = 0;
  });
}

Result read_result(PGresult* result) {
  const auto field = [&](int which) {
    const char* text = PQresultErrorField(result, which);
    return std::string(text == nullptr ? "" : text);
  };
  Result read{.status = PQresultStatus(result),
              .tag = PQcmdStatus(result),
              .sqlstate = field(PG_DIAG_SQLSTATE),
              .message = field(PG_DIAG_MESSAGE_PRIMARY),
              .detail = field(PG_DIAG_MESSAGE_DETAIL)};
  for (int row = 0; row < PQntuples(result); ++row) {
    auto& values = read.rows.emplace_back();
    for (int column = 0; column < PQnfields(result); ++column) values.emplace_back(PQgetvalue(result, row, column));
  }
  PQclear(result);
  return read;
}

Client::Client(const std::string& conninfo) : connection_(PQconnectdb(conninfo.c_str())) {
  PQsetNoticeReceiver(
      connection_,
      [](void* self, const PGresult* result) {
        static_cast<Client*>(self)->notices.push_back(std::string(PQresultErrorField(result, PG_DIAG_SEVERITY)) + ": " +
                                                      PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
      },
      this);
}

Client::~Client() { PQfinish(connection_); }

Result Client::query(const std::string& sql) {
  const auto all = queries(sql);
  return all.empty() ? Result{} : all.back();
}

std::vector<Result> Client::queries(const std::string& sql) {
  std::vector<Result> all;
  if (PQsendQuery(connection_, sql.c_str()) == 0) return {Result{.message = error()}};
  while (PGresult* result = PQgetResult(connection_)) all.push_back(read_result(result));
  return all;
}

Result Client::extended(const std::string& sql, const std::vector<std::string>& parameters) {
  std::vector<const char*> values;
  for (const auto& parameter : parameters) values.push_back(parameter.c_str());
  return read_result(PQexecParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                                  nullptr, nullptr, 0));
}

Endpoint::Endpoint(unsigned max_connections, Tls tls, std::chrono::milliseconds login_patience) {
  make_database();
  services_.split_statements = split_statements;
  services_.recognise = recognise_for_tests;
  services_.run_copy = [this](const auto& copy, const auto& target, auto& sink, const auto& environment) {
    return copy_for_tests(copy, target, sink, environment, gate_is_open_);
  };
  services_.run_unload = run_unload;
  buckets_->create_bucket("bucket");
  services_.connect = [this](const Authorization&) { return std::make_unique<SharedBuckets>(*buckets_); };
  services_.history = &history;
  EndpointConfig config;
  config.account = {"awsuser", Secret(kPassword), "dev"};
  const auto backend = postgres().socket_config();
  config.backend = {backend.host, static_cast<std::uint16_t>(backend.port), backend.user};
  config.max_connections = max_connections;
  config.login_patience = login_patience;
  if (tls == Tls::on) {  // PostgreSQL's own, which has no other use behind the endpoint
    const auto data = std::filesystem::path(root_certificate()).parent_path() / "data";
    config.tls = {data / "server.crt", data / "server.key"};
  }
  server_ = std::make_unique<Server>(config, services_, silence());
  serving_ = std::jthread([this] { server_->serve(); });
}

Endpoint::~Endpoint() { stop(); }

void Endpoint::stop() {
  server_->stop();
  if (serving_.joinable()) serving_.join();
}

std::string Endpoint::root_certificate() { return postgres().root_certificate(); }

std::map<std::string, std::string> Endpoint::objects() {
  std::map<std::string, std::string> found;
  const auto store = buckets_->open("bucket");
  const auto listing = store->list("");
  while (const auto object = listing->next()) found[object->key] = read_all(*store, *object, 64 << 20);
  return found;
}

void Endpoint::open_gate() {
  gate_is_open_.change([](bool& open) { open = true; });
}

std::string Endpoint::conninfo(const std::string& more) const {
  return fmt::format(
      "host=127.0.0.1 port={} user=awsuser dbname=dev password='it\\'s \\\\ 100% secret' sslmode=prefer {}", port(),
      more);
}

std::string Endpoint::as_superuser(const std::string& sql) const {
  return Client(superuser_conninfo("dev")).value(sql);
}

}  // namespace penstock::endpoint::testing
