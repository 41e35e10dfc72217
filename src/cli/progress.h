// A line on a terminal's stderr that says how far a long work is; nothing where stderr is no terminal.
//
// Threads: one at a time. Errors: none.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace penstock::cli {

class Progress {
 public:
  Progress();
  ~Progress();  // takes the line away
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // size: of all there is, in bytes; 0: not known. Shown some times a second, however often it is called.
  void show(std::uint64_t bytes, std::uint64_t size, std::uint64_t records);
  void show(std::uint64_t count, const char* of_what);  // "120000 keys"

 private:
  [[nodiscard]] bool is_due();
  void put(const std::string& words);

  const bool is_terminal_;
  const std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point shown_;
  bool is_shown_ = false;
};

// "12.3 MB of 1.1 GB, 120,000 records, 56.1 MB/s, 19 s left"
std::string progress_in_words(std::uint64_t bytes, std::uint64_t size, std::uint64_t records, double seconds);

}  // namespace penstock::cli
