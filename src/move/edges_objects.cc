// Files and objects byte for byte: from one place to another, their format and codec as they are.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "base/in_parallel.h"
#include "base/text.h"
#include "move/edges.h"
#include "move/item_bytes.h"
#include "move/outlet.h"
#include "penstock/error.h"

namespace penstock::network {
namespace {

constexpr std::size_t kAtOnce = 8;  // files or objects in flight

bool lies(const Resource& resource) { return resource.place == Place::local || resource.place == Place::s3; }
bool is_file(const Resource& resource) { return lies(resource) || resource.place == Place::standard; }

// What is several may become several; one may become one, or one in a folder.
bool fits(const Resource& from, const Resource& to) { return to.is_folder ? lies(from) : !from.is_many; }

bool is_same(const Resource& from, const Resource& to) {
  return is_file(from) && is_file(to) && fits(from, to) && from.is_plain && !from.asks_types &&
         from.format == to.format && from.codec == to.codec &&
         (from.format != Format::csv || from.delimiter == to.delimiter);
}

std::vector<std::string> names_of(const Resource& from, const Resource& to) {
  if (!to.is_folder) return {""};
  std::vector<std::string> names;
  for (const Item& item : from.items) names.push_back(item.below);
  return names;
}

void refuse_itself(const Resource& from, const Outlet& outlet, const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < from.items.size(); ++i) {
    if (from.items[i].name == outlet.name_of(names[i])) {
      throw Error(ErrorKind::invalid, fmt::format("{} is where it is to be moved to", printable(from.items[i].name)));
    }
  }
}

void copy_stdin(const Resource& from, const Resource& to, Job& job) {
  Outlet outlet(to, job);
  outlet.claim(std::vector<std::string>{""});
  ItemBytes bytes(from, job);
  const auto reader = bytes.open_stdin();
  const auto sink = outlet.open("");
  pump(*reader, [&](std::span<const std::byte> piece) { sink->write(piece); });
  sink->commit();
  outlet.finish();
}

void copy_bytes(const Resource& from, const Resource& to, Job& job) {
  if (from.place == Place::standard) return copy_stdin(from, to, job);
  const auto names = names_of(from, to);
  Outlet outlet(to, job);
  refuse_itself(from, outlet, names);
  outlet.claim(names);
  ItemBytes bytes(from, job);
  in_parallel(names.size(), to.place == Place::standard ? 1 : kAtOnce, [&](std::size_t i) {
    const auto reader = bytes.open(from.items[i]);
    const auto sink = outlet.open(names[i]);
    pump(*reader, [&](std::span<const std::byte> piece) { sink->write(piece); });
    sink->commit();
  });
  outlet.finish();
}

void copy_on_server(const Resource& from, const Resource& to, Job& job) {
  const auto names = names_of(from, to);
  Outlet outlet(to, job);
  refuse_itself(from, outlet, names);
  outlet.claim(names);
  ItemBytes bytes(from, job);
  in_parallel(names.size(), kAtOnce, [&](std::size_t i) {
    if (job.context.stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped while copying objects");
    const Item& item = from.items[i];
    outlet.appear(names[i], [&] {
      outlet.store().copy(item.object, bytes.store(), outlet.key_of(names[i]),
                          {.only_if_absent = outlet.existing() == Existing::refuse});
    });
    outlet.note(names[i], item.size);
    bytes.tell(item.size);
  });
  outlet.finish();
}

std::vector<std::string> plan_copy(const Resource* from, const Resource& to, Job& job) {
  const Outlet outlet(to, job);
  const auto names = names_of(*from, to);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < names.size(); ++i) {
    lines.push_back(fmt::format("copy {} to {}", printable(from->items.empty() ? from->name : from->items[i].name),
                                printable(outlet.name_of(names[i]))));
  }
  if (std::ranges::any_of(names, is_name_of_part))
    std::ranges::move(plan_of_removal(outlet), std::back_inserter(lines));
  return lines;
}

bool is_on_server(const Resource& from, const Resource& to) { return from.place == Place::s3 && to.place == Place::s3; }

}  // namespace

void add_object_edges(Network& network) {
  network.add({.how = "the server copies the objects",
               .cost = {0.01, 1e-9},
               .leads = [](const Resource* from,
                           const Resource* to) { return is_same(*from, *to) && is_on_server(*from, *to); },
               .run = Copy(copy_on_server),
               .plan = plan_copy});
  network.add({.how = "bytes as they are",
               .cost = {0.02, 4e-9},
               .leads = [](const Resource* from,
                           const Resource* to) { return is_same(*from, *to) && !is_on_server(*from, *to); },
               .run = Copy(copy_bytes),
               .plan = plan_copy});
}

}  // namespace penstock::network
