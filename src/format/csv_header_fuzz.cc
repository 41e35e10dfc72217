// The first record is the same whatever the steps of the reader.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "format/csv_header.h"
#include "penstock/error.h"

namespace {

class BytesReader final : public penstock::ObjectReader {
 public:
  BytesReader(std::span<const std::uint8_t> bytes, std::size_t step) : rest_(bytes), step_(step) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t size = std::min({buffer.size(), step_, rest_.size()});
    std::memcpy(buffer.data(), rest_.data(), size);
    rest_ = rest_.subspan(size);
    return size;
  }

 private:
  std::span<const std::uint8_t> rest_;
  std::size_t step_;
};

// nullopt: refused.
std::optional<std::vector<std::string>> fields_of(std::span<const std::uint8_t> bytes, std::size_t step) {
  BytesReader reader(bytes, step);
  try {
    const auto record = penstock::format::first_csv_record(reader, ',', "fuzz");
    return record ? record->fields : std::vector<std::string>();
  } catch (const penstock::Error& e) {
    if (e.kind() != penstock::ErrorKind::refused) throw;
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  if (fields_of(bytes, 1) != fields_of(bytes, 1 << 20)) std::abort();
  return 0;
}
