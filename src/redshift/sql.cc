#include "redshift/sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "base/text.h"
#include "penstock/error.h"
#include "pq/query_text.h"

namespace penstock::redshift {
namespace {

constexpr std::size_t kMaxIdentifier = 127;  // bytes

void check_text(std::string_view text, std::string_view what, std::string_view shown) {
  if (text.find('\0') != std::string_view::npos) {
    throw Error(ErrorKind::invalid, fmt::format("{} {} has a NUL byte, which SQL can't hold", what, shown));
  }
  if (!is_utf8(text)) throw Error(ErrorKind::invalid, fmt::format("{} {} is not UTF-8", what, shown));
}

std::string doubled(std::string_view text, char quote, std::string_view doubled_characters) {
  std::string out(1, quote);
  out.reserve(text.size() + 2);
  for (const char c : text) {
    if (doubled_characters.find(c) != std::string_view::npos) out += c;
    out += c;
  }
  return out += quote;
}

std::string quoted_literal(std::string_view text) { return doubled(text, '\'', "'\\"); }

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) { return starts_name(c) || (c >= '0' && c <= '9'); }

// The next piece of a .sql file: text to be kept, or a placeholder's name, or neither, which is a comment.
struct Piece {
  std::string_view kept;
  std::string_view placeholder;
};

class Pieces {
 public:
  explicit Pieces(std::string_view text) : rest_(text) {}

  // False at the end.
  bool next(Piece& piece) {
    if (rest_.empty()) return false;
    piece = {};
    if (rest_[0] == ':' && rest_.size() > 1 && starts_name(rest_[1])) {
      std::size_t end = 2;
      while (end < rest_.size() && continues_name(rest_[end])) ++end;
      piece.placeholder = take(end).substr(1);
    } else if (rest_.starts_with("--") || rest_.starts_with("/*")) {
      take(through(rest_[0] == '-' ? "\n" : "*/", 2));
    } else {
      piece.kept = take(kept_length());
    }
    return true;
  }

 private:
  std::string_view take(std::size_t length) {
    const auto taken = rest_.substr(0, length);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  // The length up to and with the next `end`, or of all that is left.
  [[nodiscard]] std::size_t through(std::string_view end, std::size_t from) const {
    const auto at = rest_.find(end, from);
    return at == std::string_view::npos ? rest_.size() : at + end.size();
  }

  // Of what starts the rest and is no placeholder: something quoted, a cast, or a character.
  [[nodiscard]] std::size_t kept_length() const {
    if (rest_[0] == '\'' || rest_[0] == '"') return through(rest_.substr(0, 1), 1);
    if (rest_.starts_with("::")) return 2;
    return 1;
  }

  std::string_view rest_;
};

}  // namespace

Identifier::Identifier(std::string_view name) {
  const std::string shown = fmt::format("'{}'", printable(name));
  if (name.empty()) throw Error(ErrorKind::invalid, "a name in SQL is empty");
  check_text(name, "the name", shown);
  if (name.size() > kMaxIdentifier) {
    throw Error(ErrorKind::invalid, fmt::format("the name {} has {} bytes; Redshift keeps {} and would cut it silently",
                                                shown, name.size(), kMaxIdentifier));
  }
  quoted_ = doubled(name, '"', "\"");
}

Literal::Literal(std::string_view text) {
  check_text(text, "the value", fmt::format("'{}'", printable(text.substr(0, 100))));
  quoted_ = quoted_literal(text);
}

Query::Query(std::string_view text) {
  const std::string_view bare = pq::bare_query(text, pq::Backslash::escapes);
  if (bare.empty()) throw Error(ErrorKind::invalid, "the query is empty");
  check_text(text, "the query", fmt::format("'{}'", printable(text.substr(0, 100))));
  text_ = std::string(bare);
}

SecretLiteral::SecretLiteral(const Secret& value) {
  check_text(value.reveal(), "the secret", "***");
  quoted_ = Secret(quoted_literal(value.reveal()));
}

Statement& Statement::operator<<(Sql text) {
  text_ += text.text();
  shown_ += text.text();
  return *this;
}

Statement& Statement::operator<<(const Identifier& name) {
  text_ += name.quoted();
  shown_ += name.quoted();
  return *this;
}

Statement& Statement::operator<<(const Qualified& name) {
  return *this << Identifier(name.schema) << Sql(".") << Identifier(name.name);
}

Statement& Statement::operator<<(const Literal& value) {
  text_ += value.quoted();
  shown_ += value.quoted();
  return *this;
}

// On lines of its own: what the server says of a place in it is easier to find.
Statement& Statement::operator<<(const Query& query) {
  const std::string in_parentheses = "(\n" + query.text() + "\n)";
  text_ += in_parentheses;
  shown_ += in_parentheses;
  return *this;
}

Statement& Statement::operator<<(const SecretLiteral& value) {
  text_ += value.quoted().reveal();
  shown_ += "'***'";
  secrets_.push_back(value.quoted());
  return *this;
}

Statement& Statement::operator<<(std::int64_t number) {
  const std::string digits = std::to_string(number);
  text_ += digits;
  shown_ += digits;
  return *this;
}

Statement& Statement::operator<<(const Statement& part) {
  const std::vector<Secret> secrets = part.secrets_;  // part may be this statement
  text_ += part.text_;
  shown_ += part.shown_;
  secrets_.insert(secrets_.end(), secrets.begin(), secrets.end());
  return *this;
}

std::string Statement::masked(std::string said) const {
  for (const Secret& secret : secrets_) {
    const std::string_view quoted = secret.reveal();
    const std::string_view escaped = quoted.substr(1, quoted.size() - 2);
    if (escaped.empty()) continue;
    std::string plain(escaped);
    replace_all(plain, "''", "'");
    replace_all(plain, "\\\\", "\\");
    replace_all(said, escaped, "***");
    replace_all(said, plain, "***");
  }
  return said;
}

Statement fill(Sql file, std::initializer_list<Placeholder> values) {
  Statement out;
  std::vector<bool> used(values.size(), false);
  Pieces pieces(file.text());
  for (Piece piece; pieces.next(piece);) {
    if (piece.placeholder.empty()) {
      const bool comment = piece.kept.empty();
      if (!comment) out << Sql(piece.kept);
      if (comment && !out.empty()) out << " ";  // it parted what stood around it
      continue;
    }
    const auto* const value =
        std::ranges::find_if(values, [&](const Placeholder& v) { return v.name == piece.placeholder; });
    if (value == values.end()) {
      throw Error(ErrorKind::internal, fmt::format("the placeholder :{} has no value", piece.placeholder));
    }
    used[static_cast<std::size_t>(value - values.begin())] = true;
    out << value->value;
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) {
      throw Error(ErrorKind::internal, fmt::format("the value :{} has no placeholder", values.begin()[i].name));
    }
  }
  return out;
}

}  // namespace penstock::redshift
