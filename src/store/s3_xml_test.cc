#include "store/s3_xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/error.h"

namespace penstock {
namespace {

using namespace std::literals;

TEST(S3Xml, ReadsElementsAndTheirText) {
  const XmlElement root = parse_xml(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- c --><R xmlns='http://x/'>\n  <A>1</A><B/><A>2<!-- d "
      "--></A></R>\n");
  EXPECT_EQ(root.name, "R");
  ASSERT_EQ(root.children.size(), 3U);
  EXPECT_EQ(root.text_of("A"), "1") << "the first one";
  EXPECT_EQ(root.children[2].text, "2");
  EXPECT_EQ(root.text_of("B"), "");
  EXPECT_EQ(root.find("C"), nullptr);
}

TEST(S3Xml, DecodesTheFiveEntitiesAndNumbers) {
  EXPECT_EQ(parse_xml("<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#xe9;&#8364;&#x1F600;&#10;</a>").text,
            "<>&\"'AB\u00e9\u20ac\U0001F600\n");
}

TEST(S3Xml, RefusesWhatIsNotWholeOrNotPlain) {
  for (const auto document :
       {""sv, "text"sv, "<a>"sv, "<a></b>"sv, "<a></a><b/>"sv, "<a><b></a></b>"sv, "<a b></a>"sv, "<a b=c></a>"sv,
        "<a"sv, "<>x</>"sv, "<a>&x;</a>"sv, "<a>&amp</a>"sv, "<a>&#0;</a>"sv, "<a>&#xD800;</a>"sv,
        "<a>&#x110000;</a>"sv, "<a>&#;</a>"sv, "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>"sv, "<a><![CDATA[x]]></a>"sv,
        "<a><!-- </a>"sv}) {
    EXPECT_THROW(parse_xml(document), Error) << document;
  }
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_THROW(parse_xml(deep), Error);
}

TEST(S3Xml, ReadsBackWhatItEscapes) {
  const std::string text = "a<b>&\"c'\td\re\nf\u00e9]]>";
  EXPECT_EQ(parse_xml("<k>" + escape_xml(text) + "</k>").text, text);
  EXPECT_TRUE(is_xml_text(text));
  for (const auto bad : {"\x01"sv, "a\0b"sv, "\x1b"sv, "\xff"sv, "\uffff"sv}) EXPECT_FALSE(is_xml_text(bad));
}

}  // namespace
}  // namespace penstock
