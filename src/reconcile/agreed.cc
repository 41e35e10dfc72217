#include <sys/types.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

#include "base/text.h"
#include "penstock/reconcile_acts.h"
#include "store/file.h"

namespace penstock {

// Each key and each ETag behind its length: a key may hold any character.
struct AgreedKeys::File {
  struct Closing {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  std::string act;
  std::unique_ptr<std::FILE, Closing> stream{};
  std::string key{};  // that has() has come to
  std::string etag{};
  bool is_read = false;
  bool is_at_end = false;

  void put(std::string_view text) const {
    const auto length = static_cast<std::uint32_t>(text.size());
    const bool is_put = std::fwrite(&length, sizeof length, 1, stream.get()) == 1 &&
                        std::fwrite(text.data(), 1, text.size(), stream.get()) == text.size();
    if (!is_put) throw system_error(act, errno);
  }

  bool read(std::string& text) const {
    std::uint32_t length = 0;
    if (std::fread(&length, sizeof length, 1, stream.get()) != 1) return false;
    text.resize(length);
    return std::fread(text.data(), 1, length, stream.get()) == length;
  }

  void advance() {
    is_at_end = !read(key) || !read(etag);
    if (is_at_end && std::ferror(stream.get()) != 0) throw system_error(act, errno);
  }

  void start_reading() {
    if (std::exchange(is_read, true)) return;
    if (std::fflush(stream.get()) != 0) throw system_error(act, errno);
    if (std::fseek(stream.get(), 0, SEEK_SET) != 0) throw system_error(act, errno);
    advance();
  }
};

AgreedKeys::AgreedKeys(const Environment& environment) {
  const std::string folder = environment("TMPDIR").value_or("/tmp");
  file_ = std::make_unique<File>(File{.act = "keep the keys that are shown in " + printable(folder)});
  Fd nameless = nameless_file(folder);
  if (nameless) file_->stream.reset(::fdopen(nameless.get(), "w+b"));
  if (!file_->stream) throw system_error(file_->act, errno);
  nameless.release();
}

AgreedKeys::~AgreedKeys() = default;

void AgreedKeys::add(const KeyAct& act) {
  file_->put(act.key);
  file_->put(act.etag);
}

bool AgreedKeys::has(std::string_view key, std::string_view etag) {
  file_->start_reading();
  while (!file_->is_at_end && file_->key < key) file_->advance();
  return !file_->is_at_end && file_->key == key && file_->etag == etag;
}

}  // namespace penstock
