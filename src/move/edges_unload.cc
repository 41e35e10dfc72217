// Rows of a Redshift as files: what UNLOAD writes is what the file is to hold, and nothing of it is parsed.
//
// UNLOAD writes below the staging prefix, never at the destination: it names its objects as it likes, leaves what it
// had written where it fails, and refuses a destination whose key something else begins with. From there the parts are
// copied by the server, or their bytes are joined into one file; each appears whole, as every other of a move.
//
// Parquet: columns that UNLOAD writes as our writer does. It has INT96 for timestamps, loses zones and knows no
// varbyte; what becomes of smallint, char, times and SUPER differs between releases, or from ours.
// CSV: UNLOAD's own knows no difference between NULL and empty text. As plain text, whose values come quoted out of the
// query, it does. real is left out: the digits that UNLOAD gives are no float's shortest.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/in_parallel.h"
#include "base/text.h"
#include "codec/compress.h"
#include "codec/decompress.h"
#include "columnar/text_writer.h"
#include "load/attempt.h"
#include "move/batch_files.h"
#include "move/edges.h"
#include "move/item_bytes.h"
#include "move/outlet.h"
#include "move/server_rows.h"
#include "move/servers.h"
#include "move/staged_unload.h"
#include "penstock/error.h"
#include "table/type.h"

