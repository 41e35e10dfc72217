#include "table/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>
#include <tuple>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock::table {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;
constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxNodes = 100'000;
constexpr std::size_t kMaxProblemsTold = 100;

// None, plain, quoted, and YAML's own.
constexpr auto kTags = std::to_array<std::string_view>(
    {"", "?", "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float",
     "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"});

// Thrown through the parser where going on could only waste time and memory. The problem has been added.
struct GiveUp {};

Position position_of(const YAML::Mark& mark) { return {.line = mark.line + 1, .column = mark.column + 1}; }

class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(Problems& problems) : problems_(problems) {}

  [[nodiscard]] YamlNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check(mark, "", anchor);
    add({.kind = YamlNode::Kind::null, .at = position_of(mark)});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    problems_.add(position_of(mark), "aliases (*name) are not taken: write the value out");
    add({.kind = YamlNode::Kind::null, .at = position_of(mark)});
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check(mark, tag, anchor);
    add({.kind = YamlNode::Kind::scalar, .at = position_of(mark), .value = value});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::sequence);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  // A map's keys and values come as one sequence of nodes, and are paired when it closes.
  struct Open {
    YamlNode node;
    std::vector<YamlNode> children{};
  };

  void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (++nodes_ > kMaxNodes) give_up(mark, fmt::format("more than {} values", kMaxNodes));
    if (anchor != YAML::NullAnchor) {
      problems_.add(position_of(mark), "anchors (&name) are not taken: write the value out");
    }
    if (std::ranges::find(kTags, tag) == kTags.end())
      problems_.add(position_of(mark), fmt::format("the tag {} is not known", printable(tag)));
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    check(mark, tag, anchor);
    if (open_.size() == kMaxDepth) give_up(mark, fmt::format("nested deeper than {} levels", kMaxDepth));
    open_.push_back({.node = {.kind = kind, .at = position_of(mark)}});
  }

  void close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    if (closed.node.kind == YamlNode::Kind::sequence) {
      closed.node.items = std::move(closed.children);
    } else {
      pair_up(closed);
    }
    add(std::move(closed.node));
  }

  void pair_up(Open& map) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
      YamlNode& key = map.children[i];
      if (key.kind != YamlNode::Kind::scalar) {
        problems_.add(key.at, "a key must be a plain word");
      } else if (!seen.insert(key.value).second) {
        problems_.add(key.at, fmt::format("the key '{}' is here twice", printable(key.value)));
      } else {
        map.node.entries.emplace_back(std::move(key), std::move(map.children[i + 1]));
      }
    }
  }

  void add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else {
      open_.back().children.push_back(std::move(node));
    }
  }

  [[noreturn]] void give_up(const YAML::Mark& mark, std::string why) {
    problems_.add(position_of(mark), std::move(why));
    throw GiveUp();
  }

  Problems& problems_;
  YamlNode root_;
  std::vector<Open> open_;
  std::size_t nodes_ = 0;
};

// The parser would take one of these for the end of the text, or for something else than it looks.
bool check_characters(std::string_view text, Problems& problems) {
  Position at;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if ((code < 0x20 && c != '\t' && c != '\n' && c != '\r') || code == 0x7F) {
      problems.add(at, fmt::format("a control character (0x{:02x}) in the text", code));
      return false;
    }
    ++at.column;
    if (c == '\n') at = {.line = at.line + 1, .column = 1};
  }
  return true;
}

}  // namespace

void Problems::add(Position at, std::string text) { all_.push_back({at, all_.size(), std::move(text)}); }

void Problems::throw_if_any() const {
  if (all_.empty()) return;
  auto sorted = all_;
  std::ranges::sort(sorted, {}, [](const Problem& problem) { return std::tie(problem.at, problem.number); });
  std::string message;
  for (std::size_t i = 0; i < std::min(sorted.size(), kMaxProblemsTold); ++i) {
    const auto& [at, number, text] = sorted[i];
    message += fmt::format("{}{}:{}:{}: {}", i == 0 ? "" : "\n", origin_, at.line, at.column, text);
  }
  if (sorted.size() > kMaxProblemsTold) message += fmt::format("\nand {} more", sorted.size() - kMaxProblemsTold);
  throw Error(ErrorKind::invalid, message);
}

YamlNode parse_yaml(std::string_view text, Problems& problems) {
  if (text.size() > kMaxBytes) {
    problems.add({}, fmt::format("a config of {} bytes; {} are taken", text.size(), kMaxBytes));
    return {};
  }
  if (!is_utf8(text)) {
    problems.add({}, "not UTF-8");
    return {};
  }
  if (!check_characters(text, problems)) return {};
  TreeBuilder builder(problems);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return {};
    YamlNode root = builder.take_root();
    TreeBuilder second(problems);
    if (parser.HandleNextDocument(second)) problems.add(second.take_root().at, "a second document (---) in the file");
    return root;
  } catch (const YAML::Exception& e) {
    problems.add(position_of(e.mark), fmt::format("not YAML: {}", printable(e.msg)));
  } catch (const GiveUp&) {
    return {};
  }
  return {};
}

}  // namespace penstock::table
