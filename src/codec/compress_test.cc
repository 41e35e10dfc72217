#include "codec/compress.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "codec/decompress.h"

namespace penstock {
namespace {

std::string compressed(Compression codec, std::string_view text, std::size_t piece) {
  std::string out;
  const auto to = compressor(codec, [&](std::span<const std::byte> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  for (std::size_t at = 0; at < text.size(); at += piece) to->write(std::as_bytes(std::span(text.substr(at, piece))));
  to->finish();
  return out;
}

// What another program makes of it.
std::string unpacked_by(const std::string& tool, const std::string& bytes) {
  const std::string path = ::testing::TempDir() + "/compress_test_" + std::to_string(::getpid());
  std::ofstream(path, std::ios::binary) << bytes;
  std::FILE* pipe = ::popen((tool + " < " + path).c_str(), "r");
  std::string out;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer.data(), n);
  EXPECT_EQ(::pclose(pipe), 0) << tool;
  std::filesystem::remove(path);
  return out;
}

class Held final : public ObjectReader {
 public:
  explicit Held(std::string_view bytes) : rest_(std::as_bytes(std::span(bytes))) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const auto n = std::min(buffer.size(), rest_.size());
    std::ranges::copy(rest_.first(n), buffer.begin());
    rest_ = rest_.subspan(n);
    return n;
  }

 private:
  std::span<const std::byte> rest_;
};

// Where there is no other program for sure: our own reader, which is tested with what other programs wrote.
std::string unpacked_by_us(Codec codec, const std::string& bytes) {
  const auto reader = decompressed(std::make_unique<Held>(bytes), codec, "it");
  std::string out;
  std::array<std::byte, 4096> buffer{};
  for (std::size_t n = 0; (n = reader->read(buffer)) > 0;) {
    out.append(reinterpret_cast<const char*>(buffer.data()), n);
  }
  return out;
}

std::string text_of(std::size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) text += std::to_string(random() % 1000) + "|";
  text.resize(size);
  return text;
}

using Unpack = std::string (*)(const std::string&);

struct Case {
  Compression codec;
  Unpack unpacked;
};

class Compressors : public ::testing::TestWithParam<Case> {};

TEST_P(Compressors, WriteWhatOthersRead) {
  for (const std::size_t size : {0, 1, 100, 1'000'000}) {
    const std::string text = text_of(size);
    for (const std::size_t piece : {977, 65'536, 10'000'000}) {
      EXPECT_EQ(GetParam().unpacked(compressed(GetParam().codec, text, piece)), text) << size << " by " << piece;
    }
  }
}

TEST_P(Compressors, MakeItSmaller) {
  const auto size = compressed(GetParam().codec, text_of(1'000'000), 65'536).size();
  if (GetParam().codec == Compression::none) {
    EXPECT_EQ(size, 1'000'000U);
  } else {
    EXPECT_LT(size, 600'000U);
  }
}

constexpr auto* kBzip2 =
    "python3 -c 'import bz2, sys; sys.stdout.buffer.write(bz2.decompress(sys.stdin.buffer.read()))'";

INSTANTIATE_TEST_SUITE_P(
    All, Compressors,
    ::testing::Values(Case{Compression::none, [](const auto& bytes) { return bytes; }},
                      Case{Compression::gzip, [](const auto& bytes) { return unpacked_by("gzip -dc", bytes); }},
                      Case{Compression::zstd, [](const auto& bytes) { return unpacked_by_us(Codec::zstd, bytes); }},
                      Case{Compression::bzip2, [](const auto& bytes) { return unpacked_by(kBzip2, bytes); }}));

}  // namespace
}  // namespace penstock
