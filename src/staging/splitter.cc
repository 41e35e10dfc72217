#include "staging/splitter.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <span>
#include <utility>

#include "base/text.h"

namespace penstock::staging {
namespace {

constexpr std::size_t kStretch = 64 * kCsvBlockBytes;  // of text whose index stays in the first cache
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

Unsplittable::Unsplittable(const std::string& input, std::uint64_t line, const std::string& reason)
    : Error(ErrorKind::refused,
            fmt::format("{}: the record that begins at line {} {}", printable(input), line, reason)),
      line_(line),
      reason_(reason) {}

Splitter::Splitter(ObjectReader& in, std::string name, const SplitterOptions& options)
    : in_(in), name_(std::move(name)), options_(options), to_skip_(options.skip), blocks_(kStretch / kCsvBlockBytes) {}

bool Splitter::next(Chunk& chunk) {
  Buffer& buffer = chunk.buffer;
  buffer.clear();
  buffer.reserve(std::max({options_.chunk_bytes, rest_.size() + 1, kByteOrderMark.size()}));
  buffer.append(rest_.view());
  rest_.clear();
  while (true) {
    fill(buffer);
    if (is_at_end_ && buffer.size() > 0 && !buffer.view().ends_with('\n')) buffer.append('\n');
    const Cut found = cut(buffer.view());
    if (found.end == 0) {
      if (is_at_end_ && buffer.size() == 0) return false;
      if (is_at_end_) {
        throw Unsplittable(
            name_, line_,
            found.is_inside_quotes ? "has a quote that is never closed" : "ends with an escape that nothing is behind");
      }
      if (buffer.size() >= options_.record_limit) {
        throw Unsplittable(
            name_, line_,
            fmt::format("is longer than {} bytes; is a quote in it that is never closed?", options_.record_limit));
      }
      buffer.reserve(std::min(buffer.capacity() * 2, options_.record_limit));
      continue;
    }
    rest_.append(buffer.view().substr(found.end));
    chunk.begin = found.after_skipped;
    chunk.end = found.end;
    chunk.first_line = line_ + found.skipped_lines;
    chunk.first_record = record_;
    chunk.ends = found.ends;
    line_ += found.lines;
    record_ += found.ends;
    return true;
  }
}

// Until it is full, or the input ends.
void Splitter::fill(Buffer& buffer) {
  const std::size_t before = buffer.size();
  while (!is_at_end_ && buffer.room() > 0) {
    const std::size_t count = in_.read(std::as_writable_bytes(std::span(buffer.end(), buffer.room())));
    buffer.grow_by(count);
    bytes_read_ += count;
    is_at_end_ = count == 0;
  }
  if (std::exchange(is_first_, false) && buffer.view().starts_with(kByteOrderMark)) {
    Buffer without;
    without.reserve(buffer.capacity());
    without.append(buffer.view().substr(kByteOrderMark.size()));
    buffer = std::move(without);
  }
  if (options_.dialect) return;
  array_.to_lines(std::span(buffer.begin(), buffer.size()).subspan(before));
  if (const auto fault = array_.fault(is_at_end_)) throw Unsplittable(name_, fault->line, std::string(fault->what));
}

Splitter::Cut Splitter::cut(std::string_view text) {
  Cut found;
  CsvDialect dialect = options_.dialect.value_or(CsvDialect{});
  CsvIndexer indexer(dialect);
  std::uint64_t lines = 0;
  for (std::size_t at = 0; at < text.size(); at += kStretch) {
    const std::string_view stretch = text.substr(at, kStretch);
    const auto blocks = std::span(blocks_).first((stretch.size() + kCsvBlockBytes - 1) / kCsvBlockBytes);
    indexer.index(stretch, blocks);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const CsvBlock& block = blocks[i];
      std::uint64_t ends = options_.dialect ? block.record_ends : block.newlines;
      if (ends != 0) {
        const std::size_t start = at + i * kCsvBlockBytes;
        const auto last = static_cast<unsigned>(63 - std::countl_zero(ends));
        found.end = start + last + 1;
        found.lines = lines + static_cast<unsigned>(std::popcount(block.newlines << (63 - last)));
        for (; to_skip_ > 0 && ends != 0; ends &= ends - 1, --to_skip_) {
          const auto first = static_cast<unsigned>(std::countr_zero(ends));
          found.after_skipped = start + first + 1;
          found.skipped_lines = lines + static_cast<unsigned>(std::popcount(block.newlines << (63 - first)));
        }
        found.ends += static_cast<unsigned>(std::popcount(ends));
      }
      lines += static_cast<unsigned>(std::popcount(block.newlines));
    }
  }
  found.is_inside_quotes = options_.dialect && indexer.is_inside_quotes();
  return found;
}

}  // namespace penstock::staging
