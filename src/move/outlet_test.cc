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
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

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

TEST_F(OutletTest, PartsOfAnEarlierMoveGiveWayToReplaceOnceTheNewAreThere) {
  const std::vector<std::string> parts{"part-00001.csv", "part-00002.csv", "part-00004.tsv.gz", "part-100000.parquet"};
  const std::vector<std::string> others{"part-00000.csv",     "part-00003",         "part-0003.csv",
                                        "part-00003.csv.old", "sub/part-00002.csv", "x.csv"};
  const Resource local = parse_resource(folder_.path().string() + "/out/", Use::destination, {.format = "csv"});
  const Resource s3 = parse_resource("s3://bucket/out/", Use::destination, {.format = "csv"});
  fs::create_directories(folder_.path() / "out/sub");
  for (const auto* names : {&parts, &others}) {
    for (const std::string& name : *names) {
      write_all(*store_, "out/" + name, "old");
      std::ofstream(folder_.path() / "out" / name) << "old";
    }
  }
  options_.replace = true;
  for (const Resource* to : {&local, &s3}) {
    const auto left = [&] {
      std::vector<std::string> names;
      if (to == &s3) {
        for (const std::string& key : keys()) names.push_back(key.substr(4));
      } else {
        for (const auto& entry : fs::recursive_directory_iterator(folder_.path() / "out")) {
          if (entry.is_regular_file()) names.push_back(fs::relative(entry.path(), folder_.path() / "out").string());
        }
      }
      return names;
    };
    {
      Outlet failing(*to, job_);
      failing.claim(std::vector<std::string>{name_of_part(1, *to)});
    }
    EXPECT_EQ(left().size(), parts.size() + others.size()) << "what failed removes nothing";
    Outlet outlet(*to, job_);
    outlet.claim(std::vector<std::string>{name_of_part(1, *to)});
    EXPECT_THAT(outlet.earlier_parts(), ElementsAreArray(parts));
    write(outlet, name_of_part(1, *to));
    write(outlet, name_of_part(3, *to));
    outlet.finish();
    std::vector<std::string> wanted = others;
    wanted.insert(wanted.end(), {"part-00001.csv", "part-00003.csv"});
    EXPECT_THAT(left(), UnorderedElementsAreArray(wanted));
  }
}

TEST_F(OutletTest, WhatTheMoveReadsDoesNotGiveWay) {
  const Resource to = parse_resource("s3://bucket/out/", Use::destination, {.format = "parquet"});
  for (const char* key : {"out/part-00001.csv", "out/part-00002.csv"}) write_all(*store_, key, "old");
  Resource from = parse_resource("s3://bucket/out/part-00002.csv", Use::source);
  find_items(from, *buckets_, silence(), {});
  job_.source = &from;
  options_.replace = true;
  Outlet outlet(to, job_);
  outlet.claim(std::vector<std::string>{name_of_part(1, to)});
  write(outlet, name_of_part(1, to));
  outlet.finish();
  EXPECT_THAT(keys(), ElementsAre("out/part-00001.parquet", "out/part-00002.csv"));
}

}  // namespace
}  // namespace penstock::network
