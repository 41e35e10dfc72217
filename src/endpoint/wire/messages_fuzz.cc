// Whatever a client sends: nothing is read beyond its end, and what can be read is a whole message.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "endpoint/wire/messages.h"

namespace penstock::endpoint {
namespace {

void read_all(std::string_view bytes) {
  static_cast<void>(read_startup(bytes));
  Message message;
  while (next_message(bytes, 1 << 20, message) == Framing::whole) {
    static_cast<void>(read_query(message.body));
    static_cast<void>(read_parse(message.body));
    static_cast<void>(read_bind(message.body));
    static_cast<void>(read_named(message.body));
    static_cast<void>(read_execute(message.body));
    static_cast<void>(read_report(message.body));
    static_cast<void>(read_parameter_status(message.body));
    static_cast<void>(read_data_row(message.body));
    bytes.remove_prefix(message.whole.size());
  }
}

}  // namespace
}  // namespace penstock::endpoint

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  penstock::endpoint::read_all({reinterpret_cast<const char*>(data), size});
  return 0;
}
