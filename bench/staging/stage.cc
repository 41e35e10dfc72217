// stage FILE BUCKET PREFIX [zstd|gzip|none [MiB]]: a CSV without a header, staged as an upsert stages it, and nothing
// else. FILE - is stdin. Says as JSON what was staged, how long it took, and what memory it took at most.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "penstock/environment.h"
#include "penstock/store.h"
#include "program.h"
#include "staging/pipeline.h"

namespace {

using namespace penstock;

class FileReader final : public ObjectReader {
 public:
  explicit FileReader(const std::string& path)
      : fd_(path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const ssize_t count = ::read(fd_, buffer.data(), buffer.size());
    if (count < 0) throw std::runtime_error("the file can't be read");
    return static_cast<std::size_t>(count);
  }

 private:
  const int fd_;  // closed with the process
};

Compression compression_named(const std::string& name) {
  if (name == "zstd") return Compression::zstd;
  if (name == "gzip") return Compression::gzip;
  if (name == "none") return Compression::none;
  throw std::runtime_error("there is no codec " + name);
}

void run(const std::string& file, const std::string& bucket, const std::string& prefix, const std::string& codec,
         std::size_t memory) {
  Warnings log;
  const auto buckets = open_buckets(process_environment, log);
  const auto store = buckets->open(bucket);
  // as many fields as the benchmark's file has
  const staging::StageOptions options{
      .shape = staging::CsvShape{.fields = 10}, .compression = compression_named(codec), .memory = memory};
  const std::vector<staging::Input> inputs{{.name = file, .open = [&] { return std::make_unique<FileReader>(file); }}};
  const auto started = std::chrono::steady_clock::now();
  const auto staged = staging::stage(inputs, *store, prefix, options, {});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  fmt::print(R"({{"records": {}, "bytes": {}, "stored": {}, "parts": {}, "seconds": {:.3f}, "peak_mib": {}}})"
             "\n",
             staged.records, staged.bytes_read, staged.bytes_stored(), staged.parts.size(), seconds, peak_mebibytes());
}

}  // namespace

int main(int count, char** words) {
  if (count < 4 || count > 6) {
    fmt::print(stderr, "stage FILE BUCKET PREFIX [zstd|gzip|none [MiB]]\n");
    return 2;
  }
  try {
    run(words[1], words[2], words[3], count > 4 ? words[4] : "zstd",
        (count > 5 ? std::stoul(words[5]) : std::size_t{256}) << 20);
    return 0;
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
