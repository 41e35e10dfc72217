// The XML that S3 answers with. No more of XML than that: elements and text, the five entities and numeric ones; no
// DTD, and so nothing that a hostile server could blow up.
//
// Errors: Error unavailable, for what is no such XML: half an answer, or a proxy's page.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace penstock {

struct XmlElement {
  std::string name;
  std::string text{};  // of its own, decoded; blanks between elements included
  std::vector<XmlElement> children{};

  [[nodiscard]] const XmlElement* find(std::string_view child) const noexcept;    // the first one; nullptr: none
  [[nodiscard]] std::string_view text_of(std::string_view child) const noexcept;  // empty when absent
};

XmlElement parse_xml(std::string_view document);

// The same, one event after the other, for what is long: no tree, and text is a view of the document where it can be.
class XmlEvents {
 public:
  enum class Event {
    begin,  // of the element name()
    text,   // text(): some of it, decoded; of one element there may be several
    end,    // of the element name()
    over,   // of the document, which was whole
  };
  explicit XmlEvents(std::string_view document);
  Event next();
  [[nodiscard]] std::string_view name() const noexcept { return name_; }
  [[nodiscard]] std::string_view text() const noexcept { return text_; }  // until the next event
  // Elements that are open; with the one that begins, without the one that ends.
  [[nodiscard]] std::size_t depth() const noexcept { return depth_; }

 private:
  static constexpr std::size_t kDeepest = 33;

  [[noreturn]] void fail(std::string_view what) const;
  bool take(std::string_view text);
  void take_through(std::string_view end);
  void skip_blanks();
  void skip_between();
  std::string_view take_name();
  void attribute();
  Event begin();
  Event end();
  void read_text();
  void read_entity();

  std::string_view rest_;
  const std::size_t size_;
  std::array<std::string_view, kDeepest> open_{};
  std::size_t depth_ = 0;
  bool is_begun_ = false;
  bool is_empty_ = false;  // the element that began is over already: <a/>
  std::string_view name_;
  std::string_view text_;
  std::string character_;  // of an entity
};

bool is_xml_text(std::string_view text) noexcept;  // UTF-8 without the control characters that XML can't hold
std::string escape_xml(std::string_view text);

}  // namespace penstock
