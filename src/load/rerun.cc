#include "load/rerun.h"

#include <algorithm>
#include <string_view>

namespace penstock {
namespace {

// A word as a POSIX shell reads it.
std::string quoted(std::string_view word) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:=+,%@";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) return std::string(word);
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string_view name_of(Granularity granularity) noexcept {
  switch (granularity) {
    case Granularity::hour:
      return "hour";
    case Granularity::day:
      return "day";
    case Granularity::stream:
      return "stream";
    case Granularity::instant:
      break;
  }
  return {};
}

}  // namespace

std::string rerun_command(const LoadOptions& options, const std::string& table, const std::string& date) {
  std::string command = "penstock load --schema " + quoted(options.schema) + " --tables " + quoted(table) +
                        " --bucket " + quoted(options.bucket) + " --date " + quoted(date);
  const auto add = [&](std::string_view option, std::string_view value) {
    command.append(" ").append(option).append(" ").append(quoted(value));
  };
  if (!options.prefix.empty()) add("--prefix", options.prefix);
  if (!options.config_uri.empty()) add("--config", options.config_uri);
  if (options.truncate) command += " --truncate";
  if (options.force) command += " --force";
  if (options.create_schema) command += " --create-schema";
  if (options.allow_empty) command += " --allow-empty";
  if (options.granularity != Granularity::instant) add("--granularity", name_of(options.granularity));
  if (options.timezone != "UTC") add("--timezone", options.timezone);
  if (options.delimiter) add("--delimiter", std::string_view(&*options.delimiter, 1));
  if (options.null_as) add("--null-as", *options.null_as);
  return command;
}

}  // namespace penstock
