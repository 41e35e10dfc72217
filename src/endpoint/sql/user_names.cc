#include "endpoint/sql/user_names.h"

namespace penstock::endpoint {

std::string user_name(TokenReader& reader) {
  const Token token = reader.peek();
  std::string folded = reader.name();
  const auto quote = token.text.find('"');
  if (token.kind != TokenKind::quoted_name || quote != 0) return folded;
  std::string out;
  for (std::size_t i = 1; i + 1 < token.text.size(); ++i) {
    out += token.text[i];
    if (token.text[i] == '"') ++i;  // doubled
  }
  return out;
}

std::string grantee(TokenReader& reader) {
  const auto named = [&](std::string_view prefix) { return quote_name(std::string(prefix) + user_name(reader)); };
  if (reader.accept("PUBLIC")) return "PUBLIC";
  if (reader.accept("GROUP")) return named(kGroupPrefix);
  if (reader.accept("ROLE")) return named(kRolePrefix);
  return named("");
}

}  // namespace penstock::endpoint
