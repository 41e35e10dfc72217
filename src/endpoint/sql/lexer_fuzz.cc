// Any bytes: the tokens never overlap, stand in order inside the text, and their values can be asked for; a statement
// is refused, or rewritten to one that lexes again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "endpoint/sql/lexer.h"
#include "endpoint/sql/sql_error.h"
#include "endpoint/sql/statement.h"

using namespace penstock::endpoint;

namespace {

bool is_broken(std::string_view sql) {
  return std::ranges::any_of(lex(sql), [](const Token& token) { return token.kind == TokenKind::broken; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view sql(reinterpret_cast<const char*>(data), size);
  std::size_t behind = 0;
  for (const Token& token : lex(sql)) {
    if (token.offset < behind || token.offset + token.text.size() > size) std::abort();
    if (token.text.empty() != (token.kind == TokenKind::end)) std::abort();
    behind = token.offset + token.text.size();
    if (token.kind == TokenKind::string) (void)string_value(token);
    if (token.kind == TokenKind::word || token.kind == TokenKind::quoted_name) (void)name_value(token);
  }
  for (const std::string_view statement : split_statements(sql)) {
    try {
      const Recognised recognised = recognise(statement);
      // What PostgreSQL gets instead is one statement, too, and as whole as what was written.
      const auto* passed = std::get_if<PassThrough>(&recognised.action);
      if (passed != nullptr && !is_broken(statement) && is_broken(passed->sql)) std::abort();
      if (passed != nullptr && !is_broken(statement) && split_statements(passed->sql).size() != 1) std::abort();
    } catch (const SqlError&) {  // the only exception that a statement may cause
    }
  }
  return 0;
}
