#include "move/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <queue>
#include <utility>

namespace penstock::network {
namespace {

bool is_from_batches(const Edge& edge) { return std::holds_alternative<Write>(edge.run); }
bool is_to_batches(const Edge& edge) { return std::holds_alternative<Read>(edge.run); }

bool leads(const Edge& edge, const Stop& from, const Stop& to) {
  if (is_from_batches(edge) == from.resource.has_value() || is_to_batches(edge) == to.resource.has_value())
    return false;
  return edge.leads(from.get(), to.get());
}

bool has_visited(const Way& way, std::size_t stop) {
  return stop == 0 || std::ranges::any_of(way.steps, [&](const Step& step) { return step.to == stop; });
}

}  // namespace

void Network::add_copy(std::string how, Cost cost, std::function<bool(const Resource&, const Resource&)> leads,
                       Copy run) {
  edges_.push_back(
      {.how = std::move(how),
       .cost = cost,
       .leads = [leads = std::move(leads)](const Resource* from, const Resource* to) { return leads(*from, *to); },
       .run = std::move(run)});
}

void Network::add_read(std::string how, Cost cost, std::function<bool(const Resource&)> leads, Read run) {
  edges_.push_back({.how = std::move(how),
                    .cost = cost,
                    .leads = [leads = std::move(leads)](const Resource* from, const Resource*) { return leads(*from); },
                    .run = std::move(run)});
}

std::vector<Way> Network::cheapest(std::span<const Stop> stops, std::uint64_t bytes, std::size_t most) const {
  const auto costs_more = [](const Way& a, const Way& b) { return a.seconds > b.seconds; };
  std::priority_queue<Way, std::vector<Way>, decltype(costs_more)> begun(costs_more);
  begun.emplace();
  std::vector<Way> found;
  while (!begun.empty() && found.size() < most) {
    const Way way = begun.top();
    begun.pop();
    const std::size_t at = way.steps.empty() ? 0 : way.steps.back().to;
    if (at + 1 == stops.size()) {
      found.push_back(way);
      continue;
    }
    for (std::size_t to = 1; to < stops.size(); ++to) {
      if (has_visited(way, to)) continue;
      for (const Edge& edge : edges_) {
        if (!leads(edge, stops[at], stops[to])) continue;
        Way longer = way;
        longer.steps.push_back({&edge, to});
        longer.seconds += edge.cost.fixed + edge.cost.per_byte * static_cast<double>(bytes);
        begun.push(std::move(longer));
      }
    }
  }
  return found;
}

std::string in_words(const Stop& stop) {
  if (!stop.resource) return "batches";
  const Resource& resource = *stop.resource;
  if (resource.is_server())
    return fmt::format("{} {}", in_words(resource.place), resource.query.empty() ? "table" : "query");
  const std::string format =
      resource.format ? end_of_name(*resource.format, resource.delimiter, resource.codec).substr(1) : "";
  return fmt::format("{} {}{}", in_words(resource.place), format, resource.is_many ? " (several)" : "");
}

}  // namespace penstock::network
