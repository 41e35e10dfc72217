#include "format/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "penstock/error.h"
#include "penstock/uri.h"

namespace penstock::format {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxProblemsTold = 100;

// Where in a manifest the parser is; `elsewhere` is below a member that COPY ignores.
enum class Place { outside, manifest, entries, entry, meta, elsewhere };

// Takes the manifest out of the parser's events, so that no document, however large, is built.
class ManifestReader final : public nlohmann::json_sax<Json> {
 public:
  std::vector<ManifestEntry> take_entries() { return std::move(entries_); }

  void finish() {
    if (!is_manifest_) {
      add_problem("not a manifest: expected {\"entries\": [{\"url\": \"s3://…\", \"mandatory\": true}]}");
    } else if (!has_entries_) {
      add_problem("the manifest has no \"entries\"");
    } else if (count_ == 0) {
      add_problem("the manifest's \"entries\" are empty");
    }
  }

  // A line each; empty when there are none.
  [[nodiscard]] std::string problems(std::string_view origin) const {
    std::string out;
    for (std::size_t i = 0; i < std::min(problems_.size(), kMaxProblemsTold); ++i) {
      out += fmt::format("{}{}: {}", i == 0 ? "" : "\n", origin, problems_[i]);
    }
    if (problems_.size() > kMaxProblemsTold) out += fmt::format("\nand {} more", problems_.size() - kMaxProblemsTold);
    return out;
  }

  bool null() override { return take("null"); }
  bool boolean(bool value) override {
    if (!at_member("mandatory")) return take("true or false");
    entry_.mandatory = value;
    return true;
  }
  bool number_integer(number_integer_t) override { return take("a negative number"); }
  bool number_unsigned(number_unsigned_t value) override {
    if (place() != Place::meta || (key_ != "content_length" && key_ != "record_count")) return take("a number");
    (key_ == "content_length" ? entry_.content_length : entry_.record_count) = value;
    return true;
  }
  bool number_float(number_float_t, const string_t&) override { return take("a fraction"); }
  bool string(string_t& value) override {
    if (!at_member("url")) return take("text");
    entry_.url = std::move(value);
    has_url_ = url_is_text_ = true;
    return true;
  }
  bool binary(binary_t&) override { return take("bytes"); }

