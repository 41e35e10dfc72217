// One try of a load, and the label by which the cluster's own records know its queries.
//
//     penstock:<attempt id>:<schema>.<table>:<data date>
//
// query_group carries it, stl_query shows it; history reads it back from there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace penstock {

std::string new_id();                        // a random UUID
bool is_id(std::string_view text) noexcept;  // of the shape that new_id() gives

struct AttemptLabel {
  std::string attempt_id;
  std::string schema;
  std::string table;
  std::string data_date;
};

inline constexpr std::string_view kLabelStart = "penstock:";

// At most the 320 bytes that stl_query keeps; what doesn't fit is left out from the end.
std::string to_string(const AttemptLabel& label);
// nullopt: not of penstock.
std::optional<AttemptLabel> read_label(std::string_view text);

}  // namespace penstock
