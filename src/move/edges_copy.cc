// What lies in S3 into a Redshift: CSV and JSON lines are looked at here, record by record, Parquet and ORC by their
// footers; COPY reads them where they lie, if it makes the same rows of them. Whether it does is only known when all
// was looked at, so these edges lead to either.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "columnar/watched.h"
#include "load/access.h"
#include "load/looked_at.h"
#include "move/columnar_source.h"
#include "move/edges.h"
#include "move/redshift_table.h"
#include "move/servers.h"
#include "move/text_types.h"

namespace penstock::network {
namespace {

// Passes bytes on, and sees whether the first that is no blank is a brace.
class Beginning final : public ObjectReader {
 public:
  Beginning(std::unique_ptr<ObjectReader> reader, std::shared_ptr<std::atomic<bool>> is_other)
      : reader_(std::move(reader)), is_other_(std::move(is_other)) {}

  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t count = reader_->read(buffer);
    for (std::size_t i = 0; i < count && !is_seen_; ++i) {
      const auto c = static_cast<char>(buffer[i]);
      if (std::string_view(" \t\r\n").find(c) != std::string_view::npos) continue;
      is_seen_ = true;
      if (c != '{') *is_other_ = true;
    }
    return count;
  }

 private:
  const std::unique_ptr<ObjectReader> reader_;
  const std::shared_ptr<std::atomic<bool>> is_other_;
  bool is_seen_ = false;
};

// Why COPY can't read it as it is, whatever the table; empty: it can.
std::string reason_to_stage(const Resource& from, const discovery::Discovered& found, bool is_other, const Job& job) {
  if (!found.is_whole) return "only a sample of it was looked at";
  if (from.format == Format::json) {
    return is_other ? "it does not begin with an object: COPY reads objects one behind the other" : "";
  }
  if (!job.options.columns.empty()) return "it has no header";
  if (!job.options.null_as.empty()) return "COPY takes a quoted field for NULL, too, where its text is that of NULL";
  if (found.columns.size() == 1) return "of one column, COPY does not tell a blank line from a value";
  if (found.lines != found.records) return "there are blank lines between its records, which COPY refuses";
  return "";
}

redshift::CopyFormat text_format(const Resource& from) {
  if (from.format == Format::json) return redshift::JsonFormat{.paths = "auto ignorecase"};
  return redshift::CsvFormat{.delimiter = from.delimiter, .ignore_header = 1};
}

std::vector<SourceObject> objects_of(const Resource& from) {
  std::vector<SourceObject> objects;
  for (const Item& item : from.items) objects.push_back({from.s3.bucket, item.object});
  return objects;
}

Batches told(Batches rows, const Resource& from, Job& job) {
  return columnar::watched(
      std::move(rows),
      [&job, size = from.bytes](std::uint64_t bytes, std::uint64_t count) {
        job.on_progress({.bytes = bytes, .size = size, .rows = count});
      },
      job.context.stop);
}

void copy_text(const Resource& from, const Resource& to, Job& job) {
  TextSource text = open_text(from, {.columns = job.options.columns, .null_as = job.options.null_as},
                              job.context.buckets, job.context.stop);
  const auto is_other = std::make_shared<std::atomic<bool>>(false);
  TextSource watched = text;
  for (staging::Input& input : watched.inputs) {
    input.open = [open = input.open, is_other] { return std::make_unique<Beginning>(open(), is_other); };
  }
  const auto found = types_of(watched, from, job);
  LookedAt source{.name = from.name,
                  .format = text_format(from),
                  .codec = from.codec,
                  .columns = found.columns,
                  .records = found.records,
                  .must_be_staged = reason_to_stage(from, found, *is_other, job)};
  source.objects = objects_of(from);
  source.batches = [&] { return told(typed_batches(std::move(text), found, job), from, job); };
  copy_looked_at(source, to, job);
}

// Why COPY can't read it as it is, whatever the table; empty: it can.
std::string reason_to_stage(const Resource& from, const Resource& to, const columnar::Footers& footers,
                            const Job& job) {
  const auto is_unpacked = [](const Item& item) {
    return std::ranges::any_of(std::array{".gz", ".bz2", ".snappy"},
                               [&](const char* end) { return item.object.key.ends_with(end); });
  };
  if (std::ranges::any_of(from.items, is_unpacked)) return "COPY would take it for packed as a whole, by its name";
  if (!is_in_clusters_region(load_context(to, job.context))) {
    return "its bucket may be in another region than the cluster, and COPY can't be told so";
  }
  return footers.other_by_copy.value_or("");
}

void copy_columnar(const Resource& from, const Resource& to, Job& job) {
  const columnar::Footers footers = footers_of(from, job);
  const auto batches = [&] { return told(read_columnar(from, job), from, job); };
  if (const std::string reason = reason_to_stage(from, to, footers, job); !reason.empty()) {
    job.context.log.info(fmt::format("{} is staged: {}", printable(from.name), reason));
    const auto rows = batches();
    return write_redshift(*rows, to, job);
  }
  LookedAt source{.name = from.name, .objects = objects_of(from), .records = footers.rows, .batches = batches};
  if (from.format == Format::orc) {
    source.format = redshift::OrcFormat{};
  } else {
    source.format = redshift::ParquetFormat{};
  }
  for (const columnar::TypedColumn& column : footers.columns) {
    source.columns.push_back({.name = column.name,
                              .type = column.type,
                              .tight = column.type,
                              .why = fmt::format("the source says {}", column.arrow_type)});
  }
  copy_looked_at(source, to, job);
}

bool is_columnar_in_s3(const Resource& from) {
  return from.place == Place::s3 && (from.format == Format::parquet || from.format == Format::orc);
}

bool is_text_in_s3(const Resource& from) {
  return from.place == Place::s3 && (from.format == Format::csv || from.format == Format::json);
}

}  // namespace

void add_copy_edges(Network& network) {
  network.add({.how = "looked at, and read by COPY where it lies, if its rows are the same then",
               .cost = {2.0, 1e-8},
               .leads = [](const Resource* from,
                           const Resource* to) { return is_text_in_s3(*from) && to->place == Place::redshift; },
               .run = Copy(copy_text),
               .plan =
                   [](const Resource* from, const Resource& to, Job& job) {
                     copy_text(*from, to, job);  // the job's dry run: take() adds the steps to the outcome
                     return std::vector<std::string>();
                   }});
  network.add({.how = "read by COPY where it lies, if its rows are the same then",
               .cost = {2.0, 8e-9},
               .leads = [](const Resource* from,
                           const Resource* to) { return is_columnar_in_s3(*from) && to->place == Place::redshift; },
               .run = Copy(copy_columnar),
               .plan =
                   [](const Resource* from, const Resource& to, Job& job) {
                     copy_columnar(*from, to, job);
                     return std::vector<std::string>();
                   }});
}

}  // namespace penstock::network
