// The XML that S3 answers with. No more of XML than that: elements and text, the five entities and numeric ones; no
// DTD, and so nothing that a hostile server could blow up.
//
// Errors: Error unavailable, for what is no such XML: half an answer, or a proxy's page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace penstock {

struct XmlElement {
  std::string name;
  std::string text;  // of its own, decoded; blanks between elements included
  std::vector<XmlElement> children;

  [[nodiscard]] const XmlElement* find(std::string_view child) const noexcept;    // the first one; nullptr: none
  [[nodiscard]] std::string_view text_of(std::string_view child) const noexcept;  // empty when absent
};

XmlElement parse_xml(std::string_view document);
bool is_xml_text(std::string_view text) noexcept;  // UTF-8 without the control characters that XML can't hold
std::string escape_xml(std::string_view text);

}  // namespace penstock
