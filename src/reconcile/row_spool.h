// Rows that wait on disk, in a file that has no name: it is gone with this program, however it ends.
//
// Threads: one. Memory: some 100 KiB. Errors: Error unavailable: the file can't be written or read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "reconcile/rows.h"
#include "store/file.h"

namespace penstock::reconcile {

class RowSpool {
 public:
  RowSpool(std::string folder, int columns);
  RowSpool(const RowSpool&) = delete;
  RowSpool& operator=(const RowSpool&) = delete;

  void add(const Rows& row);
  void add(std::string_view text);  // of one column
  // In the order in which they were added, once; nothing is added any more. The rows stand by themselves.
  std::unique_ptr<Rows> rows();

 private:
  void add_text(std::string_view text);
  void write();

  const std::string folder_;
  const int columns_;
  Fd file_;
  std::string waiting_;
};

}  // namespace penstock::reconcile
