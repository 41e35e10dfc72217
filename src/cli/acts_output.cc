#include "cli/acts_output.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/text.h"
#include "cli/words.h"
#include "penstock/error.h"

namespace penstock::cli {
namespace {

constexpr std::size_t kMostNamed = 20;

void print_json(std::ostream& out, const nlohmann::ordered_json& line) {
  out << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

bool is_done(ActResult result) {
  return result == ActResult::copied || result == ActResult::there_already || result == ActResult::deleted;
}

std::string_view in_words(ActResult result) {
  switch (result) {
    case ActResult::planned:
      return "would be done without --dry-run";
    case ActResult::copied:
      return "copied";
    case ActResult::there_already:
      return "copied before";
    case ActResult::deleted:
      return "deleted";
    case ActResult::taken:
      return "not copied, as another object is there";
    case ActResult::changed:
      return "kept, as it was overwritten since it was found";
    case ActResult::gone:
      return "removed by somebody since it was found";
    case ActResult::overwritten:
      return "kept, as it was overwritten since it was loaded";
    case ActResult::not_provable:
      return "kept, as it can't be proved that this object was loaded";
    case ActResult::not_copied:
      return "kept, as no copy of it is proved";
    case ActResult::not_agreed:
      return "kept, as it was not among those that were shown";
    case ActResult::failed:
      break;
  }
  return "failed";
}

nlohmann::ordered_json as_json(const KeyAct& act) {
  return {{"key", act.key},   {"result", name_of(act.result)}, {"size", act.size},
          {"etag", act.etag}, {"target", act.target},          {"reason", act.reason}};
}

nlohmann::ordered_json as_json(const ActsSummary& summary, std::string_view journal) {
  nlohmann::ordered_json json;
  for (std::size_t i = 0; i < kActResults; ++i) {
    const auto result = static_cast<ActResult>(i);
    json[std::string(name_of(result))] = {{"keys", summary.of(result).keys}, {"bytes", summary.of(result).bytes}};
  }
  json["journal"] = journal;
  json["stopped"] = summary.stopped ? summary.stopped->what() : "";
  return json;
}

}  // namespace

void ActsOutput::add(const KeyAct& act) {
  progress_.show(++keys_, "keys");
  if (form_ == Form::json_lines) return print_json(out_, as_json(act));
  if (form_ == Form::words && act.result == ActResult::planned) {
    out_ << printable(act.key) << (act.target.empty() ? "" : " to " + printable(act.target)) << '\n';
    return;
  }
  name(act);
}

void ActsOutput::name(const KeyAct& act) {
  const std::string text = fmt::format("{}: {}{}{}", printable(act.key), in_words(act.result),
                                       act.reason.empty() ? "" : ": ", printable(act.reason));
  if (is_done(act.result)) return log_.debug(text);
  if (++named_ <= kMostNamed) return log_.warning(text);
  if (named_ == kMostNamed + 1) log_.warning("and more, which -v and --json-lines name");
  log_.debug(text);
}

void ActsOutput::finish(const ActsSummary& summary, std::string_view journal) {
  if (form_ == Form::json) return print_json(out_, as_json(summary, journal));
  if (form_ == Form::json_lines) return print_json(out_, {{"summary", as_json(summary, journal)}});
  bool is_nothing = true;
  for (std::size_t i = 0; i < kActResults; ++i) {
    const auto result = static_cast<ActResult>(i);
    const auto& count = summary.of(result);
    if (count.keys == 0) continue;
    is_nothing = false;
    out_ << fmt::format("{}, {}: {}\n", counted(count.keys, "object", "objects"), amount_in_words(count.bytes),
                        in_words(result));
  }
  if (is_nothing && !summary.stopped) out_ << "no object here is committed: there is nothing to do\n";
  if (!journal.empty()) out_ << "journal: " << printable(journal) << '\n';
}

int exit_code_of(const ActsSummary& summary) {
  if (summary.of(ActResult::failed).keys > 0) return 1;
  const bool is_other = summary.of(ActResult::taken).keys > 0 || summary.of(ActResult::changed).keys > 0;
  return is_other ? exit_code(ErrorKind::conflict) : 0;
}

}  // namespace penstock::cli
