#include "penstock/move.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "base/text.h"
#include "columnar/c_stream.h"
#include "columnar/watched.h"
#include "move/network.h"
#include "move/resource.h"
#include "move/staged_unload.h"
#include "penstock/error.h"

namespace penstock {
namespace {

using network::Batches;
using network::Copy;
using network::Format;
using network::Job;
using network::Network;
using network::Place;
using network::Read;
using network::Resource;
using network::Stop;
using network::Use;
using network::Way;
using network::Write;

constexpr std::size_t kRoutesShown = 4;
constexpr std::uint64_t kBytesOfUnknown = 100'000'000;  // of a source whose size nobody says

Resource source_of(const MoveOptions& options) {
  if (options.stream != nullptr) {
    return {.name = options.stream_name, .place = Place::stream, .format = Format::batches};
  }
  Resource source =
      parse_resource(options.source, Use::source,
                     {.format = options.from_format, .query = options.query, .delimiter = options.delimiter});
  source.is_plain = options.columns.empty() && options.null_as.empty();
  source.asks_types = options.why || options.sample != 0;
  return source;
}

Resource destination_of(const MoveOptions& options) {
  return parse_resource(options.destination, Use::destination,
                        {.format = options.to_format, .delimiter = options.to_delimiter});
}

// What the destination's name does not say, the source does; of a table it is CSV, and so is what nobody reads as it is
// on stdout.
void settle(Resource& to, const Resource& from, const MoveOptions& options) {
  if (to.format) return;
  const bool is_text = from.format == Format::csv || from.format == Format::json;
  if (from.place == Place::stream) {
    to.format = Format::csv;
    return;
  }
  to.format = from.is_server() || (to.place == Place::standard && !is_text) ? Format::csv : *from.format;
  if (!options.to_delimiter) to.delimiter = from.delimiter;
  if (to.is_folder && !from.is_server() && from.place != Place::standard) to.codec = from.codec;
}

// All that a move needs to know, before anything moves.
struct Prepared {
  Network network;
  std::vector<Stop> stops;  // the source, batches, the destination
  std::vector<Way> ways;    // the cheapest first; one at least
  std::size_t taken = 0;    // of them

