#include "local/shell.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

namespace penstock::local {
namespace {

std::string what_a_shell_reads(const std::string& word) {
  const std::string script = "printf %s " + word;
  FILE* shell = popen(script.c_str(), "r");
  if (shell == nullptr) return "(no shell)";
  std::string out;
  std::array<char, 256> buffer{};
  while (const auto size = fread(buffer.data(), 1, buffer.size(), shell)) out.append(buffer.data(), size);
  pclose(shell);
  return out;
}

TEST(ShellQuoted, IsReadAsTheTextItself) {
  for (const std::string text : {"plain-text_1.2:3/4", "", " ", "it's", "''", "$HOME `id` $(id)", "a\nb", "\\", "\"",
                                 "*", "~", "a;b&c|d", "\u00e9", "#x", "!!"}) {
    EXPECT_EQ(what_a_shell_reads(shell_quoted(text)), text);
  }
}

TEST(ShellQuoted, LeavesPlainWordsReadable) {
  EXPECT_EQ(shell_quoted("http://127.0.0.1:7070"), "http://127.0.0.1:7070");
}

TEST(ShellLines, AreOneForEachSetting) {
  EXPECT_EQ(shell_lines({{"A", "1"}, {"B", "x y"}, {"C", std::nullopt}}), "export A=1\nexport B='x y'\nunset C\n");
}

}  // namespace
}  // namespace penstock::local
