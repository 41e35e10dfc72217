#include "move/outlet.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <system_error>
#include <utility>

#include "base/in_parallel.h"
#include "base/text.h"
#include "penstock/error.h"

namespace penstock::network {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kAtOnce = 16;
constexpr std::size_t kNamed = 10;  // in one message
constexpr std::string_view kPart = "part-";
constexpr std::size_t kDigits = 5;  // of a part's number, at least

// Counts, and says when it is there.
class CountedSink final : public ByteSink {
 public:
  CountedSink(std::unique_ptr<ByteSink> sink, Outlet& outlet, std::string below)
      : sink_(std::move(sink)), outlet_(outlet), below_(std::move(below)) {}

  [[nodiscard]] const std::string& name() const noexcept override { return sink_->name(); }
  void write(std::span<const std::byte> bytes) override {
    sink_->write(bytes);
    bytes_ += bytes.size();
  }
  void commit() override {
    outlet_.appear(below_, [&] { sink_->commit(); });
    outlet_.note(below_, bytes_);
  }

 private:
  const std::unique_ptr<ByteSink> sink_;
  Outlet& outlet_;
  const std::string below_;
  std::uint64_t bytes_ = 0;
};

// Of a key that is to be a file's path below a folder.
bool stays_below(const std::string& name) {
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t slash = std::min(name.find('/', at), name.size());
    const std::string part = name.substr(at, slash - at);
    if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string::npos) return false;
    at = slash + 1;
  }
  return true;
}

std::vector<std::string> printed(std::vector<std::string> names) {
  for (std::string& name : names) name = printable(name);
  return names;
}

std::string some_of(const std::vector<std::string>& names) {
  const auto shown = static_cast<std::ptrdiff_t>(std::min(names.size(), kNamed));
  std::string text = fmt::format("{}", fmt::join(names.begin(), names.begin() + shown, ", "));
  if (names.size() > kNamed) text += fmt::format(" and {} more", names.size() - kNamed);
  return text;
}

}  // namespace

Outlet::Outlet(const Resource& to, Job& job) : to_(to), job_(job) {
  if (to.place == Place::s3) store_ = job.context.buckets.open(to.s3.bucket);
}

Outlet::~Outlet() {
  if (!is_finished_) remove_written();
}

std::string Outlet::key_of(const std::string& name) const { return to_.s3.key + name; }

std::string Outlet::name_of(const std::string& name) const {
  if (to_.place == Place::standard) return "stdout";
  return to_.place == Place::s3 ? store_->uri_of(key_of(name)) : path_of(name);
}

Existing Outlet::existing() const noexcept { return job_.options.replace ? Existing::replace : Existing::refuse; }

bool Outlet::exists(const std::string& name) const {
  if (store_) return store_->head(key_of(name)).has_value();
  std::error_code failed;
  const auto found = fs::symlink_status(path_of(name), failed);
  return fs::exists(found) &&
         (!fs::exists(fs::status(path_of(name), failed)) || fs::is_regular_file(fs::status(path_of(name), failed)));
}

bool Outlet::is_read(const std::string& name) const {
  if (job_.source == nullptr || job_.source->place != to_.place) return false;
  const std::string here = name_of(name);
  return std::ranges::any_of(job_.source->items, [&](const Item& item) {
    if (store_) return item.name == here;
    std::error_code failed;
    return item.path.ends_with(name) && fs::equivalent(item.path, here, failed);
  });
}

