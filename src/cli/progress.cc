#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string_view>

namespace penstock::cli {
namespace {

constexpr std::chrono::milliseconds kBetween{200};

std::string amount(double bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  for (; bytes >= 1000 && unit + 1 < kUnits.size(); ++unit) bytes /= 1000;
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, kUnits[unit]);
}

}  // namespace

std::string progress_in_words(std::uint64_t bytes, std::uint64_t size, std::uint64_t records, double seconds) {
  const double rate = seconds > 0 ? static_cast<double>(bytes) / seconds : 0;
  std::string text = amount(static_cast<double>(bytes));
  if (size > bytes) text += " of " + amount(static_cast<double>(size));
  text += fmt::format(", {} records, {}/s", records, amount(rate));
  if (size > bytes && rate > 0) text += fmt::format(", {:.0f} s left", static_cast<double>(size - bytes) / rate);
  return text;
}

Progress::Progress()
    : is_terminal_(::isatty(STDERR_FILENO) != 0), start_(std::chrono::steady_clock::now()), shown_(start_) {}

Progress::~Progress() {
  if (is_shown_) std::fputs("\r\x1b[K", stderr);
}

void Progress::show(std::uint64_t bytes, std::uint64_t size, std::uint64_t records) {
  const auto now = std::chrono::steady_clock::now();
  if (!is_terminal_ || now - shown_ < kBetween) return;
  shown_ = now;
  is_shown_ = true;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  std::fputs(fmt::format("\r\x1b[K{}", progress_in_words(bytes, size, records, seconds)).c_str(), stderr);
}

}  // namespace penstock::cli
