#include "columnar/text_rows.h"

#include "penstock/error.h"

namespace penstock::columnar {

std::unique_ptr<TextRows> text_rows(const staging::Shape& shape, const std::vector<SourceColumn>& columns,
                                    std::size_t batch_bytes) {
  if (const auto* csv = std::get_if<staging::CsvShape>(&shape)) return csv_rows(*csv, columns, batch_bytes);
  if (std::holds_alternative<staging::JsonShape>(shape)) return json_rows(columns, batch_bytes);
  throw Error(ErrorKind::invalid, "a database's records are no text of columns");
}

}  // namespace penstock::columnar
