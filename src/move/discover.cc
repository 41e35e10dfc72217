#include "penstock/discover.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "columnar/batches.h"
#include "columnar/c_stream.h"
#include "columnar/field_json.h"
#include "columnar/file_batches.h"
#include "columnar/measure.h"
#include "discovery/discover.h"
#include "load/postgres_values.h"
#include "move/resource.h"
#include "move/text_source.h"
#include "penstock/error.h"
#include "postgres/rows.h"
#include "redshift/catalog.h"
#include "redshift/described.h"
#include "table/default_value.h"
#include "table/type.h"

namespace penstock {
namespace {

using network::Format;
using network::Item;
using network::Place;
using network::Resource;
using network::Use;
using table::Type;

constexpr std::size_t kMostSampled = 16;  // files

network::Given given_by(const DiscoverOptions& options) {
  return {.format = options.format, .query = options.query, .delimiter = options.delimiter};
}

// The first, the last, and those between them, evenly.
void thin_out(std::vector<Item>& items) {
  if (items.size() <= kMostSampled) return;
  std::vector<Item> kept;
  for (std::size_t i = 0; i < kMostSampled; ++i) {
    kept.push_back(std::move(items[i * (items.size() - 1) / (kMostSampled - 1)]));
  }
  items = std::move(kept);
}

// What a table of a source of this name may be called: users of s3://bucket/2024/users.csv.gz.
std::string table_named_by(std::string_view name) {
  while (name.ends_with('/')) name.remove_suffix(1);
  name = name.substr(name.rfind('/') + 1);
  name = name.substr(0, name.find('.', 1));
  std::string table;
  for (const char c : lower(name)) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (is_plain || static_cast<unsigned char>(c) >= 0x80) {
      table += c;
    } else if (!table.empty() && !table.ends_with('_')) {
      table += '_';
    }
  }
  while (table.ends_with('_')) table.pop_back();
  if (table.empty()) return "data";
  return std::isdigit(static_cast<unsigned char>(table.front())) != 0 ? "_" + table : table;
}

// Empty: nothing of Arrow's holds it.
std::string field_of(const std::string& name, const Type& type) {
  try {
    return columnar::field_json(name, type);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::refused) throw;
    return {};
  }
}

class Discovering {
 public:
  Discovering(const DiscoverOptions& options, const MoveContext& context,
              const std::function<void(const MoveProgress&)>& on_progress)
      : options_(options),
        context_(context),
        on_progress_(on_progress),
        rows_(options.stream == nullptr ? nullptr : columnar::batches_of(*options.stream, options.stream_name)) {}

  DiscoverOutcome discover() {
    if (rows_) {
      look_at_rows();
      return std::move(outcome_);
    }
    source_ = network::parse_resource(options_.source, Use::source, given_by(options_));
    network::find_items(source_, context_.buckets, context_.log, context_.stop);
    outcome_.source = source_.name;
    outcome_.table = table_named_by(source_.name);
    size_ = source_.bytes;
    if (sample() != 0) {
      outcome_.is_whole = source_.items.size() <= kMostSampled;
      thin_out(source_.items);
    }
    look();
    return std::move(outcome_);
  }

 private:
  [[nodiscard]] std::uint64_t sample() const {
    return options_.sample.value_or(source_.place == Place::s3 ? kDiscoverSample : 0);
  }

  void look() {
    if (source_.place == Place::redshift) return look_at_redshift();
    if (source_.place == Place::postgresql) return look_at_postgresql();
    switch (*source_.format) {
      case Format::csv:
      case Format::json:
        return look_at_text();
      case Format::parquet:
      case Format::orc:
        return look_at_columns();
      case Format::rows:
      case Format::batches:
        break;
    }
  }

  [[nodiscard]] std::function<void(const staging::Progress&)> progress() const {
    if (!on_progress_) return {};
    return [this](const staging::Progress& now) {
      on_progress_({.bytes = now.bytes, .size = size_, .rows = now.records});
    };
  }

  // --- CSV and JSON

