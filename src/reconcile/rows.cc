#include "reconcile/rows.h"

#include <optional>

namespace penstock::reconcile {

using redshift::Cursor;
using redshift::Sql;

FetchedRows::FetchedRows(redshift::Connection& connection, const redshift::Statement& query, std::string doing)
    : connection_(connection), doing_(std::move(doing)) {
  connection_.execute(Sql("BEGIN"), doing_);
  connection_.execute(Sql("DECLARE penstock_rows CURSOR FOR ") << query, doing_);
}

bool FetchedRows::next() {
  if (++row_ < batch_.rows.size()) return true;
  row_ = 0;
  batch_.rows.clear();
  if (at_end_) return false;
  batch_ =
      connection_.execute(Sql("FETCH FORWARD ") << std::int64_t{Cursor::kBatch} << Sql(" FROM penstock_rows"), doing_);
  at_end_ = batch_.rows.size() < std::size_t{Cursor::kBatch};
  if (at_end_) connection_.execute(Sql("COMMIT"), doing_);
  return !batch_.rows.empty();
}

std::string_view FetchedRows::text(int column) const {
  const auto& cell = batch_.rows.at(row_).at(static_cast<std::size_t>(column));
  return cell ? std::string_view(*cell) : std::string_view();
}

bool FetchedRows::is_null(int column) const { return !batch_.rows.at(row_).at(static_cast<std::size_t>(column)); }

}  // namespace penstock::reconcile
