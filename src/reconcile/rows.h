// The rows of a query, as they come or as they were kept.
//
// Threads: one. Errors: Error, of the cluster, or of the disk.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "redshift/connection.h"
#include "redshift/cursor.h"
#include "redshift/sql.h"

namespace penstock::reconcile {

class Rows {
 public:
  virtual ~Rows() = default;
  // The next row; false at the end.
  virtual bool next() = 0;
  // Of the row, until next(). "" for NULL.
  [[nodiscard]] virtual std::string_view text(int column) const = 0;
  [[nodiscard]] virtual bool is_null(int column) const = 0;
};

// Over a session of its own.
class ComingRows final : public Rows {
 public:
  template <typename... Of>
  explicit ComingRows(Of&&... of) : cursor_(std::forward<Of>(of)...) {}
  bool next() override { return cursor_.next(); }
  [[nodiscard]] std::string_view text(int column) const override { return cursor_.text(column); }
  [[nodiscard]] bool is_null(int column) const override { return cursor_.is_null(column); }

 private:
  redshift::Cursor cursor_;
};

// Over a session that is there, for its temporary tables. Nothing else may be asked of it before the last row came.
class FetchedRows final : public Rows {
 public:
  FetchedRows(redshift::Connection& connection, const redshift::Statement& query, std::string doing);
  bool next() override;
  [[nodiscard]] std::string_view text(int column) const override;
  [[nodiscard]] bool is_null(int column) const override;

 private:
  redshift::Connection& connection_;
  const std::string doing_;
  redshift::Result batch_;
  std::size_t row_ = 0;
  bool at_end_ = false;
};

}  // namespace penstock::reconcile
