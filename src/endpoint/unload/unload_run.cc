#include "endpoint/unload/unload_run.h"

#include <fmt/format.h>

#include <type_traits>
#include <utility>

#include "endpoint/copy/s3_refusal.h"
#include "endpoint/unload/object_names.h"
#include "endpoint/unload/output_file.h"
#include "endpoint/unload/parquet_column.h"
#include "endpoint/unload/parquet_file.h"
#include "endpoint/unload/partition.h"
#include "endpoint/unload/row_format.h"
#include "endpoint/unload/unload_manifest.h"
#include "penstock/error.h"
#include "penstock/uri.h"

namespace penstock::endpoint {
namespace {

constexpr int kUnloadError = 8001;
constexpr std::uint64_t kMaxFileSize = 6657199308;  // 6.2 GB
constexpr std::uint64_t kRowGroupSize = 32 << 20;
constexpr int kSlices = 2;                 // of a small cluster
constexpr std::size_t kKeysAtOnce = 1000;  // of a removal

using Clock = std::chrono::system_clock;

CreateOptions creation(const UnloadStatement& statement) {
  switch (statement.encryption) {
    case UnloadEncryption::s3_key:
      return {.encryption = ServerSideEncryption{}};
    case UnloadEncryption::kms_key:
      return {.encryption = ServerSideEncryption{.kms_key_id = statement.kms_key_id}};
    case UnloadEncryption::bucket:
      break;
  }
  return {};
}

S3Uri parse_target(const std::string& uri) {
  try {
    return parse_s3_uri(uri);
  } catch (const Error& error) {
    throw SqlError("42601", error.what());
  }
}

// What is asked of S3, and about which object or bucket.
struct Request {
  std::string method;
  std::string uri;
};

// What the store refuses, in Redshift's words. doing: "S3 key being written : s3://…"
template <typename Act>
auto asking_s3(std::int64_t query, const Request& request, const std::string& doing, Act act) {
  try {
    return act();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) {
      throw SqlError("57014", fmt::format("Query ({}) cancelled on user's request", query));
    }
    const std::string words = s3_service_exception(error, false);
    throw S3Refusal(redshift_error(words, kUnloadError, doing, query, "s3_unloader.cpp"), request.method, request.uri,
                    words);
  }
}

class Unload {
 public:
  Unload(const UnloadStatement& statement, UnloadSource& source, const UnloadEnvironment& environment,
         UnloadReport& report)
      : statement_(statement),
        source_(source),
        environment_(environment),
        report_(report),
        target_(parse_target(statement.target)),
        prefix_(key_prefix(statement, target_.key)),
        buckets_(asking([&] { return environment.connect(statement); })),
        store_(asking([&] { return buckets_->open(target_.bucket); })),
        slices_(statement.parallel ? kSlices : 1) {}

  void run() {
    columns_ = source_.describe(statement_.query);
    partitioning_ = partitioning(statement_, columns_);
    for (const std::size_t column : partitioning_.kept) kept_columns_.push_back(columns_[column]);
    check_columns();
    prepare_target();

    source_.begin(by_partition(statement_.query, columns_.size(), partitioning_.keys), binary_columns());
    while (const auto row = source_.next()) add(*row);
    finish_files();
    if (statement_.manifest && !written_.empty()) write_manifest();
  }

 private:
  struct Slice {
    std::unique_ptr<OutputFile> file;
    std::string key;
    int parts = 0;  // begun, in this folder
    std::uint64_t rows = 0;
    Clock::time_point started;
  };

  template <typename Act>
  std::invoke_result_t<Act> asking(Act act, const std::string& doing = {}) const {
    return asking_s3(environment_.query_id, {"GET", statement_.target}, doing, std::move(act));
  }
  template <typename Act>
  std::invoke_result_t<Act> putting(const Slice& slice, Act act) const {
    const std::string uri = uri_of(slice.key);
    return asking_s3(environment_.query_id, {"PUT", uri}, "S3 key being written : " + uri, std::move(act));
  }

  [[nodiscard]] bool is_parquet() const noexcept { return statement_.format == UnloadFormat::parquet; }

  void check_columns() {
    if (!is_parquet()) {
      format_ = row_format(statement_, kept_columns_);
      return;
    }
    for (const ResultColumn& column : kept_columns_) static_cast<void>(parquet_type(column));
  }

  // The partitions' keys, behind the columns, are texts.
  [[nodiscard]] std::vector<bool> binary_columns() const {
    std::vector<bool> binary(columns_.size() + partitioning_.keys.size(), false);
    for (std::size_t i = 0; i < columns_.size() && is_parquet(); ++i) {
      binary[i] = is_binary_in_parquet(kind_of(columns_[i]));
    }
    return binary;
  }

  // Asked in any case, so that wrong credentials and buckets show before the first row.
  void prepare_target() {
    const std::string doing = fmt::format("Listing bucket={} prefix={}", target_.bucket, prefix_);
    const bool clean = statement_.clean_path && partitioning_.keys.empty();
    const bool may_be_there = statement_.allow_overwrite || statement_.clean_path;
    const bool found = asking([&] { return store_->list(prefix_)->next().has_value(); }, doing);
    if (found && !may_be_there) {
      throw redshift_error(
          "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually "
          "removing the target files in S3, or using the ALLOWOVERWRITE option.",
          kUnloadError, "", environment_.query_id, "s3_utility.cpp");
    }
    if (found && clean) remove_under(prefix_);
  }

