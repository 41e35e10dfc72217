// MB of input a second through one thread: cutting, parsing, converting and encoding, without S3 and PostgreSQL.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <random>

#include "endpoint/copy/testing/loading.h"

namespace penstock::endpoint {
namespace {

constexpr std::size_t kBytes = 32 << 20;
constexpr std::string_view kTable =
    "id int8 not null, name varchar(40), amount numeric(12,2), quantity int4, price float8, active bool, day date, "
    "at timestamp, note varchar(200), code char(4)";

struct Sample {
  std::string csv, quoted_csv, delimited, json;
};

// The same rows in each format.
const Sample& sample() {
  static const Sample made = [] {
    Sample text;
    std::mt19937 random(11);
    for (int i = 0; text.csv.size() < kBytes; ++i) {
      const auto amount = fmt::format("{}.{:02}", random() % 100'000, random() % 100);
      const auto price = fmt::format("{}.{:03}", random() % 1000, random() % 1000);
      const auto day = fmt::format("20{:02}-{:02}-{:02}", random() % 25, 1 + random() % 12, 1 + random() % 28);
      const auto at = fmt::format("{} {:02}:{:02}:{:02}", day, random() % 24, random() % 60, random() % 60);
      const unsigned quantity = random() % 1000;
      const char* active = random() % 2 == 0 ? "t" : "f";
      const std::string note(20 + random() % 40, 'n');
      const auto line = [&](char delimiter, std::string_view quote) {
        return fmt::format("{1}{0}{2}name {1}{2}{0}{3}{0}{4}{0}{5}{0}{6}{0}{7}{0}{8}{0}{2}{9}{2}{0}{2}c{10}{2}\n",
                           delimiter, i, quote, amount, quantity, price, active, day, at, note, i % 1000);
      };
      text.csv += line(',', "");
      text.quoted_csv += line(',', "\"");
      text.delimited += line('|', "");
      text.json += fmt::format(
          R"({{"id": {}, "name": "name {}", "amount": {}, "quantity": {}, "price": {}, "active": "{}", "day": "{}", "at": "{}", "note": "{}", "code": "c{}"}})"
          "\n",
          i, i, amount, quantity, price, active, day, at, note, i % 1000);
    }
    return text;
  }();
  return made;
}

void load(benchmark::State& state, std::string_view options, const std::string& bytes) {
  const TargetTable table = testing::table_of(kTable);
  const CopyStatement statement = testing::statement_of(options);
  std::uint64_t rows = 0;
  for ([[maybe_unused]] auto _ : state) rows += testing::parse_object(statement, table, bytes);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes.size()));
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
}

void csv(benchmark::State& state) { load(state, "csv", sample().csv); }
void csv_with_quotes(benchmark::State& state) { load(state, "csv", sample().quoted_csv); }
void delimited(benchmark::State& state) { load(state, "delimiter '|'", sample().delimited); }
void json(benchmark::State& state) { load(state, "json 'auto'", sample().json); }

BENCHMARK(csv)->Unit(benchmark::kMillisecond);
BENCHMARK(csv_with_quotes)->Unit(benchmark::kMillisecond);
BENCHMARK(delimited)->Unit(benchmark::kMillisecond);
BENCHMARK(json)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace penstock::endpoint
