// The messages of PostgreSQL's protocol, version 3: bytes in, values out, and back.
//
// Pure. Readers never fail: what is cut off or malformed is nullopt, and no length in a message is believed before it
// is checked. Views point into the bytes given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace penstock::endpoint {

struct Message {
  char type = 0;
  std::string_view body;   // behind the length
  std::string_view whole;  // type and length included, as it travels
};

enum class Framing { whole, incomplete, malformed };

// The first message in `bytes`. A length beyond `limit` is malformed.
Framing next_message(std::string_view bytes, std::size_t limit, Message& message) noexcept;

// Takes a body apart. After a read beyond the end every value is empty, and ok() is false.
class MessageReader {
 public:
  explicit MessageReader(std::string_view body) noexcept : rest_(body) {}
  std::uint8_t u8() noexcept;
  std::int16_t i16() noexcept;
  std::int32_t i32() noexcept;
  std::string_view text() noexcept;  // up to its NUL, which is taken, too
  std::string_view bytes(std::size_t count) noexcept;
  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// Puts one message together; bytes() is the whole of it.
class MessageWriter {
 public:
  explicit MessageWriter(char type);  // 0: no type byte (a startup packet)
  MessageWriter& u8(std::uint8_t value);
  MessageWriter& i16(std::int16_t value);
  MessageWriter& i32(std::int32_t value);
  MessageWriter& text(std::string_view value);  // with its NUL
  MessageWriter& bytes(std::string_view value);
  std::string finish();  // fills in the length

 private:
  std::string bytes_;
  std::size_t length_at_;
};

// ---- What a client opens with

constexpr std::size_t kStartupLimit = 10'000;  // as PostgreSQL and Redshift have it

struct StartupPacket {
  enum class Kind { start, ssl, gss_encryption, cancel } kind = Kind::start;
  std::int32_t protocol = 0;
  std::int32_t process = 0;  // cancel
  std::int32_t secret = 0;   // cancel
  std::vector<std::pair<std::string, std::string>> parameters;
  [[nodiscard]] std::string parameter(std::string_view name) const;  // "" when absent
};

// The body: what follows the packet's length.
std::optional<StartupPacket> read_startup(std::string_view body);
std::string startup_packet(const std::vector<std::pair<std::string, std::string>>& parameters);
std::string cancel_request(std::int32_t process, std::int32_t secret);

// ---- What a client sends

struct ParseMessage {
  std::string_view statement;
  std::string_view sql;
  std::vector<std::int32_t> types;
};
struct BindMessage {
  std::string_view portal;
  std::string_view statement;
  std::size_t parameters = 0;
};
struct NamedMessage {  // Describe, Close
  char what = 0;       // 'S' a statement, 'P' a portal
  std::string_view name;
};
struct ExecuteMessage {
  std::string_view portal;
  std::int32_t most_rows = 0;
};

std::optional<std::string_view> read_query(std::string_view body) noexcept;
std::optional<ParseMessage> read_parse(std::string_view body);
std::optional<BindMessage> read_bind(std::string_view body) noexcept;
std::optional<NamedMessage> read_named(std::string_view body) noexcept;
std::optional<ExecuteMessage> read_execute(std::string_view body) noexcept;

std::string query_message(std::string_view sql);
std::string parse_message(std::string_view statement, std::string_view sql,
                          const std::vector<std::int32_t>& types = {});
// Text parameters (nullopt: NULL), results in text.
std::string bind_message(std::string_view portal, std::string_view statement,
                         const std::vector<std::optional<std::string>>& parameters = {});
std::string describe_message(char what, std::string_view name);
std::string execute_message(std::string_view portal);
std::string close_message(char what, std::string_view name);
std::string copy_data_header(std::size_t size);  // `size` bytes of data follow

// ---- What a server sends

// ErrorResponse and NoticeResponse: fields by their letters (S severity, C SQLSTATE, M message, D detail, …).
struct Report {
  std::vector<std::pair<char, std::string>> fields;
  [[nodiscard]] std::string_view field(char letter) const noexcept;
  void set(char letter, std::string value);  // empty: takes the field away
};

std::optional<Report> read_report(std::string_view body);
std::string report_message(char type, const Report& report);  // 'E' or 'N'
Report make_report(std::string_view severity, std::string_view sqlstate, std::string_view message,
                   std::string_view detail = {}, std::string_view hint = {});

// A RowDescription as Redshift sends it: what is text to PostgreSQL is varchar, but in its own catalog.
std::string row_description_with_varchar(std::string_view whole);
std::optional<std::string_view> read_command_tag(std::string_view body) noexcept;
std::optional<std::pair<std::string_view, std::string_view>> read_parameter_status(std::string_view body) noexcept;
std::optional<std::vector<std::optional<std::string>>> read_data_row(std::string_view body);

std::string command_complete(std::string_view tag);
std::string parameter_status(std::string_view name, std::string_view value);
std::string backend_key_data(std::int32_t process, std::int32_t secret);
std::string authentication_ok();
std::string authentication_md5(std::string_view salt);  // 4 bytes
std::string ready_for_query(char status);               // 'I' idle, 'T' in a block, 'E' in a failed one
std::string bare_message(char type);                    // ParseComplete '1', BindComplete '2', NoData 'n', Sync 'S', …

}  // namespace penstock::endpoint
