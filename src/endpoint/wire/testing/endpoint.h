// A running endpoint for a test: the real server before a real PostgreSQL, with services that a test can read, and
// libpq as the client.
//
// Its statements, besides SQL: "MAKE t" (a script: a table with an int column a, and a row in `made`), "SWEEP t" (a
// script outside of blocks), "EMPTY t" (one that commits), "LABEL x" (a setting of the session), and COPY, whose source
// says what happens: s3://b/rows/N loads N rows, s3://b/bad fails on its data, s3://b/missing is refused before any,
// s3://b/wait waits until it is cancelled, s3://b/gate until open_gate() and loads five rows, s3://b/broken fails after
// some rows. UNLOAD is the real one, into the bucket `bucket` in memory.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "endpoint/wire/server.h"
#include "penstock/store.h"
#include "redshift/testing/postgres.h"

namespace penstock::endpoint::testing {

class RememberingHistory : public History {
 public:
  struct Copy {
    StatementRecord statement;
    TargetTable target;
    CopyReport report;
  };
  struct Unload {
    StatementRecord statement;
    UnloadReport report;
  };
  struct Remembered {
    std::int64_t query = 100;
    std::int64_t transaction = 1000;
    std::vector<StatementRecord> statements;
    std::vector<Copy> copies;
    std::vector<Unload> unloads;
    int flushes = 0;
  };
  std::int64_t next_query() override;
  std::int64_t next_transaction() override;
  std::int64_t table_number(const std::string& schema, const std::string& table) override;
  void record(StatementRecord statement) override;
  void record_copy(const StatementRecord& statement, const CopyStatement& copy, const TargetTable& target,
                   const CopyReport& report) override;
  void record_unload(const StatementRecord& statement, const UnloadStatement& unload,
                     const UnloadReport& report) override;
  Activity& activity() override { return activity_; }
  void publish_activity() override {}
  void flush() override;
  Remembered all();
  void forget();

 private:
  Guarded<Remembered> remembered_;
  Activity activity_;
};

struct Result {
  ExecStatusType status = PGRES_FATAL_ERROR;
  std::string tag{};
  std::string sqlstate{};
  std::string message{};
  std::string detail{};
  std::vector<std::vector<std::string>> rows{};
  std::string value() const { return rows.empty() || rows[0].empty() ? "" : rows[0][0]; }
};
Result read_result(PGresult* result);  // clears it

class Client {
 public:
  explicit Client(const std::string& conninfo);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  PGconn* get() const { return connection_; }
  bool connected() const { return PQstatus(connection_) == CONNECTION_OK; }
  std::string error() const { return PQerrorMessage(connection_); }
  Result query(const std::string& sql);  // simple protocol; of several results the last
  std::vector<Result> queries(const std::string& sql);
  Result extended(const std::string& sql, const std::vector<std::string>& parameters = {});
  std::string value(const std::string& sql) { return query(sql).value(); }
  std::vector<std::string> notices;

 private:
  PGconn* connection_;
};

class Endpoint {
 public:
  enum class Tls { off, on };
  explicit Endpoint(unsigned max_connections = 200, Tls tls = Tls::off,
                    std::chrono::milliseconds login_patience = std::chrono::minutes(1));
  ~Endpoint();
  std::string conninfo(const std::string& more = "") const;
  std::uint16_t port() const { return server_->port(); }
  static std::string root_certificate();  // with TLS: whom to trust; the server is "localhost"
  void stop();                            // as SIGTERM does
  void open_gate();
  // One statement as PostgreSQL's superuser on the endpoint's database, past the endpoint.
  std::string as_superuser(const std::string& sql) const;
  RememberingHistory history;
  std::map<std::string, std::string> objects();  // of the bucket: key → bytes

 private:
  std::unique_ptr<Buckets> buckets_ = open_memory();
  Services services_;
  Guarded<bool> gate_is_open_{false};
  std::unique_ptr<Server> server_;
  std::jthread serving_;
};

}  // namespace penstock::endpoint::testing
