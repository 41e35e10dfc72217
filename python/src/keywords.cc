#include "keywords.h"

#include <algorithm>
#include <array>
#include <utility>

namespace penstock::python {
namespace {

using Word = std::pair<std::string_view, std::string_view>;

// By their names.
constexpr std::array kWords{
    Word{"allow-empty", "allow_empty"},
    Word{"append", "mode=\"append\""},
    Word{"bucket", "bucket"},
    Word{"catch-up", "catch_up"},
    Word{"check", "check"},
    Word{"columns", "columns"},
    Word{"config", "config_uri"},
    Word{"create", "create"},
    Word{"create-schema", "create_schema"},
    Word{"date", "date"},
    Word{"delimiter", "delimiter"},
    Word{"distkey", "dist_key"},
    Word{"dry-run", "dry_run"},
    Word{"duplicates", "duplicates"},
    Word{"empty-as-null", "empty_as_null"},
    Word{"escape", "escape"},
    Word{"evolve", "evolve"},
    Word{"force", "force"},
    Word{"format", "format"},
    Word{"from", "from_"},
    Word{"from-format", "from_format"},
    Word{"granularity", "granularity"},
    Word{"into", "into"},
    Word{"inventory", "inventory"},
    Word{"journal", "journal"},
    Word{"key", "key"},
    Word{"lock-timeout", "lock_timeout"},
    Word{"memory", "memory"},
    Word{"missing-as-null", "missing_as_null"},
    Word{"no-maintenance", "maintenance=False"},
    Word{"null-as", "null_as"},
    Word{"null-keys", "null_keys"},
    Word{"older-than", "older_than"},
    Word{"only-copied-to", "only_copied_to"},
    Word{"order-by", "order_by"},
    Word{"prefix", "prefix"},
    Word{"query", "query"},
    Word{"quote", "quote"},
    Word{"rejects", "rejects"},
    Word{"replace", "replace"},
    Word{"sample", "sample"},
    Word{"schema", "schema"},
    Word{"sortkey", "sort_key"},
    Word{"storage-class", "storage_class"},
    Word{"streams", "streams"},
    Word{"table", "table"},
    Word{"tables", "tables"},
    Word{"tight", "tight"},
    Word{"timezone", "timezone"},
    Word{"to", "to"},
    Word{"to-delimiter", "to_delimiter"},
    Word{"to-format", "to_format"},
    Word{"truncate", "truncate"},
    Word{"why", "why"},
};
static_assert(std::ranges::is_sorted(kWords));

bool is_of_option(char c) { return (c >= 'a' && c <= 'z') || c == '-'; }

}  // namespace

std::string in_keywords(std::string_view message) {
  std::string text;
  for (;;) {
    const std::size_t dashes = message.find("--");
    text += message.substr(0, dashes);
    if (dashes == std::string_view::npos) return text;
    message.remove_prefix(dashes + 2);
    const auto end = std::ranges::find_if_not(message, is_of_option);
    const std::string_view name = message.substr(0, static_cast<std::size_t>(end - message.begin()));
    const auto word = std::ranges::lower_bound(kWords, name, {}, &Word::first);
    const bool is_known = word != kWords.end() && word->first == name;
    text += is_known ? word->second : "--";
    if (is_known) message.remove_prefix(name.size());
  }
}

}  // namespace penstock::python
