#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "load/instant.h"
#include "penstock/error.h"
#include "penstock/reconcile.h"
#include "reconcile/source.h"

namespace penstock {
namespace {

template <typename Read>
void collect(std::vector<std::string>& problems, Read read) {
  try {
    read();
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::invalid) throw;
    problems.emplace_back(e.what());
  }
}

bool is_schema_and_table(const std::string& name) {
  const std::size_t dot = name.find('.');
  return dot != std::string::npos && dot > 0 && dot + 1 < name.size() && name.find('.', dot + 1) == std::string::npos;
}

}  // namespace

std::vector<std::string> problems_of(const ReconcileOptions& options) {
  std::vector<std::string> problems;
  if (options.source.empty()) {
    problems.emplace_back("URI is missing: whose keys, s3://bucket/folder or s3://bucket/prefix*");
  } else {
    collect(problems, [&] { reconcile::parse_source(options.source); });
  }
  if (options.from && options.to && *options.from >= *options.to) {
    problems.push_back(fmt::format("the window is empty: from {} (which is included) to {} (which is not)",
                                   to_rfc3339(*options.from), to_rfc3339(*options.to)));
  }
  if (!options.table.empty() && !is_schema_and_table(options.table)) {
    problems.push_back(fmt::format("'{}' is not schema.table", printable(options.table)));
  }
  if (!options.inventory.empty()) {
    collect(problems, [&] {
      if (parse_s3_uri(options.inventory).key.ends_with(".json")) return;
      throw Error(ErrorKind::invalid, fmt::format("'{}' is not the manifest.json of an inventory, as "
                                                  "s3://bucket/…/manifest.json is",
                                                  printable(options.inventory)));
    });
  }
  return problems;
}

}  // namespace penstock
