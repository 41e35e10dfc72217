#include "endpoint/copy/avro_format.h"

#include <arrow/util/compression.h>
#include <fmt/format.h>
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "endpoint/copy/avro_schema.h"
#include "endpoint/copy/json_format.h"
#include "endpoint/copy/json_text.h"
#include "endpoint/copy/text_chunks.h"
#include "endpoint/copy/utf8_check.h"

namespace penstock::endpoint {
namespace {

constexpr std::string_view kUnexpectedEnd = "Invalid AVRO file found. Unexpected end of AVRO file.";

// What is wrong with the file; row errors carry it.
struct BrokenFile {
  std::string reason;
};

// Takes binary Avro apart; whoever reads beyond the end finds failed().
class AvroCursor {
 public:
  explicit AvroCursor(std::string_view bytes) noexcept : rest_(bytes) {}

  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

  std::int64_t number() noexcept {  // zigzag, seven bits a byte
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
    }
    failed_ = true;
    return 0;
  }
  std::string_view bytes(std::size_t size) noexcept {
    if (size > rest_.size()) {
      failed_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view sized_bytes() noexcept {
    const std::int64_t size = number();
    failed_ |= size < 0;
    return failed_ ? std::string_view() : bytes(static_cast<std::size_t>(size));
  }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

// Values as JSON text. False: the bytes are none of the type.
class AvroToJson {
 public:
  AvroToJson(AvroCursor& in, std::string& out) : in_(in), out_(out) {}

  bool value(const AvroType& type, int depth = 0) {
    if (depth > kMaxDepth || out_.size() > kMaxDocument) return false;
    switch (type.kind) {
      case AvroKind::null:
        out_ += "null";
        break;
      case AvroKind::boolean:
        out_ += in_.bytes(1) == std::string_view("\1") ? "true" : "false";
        break;
      case AvroKind::integer:
        fmt::format_to(std::back_inserter(out_), "{}", in_.number());
        break;
      case AvroKind::single:
        floating<float, std::uint32_t>();
        break;
      case AvroKind::real:
        floating<double, std::uint64_t>();
        break;
      case AvroKind::string:
        append_json_string(out_, in_.sized_bytes());
        break;
      case AvroKind::bytes:
        characters(in_.sized_bytes());
        break;
      case AvroKind::fixed:
        characters(in_.bytes(type.size));
        break;
      case AvroKind::enumeration:
        return symbol(type);
      case AvroKind::alternatives: {
        const auto branch = static_cast<std::uint64_t>(in_.number());
        return !in_.failed() && branch < type.branches.size() && value(*type.branches[branch], depth + 1);
      }
      case AvroKind::record:
        return record(type, depth);
      case AvroKind::array:
        return blocks('[', ']', [&] { return value(*type.branches[0], depth + 1); });
      case AvroKind::map:
        return blocks('{', '}', [&] {
          append_json_string(out_, in_.sized_bytes());
          out_ += ':';
          return value(*type.branches[0], depth + 1);
        });
    }
    return !in_.failed();
  }

 private:
  static constexpr int kMaxDepth = 100;
  static constexpr std::size_t kMaxDocument = 64 << 20;

  template <typename Float, typename Bits>
  void floating() {
    Bits bits = 0;  // the least byte first
    const std::string_view bytes = in_.bytes(sizeof bits);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bits |= static_cast<Bits>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    }
    const auto number = std::bit_cast<Float>(bits);
    fmt::format_to(std::back_inserter(out_), fmt::runtime(std::isfinite(number) ? "{}" : "\"{}\""), number);
  }

  void characters(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) append_utf8(text, static_cast<unsigned char>(c));
    append_json_string(out_, text);
  }

  bool symbol(const AvroType& type) {
    const auto index = static_cast<std::uint64_t>(in_.number());
    if (in_.failed() || index >= type.symbols.size()) return false;
    append_json_string(out_, type.symbols[index]);
    return true;
  }

  bool record(const AvroType& type, int depth) {
    out_ += '{';
    bool first = true;
    for (const auto& [name, field] : type.fields) {
      if (!std::exchange(first, false)) out_ += ',';
      append_json_string(out_, name);
      out_ += ':';
      if (!value(*field, depth + 1)) return false;
    }
    out_ += '}';
    return true;
  }

  // Blocks of so many entries; a negative number is followed by the size of the block. An empty one ends them.
  template <typename Entry>
  bool blocks(char open, char close, Entry entry) {
    out_ += open;
    bool first = true;
    for (std::int64_t count = in_.number(); count != 0; count = in_.number()) {
      if (count < 0) {
        in_.number();
        count = -std::max(count, -std::numeric_limits<std::int64_t>::max());
      }
      for (; count > 0 && !in_.failed(); --count) {
        if (!std::exchange(first, false)) out_ += ',';
        if (!entry()) return false;
      }
      if (in_.failed()) return false;
    }
    out_ += close;
    return !in_.failed();
  }

  AvroCursor& in_;
  std::string& out_;
};

// Reads an object file from its begin: header, then block after block.
class AvroFile {
 public:
  explicit AvroFile(std::unique_ptr<ObjectReader> bytes) : bytes_(std::move(bytes)) {}

