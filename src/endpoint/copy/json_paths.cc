#include "endpoint/copy/json_paths.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "endpoint/sql/sql_error.h"

namespace penstock::endpoint {
namespace {

constexpr int kCopyError = 8001;

// Takes one path apart; every `fail` names the path.
class PathParser {
 public:
  PathParser(std::string_view path, std::int64_t query) : path_(path), rest_(path), query_(query) {}

  JsonPath parse() {
    if (!take("$")) fail("must begin with $");
    JsonPath steps;
    while (!rest_.empty()) steps.push_back(rest_.front() == '.' ? dot_step() : bracket_step());
    if (has_dot_name_ && has_bracket_name_) fail("mixes .name and ['name']");
    return steps;
  }

 private:
  JsonStep dot_step() {
    has_dot_name_ = true;
    rest_.remove_prefix(1);
    const auto end = rest_.find_first_of(".['");
    std::string name(rest_.substr(0, end));
    if (name.empty()) fail("has an empty name");
    rest_.remove_prefix(name.size());
    return name;
  }

  JsonStep bracket_step() {
    if (!take("[")) fail("has something other than .name, ['name'] and [0]");
    if (take("'")) {
      const auto end = rest_.find("']");
      if (end == std::string_view::npos) fail("has a ['name'] without an end");
      std::string name(rest_.substr(0, end));
      rest_.remove_prefix(end + 2);
      has_bracket_name_ = true;
      return name;
    }
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), index);
    if (error != std::errc()) fail("has an index that is no number");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    if (!take("]")) fail("has an index without an end");
    return index;
  }

  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  [[noreturn]] void fail(std::string_view what) const {
    throw redshift_error(fmt::format("Invalid JSONPath format: '{}' {}", printable(path_), what), kCopyError, "",
                         query_, "s3_utility.cpp");
  }

  std::string_view path_;
  std::string_view rest_;
  std::int64_t query_;
  bool has_dot_name_ = false;
  bool has_bracket_name_ = false;
};

}  // namespace

std::vector<JsonPath> parse_json_paths(std::string_view file, std::size_t columns, std::int64_t query) {
  const auto invalid = [&](const std::string& message) {
    return redshift_error(message, kCopyError, "", query, "s3_utility.cpp");
  };
  const auto document = nlohmann::json::parse(file, nullptr, false);
  if (!document.is_object()) throw invalid("Invalid JSONPath format: the JSONPaths file is not one JSON object");
  const auto found = document.find("jsonpaths");
  if (found == document.end()) return {};
  if (!found->is_array()) throw invalid("Invalid JSONPath format: jsonpaths is not an array");
  std::vector<JsonPath> paths;
  for (const auto& path : *found) {
    if (!path.is_string() || path.get_ref<const std::string&>().empty()) {
      throw invalid("Invalid JSONPath format: an element of jsonpaths is not a path");
    }
    paths.push_back(PathParser(path.get_ref<const std::string&>(), query).parse());
  }
  if (paths.size() != columns) {
    throw invalid(
        fmt::format("Number of jsonpaths and the number of columns should match. JSONPath size: {}, Number of columns "
                    "in table or column list: {}",
                    paths.size(), columns));
  }
  return paths;
}

}  // namespace penstock::endpoint
