// stage_query URI STREAMS BUCKET PREFIX: a table of PostgreSQL, staged as an upsert stages it, and nothing else. Says
// as JSON what was staged.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "penstock/environment.h"
#include "penstock/store.h"
#include "postgres/address.h"
#include "postgres/rows.h"
#include "program.h"
#include "staging/pipeline.h"

namespace {

using namespace penstock;

void run(const std::string& uri, unsigned streams, const std::string& bucket, const std::string& prefix) {
  Warnings log;
  const auto buckets = open_buckets(process_environment, log);
  const auto store = buckets->open(bucket);
  postgres::Rows rows(postgres::parse_address(uri), "", streams, {}, log);
  staging::PostgresShape shape;
  for (const postgres::Column& column : rows.columns()) {
    // as an upsert has it of columns that hold no infinities, which is most of them
    const bool is_text = column.type.starts_with("character") || column.type == "text" || column.type == "boolean";
    shape.fields.push_back(
        {.name = column.name,
         .value = is_text ? staging::PostgresField::Value::any : staging::PostgresField::Value::ordinary});
  }
  const staging::Input input{.name = rows.name(), .open = [&] { return rows.open(); }};
  const auto staged = staging::stage(std::span(&input, 1), *store, prefix, {.shape = std::move(shape)}, {});
  fmt::print(R"({{"records": {}, "bytes": {}, "stored": {}, "parts": {}, "streams": {}}})"
             "\n",
             staged.records, staged.bytes_read, staged.bytes_stored(), staged.parts.size(), rows.streams());
}

}  // namespace

int main(int count, char** words) {
  if (count != 5) {
    fmt::print(stderr, "stage_query URI STREAMS BUCKET PREFIX\n");
    return 2;
  }
  try {
    run(words[1], static_cast<unsigned>(std::stoul(words[2])), words[3], words[4]);
    return 0;
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