std::vector<std::string> Outlet::earlier_parts() const {
  std::vector<std::string> parts;
  if (!job_.options.replace || !to_.is_folder) return parts;
  const auto take = [&](std::string name) {
    if (is_name_of_part(name) && !is_read(name)) parts.push_back(std::move(name));
  };
  if (store_) {
    const auto listing = store_->list(key_of("part-"));
    while (const auto object = listing->next()) {
      if (job_.context.stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped; nothing was written");
      take(object->key.substr(to_.s3.key.size()));
    }
  } else {
    std::error_code failed;
    for (const fs::directory_entry& entry : fs::directory_iterator(to_.path, failed)) {
      if (exists(entry.path().filename().string())) take(entry.path().filename().string());
    }
    if (failed && failed != std::errc::no_such_file_or_directory) {
      throw Error(
          failed == std::errc::permission_denied ? ErrorKind::denied : ErrorKind::unavailable,
          fmt::format("looking for parts in {}: {}; nothing was written", printable(to_.path), failed.message()));
    }
  }
  std::ranges::sort(parts);
  return parts;
}

void Outlet::claim(std::span<const std::string> names) {
  if (to_.place == Place::standard) return;
  if (earlier_.empty() && std::ranges::any_of(names, is_name_of_part)) earlier_ = earlier_parts();
  if (to_.place == Place::local && to_.is_folder) {
    std::vector<std::string> outside;
    for (const std::string& name : names) {
      if (!stays_below(name)) outside.push_back(printable(name));
    }
    if (!outside.empty()) {
      throw Error(ErrorKind::refused, fmt::format("{}: no file below it can be called {}; nothing was written",
                                                  printable(to_.name), some_of(outside)));
    }
  }
  std::vector<char> is_there(names.size());
  in_parallel(names.size(), store_ ? kAtOnce : 1, [&](std::size_t i) {
    if (job_.context.stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped; nothing was written");
    is_there[i] = exists(names[i]) ? 1 : 0;
  });
  std::vector<std::string> there;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (is_there[i] == 0) continue;
    were_there_.insert(names[i]);
    there.push_back(printable(name_of(names[i])));
  }
  if (!there.empty() && !job_.options.replace) {
    throw Error(ErrorKind::refused,
                fmt::format("{} {} there already, and files and objects are not appended to; "
                            "--replace replaces {}. Nothing was written",
                            some_of(there), there.size() == 1 ? "is" : "are", there.size() == 1 ? "it" : "them"));
  }
}

void Outlet::make_folders(const fs::path& folder) {
  std::vector<fs::path> missing;
  std::error_code failed;
  for (fs::path at = folder; !at.empty() && !fs::exists(at, failed); at = at.parent_path()) missing.push_back(at);
  made_.with([&](std::vector<fs::path>& made) {
    for (const fs::path& at : std::views::reverse(missing)) {
      if (fs::create_directory(at, failed)) made.push_back(at);
      if (failed) {
        throw Error(failed == std::errc::permission_denied ? ErrorKind::denied : ErrorKind::unavailable,
                    fmt::format("making the folder {}: {}", printable(at.string()), failed.message()));
      }
    }
  });
}

void Outlet::remove_earlier_parts() {
  written_.with([&](const std::set<std::string>& written) {
    std::erase_if(earlier_, [&](const std::string& name) { return written.contains(name); });
  });
  if (earlier_.empty()) return;
  try {
    if (store_) {
      std::vector<std::string> keys;
      for (const std::string& name : earlier_) keys.push_back(key_of(name));
      store_->remove(keys, {.even_when_stopped = true});
    } else {
      for (const std::string& name : earlier_) fs::remove(path_of(name));
    }
  } catch (const std::exception& e) {
    const auto* const error = dynamic_cast<const Error*>(&e);
    throw Error(
        error != nullptr ? error->kind() : ErrorKind::unavailable,
        fmt::format("{} is written, but not all parts that it replaces could be removed: {}. Remove those of {} "
                    "that are still there",
                    printable(to_.name), e.what(), some_of(printed(earlier_))));
  }
  job_.context.log.info(
      fmt::format("{}: {} of an earlier move gave way", printable(to_.name), some_of(printed(earlier_))));
}

std::unique_ptr<ByteSink> Outlet::open(const std::string& name) {
  std::unique_ptr<ByteSink> sink;
  if (to_.place == Place::standard) {
    sink = stream_sink(STDOUT_FILENO, "stdout");
  } else if (store_) {
    sink = object_sink(*store_, key_of(name), existing());
  } else {
    if (to_.is_folder) make_folders(fs::path(path_of(name)).parent_path());
    sink = local_sink(path_of(name), existing());
  }
  return std::make_unique<CountedSink>(std::move(sink), *this, name);
}

void Outlet::appear(const std::string& name, const std::function<void()>& act) {
  written_.with([&](std::set<std::string>& written) { written.insert(name); });
  try {
    act();
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::cancelled && e.kind() != ErrorKind::unavailable) {
      written_.with([&](std::set<std::string>& written) { written.erase(name); });
    }
    throw;
  }
}

