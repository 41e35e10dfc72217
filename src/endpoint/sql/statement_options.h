// What the options of COPY and UNLOAD have in common: a table says by what each one is read, and pairs of names what
// may not stand together.
//
// Errors: SqlError: 42601 for what is written wrong, 0A000 for options that are not carried out here.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "endpoint/sql/authorization.h"
#include "endpoint/sql/sql_error.h"
#include "endpoint/sql/token_reader.h"

namespace penstock::endpoint {

inline SqlError wrong_option(const std::string& message) { return {"42601", message}; }

// A statement in the making: the reader stands behind the option's name.
template <typename Statement>
struct StatementDraft {
  std::string_view command;  // "COPY"
  TokenReader reader;
  Statement statement{};
  AuthorizationClauses authorization{command};
  std::vector<std::string_view> seen{};  // names of the options given, in their order

  [[nodiscard]] bool has(std::string_view option) const { return std::ranges::find(seen, option) != seen.end(); }
};

// Readers of options, for a table.

template <auto member, typename Draft>
void set(Draft& draft) {
  draft.statement.*member = true;
}

template <auto member, auto value, typename Draft>
void choose(Draft& draft) {
  draft.statement.*member = value;
}

template <auto read, typename Draft>
void authorize(Draft& draft) {
  (draft.authorization.*read)(draft.reader);
}

// [AS] 'text'
std::string text_argument(TokenReader& reader);

template <auto member, typename Draft>
void set_text(Draft& draft) {
  draft.statement.*member = text_argument(draft.reader);
}

// NULL [AS] 'text': \N however its backslash is written.
std::string null_argument(TokenReader& reader, std::string_view command);

// Reads all that is left by the options that option_at(reader) finds, which stands behind their names then.
template <typename Statement, typename OptionAt>
void read_options(StatementDraft<Statement>& draft, OptionAt option_at) {
  while (!draft.reader.at_end()) {
    const auto& option = option_at(draft.reader);
    if (option.parse == nullptr) throw not_supported(fmt::format("{} with {}", draft.command, option.name));
    if (draft.has(option.name)) throw wrong_option(fmt::format("conflicting or redundant options: {}", option.name));
    draft.seen.push_back(option.name);
    option.parse(draft);
  }
}

// pairs: of names, in the words of the error: CSV is not compatible with ESCAPE.
template <typename Statement, typename Pairs>
void check_pairs(const StatementDraft<Statement>& draft, const Pairs& pairs) {
  for (const auto& [option, other] : pairs) {
    if (!draft.has(option) || !draft.has(other)) continue;
    throw wrong_option(fmt::format("{} is not compatible with {}", option, other));
  }
}

}  // namespace penstock::endpoint
