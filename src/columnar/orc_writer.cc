#include "columnar/orc_writer.h"

#include <arrow/adapters/orc/adapter.h>
#include <arrow/array/array_primitive.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "columnar/casts.h"
#include "columnar/sink_stream.h"
#include "columnar/types.h"
#include "columnar/value_text.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

using arrow::internal::checked_cast;

constexpr int kMostDigits = 38;

std::shared_ptr<arrow::DataType> orc_type(const std::shared_ptr<arrow::DataType>& type);

std::shared_ptr<arrow::DataType> orc_decimal(const arrow::DecimalType& type) {
  const int digits = type.precision() - std::min(type.scale(), 0);
  return digits > kMostDigits ? nullptr : arrow::decimal128(digits, std::max(type.scale(), 0));
}

// Null: one of them is nothing that ORC holds.
std::shared_ptr<arrow::DataType> orc_nested(const std::shared_ptr<arrow::DataType>& type) {
  arrow::FieldVector fields;
  for (const auto& field : type->fields()) {
    const auto inner = orc_type(field->type());
    // inside of others, only what Arrow's own casts make
    if (!inner || kind_of(*field->type()) == Kind::uuid || kind_of(*field->type()) == Kind::json) return nullptr;
    fields.push_back(field->WithType(inner));
  }
  if (type->id() == arrow::Type::STRUCT) return arrow::struct_(fields);
  if (type->id() != arrow::Type::MAP) return arrow::list(fields.front());
  const auto& entry = *fields.front()->type();
  return arrow::map(entry.field(0)->type(), entry.field(1));
}

// What ORC holds all of its values in; null: nothing.
std::shared_ptr<arrow::DataType> orc_type(const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::NA:
    case arrow::Type::STRING_VIEW:
      return arrow::utf8();
    case arrow::Type::UINT8:
      return arrow::int16();
    case arrow::Type::UINT16:
      return arrow::int32();
    case arrow::Type::UINT32:
      return arrow::int64();
    case arrow::Type::UINT64:
      return arrow::decimal128(20, 0);
    case arrow::Type::HALF_FLOAT:
      return arrow::float32();
    case arrow::Type::BINARY_VIEW:
      return arrow::binary();
    case arrow::Type::DATE64:
      return arrow::date32();
    case arrow::Type::TIME32:
    case arrow::Type::TIME64:
      return nullptr;
    case arrow::Type::DICTIONARY:
      return orc_type(checked_cast<const arrow::DictionaryType&>(*type).value_type());
    default:
      break;
  }
  switch (kind_of(*type)) {
    case Kind::uuid:
    case Kind::json:
      return arrow::utf8();
    case Kind::decimal:
      return orc_decimal(checked_cast<const arrow::DecimalType&>(*type));
    case Kind::nested:
      return orc_nested(type);
    case Kind::other:
      return nullptr;
    default:
      return type;
  }
}

std::shared_ptr<arrow::Schema> orc_schema(const std::string& file, const arrow::Schema& schema) {
  arrow::FieldVector fields;
  std::vector<std::string> problems;
  for (const auto& field : schema.fields()) {
    if (const auto type = orc_type(field->type())) {
      fields.push_back(field->WithType(type));
    } else {
      problems.push_back(fmt::format("writing {}: column {}: ORC can't hold {}; write Parquet, cast it or leave it out",
                                     printable(file), printable(field->name()), printable(field->type()->ToString())));
    }
  }
  if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n")));
  return arrow::schema(std::move(fields));
}

// What fits into 64 bits of nanoseconds, in this unit.
std::int64_t most_of(arrow::TimeUnit::type unit) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return kMost / 1'000'000'000;
    case arrow::TimeUnit::MILLI:
      return kMost / 1'000'000;
    case arrow::TimeUnit::MICRO:
      return kMost / 1'000;
    case arrow::TimeUnit::NANO:
      break;
  }
  return kMost;
}

class OrcWriter final : public BatchWriter {
 public:
  OrcWriter(const arrow::Schema& schema, std::unique_ptr<ByteSink> sink)
      : sink_(std::move(sink)),
        stream_(*sink_),
        schema_(orc_schema(sink_->name(), schema)),
        casts_(sink_->name(), schema, schema_) {
    arrow::adapters::orc::WriteOptions how;
    how.compression = arrow::Compression::ZSTD;
    writing([&] { return arrow::adapters::orc::ORCFileWriter::Open(&stream_, how).Value(&writer_); });
  }
  OrcWriter(const OrcWriter&) = delete;
  OrcWriter& operator=(const OrcWriter&) = delete;
  ~OrcWriter() override { stream_.stop(); }

  void write(const arrow::RecordBatch& rows) override {
    const auto as_orc = casts_(rows.Slice(0), next_row_);
    for (int i = 0; i < as_orc->num_columns(); ++i) require_readable(*as_orc->column(i), as_orc->column_name(i));
    next_row_ += static_cast<std::uint64_t>(rows.num_rows());
    has_schema_ = true;
    writing([&] { return writer_->Write(*as_orc); });
  }

  void commit() override {
    if (!has_schema_) {  // it is known with the first batch only
      writing([&] {
        ARROW_ASSIGN_OR_RAISE(const auto none, arrow::RecordBatch::MakeEmpty(schema_));
        return writer_->Write(*none);
      });
    }
    writing([&] { return writer_->Close(); });
    sink_->commit();
  }

 private:
  // Most of ORC's readers would take what 64 bits of nanoseconds don't hold for another time.
  void require_readable(const arrow::Array& array, const std::string& column) const {
    if (array.type_id() != arrow::Type::TIMESTAMP) return;
    const auto& times = checked_cast<const arrow::TimestampArray&>(array);
    const std::int64_t most = most_of(checked_cast<const arrow::TimestampType&>(*times.type()).unit());
    for (std::int64_t row = 0; row < times.length(); ++row) {
      if (times.IsNull(row) || (times.Value(row) > -most && times.Value(row) < most)) continue;
      throw Error(ErrorKind::refused,
                  fmt::format("writing {}: row {}, column {}: {} is before 1677-09-21 or after 2262-04-11, which ORC's "
                              "readers take for another time; write Parquet",
                              printable(sink_->name()), next_row_ + static_cast<std::uint64_t>(row), printable(column),
                              text_of(times, row)));
    }
  }

  static std::string text_of(const arrow::Array& times, std::int64_t row) {
    try {
      return std::string(value_text(times, std::nullopt)->text(row));
    } catch (const BadValue&) {
      return "it";
    }
  }

  template <typename Act>
  void writing(Act act) {
    const arrow::Status status = [&]() -> arrow::Status {
      try {
        return act();
      } catch (const std::exception& e) {
        return arrow::Status::Invalid(e.what());
      }
    }();
    if (status.ok()) return;
    stream_.rethrow_failure();
    throw Error(ErrorKind::refused,
                fmt::format("writing {}: {}", printable(sink_->name()), printable(status.message())));
  }

  const std::unique_ptr<ByteSink> sink_;
  SinkStream stream_;
  const std::shared_ptr<arrow::Schema> schema_;
  const Casts casts_;
  std::uint64_t next_row_ = 1;
  bool has_schema_ = false;
  std::unique_ptr<arrow::adapters::orc::ORCFileWriter> writer_;
};

}  // namespace

std::unique_ptr<BatchWriter> orc_writer(const std::shared_ptr<arrow::Schema>& schema, std::unique_ptr<ByteSink> sink) {
  return std::make_unique<OrcWriter>(*schema, std::move(sink));
}

}  // namespace penstock::columnar
