#include "endpoint/sql/testing/case_file.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace penstock::endpoint::testing {
namespace {

constexpr std::string_view kTitle = "### ";
constexpr std::string_view kArrow = "=>";

}  // namespace

std::vector<std::filesystem::path> case_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator("cases")) {
    if (entry.path().extension() == ".cases") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::vector<CaseText> read_case_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<CaseText> cases;
  std::vector<std::string>* part = nullptr;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(kTitle)) {
      cases.push_back({.title = line.substr(kTitle.size()), .input = {}, .outcome = {}});
      part = &cases.back().input;
    } else if (line == kArrow && part != nullptr) {
      part = &cases.back().outcome;
    } else if (part != nullptr) {
      part->push_back(line);
    }
  }
  for (CaseText& one : cases) {
    while (!one.outcome.empty() && one.outcome.back().empty()) one.outcome.pop_back();
  }
  return cases;
}

void update_case_file(const std::filesystem::path& path, const std::vector<CaseText>& cases) {
  if (std::getenv("UPDATE_GOLDEN") == nullptr) return;
  std::ofstream file(path);
  for (const CaseText& one : cases) {
    file << kTitle << one.title << '\n' << text_of(one.input) << kArrow << '\n' << text_of(one.outcome) << '\n';
  }
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace penstock::endpoint::testing
