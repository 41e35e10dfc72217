#include "store/folder_key.h"

#include <fmt/format.h>

#include <iterator>

namespace penstock {
namespace {

constexpr std::string_view kEmpty = "%_";
constexpr std::string_view kContinued = "%+";
constexpr char kBeside = '%';
constexpr std::size_t kLongestName = 240;  // of the 255 bytes that file systems take, which leaves room for the marks

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// A % that is none of our marks stays: "50% off.csv".
bool reads_as_mark(std::string_view after_percent) noexcept {
  if (after_percent.empty()) return true;
  const char next = after_percent.front();
  return hex_digit(next) >= 0 || next == '_' || next == '+' || next == '%' || is_control(next);
}

std::string encode_component(std::string_view component) {
  if (component.empty()) return std::string(kEmpty);
  if (component == ".") return "%2E";
  if (component == "..") return "%2E%2E";
  std::string out;
  for (std::size_t i = 0; i < component.size(); ++i) {
    const char c = component[i];
    if (is_control(c) || (c == '%' && reads_as_mark(component.substr(i + 1)))) {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

// How much of the text a piece takes: no character and no %XX is cut.
std::size_t piece_length(std::string_view text) noexcept {
  if (text.size() <= kLongestName) return text.size();
  std::size_t length = kLongestName;
  while ((static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
  if (text[length - 1] == '%') return length - 1;
  if (text[length - 2] == '%') return length - 2;
  return length;
}

}  // namespace

std::vector<std::string> component_names(std::string_view component) {
  const std::string encoded = encode_component(component);
  std::vector<std::string> names;
  std::string_view rest = encoded;
  while (rest.size() > kLongestName) {
    const std::size_t length = piece_length(rest);
    names.push_back(fmt::format("{}{}", rest.substr(0, length), kContinued));
    rest.remove_prefix(length);
  }
  // what is left of a long component may be a dot or two
  names.push_back(rest == "." || rest == ".." ? encode_component(rest) : std::string(rest));
  return names;
}

std::vector<std::string> folder_path(std::string_view key) {
  std::vector<std::string> path;
  for (;;) {
    const auto slash = key.find('/');
    for (std::string& name : component_names(key.substr(0, slash))) path.push_back(std::move(name));
    if (slash == std::string_view::npos) return path;
    key.remove_prefix(slash + 1);
  }
}

std::string beside_folder(std::string_view file_name) { return fmt::format("{}{}", file_name, kBeside); }

FolderName read_folder_name(std::string_view name) noexcept {
  if (name.ends_with(kContinued)) {
    return {.kind = FolderName::Kind::continued, .text = name.substr(0, name.size() - kContinued.size())};
  }
  if (name.ends_with(kBeside)) return {.kind = FolderName::Kind::beside, .text = name.substr(0, name.size() - 1)};
  return {.kind = FolderName::Kind::whole, .text = name};
}

std::string decode_component(std::string_view text) {
  if (text == kEmpty) return {};
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() && text[i] == '%' ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace penstock
