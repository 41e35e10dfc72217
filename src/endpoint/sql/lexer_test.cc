#include "endpoint/sql/lexer.h"

#include <gmock/gmock.h>

namespace penstock::endpoint {
namespace {

using testing::ElementsAre;

// Each token as its kind's letter and its text.
std::vector<std::string> tokens(std::string_view sql) {
  std::vector<std::string> out;
  for (const Token& token : lex(sql)) {
    static constexpr std::string_view kLetters = "wqsnpy;!.";
    out.push_back(std::string(1, kLetters[static_cast<std::size_t>(token.kind)]) + " " + std::string(token.text));
  }
  return out;
}

std::string value(std::string_view literal) {
  const auto all = lex(literal);
  EXPECT_EQ(all[0].kind, TokenKind::string) << literal;
  EXPECT_EQ(all[1].kind, TokenKind::end) << literal;
  return string_value(all[0]);
}

TEST(Lexer, TellsTheKindsOfTokensApart) {
  EXPECT_THAT(tokens("select \"A b\", 'x', $1, 1.5e3 from t;"),
              ElementsAre("w select", "q \"A b\"", "y ,", "s 'x'", "y ,", "p $1", "y ,", "n 1.5e3", "w from", "w t",
                          "; ;", ". "));
  EXPECT_THAT(tokens("a::int"), ElementsAre("w a", "y ::", "w int", ". "));
  EXPECT_THAT(tokens("#people"), ElementsAre("w #people", ". "));
  EXPECT_THAT(tokens("a#b"), ElementsAre("w a", "y #", "w b", ". "));
  EXPECT_THAT(tokens("été1"), ElementsAre("w été1", ". "));
}

TEST(Lexer, LeavesCommentsOut) {
  EXPECT_THAT(tokens("a -- b\nc"), ElementsAre("w a", "w c", ". "));
  EXPECT_THAT(tokens("/* a /* nested */ still */ b"), ElementsAre("w b", ". "));
  EXPECT_THAT(tokens("'-- no comment' \"/* nor this\""), ElementsAre("s '-- no comment'", "q \"/* nor this\"", ". "));
}

TEST(Lexer, CutsANumberFromTheWordThatTouchesIt) {
  EXPECT_THAT(tokens("THEN 1WHEN"), ElementsAre("w THEN", "n 1", "w WHEN", ". "));
  EXPECT_THAT(tokens("1ELSE 2END"), ElementsAre("n 1", "w ELSE", "n 2", "w END", ". "));
  EXPECT_THAT(tokens("1e5END"), ElementsAre("n 1e5", "w END", ". "));
  EXPECT_THAT(tokens("1..2"), ElementsAre("n 1", "y .", "n .2", ". "));
}

TEST(Lexer, ReadsStringsOverEscapedQuotes) {
  EXPECT_THAT(tokens(R"('a\'b' c)"), ElementsAre(R"(s 'a\'b')", "w c", ". "));
  EXPECT_THAT(tokens("'a''b'c"), ElementsAre("s 'a''b'", "w c", ". "));
  EXPECT_THAT(tokens(R"(E'\\' x'1F')"), ElementsAre(R"(s E'\\')", "s x'1F'", ". "));
  EXPECT_THAT(tokens("$$a;'b$$ $tag$ $$ $tag$"), ElementsAre("s $$a;'b$$", "s $tag$ $$ $tag$", ". "));
}

TEST(Lexer, MarksWhatIsCutOff) {
  for (const std::string_view cut : {"'abc", "\"abc", "$$abc", "/* abc", "E'abc\\", "'abc\\'", "$a$ $b$"}) {
    EXPECT_THAT(tokens(cut), ElementsAre("! " + std::string(cut), ". "));
  }
}

TEST(Lexer, ResolvesEscapes) {
  EXPECT_EQ(value(R"('a\tb')"), "a\tb");
  EXPECT_EQ(value(R"('\\N')"), R"(\N)");
  EXPECT_EQ(value(R"('it''s \'it\'')"), "it's 'it'");
  EXPECT_EQ(value(R"('\001\x41\101')"), "\001AA");
  EXPECT_EQ(value(R"('\0')"), std::string(1, '\0'));
  EXPECT_EQ(value(R"('\u00e9')"), "é");
  EXPECT_EQ(value(R"('\U0001F600')"), "😀");
  EXPECT_EQ(value(R"('\q\x')"), "qx");
  EXPECT_EQ(value(R"('\U7fffffff')"), "");
  EXPECT_EQ(value(R"($$a\tb'$$)"), R"(a\tb')");
  EXPECT_EQ(value(R"($x$a$x$)"), "a");
}

TEST(Lexer, FoldsNamesEvenWhenQuoted) {
  EXPECT_EQ(name_value(lex("Flights")[0]), "flights");
  EXPECT_EQ(name_value(lex("\"Tail Num\"")[0]), "tail num");
  EXPECT_EQ(name_value(lex("\"a\"\"B\"")[0]), "a\"b");
  EXPECT_EQ(name_value(lex("\"É\"")[0]), "É") << "only ASCII letters are folded";
}

TEST(Lexer, QuotesForPostgres) {
  EXPECT_EQ(quote_name("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(quote_literal("it's"), "'it''s'");
  EXPECT_EQ(quote_literal(R"(a\b)"), R"(E'a\\b')");
  for (const std::string text : {"", "'", "\\", "\\'", "a\nb"}) EXPECT_EQ(value(quote_literal(text)), text);
}

TEST(Lexer, KnowsKeywordsInAnyCaseButNeverQuoted) {
  EXPECT_TRUE(is_keyword(lex("cOpY")[0], "COPY"));
  EXPECT_FALSE(is_keyword(lex("\"copy\"")[0], "COPY"));
  EXPECT_FALSE(is_keyword(lex("'copy'")[0], "COPY"));
}

}  // namespace
}  // namespace penstock::endpoint
