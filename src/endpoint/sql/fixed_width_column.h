// The argument of FIXEDWIDTH, in COPY and in UNLOAD.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "endpoint/sql/token_reader.h"

namespace penstock::endpoint {

struct FixedWidthColumn {
  std::string label;       // for people; may be anything
  std::int32_t width = 0;  // in characters
};

// [AS] 'label:width,label:width,…'. Throws SqlError (42601).
std::vector<FixedWidthColumn> fixed_width_argument(TokenReader& reader);

}  // namespace penstock::endpoint
