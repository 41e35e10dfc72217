#include "load/spool.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
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

// In a child of its own: what a file may grow to is a process's.
[[noreturn]] void spool_beyond_the_limit() {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{.rlim_cur = 1000, .rlim_max = 1000};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  const std::string text(5000, 'x');
  const staging::Input once{.name = "stdin", .open = [&] { return std::make_unique<staging::TextReader>(text); }};
  try {
    spooled(once, in_folder("/tmp"), {});
  } catch (const Error& e) {
    fmt::print(stderr, "{}\n", e.what());
    _exit(e.kind() == ErrorKind::unavailable ? 40 : 41);
  }
  _exit(0);
}

TEST(SpoolDeathTest, SaysThatTheDiskIsFull) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(spool_beyond_the_limit(), testing::ExitedWithCode(40),
              "keeping stdin in /tmp, to read it again: File too large; TMPDIR names another folder");
}

}  // namespace
}  // namespace penstock
