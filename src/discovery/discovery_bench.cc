#include <benchmark/benchmark.h>

#include <string>

#include "discovery/discover.h"

namespace penstock::discovery {
namespace {

// Records as they are: numbers, dates, text, now and then a long quoted one with a newline.
std::string table(std::size_t bytes) {
  std::string text;
  text.reserve(bytes + 1000);
  for (unsigned i = 0; text.size() < bytes; ++i) {
    text += std::to_string(i) + ",2013-01-" + std::to_string(10 + i % 20) + "," +
            std::to_string((i * 2654435761U) % 100'000) + ".25,,name of " + std::to_string(i % 977) + ",t,";
    text += i % 12 == 0 ? "\"a note, of\ntwo lines\"\n" : "plain\n";
  }
  return text;
}

std::string objects(std::size_t bytes) {
  std::string text;
  for (unsigned i = 0; text.size() < bytes; ++i) {
    text += "{\"id\":" + std::to_string(i) + ",\"day\":\"2013-01-01\",\"amount\":" + std::to_string(i % 1000) +
            ".25,\"name\":\"name of " + std::to_string(i % 977) + "\",\"flag\":true}\n";
  }
  return text;
}

// A text that is read without being copied first.
class Borrowed final : public ObjectReader {
 public:
  explicit Borrowed(const std::string& text) : text_(text) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t count = text_.copy(reinterpret_cast<char*>(buffer.data()), buffer.size(), at_);
    at_ += count;
    return count;
  }

 private:
  const std::string& text_;
  std::size_t at_ = 0;
};

void discover_text(benchmark::State& state, const std::string& text, const DiscoverOptions& options) {
  const staging::Input inputs[] = {{.name = "bench", .open = [&] { return std::make_unique<Borrowed>(text); }}};
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(discover(inputs, options, {}));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void discover_csv(benchmark::State& state) {
  const std::string text = table(256 << 20);
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
