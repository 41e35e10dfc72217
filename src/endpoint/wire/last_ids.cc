#include "endpoint/wire/last_ids.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "endpoint/sql/lexer.h"

namespace penstock::endpoint {

bool is_leader_only(std::string_view sql) {
  const auto tokens = lex(sql);
  if (tokens.empty() || !is_keyword(tokens.front(), "SELECT")) return false;
  const auto of_catalog = [](const Token& token) {
    return token.kind == TokenKind::word && lower(token.text).starts_with("pg_");
  };
  return std::ranges::any_of(tokens, of_catalog) ||
         std::ranges::none_of(tokens, [](const Token& token) { return is_keyword(token, "FROM"); });
}

void LastIds::copy_done(std::int64_t query, std::uint64_t rows) {
  copy_ = {query, rows};
  moved_told_ = false;
  query_done(query);
}

void LastIds::copy_failed(std::int64_t query) {
  copy_ = kept_copy_ = {query, 0};
  moved_told_ = false;
  query_done(query);
}

void LastIds::unload_done(std::int64_t query, std::uint64_t rows) {
  unload_ = {query, rows};
  moved_told_ = false;
  query_done(query);
}

void LastIds::unload_failed(std::int64_t query) {
  unload_ = kept_unload_ = {query, 0};
  moved_told_ = false;
  query_done(query);
}

void LastIds::query_done(std::int64_t query) {
  query_ = query;
  query_told_ = false;
}

void LastIds::transaction_ended(bool committed) {
  if (committed) {
    kept_copy_ = copy_;
    kept_unload_ = unload_;
    return;
  }
  copy_ = kept_copy_;
  unload_ = kept_unload_;
  forgotten();  // PostgreSQL has gone back to what it knew before
}

void LastIds::forgotten() noexcept {
  moved_told_ = copy_.query < 0 && unload_.query < 0;
  query_told_ = query_ < 0;
}

// COPY and UNLOAD are few, and a view may hide the call: always told at once. Queries are many: only where they are
// asked for.
bool LastIds::must_tell(std::string_view sql) const {
  if (!moved_told_) return true;
  return !query_told_ && lower(sql).find("pg_last_") != std::string::npos;
}

std::string LastIds::telling() const {
  return fmt::format(
      "SELECT set_config('penstock.last_copy_id', '{}', false), set_config('penstock.last_copy_count', '{}', false), "
      "set_config('penstock.last_unload_id', '{}', false), set_config('penstock.last_unload_count', '{}', false), "
      "set_config('penstock.last_query_id', '{}', false)",
      copy_.query, copy_.rows, unload_.query, unload_.rows, query_);
}

void LastIds::told() noexcept { moved_told_ = query_told_ = true; }

}  // namespace penstock::endpoint
