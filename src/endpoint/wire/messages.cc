#include "endpoint/wire/messages.h"

#include <algorithm>
#include <cstring>

namespace penstock::endpoint {

namespace {

constexpr std::int32_t kProtocol3 = 3 << 16;
constexpr std::int32_t kCancelCode = 80877102;
constexpr std::int32_t kSslCode = 80877103;
constexpr std::int32_t kGssCode = 80877104;

std::uint32_t big_endian(std::string_view four) noexcept {
  std::uint32_t value = 0;
  for (const char c : four) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

template <typename T>
std::optional<T> whole(const MessageReader& reader, const T& value) {
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return value;
}

}  // namespace

Framing next_message(std::string_view bytes, std::size_t limit, Message& message) noexcept {
  if (bytes.size() < 5) return Framing::incomplete;
  const std::size_t length = big_endian(bytes.substr(1, 4));
  if (length < 4 || length > limit) return Framing::malformed;
  if (bytes.size() < length + 1) return Framing::incomplete;
  message = {bytes[0], bytes.substr(5, length - 4), bytes.substr(0, length + 1)};
  return Framing::whole;
}

std::string_view MessageReader::bytes(std::size_t count) noexcept {
  if (!ok_ || count > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const auto taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::uint8_t MessageReader::u8() noexcept { return static_cast<std::uint8_t>(big_endian(bytes(1))); }
std::int16_t MessageReader::i16() noexcept { return static_cast<std::int16_t>(big_endian(bytes(2))); }
std::int32_t MessageReader::i32() noexcept { return static_cast<std::int32_t>(big_endian(bytes(4))); }

std::string_view MessageReader::text() noexcept {
  const auto nul = rest_.find('\0');
  if (nul == std::string_view::npos) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  return bytes(nul + 1).substr(0, nul);
}

MessageWriter::MessageWriter(char type) : length_at_(type == 0 ? 0 : 1) {
  if (type != 0) bytes_.push_back(type);
  bytes_.append(4, '\0');
}

MessageWriter& MessageWriter::u8(std::uint8_t value) {
  bytes_.push_back(static_cast<char>(value));
  return *this;
}

MessageWriter& MessageWriter::i16(std::int16_t value) {
  const auto bits = static_cast<std::uint16_t>(value);
  return u8(static_cast<std::uint8_t>(bits >> 8)).u8(static_cast<std::uint8_t>(bits));
}

MessageWriter& MessageWriter::i32(std::int32_t value) {
  const auto bits = static_cast<std::uint32_t>(value);
  return i16(static_cast<std::int16_t>(bits >> 16)).i16(static_cast<std::int16_t>(bits));
}

MessageWriter& MessageWriter::text(std::string_view value) {
  bytes_.append(value);
  bytes_.push_back('\0');
  return *this;
}

MessageWriter& MessageWriter::bytes(std::string_view value) {
  bytes_.append(value);
  return *this;
}

std::string MessageWriter::finish() {
  const auto length = static_cast<std::uint32_t>(bytes_.size() - length_at_);
  for (std::size_t i = 0; i < 4; ++i) bytes_[length_at_ + i] = static_cast<char>(length >> (24 - 8 * i));
  return std::move(bytes_);
}

std::string StartupPacket::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return {};
}

std::optional<StartupPacket> read_startup(std::string_view body) {
  MessageReader reader(body);
  StartupPacket packet;
  packet.protocol = reader.i32();
  switch (packet.protocol) {
    case kSslCode:
      packet.kind = StartupPacket::Kind::ssl;
      return whole(reader, packet);
    case kGssCode:
      packet.kind = StartupPacket::Kind::gss_encryption;
      return whole(reader, packet);
    case kCancelCode:
      packet.kind = StartupPacket::Kind::cancel;
      packet.process = reader.i32();
      packet.secret = reader.i32();
      return whole(reader, packet);
    default:
      break;
  }
  if (!reader.ok()) return std::nullopt;
  if (packet.protocol >> 16 != 3) return packet;  // parameters of another protocol are not read
  while (true) {
    const auto name = reader.text();
    if (!reader.ok()) return std::nullopt;
    if (name.empty()) return whole(reader, packet);
    packet.parameters.emplace_back(name, reader.text());
  }
}

std::string startup_packet(const std::vector<std::pair<std::string, std::string>>& parameters) {
  MessageWriter packet(0);
  packet.i32(kProtocol3);
  for (const auto& [name, value] : parameters) packet.text(name).text(value);
  return packet.u8(0).finish();
}

std::string cancel_request(std::int32_t process, std::int32_t secret) {
  return MessageWriter(0).i32(kCancelCode).i32(process).i32(secret).finish();
}

std::optional<std::string_view> read_query(std::string_view body) noexcept {
  MessageReader reader(body);
  return whole(reader, reader.text());
}

std::optional<ParseMessage> read_parse(std::string_view body) {
  MessageReader reader(body);
  ParseMessage parse{reader.text(), reader.text(), {}};
  const auto types = static_cast<std::uint16_t>(reader.i16());
  for (std::size_t i = 0; i < types && reader.ok(); ++i) parse.types.push_back(reader.i32());
  return whole(reader, parse);
}

std::optional<BindMessage> read_bind(std::string_view body) noexcept {
  MessageReader reader(body);
  BindMessage bind{reader.text(), reader.text(), 0};
  reader.bytes(2 * static_cast<std::size_t>(static_cast<std::uint16_t>(reader.i16())));
  bind.parameters = static_cast<std::uint16_t>(reader.i16());
  for (std::size_t i = 0; i < bind.parameters && reader.ok(); ++i) {
    if (const auto length = reader.i32(); length >= 0) reader.bytes(static_cast<std::size_t>(length));
  }
  reader.bytes(2 * static_cast<std::size_t>(static_cast<std::uint16_t>(reader.i16())));
  return whole(reader, bind);
}

std::optional<NamedMessage> read_named(std::string_view body) noexcept {
  MessageReader reader(body);
  const auto what = static_cast<char>(reader.u8());
  const NamedMessage named{what, reader.text()};
  if (what != 'S' && what != 'P') return std::nullopt;
  return whole(reader, named);
}

std::optional<ExecuteMessage> read_execute(std::string_view body) noexcept {
  MessageReader reader(body);
  const auto portal = reader.text();
  return whole(reader, ExecuteMessage{portal, reader.i32()});
}

std::string query_message(std::string_view sql) { return MessageWriter('Q').text(sql).finish(); }

std::string parse_message(std::string_view statement, std::string_view sql, const std::vector<std::int32_t>& types) {
  MessageWriter message('P');
  message.text(statement).text(sql).i16(static_cast<std::int16_t>(types.size()));
  for (const auto type : types) message.i32(type);
  return message.finish();
}

std::string bind_message(std::string_view portal, std::string_view statement,
                         const std::vector<std::optional<std::string>>& parameters) {
  MessageWriter message('B');
  message.text(portal).text(statement).i16(0).i16(static_cast<std::int16_t>(parameters.size()));
  for (const auto& parameter : parameters) {
    if (!parameter) {
      message.i32(-1);
    } else {
      message.i32(static_cast<std::int32_t>(parameter->size())).bytes(*parameter);
    }
  }
  return message.i16(0).finish();
}

std::string describe_message(char what, std::string_view name) {
  return MessageWriter('D').u8(static_cast<std::uint8_t>(what)).text(name).finish();
}
std::string execute_message(std::string_view portal) { return MessageWriter('E').text(portal).i32(0).finish(); }
std::string close_message(char what, std::string_view name) {
  return MessageWriter('C').u8(static_cast<std::uint8_t>(what)).text(name).finish();
}

std::string copy_data_header(std::size_t size) {
  std::string header = "d";
  for (int shift = 24; shift >= 0; shift -= 8) header.push_back(static_cast<char>((size + 4) >> shift & 0xff));
  return header;
}

std::string_view Report::field(char letter) const noexcept {
  for (const auto& [key, value] : fields) {
    if (key == letter) return value;
  }
  return {};
}

void Report::set(char letter, std::string value) {
  const auto found = std::ranges::find(fields, letter, &std::pair<char, std::string>::first);
  if (value.empty()) {
    if (found != fields.end()) fields.erase(found);
  } else if (found != fields.end()) {
    found->second = std::move(value);
  } else {
    fields.emplace_back(letter, std::move(value));
  }
}

std::optional<Report> read_report(std::string_view body) {
  MessageReader reader(body);
  Report report;
  while (true) {
    const auto letter = static_cast<char>(reader.u8());
    if (!reader.ok()) return std::nullopt;
    if (letter == 0) return whole(reader, report);
    report.fields.emplace_back(letter, reader.text());
  }
}

std::string report_message(char type, const Report& report) {
  MessageWriter message(type);
  for (const auto& [letter, value] : report.fields) message.u8(static_cast<std::uint8_t>(letter)).text(value);
  return message.u8(0).finish();
}

Report make_report(std::string_view severity, std::string_view sqlstate, std::string_view message,
                   std::string_view detail, std::string_view hint) {
  Report report;
  for (const auto& [letter, value] : {std::pair{'S', severity}, std::pair{'V', severity}, std::pair{'C', sqlstate},
                                      std::pair{'M', message}, std::pair{'D', detail}, std::pair{'H', hint}}) {
    report.set(letter, std::string(value.substr(0, value.find('\0'))));
  }
  return report;
}

std::string row_description_with_varchar(std::string_view whole) {
  // type, length, number of fields; of each its name, table (4), column (2), type (4), size (2), modifier (4), format
  // (2)
  constexpr std::size_t kHeader = 7, kBehindName = 18, kType = 6;
  constexpr std::uint32_t kText = 25, kVarchar = 1043, kFirstOfUsers = 16384;
  std::string out(whole);
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(out[at + i]);
    return value;
  };
  for (std::size_t at = kHeader; at < out.size();) {
    const auto end = out.find('\0', at);
    if (end == std::string::npos || end + 1 + kBehindName > out.size()) break;
    const std::uint32_t table = number(end + 1);
    const std::size_t type = end + 1 + kType;
    if (number(type) == kText && (table == 0 || table >= kFirstOfUsers)) {
      for (std::size_t i = 0; i < 4; ++i) out[type + i] = static_cast<char>(kVarchar >> (8 * (3 - i)));
    }
    at = end + 1 + kBehindName;
  }
  return out;
}

std::optional<std::string_view> read_command_tag(std::string_view body) noexcept { return read_query(body); }

std::optional<std::pair<std::string_view, std::string_view>> read_parameter_status(std::string_view body) noexcept {
  MessageReader reader(body);
  const auto name = reader.text();
  return whole(reader, std::pair{name, reader.text()});
}

std::optional<std::vector<std::optional<std::string>>> read_data_row(std::string_view body) {
  MessageReader reader(body);
  std::vector<std::optional<std::string>> row;
  const auto columns = static_cast<std::uint16_t>(reader.i16());
  for (std::size_t i = 0; i < columns && reader.ok(); ++i) {
    const auto length = reader.i32();
    if (length < 0) {
      row.emplace_back();
    } else {
      row.emplace_back(reader.bytes(static_cast<std::size_t>(length)));
    }
  }
  return whole(reader, row);
}

std::string command_complete(std::string_view tag) { return MessageWriter('C').text(tag).finish(); }
std::string parameter_status(std::string_view name, std::string_view value) {
  return MessageWriter('S').text(name).text(value).finish();
}
std::string backend_key_data(std::int32_t process, std::int32_t secret) {
  return MessageWriter('K').i32(process).i32(secret).finish();
}
std::string authentication_ok() { return MessageWriter('R').i32(0).finish(); }
std::string authentication_md5(std::string_view salt) { return MessageWriter('R').i32(5).bytes(salt).finish(); }
std::string ready_for_query(char status) { return MessageWriter('Z').u8(static_cast<std::uint8_t>(status)).finish(); }
std::string bare_message(char type) { return MessageWriter(type).finish(); }

}  // namespace penstock::endpoint
