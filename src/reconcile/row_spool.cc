#include "reconcile/row_spool.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock::reconcile {
namespace {

constexpr std::size_t kStep = std::size_t{64} << 10;
constexpr std::uint32_t kNull = UINT32_MAX;  // in place of a length

[[noreturn]] void fail(std::string_view act, const std::string& folder) {
  throw Error(ErrorKind::unavailable, fmt::format("keep rows: {} a file in {}: {}; TMPDIR names another folder", act,
                                                  printable(folder), std::strerror(errno)));
}

class KeptRows final : public Rows {
 public:
  KeptRows(Fd file, std::string folder, int columns)
      : file_(std::move(file)), folder_(std::move(folder)), cells_(static_cast<std::size_t>(columns)) {}

  bool next() override {
    begin_ = end_;
    std::size_t at = 0;
    for (Cell& cell : cells_) {
      if (!has(at + sizeof(std::uint32_t))) {
        if (at == 0 && buffer_.size() == begin_) {
          end_ = begin_;
          return false;
        }
        errno = EIO;
        fail("read", folder_);
      }
      std::uint32_t bytes = 0;
      std::memcpy(&bytes, buffer_.data() + begin_ + at, sizeof(bytes));
      at += sizeof(bytes);
      cell = {.at = at, .bytes = bytes == kNull ? 0 : bytes, .is_null = bytes == kNull};
      at += cell.bytes;
    }
    if (!has(at)) {
      errno = EIO;
      fail("read", folder_);
    }
    end_ = begin_ + at;
    return true;
  }

  [[nodiscard]] std::string_view text(int column) const override {
    const Cell& cell = cells_.at(static_cast<std::size_t>(column));
    return std::string_view(buffer_).substr(begin_ + cell.at, cell.bytes);
  }
  [[nodiscard]] bool is_null(int column) const override { return cells_.at(static_cast<std::size_t>(column)).is_null; }

 private:
  struct Cell {
    std::size_t at = 0;  // from the row's beginning
    std::size_t bytes = 0;
    bool is_null = false;
  };

  // So many bytes of the row are in the buffer.
  bool has(std::size_t bytes) {
    while (buffer_.size() - begin_ < bytes) {
      buffer_.erase(0, begin_);
      begin_ = 0;
      const std::size_t before = buffer_.size();
      buffer_.resize(before + kStep);
      ssize_t count = 0;
      do {
        count = ::pread(file_.get(), buffer_.data() + before, kStep, static_cast<off_t>(read_));
      } while (count < 0 && errno == EINTR);
      buffer_.resize(before + (count > 0 ? static_cast<std::size_t>(count) : 0));
      if (count < 0) fail("read", folder_);
      if (count == 0) return false;
      read_ += static_cast<std::uint64_t>(count);
    }
    return true;
  }

  const Fd file_;
  const std::string folder_;
  std::vector<Cell> cells_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of the row, in the buffer
  std::size_t end_ = 0;
  std::uint64_t read_ = 0;
};

}  // namespace

RowSpool::RowSpool(std::string folder, int columns)
    : folder_(std::move(folder)), columns_(columns), file_(nameless_file(folder_)) {
  if (!file_) fail("make", folder_);
}

void RowSpool::add(const Rows& row) {
  for (int column = 0; column < columns_; ++column) {
    if (row.is_null(column)) {
      waiting_.append(reinterpret_cast<const char*>(&kNull), sizeof(kNull));
    } else {
      add_text(row.text(column));
    }
  }
  if (waiting_.size() >= kStep) write();
}

void RowSpool::add(std::string_view text) {
  add_text(text);
  if (waiting_.size() >= kStep) write();
}

void RowSpool::add_text(std::string_view text) {
  const auto bytes = static_cast<std::uint32_t>(text.size());
  waiting_.append(reinterpret_cast<const char*>(&bytes), sizeof(bytes));
  waiting_ += text;
}

void RowSpool::write() {
  write_fully(file_.get(), std::as_bytes(std::span(waiting_)), "keep rows: write a file in " + folder_);
  waiting_.clear();
}

std::unique_ptr<Rows> RowSpool::rows() {
  write();
  return std::make_unique<KeptRows>(std::move(file_), folder_, columns_);
}

}  // namespace penstock::reconcile
