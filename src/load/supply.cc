#include "load/supply.h"

#include <fmt/format.h>

#include "base/text.h"
#include "load/postgres_supply.h"
#include "load/redshift_supply.h"
#include "load/s3_supply.h"
#include "load/source_name.h"
#include "load/staged_supply.h"
#include "penstock/error.h"

namespace penstock {

std::vector<discovery::Column> Supply::columns(const std::function<void(const UpsertProgress&)>& /*on_progress*/) {
  throw Error(ErrorKind::refused,
              fmt::format("{} does not say the types of its columns, which --create and --evolve need: make the table, "
                          "or add the columns, first",
                          printable(name())));
}

void Supply::inspect(const redshift::CatalogTable& /*table*/, const Batch& /*batch*/) {
  throw Error(ErrorKind::invalid, fmt::format("{}: --check and --rejects look at the records of CSV and JSON lines, in "
                                              "files and on stdin, and of no other source",
                                              printable(name())));
}

std::function<void(const staging::Progress&)> progress_of(const std::function<void(const UpsertProgress&)>& on_progress,
                                                          std::uint64_t size) {
  if (!on_progress) return {};
  return [on_progress, size](const staging::Progress& progress) {
    on_progress({.bytes = progress.bytes, .size = size, .records = progress.records});
  };
}

std::unique_ptr<Supply> open_supply(const UpsertOptions& options, const LoadContext& context, const StagingBase& base,
                                    const std::string& load_id) {
  switch (place_of(options.sources.front())) {
    case SourcePlace::postgresql:
      return postgres_supply(options, context, base, load_id);
    case SourcePlace::redshift:
      return redshift_supply(options, context, base, load_id);
    case SourcePlace::s3:
      return s3_supply(options, context, base, load_id);
    case SourcePlace::standard_input:
    case SourcePlace::file:
    case SourcePlace::unknown:
      break;
  }
  return staged_supply(options, context, base, load_id);
}

}  // namespace penstock
