#include <fcntl.h>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "cli/findings_output.h"
#include "load/instant.h"
#include "penstock/error.h"
#include "penstock/uri.h"
#include "reconcile/report.h"
#include "reconcile/source.h"

namespace penstock::cli {
namespace {

using nlohmann::ordered_json;

std::string text_of(const ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

ordered_json text_or_null(const std::string& text) { return text.empty() ? ordered_json() : ordered_json(text); }

ordered_json moment_or_null(const std::optional<Microseconds>& moment) {
  return moment ? ordered_json(to_rfc3339(*moment)) : ordered_json();
}

ordered_json json_of(const KeyLoad& load) {
  auto witnesses = ordered_json::array();
  if (load.in_ledger) witnesses.push_back("ledger");
  if (load.in_sys) witnesses.push_back("sys");
  if (load.in_stl) witnesses.push_back("stl");
  return {{"state", reconcile::name_of(load.state)},
          {"at", to_rfc3339(load.at)},
          {"ended", moment_or_null(load.ended)},
          {"table", text_or_null(load.table)},
          {"query", load.query == 0 ? ordered_json() : ordered_json(load.query)},
          {"load_id", text_or_null(load.load_id)},
          {"etag", text_or_null(load.etag)},
          {"size", load.size ? ordered_json(*load.size) : ordered_json()},
          {"last_modified", load.last_modified ? ordered_json(to_rfc3339(*load.last_modified)) : ordered_json()},
          {"error", text_or_null(load.error)},
          {"name_may_be_cut", load.name_may_be_cut},
          {"witnesses", std::move(witnesses)}};
}

ordered_json json_of(const KeyFinding& finding, const std::string& uri) {
  auto sets = ordered_json::array();
  for (std::size_t set = 0; set < kKeySets; ++set) {
    if (finding.sets.test(set)) sets.push_back(penstock::name_of(static_cast<KeySet>(set)));
  }
  auto loads = ordered_json::array();
  for (const KeyLoad& load : finding.loads) loads.push_back(json_of(load));
  ordered_json object;
  if (finding.object) {
    object = {{"size", finding.object->size},
              {"etag", finding.object->etag},
              {"last_modified", to_rfc3339(finding.object->last_modified)}};
  }
  return {{"uri", uri},
          {"key", finding.key},
          {"sets", std::move(sets)},
          {"object", std::move(object)},
          {"deletable", finding.deletable},
          {"why", text_or_null(finding.why)},
          {"loads", std::move(loads)}};
}

ordered_json json_of(const ReconcileSummary& summary) {
  ordered_json sets = ordered_json::object();
  for (std::size_t i = 0; i < kKeySets; ++i) {
    const auto set = static_cast<KeySet>(i);
    sets[std::string(penstock::name_of(set))] = {{"keys", summary.of(set).keys}, {"bytes", summary.of(set).bytes}};
  }
  return sets;
}

// "s3://bucket/", which a key makes an URI.
std::string bucket_of(const ReconcileOptions& options) {
  return to_string(S3Uri{.bucket = reconcile::parse_source(options.source).bucket, .key = {}});
}

class JsonLines final : public FindingsOutput {
 public:
  JsonLines(const ReconcileOptions& options, std::ostream& out) : bucket_(bucket_of(options)), out_(out) {}

  void add(const KeyFinding& finding) override { out_ << text_of(json_of(finding, bucket_ + finding.key)) << '\n'; }
  void finish(const ReconcileSummary& summary) override {
    out_ << text_of({{"summary", json_of(summary)}, {"notes", summary.notes}}) << '\n';
  }

 private:
  const std::string bucket_;
  std::ostream& out_;
};

// Text that is written once and then read once, in a file without a name.
class Spool {
 public:
  explicit Spool(const std::string& folder) {
    std::string name = folder + "/penstock-reconcile-XXXXXX";
    const int fd = ::mkostemp(name.data(), O_CLOEXEC);
    if (fd < 0) fail("making a file in " + folder);
    std::remove(name.c_str());
    file_.reset(::fdopen(fd, "w+"));
    if (!file_) fail("making a file in " + folder);
  }

  void add(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) fail("writing a file in TMPDIR");
    is_empty_ = false;
  }
  [[nodiscard]] bool is_empty() const noexcept { return is_empty_; }
  void copy_to(std::ostream& out) {
    if (std::fflush(file_.get()) != 0) fail("writing a file in TMPDIR");
    std::rewind(file_.get());
    std::array<char, 64 << 10> buffer{};
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file_.get())) {
      out.write(buffer.data(), static_cast<std::streamsize>(count));
    }
    if (std::ferror(file_.get()) != 0) fail("reading a file in TMPDIR");
  }

