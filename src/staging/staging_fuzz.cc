// Any bytes, split and staged, against a reader of CSV that goes byte by byte.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "penstock/error.h"
#include "staging/splitter.h"
#include "staging/staged_text.h"
#include "staging/text_reader.h"

namespace penstock::staging {
namespace {

using Fields = std::vector<std::optional<std::string>>;  // nullopt: NULL

// RFC 4180 as the staged text promises it; only for what was not refused.
std::vector<Fields> naive(std::string_view text, bool is_staged) {
  std::vector<Fields> records;
  Fields fields;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = at;
    bool is_inside = false;
    for (; end < text.size(); ++end) {
      if (text[end] == '"') is_inside = !is_inside;
      if (!is_inside && (text[end] == ',' || text[end] == '\n')) break;
    }
    const bool ends_record = end == text.size() || text[end] == '\n';
    std::string_view field = text.substr(at, end - at);
    if (ends_record && !is_staged && field.ends_with('\r')) field.remove_suffix(1);
    if (is_staged ? field == kNullText : field.empty()) {
      fields.emplace_back(std::nullopt);
    } else {
      fields.emplace_back(field);
    }
    at = end + 1;
    if (!ends_record) continue;
    const bool is_blank = !is_staged && fields.size() == 1 && !fields[0];
    if (!is_blank) records.push_back(fields);
    fields.clear();
  }
  return records;
}

void require(bool holds) {
  if (!holds) std::abort();
}

void try_input(const std::string& text, std::size_t chunk_bytes) {
  std::string joined;
  std::string staged;
  try {
    TextReader reader(text, 1 + chunk_bytes / 3);
    Splitter splitter(reader, "fuzz", {.dialect = CsvDialect{}, .chunk_bytes = chunk_bytes});
    const auto writer = staged_text(CsvShape{.fields = 2});
    Chunk chunk;
    Buffer out;
    while (splitter.next(chunk)) {
      joined += chunk.text();
      writer->append(chunk, "fuzz", 1, out);
    }
    staged = out.view();
  } catch (const Error& e) {
    require(e.kind() == ErrorKind::refused);
    return;
  }
  std::string expected = text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
  if (!expected.empty() && !expected.ends_with('\n')) expected += '\n';
  require(joined == expected);
  require(naive(expected, false) == naive(staged, true));
}

}  // namespace
}  // namespace penstock::staging

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  penstock::staging::try_input({reinterpret_cast<const char*>(data + 1), size - 1}, 1 + data[0]);
  return 0;
}
