#include "columnar/c_stream.h"

#include <arrow/c/abi.h>
#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <fmt/format.h>

#include <cerrno>
#include <exception>
#include <utility>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

class StreamReader final : public BatchReader {
 public:
  StreamReader(std::shared_ptr<arrow::RecordBatchReader> rows, std::string name)
      : rows_(std::move(rows)), schema_(rows_->schema()), name_(std::move(name)) {}

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const noexcept override { return schema_; }

  std::shared_ptr<arrow::RecordBatch> next() override {
    std::shared_ptr<arrow::RecordBatch> batch;
    do {
      require(rows_->ReadNext(&batch));
      if (!batch) return nullptr;
    } while (batch->num_rows() == 0);
    require(batch->Validate());
    bytes_ += static_cast<std::uint64_t>(arrow::util::TotalBufferSize(*batch));
    return batch;
  }

  [[nodiscard]] std::uint64_t bytes_read() const noexcept override { return bytes_; }

 private:
  void require(const arrow::Status& status) const {
    if (status.ok()) return;
    throw Error(ErrorKind::refused, fmt::format("{}: {}", printable(name_), printable(status.message())));
  }

  const std::shared_ptr<arrow::RecordBatchReader> rows_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::string name_;
  std::uint64_t bytes_ = 0;
};

// A stream that was handed out: its functions are called from C, which knows numbers and texts.
class HandedOut {
 public:
  HandedOut(std::unique_ptr<BatchReader> rows, std::function<void(const Error&)> on_failure)
      : rows_(std::move(rows)), on_failure_(std::move(on_failure)) {}

  static int schema(ArrowArrayStream* stream, ArrowSchema* out) noexcept {
    return of(stream).told([&](HandedOut& self) { require(arrow::ExportSchema(*self.rows_->schema(), out)); });
  }

  static int next(ArrowArrayStream* stream, ArrowArray* out) noexcept {
    return of(stream).told([&](HandedOut& self) {
      const auto batch = self.rows_->next();
      if (batch) {
        require(arrow::ExportRecordBatch(*batch, out));
      } else {
        out->release = nullptr;  // the end
      }
    });
  }

  static const char* last_error(ArrowArrayStream* stream) noexcept {
    const std::string& text = of(stream).last_error_;
    return text.empty() ? nullptr : text.c_str();
  }

  static void release(ArrowArrayStream* stream) noexcept {
    delete static_cast<HandedOut*>(stream->private_data);
    stream->release = nullptr;
  }

 private:
  static HandedOut& of(ArrowArrayStream* stream) noexcept { return *static_cast<HandedOut*>(stream->private_data); }

  static void require(const arrow::Status& status) {
    if (!status.ok()) throw Error(ErrorKind::internal, status.ToString());
  }

  // After an error the reader is of no use: the same is said again.
  template <typename Act>
  int told(Act act) noexcept {
    if (!last_error_.empty()) return EIO;
    try {
      act(*this);
      return 0;
    } catch (const Error& e) {
      return failed(e);
    } catch (const std::bad_alloc&) {
      return failed(Error(ErrorKind::internal, "there is not enough memory"));
    } catch (const std::exception& e) {
      return failed(Error(ErrorKind::internal, e.what()));
    }
  }

  int failed(const Error& e) {
    last_error_ = e.what();
    if (last_error_.empty()) last_error_ = "unknown";
    on_failure_(e);
    return e.kind() == ErrorKind::cancelled ? ECANCELED : EIO;
  }

  const std::unique_ptr<BatchReader> rows_;
  const std::function<void(const Error&)> on_failure_;
  std::string last_error_;
};

}  // namespace

void hand_out(std::unique_ptr<BatchReader> rows, std::function<void(const Error&)> on_failure, ArrowArrayStream& out) {
  auto handed = std::make_unique<HandedOut>(std::move(rows), std::move(on_failure));
  out = {.get_schema = HandedOut::schema,
         .get_next = HandedOut::next,
         .get_last_error = HandedOut::last_error,
         .release = HandedOut::release,
         .private_data = handed.release()};
}

std::unique_ptr<BatchReader> batches_of(ArrowArrayStream& stream, const std::string& name) {
  auto rows = arrow::ImportRecordBatchReader(&stream);
  if (!rows.ok()) {
    if (stream.release != nullptr) stream.release(&stream);
    throw Error(ErrorKind::refused,
                fmt::format("{}: it gives no rows: {}", printable(name), printable(rows.status().message())));
  }
  return std::make_unique<StreamReader>(*std::move(rows), name);
}

}  // namespace penstock::columnar