  bool start_object(std::size_t) override {
    if (place() == Place::outside) {
      is_manifest_ = true;
      return enter(Place::manifest);
    }
    if (place() == Place::entries) {
      begin_entry();
      return enter(Place::entry);
    }
    if (at_member("meta")) return enter(Place::meta);
    return take("an object") && enter(Place::elsewhere);
  }
  bool key(string_t& name) override {
    if (!keys_.back().insert(name).second && place() != Place::elsewhere) {
      add_problem(fmt::format("{}the key \"{}\" is here twice", prefix(), printable(name)));
    }
    key_ = std::move(name);
    return true;
  }
  bool end_object() override {
    if (place() == Place::entry) end_entry();
    return leave();
  }
  bool start_array(std::size_t) override {
    if (place() == Place::manifest && key_ == "entries") {
      has_entries_ = true;
      return enter(Place::entries);
    }
    return take("an array") && enter(Place::elsewhere);
  }
  bool end_array() override { return leave(); }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& e) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: …"
    std::string_view words = e.what();
    if (const auto at = words.find("] "); at != std::string_view::npos) words.remove_prefix(at + 2);
    add_problem("not JSON: " + printable(words));
    return false;
  }

 private:
  [[nodiscard]] Place place() const { return places_.empty() ? Place::outside : places_.back(); }
  [[nodiscard]] bool at_member(std::string_view name) const { return place() == Place::entry && key_ == name; }

  bool enter(Place place) {
    if (places_.size() == kMaxDepth) {
      add_problem(fmt::format("{}nested deeper than {} levels", prefix(), kMaxDepth));
      return false;
    }
    places_.push_back(place);
    keys_.emplace_back();
    return true;
  }

  bool leave() {
    places_.pop_back();
    keys_.pop_back();
    key_.clear();
    return true;
  }

  // A value that is not what its member takes; or any, where none is asked for.
  bool take(std::string_view found) {
    std::string_view expected;
    if (place() == Place::outside) return true;  // finish() says it
    if (place() == Place::entries) {
      ++count_;
      expected = "an object";
    }
    if (place() == Place::manifest && key_ == "entries") {
      has_entries_ = true;
      ++count_;  // wrong, but not empty
      expected = "an array";
    }
    if (at_member("url")) {
      has_url_ = true;
      expected = "text";
    }
    if (at_member("mandatory")) expected = "true or false";
    if (at_member("meta")) expected = "an object";
    if (place() == Place::meta && key_ == "content_length") expected = "a number of bytes";
    if (place() == Place::meta && key_ == "record_count") expected = "a number of rows";
    if (!expected.empty()) {
      const bool in_list = place() == Place::entries;
      add_problem(
          fmt::format("{}{}expected {}, and found {}", prefix(), in_list ? "" : "\"" + key_ + "\": ", expected, found));
    }
    return true;
  }

  void begin_entry() {
    ++count_;
    entry_ = {.url = {}, .mandatory = false, .content_length = {}, .record_count = {}};
    has_url_ = url_is_text_ = false;
  }

  void end_entry() {
    if (!has_url_) {
      add_problem(prefix() + "no \"url\"");
    } else if (url_is_text_) {
      check_url();
    }
    entries_.push_back(std::move(entry_));
  }

  void check_url() {
    try {
      if (parse_s3_uri(entry_.url).key.empty()) {
        add_problem(fmt::format("{}'{}' names a bucket and no object in it", prefix(), printable(entry_.url)));
      }
    } catch (const Error& e) {
      add_problem(prefix() + printable(e.what()));
      return;
    }
    const auto [first, fresh] = seen_.emplace(entry_.url, count_);
    if (!fresh) {
      add_problem(fmt::format("{}'{}' is entry {} already; COPY would load it twice", prefix(), printable(entry_.url),
                              first->second));
    }
  }

  // "entry 3: ", counted from 1.
  [[nodiscard]] std::string prefix() const {
    const bool in_entries = std::ranges::find(places_, Place::entries) != places_.end();
    return in_entries ? fmt::format("entry {}: ", count_) : "";
  }

  void add_problem(std::string text) { problems_.push_back(std::move(text)); }

  std::vector<Place> places_;
  std::vector<std::set<std::string>> keys_;  // of each open object
  std::string key_;                          // of the member whose value comes
  bool is_manifest_ = false;
  bool has_entries_ = false;
  std::size_t count_ = 0;  // of entries begun
  ManifestEntry entry_;
  bool has_url_ = false;
  bool url_is_text_ = false;
  std::vector<ManifestEntry> entries_;
  std::map<std::string, std::size_t> seen_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<ManifestEntry> parse_manifest(std::string_view json, std::string_view origin) {
  const std::string name = printable(origin);
  if (json.size() > kMaxManifestBytes) {
    throw Error(ErrorKind::refused,
                fmt::format("{}: a manifest of {} bytes; {} are taken", name, json.size(), kMaxManifestBytes));
  }
  ManifestReader reader;
  if (Json::sax_parse(json.begin(), json.end(), &reader)) reader.finish();
  if (const std::string problems = reader.problems(name); !problems.empty()) {
    throw Error(ErrorKind::refused, problems);
  }
  return reader.take_entries();
}

std::string manifest_text(const std::vector<ManifestEntry>& entries) {
  std::string out = "{\"entries\":[";
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const ManifestEntry& entry = entries[i];
    if (!is_utf8(entry.url)) {
      throw Error(ErrorKind::invalid,
                  fmt::format("'{}' is not UTF-8, and can't be in a manifest", printable(entry.url)));
    }
    out += fmt::format("{}\n{{\"url\":{},\"mandatory\":{}", i == 0 ? "" : ",", Json(entry.url).dump(), entry.mandatory);
    std::string meta;
    if (entry.content_length) meta = fmt::format(R"("content_length":{})", *entry.content_length);
    if (entry.record_count) {
      meta += fmt::format(R"({}"record_count":{})", meta.empty() ? "" : ",", *entry.record_count);
    }
    if (!meta.empty()) out += fmt::format(R"(,"meta":{{{}}})", meta);
    out += '}';
  }
  return out + "\n]}\n";
}

}  // namespace penstock::format