  // nullptr: an object of no bytes.
  const AvroSchema* read_header() {
    if (peek_end()) return nullptr;
    if (take(4) != std::string_view("Obj\1", 4)) throw BrokenFile{"Invalid AVRO file found. Bad file type."};
    std::map<std::string, std::string, std::less<>> metadata;
    std::size_t size = 0;
    for (std::int64_t count = number(); count != 0; count = number()) {
      if (count < 0) number();
      for (count = std::abs(count); count > 0; --count) {
        std::string key = sized(kMostOfAHeader);
        std::string value = sized(kMostOfAHeader);
        size += key.size() + value.size();
        if (size > kMostOfAHeader) throw BrokenFile{"Invalid AVRO file found. AVRO header exceeds 1048576 bytes."};
        metadata[std::move(key)] = std::move(value);
      }
    }
    sync_ = take(kSync);
    if (const auto codec = metadata.find("avro.codec"); codec != metadata.end()) codec_ = codec->second;
    if (codec_ != "null" && codec_ != "deflate" && codec_ != "snappy") {
      throw BrokenFile{fmt::format("Invalid AVRO file found. Unsupported codec: {}", codec_.substr(0, 20))};
    }
    schema_ = AvroSchema::parse(metadata["avro.schema"]);
    if (!schema_) throw BrokenFile{"Invalid AVRO file found. Invalid schema."};
    if (schema_->root().kind != AvroKind::record) {
      throw BrokenFile{"Invalid AVRO file found. The type of the schema must be record."};
    }
    return &*schema_;
  }

  struct Block {
    std::int64_t records = 0;
    std::string bytes;
  };
  // nullopt: the file's end.
  std::optional<Block> next_block() {
    if (peek_end()) return std::nullopt;
    Block block{.records = number(), .bytes = {}};
    const std::string packed = sized(kMostOfABlock);
    block.bytes = unpacked(packed);
    constexpr std::size_t kMostOfNothing = 1 << 20;  // records that take no bytes
    if (block.records < 0 || static_cast<std::uint64_t>(block.records) > std::max(block.bytes.size(), kMostOfNothing)) {
      throw BrokenFile{"Invalid AVRO file found. A block has an impossible number of records."};
    }
    if (take(kSync) != sync_) throw BrokenFile{"Invalid AVRO file found. The sync marker of a block is wrong."};
    return block;
  }

 private:
  static constexpr std::size_t kSync = 16;
  static constexpr std::size_t kMostOfAHeader = 1 << 20;
  static constexpr std::size_t kMostOfABlock = 4 << 20;
  static constexpr std::size_t kMostUnpacked = 64 << 20;

