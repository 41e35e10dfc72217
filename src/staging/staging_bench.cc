#include <benchmark/benchmark.h>

#include <string>

#include "staging/bench_source.h"
#include "staging/pipeline.h"
#include "staging/splitter.h"

namespace penstock::staging {
namespace {

void index_text(benchmark::State& state, CsvIndexer::Kernel kernel) {
  const std::string text = bench_table(16 << 20);
  std::vector<CsvBlock> blocks(64);
  for ([[maybe_unused]] auto _ : state) {
    CsvIndexer indexer({}, kernel);
    for (std::size_t at = 0; at + 4096 <= text.size(); at += 4096) {
      indexer.index(std::string_view(text).substr(at, 4096), blocks);
      benchmark::DoNotOptimize(blocks.data());
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK_CAPTURE(index_text, fastest, CsvIndexer::Kernel::fastest);
BENCHMARK_CAPTURE(index_text, scalar, CsvIndexer::Kernel::scalar);

void split_text(benchmark::State& state) {
  const std::string text = bench_table(64 << 20);
  for ([[maybe_unused]] auto _ : state) {
    Borrowed reader(text);
    Splitter splitter(reader, "bench", {.dialect = CsvDialect{}});
    Chunk chunk;
    while (splitter.next(chunk)) benchmark::DoNotOptimize(chunk.end);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(split_text);

void stage_text(benchmark::State& state) {
  Chunk chunk;
  chunk.buffer.append(bench_table(4 << 20));
  chunk.end = chunk.buffer.size();
  const auto text = staged_text(CsvShape{.fields = 7, .with_position = state.range(0) != 0});
  Buffer out;
  for ([[maybe_unused]] auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(text->append(chunk, "bench", 1, out));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(chunk.end));
}
BENCHMARK(stage_text)->ArgName("position")->Arg(0)->Arg(1);

// All of it, but for S3: into memory.
void stage_all(benchmark::State& state, Compression compression) {
  const std::string text = bench_table(256 << 20);
  for ([[maybe_unused]] auto _ : state) {
    const auto buckets = open_memory();
    buckets->create_bucket("bucket");
    const auto store = buckets->open("bucket");
    const Input inputs[] = {{.name = "bench", .open = [&] { return std::make_unique<Borrowed>(text); }}};
    benchmark::DoNotOptimize(stage(
        inputs, *store, "p/", {.shape = CsvShape{.fields = 7, .with_position = true}, .compression = compression}, {}));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK_CAPTURE(stage_all, none, Compression::none)->UseRealTime();
BENCHMARK_CAPTURE(stage_all, gzip, Compression::gzip)->UseRealTime();
BENCHMARK_CAPTURE(stage_all, zstd, Compression::zstd)->UseRealTime();

}  // namespace
}  // namespace penstock::staging
