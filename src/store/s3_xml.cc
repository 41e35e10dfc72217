#include "store/s3_xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock {
namespace {

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

std::uint32_t code_point(std::string_view digits) {  // 0: none
  const int base = digits.starts_with('x') ? 16 : 10;
  if (base == 16) digits.remove_prefix(1);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  const bool is_none = error != std::errc() || end != digits.data() + digits.size() || value > 0x10FFFF ||
                       (value >= 0xD800 && value < 0xE000);
  return is_none ? 0 : value;
}

bool is_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == ':' || c == '.';
}

}  // namespace

const XmlElement* XmlElement::find(std::string_view child) const noexcept {
  const auto found = std::ranges::find(children, child, &XmlElement::name);
  return found == children.end() ? nullptr : &*found;
}

std::string_view XmlElement::text_of(std::string_view child) const noexcept {
  const XmlElement* found = find(child);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

XmlEvents::XmlEvents(std::string_view document) : rest_(document), size_(document.size()) {
  if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
}

XmlEvents::Event XmlEvents::next() {
  if (is_empty_) {
    is_empty_ = false;
    return end();
  }
  if (depth_ == 0) {
    skip_between();
    if (!is_begun_) return begin();
    if (!rest_.empty()) fail("something after the end");
    return Event::over;
  }
  for (;;) {
    if (rest_.empty()) fail(fmt::format("no </{}>", open_.at(depth_ - 1)));
    if (rest_.front() == '&') {
      read_entity();
      return Event::text;
    }
    if (rest_.front() != '<') {
      read_text();
      return Event::text;
    }
    if (take("</")) {
      if (!take(open_.at(depth_ - 1))) fail(fmt::format("no </{}>", open_.at(depth_ - 1)));
      skip_blanks();
      if (!take(">")) fail("no >");
      return end();
    }
    if (!take("<!--")) return begin();
    take_through("-->");
  }
}

void XmlEvents::fail(std::string_view what) const {
  throw Error(ErrorKind::unavailable,
              fmt::format("S3 answered with XML that can't be read ({} at byte {})", what, size_ - rest_.size()));
}

bool XmlEvents::take(std::string_view text) {
  if (!rest_.starts_with(text)) return false;
  rest_.remove_prefix(text.size());
  return true;
}

void XmlEvents::take_through(std::string_view end) {
  const auto at = rest_.find(end);
  if (at == std::string_view::npos) fail(fmt::format("no {}", end));
  rest_.remove_prefix(at + end.size());
}

void XmlEvents::skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size())); }

void XmlEvents::skip_between() {  // blanks, the declaration, comments
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

std::string_view XmlEvents::take_name() {
  const auto end = std::ranges::find_if_not(rest_, is_name);
  const std::string_view taken(rest_.begin(), end);
  if (taken.empty()) fail("no name");
  rest_.remove_prefix(taken.size());
  return taken;
}

void XmlEvents::attribute() {
  take_name();
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

XmlEvents::Event XmlEvents::begin() {
  if (depth_ == kDeepest) fail("too deep");
  if (!take("<")) fail("no element");
  name_ = open_.at(depth_++) = take_name();
  is_begun_ = true;
  for (;;) {
    skip_blanks();
    is_empty_ = take("/>");
    if (is_empty_ || take(">")) return Event::begin;
    attribute();
  }
}

XmlEvents::Event XmlEvents::end() {
  name_ = open_.at(--depth_);
  return Event::end;
}

void XmlEvents::read_text() {
  const auto end = std::ranges::find_if(rest_, [](char c) { return c == '<' || c == '&'; });
  text_ = std::string_view(rest_.begin(), end);
  rest_.remove_prefix(text_.size());
}

void XmlEvents::read_entity() {
  take("&");
  const auto end = rest_.find(';');
  if (end > 10) fail("an entity without its ;");
  const std::string_view entity = rest_.substr(0, end);
  if (entity == "lt") {
    text_ = "<";
  } else if (entity == "gt") {
    text_ = ">";
  } else if (entity == "amp") {
    text_ = "&";
  } else if (entity == "quot") {
    text_ = "\"";
  } else if (entity == "apos") {
    text_ = "'";
  } else if (entity.starts_with('#')) {
    const std::uint32_t c = code_point(entity.substr(1));
    if (c == 0) fail("no such character");
    character_.clear();
    append_utf8(character_, c);
    text_ = character_;
  } else {
    fail("an unknown entity");
  }
  rest_.remove_prefix(end + 1);
}

XmlElement parse_xml(std::string_view document) {
  XmlEvents events(document);
  XmlElement above;
  std::array<XmlElement*, 34> open{&above};  // each in the children of the one before, none of which grow meanwhile
  for (;;) {
    switch (events.next()) {
      case XmlEvents::Event::begin: {
        auto& siblings = open.at(events.depth() - 1)->children;
        open.at(events.depth()) = &siblings.emplace_back(XmlElement{.name = std::string(events.name())});
        break;
      }
      case XmlEvents::Event::text:
        open.at(events.depth())->text += events.text();
        break;
      case XmlEvents::Event::end:
        break;
      case XmlEvents::Event::over:
        return std::move(above.children.front());
    }
  }
}

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