 private:
  [[noreturn]] static void fail(const std::string& act) {
    throw Error(ErrorKind::unavailable,
                fmt::format("{}, where the keys of each set are kept until the end: {}; set TMPDIR to a folder with "
                            "more room, or use --json-lines, which keeps nothing",
                            act, std::system_category().message(errno)));
  }
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };

  std::unique_ptr<std::FILE, Close> file_;
  bool is_empty_ = true;
};

class Document final : public FindingsOutput {
 public:
  Document(const ReconcileOptions& options, std::ostream& out, const std::string& folder)
      : options_(options), bucket_(bucket_of(options)), out_(out), errors_(folder), whys_(folder) {
    sets_.reserve(kKeySets);
    for (std::size_t set = 0; set < kKeySets; ++set) sets_.emplace_back(folder);
  }

  void add(const KeyFinding& finding) override {
    const std::string uri = text_of(bucket_ + finding.key);
    for (std::size_t set = 0; set < kKeySets; ++set) {
      if (finding.sets.test(set)) append(sets_[set], uri);
    }
    if (!finding.why.empty()) append(whys_, uri + ":" + text_of(finding.why));
    if (!finding.is_in(KeySet::failed)) return;
    for (const KeyLoad& load : finding.loads) {
      if (load.state == LoadState::failed) failure_ = load.error;
    }
    append(errors_, uri + ":" + text_of(failure_));
  }

  void finish(const ReconcileSummary& summary) override {
    ordered_json table = text_or_null(options_.table);
    out_ << "{\"source\":" << text_of(bucket_ + reconcile::parse_source(options_.source).key)
         << ",\"from\":" << text_of(moment_or_null(options_.from)) << ",\"to\":" << text_of(moment_or_null(options_.to))
         << ",\"table\":" << text_of(table);
    for (std::size_t set = 0; set < kKeySets; ++set) {
      out_ << ",\"" << penstock::name_of(static_cast<KeySet>(set)) << "\":[";
      sets_[set].copy_to(out_);
      out_ << ']';
    }
    out_ << ",\"errors\":{";
    errors_.copy_to(out_);
    out_ << "},\"why\":{";
    whys_.copy_to(out_);
    out_ << "},\"summary\":" << text_of(json_of(summary)) << ",\"notes\":" << text_of(summary.notes) << "}\n";
  }

 private:
  static void append(Spool& spool, const std::string& text) {
    if (!spool.is_empty()) spool.add(",");
    spool.add(text);
  }

  const ReconcileOptions& options_;
  const std::string bucket_;
  std::ostream& out_;
  std::vector<Spool> sets_;
  Spool errors_;
  Spool whys_;
  std::string failure_;
};

bool has_control_characters(std::string_view text) {
  constexpr unsigned char kDelete = 0x7f;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == kDelete) return true;
  }
  return false;
}

class Keys final : public FindingsOutput {
 public:
  Keys(const ReconcileOptions& options, KeySet set, char end, std::ostream& out)
      : bucket_(bucket_of(options)), set_(set), end_(end), out_(out) {}

  void add(const KeyFinding& finding) override {
    if (!finding.is_in(set_)) return;
    if (end_ == '\n' && has_control_characters(finding.key)) {
      out_ << text_of(bucket_ + finding.key) << end_;
    } else {
      out_ << bucket_ << finding.key << end_;
    }
  }
  void finish(const ReconcileSummary& /*summary*/) override {}

 private:
  const std::string bucket_;
  const KeySet set_;
  const char end_;
  std::ostream& out_;
};

}  // namespace

std::unique_ptr<FindingsOutput> findings_as_json_lines(const ReconcileOptions& options, std::ostream& out) {
  return std::make_unique<JsonLines>(options, out);
}

std::unique_ptr<FindingsOutput> findings_as_document(const ReconcileOptions& options, std::ostream& out,
                                                     const Environment& environment) {
  return std::make_unique<Document>(options, out, environment("TMPDIR").value_or("/tmp"));
}

std::unique_ptr<FindingsOutput> keys_of_set(const ReconcileOptions& options, KeySet set, char end, std::ostream& out) {
  return std::make_unique<Keys>(options, set, end, out);
}

}  // namespace penstock::cli
