// Rows of PostgreSQL, in COPY's text format or as CSV, as they come: of one session, or of several side by side.
//
// A read gives whole rows, but for the last where the buffer ends. Of several sessions the rows come in no order.
//
// Threads: one. Lifetime: the sessions outlive it, and are used by nothing else while it reads; gone before its end, it
// cancels what they run. Errors: those of a session, whose error in the middle is an error of read().
#pragma once

#include <poll.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "penstock/object_reader.h"
#include "postgres/session.h"

namespace penstock::postgres {

// CSV: a NULL is nothing, an empty text "".
struct CopyFormat {
  bool is_csv = false;
  char delimiter = ',';  // of CSV
};

class CopyOut final : public ObjectReader {
 public:
  struct Part {
    Session* session = nullptr;
    std::string query{};  // that describe() took
  };
  // name: of what is read, for messages.
  CopyOut(const std::vector<Part>& parts, const std::string& name, const CopyFormat& format = {});
  ~CopyOut() override;
  CopyOut(const CopyOut&) = delete;
  CopyOut& operator=(const CopyOut&) = delete;

  std::size_t read(std::span<std::byte> buffer) override;
  // As the server counted them; all of them at the end.
  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }

 private:
  struct Stream {
    Session* session = nullptr;
    bool has_begun = false;
    bool has_ended = false;
    bool is_lost = false;  // its connection; what had come by then is still to be read
  };

  bool begin(Stream& stream);
  std::size_t take(Stream& stream, std::span<std::byte> buffer);
  [[noreturn]] void lose(Stream& stream);
  void end(Stream& stream);
  void wait();

  const std::string doing_;
  const bool is_csv_;
  std::vector<Stream> streams_;
  // Has given the beginning of a row; of CSV perhaps all of it.
  Stream* unfinished_ = nullptr;
  std::vector<pollfd> sockets_;
  std::uint64_t rows_ = 0;
};

}  // namespace penstock::postgres
