#include "load/spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "penstock/error.h"
#include "staging/text_reader.h"

namespace penstock {
namespace {

std::string text_of(const staging::Input& input) {
  const auto reader = input.open();
  std::string text(5 << 20, '\0');
  std::size_t size = 0;
  while (const std::size_t count = reader->read(std::as_writable_bytes(std::span(text).subspan(size)))) size += count;
  text.resize(size);
  return text;
}

Environment in_folder(std::string folder) {
  return [folder = std::move(folder)](std::string_view name) {
    return name == "TMPDIR" ? std::optional(folder) : std::nullopt;
  };
}

TEST(Spool, IsReadAgainAndAgainAndLeavesNoFile) {
  const auto folder = std::filesystem::temp_directory_path() / testing::TempDir() / "spool_test";
  std::filesystem::create_directories(folder);
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += std::to_string(i) + '\n';
  staging::Input once{.name = "stdin",
                      .open =
                          [&, opened = false]() mutable {
                            EXPECT_FALSE(opened);
                            opened = true;
                            return std::make_unique<staging::TextReader>(text, 1000);
                          },
                      .skip = 1};
  const staging::Input again = spooled(once, in_folder(folder.string()), {});
  EXPECT_EQ(again.name, "stdin");
  EXPECT_EQ(again.skip, 1U);
  EXPECT_EQ(text_of(again), text);
  EXPECT_EQ(text_of(again), text);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

TEST(Spool, SaysWhereItCouldNotKeepTheInput) {
  const staging::Input once{.name = "stdin", .open = [] { return std::make_unique<staging::TextReader>("x"); }};
  try {
    spooled(once, in_folder("/no/such/folder"), {});
    FAIL() << "it was kept";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::unavailable);
    EXPECT_THAT(e.what(), testing::HasSubstr("stdin in /no/such/folder"));
  }
}

}  // namespace
}  // namespace penstock