  void remove_under(const std::string& prefix) {
    asking(
        [&] {
          const auto listing = store_->list(prefix);
          std::vector<std::string> keys;
          while (const auto object = listing->next()) {
            keys.push_back(object->key);
            if (keys.size() < kKeysAtOnce) continue;
            store_->remove(keys);
            keys.clear();
          }
          if (!keys.empty()) store_->remove(keys);
        },
        fmt::format("Cleaning bucket={} prefix={}", target_.bucket, prefix));
  }

  void add(std::span<const ResultField> row) {
    const auto keys = row.subspan(columns_.size());
    if (!keys.empty()) enter_folder(keys);
    kept_.clear();
    for (const std::size_t column : partitioning_.kept) kept_.push_back(row[column]);
    // Row by row to each slice in turn: no slice has a file that the others' rows could fill.
    Slice& slice = slices_[rows_in_folder_ % slices_.size()];
    add_to(slice);
    ++rows_in_folder_;
    ++report_.rows;
  }

  void add_to(Slice& slice) {
    if (!slice.file) begin_file(slice);
    const auto fits = [&] { return putting(slice, [&] { return slice.file->add(kept_); }); };
    if (!fits()) {
      finish_file(slice);
      begin_file(slice);
      fits();  // a new file takes a row of any size
    }
    ++slice.rows;
  }

  void enter_folder(std::span<const ResultField> keys) {
    std::string folder = partition_folder(statement_, keys);
    if (folder == folder_) return;
    finish_files();
    for (Slice& slice : slices_) slice.parts = 0;
    folder_ = std::move(folder);
    rows_in_folder_ = 0;
    if (statement_.clean_path) remove_under(prefix_ + folder_);
  }

  void begin_file(Slice& slice) {
    stop_if_asked();
    slice.key = part_key(statement_, prefix_, folder_, number_of(slice), slice.parts++);
    slice.rows = 0;
    slice.started = Clock::now();
    slice.file = putting(slice, [&] { return open_file(store_->create(slice.key, creation(statement_))); });
  }

  [[nodiscard]] std::unique_ptr<OutputFile> open_file(std::unique_ptr<ObjectWriter> writer) const {
    const std::uint64_t max_size = statement_.max_file_size == 0 ? kMaxFileSize : statement_.max_file_size;
    if (!is_parquet()) return text_file(*format_, statement_.codec, max_size, std::move(writer));
    const std::uint64_t row_group = statement_.row_group_size == 0 ? kRowGroupSize : statement_.row_group_size;
    return parquet_file(kept_columns_, {.row_group = row_group, .file = max_size / kRowGroupSize * kRowGroupSize},
                        std::move(writer));
  }

  void finish_file(Slice& slice) {
    stop_if_asked();
    const std::uint64_t size = putting(slice, [&] { return slice.file->commit(); });
    slice.file.reset();
    report_.files.push_back({.object = uri_of(slice.key),
                             .slice = number_of(slice),
                             .rows = slice.rows,
                             .size = size,
                             .started = slice.started,
                             .finished = Clock::now()});
    written_.push_back(
        {.url = uri_of(slice.key), .content_length = size, .records = slice.rows + (statement_.header ? 1 : 0)});
  }

  void finish_files() {
    for (Slice& slice : slices_) {
      if (slice.file) finish_file(slice);
    }
  }

  void write_manifest() {
    const std::string text =
        statement_.manifest_verbose ? verbose_unload_manifest(written_, columns_) : unload_manifest(written_);
    try {
      write_all(*store_, manifest_key(prefix_), text, creation(statement_));
    } catch (const Error& error) {
      const std::string words = s3_service_exception(error, false);
      throw S3Refusal(redshift_error("Unable to upload manifest file - " + words, kUnloadError, "",
                                     environment_.query_id, "s3_unloader.cpp"),
                      "PUT", uri_of(manifest_key(prefix_)), words);
    }
  }

  void stop_if_asked() const {
    if (!environment_.stop.stop_requested()) return;
    throw SqlError("57014", fmt::format("Query ({}) cancelled on user's request", environment_.query_id));
  }

  [[nodiscard]] int number_of(const Slice& slice) const { return static_cast<int>(&slice - slices_.data()); }
  [[nodiscard]] std::string uri_of(const std::string& key) const { return to_string(S3Uri{target_.bucket, key}); }

  const UnloadStatement& statement_;
  UnloadSource& source_;
  const UnloadEnvironment& environment_;
  UnloadReport& report_;
  const S3Uri target_;
  const std::string prefix_;
  const std::unique_ptr<Buckets> buckets_;
  const std::unique_ptr<ObjectStore> store_;

  std::vector<ResultColumn> columns_;  // of the query
  Partitioning partitioning_;
  std::vector<ResultColumn> kept_columns_;
  std::unique_ptr<RowFormat> format_;  // none for PARQUET
  std::vector<Slice> slices_;
  std::string folder_;  // of the partition whose rows come now
  std::uint64_t rows_in_folder_ = 0;
  std::vector<ResultField> kept_;  // of the row
  std::vector<ManifestFile> written_;
};

}  // namespace

void run_unload(const UnloadStatement& statement, UnloadSource& source, const UnloadEnvironment& environment,
                UnloadReport& report) {
  Unload(statement, source, environment, report).run();
}

}  // namespace penstock::endpoint
