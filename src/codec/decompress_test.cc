#include "codec/decompress.h"

#include <bzlib.h>
#include <gmock/gmock.h>
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <lzo/lzo1x.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "codec/lzo1x.h"
#include "penstock/error.h"

namespace penstock {
namespace {

using ::testing::HasSubstr;

// Gives at most `step` bytes a read.
class Bytes final : public ObjectReader {
 public:
  Bytes(std::string bytes, std::size_t step) : bytes_(std::move(bytes)), step_(step) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t n = std::min({buffer.size(), step_, bytes_.size() - at_});
    std::memcpy(buffer.data(), bytes_.data() + at_, n);
    at_ += n;
    return n;
  }

 private:
  std::string bytes_;
  std::size_t step_;
  std::size_t at_ = 0;
};

std::string gzip(std::string text) {
  isal_zstream stream{};
  isal_deflate_init(&stream);
  std::string out(text.size() + 1024, '\0');
  stream.gzip_flag = IGZIP_GZIP;
  stream.end_of_stream = 1;
  stream.next_in = reinterpret_cast<std::uint8_t*>(text.data());
  stream.avail_in = static_cast<std::uint32_t>(text.size());
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = static_cast<std::uint32_t>(out.size());
  EXPECT_EQ(isal_deflate_stateless(&stream), COMP_OK);
  out.resize(stream.total_out);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  out.resize(ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  return out;
}

struct Sizes {
  std::size_t input_step = 1 << 20;
  std::size_t output_step = 1 << 16;
};

std::string read_through(const std::string& compressed, Codec codec, Sizes sizes = {}) {
  const auto reader = decompressed(std::make_unique<Bytes>(compressed, sizes.input_step), codec, "s3://b/k");
  std::string out;
  std::vector<std::byte> buffer(sizes.output_step);
  while (const std::size_t n = reader->read(buffer)) out.append(reinterpret_cast<const char*>(buffer.data()), n);
  return out;
}

std::string refusal(const std::string& compressed, Codec codec, Sizes sizes = {}) {
  try {
    read_through(compressed, codec, sizes);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::refused);
    return error.what();
  }
  return "read without complaint";
}

std::string bzip2(std::string text) {
  std::string out(text.size() + text.size() / 100 + 600, '\0');
  auto size = static_cast<unsigned>(out.size());
  EXPECT_EQ(BZ2_bzBuffToBuffCompress(out.data(), &size, text.data(), static_cast<unsigned>(text.size()), 1, 0, 0),
            BZ_OK);
  out.resize(size);
  return out;
}

// A file as lzop writes it, in blocks that are smaller than its own.
std::string lzop(const std::string& text) {
  const auto number = [](std::size_t value, int bytes) {
    std::string out;
    while (bytes-- > 0) out += static_cast<char>(value >> (8 * bytes));
    return out;
  };
  const auto crc = [](const std::string& bytes) {
    return crc32_gzip_refl(0, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  };
  constexpr std::uint32_t kCrcOfData = 0x100, kCrcOfHeader = 0x1000;
  const std::string header = number(0x1040, 2) + number(0x20a0, 2) + number(0x0940, 2) + number(1, 1) + number(5, 1) +
                             number(kCrcOfData | kCrcOfHeader, 4) + std::string(12, '\0') + number(1, 1) + "k";
  std::string out = std::string("\x89LZO\0\r\n\x1a\n", 9) + header + number(crc(header), 4);
  constexpr std::size_t kBlock = 8000;
  std::string memory(LZO1X_1_MEM_COMPRESS, '\0');
  for (std::size_t at = 0; at < text.size(); at += kBlock) {
    std::string block = text.substr(at, kBlock), packed(2 * kBlock, '\0');
    lzo_uint size = packed.size();
    EXPECT_EQ(lzo1x_1_compress(reinterpret_cast<lzo_bytep>(block.data()), block.size(),
                               reinterpret_cast<lzo_bytep>(packed.data()), &size, memory.data()),
              LZO_E_OK);
    packed.resize(size);
    if (packed.size() >= block.size()) packed = block;
    out += number(block.size(), 4) + number(packed.size(), 4) + number(crc(block), 4) + packed;
  }
  return out + number(0, 4);
}

std::string bytes_of_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

std::string sample(std::size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) text += "line " + std::to_string(random() % 100'000) + ",\"some text\"\n";
  text.resize(size);
  return text;
}

struct Case {
  std::string name;
  Codec codec;
  std::string (*compress)(const std::string&);
};

class EachCodec : public ::testing::TestWithParam<Case> {
 protected:
  Codec codec_ = GetParam().codec;
  std::string compress(const std::string& text) const { return GetParam().compress(text); }
};

INSTANTIATE_TEST_SUITE_P(Decompress, EachCodec,
                         ::testing::Values(Case{"gzip", Codec::gzip, [](const std::string& t) { return gzip(t); }},
                                           Case{"zstd", Codec::zstd, [](const std::string& t) { return zstd(t); }},
                                           Case{"bzip2", Codec::bzip2, [](const std::string& t) { return bzip2(t); }},
                                           Case{"lzop", Codec::lzop, [](const std::string& t) { return lzop(t); }}),
                         [](const auto& info) { return info.param.name; });

TEST_P(EachCodec, GivesBackWhatWasCompressedAtAnySizeOfBuffers) {
  const std::string text = sample(200'000);
  const std::string compressed = compress(text);
  for (const Sizes sizes : {Sizes{1, 1 << 16}, Sizes{7, 5}, Sizes{1 << 20, 1}, Sizes{1 << 20, 1 << 20}}) {
    EXPECT_EQ(read_through(compressed, codec_, sizes), text) << sizes.input_step << " " << sizes.output_step;
  }
}

TEST_P(EachCodec, JoinsStreamsThatFollowEachOther) {
  const std::string one = sample(70'000), two = "two", none;
  const std::string compressed = compress(one) + compress(none) + compress(two) + compress(none);
  for (const Sizes sizes : {Sizes{1, 1 << 16}, Sizes{3, 1}, Sizes{}}) {
    EXPECT_EQ(read_through(compressed, codec_, sizes), one + two) << sizes.input_step;
  }
}

TEST_P(EachCodec, TakesAnObjectOfNoBytesAsEmpty) { EXPECT_EQ(read_through("", codec_), ""); }

TEST_P(EachCodec, RefusesAnObjectThatIsCutOffAnywhere) {
  const std::string compressed = compress(sample(3'000));
  for (std::size_t size = 1; size < compressed.size(); ++size) {
    EXPECT_THAT(refusal(compressed.substr(0, size), codec_), HasSubstr("s3://b/k is cut off")) << size;
  }
  const std::string two = compressed + compressed.substr(0, compressed.size() / 2);
  EXPECT_THAT(refusal(two, codec_), HasSubstr("is cut off"));
}

TEST_P(EachCodec, RefusesWhatIsNotOfItsCodec) {
  EXPECT_THAT(refusal("id,name\n1,a\n2,b\n3,c\n", codec_), HasSubstr("s3://b/k is not "));
  EXPECT_THAT(refusal("1,ab\n", codec_), HasSubstr("s3://b/k is not ")) << "too short for any header";
  EXPECT_THAT(refusal(compress("a") + "id,name\n1,a\n2,b\n", codec_), HasSubstr("has bytes behind its "));
}

TEST_P(EachCodec, RefusesDamage) {
  std::string compressed = compress(sample(30'000));
  const std::size_t end_mark = codec_ == Codec::lzop ? 4 : 0;
  compressed[compressed.size() - end_mark - 3] ^= 0x20;
  EXPECT_THAT(refusal(compressed, codec_), HasSubstr("s3://b/k is damaged"));
}

TEST_P(EachCodec, SurvivesEveryFlippedByte) {
  const std::string text = sample(2'000);
  const std::string compressed = compress(text);
  for (std::size_t at = 0; at < compressed.size(); ++at) {
    std::string damaged = compressed;
    damaged[at] = static_cast<char>(~damaged[at]);
    refusal(damaged, codec_, {64, 64});  // any answer will do (a flipped time stamp is no damage), a crash will not
  }
}

TEST_P(EachCodec, IsAtItsEndAfterAnError) {
  const auto reader = decompressed(std::make_unique<Bytes>("garbage, garbage", 100), codec_, "x");
  std::byte buffer[10];
  EXPECT_THROW(reader->read(buffer), Error);
  EXPECT_EQ(reader->read(buffer), 0u);
}

TEST(Zstd, RefusesAWindowThatTakesAllMemory) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 28);
  std::string out(1 << 20, '\0');
  const std::string text = sample(1'000);
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  ASSERT_FALSE(ZSTD_isError(ZSTD_compressStream2(context, &to, &in, ZSTD_e_flush)));
  ASSERT_EQ(ZSTD_compressStream2(context, &to, &in, ZSTD_e_end), 0u);
  ZSTD_freeCCtx(context);
  out.resize(to.pos);
  EXPECT_THAT(refusal(out, Codec::zstd), HasSubstr("needs a zstd window beyond 128 MiB"));
}

TEST(Lzop, ReadsWhatLzopItselfWrites) {
  std::string ten;
  for (int i = 0; i < 10; ++i) ten += "one,1\n";
  const std::string with_name = bytes_of_hex(
      "894c5a4f000d0a1a0a104020a00940010503000009000081a46b01b21a0000000009635f6f6e652e747874684807640000003c0000002109"
      "40109b036f6e652c310a200314000f6f6e652c310a6f6e652c310a6f6e652c310a11000000000000");
  EXPECT_EQ(read_through(with_name, Codec::lzop), ten);
  const std::string with_crc = bytes_of_hex(
      "894c5a4f000d0a1a0a104020a0100103090300110c000081a46b01b21a0000000000b25415470000003c0000000e7775c17e176f6e652c31"
      "0a2015140011000000000000");
  EXPECT_EQ(read_through(with_crc + with_name, Codec::lzop), ten + ten);
}

TEST(Lzop, ReadsBlocksThatCouldNotBeMadeSmaller) {
  std::mt19937 random(7);
  std::string noise(50'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  EXPECT_EQ(read_through(lzop(noise), Codec::lzop, {1000, 777}), noise);
}

TEST(Lzop, TakesWhatEveryLevelWrites) {
  // long runs, far matches, matches that overlap themselves
  std::string text = sample(60'000) + std::string(70'000, 'x') + sample(60'000) + std::string(40'000, '\0');
  std::string packed(2 * text.size(), '\0'), memory(LZO1X_999_MEM_COMPRESS, '\0'), out(text.size(), '\0');
  for (int level = 1; level <= 9; ++level) {
    lzo_uint size = packed.size();
    ASSERT_EQ(lzo1x_999_compress_level(reinterpret_cast<lzo_bytep>(text.data()), text.size(),
                                       reinterpret_cast<lzo_bytep>(packed.data()), &size, memory.data(), nullptr, 0,
                                       nullptr, level),
              LZO_E_OK);
    const auto bytes = std::as_bytes(std::span(packed)).first(size);
    EXPECT_TRUE(decompress_lzo1x(bytes, std::as_writable_bytes(std::span(out)))) << level;
    EXPECT_EQ(out, text) << level;
    EXPECT_FALSE(decompress_lzo1x(bytes.first(size - 1), std::as_writable_bytes(std::span(out)))) << level;
    EXPECT_FALSE(decompress_lzo1x(bytes, std::as_writable_bytes(std::span(out)).first(out.size() - 1))) << level;
  }
}

TEST(Lzop, RefusesFilters) {
  std::string file = lzop("abc");
  constexpr std::size_t kFlags = 9 + 8;
  file[kFlags + 2] = static_cast<char>(0x09);
  EXPECT_THAT(refusal(file, Codec::lzop), HasSubstr("was made with lzop --filter"));
}

TEST(Codec, IsKnownByTheEndOfTheName) {
  EXPECT_EQ(codec_of("a/b.csv.gz"), Codec::gzip);
  EXPECT_EQ(codec_of("a/b.csv.GZ"), Codec::gzip);
  EXPECT_EQ(codec_of("b.json.zst"), Codec::zstd);
  EXPECT_EQ(codec_of("b.json.zstd"), Codec::zstd);
  EXPECT_EQ(codec_of("b.bz2"), Codec::bzip2);
  EXPECT_EQ(codec_of("b.LZO"), Codec::lzop);
  EXPECT_EQ(codec_of("b.csv"), Codec::none);
  EXPECT_EQ(codec_of(".gz"), Codec::none) << "a name, not an ending";
}

TEST(Decompressed, LeavesPlainObjectsAlone) { EXPECT_EQ(read_through("a\x1f\x8b", Codec::none), "a\x1f\x8b"); }

}  // namespace
}  // namespace penstock
