#include "endpoint/wire/backend.h"

#include <algorithm>

namespace penstock::endpoint {

namespace {

// Names that no client would take.
constexpr std::string_view kName = "penstock: the endpoint's own";
constexpr std::string_view kNoPortal = "penstock: no such portal";

constexpr std::int32_t kRowsAtOnce = 2000;
constexpr std::size_t kCopyBuffer = 256 << 10;
constexpr std::size_t kCopyMessage = 64 << 10;

bool said_aside(char type) { return type == 'N' || type == 'S' || type == 'A'; }

}  // namespace

Backend::Backend(Conversation& conversation, std::function<void(const Message&)> on_aside)
    : conversation_(conversation), on_aside_(std::move(on_aside)) {}

Message Backend::next() {
  while (true) {
    const auto message = conversation_.next_from_backend();
    if (said_aside(message.type)) {
      on_aside_(message);
    } else if (message.type == 'E') {
      failed_ = true;
      copying_ = false;
      auto report = read_report(message.body);
      if (!report) throw ProtocolError("PostgreSQL sent an error that can't be read");
      throw BackendError(std::move(*report));
    } else {
      return message;
    }
  }
}

void Backend::start(std::string_view sql, const std::vector<std::optional<std::string>>& parameters) {
  auto& out = conversation_.backend;
  out.send(close_message('S', kName));  // one that failed was not closed at its end
  out.send(parse_message(kName, sql));
  out.send(bind_message(kName, kName, parameters));
  out.send(execute_message(kName));
}

// The portal is closed because it would hold resources until the transaction ends; the statement likewise.
StatementResult Backend::finish(int closes) {
  StatementResult result;
  while (closes > 0) {
    const auto message = next();
    switch (message.type) {
      case 'C':
        result.tag = read_command_tag(message.body).value_or("");
        break;
      case 'D':
        if (auto row = read_data_row(message.body)) result.rows.push_back(std::move(*row));
        break;
      case '3':
        --closes;
        break;
      default:
        break;
    }
  }
  return result;
}

StatementResult Backend::run(std::string_view sql, const std::vector<std::optional<std::string>>& parameters) {
  start(sql, parameters);
  auto& out = conversation_.backend;
  out.send(close_message('P', kName));
  out.send(close_message('S', kName));
  out.send(bare_message('H'));
  return finish(3);
}

std::string Backend::pass(std::string_view sql, const std::function<void(const Message&)>& on_result) {
  auto& out = conversation_.backend;
  out.send(parse_message("", sql));
  out.send(bind_message("", ""));
  out.send(describe_message('P', ""));
  out.send(execute_message(""));
  out.send(bare_message('H'));
  while (true) {
    const auto message = next();
    if (message.type == 'C') return std::string(read_command_tag(message.body).value_or(""));
    if (message.type == 'T' || message.type == 'D') on_result(message);
  }
}

std::vector<Backend::Column> Backend::describe(std::string_view sql) {
  auto& out = conversation_.backend;
  out.send(close_message('S', kName));
  out.send(parse_message(kName, sql));
  out.send(describe_message('S', kName));
  out.send(bare_message('H'));
  while (true) {
    const auto message = next();
    if (message.type == 'n') return {};
    if (message.type != 'T') continue;
    std::vector<Column> columns;
    MessageReader reader(message.body);
    for (auto left = reader.i16(); left > 0 && reader.ok(); --left) {
      Column column;
      column.name = reader.text();
      reader.bytes(sizeof(std::int32_t) + sizeof(std::int16_t));  // the table's column, if it is one
      column.type_oid = static_cast<std::uint32_t>(reader.i32());
      reader.bytes(sizeof(std::int16_t));  // the type's size
      column.type_modifier = reader.i32();
      reader.bytes(sizeof(std::int16_t));  // the format
      columns.push_back(std::move(column));
    }
    if (!reader.ok()) throw ProtocolError("PostgreSQL sent a RowDescription that can't be read");
    return columns;
  }
}

void Backend::begin_query(std::string_view sql, const std::vector<std::int16_t>& formats) {
  auto& out = conversation_.backend;
  MessageWriter bind('B');
  bind.text(kName).text(kName).i16(0).i16(0).i16(static_cast<std::int16_t>(formats.size()));
  for (const auto format : formats) bind.i16(format);
  out.send(close_message('S', kName));
  out.send(parse_message(kName, sql));
  out.send(bind.finish());
  fetch_rows();
}

// So many, and no more: what is left of them is all that there is to drop when the query is given up.
void Backend::fetch_rows() {
  auto& out = conversation_.backend;
  out.send(MessageWriter('E').text(kName).i32(kRowsAtOnce).finish());
  out.send(bare_message('H'));
}

std::optional<std::string_view> Backend::next_row() {
  while (true) {
    const auto message = next();
    switch (message.type) {
      case 'D':
        return message.body;
      case 's':
        fetch_rows();
        break;
      case 'C':
        conversation_.backend.send(close_message('P', kName));
        conversation_.backend.send(close_message('S', kName));
        conversation_.backend.send(bare_message('H'));
        finish(2);
        return std::nullopt;
      default:
        break;
    }
  }
}

void Backend::drop_until_error() {
  for (bool failed = false; !failed;) {
    try {
      next();
    } catch (const BackendError&) {
      failed = true;
    }
  }
}

void Backend::abort() {
  if (failed_) return;
  conversation_.backend.send(describe_message('P', kNoPortal));
  conversation_.backend.send(bare_message('H'));
  drop_until_error();
}

SyncResult Backend::sync() {
  conversation_.backend.send(bare_message('S'));
  SyncResult result;
  for (bool ready = false; !ready;) {
    try {
      const auto message = next();
      ready = message.type == 'Z' && !message.body.empty();
      if (ready) result.state = message.body[0];
    } catch (const BackendError& error) {
      result.failure = error.report;
    }
  }
  failed_ = false;
  return result;
}

void Backend::begin_copy_in(std::string_view sql) {
  start(sql, {});
  conversation_.backend.send(bare_message('H'));
  while (next().type != 'G') {
  }
  copying_ = true;
}

void Backend::copy_data(std::span<const std::byte> data) {
  auto& out = conversation_.backend;
  while (!data.empty()) {
    const auto part = data.first(std::min(data.size(), kCopyMessage));
    out.send(copy_data_header(part.size()));
    out.send({reinterpret_cast<const char*>(part.data()), part.size()});
    data = data.subspan(part.size());
    if (out.unsent() >= kCopyBuffer) conversation_.push_to_backend(0);
  }
  // PostgreSQL may give up before the end: a cancelled statement, a full disk.
  while (const auto message = out.next()) {
    if (said_aside(message->type)) {
      on_aside_(*message);
    } else if (message->type == 'E') {
      failed_ = true;
      copying_ = false;
      throw BackendError(read_report(message->body).value_or(Report{}));
    }
  }
}

std::string Backend::end_copy_in() {
  auto& out = conversation_.backend;
  out.send(bare_message('c'));
  out.send(close_message('P', kName));
  out.send(close_message('S', kName));
  out.send(bare_message('H'));
  auto result = finish(2);
  copying_ = false;
  return result.tag;
}

void Backend::fail_copy_in(std::string_view why) {
  if (!copying_) return;
  conversation_.backend.send(MessageWriter('f').text(why).finish());
  drop_until_error();
  copying_ = false;
}

}  // namespace penstock::endpoint
