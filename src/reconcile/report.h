// Findings as rows of a file, a key each: its object, its sets, and the last load that is known of it.
//
// Threads: one. Errors: those of columnar/row_writer.h.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "codec/compress.h"
#include "columnar/row_writer.h"
#include "penstock/reconcile.h"
#include "store/byte_sink.h"

namespace penstock::reconcile {

class Report {
 public:
  Report(columnar::RowFormat format, Compression compression, std::unique_ptr<ByteSink> sink);
  void add(const KeyFinding& finding);
  void commit();  // once: the file is there, whole

 private:
  columnar::RowWriter rows_;
  std::string sets_;
};

std::string_view name_of(LoadState state) noexcept;  // "rolled_back"

}  // namespace penstock::reconcile
