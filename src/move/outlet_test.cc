#include "move/outlet.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "penstock/error.h"
#include "store/temp_folder.h"

namespace penstock::network {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OutletTest : public ::testing::Test {
 protected:
  OutletTest() {
    buckets_->create_bucket("bucket");
    store_ = buckets_->open("bucket");
  }

  static void write(Outlet& outlet, const std::string& name) {
    const auto sink = outlet.open(name);
    sink->write(std::as_bytes(std::span(name)));
    sink->commit();
  }
  std::vector<std::string> keys() {
    std::vector<std::string> keys;
    const auto listing = store_->list("");
    while (const auto object = listing->next()) keys.push_back(object->key);
    return keys;
  }
  std::string refusal(Outlet& outlet, const std::vector<std::string>& names) {
    try {
      outlet.claim(names);
      return "none";
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::refused);
      return e.what();
    }
  }

  const TempFolder folder_;
  const std::unique_ptr<Buckets> buckets_ = open_memory();
  std::unique_ptr<ObjectStore> store_;
  std::stop_source stop_;
  MoveOptions options_;
  MoveOutcome outcome_;
  const MoveContext context_{*buckets_, [](std::string_view) { return std::nullopt; }, silence(), stop_.get_token()};
  Job job_{.options = options_, .context = context_, .on_progress = [](const MoveProgress&) {}, .outcome = outcome_};
};

TEST_F(OutletTest, WhatWasNewIsRemovedWhereTheMoveFails) {
  const Resource local = parse_resource(folder_.path().string() + "/new/out/", Use::destination);
  const Resource s3 = parse_resource("s3://bucket/out/", Use::destination);
  for (const Resource* to : {&local, &s3}) {
    Outlet outlet(*to, job_);
    outlet.claim(std::vector<std::string>{"a.csv", "x/b.csv"});
    write(outlet, "x/b.csv");
    outlet.open("a.csv")->write(std::as_bytes(std::span("half", 4)));
  }
  EXPECT_TRUE(fs::is_empty(folder_.path())) << "nor the folders that were made";
  EXPECT_THAT(keys(), IsEmpty());
  EXPECT_THAT(outcome_.written, IsEmpty());
}

TEST_F(OutletTest, WhatPerhapsAppearedIsRemovedToo) {
  const Resource to = parse_resource("s3://bucket/", Use::destination);
  const auto fail = [&](const char* key, ErrorKind kind) {
    Outlet outlet(to, job_);
    outlet.claim(std::vector<std::string>{key});
    const auto act = [&] {
      write_all(*store_, key, "1");
      throw Error(kind, "the answer was lost");
    };
    EXPECT_THROW(outlet.appear(key, act), Error);
  };
  fail("lost.csv", ErrorKind::unavailable);
  fail("stopped.csv", ErrorKind::cancelled);
  fail("somebodys.csv", ErrorKind::conflict);
  EXPECT_THAT(keys(), ElementsAre("somebodys.csv")) << "who came before us keeps theirs";
}

TEST_F(OutletTest, WhatIsFinishedStays) {
  const Resource to = parse_resource("s3://bucket/out/", Use::destination);
  {
    Outlet outlet(to, job_);
    outlet.claim(std::vector<std::string>{"a.csv", "b.csv"});
    write(outlet, "b.csv");
    write(outlet, "a.csv");
    outlet.finish();
  }
  EXPECT_THAT(keys(), ElementsAre("out/a.csv", "out/b.csv"));
  EXPECT_THAT(outcome_.written, ElementsAre(store_->uri_of("out/a.csv"), store_->uri_of("out/b.csv")));
  EXPECT_EQ(outcome_.bytes_written, 10);
}

TEST_F(OutletTest, AStopBeforeTheEndLeavesNothing) {
  const Resource to = parse_resource("s3://bucket/a.csv", Use::destination);
  {
    Outlet outlet(to, job_);
    outlet.claim(std::vector<std::string>{""});
    write(outlet, "");
    stop_.request_stop();
    EXPECT_THROW(outlet.finish(), Error);
  }
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(OutletTest, AllThatIsInTheWayIsToldAndOnlyReplaceReplacesIt) {
  for (const char* key : {"out/a.csv", "out/c.csv"}) write_all(*store_, key, "old");
  const Resource to = parse_resource("s3://bucket/out/", Use::destination);
  const std::vector<std::string> names{"a.csv", "b.csv", "c.csv"};
  {
    Outlet outlet(to, job_);
    const std::string said = refusal(outlet, names);
    EXPECT_THAT(said,
                HasSubstr(store_->uri_of("out/a.csv") + ", " + store_->uri_of("out/c.csv") + " are there already"));
  }
  options_.replace = true;
  {
    Outlet outlet(to, job_);
    outlet.claim(names);
    write(outlet, "b.csv");
    write(outlet, "a.csv");
  }
  EXPECT_EQ(read_all(*store_, "out/a.csv", 9), "a.csv") << "what was replaced can't come back";
  EXPECT_THAT(keys(), ElementsAre("out/a.csv", "out/c.csv")) << "what was new goes";
}

TEST_F(OutletTest, AKeyCanNotLeadOutOfTheFolder) {
  const Resource to = parse_resource(folder_.path().string(), Use::destination);
  for (const char* name : {"../a.csv", "x/../../a.csv", "/a.csv", "x//a.csv", "./a.csv"}) {
    Outlet outlet(to, job_);
    EXPECT_THAT(refusal(outlet, {"ok.csv", name}), HasSubstr(name));
  }
}

TEST_F(OutletTest, PartsOfAnEarlierMoveGiveWayToReplace) {
  const Resource to = parse_resource("s3://bucket/out/", Use::destination, {.format = "csv"});
  for (const char* key : {"out/part-00001.csv", "out/part-00002.csv", "out/part-00003.csv", "out/x.csv"})
    write_all(*store_, key, "old");
  options_.replace = true;
  Outlet outlet(to, job_);
  outlet.claim(std::vector<std::string>{name_of_part(1, to)});
  write(outlet, name_of_part(1, to));
  outlet.remove_parts_behind(1);
  outlet.finish();
  EXPECT_THAT(keys(), ElementsAre("out/part-00001.csv", "out/x.csv"));
}

}  // namespace
}  // namespace penstock::network
