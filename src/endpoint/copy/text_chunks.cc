#include "endpoint/copy/text_chunks.h"

#include <cstring>
#include <utility>

#include "codec/decompress.h"
#include "endpoint/copy/transcoded.h"

namespace penstock::endpoint {
namespace {

class TextChunks final : public ChunkReader {
 public:
  TextChunks(std::unique_ptr<ObjectReader> bytes, std::int64_t header_lines, RecordsEnd records_end, ChunkSizes sizes)
      : bytes_(std::move(bytes)), lines_to_drop_(header_lines), records_end_(std::move(records_end)), sizes_(sizes) {}

  bool next(Chunk& chunk) override {
    chunk.bytes.append(carried_.view());
    carried_.clear();
    std::size_t wanted = sizes_.chunk;
    while (true) {
      fill(chunk.bytes, wanted);
      if (std::exchange(wrong_encoding_, false)) {
        chunk.unreadable = {LoadErrorCode::bad_encoding, "The file encoding is not the one that the COPY names"};
        return true;
      }
      drop_lines(chunk);
      if (at_end_) return hand_out(chunk);
      if (const std::size_t end = records_end_(chunk.bytes.view()); end > 0) {
        carried_.append(chunk.bytes.view().substr(end));
        chunk.bytes.resize_down(end);
        return hand_out(chunk);
      }
      if (chunk.bytes.size() >= sizes_.record) return give_up_record(chunk);
      wanted = std::max(wanted, chunk.bytes.size() * 2);
    }
  }

 private:
  void fill(ByteBuffer& buffer, std::size_t wanted) {
    while (!at_end_ && buffer.size() < wanted) {
      const std::span<char> room = buffer.room(wanted - buffer.size()).first(wanted - buffer.size());
      const std::size_t n = read(std::as_writable_bytes(room));
      at_end_ = n == 0;
      buffer.add(n);
    }
  }

  std::size_t read(std::span<std::byte> room) {
    try {
      return bytes_->read(room);
    } catch (const WrongEncoding&) {  // seen at the object's first byte: nothing of it is there yet
      wrong_encoding_ = true;
      return 0;
    }
  }

  // Header lines, and what is left of a record that was given up.
  void drop_lines(Chunk& chunk) {
    std::size_t dropped = 0;
    while (lines_to_drop_ > 0) {
      const auto newline = chunk.bytes.view().find('\n', dropped);
      if (newline != std::string_view::npos) {
        dropped = newline + 1;
        --lines_to_drop_;
        ++chunk.lines_before;
        continue;
      }
      chunk.bytes.clear();
      dropped = 0;
      if (at_end_) return;
      fill(chunk.bytes, sizes_.chunk);
    }
    chunk.bytes.drop_front(dropped);
  }

  bool give_up_record(Chunk& chunk) {
    chunk.overlong = true;
    lines_to_drop_ = 1;
    return hand_out(chunk);
  }

  // A last line without a newline is a line, too: it is counted behind the last chunk.
  bool hand_out(Chunk& chunk) {
    const bool there = chunk.bytes.size() > 0;
    if (there) {
      open_line_ = !chunk.bytes.view().ends_with('\n');
    } else if (std::exchange(open_line_, false)) {
      ++chunk.lines_before;
    }
    return there;
  }

  std::unique_ptr<ObjectReader> bytes_;
  std::int64_t lines_to_drop_;
  RecordsEnd records_end_;
  ChunkSizes sizes_;
  ByteBuffer carried_;      // behind the last chunk's end
  bool open_line_ = false;  // what was handed out last ends within a line
  bool at_end_ = false;
  bool wrong_encoding_ = false;
};

}  // namespace

std::unique_ptr<ChunkReader> text_chunks(std::unique_ptr<ObjectReader> bytes, std::int64_t header_lines,
                                         RecordsEnd records_end, ChunkSizes sizes) {
  return std::make_unique<TextChunks>(std::move(bytes), header_lines, std::move(records_end), sizes);
}

std::unique_ptr<ObjectReader> open_decompressed(const SourceObject& object, const CopyStatement& statement) {
  const auto known = [&] {
    switch (statement.codec) {
      case CopyCodec::none:
        return Codec::none;
      case CopyCodec::gzip:
        return Codec::gzip;
      case CopyCodec::zstd:
        return Codec::zstd;
      case CopyCodec::bzip2:
        return Codec::bzip2;
      case CopyCodec::lzop:
        return Codec::lzop;
    }
    return Codec::none;
  }();
  return decompressed(object.store->open(object.info), known, object.uri);
}

std::unique_ptr<ObjectReader> open_bytes(const SourceObject& object, const CopyStatement& statement) {
  return transcoded(open_decompressed(object, statement), statement.encoding);
}

}  // namespace penstock::endpoint
