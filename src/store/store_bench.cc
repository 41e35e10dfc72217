// How fast bytes go into a store and come out: a folder, and S3 through the client against versitygw ($VERSITYGW).
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "penstock/store.h"
#include "store/temp_folder.h"
#include "store/versitygw.h"

namespace penstock {
namespace {

std::unique_ptr<ObjectStore> bucket_of(Buckets& buckets) {
  buckets.create_bucket("bench");
  return buckets.open("bench");
}

struct OnFolder {
  TempFolder folder;
  std::unique_ptr<Buckets> buckets = open_folder(folder.path().string());
  std::unique_ptr<ObjectStore> store = bucket_of(*buckets);
};

struct OnS3 {
  Versitygw server;
  std::unique_ptr<Buckets> buckets = connect_s3(config(), silence());
  std::unique_ptr<ObjectStore> store = bucket_of(*buckets);

  [[nodiscard]] S3Config config() const {
    S3Config config = server.config();
    config.part_size = S3Config().part_size;
    return config;
  }
};

std::uint64_t drain(ObjectReader& reader) {
  std::vector<std::byte> buffer(1 << 20);
  std::uint64_t total = 0;
  while (const std::size_t got = reader.read(buffer)) total += got;
  return total;
}

template <typename On>
void put(benchmark::State& state) {
  On on;
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) write_all(*on.store, "k", bytes);
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

template <typename On>
void get(benchmark::State& state) {
  On on;
  const ObjectInfo object = write_all(*on.store, "k", std::string(static_cast<std::size_t>(state.range(0)), 'x'));
  for (auto _ : state) benchmark::DoNotOptimize(drain(*on.store->open(object)));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

template <typename On>
void list_a_thousand(benchmark::State& state) {
  On on;
  for (int i = 0; i < 1000; ++i) write_all(*on.store, "d/" + std::to_string(i), "x");
  for (auto _ : state) {
    const auto listing = on.store->list("");
    while (listing->next()) {
    }
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}

// What a short program pays once: a client, its first request, its end.
void connect_and_ask_once(benchmark::State& state) {
  OnS3 on;
  for ([[maybe_unused]] auto _ : state) connect_s3(on.config(), silence())->open("bench")->head("k");
}

constexpr std::int64_t kSmall = 4 << 10;
constexpr std::int64_t kLarge = 256 << 20;
BENCHMARK(put<OnFolder>)->Arg(kSmall)->Arg(kLarge)->UseRealTime();
BENCHMARK(put<OnS3>)->Arg(kSmall)->Arg(kLarge)->UseRealTime();
BENCHMARK(get<OnFolder>)->Arg(kSmall)->Arg(kLarge)->UseRealTime();
BENCHMARK(get<OnS3>)->Arg(kSmall)->Arg(kLarge)->UseRealTime();
BENCHMARK(list_a_thousand<OnFolder>)->UseRealTime();
BENCHMARK(list_a_thousand<OnS3>)->UseRealTime();
BENCHMARK(connect_and_ask_once)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace penstock
