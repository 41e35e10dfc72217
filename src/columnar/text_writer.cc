#include "columnar/text_writer.h"

#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "base/queue.h"
#include "columnar/row_text.h"
#include "staging/chunk.h"

namespace penstock::columnar {
namespace {

// Of the batches' memory, about; those who make the batches have not much more.
constexpr std::int64_t kUnderWay = 48 << 20;
constexpr std::int64_t kLargestPiece = 4 << 20;
constexpr std::int64_t kSmallestPiece = 256 << 10;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::int64_t bytes_of(const arrow::RecordBatch& rows) {
  const auto referenced = arrow::util::ReferencedBufferSize(rows);  // of a slice, not all that lies around it
  return referenced.ok() ? *referenced : arrow::util::TotalBufferSize(rows);
}

bool has_members(Compression compression) {
  return compression == Compression::gzip || compression == Compression::bzip2;
}

unsigned workers_of(unsigned asked) { return asked > 0 ? asked : std::max(1U, std::thread::hardware_concurrency()); }

class TextWriter final : public BatchWriter {
 public:
  TextWriter(std::unique_ptr<RowText> lines, std::unique_ptr<ByteSink> sink, const TextWriting& how)
      : lines_(std::move(lines)),
        sink_(std::move(sink)),
        piece_bytes_(std::clamp(kUnderWay / (3 * workers_of(how.workers) + 1), kSmallestPiece, kLargestPiece)),
        member_compression_(has_members(how.compression) ? how.compression : Compression::none),
        pieces_(std::size_t{2} * workers_of(how.workers)) {
    output_.with([&](Output& output) {
      output.compressor = compressor(has_members(how.compression) ? Compression::none : how.compression,
                                     [this](std::span<const std::byte> bytes) { sink_->write(bytes); });
    });
    push(nullptr);
    // one more than cores: who waits for its turn does no work
    for (unsigned i = 0; i <= workers_of(how.workers); ++i) {
      workers_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
  }
  TextWriter(const TextWriter&) = delete;
  TextWriter& operator=(const TextWriter&) = delete;
  ~TextWriter() override {
    output_.change([](Output& output) { output.is_ended = true; });
    pieces_.close();
  }

  void write(const arrow::RecordBatch& rows) override {
    const std::int64_t row_bytes = bytes_of(rows) / std::max<std::int64_t>(1, rows.num_rows()) + 1;
    const std::int64_t most = std::max<std::int64_t>(1, piece_bytes_ / row_bytes);
    for (std::int64_t row = 0; row < rows.num_rows(); row += most) push(rows.Slice(row, most));
  }

  void commit() override {
    pieces_.close();
    for (std::jthread& worker : workers_) worker.join();
    output_.with([&](Output& output) {
      if (output.failure) std::rethrow_exception(output.failure);
      if (!output.has_bytes && member_compression_ != Compression::none) {
        staging::Buffer member;
        compress_member({}, member);
        output.compressor->write(bytes_of(member.view()));
      }
      output.compressor->finish();
    });
    sink_->commit();
  }

 private:
  struct Piece {
    std::uint64_t number = 0;
    std::uint64_t first_row = 0;
    std::shared_ptr<const arrow::RecordBatch> rows;  // null: the header
  };
  struct Output {
    std::unique_ptr<Compressor> compressor;
    std::uint64_t next = 0;  // the piece whose turn it is
    bool has_bytes = false;
    std::exception_ptr failure;
    bool is_ended = false;  // of a failure, too
  };

  void push(std::shared_ptr<const arrow::RecordBatch> rows) {
    const std::int64_t count = rows ? rows->num_rows() : 0;
    const bool is_taken = pieces_.push({.number = pushed_++, .first_row = next_row_, .rows = std::move(rows)});
    next_row_ += static_cast<std::uint64_t>(count);
    if (is_taken) return;
    output_.with([](Output& output) {
      if (output.failure) std::rethrow_exception(output.failure);
    });
  }

  void work(const std::stop_token& stop) noexcept {
    staging::Buffer text;
    staging::Buffer member;
    while (const auto piece = pieces_.pop(stop)) {
      std::exception_ptr failure;
      text.clear();
      member.clear();
      try {
        append(*piece, text, member);
      } catch (...) {
        failure = std::current_exception();
      }
      const auto is_turn = [&](const Output& output) { return output.is_ended || output.next == piece->number; };
      output_.wait(is_turn, [&](Output& output) {
        if (output.is_ended) return;
        try {
          if (failure) std::rethrow_exception(failure);
          const std::string_view bytes = (member_compression_ == Compression::none ? text : member).view();
          output.compressor->write(bytes_of(bytes));
          output.has_bytes = output.has_bytes || !bytes.empty();
        } catch (...) {
          output.failure = std::current_exception();
          output.is_ended = true;
          pieces_.close();
        }
      });
      output_.change([](Output& output) { ++output.next; });
    }
  }

  void append(const Piece& piece, staging::Buffer& text, staging::Buffer& member) const {
    if (piece.rows) {
      lines_->append(*piece.rows, piece.first_row, text);
    } else {
      lines_->append_header(text);
    }
    if (member_compression_ != Compression::none && text.size() > 0) compress_member(text.view(), member);
  }

  void compress_member(std::string_view text, staging::Buffer& member) const {
    const auto compress = compressor(member_compression_, [&](std::span<const std::byte> bytes) {
      member.append({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    });
    compress->write(bytes_of(text));
    compress->finish();
  }

  const std::unique_ptr<RowText> lines_;
  const std::unique_ptr<ByteSink> sink_;
  const std::int64_t piece_bytes_;
  const Compression member_compression_;
  std::uint64_t pushed_ = 0;
  std::uint64_t next_row_ = 1;
  Queue<Piece> pieces_;
  Guarded<Output> output_;
  std::vector<std::jthread> workers_;
};

}  // namespace

std::unique_ptr<BatchWriter> csv_writer(const std::shared_ptr<arrow::Schema>& schema, std::unique_ptr<ByteSink> sink,
                                        const TextWriting& how) {
  auto lines = csv_rows(sink->name(), *schema, how.delimiter);
  return std::make_unique<TextWriter>(std::move(lines), std::move(sink), how);
}

std::unique_ptr<BatchWriter> json_writer(const std::shared_ptr<arrow::Schema>& schema, std::unique_ptr<ByteSink> sink,
                                         const TextWriting& how) {
  auto lines = json_rows(sink->name(), *schema);
  return std::make_unique<TextWriter>(std::move(lines), std::move(sink), how);
}

}  // namespace penstock::columnar
