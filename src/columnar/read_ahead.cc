#include "columnar/read_ahead.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace penstock::columnar {
namespace {

constexpr std::uint64_t kLargestPiece = 8 << 20;
constexpr std::uint64_t kSmallestPiece = 256 << 10;
constexpr std::size_t kPiecesOfStream = 4;  // within the budget

std::uint64_t bytes_of(const std::vector<ByteRange>& ranges) {
  std::uint64_t sum = 0;
  for (const ByteRange& range : ranges) sum += range.length;
  return sum;
}

// Those next to each other as one.
std::vector<ByteRange> joined(const std::vector<ByteRange>& ranges) {
  std::vector<ByteRange> joined;
  for (const ByteRange& range : ranges) {
    if (!joined.empty() && joined.back().offset + joined.back().length == range.offset) {
      joined.back().length += range.length;
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

}  // namespace

ReadAhead::ReadAhead(Fetch fetch, const std::vector<ExpectedGroup>& groups, std::size_t budget, unsigned fetchers)
    : fetch_(std::move(fetch)), budget_(budget) {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < groups.size(); ++i) add(groups[i], i, pieces);
  for (std::size_t i = 0; i < pieces.size(); ++i) places_.push_back({.position = pieces[i].position, .index = i});
  std::ranges::sort(places_, {}, &Place::position);
  pieces_.with([&](Pieces& p) { p.all = std::move(pieces); });
  for (unsigned i = 0; i < fetchers; ++i) fetchers_.emplace_back([this] { fetch_pieces(); });
}

// Streams come to the same part of their length at the same time: so are their pieces in order.
void ReadAhead::add(const ExpectedGroup& group, std::size_t number, std::vector<Piece>& pieces) const {
  const bool is_small = bytes_of(group.ranges) <= budget_ / 2;
  const std::vector<ByteRange> ranges = is_small ? joined(group.ranges) : group.ranges;
  if (ranges.empty() || (!is_small && !group.are_streams)) return;
  const std::uint64_t share = budget_ / (kPiecesOfStream * ranges.size());
  if (!is_small && share < kSmallestPiece) return;
  const std::uint64_t most = is_small ? kLargestPiece : std::min(share, kLargestPiece);
  struct Ordered {
    double part;  // of its range, that lies before it
    Piece piece;
  };
  std::vector<Ordered> ordered;
  for (const ByteRange& range : ranges) {
    for (std::uint64_t at = 0; at < range.length; at += most) {
      const auto size = static_cast<std::size_t>(std::min(most, range.length - at));
      ordered.push_back({.part = static_cast<double>(at) / static_cast<double>(range.length),
                         .piece = {.position = range.offset + at, .size = size, .group = number, .unread = size}});
    }
  }
  if (!is_small) std::ranges::sort(ordered, {}, &Ordered::part);
  for (Ordered& next : ordered) pieces.push_back(std::move(next.piece));
}

ReadAhead::~ReadAhead() {
  pieces_.change([](Pieces& p) { p.is_ended = true; });
}

std::size_t ReadAhead::read(std::uint64_t position, std::span<std::byte> out) {
  const auto behind = std::ranges::upper_bound(places_, position, {}, &Place::position);
  if (behind == places_.begin() || out.empty()) return 0;
  const std::size_t index = std::prev(behind)->index;
  std::span<const std::byte> found;
  pieces_.change([&](Pieces& p) { give_up(p, std::max<std::size_t>(p.all[index].group, 1) - 1); });
  for (Piece* own = nullptr;;) {
    pieces_.wait([&](const Pieces& p) { return p.all[index].state != State::fetching; },
                 [&](Pieces& p) {
                   Piece& piece = p.all[index];
                   if (piece.failure) std::rethrow_exception(piece.failure);
                   if (piece.state == State::gone || position - piece.position >= piece.size) return;
                   if (piece.state == State::waiting) {
                     own = claim(p, piece);
                     return;
                   }
                   const auto at = static_cast<std::size_t>(position - piece.position);
                   found = std::span<const std::byte>(piece.bytes.get(), piece.size).subspan(at);
                   found = found.first(std::min(found.size(), out.size()));
                   std::memcpy(out.data(), found.data(), found.size());
                 });
    if (own == nullptr) break;
    this->fetch(*std::exchange(own, nullptr));
  }
  if (!found.empty()) {
    pieces_.change([&](Pieces& p) {
      Piece& piece = p.all[index];
      piece.unread -= std::min(piece.unread, found.size());
      if (piece.unread == 0) drop(p, piece);
    });
  }
  return found.size();
}

std::uint64_t ReadAhead::next_piece(std::uint64_t position) const noexcept {
  const auto next = std::ranges::upper_bound(places_, position, {}, &Place::position);
  return next == places_.end() ? std::numeric_limits<std::uint64_t>::max() : next->position;
}

void ReadAhead::drop(Pieces& pieces, Piece& piece) {
  if (piece.state == State::ready) pieces.held -= piece.size;
  piece.bytes.reset();
  piece.state = State::gone;
}

// What is being fetched is given up by its fetcher.
void ReadAhead::give_up(Pieces& pieces, std::size_t before_group) {
  for (; pieces.given_up < pieces.all.size(); ++pieces.given_up) {
    Piece& piece = pieces.all[pieces.given_up];
    if (piece.group >= before_group) break;
    piece.unread = 0;
    if (piece.state == State::ready || piece.state == State::waiting) drop(pieces, piece);
  }
}

ReadAhead::Piece* ReadAhead::claim(Pieces& pieces, Piece& piece) {
  piece.state = State::fetching;
  pieces.held += piece.size;
  return &piece;
}

void ReadAhead::fetch_pieces() {
  for (;;) {
    Piece* piece = nullptr;
    const auto has_room = [&](Pieces& p) {
      while (p.next < p.all.size() && p.all[p.next].state != State::waiting) ++p.next;
      return p.is_ended || p.next == p.all.size() || p.held + p.all[p.next].size <= budget_;
    };
    pieces_.wait(has_room, [&](Pieces& p) {
      if (!p.is_ended && p.next < p.all.size()) piece = claim(p, p.all[p.next]);
    });
    if (piece == nullptr) return;
    fetch(*piece);
  }
}

void ReadAhead::fetch(Piece& piece) {
  std::exception_ptr failure;
  std::unique_ptr<std::byte[]> bytes;
  try {
    bytes.reset(new std::byte[piece.size]);
    fetch_(piece.position, {bytes.get(), piece.size});
  } catch (...) {
    failure = std::current_exception();
  }
  pieces_.change([&](Pieces& p) {
    piece.bytes = std::move(bytes);
    piece.failure = failure;
    piece.state = State::ready;
    if (piece.unread == 0) drop(p, piece);
  });
}

}  // namespace penstock::columnar
