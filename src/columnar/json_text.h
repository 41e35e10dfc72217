// Values of an Arrow column as JSON: lists as arrays, structs and maps as objects. Numbers keep all their digits; what
// JSON has no word for (dates, UUIDs) is the text of value_text.h, as a string.
//
// Threads, Lifetime, Errors: those of value_text.h; BadValue: NaN and infinities, which are no JSON.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <string_view>

#include "columnar/value_text.h"

namespace penstock::columnar {

std::unique_ptr<ValueText> json_text(const arrow::Array& array);

std::unique_ptr<ValueText> json_strings(std::unique_ptr<ValueText> texts);  // each as a string
std::string json_string(std::string_view text);

}  // namespace penstock::columnar
