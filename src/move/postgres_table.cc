#include "move/postgres_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "columnar/batch_input.h"
#include "move/servers.h"
#include "penstock/error.h"
#include "postgres/commit.h"
#include "postgres/copy_in.h"
#include "postgres/table.h"
#include "staging/chunk.h"

namespace penstock::network {
namespace {

using columnar::PostgresColumn;
using postgres::Destination;
using postgres::DestinationColumn;
using postgres::Session;

constexpr std::size_t kPiece = std::size_t{1} << 20;  // bytes of rows that are sent at once
constexpr std::size_t kIdentifierBytes = 63;

postgres::SessionOptions session_options(const Job& job) {
  return {.application_name = "penstock move", .writes = true, .stop = job.context.stop};
}

const DestinationColumn* column_named(const Destination& table, const std::string& name) {
  const auto exact = std::ranges::find(table.columns, name, &DestinationColumn::name);
  if (exact != table.columns.end()) return &*exact;
  const auto alike = [&](const DestinationColumn& column) { return equal_ignoring_case(column.name, name); };
  if (std::ranges::count_if(table.columns, alike) != 1) return nullptr;
  return &*std::ranges::find_if(table.columns, alike);
}

std::string names_of(const std::vector<std::string>& names) {
  return printable(fmt::format("{}", fmt::join(names, ", ")));
}

std::string create_statement(const std::string& table, const std::vector<PostgresColumn>& columns) {
  std::vector<std::string> parts;
  std::vector<std::string> long_ones;
  for (const PostgresColumn& column : columns) {
    if (column.name.empty()) throw Error(ErrorKind::refused, "a column has no name, and a table's must have one");
    if (column.name.size() > kIdentifierBytes) long_ones.push_back(column.name);
    parts.push_back(Session::identifier(column.name) + " " + column.type);
  }
  if (!long_ones.empty()) {
    throw Error(ErrorKind::refused, fmt::format("{}: PostgreSQL cuts names off after {} bytes; call them otherwise",
                                                names_of(long_ones), kIdentifierBytes));
  }
  return fmt::format("CREATE TABLE {} ({})", table, fmt::join(parts, ", "));
}

std::string copy_statement(const std::string& table, const std::vector<std::string>& columns) {
  std::vector<std::string> quoted;
  for (const std::string& column : columns) quoted.push_back(Session::identifier(column));
  return fmt::format("COPY {} ({}) FROM STDIN", table, fmt::join(quoted, ", "));
}

class Writing {
 public:
  Writing(columnar::BatchReader& rows, const Resource& to, Job& job)
      : rows_(rows),
        to_(to),
        job_(job),
        options_(session_options(job)),
        doing_("write into " + printable(to.name)),
        session_(to.server, options_, job.context.log) {}

  void run() {
    const auto name = table_name(to_);
    const auto found = find_destination(session_, name);
    const std::string table = found ? found->sql : postgres::quoted(name);
    const auto [columns, fields] = found ? matched(*found) : make(table);
    if (found && job_.options.replace) {
      session_.execute(fmt::format("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", table), doing_);
      session_.execute(fmt::format("DELETE FROM {}", table), doing_);
    }
    copy(copy_statement(table, columns), fields);
    postgres::commit(session_, to_.server, options_, job_.context.log, doing_);
    job_.outcome.written.push_back(to_.name);
  }

 private:
  struct Columns {
    std::vector<std::string> names;      // of the table
    std::vector<PostgresColumn> fields;  // of the rows, with the table's types
  };

  Columns make(const std::string& table) {
    Columns columns{.names = {}, .fields = columnar::postgres_columns(job_.options.source, rows_)};
    session_.execute(create_statement(table, columns.fields), doing_);
    for (const PostgresColumn& field : columns.fields) columns.names.push_back(field.name);
    return columns;
  }

  [[nodiscard]] Columns matched(const Destination& table) const {
    const auto names = columnar::names_of(rows_);
    Columns columns{.names = match_columns(names, table, job_.options.replace), .fields = {}};
    for (std::size_t i = 0; i < names.size(); ++i) {
      columns.fields.push_back({.name = names[i], .type = column_named(table, columns.names[i])->type});
    }
    const auto problems = columnar::postgres_misfits("the source's", rows_, columns.fields);
    if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n")));
    return columns;
  }

