#include "postgres/copy_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <string_view>

#include "penstock/error.h"
#include "pq/query_text.h"
#include "pq/server_message.h"

namespace penstock::postgres {
namespace {

std::string copy_statement(std::string_view query, const CopyFormat& format) {
  std::string statement = fmt::format("COPY (\n{}\n) TO STDOUT", pq::bare_query(query, pq::Backslash::plain));
  if (!format.is_csv) return statement;
  const std::string delimiter(format.delimiter == '\'' ? 2 : 1, format.delimiter);
  return fmt::format("{} (FORMAT csv, DELIMITER '{}')", statement, delimiter);
}

}  // namespace

CopyOut::CopyOut(const std::vector<Part>& parts, const std::string& name, const CopyFormat& format)
    : doing_("read " + name), is_csv_(format.is_csv) {
  for (const Part& part : parts) streams_.push_back({.session = part.session});
  for (const Part& part : parts) part.session->send(copy_statement(part.query, format), doing_);
}

CopyOut::~CopyOut() {
  for (Stream& stream : streams_) {
    if (!stream.has_ended) stream.session->cancel();
  }
}

std::size_t CopyOut::read(std::span<std::byte> buffer) {
  if (buffer.empty()) return 0;
  while (true) {
    std::size_t filled = 0;
    if (unfinished_ != nullptr) filled = take(*unfinished_, buffer);
    for (Stream& stream : streams_) {
      if (unfinished_ != nullptr || filled == buffer.size()) break;
      if (!stream.has_ended) filled += take(stream, buffer.subspan(filled));
    }
    if (filled > 0) return filled;
    if (std::ranges::all_of(streams_, &Stream::has_ended)) return 0;
    wait();
  }
}

// False: the server has not begun to copy yet, which it says only with the first of its rows.
bool CopyOut::begin(Stream& stream) {
  stream.session->flush(doing_);
  if (PQisBusy(stream.session->link_.get()) != 0) return false;
  const auto result = stream.session->next_result(doing_);
  if (!result || PQresultStatus(result.get()) != PGRES_COPY_OUT) {
    throw Error(ErrorKind::internal, doing_ + ": the server did not begin to copy");
  }
  return stream.has_begun = true;
}

// What libpq has got of the stream's rows already.
std::size_t CopyOut::take(Stream& stream, std::span<std::byte> buffer) {
  if (!stream.has_begun && !begin(stream)) return 0;
  PGconn* const connection = stream.session->link_.get();
  auto* const into = reinterpret_cast<char*>(buffer.data());
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const std::size_t room = std::min<std::size_t>(buffer.size() - filled, INT_MAX);
    // unlike PQgetCopyData() it takes no memory for each row; what it gives is whole rows, but where the room ends
    const int count = PQgetlineAsync(connection, into + filled, static_cast<int>(room));
    if (count <= 0) {
      if (count < 0) end(stream);
      if (count == 0 && filled == 0 && stream.is_lost) lose(stream);
      break;
    }
    filled += static_cast<std::size_t>(count);
  }
  // in text a newline ends a row, and nothing else does; of CSV only what leaves room in the buffer is whole
  const bool may_be_cut = is_csv_ ? filled == buffer.size() : filled > 0 && into[filled - 1] != '\n';
  if (filled > 0) unfinished_ = may_be_cut && !stream.has_ended ? &stream : nullptr;
  return filled;
}

void CopyOut::lose(Stream& stream) {
  stream.has_ended = true;
  throw Error(ErrorKind::unavailable,
              fmt::format("{}: the connection was lost: {}", doing_,
                          pq::in_one_line(pq::trimmed_end(PQerrorMessage(stream.session->link_.get())), {})));
}

// The rows are at their end, or have broken off.
void CopyOut::end(Stream& stream) {
  stream.has_ended = true;
  if (unfinished_ == &stream) unfinished_ = nullptr;
  while (const auto result = stream.session->next_result(doing_)) {
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) continue;
    const std::string_view count = PQcmdTuples(result.get());
    std::uint64_t rows = 0;
    std::from_chars(count.data(), count.data() + count.size(), rows);
    rows_ += rows;
  }
}

void CopyOut::wait() {
  sockets_.clear();
  std::vector<Stream*> waiting;
  for (Stream& stream : streams_) {
    if (stream.has_ended) continue;
    waiting.push_back(&stream);
    sockets_.push_back({PQsocket(stream.session->link_.get()), POLLIN, 0});
  }
  const bool pending = std::ranges::any_of(waiting, [](const Stream* s) { return s->session->link_.input_pending(); });
  const pq::StopSignal& stop = waiting.front()->session->link_.stop_signal();
  if (stop.requested() || (!pending && pq::wait_for(sockets_, &stop, std::nullopt) == pq::Woken::stopped)) {
    for (Stream* stream : waiting) {
      stream->has_ended = true;
      stream->session->cancel();
    }
    throw Error(ErrorKind::cancelled, doing_ + ": stopped on request");
  }
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    if (!pending && sockets_[i].revents == 0 && sockets_[i].fd >= 0) continue;
    waiting[i]->is_lost = PQconsumeInput(waiting[i]->session->link_.get()) == 0;
  }
}

}  // namespace penstock::postgres
