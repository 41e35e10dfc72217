#include <fmt/format.h>

#include "pq/server_message.h"
#include "redshift/session.h"

namespace penstock::redshift {
Transaction::Transaction(Connection& connection) : connection_(connection) {
  connection_.execute(Sql("BEGIN"), "begin a transaction");
}

Transaction::~Transaction() { rollback(); }

Result Transaction::execute(const Statement& statement, std::string_view doing, std::optional<Deadline> deadline) {
  if (!open_) throw Error(ErrorKind::internal, fmt::format("{}: the transaction is over", doing));
  return connection_.execute(statement, doing, deadline);
}

void Transaction::commit() {
  const std::string_view doing = "commit";
  Session& session = connection_.impl_->session;
  if (!open_) throw Error(ErrorKind::internal, "commit: the transaction is over");
  session.throw_if_stopped(doing);
  if (session.alive() && session.transaction_status() == PQTRANS_IDLE) {
    open_ = false;
    throw Error(ErrorKind::internal, "commit: a statement in the transaction has ended it before");
  }
  Answer answer = session.ask(Sql("COMMIT"), {.cancels = false});
  open_ = false;
  // The answer is what counts, whatever happened to the connection after it or to our patience before it.
  if (answer.result && answer.result->tag == "COMMIT") return;
  if (answer.result && answer.result->tag == "ROLLBACK") {
    throw Error(ErrorKind::refused, "commit: the server rolled the transaction back, as a statement in it had failed");
  }
  if (answer.lost && answer.sent) {
    const std::string said = answer.failure ? answer.failure->primary : *answer.lost;
    session.close();  // so that the server, if it still waits, ends its side
    throw Error(ErrorKind::in_doubt, fmt::format("commit: the connection to {} was lost before the answer, so whether "
                                                 "the transaction took effect is unknown: {}",
                                                 session.server(), pq::in_one_line(said, {})));
  }
  // A refused COMMIT ends the transaction; should the server see it otherwise, it is ended by our ROLLBACK.
  open_ = session.alive() && session.transaction_status() != PQTRANS_IDLE;
  answer.interruption = Answer::Interruption::none;  // the server's own verdict says more
  const Result result = session.judged(std::move(answer), doing);
  session.close();
  throw Error(
      ErrorKind::in_doubt,
      fmt::format("commit: the server answered COMMIT by '{}', so whether the transaction took effect is unknown",
                  result.tag));
}

void Transaction::rollback() noexcept {
  if (!open_) return;
  open_ = false;
  Session& session = connection_.impl_->session;
  if (!session.alive() || session.transaction_status() == PQTRANS_IDLE) return;
  try {
    const Answer answer = session.ask(
        Sql("ROLLBACK"),
        {.deadline = std::chrono::steady_clock::now() + session.grace(), .heeds_stop = false, .cancels = false});
    if (!answer.result) session.close();  // the server rolls back what a lost session had open
  } catch (const std::exception&) {
    session.close();
  }
}

}  // namespace penstock::redshift