  bool fill(std::size_t wanted) {  // buffer_ holds so many bytes behind at_
    if (buffer_.size() - at_ >= wanted) return true;
    buffer_.erase(0, at_);
    at_ = 0;
    while (buffer_.size() < wanted) {
      const std::size_t had = buffer_.size();
      buffer_.resize(had + kRead);
      const std::size_t n = bytes_->read(std::as_writable_bytes(std::span(buffer_)).subspan(had));
      buffer_.resize(had + n);
      if (n == 0) return false;
    }
    return true;
  }
  bool peek_end() { return !fill(1); }

  std::string take(std::size_t size) {
    if (!fill(size)) throw BrokenFile{std::string(kUnexpectedEnd)};
    std::string taken = buffer_.substr(at_, size);
    at_ += size;
    return taken;
  }
  std::int64_t number() {
    std::string bytes;
    constexpr std::size_t kMostBytes = 10;
    do {
      bytes += take(1);
    } while (static_cast<unsigned char>(bytes.back()) >= 0x80 && bytes.size() < kMostBytes);
    AvroCursor cursor(bytes);
    const std::int64_t value = cursor.number();
    if (cursor.failed() || value == std::numeric_limits<std::int64_t>::min()) {
      throw BrokenFile{"Invalid AVRO file found. A number is too long."};
    }
    return value;
  }
  std::string sized(std::size_t most) {
    const std::int64_t size = number();
    if (size < 0 || static_cast<std::uint64_t>(size) > most) {
      throw BrokenFile{fmt::format("Invalid AVRO file found. A block or header exceeds {} bytes.", most)};
    }
    return take(static_cast<std::size_t>(size));
  }

  std::string unpacked(const std::string& packed) const {
    if (codec_ == "null") return packed;
    auto bytes = codec_ == "snappy" ? unsnapped(packed) : inflated(packed);
    if (!bytes) throw BrokenFile{fmt::format("Invalid AVRO file found. A block is no valid {} data.", codec_)};
    return std::move(*bytes);
  }

  // Snappy's own block, and the CRC of what it holds.
  static std::optional<std::string> unsnapped(std::string_view packed) {
    constexpr std::size_t kCrc = 4;
    if (packed.size() < kCrc) return std::nullopt;
    const std::string_view block = packed.substr(0, packed.size() - kCrc);
    std::uint64_t size = 0;  // seven bits a byte, first of all
    std::size_t at = 0;
    for (int shift = 0;; shift += 7) {
      if (at == block.size() || shift > 28) return std::nullopt;
      const auto byte = static_cast<unsigned char>(block[at++]);
      size |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (size > kMostUnpacked) return std::nullopt;
    auto codec = arrow::util::Codec::Create(arrow::Compression::SNAPPY);
    if (!codec.ok()) throw not_supported("COPY of AVRO with snappy");
    std::string out(size, '\0');
    const auto done = (*codec)->Decompress(
        static_cast<std::int64_t>(block.size()), reinterpret_cast<const std::uint8_t*>(block.data()),
        static_cast<std::int64_t>(out.size()), reinterpret_cast<std::uint8_t*>(out.data()));
    if (!done.ok() || static_cast<std::size_t>(*done) != size) return std::nullopt;
    std::uint32_t expected = 0;
    for (const char c : packed.substr(block.size())) expected = expected << 8 | static_cast<unsigned char>(c);
    const auto crc = crc32_gzip_refl(0, reinterpret_cast<const std::uint8_t*>(out.data()), out.size());
    return crc == expected ? std::optional(std::move(out)) : std::nullopt;
  }

  static std::optional<std::string> inflated(std::string_view packed) {
    const auto state = std::make_unique<inflate_state>();
    isal_inflate_init(state.get());
    state->crc_flag = ISAL_DEFLATE;
    // ISA-L takes a pointer to mutable bytes and only reads them.
    state->next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(packed.data()));
    state->avail_in = static_cast<std::uint32_t>(packed.size());
    std::string out;
    constexpr std::size_t kStep = 256 << 10;
    while (state->block_state != ISAL_BLOCK_FINISH) {
      const std::size_t had = out.size();
      if (had > kMostUnpacked) return std::nullopt;
      out.resize(had + kStep);
      state->next_out = reinterpret_cast<std::uint8_t*>(out.data() + had);
      state->avail_out = kStep;
      if (isal_inflate(state.get()) != ISAL_DECOMP_OK) return std::nullopt;
      const std::size_t produced = kStep - state->avail_out;
      out.resize(had + produced);
      if (produced == 0 && state->avail_in == 0 && state->block_state != ISAL_BLOCK_FINISH) return std::nullopt;
    }
    return out;
  }

