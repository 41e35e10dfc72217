// What the columns of a table take: the rules by which records are looked at before COPY reads them.
//
// Threads: any, once made. Errors: refused: columns of which only COPY knows what they take, all named.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redshift/catalog.h"
#include "staging/inspection.h"
#include "table/type.h"

namespace penstock {

class ColumnRules final : public staging::ValueRules {
 public:
  // columns: the table's, in the order in which they are copied. has_defaults: COPY goes into the table itself, where
  // NULL in a NOT NULL column is its default.
  ColumnRules(const redshift::CatalogTable& table, const std::vector<std::string>& columns, bool has_defaults);

  [[nodiscard]] std::optional<std::string> fault_of(std::size_t field,
                                                    std::optional<std::string_view> value) const override;
  [[nodiscard]] bool takes_json(std::size_t field) const override;
  [[nodiscard]] const std::vector<std::string>& names() const override { return names_; }

 private:
  struct Rule {
    table::Type type;
    bool is_required = false;
  };

  std::vector<std::string> names_;
  std::vector<Rule> rules_;
};

}  // namespace penstock
