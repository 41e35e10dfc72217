// PostgreSQL's binary COPY read back into text, by this file alone: it shares nothing with what writes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "endpoint/copy/copy_run.h"

namespace penstock::endpoint::testing {

// "id int4 not null, name varchar(20) default, s varchar(5) not null default 'x', n numeric(8,2), k int8 identity"
TargetTable table_of(std::string_view columns);

// Keeps the rows as text: "1|abc|NULL".
class DecodingSink final : public CopySink {
 public:
  explicit DecodingSink(const TargetTable& table) : table_(table) {}
  void begin(const std::vector<std::string>& columns) override;
  void write(std::span<const std::byte> binary_copy) override;
  void finish() override;  // throws std::runtime_error where PostgreSQL would not understand

  std::vector<std::string> columns;
  std::vector<std::string> rows;
  int begun = 0;
  int finished = 0;

 private:
  const TargetTable& table_;
  std::string bytes_;
};

// Binary rows, without header and trailer, as text.
std::vector<std::string> decode_rows(std::string_view bytes, const std::vector<TargetColumn>& columns);
std::string text_of(std::string_view bytes);  // control characters and what is no UTF-8 as <0A>

}  // namespace penstock::endpoint::testing