namespace penstock::network {
namespace {

using redshift::Identifier;
using redshift::Sql;
using redshift::Statement;
using table::TypeName;

constexpr std::size_t kAtOnce = 8;
constexpr int kLongestQuoted = (65535 - 2) / 2;  // bytes of a text that fits a varchar, each of them a quote
constexpr std::uint32_t kLeastFile = 5;          // MB, of UNLOAD's parts
constexpr std::uint32_t kLargestFile = 6200;

bool is_parquet_as_ours(const RowColumn& column) {
  const auto type = table::parse_type(column.type);
  if (!type || column.type == "numeric") return false;
  switch (type->name) {
    case TypeName::boolean:
    case TypeName::integer:
    case TypeName::bigint:
    case TypeName::numeric:
    case TypeName::real:
    case TypeName::double_precision:
    case TypeName::varchar:
    case TypeName::date:
      return true;
    default:
      return false;
  }
}

bool is_csv_as_ours(const RowColumn& column) {
  const auto type = table::parse_type(column.type);
  if (!type || column.type == "numeric") return false;
  switch (type->name) {
    case TypeName::varchar:
      return type->length <= kLongestQuoted;
    case TypeName::boolean:
    case TypeName::smallint:
    case TypeName::integer:
    case TypeName::bigint:
    case TypeName::numeric:
    case TypeName::double_precision:
    case TypeName::date:
    case TypeName::timestamp:
    case TypeName::timestamptz:
      return true;
    default:
      return false;
  }
}

// That stands in a header of UNLOAD's as it does in ours.
bool is_plain_name(const RowColumn& column) {
  return !column.name.empty() && std::ranges::all_of(column.name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool unloads_parquet(const Resource& from, const Resource& to) {
  return from.place == Place::redshift && to.format == Format::parquet && to.is_folder && !from.columns.empty() &&
         std::ranges::all_of(from.columns, is_parquet_as_ours);
}

// A NULL of one column alone would be a blank line, which the writer of CSV refuses.
bool unloads_csv(const Resource& from, const Resource& to) {
  return from.place == Place::redshift && to.format == Format::csv && to.codec != Codec::lzop &&
         columnar::is_apart(to.delimiter) && from.columns.size() > 1 &&
         std::ranges::all_of(from.columns, is_csv_as_ours) &&
         (!to.is_folder || std::ranges::all_of(from.columns, is_plain_name));
}

Statement csv_value(const RowColumn& column) {
  const Identifier name(column.name);
  Statement value;
  switch (table::parse_type(column.type)->name) {
    case TypeName::varchar:
      value << Sql("'\"' || REPLACE(") << name << Sql(", '\"', '\"\"') || '\"'");
      break;
    case TypeName::boolean:
      value << Sql("CASE WHEN ") << name << Sql(" THEN 'true' WHEN NOT ") << name << Sql(" THEN 'false' END");
      break;
    case TypeName::timestamptz:
      value << Sql("CAST(") << name << Sql(" AT TIME ZONE 'UTC' AS varchar(40)) || '+00'");
      break;
    default:
      return name;
  }
  return value << Sql(" AS ") << name;
}

Statement values_of(const Resource& from, const Resource& to) {
  if (to.format == Format::csv) return redshift::comma_separated(from.columns, csv_value);
  return redshift::comma_separated(from.columns, [](const RowColumn& column) { return Identifier(column.name); });
}

// What can be joined, packed as it is: readers take a file of several gzip or bzip2 streams for one. Of zstd's frames
// some read the first alone.
UnloadCompression compression_of_unload(const Resource& to) {
  if (to.codec == Codec::gzip) return UnloadCompression::gzip;
  if (to.codec == Codec::bzip2) return UnloadCompression::bzip2;
  return to.is_folder && to.codec == Codec::none ? UnloadCompression::none : UnloadCompression::zstd;
}

UnloadOptions unload_options(const Resource& to, const Job& job) {
  UnloadOptions how{.format = to.format == Format::csv ? UnloadFormat::text : UnloadFormat::parquet};
  if (to.is_folder) {
    how.max_file_mb =
        std::clamp(static_cast<std::uint32_t>(std::lround(static_cast<double>(job.options.part_bytes) / 1e6)),
                   kLeastFile, kLargestFile);
  }
  if (to.format != Format::csv) return how;
  how.compression = compression_of_unload(to);
  how.delimiter = to.delimiter;
  how.header = to.is_folder;
  return how;
}

// Passes bytes on to what goes on behind it.
class Front final : public ByteSink {
 public:
  Front(std::string name, Compressor::Sink rest) : name_(std::move(name)), rest_(std::move(rest)) {}
  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  void write(std::span<const std::byte> bytes) override { rest_(bytes); }
  void commit() override {}

 private:
  const std::string name_;
  const Compressor::Sink rest_;
};

class Unloading {
 public:
  Unloading(const Resource& from, const Resource& to, Job& job) : from_(from), to_(to), job_(job) {}

  void run() {
    Outlet outlet(to_, job_);
    outlet.claim(std::vector<std::string>{to_.is_folder ? name_of_part(1, to_) : ""});
    unloaded_ = unload_staged(from_, values_of(from_, to_), unload_options(to_, job_), new_id(), job_);
    std::erase_if(unloaded_.written.objects, [](const UnloadedObject& object) { return object.rows == 0; });
    if (unloaded_.written.objects.empty()) return write_no_rows();
    for (const UnloadedObject& object : unloaded_.written.objects) size_ += object.bytes;
    to_.is_folder ? copy_parts(outlet) : join(outlet);
    outlet.finish();
    job_.outcome.rows = unloaded_.written.rows;
    job_.outcome.bytes_read = size_;
  }

 private:
  // UNLOAD writes nothing of it, and our files say what their columns are.
  void write_no_rows() {
    const auto rows = no_rows(from_, job_);
    write_files(*rows, to_, job_);
    job_.outcome.rows = 0;
  }

  void copy_parts(Outlet& outlet) {
    const auto& objects = unloaded_.written.objects;
    std::vector<std::string> names;
    for (std::size_t i = 1; i <= objects.size(); ++i) names.push_back(name_of_part(i, to_));
    outlet.claim(names);
    in_parallel(names.size(), kAtOnce, [&](std::size_t i) {
      refuse_stopped();
      const ObjectInfo part = unloaded_.find(objects[i]);
      if (to_.place == Place::s3) {
        outlet.appear(names[i], [&] {
          outlet.store().copy(part, unloaded_.store(), outlet.key_of(names[i]),
                              {.only_if_absent = outlet.existing() == Existing::refuse});
        });
        outlet.note(names[i], part.size);
      } else {
        const auto sink = outlet.open(names[i]);
        pump(*unloaded_.store().open(part), [&](std::span<const std::byte> piece) { sink->write(piece); });
        sink->commit();
      }
      tell(part.size, objects[i].rows);
    });
  }

  void join(Outlet& outlet) {
    const auto sink = outlet.open("");
    const Compressor::Sink as_it_is = [&](std::span<const std::byte> piece) { sink->write(piece); };
    const bool is_packed = compression_of_unload(to_) != UnloadCompression::zstd;  // and stays so
    const auto rest = compressor(is_packed ? Compression::none : compression_of(to_.codec), as_it_is);
    const Compressor::Sink packed = [&](std::span<const std::byte> piece) { rest->write(piece); };
    write_header(is_packed ? as_it_is : packed, is_packed ? compression_of(to_.codec) : Compression::none);
    for (const UnloadedObject& object : unloaded_.written.objects) {
      const auto reader = decompressed(unloaded_.store().open(unloaded_.find(object)),
                                       is_packed ? Codec::none : Codec::zstd, object.uri);
      pump(*reader, [&](std::span<const std::byte> piece) {
        refuse_stopped();
        rest->write(piece);
      });
      tell(object.bytes, object.rows);
    }
    rest->finish();
    sink->commit();
  }

  void write_header(const Compressor::Sink& sink, Compression compression) const {
    const auto rows = no_rows(from_, job_);
    const auto header = columnar::csv_writer(rows->schema(), std::make_unique<Front>(to_.name, sink),
                                             {.compression = compression, .delimiter = to_.delimiter, .workers = 1});
    header->commit();
  }

  void refuse_stopped() const {
    if (job_.context.stop.stop_requested()) {
      throw Error(ErrorKind::cancelled, "stopped while copying what UNLOAD had written");
    }
  }

  void tell(std::uint64_t bytes, std::uint64_t rows) {
    told_.with([&](MoveProgress& told) {
      told.bytes += bytes;
      told.rows += rows;
      told.size = size_;
      job_.on_progress(told);
    });
  }

  const Resource& from_;
  const Resource& to_;
  Job& job_;
  StagedUnload unloaded_;
  std::uint64_t size_ = 0;
  Guarded<MoveProgress> told_;
};

void unload_files(const Resource& from, const Resource& to, Job& job) { Unloading(from, to, job).run(); }

std::vector<std::string> plan_unload(const Resource* from, const Resource& to, Job& job) {
  const Outlet outlet(to, job);
  const StagingBase base = staging_of(job);
  std::vector<std::string> lines{
      fmt::format("UNLOAD SELECT {} FROM {} TO s3://{}/{}", printable(values_of(*from, to).shown()),
                  printable(from->name), printable(base.bucket), printable(base.prefix)),
      to.is_folder ? fmt::format("copy its parts to {} and so on", printable(outlet.name_of(name_of_part(1, to))))
                   : fmt::format("write a header and its parts as {}", printable(outlet.name_of("")))};
  if (to.is_folder) std::ranges::move(plan_of_removal(outlet), std::back_inserter(lines));
  return lines;
}

}  // namespace

void add_unload_edges(Network& network) {
  network.add({.how = "UNLOAD writes Parquet, whose parts are copied as they are",
               .cost = {3.0, 1e-8},
               .leads = [](const Resource* from, const Resource* to) { return unloads_parquet(*from, *to); },
               .run = Copy(unload_files),
               .plan = plan_unload});
  network.add({.how = "UNLOAD writes CSV, whose parts are copied as they are",
               .cost = {3.0, 1e-8},
               .leads = [](const Resource* from, const Resource* to) { return unloads_csv(*from, *to); },
               .run = Copy(unload_files),
               .plan = plan_unload});
}

}  // namespace penstock::network
