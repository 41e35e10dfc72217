#include "load/waiting_reader.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <thread>

#include "penstock/error.h"

namespace penstock {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    read = Fd(ends[0]);
    write = Fd(ends[1]);
  }
  Fd read;
  Fd write;
};

TEST(WaitingReader, ReadsAPipeToItsEnd) {
  Pipe pipe;
  const auto reader = waiting_reader(std::move(pipe.read), "stdin", {});
  std::array<char, 10> buffer{};
  ASSERT_EQ(::write(pipe.write.get(), "abc", 3), 3);
  EXPECT_EQ(reader->read(std::as_writable_bytes(std::span(buffer))), 3U);
  EXPECT_STREQ(buffer.data(), "abc");
  pipe.write = {};
  EXPECT_EQ(reader->read(std::as_writable_bytes(std::span(buffer))), 0U);
}

TEST(WaitingReader, AWaitForAPipeThatNobodyWritesToEndsWhenStopIsRequested) {
  Pipe pipe;
  std::stop_source stop;
  const auto reader = waiting_reader(std::move(pipe.read), "stdin", stop.get_token());
  std::array<std::byte, 10> buffer{};
  const std::jthread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop.request_stop();
  });
  try {
    reader->read(buffer);
    FAIL() << "it read what nobody wrote";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::cancelled);
    EXPECT_THAT(e.what(), testing::HasSubstr("stdin"));
  }
}

TEST(WaitingReader, SaysWhatIsNotThere) {
  try {
    open_path("/no/such/file", {});
    FAIL() << "it was opened";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::not_found);
    EXPECT_THAT(e.what(), testing::HasSubstr("/no/such/file: No such file"));
  }
}

}  // namespace
}  // namespace penstock
