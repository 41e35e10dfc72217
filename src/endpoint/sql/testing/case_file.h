// Files of cases, each a specification: a title, what is put in, and behind the arrow what must come of it.
//
//     ### a sentence
//     lines, which the test understands
//     =>
//     lines, which the test compares
//
// A test says what came of each case; UPDATE_GOLDEN=1 writes that into the file, and the diff is for review.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::endpoint::testing {

struct CaseText {
  std::string title;
  std::vector<std::string> input;    // lines
  std::vector<std::string> outcome;  // lines, without blank ones at the end
};

std::vector<std::filesystem::path> case_files();  // cases/*.cases of the folder that the test runs in
std::vector<CaseText> read_case_file(const std::filesystem::path& path);
// The cases with what came of them; does nothing without UPDATE_GOLDEN.
void update_case_file(const std::filesystem::path& path, const std::vector<CaseText>& cases);

std::vector<std::string> lines_of(std::string_view text);
std::string text_of(const std::vector<std::string>& lines);  // a newline behind each

}  // namespace penstock::endpoint::testing
