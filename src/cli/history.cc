// penstock history: what was loaded, and why loads failed.
#include "penstock/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "cli/commands.h"
#include "load/load_errors.h"
#include "penstock/connection.h"

namespace penstock::cli {
namespace {

struct Typed {
  HistoryOptions options;
  bool no_errors = false;
  bool json = false;
};

nlohmann::ordered_json as_json(const HistoryEntry& entry) {
  auto objects = nlohmann::ordered_json::array();
  for (const LoadedObject& object : entry.objects) {
    objects.push_back({{"uri", object.uri}, {"etag", object.etag}, {"size", object.size}});
  }
  auto errors = nlohmann::ordered_json::array();
  for (const LoadErrorRow& row : entry.errors) {
    errors.push_back({{"object", row.object},
                      {"line", row.line},
                      {"column", row.column},
                      {"type", row.type},
                      {"raw_value", row.raw_value},
                      {"raw_line", row.raw_line},
                      {"code", row.code},
                      {"reason", row.reason}});
  }
  return {{"load_id", entry.load_id},
          {"schema", entry.schema},
          {"table", entry.table},
          {"committed", entry.committed},
          {"kind", entry.kind},
          {"source", entry.source},
          {"at", entry.at},
          {"by", entry.by},
          {"data_date", entry.data_date},
          {"rows", entry.rows},
          {"replaced", entry.replaced},
          {"read", entry.read},
          {"inserted", entry.inserted},
          {"updated", entry.updated},
          {"superseded", entry.superseded},
          {"rejected", entry.rejected},
          {"query", entry.query},
          {"objects", std::move(objects)},
          {"reason", entry.reason},
          {"errors", std::move(errors)}};
}

// Columns as wide as their widest cell.
class Table {
 public:
  void add(std::vector<std::string> row) {
    widths_.resize(std::max(widths_.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths_[i] = std::max(widths_[i], row[i].size());
    rows_.push_back(std::move(row));
  }
  [[nodiscard]] std::string line(std::size_t row) const {
    std::string text;
    for (std::size_t i = 0; i < rows_[row].size(); ++i) {
      const bool last = i + 1 == rows_[row].size();
      text += last ? rows_[row][i] : fmt::format("{:<{}}  ", rows_[row][i], widths_[i]);
    }
    return text;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> widths_;
};

std::string objects_in_words(const HistoryEntry& entry) {
  if (!entry.source.empty()) {
    const std::string but = entry.rejected > 0 ? fmt::format(" but {} rejected", entry.rejected) : "";
    return entry.kind + " of " + printable(entry.source) + but;
  }
  if (entry.kind != "load") return entry.kind;
  if (entry.objects.empty()) return "-";
  std::string text = printable(entry.objects.front().uri);
  if (entry.objects.size() > 1) text += fmt::format(" and {} more", entry.objects.size() - 1);
  return text;
}

// The reason's further lines are the rows that COPY refused: the cluster's own records of them are whole.
void print_why(std::ostream& out, const HistoryEntry& entry) {
  for (const auto line : std::views::split(entry.reason, '\n')) {
    if (line.empty()) continue;
    out << "    " << printable(std::string_view(line.begin(), line.end())) << '\n';
    if (!entry.errors.empty()) break;
  }
  for (const LoadErrorRow& row : entry.errors) out << "    " << in_words(row) << '\n';
}

void print_words(std::ostream& out, const std::vector<HistoryEntry>& entries) {
  if (entries.empty()) {
    out << "nothing was loaded yet\n";
    return;
  }
  Table table;
  table.add({"AT", "TABLE", "DATA DATE", "ROWS", "REPLACED", "BY", "LOAD", "FROM"});
  for (const HistoryEntry& entry : entries) {
    table.add({entry.at, printable(entry.schema + "." + entry.table),
               entry.data_date.empty() ? "-" : printable(entry.data_date),
               entry.committed ? std::to_string(entry.rows) : "failed",
               entry.committed ? std::to_string(entry.replaced) : "-", printable(entry.by), entry.load_id,
               objects_in_words(entry)});
  }
  out << table.line(0) << '\n';
  for (std::size_t i = 0; i < entries.size(); ++i) {
    out << table.line(i + 1) << '\n';
    print_why(out, entries[i]);
  }
}

}  // namespace

void add_history(Program& program) {
  auto typed = std::make_shared<Typed>();
  Command app = program.add(
      "history", "Says what was loaded, when, from which objects, and which rows made loads fail",
      "penstock history --schema api_hits --table pages --limit 5",
      [typed](const Environment& environment, Problems& problems) -> Run {
        const auto connection = problems.collect([&] { return connection_config(environment); });
        if (typed->options.limit < 0) problems.add("--limit is negative");
        HistoryOptions options = typed->options;
        options.errors = !typed->no_errors;
        return [options, connection, json = typed->json](const Session& session) {
          const auto entries = history(options, connection, session.log);
          if (!json) print_words(session.out, entries);
          for (const HistoryEntry& entry : entries) {
            if (json)
              session.out << as_json(entry).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
          }
          return 0;
        };
      });
  app.add_option("--schema", typed->options.schema, "Only loads into this schema");
  app.add_option("--table", typed->options.table, "Only loads into the table of this name");
  app.add_option("--limit", typed->options.limit, "At most so many, the newest; 0 for all; 20 by default");
  app.add_flag("--no-errors", typed->no_errors, "Leave out loads that failed");
  app.add_flag("--json", typed->json, "One JSON object a line for each load");
}

}  // namespace penstock::cli
