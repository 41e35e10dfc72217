#include "load/config_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/text.h"
#include "load/guard.h"
#include "load/plan.h"
#include "penstock/error.h"
#include "penstock/uri.h"

namespace penstock {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;

struct Text {
  std::string origin;  // for messages
  std::string text;
};

Text read_object(Buckets& buckets, const S3Uri& uri) {
  const auto store = buckets.open(uri.bucket);
  const auto object = store->head(uri.key);
  if (!object) throw Error(ErrorKind::not_found, fmt::format("there is no config {}", printable(to_string(uri))));
  return {to_string(uri), read_all(*store, *object, kMostBytes)};
}

Text read_local(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostBytes + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file && !file.eof()) {
    throw Error(ErrorKind::invalid, fmt::format("the config {} can't be read: {}", printable(path),
                                                std::generic_category().message(errno)));
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMostBytes) {
    throw Error(ErrorKind::invalid, fmt::format("the config {} is larger than 1 MiB", printable(path)));
  }
  return {path, text};
}

Text read_text(Buckets& buckets, const LoadOptions& options, const DataFile& file) {
  if (options.config_uri.empty()) return read_object(buckets, {options.bucket, file.config_key()});
  if (is_s3_uri(options.config_uri)) return read_object(buckets, parse_s3_uri(options.config_uri));
  return read_local(options.config_uri);
}

}  // namespace

table::TableConfig read_table_config(Buckets& buckets, const LoadOptions& options, const std::string& table,
                                     const DataFile& file) {
  const Text config = read_text(buckets, options, file);
  auto wanted =
      table::find_table(table::parse_config(config.text, config.origin), options.schema, table, config.origin);
  if (options.granularity == Granularity::hour && date_column_of(wanted) == DateColumn::date) {
    throw Error(ErrorKind::invalid,
                fmt::format("--granularity hour needs a datadatecolumn with a time, and {} is a date",
                            printable(wanted.data_date_column)));
  }
  return wanted;
}

}  // namespace penstock
