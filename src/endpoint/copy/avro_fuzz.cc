// Avro files of any bytes, and blocks of any bytes in a good file: no crash, rows that PostgreSQL can read, and the
// same outcome wherever chunks are cut.
#include <cstddef>
#include <string>

#include "endpoint/copy/testing/loading.h"

namespace {

constexpr std::string_view kSchema =
    R"({"type":"record","name":"r","fields":[{"name":"i","type":["null","int"]},{"name":"s","type":"string"},
{"name":"n","type":{"type":"fixed","name":"x","size":2}},{"name":"b","type":"boolean"},{"name":"f","type":"double"},
{"name":"d","type":{"type":"map","values":{"type":"array","items":"r"}}},{"name":"c","type":"bytes"}]})";

std::string number(std::size_t value) {
  std::string out;
  for (value *= 2; value >= 0x80; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7f));
  return out + static_cast<char>(value);
}

std::string text(std::string_view bytes) { return number(bytes.size()) + std::string(bytes); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  constexpr std::string_view kCodecs[] = {"null", "deflate", "snappy"};
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string file(bytes);
  if (data[0] % 4 != 3) {
    const std::string sync(16, 's');
    file = std::string("Obj\1", 4) + number(2) + text("avro.schema") + text(kSchema) + text("avro.codec") +
           text(kCodecs[data[0] % 4]) + number(0) + sync + number(data[0] / 4) + text(bytes) + sync;
  }
  penstock::endpoint::testing::expect_same_in_any_chunks("format avro 'auto' ignoreallerrors", file);
  return 0;
}
