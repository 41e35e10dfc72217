#include "columnar/row_writer.h"

#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <utility>

#include "columnar/orc_writer.h"
#include "columnar/parquet_writer.h"
#include "columnar/text_writer.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

constexpr std::int64_t kBatchRows = 8192;
constexpr std::size_t kBatchBytes = 8 << 20;  // of texts, about

std::shared_ptr<arrow::DataType> arrow_type(ValueType type) {
  switch (type) {
    case ValueType::integer:
      return arrow::int64();
    case ValueType::boolean:
      return arrow::boolean();
    case ValueType::timestamp:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case ValueType::text:
      break;
  }
  return arrow::utf8();
}

void require(const arrow::Status& status) {
  if (!status.ok()) throw Error(ErrorKind::internal, "making rows: " + status.ToString());
}

// Appends to a builder what it is of; false: the value is of another type.
struct Append {
  arrow::ArrayBuilder& builder;
  ValueType type;

  bool operator()(std::monostate /*null*/) const {
    require(builder.AppendNull());
    return true;
  }
  bool operator()(std::string_view text) const {
    if (type != ValueType::text) return false;
    require(static_cast<arrow::StringBuilder&>(builder).Append(text));
    return true;
  }
  bool operator()(std::int64_t number) const {
    if (type != ValueType::integer) return false;
    require(static_cast<arrow::Int64Builder&>(builder).Append(number));
    return true;
  }
  bool operator()(bool flag) const {
    if (type != ValueType::boolean) return false;
    require(static_cast<arrow::BooleanBuilder&>(builder).Append(flag));
    return true;
  }
  bool operator()(RowTime time) const {
    if (type != ValueType::timestamp) return false;
    require(static_cast<arrow::TimestampBuilder&>(builder).Append(time.time_since_epoch().count()));
    return true;
  }
};

std::unique_ptr<BatchWriter> writer_of(const std::shared_ptr<arrow::Schema>& schema, RowFormat format,
                                       Compression compression, std::unique_ptr<ByteSink> sink) {
  switch (format) {
    case RowFormat::json:
      return json_writer(schema, std::move(sink), {.compression = compression});
    case RowFormat::parquet:
      return parquet_writer(schema, std::move(sink));
    case RowFormat::orc:
      return orc_writer(schema, std::move(sink));
    case RowFormat::csv:
      break;
  }
  return csv_writer(schema, std::move(sink), {.compression = compression});
}

}  // namespace

class RowWriter::Impl {
 public:
  Impl(std::vector<RowColumn> columns, RowFormat format, Compression compression, std::unique_ptr<ByteSink> sink)
      : columns_(std::move(columns)) {
    arrow::FieldVector fields;
    for (const RowColumn& column : columns_) {
      fields.push_back(arrow::field(column.name, arrow_type(column.type)));
      auto builder = arrow::MakeBuilder(fields.back()->type());
      require(builder.status());
      builders_.push_back(std::move(*builder));
    }
    schema_ = arrow::schema(std::move(fields));
    writer_ = writer_of(schema_, format, compression, std::move(sink));
  }

  void add(std::span<const RowValue> row) {
    if (row.size() != columns_.size()) {
      throw Error(ErrorKind::internal, fmt::format("a row of {} values for {} columns", row.size(), columns_.size()));
    }
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!std::visit(Append{*builders_[i], columns_[i].type}, row[i])) {
        throw Error(ErrorKind::internal, "a value of another type than that of the column " + columns_[i].name);
      }
      if (const auto* text = std::get_if<std::string_view>(&row[i])) bytes_ += text->size();
    }
    if (++rows_ == kBatchRows || bytes_ >= kBatchBytes) write();
  }

  void commit() {
    if (rows_ > 0) write();
    writer_->commit();
  }

 private:
  void write() {
    arrow::ArrayVector arrays;
    for (const auto& builder : builders_) {
      arrays.emplace_back();
      require(builder->Finish(&arrays.back()));
    }
    writer_->write(*arrow::RecordBatch::Make(schema_, rows_, std::move(arrays)));
    rows_ = 0;
    bytes_ = 0;
  }

  const std::vector<RowColumn> columns_;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<BatchWriter> writer_;
  std::int64_t rows_ = 0;
  std::size_t bytes_ = 0;
};

RowWriter::RowWriter(std::vector<RowColumn> columns, RowFormat format, Compression compression,
                     std::unique_ptr<ByteSink> sink)
    : impl_(std::make_unique<Impl>(std::move(columns), format, compression, std::move(sink))) {}
RowWriter::~RowWriter() = default;
void RowWriter::add(std::span<const RowValue> row) { impl_->add(row); }
void RowWriter::commit() { impl_->commit(); }

}  // namespace penstock::columnar
