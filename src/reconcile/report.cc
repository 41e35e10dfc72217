#include "reconcile/report.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace penstock::reconcile {
namespace {

using columnar::RowColumn;
using columnar::RowTime;
using columnar::RowValue;
using columnar::ValueType;

std::vector<RowColumn> columns() {
  return {{"key", ValueType::text},
          {"sets", ValueType::text},
          {"size", ValueType::integer},
          {"etag", ValueType::text},
          {"last_modified", ValueType::timestamp},
          {"deletable", ValueType::boolean},
          {"why", ValueType::text},
          {"loads", ValueType::integer},
          {"load_state", ValueType::text},
          {"load_at", ValueType::timestamp},
          {"load_table", ValueType::text},
          {"load_query", ValueType::integer},
          {"load_id", ValueType::text},
          {"load_etag", ValueType::text},
          {"load_error", ValueType::text}};
}
constexpr std::size_t kColumns = 15;

RowValue text_or_null(std::string_view text) { return text.empty() ? RowValue() : RowValue(text); }

}  // namespace

std::string_view name_of(LoadState state) noexcept {
  switch (state) {
    case LoadState::committed:
      return "committed";
    case LoadState::superseded:
      return "superseded";
    case LoadState::rolled_back:
      return "rolled_back";
    case LoadState::failed:
      return "failed";
    case LoadState::in_progress:
      return "in_progress";
    case LoadState::unknown:
      break;
  }
  return "unknown";
}

Report::Report(columnar::RowFormat format, Compression compression, std::unique_ptr<ByteSink> sink)
    : rows_(columns(), format, compression, std::move(sink)) {}

void Report::add(const KeyFinding& finding) {
  sets_.clear();
  for (std::size_t set = 0; set < kKeySets; ++set) {
    if (!finding.sets.test(set)) continue;
    if (!sets_.empty()) sets_ += ' ';
    sets_ += penstock::name_of(static_cast<KeySet>(set));
  }
  std::array<RowValue, kColumns> row{std::string_view(finding.key), std::string_view(sets_)};
  if (finding.object) {
    row[2] = static_cast<std::int64_t>(finding.object->size);
    row[3] = text_or_null(finding.object->etag);
    row[4] = RowTime(finding.object->last_modified);
  }
  row[5] = finding.deletable;
  row[6] = text_or_null(finding.why);
  row[7] = static_cast<std::int64_t>(finding.loads.size());
  if (!finding.loads.empty()) {
    const KeyLoad& load = finding.loads.back();
    row[8] = name_of(load.state);
    row[9] = RowTime(load.at);
    row[10] = text_or_null(load.table);
    if (load.query != 0) row[11] = load.query;
    row[12] = text_or_null(load.load_id);
    row[13] = text_or_null(load.etag);
    row[14] = text_or_null(load.error);
  }
  rows_.add(row);
}

void Report::commit() { rows_.commit(); }

}  // namespace penstock::reconcile