  void look_at_text() {
    const network::TextSource text = network::open_text(source_,
                                                        {.columns = options_.columns,
                                                         .quote = options_.quote,
                                                         .escape = options_.escape,
                                                         .null_as = options_.null_as,
                                                         .beginning = sample() != 0},
                                                        context_.buckets, context_.stop);
    discovery::DiscoverOptions how{
        .shape = text.shape, .names = text.names, .sample = sample(), .memory = options_.memory};
    how.on_progress = progress();
    auto found = discovery::discover(text.inputs, how, context_.stop);
    outcome_.records = found.records;
    outcome_.is_whole = outcome_.is_whole && found.is_whole;
    outcome_.bytes_read = found.bytes_read;
    if (found.columns.empty()) {
      throw Error(ErrorKind::refused,
                  fmt::format("{} holds no record, and so nothing says what its columns are", printable(source_.name)));
    }
    for (discovery::Column& column : found.columns) {
      const Type& type = options_.tight ? column.tight : column.type;
      outcome_.columns.push_back({.name = column.name,
                                  .type = to_string(type),
                                  .field = field_of(column.name, type),
                                  .why = std::move(column.why),
                                  .nulls = column.nulls,
                                  .max_bytes = column.max_bytes});
    }
  }

  // --- Parquet and ORC

  void look_at_columns() {
    std::shared_ptr<ObjectStore> store;
    if (source_.place == Place::s3) store = context_.buckets.open(source_.s3.bucket);
    std::vector<columnar::FileInput> files;
    for (const Item& item : source_.items) {
      files.push_back({.name = item.name, .store = store.get(), .object = item.object});
    }
    const columnar::FileReading how{.memory = options_.memory, .stop = context_.stop};
    const auto rows = *source_.format == Format::orc ? columnar::orc_batches(std::move(files), how)
                                                     : columnar::parquet_batches(std::move(files), how);
    take(columnar::measure(*rows, source_.name, sample(), context_.stop, progress()), "the file");
  }

  void look_at_rows() {
    outcome_.source = options_.stream_name;
    outcome_.table = table_named_by(options_.stream_name);
    take(columnar::measure(*rows_, options_.stream_name, options_.sample.value_or(0), context_.stop, progress()),
         "the stream");
  }

  void take(columnar::Measured found, std::string_view place) {
    outcome_.records = found.rows;
    outcome_.is_whole = outcome_.is_whole && found.is_whole;
    outcome_.bytes_read = found.bytes_read;
    for (columnar::MeasuredColumn& column : found.columns) take(column, place);
  }

  void take(columnar::MeasuredColumn& column, std::string_view place) {
    std::string why = fmt::format("{} in {}", column.file_type, place);
    Type type = column.type;
    if (column.longest) {
      why += fmt::format("; the longest text has {} bytes", *column.longest);
      if (options_.tight) {
        constexpr std::uint64_t kMost = 65535;
        type.length = static_cast<int>(std::clamp<std::uint64_t>(*column.longest, 1, kMost));
      } else {
        type = discovery::varchar_for(*column.longest);
      }
    }
    outcome_.columns.push_back({.name = std::move(column.name),
                                .type = to_string(type),
                                .field = std::move(column.field),
                                .why = std::move(why),
                                .nulls = column.nulls,
                                .max_bytes = column.longest});
  }

  // --- servers

  void add(const std::string& name, const Type& type, std::string why) {
    outcome_.columns.push_back(
        {.name = name, .type = to_string(type), .field = field_of(name, type), .why = std::move(why)});
  }

  void name_table() {
    const std::size_t dot = source_.table.find('.');
    outcome_.schema = dot == std::string::npos ? "" : source_.table.substr(0, dot);
    outcome_.table = source_.table.empty() ? "query" : source_.table.substr(dot == std::string::npos ? 0 : dot + 1);
  }

  void look_at_postgresql() {
    name_table();
    postgres::Address address = postgres::parse_address(source_.address.reveal());
    if (!source_.table.empty()) address.table = postgres::TableName{outcome_.schema, outcome_.table};
    const postgres::Rows rows(address, source_.query, 1,
                              {.application_name = "penstock discover", .stop = context_.stop}, context_.log);
    for (const discovery::Column& column : postgres_types(rows.columns())) add(column.name, column.type, column.why);
  }

