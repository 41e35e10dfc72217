// The network of conversions: from a format at a place to another, directly or by way of others; and the cheapest way
// through it.
//
//     source ──────────── copy ──────────────▶ destination
//       └── read ──▶ batches ── write ───────────▲
//       └── copy ──▶ what lies in between ── copy ┘
//
// An edge is one of three: a copy from files, objects or a table to such; a read of them, which gives batches; a write
// of batches. Each says from what it leads to what, and what it costs. Adding a format or a place is one file with its
// edges, edges_<what>.cc, with a function that adds them to a Network.
//
// Threads: a Network, once made, any; an edge is run by one thread, and ends those that it starts.
// Errors:  Error. Edges throw what keeps them from going on, and leave nothing behind at their destination.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "columnar/batches.h"
#include "move/resource.h"
#include "penstock/move.h"

namespace penstock::network {

// What an edge works with. Lifetime: it outlives what edges hand out.
struct Job {
  const MoveOptions& options;
  const MoveContext& context;
  std::function<void(const MoveProgress&)> on_progress{};  // of the source; by one thread at a time; never empty
  MoveOutcome& outcome;                                    // edges add what they wrote, counted, and found out
  std::unique_ptr<columnar::BatchReader> stream{};         // of a source that is one
  bool batches_are_kept = false;     // whoever takes the batches may keep them longer than their reader lives
  const Resource* source = nullptr;  // of the whole move, where it has one
};

using Batches = std::unique_ptr<columnar::BatchReader>;

using Copy = std::function<void(const Resource& from, const Resource& to, Job& job)>;
using Read = std::function<Batches(const Resource& from, Job& job)>;
using Write = std::function<void(columnar::BatchReader& rows, const Resource& to, Job& job)>;

// Seconds: of any source, and of each of its bytes, as stored.
struct Cost {
  double fixed = 0;
  double per_byte = 0;
};

struct Edge {
  std::string how;  // for people: "the server copies it"
  Cost cost;
  // Whether it leads from this to that; null: batches. Of a read, only `from` is looked at; of a write, only `to`.
  std::function<bool(const Resource* from, const Resource* to)> leads;
  std::variant<Copy, Read, Write> run;
  // Of a copy or write, in a dry run: what run() would do, each a line, secrets masked. May be empty.
  std::function<std::vector<std::string>(const Resource* from, const Resource& to, Job& job)> plan{};
};

// A stop on the way: batches, or what lies somewhere.
struct Stop {
  std::optional<Resource> resource{};  // nullopt: batches

  [[nodiscard]] const Resource* get() const noexcept { return resource ? &*resource : nullptr; }
};

struct Step {
  const Edge* edge = nullptr;  // of the Network, which outlives it, moved or not
  std::size_t to = 0;          // of the stops
};

struct Way {
  std::vector<Step> steps;
  double seconds = 0;
};

class Network {
 public:
  void add_copy(std::string how, Cost cost, std::function<bool(const Resource& from, const Resource& to)> leads,
                Copy run);
  void add_read(std::string how, Cost cost, std::function<bool(const Resource& from)> leads, Read run);
  void add(Edge edge) { edges_.push_back(std::move(edge)); }

  // From the first of the stops to the last, no stop twice: the cheapest ways for so many bytes, the best first, as
  // many as are asked for or there are. By Dijkstra, who goes on where the next way ends.
  [[nodiscard]] std::vector<Way> cheapest(std::span<const Stop> stops, std::uint64_t bytes, std::size_t most) const;

 private:
  std::vector<Edge> edges_;
};

[[nodiscard]] std::string in_words(const Stop& stop);  // "s3 csv.gz", "batches"

// All edges that there are.
Network all_edges();

}  // namespace penstock::network
