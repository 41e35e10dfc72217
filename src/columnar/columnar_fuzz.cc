// Parquet files of any bytes: no crash; records as staged text, or a refusal.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "columnar/parquet.h"
#include "penstock/error.h"
#include "store/file.h"

namespace penstock::columnar {
namespace {

constexpr std::size_t kMemory = 64 << 20;
constexpr std::uint64_t kEnough = 100'000;  // records: a few bytes can say very many

void read_all(const std::string& path) {
  const ParquetFile files[] = {look_at_parquet(path)};
  std::vector<Wanted> wanted;
  for (const ParquetColumn& column : files[0].columns) {
    if (column.table_type) wanted.push_back({.name = column.name, .into = column.table_type});
  }
  if (wanted.empty() || !misfits(files[0], wanted).empty()) return;
  staging::Buffer out;
  for (const staging::Input& input : parquet_inputs(files, wanted, kMemory)) {
    const auto batches = input.open_batches({.fields = wanted.size()}, 64 << 10);
    std::uint64_t records = 0;
    while (const auto batch = batches->next()) {
      while (const std::uint64_t count = batch->append(1, 64 << 10, out)) {
        if (out.view().back() != '\n') std::abort();
        records += count;
        out.clear();
      }
      if (records > kEnough) return;
    }
  }
}

}  // namespace
}  // namespace penstock::columnar

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const penstock::Fd file(::memfd_create("fuzz.parquet", MFD_CLOEXEC));
  if (!file || ::write(file.get(), data, size) != static_cast<ssize_t>(size)) std::abort();
  try {
    penstock::columnar::read_all("/proc/self/fd/" + std::to_string(file.get()));
  } catch (const penstock::Error& e) {
    if (e.kind() != penstock::ErrorKind::refused) std::abort();
  }
  return 0;
}
