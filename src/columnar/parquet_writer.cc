#include "columnar/parquet_writer.h"

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "columnar/sink_stream.h"
#include "columnar/types.h"
#include "penstock/error.h"

namespace penstock::columnar {
namespace {

constexpr std::int64_t kColumnBytes = 64 << 10;  // that are there before there is a row, about

std::shared_ptr<parquet::ArrowWriterProperties> arrow_properties() {
  return parquet::ArrowWriterProperties::Builder().store_schema()->set_use_threads(true)->build();
}

arrow::Status writable(const std::shared_ptr<arrow::Field>& field, const parquet::WriterProperties& properties) {
  std::shared_ptr<parquet::schema::Node> node;
  return parquet::arrow::FieldToNode(field, properties, *arrow_properties(), &node);
}

void require_writable(const std::string& file, const arrow::Schema& schema,
                      const parquet::WriterProperties& properties) {
  const table::Type text{.name = table::TypeName::varchar};
  std::vector<std::string> problems;
  for (const auto& field : schema.fields()) {
    if (misfit(*field->type(), text) || !writable(field, properties).ok()) {
      problems.push_back(fmt::format("writing {}: column {}: Parquet has no {}; cast it or leave it out",
                                     printable(file), printable(field->name()), printable(field->type()->ToString())));
    }
  }
  if (!problems.empty()) throw Error(ErrorKind::refused, fmt::format("{}", fmt::join(problems, "\n")));
}

class ParquetWriter final : public BatchWriter {
 public:
  ParquetWriter(const arrow::Schema& schema, std::unique_ptr<ByteSink> sink, const ParquetWriting& how)
      : sink_(std::move(sink)),
        stream_(std::make_shared<SinkStream>(*sink_)),
        most_memory_(static_cast<std::int64_t>(how.row_group_bytes) + kColumnBytes * schema.num_fields()) {
    const auto properties =
        parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->memory_pool(&pool_)->build();
    require_writable(sink_->name(), schema, *properties);
    writing([&] {
      return parquet::arrow::FileWriter::Open(schema, &pool_, stream_, properties, arrow_properties()).Value(&writer_);
    });
  }

  ParquetWriter(const ParquetWriter&) = delete;
  ParquetWriter& operator=(const ParquetWriter&) = delete;
  ~ParquetWriter() override { stream_->stop(); }

  void write(const arrow::RecordBatch& rows) override {
    if (rows.num_rows() == 0) return;
    if (!has_row_group_ || pool_.bytes_allocated() > most_memory_) {
      writing([&] { return writer_->NewBufferedRowGroup(); });
      has_row_group_ = true;
    }
    writing([&] { return writer_->WriteRecordBatch(rows); });
  }

  void commit() override {
    writing([&] { return writer_->Close(); });
    sink_->commit();
  }

 private:
  template <typename Act>
  void writing(Act act) {
    const arrow::Status status = [&] {
      try {
        return act();
      } catch (const std::exception& e) {  // Parquet throws some
        return arrow::Status::Invalid(e.what());
      }
    }();
    if (status.ok()) return;
    stream_->rethrow_failure();
    throw Error(ErrorKind::refused,
                fmt::format("writing {}: {}", printable(sink_->name()), printable(status.message())));
  }

  arrow::ProxyMemoryPool pool_{arrow::default_memory_pool()};  // outlives the writer
  const std::unique_ptr<ByteSink> sink_;
  const std::shared_ptr<SinkStream> stream_;
  const std::int64_t most_memory_;
  bool has_row_group_ = false;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
};

}  // namespace

std::unique_ptr<BatchWriter> parquet_writer(const std::shared_ptr<arrow::Schema>& schema,
                                            std::unique_ptr<ByteSink> sink, const ParquetWriting& how) {
  return std::make_unique<ParquetWriter>(*schema, std::move(sink), how);
}

}  // namespace penstock::columnar
