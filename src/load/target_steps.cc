#include "load/target_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/text.h"
#include "load/ledger.h"
#include "load/load_errors.h"
#include "penstock/error.h"

namespace penstock {
namespace {

using redshift::Connection;
using redshift::Literal;
using redshift::ServerError;
using redshift::Sql;
using redshift::Transaction;

constexpr std::size_t kErrorsShown = 5;  // rows that a COPY refused, in an error's message

std::string holders_in_words(Connection& connection, const Target& target, Log& log) {
  std::string text;
  try {
    for (const LockHolder& holder : lock_holders(connection, target)) {
      text += fmt::format("{} pid {} of {}, since {}", text.empty() ? ": it is held by" : " and", holder.pid,
                          printable(holder.owner), holder.since);
    }
  } catch (const Error& e) {
    log.debug(e.what());
  }
  return text;
}

// The query of the COPY that failed; nullopt: it failed before it read a row. Called after the rollback.
std::optional<std::int64_t> failed_copy(TargetSession& session, const std::string& label) {
  Connection& connection = session.connection();
  const auto last =
      number_of(connection.execute(Sql("SELECT pg_last_copy_id()"), "asking for the id of the COPY").scalar());
  if (last >= 0 && last != session.last_copy) return last;
  // A rollback may have taken the id back; the label is this attempt's alone.
  const auto found =
      connection.execute(Sql("SELECT max(query) FROM pg_catalog.stl_query WHERE label = ") << Literal(label),
                         "asking for the id of the COPY");
  return found.scalar() ? std::optional(number_of(found.scalar())) : std::nullopt;
}

// The rows that made the COPY fail, each on a line of its own; empty when the cluster recorded none.
std::string refused_rows(TargetSession& session, const std::string& label, Log& log) {
  std::string text;
  try {
    const auto failed = failed_copy(session, label);
    if (!failed) return {};
    const auto errors = load_errors(session.connection(), {*failed}, static_cast<int>(kErrorsShown) + 1);
    const auto rows = errors.find(*failed);
    if (rows == errors.end()) return {};
    const auto shown = std::min(rows->second.size(), kErrorsShown);
    for (std::size_t i = 0; i < shown; ++i) text += "\n  " + in_words(rows->second[i]);
    if (shown < rows->second.size()) {
      text += fmt::format("\n  and more: penstock history --schema {} --table {}", printable(session.target().schema),
                          printable(session.target().table));
    }
  } catch (const Error& e) {
    log.warning(fmt::format("the rows that COPY refused could not be read: {}", e.what()));
  }
  return text;
}

}  // namespace

void lock_target(Transaction& transaction, const Target& target, std::chrono::seconds patience, Log& log) {
  try {
    transaction.execute(lock_statement(target), "locking the target", std::chrono::steady_clock::now() + patience);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::busy) throw;
    transaction.rollback();
    throw Error(ErrorKind::busy, fmt::format("another load of the table did not end in {} s{}", patience.count(),
                                             holders_in_words(transaction.connection(), target, log)));
  }
}

Copied run_copy(Transaction& transaction, TargetSession& session, const redshift::Statement& copy,
                const std::string& label, const LoadContext& context) {
  try {
    transaction.execute(copy, "COPY");
  } catch (const ServerError& e) {
    if (e.serialization_failure() || !transaction.connection().alive() || context.stop.stop_requested()) throw;
    transaction.rollback();
    throw Error(e.kind(), e.what() + refused_rows(session, label, context.log));
  }
  const auto result = transaction.execute(Sql("SELECT pg_last_copy_count(), pg_last_copy_id()"), "counting rows");
  Copied copied{.rows = static_cast<std::uint64_t>(number_of(result.scalar())),
                .query = number_of(result.rows.at(0).at(1))};
  session.last_copy = copied.query;
  return copied;
}

std::int64_t number_of(const std::optional<std::string>& text) {
  std::int64_t value = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc()) {
    throw Error(ErrorKind::internal, fmt::format("the server gave '{}' for a number", text.value_or("NULL")));
  }
  return value;
}

}  // namespace penstock