  [[nodiscard]] const Resource& source() const { return *stops.front().resource; }
  [[nodiscard]] const Resource& destination() const { return *stops.back().resource; }
  [[nodiscard]] const Way& way() const { return ways[taken]; }
};

Prepared prepare(const MoveOptions& options, const MoveContext& context) {
  if (const auto problems = problems_of(options); !problems.empty()) {
    throw Error(ErrorKind::invalid, fmt::format("{}", fmt::join(problems, "\n")));
  }
  Resource source = source_of(options);
  Resource destination = destination_of(options);
  find_items(source, context.buckets, context.log, context.stop);
  settle(destination, source, options);
  if (source.place == Place::redshift && !destination.is_server()) source.columns = columns_of(source, context);
  Prepared prepared{.network = network::all_edges(), .stops = {}, .ways = {}, .taken = options.route - 1};
  prepared.stops = {{std::move(source)}, {}, {std::move(destination)}};
  const std::uint64_t bytes = prepared.source().bytes;
  prepared.ways = prepared.network.cheapest(prepared.stops, bytes != 0 ? bytes : kBytesOfUnknown, kRoutesShown);
  if (prepared.ways.empty()) {
    throw Error(ErrorKind::invalid,
                fmt::format("there is no way from {} ({}) to {} ({})", printable(prepared.source().name),
                            in_words(prepared.stops.front()), printable(prepared.destination().name),
                            in_words(prepared.stops.back())));
  }
  if (prepared.taken >= prepared.ways.size()) {
    throw Error(
        ErrorKind::invalid,
        fmt::format("--route {}: there {} from {} to {}; --explain says them", options.route,
                    prepared.ways.size() == 1 ? "is one route" : fmt::format("are {} routes", prepared.ways.size()),
                    printable(prepared.source().name), printable(prepared.destination().name)));
  }
  return prepared;
}

Route route_of(const Way& way, const Prepared& prepared) {
  const std::uint64_t bytes = prepared.source().bytes != 0 ? prepared.source().bytes : kBytesOfUnknown;
  Route route{.steps = {}, .seconds = way.seconds};
  std::size_t at = 0;
  for (const network::Step& step : way.steps) {
    const network::Cost& cost = step.edge->cost;
    route.steps.push_back({.from = in_words(prepared.stops[at]),
                           .to = in_words(prepared.stops[step.to]),
                           .how = step.edge->how,
                           .fixed = cost.fixed,
                           .per_byte = cost.per_byte,
                           .seconds = cost.fixed + cost.per_byte * static_cast<double>(bytes)});
    at = step.to;
  }
  return route;
}

MovePlan plan_of(const Prepared& prepared) {
  MovePlan plan{.source = prepared.source().name,
                .destination = prepared.destination().name,
                .bytes = prepared.source().bytes,
                .taken = prepared.taken};
  for (const Way& way : prepared.ways) plan.routes.push_back(route_of(way, prepared));
  return plan;
}

// Steps whose edges don't say what they would do in a dry run are told by what they are.
void say_steps(const Prepared& prepared, Job& job) {
  std::size_t at = 0;
  for (const network::Step& step : prepared.way().steps) {
    const Stop& from = prepared.stops[at];
    const Stop& to = prepared.stops[step.to];
    if (step.edge->plan && to.resource) {
      for (std::string& line : step.edge->plan(from.get(), *to.resource, job))
        job.outcome.steps.push_back(std::move(line));
    } else {
      const auto name = [](const Stop& stop) {
        return stop.resource ? printable(stop.resource->name) : in_words(stop);
      };
      job.outcome.steps.push_back(fmt::format("{} to {}: {}", name(from), name(to), step.edge->how));
    }
    at = step.to;
  }
}

// Tells how far it is, and counts.
Batches watched(Batches rows, Job& job, std::uint64_t size) {
  return columnar::watched(
      std::move(rows),
      [&job, size](std::uint64_t bytes, std::uint64_t count) {
        job.outcome.rows = count;
        job.outcome.bytes_read = bytes;
        job.on_progress({.bytes = bytes, .size = size, .rows = count});
      },
      job.context.stop);
}

void run(const Prepared& prepared, Job& job) {
  Batches batches;
  std::size_t at = 0;
  for (const network::Step& step : prepared.way().steps) {
    const Stop& from = prepared.stops[at];
    const Stop& to = prepared.stops[step.to];
    if (const auto* copy = std::get_if<Copy>(&step.edge->run)) {
      (*copy)(*from.resource, *to.resource, job);
    } else if (const auto* read = std::get_if<Read>(&step.edge->run)) {
      batches = watched((*read)(*from.resource, job), job, from.resource->bytes);
    } else {
      std::get<Write>(step.edge->run)(*batches, *to.resource, job);
    }
    at = step.to;
  }
}

// What says how a source is read means nothing for rows that have names and types.
void check_stream(const MoveOptions& options, std::vector<std::string>& problems) {
  const auto refuse = [&](bool given, std::string_view what) {
    if (given) problems.push_back(fmt::format("{} means nothing for {}", what, printable(options.stream_name)));
  };
  refuse(!options.source.empty(), "SRC");
  refuse(!options.query.empty(), "--query");
  refuse(!options.from_format.empty(), "--from-format");
  refuse(options.sample != 0, "--sample");
  refuse(options.why, "--why");
  refuse(!options.columns.empty(), "--columns");
  refuse(options.delimiter.has_value(), "--delimiter");
  refuse(!options.null_as.empty(), "--null-as");
}

}  // namespace

std::vector<std::string> problems_of(const MoveOptions& options) {
  std::vector<std::string> problems;
  const auto collect = [&](const std::string& text, std::string_view name, const auto& parse) {
    if (text.empty()) {
      problems.push_back(fmt::format("{} is missing", name));
      return;
    }
    try {
      const Resource resource = parse(options);
      if (name != "SRC" || !resource.format || resource.format == Format::csv) return;
      if (options.sample > 0 && resource.format != Format::json)
        problems.push_back(fmt::format("{}: --sample is for CSV and JSON lines", printable(resource.name)));
      if (options.why && resource.format != Format::json)
        problems.push_back(fmt::format("{}: --why is for CSV and JSON lines", printable(resource.name)));
      if (!options.columns.empty())
        problems.push_back(fmt::format("{}: --columns is for CSV without a header", printable(resource.name)));
      if (!options.null_as.empty())
        problems.push_back(fmt::format("{}: --null-as is for CSV", printable(resource.name)));
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::invalid) throw;
      problems.emplace_back(e.what());
    }
  };
  if (options.route < 1) problems.emplace_back("--route 0: routes are counted from 1");
  if (options.stream != nullptr) {
    check_stream(options, problems);
  } else {
    collect(options.source, "SRC", source_of);
  }
  collect(options.destination, "DST", destination_of);
  return problems;
}

MovePlan plan_move(const MoveOptions& options, const MoveContext& context) {
  return plan_of(prepare(options, context));
}

MoveOutcome move(const MoveOptions& options, const MoveContext& context,
                 const std::function<void(const MoveProgress&)>& on_progress) {
  const auto start = std::chrono::steady_clock::now();
  Batches stream;
  if (options.stream != nullptr) stream = columnar::batches_of(*options.stream, options.stream_name);
  const Prepared prepared = prepare(options, context);
  MoveOutcome outcome{.plan = plan_of(prepared)};
  Job job{.options = options,
          .context = context,
          .on_progress = on_progress ? on_progress : [](const MoveProgress&) {},
          .outcome = outcome,
          .stream = std::move(stream),
          .source = &prepared.source()};
  if (options.dry_run) {
    say_steps(prepared, job);
  } else {
    run(prepared, job);
  }
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return outcome;
}

}  // namespace penstock
