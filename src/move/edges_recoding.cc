// Text from one codec to another: what is in it stays as it is, byte for byte.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "base/in_parallel.h"
#include "base/text.h"
#include "codec/compress.h"
#include "move/edges.h"
#include "move/item_bytes.h"
#include "move/outlet.h"
#include "penstock/error.h"

namespace penstock::network {
namespace {

bool is_text(const Resource& resource) { return resource.format == Format::csv || resource.format == Format::json; }

bool recodes(const Resource& from, const Resource& to) {
  const bool fits = to.is_folder ? from.place != Place::standard : !from.is_many;
  return is_text(from) && fits && from.is_plain && !from.asks_types && from.format == to.format &&
         from.codec != to.codec && to.codec != Codec::lzop &&
         (from.format != Format::csv || from.delimiter == to.delimiter);
}

// "x/a.csv.gz" -> "x/a.csv.zst"
std::string recoded_name(std::string name, Codec to) {
  if (codec_of(name) != Codec::none) name.erase(name.rfind('.'));
  return name + std::string(end_of_name(to));
}

std::vector<std::string> names_of(const Resource& from, const Resource& to) {
  if (!to.is_folder) return {""};
  std::vector<std::string> names;
  for (const Item& item : from.items) names.push_back(recoded_name(item.below, to.codec));
  return names;
}

void recode(const Resource& from, const Resource& to, Job& job) {
  const auto names = names_of(from, to);
  Outlet outlet(to, job);
  outlet.claim(names);
  ItemBytes bytes(from, job);
  const std::size_t at_once = std::max(1U, std::thread::hardware_concurrency());
  in_parallel(names.size(), at_once, [&](std::size_t i) {
    const bool is_stdin = from.items.empty();
    const std::string& name = is_stdin ? from.name : from.items[i].name;
    const auto reader = decompressed(is_stdin ? bytes.open_stdin() : bytes.open(from.items[i]), from.codec, name);
    const auto sink = outlet.open(names[i]);
    const auto packed =
        compressor(compression_of(to.codec), [&](std::span<const std::byte> piece) { sink->write(piece); });
    pump(*reader, [&](std::span<const std::byte> piece) { packed->write(piece); });
    packed->finish();
    sink->commit();
  });
  outlet.finish();
}

std::vector<std::string> plan_recoding(const Resource* from, const Resource& to, Job& job) {
  const Outlet outlet(to, job);
  const auto names = names_of(*from, to);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < names.size(); ++i) {
    lines.push_back(fmt::format("write {} as {}", printable(from->items.empty() ? from->name : from->items[i].name),
                                printable(outlet.name_of(names[i]))));
  }
  if (std::ranges::any_of(names, is_name_of_part))
    std::ranges::move(plan_of_removal(outlet), std::back_inserter(lines));
  return lines;
}

}  // namespace

void add_recoding_edges(Network& network) {
  network.add({.how = "unpacked and packed, the text as it is",
               .cost = {0.03, 8e-9},
               .leads = [](const Resource* from, const Resource* to) { return recodes(*from, *to); },
               .run = Copy(recode),
               .plan = plan_recoding});
}

}  // namespace penstock::network
