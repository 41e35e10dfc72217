#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "penstock/error.h"
#include "store/s3_address.h"
#include "store/s3_page.h"
#include "store/s3_xml.h"

namespace {

using namespace penstock;

// The last one's of these; a listing has one of each.
std::string_view last_of(const XmlElement& element, std::string_view name) {
  std::string_view found;
  for (const XmlElement& child : element.children) {
    if (child.name == name) found = child.text;
  }
  return found;
}

void require(bool holds) {
  if (!holds) __builtin_trap();
}

// The scan of a page sees what the tree has.
void compare(const XmlElement& root, std::string_view xml) {
  S3Page page;
  read_s3_page(xml, page);
  const bool is_encoded = last_of(root, "EncodingType") == "url";
  std::size_t seen = 0;
  for (const XmlElement& element : root.children) {
    if (element.name != "Contents") continue;
    for (const XmlElement& field : element.children) {
      if (!field.children.empty()) return;  // text on both sides of a child: of no field of S3's
    }
    const std::string key(last_of(element, "Key"));
    require(seen < page.objects.size());
    require(page.objects[seen++].key == (is_encoded ? uri_decode(key) : key));
  }
  require(seen == page.objects.size());
}

}  // namespace

// Any bytes are XML or an Error; what was read, escaped, reads the same; and a page of a listing is what its XML says.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string_view xml(reinterpret_cast<const char*>(data), size);
    const auto root = parse_xml(xml);
    require(parse_xml("<k>" + escape_xml(root.text) + "</k>").text == root.text);
    for (const XmlElement& child : root.children) {
      for (const XmlElement& part : child.children) {
        if (child.name != "Contents" && !part.children.empty()) return 0;
      }
      if (child.name != "Contents" && !child.children.empty()) return 0;
    }
    compare(root, xml);
  } catch (const penstock::Error&) {  // what is no XML
  }
  return 0;
}
