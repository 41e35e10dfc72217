// CSV as batches, by ours and by Arrow's own reader with the same types; one thread each, and all.
#include <arrow/buffer.h>
#include <arrow/csv/api.h>
#include <arrow/io/memory.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "columnar/fields.h"
#include "columnar/text_batches.h"
#include "staging/bench_source.h"

namespace penstock::columnar {
namespace {

constexpr std::size_t kBytes = 256 << 20;

std::vector<SourceColumn> columns() {
  std::vector<SourceColumn> out;
  for (const char* const type :
       {"int", "date", "numeric(12,2)", "varchar(16)", "varchar(32)", "boolean", "varchar(64)"}) {
    out.push_back({.name = "f" + std::to_string(out.size()),
                   .type = table::parse_type(type).value(),
                   .field = out.size(),
                   .member = "f" + std::to_string(out.size())});
  }
  return out;
}

void read(benchmark::State& state, const std::string& text, const staging::Shape& shape) {
  for ([[maybe_unused]] auto _ : state) {
    const staging::Input input{.name = "bench", .open = [&] { return std::make_unique<staging::Borrowed>(text); }};
    const auto batches = text_batches(
        {input}, {.shape = shape, .columns = columns(), .workers = static_cast<unsigned>(state.range(0))}, {});
    while (const auto batch = batches->next()) benchmark::DoNotOptimize(batch.get());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void csv(benchmark::State& state) { read(state, staging::bench_table(kBytes), staging::CsvShape{.fields = 7}); }
BENCHMARK(csv)->ArgName("workers")->Arg(1)->Arg(0)->UseRealTime()->Unit(benchmark::kMillisecond);

void json(benchmark::State& state) {
  std::string text;
  for (unsigned i = 0; text.size() < kBytes; ++i) {
    const std::string number = std::to_string(i);
    text += R"({"f0":)" + number + R"(,"f1":"2013-01-01","f2":)" + number + R"(.25,"f4":"name of )" + number +
            R"(","f5":true,"f6":"a note, of\ntwo lines"})" + "\n";
  }
  read(state, text, staging::JsonShape{});
}
BENCHMARK(json)->ArgName("workers")->Arg(1)->Arg(0)->UseRealTime()->Unit(benchmark::kMillisecond);

// What it has in place of ours: no spellings of COPY's, no check of quotes, no lines in what it refuses.
void arrow_csv(benchmark::State& state) {
  const std::string text = staging::bench_table(kBytes);
  auto reading = arrow::csv::ReadOptions::Defaults();
  reading.autogenerate_column_names = true;
  reading.use_threads = state.range(0) == 0;
  auto parsing = arrow::csv::ParseOptions::Defaults();
  parsing.newlines_in_values = true;
  auto converting = arrow::csv::ConvertOptions::Defaults();
  converting.null_values = {""};
  converting.true_values = {"t"};
  converting.false_values = {"f"};
  for (const SourceColumn& column : columns()) {
    converting.column_types[column.name] = field_of(column.name, column.type)->type();
  }
  for ([[maybe_unused]] auto _ : state) {
    const auto input = std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(text));
    const auto reader =
        arrow::csv::TableReader::Make(arrow::io::default_io_context(), input, reading, parsing, converting)
            .ValueOrDie();
    benchmark::DoNotOptimize(reader->Read().ValueOrDie()->num_rows());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(arrow_csv)->ArgName("workers")->Arg(1)->Arg(0)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace penstock::columnar
