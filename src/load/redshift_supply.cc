#include "load/redshift_supply.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "load/access.h"
#include "load/source_name.h"
#include "load/staged_objects.h"
#include "penstock/error.h"
#include "penstock/unload.h"
#include "penstock/uri.h"
#include "redshift/connection.h"
#include "redshift/described.h"
#include "table/type.h"

namespace penstock {
namespace {

using redshift::Connection;
using redshift::DescribedColumn;
using redshift::Identifier;
using redshift::Query;
using redshift::Sql;
using redshift::Statement;

bool is_redshift(const std::string& source) { return place_of(source) == SourcePlace::redshift; }

Statement all_of_table(const std::string& name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) return Sql("SELECT * FROM ") << Identifier(name);
  return Sql("SELECT * FROM ") << redshift::Qualified{name.substr(0, dot), name.substr(dot + 1)};
}

class RedshiftSupply final : public Supply {
 public:
  RedshiftSupply(const UpsertOptions& options, const LoadContext& context, const StagingBase& base,
                 const std::string& load_id)
      : context_(context),
        address_(read_redshift_address(options.sources.front())),
        config_(connection_config(address_.uri, context.environment)),
        query_(address_.table ? all_of_table(*address_.table).text() : options.query),
        columns_(columns_of_query()),
        null_text_("\x1A" + load_id),
        objects_(context, base, load_id) {}

  [[nodiscard]] std::string name() const override {
    return fmt::format("redshift://{}@{}:{}/{}{}", config_.user, config_.host, config_.port, config_.database,
                       address_.table ? "::" + *address_.table : "");
  }

  [[nodiscard]] std::optional<std::vector<std::string>> column_names() const override { return names_of(columns_); }

  std::vector<discovery::Column> columns(const std::function<void(const UpsertProgress&)>& /*on_progress*/) override {
    std::vector<discovery::Column> found;
    std::vector<std::string> problems;
    for (const DescribedColumn& column : columns_) {
      const auto type = table::parse_type(column.type);
      const bool has_digits = column.type != "numeric";
      if (!type || !has_digits) {
        problems.push_back(fmt::format("column {} is {}: cast it to {} in a query", printable(column.name), column.type,
                                       has_digits ? "another type" : "a numeric(p,s)"));
        continue;
      }
      found.push_back({.name = column.name, .type = *type, .tight = *type, .why = "the cluster says so"});
    }
    if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n  ")));
    return found;
  }

  [[nodiscard]] Batch batch(const redshift::CatalogTable& table) const override {
    return {.columns = match_columns(names_of(columns_), table, "the query"),
            .format = redshift::CsvFormat{},
            .compression = redshift::CopyCompression::zstd,
            .null_as = null_text_,
            .access = copy_access(context_),
            .region = copy_region(context_)};
  }

  [[nodiscard]] std::string manifest_uri() const override { return objects_.manifest_uri(); }
  [[nodiscard]] std::string provide_in_words() const override {
    return fmt::format("UNLOAD on {} TO {}, and PUT {}", printable(name()), printable(unload_uri()),
                       printable(manifest_uri()));
  }

  Provided provide(const Batch&, const std::function<void(const UpsertProgress&)>& on_progress) override {
    objects_.own_prefix();
    const Unloaded unloaded =
        unload(unloaded_query(), unload_uri(),
               {.format = UnloadFormat::csv, .compression = UnloadCompression::zstd, .null_as = null_text_},
               LoadContext{config_, context_.buckets, context_.environment, context_.log, context_.stop});
    std::vector<ObjectInfo> parts;
    Provided provided{.objects = unloaded.objects.size(), .records = unloaded.rows};
    for (const UnloadedObject& object : unloaded.objects) {
      ObjectInfo& part = parts.emplace_back();
      part.key = parse_s3_uri(object.uri).key;
      part.size = object.bytes;
      provided.bytes_stored += object.bytes;
    }
    provided.bytes_read = provided.bytes_stored;
    objects_.take(parts);
    if (on_progress) on_progress({.bytes = provided.bytes_read, .size = provided.bytes_read, .records = unloaded.rows});
    return provided;
  }

