#include "redshift/cursor.h"

#include <utility>

#include "redshift/session.h"

namespace penstock::redshift {

struct Cursor::Impl {
  std::string doing;
  Session session;
  Statement fetch;
  Answer on_its_way{};
  Received batch{};
  int rows = 0;
  int row = -1;
  bool at_end = false;

  Impl(const ConnectionConfig& config, SessionOptions options, Log& log, std::string what)
      : doing(std::move(what)),
        session(config, std::move(options), log),
        fetch(Sql("FETCH FORWARD ") << std::int64_t{kBatch} << Sql(" FROM penstock_rows")) {}

  void run(const Statement& statement) {
    session.throw_if_stopped(doing);
    session.judged(session.ask(statement, {}), doing);
  }

  void ask() {
    session.throw_if_stopped(doing);
    on_its_way = session.send(fetch, {.keeps_rows = true});
  }

  Answer take() { return session.receive(fetch, std::move(on_its_way), {.keeps_rows = true}); }
};

Cursor::Cursor(const ConnectionConfig& config, SessionOptions options, Log& log, const Statement& query,
               std::string doing)
    : impl_(std::make_unique<Impl>(config, std::move(options), log, std::move(doing))) {
  impl_->run(Sql("BEGIN"));
  impl_->run(Sql("DECLARE penstock_rows CURSOR FOR ") << query);
  impl_->ask();
}

// What is on its way is not waited for.
Cursor::~Cursor() {
  if (!impl_->at_end) impl_->session.cancel();
}

bool Cursor::next() {
  Impl& self = *impl_;
  if (++self.row < self.rows) return true;
  self.batch.reset();
  self.row = self.rows = 0;
  if (self.at_end) return false;
  Answer answer = self.take();
  Received rows = std::move(answer.rows);
  self.session.judged(std::move(answer), self.doing);
  if (!rows) throw Error(ErrorKind::internal, self.doing + ": FETCH gave no rows");
  self.batch = std::move(rows);
  self.rows = PQntuples(self.batch.get());
  self.at_end = self.rows < kBatch;
  if (!self.at_end) self.ask();
  return self.rows > 0;
}

std::string_view Cursor::text(int column) const {
  const PGresult* const rows = impl_->batch.get();
  return {PQgetvalue(rows, impl_->row, column), static_cast<std::size_t>(PQgetlength(rows, impl_->row, column))};
}

bool Cursor::is_null(int column) const { return PQgetisnull(impl_->batch.get(), impl_->row, column) != 0; }

}  // namespace penstock::redshift
