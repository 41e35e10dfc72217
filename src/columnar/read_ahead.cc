#include "columnar/read_ahead.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace penstock::columnar {
namespace {

constexpr std::uint64_t kPieceBytes = 8 << 20;

std::uint64_t bytes_of(const std::vector<ByteRange>& group) {
  std::uint64_t sum = 0;
  for (const ByteRange& range : group) sum += range.length;
  return sum;
}

}  // namespace

ReadAhead::ReadAhead(Fetch fetch, const std::vector<std::vector<ByteRange>>& groups, std::size_t budget,
                     unsigned fetchers)
    : fetch_(std::move(fetch)), budget_(budget) {
  std::vector<Piece> pieces;
  for (std::size_t group = 0; group < groups.size(); ++group) {
    if (bytes_of(groups[group]) > budget / 2) continue;
    for (const ByteRange& range : groups[group]) {
      for (std::uint64_t at = 0; at < range.length; at += kPieceBytes) {
        const auto size = static_cast<std::size_t>(std::min(kPieceBytes, range.length - at));
        pieces.push_back({.position = range.offset + at, .size = size, .group = group, .unread = size});
      }
    }
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) places_.push_back({.position = pieces[i].position, .index = i});
  std::ranges::sort(places_, {}, &Place::position);
  pieces_.with([&](Pieces& p) { p.all = std::move(pieces); });
  for (unsigned i = 0; i < fetchers; ++i) fetchers_.emplace_back([this] { fetch_pieces(); });
}

ReadAhead::~ReadAhead() {
  pieces_.change([](Pieces& p) { p.is_ended = true; });
}

std::size_t ReadAhead::read(std::uint64_t position, std::span<std::byte> out) {
  const auto behind = std::ranges::upper_bound(places_, position, {}, &Place::position);
  if (behind == places_.begin() || out.empty()) return 0;
  const std::size_t index = std::prev(behind)->index;
  std::span<const std::byte> found;
  const auto is_settled = [&](const Pieces& p) {
    return p.all[index].state == State::ready || p.all[index].state == State::gone;
  };
  pieces_.change([&](Pieces& p) { give_up(p, std::max<std::size_t>(p.all[index].group, 1) - 1); });
  pieces_.wait(is_settled, [&](Pieces& p) {
    const Piece& piece = p.all[index];
    if (piece.failure) std::rethrow_exception(piece.failure);
    if (piece.state == State::gone || position - piece.position >= piece.size) return;
    const auto at = static_cast<std::size_t>(position - piece.position);
    found = std::span<const std::byte>(piece.bytes.get(), piece.size).subspan(at);
    found = found.first(std::min(found.size(), out.size()));
    std::memcpy(out.data(), found.data(), found.size());
  });
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

void ReadAhead::fetch_pieces() {
  for (;;) {
    Piece* piece = nullptr;
    const auto has_room = [&](Pieces& p) {
      while (p.next < p.all.size() && p.all[p.next].state == State::gone) ++p.next;
      return p.is_ended || p.next == p.all.size() || p.held + p.all[p.next].size <= budget_;
    };
    pieces_.wait(has_room, [&](Pieces& p) {
      if (p.is_ended || p.next == p.all.size()) return;
      piece = &p.all[p.next++];
      piece->state = State::fetching;
      p.held += piece->size;
    });
    if (piece == nullptr) return;
    std::exception_ptr failure;
    std::unique_ptr<std::byte[]> bytes;
    try {
      bytes.reset(new std::byte[piece->size]);
      fetch_(piece->position, {bytes.get(), piece->size});
    } catch (...) {
      failure = std::current_exception();
    }
    pieces_.change([&](Pieces& p) {
      piece->bytes = std::move(bytes);
      piece->failure = failure;
      piece->state = State::ready;
      if (piece->unread == 0) drop(p, *piece);
    });
  }
}

}  // namespace penstock::columnar
