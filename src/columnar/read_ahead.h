// Ranges of an object, fetched before they are asked for: several at a time, in the order in which they will be.
//
// A piece is given up when all of it was read, or when whoever reads is two groups further: those who read several
// columns side by side come to a group's end one after the other. What is asked for before its turn is fetched at once.
//
// Threads:  any number of readers; fetchers of its own, which end with it.
// Memory:   the budget, and of each stream a piece. Of groups of more than half of it, only streams are fetched ahead,
//           if there are so few that pieces of 256 KiB are within it.
// Errors:   what `fetch` throws, to who reads of that piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "penstock/store.h"

namespace penstock::columnar {

// What is read at about the same time, and is done with when the next group is.
struct ExpectedGroup {
  std::vector<ByteRange> ranges{};  // ascending
  bool are_streams = false;         // each is read from its beginning to its end, at the pace of the others
};

class ReadAhead {
 public:
  // Fills `out` from this position on; called by several threads at once.
  using Fetch = std::function<void(std::uint64_t position, std::span<std::byte> out)>;

  ReadAhead(Fetch fetch, const std::vector<ExpectedGroup>& groups, std::size_t budget, unsigned fetchers);
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;
  ~ReadAhead();

  // How many bytes from here on it gave; 0: these have to be fetched by who wants them, as far as `next_piece` says.
  std::size_t read(std::uint64_t position, std::span<std::byte> out);
  [[nodiscard]] std::uint64_t next_piece(std::uint64_t position) const noexcept;  // where one begins; at the end: all

 private:
  enum class State { waiting, fetching, ready, gone };
  struct Piece {
    std::uint64_t position = 0;
    std::size_t size = 0;
    std::size_t group = 0;
    State state = State::waiting;
    std::unique_ptr<std::byte[]> bytes{};
    std::size_t unread = 0;
    std::exception_ptr failure{};
  };
  struct Pieces {
    std::vector<Piece> all;    // in the order of reading
    std::size_t next = 0;      // to be fetched
    std::size_t given_up = 0;  // so many of the first
    std::size_t held = 0;      // bytes
    bool is_ended = false;
  };
  struct Place {  // of a piece, by its position
    std::uint64_t position = 0;
    std::size_t index = 0;
  };

  void add(const ExpectedGroup& group, std::size_t number, std::vector<Piece>& pieces) const;
  void fetch_pieces();
  void fetch(Piece& piece);
  static Piece* claim(Pieces& pieces, Piece& piece);
  static void give_up(Pieces& pieces, std::size_t before_group);
  static void drop(Pieces& pieces, Piece& piece);

  const Fetch fetch_;
  const std::size_t budget_;
  std::vector<Place> places_;  // ascending
  Guarded<Pieces> pieces_;
  std::vector<std::jthread> fetchers_;
};

}  // namespace penstock::columnar