  void copy(const std::string& statement, const std::vector<PostgresColumn>& fields) {
    columnar::PostgresText text("the source's", rows_, fields);
    postgres::CopyIn into(session_, statement, doing_);
    staging::Buffer piece;
    std::uint64_t sent = 0;
    while (const std::uint64_t count = text.append(kPiece, piece)) {
      into.write(piece.view());
      sent += count;
      job_.outcome.bytes_written += piece.size();
      piece.clear();
    }
    const std::uint64_t taken = into.finish();
    if (taken > sent) {  // fewer may be: triggers and rules leave rows out
      throw Error(ErrorKind::internal, fmt::format("{}: {} rows were sent, and {} taken", doing_, sent, taken));
    }
    if (taken < sent) {
      job_.context.log.warning(
          fmt::format("{}: of {} rows the table took {}: a trigger left the others out", doing_, sent, taken));
    }
    job_.outcome.rows = taken;
  }

  columnar::BatchReader& rows_;
  const Resource& to_;
  Job& job_;
  const postgres::SessionOptions options_;
  const std::string doing_;
  Session session_;
};

}  // namespace

std::vector<std::string> match_columns(const std::vector<std::string>& names, const Destination& table, bool replace) {
  std::vector<std::string> columns;
  std::vector<std::string> strangers, made, repeated, missing, emptied;
  std::set<std::string> seen;
  for (const std::string& name : names) {
    const DestinationColumn* column = column_named(table, name);
    columns.push_back(column == nullptr ? name : column->name);
    if (column == nullptr) {
      strangers.push_back(name);
    } else if (column->is_made) {
      made.push_back(name);
    }
    if (!seen.insert(columns.back()).second) repeated.push_back(name);
  }
  std::vector<std::string> all;
  for (const DestinationColumn& column : table.columns) {
    all.push_back(column.name);
    if (seen.contains(column.name) || column.has_default || column.is_made) continue;
    if (column.is_not_null) {
      missing.push_back(column.name);
    } else if (replace) {
      emptied.push_back(column.name);
    }
  }
  std::vector<std::string> problems;
  const auto refuse = [&](const std::vector<std::string>& which, std::string_view why) {
    if (!which.empty()) problems.push_back(fmt::format("{} {}", names_of(which), why));
  };
  refuse(strangers, fmt::format("can't be written: {} has {}; add the columns, or leave them out of the source",
                                printable(table.sql), names_of(all)));
  refuse(made, "can't be written: the server makes the values; leave them out of the source");
  refuse(repeated, "would be written twice");
  refuse(missing, "may not be NULL and has no default, and the source has it not");
  refuse(emptied, "would be NULL in all rows, as the source has it not: add it to the source");
  if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n")));
  return columns;
}

void write_postgres(columnar::BatchReader& rows, const Resource& to, Job& job) {
  try {
    Writing(rows, to, job).run();
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::in_doubt) throw;
    throw Error(e.kind(), fmt::format("{}{}nothing was written into {}", e.what(),
                                      std::string_view(e.what()).find('\n') == std::string_view::npos ? "; " : "\n",
                                      printable(to.name)));
  }
}

std::vector<std::string> plan_postgres(const Resource& to, Job& job) {
  postgres::SessionOptions options = session_options(job);
  options.writes = false;
  Session session(to.server, options, job.context.log);
  const auto name = table_name(to);
  const auto found = find_destination(session, name);
  const std::string table = printable(postgres::quoted(name));
  std::vector<std::string> lines{"BEGIN"};
  if (!found) lines.push_back(fmt::format("CREATE TABLE {} of the source's columns", table));
  if (found && job.options.replace) {
    lines.push_back(fmt::format("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", table));
    lines.push_back(fmt::format("DELETE FROM {}", table));
  }
  lines.push_back(fmt::format("COPY {} FROM STDIN", table));
  lines.emplace_back("COMMIT");
  return lines;
}

}  // namespace penstock::network
