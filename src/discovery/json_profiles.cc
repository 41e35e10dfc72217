#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/json_text.h"
#include "discovery/chunk_profiles.h"
#include "penstock/error.h"
#include "staging/chunk_text.h"

namespace penstock::discovery {
namespace {

using staging::Chunk;

constexpr std::size_t kMostColumns = 1600;  // of a table

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

struct Member {
  std::string name;
  Place place{};  // where it came up; in one object, by its number
  std::size_t ordinal = 0;
  std::uint64_t values = 0;  // that are no NULL
  std::uint64_t last = 0;    // the record that had it last
  Profile profile{};
};

class JsonProfiles final : public ChunkProfiles {
 public:
  std::uint64_t add(const Chunk& chunk, std::string_view input, std::uint64_t number) override {
    staging::refuse_unless_text(chunk, input);
    chunk_ = &chunk;
    input_ = input;
    number_ = number;
    const std::string_view text = chunk.text();
    const std::uint64_t before = records_;
    for (at_ = 0; at_ < text.size();) {
      const std::size_t end = text.find('\n', at_);
      const std::string_view line = trimmed(text.substr(at_, end - at_));
      if (!line.empty()) add_object(line);
      at_ = end + 1;
    }
    chunk_ = nullptr;
    return records_ - before;
  }

  void merge(ChunkProfiles& other) override {
    for (const Member& theirs : dynamic_cast<JsonProfiles&>(other).members_) {
      Member& ours = member(theirs.name, theirs.place, theirs.ordinal);
      if (std::pair(theirs.place, theirs.ordinal) < std::pair(ours.place, ours.ordinal)) {
        ours.place = theirs.place;
        ours.ordinal = theirs.ordinal;
      }
      ours.values += theirs.values;
      ours.profile.merge(theirs.profile);
    }
    if (members_.size() > kMostColumns) throw Error(ErrorKind::refused, too_many());
  }

  [[nodiscard]] std::vector<std::pair<std::string, Profile>> columns(const std::vector<std::string>& /*names*/,
                                                                     std::uint64_t records) const override {
    std::vector<const Member*> sorted;
    for (const Member& member : members_) sorted.push_back(&member);
    std::ranges::sort(sorted, {}, [](const Member* member) { return std::pair(member->place, member->ordinal); });
    std::vector<std::pair<std::string, Profile>> out;
    for (const Member* member : sorted) {
      Profile profile = member->profile;
      profile.add_nulls(records - std::min(records, member->values));
      out.emplace_back(member->name, std::move(profile));
    }
    return out;
  }

 private:
  void add_object(std::string_view line) {
    ++records_;
    next_ = 0;
    JsonMembers members(line);
    for (std::size_t ordinal = 0; members.next(); ++ordinal) {
      add_member(text_of(members.name()), ordinal, members.value());
    }
    if (!members.is_object()) refuse("the line is no JSON object from { to }");
  }

  // What stands between the quotes of a string. Stands until the next call.
  std::string_view text_of(std::string_view inside) {
    if (inside.find('\\') == std::string_view::npos) return inside;
    auto text = unescaped_json(inside);
    if (!text) refuse("a string has half of a surrogate pair");
    unescaped_ = *std::move(text);
    return unescaped_;
  }

  void add_member(std::string_view name, std::size_t ordinal, std::string_view value) {
    Member& of = member(name, {.chunk = number_, .at = at_}, ordinal);
    if (value.front() == 'n') return;      // null
    if (of.last != records_) ++of.values;  // once an object, should it be there twice
    of.last = records_;
    switch (value.front()) {
      case '"':
        add_string(of.profile, text_of(value.substr(1, value.size() - 2)));
        break;
      case 't':
      case 'f':
        note(of.profile, {.kind = Kind::boolean}, value);
        break;
      case '{':
      case '[':
        note(of.profile, {.kind = Kind::nested}, value);
        break;
      default:
        note(of.profile, value_of(value), value);
    }
  }

  // A string is no number, whatever it looks like; dates have no other way to be written.
  void add_string(Profile& profile, std::string_view text) {
    Value is;
    if (profile.wants_values()) is = value_of(text);
    const bool is_day = is.kind == Kind::empty || (is.kind >= Kind::date && is.kind <= Kind::timestamptz);
    note(profile, is_day ? is : Value{}, text);
  }

  void note(Profile& profile, const Value& value, std::string_view text) {
    if (profile.is_first_too_long(text.size())) {
      profile.sight_too_long(sighting_of(*chunk_, input_, number_, at_, text));
    }
    if (profile.add(value, text.size())) {
      profile.sight(value.kind, sighting_of(*chunk_, input_, number_, at_, text));
    }
  }

  // Objects mostly have their members in one order.
  Member& member(std::string_view name, const Place& place, std::size_t ordinal) {
    if (next_ < members_.size() && members_[next_].name == name) return members_[next_++];
    const auto found = by_name_.find(std::string(name));
    if (found != by_name_.end()) {
      next_ = found->second + 1;
      return members_[found->second];
    }
    if (chunk_ != nullptr && members_.size() == kMostColumns) refuse(too_many());
    by_name_.emplace(name, members_.size());
    members_.push_back({.name = std::string(name), .place = place, .ordinal = ordinal});
    next_ = members_.size();
    return members_.back();
  }

  static std::string too_many() {
    return fmt::format("the objects have members of more than {} names, and a table that many columns at most",
                       kMostColumns);
  }

  [[noreturn]] void refuse(std::string_view what) const { staging::refuse_at(*chunk_, input_, at_, what); }

  std::vector<Member> members_;
  std::unordered_map<std::string, std::size_t> by_name_;
  std::size_t next_ = 0;  // the member that is expected
  std::uint64_t records_ = 0;
  std::string unescaped_;
  // what is being read
  const Chunk* chunk_ = nullptr;
  std::string_view input_;
  std::uint64_t number_ = 0;
  std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<ChunkProfiles> json_profiles() { return std::make_unique<JsonProfiles>(); }

}  // namespace penstock::discovery
