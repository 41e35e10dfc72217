#include "endpoint/sql/edits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "endpoint/sql/sql_error.h"

namespace penstock::endpoint {
namespace {

// PostgreSQL keeps 63 bytes of a name and cuts the rest; Redshift keeps 127.
constexpr std::size_t kLongestName = 63;

void check_length(const std::string& name) {
  if (name.size() <= kLongestName) return;
  throw SqlError("0A000", fmt::format("the name \"{}\" has {} bytes: this local Redshift takes names of up to {} bytes "
                                      "(Redshift: 127)",
                                      name, name.size(), kLongestName));
}

bool is_unicode_escaped(const Token& token) { return !token.text.starts_with('"'); }

constexpr auto kSecretWords =
    std::to_array<std::string_view>({"CREDENTIALS", "IAM_ROLE", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN",
                                     "TOKEN", "MASTER_SYMMETRIC_KEY", "PASSWORD"});

bool is_literal(const Token& token) { return token.kind == TokenKind::string || token.kind == TokenKind::broken; }

}  // namespace

Edits::Edits(std::string_view text, std::span<const Token> tokens)
    : text_(text), tokens_(tokens), replaced_(tokens.size()), swallowed_(tokens.size()), inserted_(tokens.size()) {}

void Edits::replace(std::size_t first, std::size_t last, std::string_view by) {
  if (first == last) return;
  replaced_[first] = by;
  for (std::size_t i = first + 1; i < last; ++i) swallowed_[i] = true;
}

void Edits::insert_before(std::size_t token, std::string_view text) { inserted_[token] += text; }

std::string Edits::usual_form(std::size_t i) const {
  const Token& token = tokens_[i];
  const bool touches_next = i + 1 < tokens_.size() && tokens_[i + 1].offset == token.offset + token.text.size();
  switch (token.kind) {
    case TokenKind::quoted_name: {
      if (is_unicode_escaped(token)) break;
      const std::string name = name_value(token);
      check_length(name);
      return quote_name(name);
    }
    case TokenKind::word: {
      check_length(std::string(token.text));
      if (token.text.starts_with('#')) return quote_name(name_value(token));
      const bool qualified = i > 0 && tokens_[i - 1].text == ".";
      const bool called = i + 1 < tokens_.size() && tokens_[i + 1].text == "(";
      if (is_keyword(token, "SYSDATE") && !qualified && !called) return "pg_catalog.sysdate()";
      if (is_keyword(token, "NVL") && !qualified && called) return "coalesce";
      break;
    }
    case TokenKind::number:
    case TokenKind::parameter:
      if (touches_next && tokens_[i + 1].kind == TokenKind::word) return std::string(token.text) + " ";
      break;
    default:
      break;
  }
  return std::string(token.text);
}

std::string Edits::text(std::size_t first, std::size_t last) const {
  std::string out;
  std::size_t behind = tokens_[first].offset;
  for (std::size_t i = first; i < last; ++i) {
    const Token& token = tokens_[i];
    if (token.kind == TokenKind::end) {  // a comment before it would swallow what somebody appends
      out += inserted_[i];
      break;
    }
    const std::string_view gap = text_.substr(behind, token.offset - behind);  // white space and comments
    const bool removed = replaced_[i] && replaced_[i]->empty() && inserted_[i].empty();
    if (removed) {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else if (!swallowed_[i]) {
      const bool already = gap == " " && out.ends_with(' ');
      if (!already) out += gap;
      out += inserted_[i];
      out += replaced_[i] ? *replaced_[i] : usual_form(i);
    }
    behind = token.offset + token.text.size();
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string without_secrets(std::string_view text, std::span<const Token> tokens) {
  std::string out;
  std::size_t behind = 0;
  bool secret = false;  // the next literal is one
  for (const Token& token : tokens) {
    out += text.substr(behind, token.offset - behind);
    behind = token.offset + token.text.size();
    if (secret && is_literal(token)) {
      out += "''";
    } else {
      out += token.text;
    }
    const auto is_this = [&](std::string_view word) { return is_keyword(token, word); };
    secret = std::ranges::any_of(kSecretWords, is_this) || (secret && is_keyword(token, "AS"));
  }
  return out;
}

}  // namespace penstock::endpoint
