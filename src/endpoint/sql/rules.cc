#include "endpoint/sql/rules.h"

#include <algorithm>
#include <array>

namespace penstock::endpoint {
namespace {

using Kind = Recognised::Kind;

constexpr Rule not_in_redshift(std::string_view words, std::string_view what) {
  return {.words = words, .kind = Kind::utility, .apply = nullptr, .not_in_redshift = what, .not_here = {}};
}

constexpr Rule not_here(std::string_view words, std::string_view what) {
  return {.words = words, .kind = Kind::utility, .apply = nullptr, .not_in_redshift = {}, .not_here = what};
}

constexpr Rule rule(std::string_view words, Kind kind, decltype(Rule::apply) apply = nullptr) {
  return {.words = words, .kind = kind, .apply = apply, .not_in_redshift = {}, .not_here = {}};
}

constexpr auto kRules = std::to_array<Rule>({
    // transactions
    rule("BEGIN", Kind::utility, begin_transaction),
    rule("START TRANSACTION", Kind::utility, begin_transaction),
    not_in_redshift("COMMIT PREPARED", "COMMIT PREPARED"),
    rule("COMMIT", Kind::utility, commit_transaction),
    rule("END", Kind::utility, commit_transaction),
    not_in_redshift("ROLLBACK PREPARED", "ROLLBACK PREPARED"),
    rule("ROLLBACK", Kind::utility, rollback_transaction),
    rule("ABORT", Kind::utility, rollback_transaction),
    not_in_redshift("PREPARE TRANSACTION", "PREPARE TRANSACTION"),
    not_in_redshift("SAVEPOINT", "SAVEPOINT"),
    not_in_redshift("RELEASE", "RELEASE SAVEPOINT"),

    // loading and unloading
    rule("COPY", Kind::query, copy),
    not_here("UNLOAD", "UNLOAD"),

    // what PostgreSQL does as Redshift does: named for its place in the system tables
    rule("SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES|TABLE", Kind::query),
    rule("CREATE|ALTER|DROP DATABASE|USER|GROUP|ROLE", Kind::utility),
    rule("CREATE|ALTER|DROP", Kind::ddl),
});

}  // namespace

std::span<const Rule> rules() { return kRules; }

std::optional<std::size_t> match_words(std::string_view words, std::span<const Token> tokens) noexcept {
  std::size_t at = 0;
  while (!words.empty()) {
    const auto end = std::min(words.find(' '), words.size());
    std::string_view word = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    const bool optional = word.starts_with('[');
    if (optional) word = word.substr(1, word.size() - 2);
    bool matched = false;
    while (!word.empty() && !matched) {
      const auto bar = std::min(word.find('|'), word.size());
      matched = at < tokens.size() && is_keyword(tokens[at], word.substr(0, bar));
      word.remove_prefix(std::min(bar + 1, word.size()));
    }
    if (matched) {
      ++at;
    } else if (!optional) {
      return std::nullopt;
    }
  }
  return at;
}

}  // namespace penstock::endpoint
