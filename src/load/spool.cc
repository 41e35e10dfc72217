#include "load/spool.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "penstock/error.h"
#include "store/file.h"

namespace penstock {
namespace {

constexpr std::size_t kStep = 1 << 20;

[[noreturn]] void fail(const std::string& folder, std::string_view name) {
  throw Error(ErrorKind::unavailable, fmt::format("keeping {} in {}, to read it again: {}; TMPDIR names another folder",
                                                  printable(name), printable(folder), std::strerror(errno)));
}

class Reread final : public ObjectReader {
 public:
  explicit Reread(std::shared_ptr<const Fd> file) : file_(std::move(file)) {}

  std::size_t read(std::span<std::byte> buffer) override {
    for (;;) {
      const ssize_t count = ::pread(file_->get(), buffer.data(), buffer.size(), at_);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw system_error("reading again what was kept", errno);
      at_ += count;
      return static_cast<std::size_t>(count);
    }
  }

 private:
  const std::shared_ptr<const Fd> file_;
  off_t at_ = 0;
};

}  // namespace

staging::Input spooled(const staging::Input& input, const Environment& environment, const std::stop_token& stop) {
  const std::string folder = environment("TMPDIR").value_or("/tmp");
  const auto file = std::make_shared<const Fd>(nameless_file(folder));
  if (!*file) fail(folder, input.name);
  const auto reader = input.open();
  std::vector<std::byte> buffer(kStep);
  while (const std::size_t count = reader->read(buffer)) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "reading was stopped");
    for (std::size_t written = 0; written < count;) {
      const ssize_t more = ::write(file->get(), buffer.data() + written, count - written);
      if (more < 0 && errno != EINTR) fail(folder, input.name);
      if (more > 0) written += static_cast<std::size_t>(more);
    }
  }
  staging::Input again = input;
  again.open = [file] { return std::make_unique<Reread>(file); };
  return again;
}

}  // namespace penstock
