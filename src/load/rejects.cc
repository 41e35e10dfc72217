#include "load/rejects.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <span>
#include <utility>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock {
namespace {

constexpr char kReasons[] = ".reasons";
constexpr std::size_t kBuffered = 64 << 10;

std::string csv(std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(field);
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

void refuse_existing(const std::string& path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) return;
  throw Error(ErrorKind::refused,
              fmt::format("{} is there already, perhaps from an earlier run: move it away, or name another file",
                          printable(path)));
}

}  // namespace

void refuse_to_overwrite(const std::string& path) {
  refuse_existing(path);
  refuse_existing(path + kReasons);
}

Rejects::File::File(std::string path, const std::string& id)
    : path_(std::move(path)), meanwhile_(fmt::format("{}.{}", path_, id)) {
  refuse_existing(path_);
  constexpr mode_t kMode = 0666;  // as the user's mask says
  fd_ = Fd(::open(meanwhile_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode));
  if (!fd_) throw system_error(fmt::format("making {}", printable(meanwhile_)), errno);
}

Rejects::File::~File() {
  if (is_kept_) return;
  ::unlink(is_finished_ ? path_.c_str() : meanwhile_.c_str());
}

void Rejects::File::write(std::string_view text) {
  text_ += text;
  if (text_.size() >= kBuffered) flush();
}

void Rejects::File::flush() {
  write_fully(fd_.get(), std::as_bytes(std::span(text_)), fmt::format("writing {}", printable(path_)));
  text_.clear();
}

void Rejects::File::finish() {
  flush();
  if (::fsync(fd_.get()) != 0) throw system_error(fmt::format("writing {}", printable(path_)), errno);
  fd_ = {};
  if (::renameat2(AT_FDCWD, meanwhile_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) refuse_existing(path_);
    throw system_error(fmt::format("making {}", printable(path_)), errno);
  }
  is_finished_ = true;
}

Rejects::Rejects(const std::string& path, std::string header, std::vector<std::string> columns, const std::string& id)
    : header_(std::move(header)), columns_(std::move(columns)), records_(path, id), reasons_(path + kReasons, id) {}

Rejects::~Rejects() = default;

void Rejects::add(const staging::BadRecord& record) {
  const auto count = [](std::string_view text) {
    return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  };
  if (lines_ == 0) {
    records_.write(header_);
    reasons_.write("rejects_line,source,line,column,value,reason\n");
    lines_ = count(header_);
  }
  for (const staging::Fault& fault : record.faults) {
    const std::string column = fault.field ? columns_.at(*fault.field) : "";
    reasons_.write(fmt::format("{},{},{},{},{},{}\n", lines_ + 1 + fault.line - record.line,
                               csv(printable(record.input)), fault.line, csv(printable(column)),
                               csv(printable(fault.value)), csv(fault.reason)));
  }
  records_.write(record.text);
  lines_ += count(record.text);
}

void Rejects::finish() {
  if (lines_ == 0) return;
  records_.finish();
  reasons_.finish();
}

void Rejects::keep() noexcept {
  if (lines_ == 0) return;
  records_.keep();
  reasons_.keep();
}

}  // namespace penstock
