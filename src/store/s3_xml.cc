#include "store/s3_xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock {
namespace {

constexpr int kDeepest = 32;
constexpr std::string_view kBlanks = " \t\r\n";

void append_utf8(std::string& out, std::uint32_t c) {
  const auto byte = [&out](std::uint32_t value) { out += static_cast<char>(value); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | (c >> 6));
    byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | (c >> 12));
    byte(0x80 | ((c >> 6) & 0x3F));
    byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | (c >> 18));
    byte(0x80 | ((c >> 12) & 0x3F));
    byte(0x80 | ((c >> 6) & 0x3F));
    byte(0x80 | (c & 0x3F));
  }
}

class Scanner {
 public:
  explicit Scanner(std::string_view document) : rest_(document), size_(document.size()) {}

  XmlElement document() {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
    skip_between();
    XmlElement root = element(0);
    skip_between();
    if (!rest_.empty()) fail("something after the end");
    return root;
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw Error(ErrorKind::unavailable,
                fmt::format("S3 answered with XML that can't be read ({} at byte {})", what, size_ - rest_.size()));
  }

  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  void take_through(std::string_view end) {
    const auto at = rest_.find(end);
    if (at == std::string_view::npos) fail(fmt::format("no {}", end));
    rest_.remove_prefix(at + end.size());
  }

  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size())); }

  void skip_between() {  // blanks, the declaration, comments
    for (;;) {
      skip_blanks();
      if (take("<?")) {
        take_through("?>");
      } else if (take("<!--")) {
        take_through("-->");
      } else {
        return;
      }
    }
  }

  std::string name() {
    const auto is_name = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
             c == ':' || c == '.';
    };
    const auto end = std::ranges::find_if_not(rest_, is_name);
    std::string taken(rest_.begin(), end);
    if (taken.empty()) fail("no name");
    rest_.remove_prefix(taken.size());
    return taken;
  }

  void attribute() {
    name();
    skip_blanks();
    if (!take("=")) fail("no =");
    skip_blanks();
    if (take("\"")) {
      take_through("\"");
    } else if (take("'")) {
      take_through("'");
    } else {
      fail("no value");
    }
  }

  XmlElement element(int depth) {
    if (depth > kDeepest) fail("too deep");
    if (!take("<")) fail("no element");
    XmlElement out{.name = name(), .text = {}, .children = {}};
    for (;;) {
      skip_blanks();
      if (take("/>")) return out;
      if (take(">")) break;
      attribute();
    }
    for (;;) {
      if (take("</")) {
        if (!take(out.name)) fail(fmt::format("no </{}>", out.name));
        skip_blanks();
        if (!take(">")) fail("no >");
        return out;
      }
      if (rest_.empty()) fail(fmt::format("no </{}>", out.name));
      if (take("<!--")) {
        take_through("-->");
      } else if (rest_.starts_with('<')) {
        out.children.push_back(element(depth + 1));
      } else {
        text(out.text);
      }
    }
  }

  void text(std::string& out) {
    const std::string_view plain = rest_.substr(0, rest_.find_first_of("<&"));
    out += plain;
    rest_.remove_prefix(plain.size());
    if (!take("&")) return;
    const auto end = rest_.find(';');
    if (end > 10) fail("an entity without its ;");
    const std::string_view entity = rest_.substr(0, end);
    if (entity == "lt") {
      out += '<';
    } else if (entity == "gt") {
      out += '>';
    } else if (entity == "amp") {
      out += '&';
    } else if (entity == "quot") {
      out += '"';
    } else if (entity == "apos") {
      out += '\'';
    } else if (entity.starts_with('#')) {
      append_utf8(out, code_point(entity.substr(1)));
    } else {
      fail("an unknown entity");
    }
    rest_.remove_prefix(end + 1);
  }

  std::uint32_t code_point(std::string_view digits) {
    const int base = digits.starts_with('x') ? 16 : 10;
    if (base == 16) digits.remove_prefix(1);
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error != std::errc() || end != digits.data() + digits.size() || value == 0 || value > 0x10FFFF ||
        (value >= 0xD800 && value < 0xE000)) {
      fail("no such character");
    }
    return value;
  }

  std::string_view rest_;
  const std::size_t size_;
};

}  // namespace

const XmlElement* XmlElement::find(std::string_view child) const noexcept {
  const auto found = std::ranges::find(children, child, &XmlElement::name);
  return found == children.end() ? nullptr : &*found;
}

std::string_view XmlElement::text_of(std::string_view child) const noexcept {
  const XmlElement* found = find(child);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

XmlElement parse_xml(std::string_view document) { return Scanner(document).document(); }

bool is_xml_text(std::string_view text) noexcept {
  const auto holds = [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\r';
  };
  return std::ranges::all_of(text, holds) && is_utf8(text) && text.find("\xEF\xBF\xBE") == std::string_view::npos &&
         text.find("\xEF\xBF\xBF") == std::string_view::npos;
}

std::string escape_xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\t':  // as they stand, a parser may make blanks of these
      case '\n':
      case '\r':
        out += fmt::format("&#{};", static_cast<int>(c));
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace penstock