void Outlet::note(const std::string& name, std::uint64_t bytes) {
  written_.with([&](const std::set<std::string>&) {
    job_.outcome.written.push_back(name_of(name));
    job_.outcome.bytes_written += bytes;
  });
}

void Outlet::finish() {
  if (to_.place != Place::standard && were_there_.empty() && job_.context.stop.stop_requested()) {
    throw Error(ErrorKind::cancelled, fmt::format("stopped; nothing was left at {}", printable(to_.name)));
  }
  is_finished_ = true;
  std::ranges::sort(job_.outcome.written);
  remove_earlier_parts();
}

void Outlet::remove_written() noexcept {
  try {
    std::vector<std::string> ours;
    std::size_t replaced = 0;
    written_.with([&](const std::set<std::string>& written) {
      for (const std::string& name : written) {
        if (were_there_.contains(name)) {
          ++replaced;
        } else {
          ours.push_back(name);
        }
      }
    });
    if (store_) {
      for (std::string& name : ours) name = key_of(name);
      if (!ours.empty()) store_->remove(ours, {.even_when_stopped = true});
    } else if (to_.place == Place::local) {
      std::error_code ignored;
      for (const std::string& name : ours) fs::remove(path_of(name), ignored);
      made_.with([&](std::vector<fs::path>& made) {
        for (const fs::path& folder : std::views::reverse(made)) fs::remove(folder, ignored);
      });
    }
    job_.outcome.written.clear();
    if (replaced > 0) {
      job_.context.log.warning(fmt::format("{}: {} of its files were replaced before the move failed, and stay so",
                                           printable(to_.name), replaced));
    }
  } catch (const std::exception& e) {
    job_.context.log.warning(
        fmt::format("{}: what the move had written could not be removed again: {}", printable(to_.name), e.what()));
  }
}

Compression compression_of(Codec codec) {
  switch (codec) {
    case Codec::gzip:
      return Compression::gzip;
    case Codec::zstd:
      return Compression::zstd;
    case Codec::bzip2:
      return Compression::bzip2;
    case Codec::lzop:
    case Codec::none:
      break;
  }
  return Compression::none;
}

std::string name_of_part(std::size_t number, const Resource& to) {
  return fmt::format("{}{:0{}}{}", kPart, number, kDigits,
                     end_of_name(to.format.value_or(Format::csv), to.delimiter, to.codec));
}

bool is_name_of_part(std::string_view name) {
  if (!name.starts_with(kPart)) return false;
  name.remove_prefix(kPart.size());
  const std::size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
  if (digits < kDigits || name.find_first_not_of('0') == digits || (digits > kDigits && name.front() == '0'))
    return false;
  name.remove_prefix(digits);
  constexpr std::array kFormats{Format::csv, Format::json, Format::parquet, Format::orc};
  constexpr std::array kCodecs{Codec::none, Codec::gzip, Codec::zstd, Codec::bzip2};
  return std::ranges::any_of(kFormats, [&](Format format) {
    return std::ranges::any_of(kCodecs, [&](Codec codec) {
      return name == end_of_name(format, ',', codec) || name == end_of_name(format, '\t', codec);
    });
  });
}

std::vector<std::string> plan_of_removal(const Outlet& outlet) {
  std::vector<std::string> lines;
  for (const std::string& name : outlet.earlier_parts()) {
    lines.push_back(fmt::format("remove {}, unless a new part has its name", printable(outlet.name_of(name))));
  }
  return lines;
}

}  // namespace penstock::network
