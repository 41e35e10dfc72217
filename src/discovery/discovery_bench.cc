#include <benchmark/benchmark.h>

#include <string>

#include "discovery/discover.h"
#include "staging/bench_source.h"

namespace penstock::discovery {
namespace {

std::string objects(std::size_t bytes) {
  std::string text;
  for (unsigned i = 0; text.size() < bytes; ++i) {
    text += "{\"id\":" + std::to_string(i) + ",\"day\":\"2013-01-01\",\"amount\":" + std::to_string(i % 1000) +
            ".25,\"name\":\"name of " + std::to_string(i % 977) + "\",\"flag\":true}\n";
  }
  return text;
}

void discover_text(benchmark::State& state, const std::string& text, const DiscoverOptions& options) {
  const staging::Input inputs[] = {
      {.name = "bench", .open = [&] { return std::make_unique<staging::Borrowed>(text); }}};
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(discover(inputs, options, {}));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void discover_csv(benchmark::State& state) {
  const std::string text = staging::bench_table(256 << 20);
  discover_text(state, text,
                {.shape = staging::CsvShape{.fields = 7},
                 .names = {"id", "day", "amount", "nothing", "name", "flag", "note"},
                 .workers = static_cast<unsigned>(state.range(0))});
}
BENCHMARK(discover_csv)->ArgName("workers")->Arg(1)->Arg(0)->UseRealTime();

void discover_json(benchmark::State& state) {
  const std::string text = objects(256 << 20);
  discover_text(state, text, {.shape = staging::JsonShape{}, .workers = static_cast<unsigned>(state.range(0))});
}
BENCHMARK(discover_json)->ArgName("workers")->Arg(1)->Arg(0)->UseRealTime();

}  // namespace
}  // namespace penstock::discovery
