// CSV and JSON lines that lie in S3 into a Redshift: looked at here, record by record, and read by COPY where they lie,
// if it makes the same rows of them. Whether it does is only known when all was looked at, so this edge leads to
// either.
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "columnar/watched.h"
#include "load/looked_at.h"
#include "move/edges.h"
#include "move/redshift_table.h"
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
                  .format = from.format == Format::json ? SourceFormat::json : SourceFormat::csv,
                  .delimiter = from.delimiter,
                  .codec = from.codec,
                  .columns = found.columns,
                  .records = found.records,
                  .must_be_staged = reason_to_stage(from, found, *is_other, job)};
  for (const Item& item : from.items) source.objects.push_back({from.s3.bucket, item.object});
  source.batches = [&] {
    return columnar::watched(
        typed_batches(std::move(text), found, job),
        [&job, size = from.bytes](std::uint64_t bytes, std::uint64_t rows) {
          job.on_progress({.bytes = bytes, .size = size, .rows = rows});
        },
        job.context.stop);
  };
  copy_looked_at(source, to, job);
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
}

}  // namespace penstock::network
