// What several commands read from their arguments, and print, in the same way.
//
// Threads: one. Errors: a value that can't be read is a problem, and nullopt.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/problems.h"

namespace penstock::cli {

// a,b and a b: names separated by commas, given once or several times.
std::vector<std::string> split_list(const std::vector<std::string>& lists);
// One character, or \t. nullopt: nothing was given.
std::optional<char> read_character(std::string_view option, const std::string& text, Problems& problems);
// A whole number from 0 to 9,999,999.
std::optional<int> read_number(const std::string& text);
std::optional<std::chrono::seconds> read_seconds(std::string_view option, const std::string& text, Problems& problems);
// 90s, 15m, 24h, 7d.
std::optional<std::chrono::seconds> read_duration(std::string_view option, const std::string& text, Problems& problems);

// "3 objects", "1 object".
std::string counted(std::uint64_t count, std::string_view one, std::string_view several);

std::string amount_in_words(std::uint64_t bytes);  // "12.3 MB"

// A --dry-run's steps, each indented, and what of it goes on in further lines more so.
void print_plan(std::ostream& out, const std::vector<std::string>& plan);

}  // namespace penstock::cli
