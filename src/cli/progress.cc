#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "cli/words.h"

namespace penstock::cli {
namespace {

constexpr std::chrono::milliseconds kBetween{200};

}  // namespace

std::string progress_in_words(std::uint64_t bytes, std::uint64_t size, std::uint64_t records, double seconds) {
  const double rate = seconds > 0 ? static_cast<double>(bytes) / seconds : 0;
  std::string text = amount_in_words(bytes);
  if (size > bytes) text += " of " + amount_in_words(size);
  text += fmt::format(", {} records, {}/s", records, amount_in_words(static_cast<std::uint64_t>(rate)));
  if (size > bytes && rate > 0) text += fmt::format(", {:.0f} s left", static_cast<double>(size - bytes) / rate);
  return text;
}

Progress::Progress()
    : is_terminal_(::isatty(STDERR_FILENO) != 0), start_(std::chrono::steady_clock::now()), shown_(start_) {}

Progress::~Progress() {
  if (is_shown_) std::fputs("\r\x1b[K", stderr);
}

void Progress::show(std::uint64_t bytes, std::uint64_t size, std::uint64_t records) {
  if (!is_due()) return;
  const double seconds = std::chrono::duration<double>(shown_ - start_).count();
  put(progress_in_words(bytes, size, records, seconds));
}

void Progress::show(std::uint64_t count, const char* of_what) {
  if (is_due()) put(fmt::format("{} {}", count, of_what));
}

bool Progress::is_due() {
  if (!is_terminal_) return false;
  const auto now = std::chrono::steady_clock::now();
  if (now - shown_ < kBetween) return false;
  shown_ = now;
  return true;
}

void Progress::put(const std::string& words) {
  is_shown_ = true;
  std::fputs(fmt::format("\r\x1b[K{}", words).c_str(), stderr);
}

}  // namespace penstock::cli
