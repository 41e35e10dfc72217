#include "endpoint/sql/edits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "endpoint/sql/function_rules.h"
#include "endpoint/sql/sql_error.h"

namespace penstock::endpoint {
namespace {

// PostgreSQL keeps 63 bytes of a name and cuts the rest; Redshift keeps 127.
constexpr std::size_t kLongestName = 63;

void check_length(std::string_view name) {
  if (name.size() <= kLongestName) return;
  throw SqlError("0A000", fmt::format("the name \"{}\" has {} bytes: this local Redshift takes names of up to {} bytes "
                                      "(Redshift: 127)",
                                      name, name.size(), kLongestName));
}

bool is_unicode_escaped(const Token& token) { return !token.text.starts_with('"'); }

// PostgreSQL's catalogs that Redshift's have columns more than: views of the catalog show them with these.
constexpr auto kCatalogs =
    std::to_array<std::string_view>({"pg_class", "pg_attribute", "pg_attrdef", "pg_proc", "pg_user", "pg_group"});

bool is_catalog(const std::string& name) { return std::ranges::find(kCatalogs, name) != kCatalogs.end(); }

constexpr auto kSecretWords =
    std::to_array<std::string_view>({"CREDENTIALS", "IAM_ROLE", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN",
                                     "TOKEN", "MASTER_SYMMETRIC_KEY", "PASSWORD"});

bool is_literal(const Token& token) { return token.kind == TokenKind::string || token.kind == TokenKind::broken; }

}  // namespace

Edits::Edits(std::string_view text, std::span<const Token> tokens) : text_(text), tokens_(tokens) {}

void Edits::set(std::size_t first, std::size_t last, std::string_view by) {
  bytes_ += by.size();
  if (bytes_ > kMostBytes) {
    throw SqlError("54000", fmt::format("the statement is too complex: written out for PostgreSQL its expressions "
                                        "are more than {} MB",
                                        kMostBytes >> 20));
  }
  Edit& edit = edits_[first];
  edit.by = by;
  edit.last = last;
}

void Edits::replace(std::size_t first, std::size_t last, std::string_view by) {
  if (first == last) return;
  set(first, last, by);
  auto range = replaced_.upper_bound(first);
  if (range != replaced_.begin() && std::prev(range)->second >= first) first = (--range)->first;
  while (range != replaced_.end() && range->first <= last) {
    last = std::max(last, range->second);
    range = replaced_.erase(range);
  }
  replaced_.emplace_hint(range, first, last);
}

bool Edits::replaced(std::size_t token) const {
  const auto behind = replaced_.upper_bound(token);
  return behind != replaced_.begin() && std::prev(behind)->second > token;
}

void Edits::insert_before(std::size_t token, std::string_view text) { edits_[token].before += text; }

void Edits::append_usual_form(std::string& out, std::size_t i) const {
  const Token& token = tokens_[i];
  const bool followed = i + 1 < tokens_.size();
  switch (token.kind) {
    case TokenKind::quoted_name:
      if (is_unicode_escaped(token)) break;
      check_length(name_value(token));
      out += quote_name(is_catalog(name_value(token)) ? "redshift_" + name_value(token) : name_value(token));
      return;
    case TokenKind::word: {
      check_length(token.text);
      if (token.text.starts_with('#')) {
        out += quote_name(name_value(token));
        return;
      }
      if (token.text.starts_with("pg_") || token.text.starts_with("PG_")) {
        if (is_catalog(name_value(token))) out += "redshift_";
      }
      break;
    }
    case TokenKind::number:
    case TokenKind::parameter: {
      const bool touches_a_word = followed && tokens_[i + 1].kind == TokenKind::word &&
                                  tokens_[i + 1].offset == token.offset + token.text.size();
      out += token.text;
      if (touches_a_word) out += ' ';
      return;
    }
    default:
      break;
  }
  out += token.text;
}

void Edits::imply(std::size_t first, std::size_t last, std::string_view by) {
  if (!replaced(first)) set(first, last, by);
}

std::string Edits::text() const {
  Edits all = *this;
  rewrite_functions(tokens_, all);
  std::string out = all.rendered(0, tokens_.size());
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string Edits::rendered(std::size_t first, std::size_t last) const {
  std::string out;
  out.reserve(text_.size());
  std::size_t behind = first == 0 ? 0 : tokens_[first].offset;
  for (std::size_t i = first; i < last; ++i) {
    const auto edit = edits_.find(i);
    const bool edited = edit != edits_.end();
    if (tokens_[i].kind == TokenKind::end) {  // a comment before it would swallow what is inserted here
      if (edited) out += edit->second.before;
      break;
    }
    const std::string_view gap = text_.substr(behind, tokens_[i].offset - behind);  // white space and comments
    const bool removed = edited && edit->second.by == "" && edit->second.before.empty();
    if (removed) {
      if (!out.ends_with(' ')) out += ' ';
    } else {
      if (gap != " " || !out.ends_with(' ')) out += gap;
      if (edited) out += edit->second.before;
      if (edited && edit->second.by) {
        out += *edit->second.by;
      } else {
        append_usual_form(out, i);
      }
    }
    if (edited && edit->second.by) i = edit->second.last - 1;
    behind = tokens_[i].offset + tokens_[i].text.size();
  }
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