  static constexpr std::size_t kRead = 64 << 10;

  std::unique_ptr<ObjectReader> bytes_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::string sync_;
  std::string codec_ = "null";
  std::optional<AvroSchema> schema_;
};

// A line of JSON a record.
class AvroChunks final : public ChunkReader {
 public:
  AvroChunks(std::unique_ptr<ObjectReader> bytes, ChunkSizes sizes) : file_(std::move(bytes)), sizes_(sizes) {}

  bool next(Chunk& chunk) override {
    try {
      if (!begun_) begin();
      while (schema_ != nullptr && chunk.bytes.size() < sizes_.chunk && next_record()) {
        chunk.bytes.append(document_);
        chunk.bytes.append("\n");
      }
    } catch (const BrokenFile& broken) {
      schema_ = nullptr;
      problem_ = {LoadErrorCode::bad_line, broken.reason};
    }
    if (chunk.bytes.size() > 0) return true;
    chunk.unreadable = std::exchange(problem_, std::nullopt);
    return chunk.unreadable.has_value();
  }

 private:
  void begin() {
    begun_ = true;
    schema_ = file_.read_header();
    block_ = schema_ == nullptr ? std::nullopt : file_.next_block();
    if (schema_ != nullptr && !block_) throw BrokenFile{std::string(kUnexpectedEnd)};
    if (block_) cursor_ = AvroCursor(block_->bytes);
  }

  bool next_record() {
    while (block_ && block_->records == 0) {
      if (!cursor_.at_end()) throw BrokenFile{"Invalid AVRO file found. A block is longer than its records."};
      block_ = file_.next_block();
      if (block_) cursor_ = AvroCursor(block_->bytes);
    }
    if (!block_) return false;
    --block_->records;
    document_.clear();
    if (!AvroToJson(cursor_, document_).value(schema_->root())) {
      throw BrokenFile{"Invalid AVRO file found. A record does not fit the schema."};
    }
    return true;
  }

  AvroFile file_;
  ChunkSizes sizes_;
  const AvroSchema* schema_ = nullptr;  // nullptr: nothing more is read
  std::optional<AvroFile::Block> block_;
  AvroCursor cursor_{{}};
  std::string document_;
  std::optional<FieldProblem> problem_;
  bool begun_ = false;
};

class AvroFormat final : public RecordFormat {
 public:
  AvroFormat(const CopyStatement& statement, std::span<const LoadColumn> columns, std::vector<JsonPath> paths,
             ChunkSizes sizes)
      : statement_(statement), documents_(json_format(statement, columns, std::move(paths), sizes)), sizes_(sizes) {}

  [[nodiscard]] std::unique_ptr<ChunkReader> open(const SourceObject& object) const override {
    return std::make_unique<AvroChunks>(open_decompressed(object, statement_), sizes_);
  }
  [[nodiscard]] std::unique_ptr<ChunkParser> parser() const override { return documents_->parser(); }

 private:
  const CopyStatement& statement_;
  std::unique_ptr<RecordFormat> documents_;
  ChunkSizes sizes_;
};

}  // namespace

std::unique_ptr<RecordFormat> avro_format(const CopyStatement& statement, std::span<const LoadColumn> columns,
                                          std::vector<JsonPath> paths, ChunkSizes sizes) {
  return std::make_unique<AvroFormat>(statement, columns, std::move(paths), sizes);
}

}  // namespace penstock::endpoint