  void look_at_redshift() {
    name_table();
    redshift::Connection connection(connection_config(source_.address.reveal(), context_.environment),
                                    {.application_name = "penstock discover", .stop = context_.stop}, context_.log);
    if (!source_.table.empty() && take_table(connection)) return;
    const redshift::Query query(source_.query.empty() ? all_rows().text() : source_.query);
    for (const redshift::DescribedColumn& column :
         redshift::describe(connection, query, "looking at " + source_.name)) {
      const auto type = table::parse_type(column.type == "text" ? "varchar(65535)" : column.type);
      if (!type || column.type == "numeric") {
        throw Error(ErrorKind::refused,
                    fmt::format("column {} is {}, and no column of a table is just that: cast it in the query",
                                printable(column.name), printable(column.type)));
      }
      add(column.name, *type, column.type + " in Redshift");
    }
  }

  [[nodiscard]] redshift::Statement all_rows() const {
    const redshift::Sql start("SELECT * FROM ");
    if (outcome_.schema.empty()) return start << redshift::Identifier(outcome_.table);
    return start << redshift::Qualified{outcome_.schema, outcome_.table};
  }

  // False: it is a view, or lies somewhere along the search_path.
  bool take_table(redshift::Connection& connection) {
    redshift::Transaction transaction(connection);
    if (outcome_.schema.empty()) {
      const auto schema =
          transaction.execute(redshift::Sql("SELECT current_schema()"), "asking for the schema").scalar();
      if (!schema) return false;
      outcome_.schema = *schema;
    }
    try {
      const auto table = redshift::read_table(transaction, lower(outcome_.schema), lower(outcome_.table));
      if (!table) {
        throw Error(ErrorKind::not_found,
                    fmt::format("there is no table {}.{}", printable(outcome_.schema), printable(outcome_.table)));
      }
      for (const redshift::CatalogColumn& column : table->columns) take(column);
      return true;
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::refused) throw;
      return false;
    }
  }

  void take(const redshift::CatalogColumn& column) {
    const auto type = table::parse_type(column.type);
    if (!type) {
      throw Error(ErrorKind::internal, fmt::format("column {} is of a type that is not known: {}",
                                                   printable(column.name), printable(column.type)));
    }
    add(column.name, *type, column.type + " in Redshift");
    DiscoveredColumn& added = outcome_.columns.back();
    added.not_null = column.not_null;
    added.primary_key = column.primary_key;
    added.dist_key = column.dist_key;
    added.sort_order = std::max(0, column.sort_order);
    if (column.default_expression) added.default_value = table::constant_of(*column.default_expression).value_or("");
  }

  const DiscoverOptions& options_;
  const MoveContext& context_;
  const std::function<void(const MoveProgress&)>& on_progress_;
  const std::unique_ptr<columnar::BatchReader> rows_;  // in place of a source
  Resource source_;
  std::uint64_t size_ = 0;
  DiscoverOutcome outcome_;
};

}  // namespace

std::vector<std::string> problems_of(const DiscoverOptions& options) {
  std::vector<std::string> problems;
  if (options.stream != nullptr) {
    const bool has_more = !options.source.empty() || !options.query.empty() || !options.format.empty() ||
                          !options.columns.empty() || options.delimiter || options.escape || !options.null_as.empty() ||
                          options.quote != DiscoverOptions{}.quote;
    if (has_more)
      problems.emplace_back("a stream of rows has names and types: a source, and how text is read, go not with it");
    return problems;
  }
  std::optional<Resource> source;
  try {
    source = network::parse_resource(options.source, Use::source, given_by(options));
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::invalid) throw;
    problems.emplace_back(e.what());
  }
  if (!source || !source->format || *source->format == Format::csv || *source->format == Format::json) return problems;
  const auto refuse = [&](bool is_given, std::string_view option) {
    if (!is_given) return;
    problems.push_back(
        fmt::format("{} means nothing for {}: its columns have names and types", option, printable(source->name)));
  };
  refuse(!options.columns.empty(), "--columns");
  refuse(options.quote != DiscoverOptions{}.quote, "--quote");
  refuse(options.escape.has_value(), "--escape");
  refuse(!options.null_as.empty(), "--null-as");
  refuse(options.sample.has_value() && source->is_server(), "--sample");
  refuse(options.tight && source->is_server(), "--tight");
  return problems;
}

DiscoverOutcome discover(const DiscoverOptions& options, const MoveContext& context,
                         const std::function<void(const MoveProgress&)>& on_progress) {
  return Discovering(options, context, on_progress).discover();
}

}  // namespace penstock
