#include "endpoint/sql/statement_options.h"

namespace penstock::endpoint {

std::string text_argument(TokenReader& reader) {
  reader.accept("AS");
  return reader.string();
}

std::string null_argument(TokenReader& reader, std::string_view command) {
  reader.accept("AS");
  const bool plain_backslash_n = reader.peek().text == "'\\N'";  // meant as it stands, whatever escapes say
  std::string value = plain_backslash_n ? (reader.next(), "\\N") : reader.string();
  if (value.find_first_of("\r\n") != std::string::npos) {
    throw wrong_option(fmt::format("{} null representation cannot use newline or carriage return", command));
  }
  return value;
}

}  // namespace penstock::endpoint