  void verify() override {}  // nobody else writes there
  void leave() noexcept override { objects_.leave(); }

 private:
  std::vector<DescribedColumn> columns_of_query() const {
    Connection connection(config_, {.application_name = "penstock upsert", .stop = context_.stop}, context_.log);
    return redshift::describe(connection, query_, "looking at the query");
  }

  static std::vector<std::string> names_of(const std::vector<DescribedColumn>& columns) {
    std::vector<std::string> names;
    for (const DescribedColumn& column : columns) names.push_back(column.name);
    return names;
  }

  // By name, so that the order is the one that was looked at. UNLOAD refuses a LIMIT, but not one further in.
  [[nodiscard]] std::string unloaded_query() const {
    const auto names =
        redshift::comma_separated(columns_, [](const DescribedColumn& column) { return Identifier(column.name); });
    return (Sql("SELECT ") << names << Sql(" FROM ") << query_ << Sql(" AS penstock_query")).text();
  }

  [[nodiscard]] std::string unload_uri() const { return objects_.store().uri_of(objects_.prefix() + "unload-"); }

  const LoadContext& context_;
  const RedshiftAddress address_;
  const ConnectionConfig config_;
  const Query query_;
  const std::vector<DescribedColumn> columns_;
  const std::string null_text_;
  StagedObjects objects_;
};

}  // namespace

RedshiftAddress read_redshift_address(std::string_view source) {
  const std::size_t at = source.rfind("::");
  if (at == std::string_view::npos) return {std::string(source)};
  std::string_view table = source.substr(at + 2);
  const std::size_t question = table.find('?');
  const std::string_view options = question == std::string_view::npos ? "" : table.substr(question);
  table = table.substr(0, question);
  // in a password, or in the address of a host
  if (table.find_first_of("@/]") != std::string_view::npos) return {std::string(source)};
  return {std::string(source.substr(0, at)) + std::string(options), std::string(table)};
}

std::vector<std::string> problems_of_redshift(const UpsertOptions& options) {
  std::vector<std::string> problems;
  if (!std::ranges::any_of(options.sources, is_redshift)) return problems;
  if (options.sources.size() > 1) problems.emplace_back("redshift:// must be the only source");
  const RedshiftAddress address = read_redshift_address(*std::ranges::find_if(options.sources, is_redshift));
  try {
    parse_server_uri(address.uri);
  } catch (const Error& e) {
    problems.emplace_back(e.what());
  }
  if (address.table && !options.query.empty()) {
    problems.emplace_back("--query and ::table exclude each other");
  } else if (address.table ? address.table->empty() : options.query.empty()) {
    problems.emplace_back("redshift:// needs what to read: --query, or ::schema.table behind the database");
  }
  const auto refuse = [&](bool given, std::string_view option) {
    if (given)
      problems.push_back(fmt::format("{} means nothing for redshift://: its columns have names and types", option));
  };
  refuse(options.format.has_value(), "--format");
  refuse(!options.columns.empty(), "--columns");
  refuse(options.delimiter.has_value(), "--delimiter");
  refuse(options.quote != '"', "--quote");
  refuse(options.escape.has_value(), "--escape");
  refuse(!options.null_as.empty(), "--null-as");
  if (options.duplicates == Duplicates::last && options.order_by.empty()) {
    problems.emplace_back("--duplicates last needs --order-by here: the rows of a query have no position");
  }
  return problems;
}

std::unique_ptr<Supply> redshift_supply(const UpsertOptions& options, const LoadContext& context,
                                        const StagingBase& base, const std::string& load_id) {
  return std::make_unique<RedshiftSupply>(options, context, base, load_id);
}

}  // namespace penstock
