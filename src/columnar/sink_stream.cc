#include "columnar/sink_stream.h"

#include <arrow/status.h>

namespace penstock::columnar {

arrow::Status SinkStream::Write(const void* data, std::int64_t size) {
  if (failure_ || is_stopped_) return arrow::Status::IOError("nothing can be written any more");
  try {
    sink_.write({static_cast<const std::byte*>(data), static_cast<std::size_t>(size)});
  } catch (const std::exception& e) {
    failure_ = std::current_exception();
    return arrow::Status::IOError(e.what());
  }
  written_ += size;
  return arrow::Status::OK();
}

arrow::Status SinkStream::Close() {
  is_closed_ = true;
  return arrow::Status::OK();
}

}  // namespace penstock::columnar
