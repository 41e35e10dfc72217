#include "load/rejects.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "penstock/error.h"
#include "store/temp_folder.h"

namespace penstock {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RejectsTest : public testing::Test {
 protected:
  std::string text_of(const std::string& name) {
    std::ifstream in(folder_.path() / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
      names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }
  Rejects make() { return {path_, "id,name\n", {"id", "name"}, "17"}; }
  static void fill(Rejects& rejects) {
    rejects.add({.input = "a.csv",
                 .line = 7,
                 .text = "x,\"a\nb\"\n",
                 .faults = {{.line = 7, .field = 0, .value = "x", .reason = "no integer"}}});
    rejects.add({.input = "b,.csv",
                 .line = 3,
                 .text = "1,\"a\nc\"\n",
                 .faults = {{.line = 4, .field = 1, .value = "a\n\"c\"", .reason = "too long"}}});
    rejects.add({.input = "b,.csv",
                 .line = 9,
                 .text = "1\n",
                 .faults = {{.line = 9, .reason = "1 field, where 2 are expected"}}});
  }

  TempFolder folder_;
  const std::string path_ = folder_.path() / "bad.csv";
};

TEST_F(RejectsTest, HoldRecordsAsTheyCameAndWhy) {
  auto rejects = make();
  fill(rejects);
  rejects.finish();
  rejects.keep();
  EXPECT_EQ(text_of("bad.csv"), "id,name\nx,\"a\nb\"\n1,\"a\nc\"\n1\n");
  EXPECT_EQ(text_of("bad.csv.reasons"),
            "rejects_line,source,line,column,value,reason\n"
            "2,a.csv,7,id,x,no integer\n"
            "5,\"b,.csv\",4,name,\"a\\n\"\"c\"\"\",too long\n"
            "6,\"b,.csv\",9,,,\"1 field, where 2 are expected\"\n");
}

TEST_F(RejectsTest, AreGoneUnlessTheyAreKept) {
  for (const bool finishes : {false, true}) {
    auto rejects = std::make_optional<Rejects>(path_, "id\n", std::vector<std::string>{"id", "name"}, "17");
    fill(*rejects);
    if (finishes) rejects->finish();
    EXPECT_EQ(names().size(), 2U);
    rejects.reset();
    EXPECT_THAT(names(), IsEmpty());
  }
}

TEST_F(RejectsTest, OfNothingThereIsNoFile) {
  {
    auto rejects = make();
    rejects.finish();
    rejects.keep();
  }
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(RejectsTest, OverwriteNothing) {
  const auto refusal = [](auto act) -> std::string {
    try {
      act();
    } catch (const Error& e) {
      return e.what();
    }
    return "none";
  };
  std::ofstream(path_ + ".reasons") << "mine";
  EXPECT_THAT(refusal([&] { refuse_to_overwrite(path_); }), HasSubstr("bad.csv.reasons is there already"));
  EXPECT_THAT(refusal([&] { make(); }), HasSubstr("bad.csv.reasons is there already"));
  EXPECT_THAT(names(), ElementsAre("bad.csv.reasons"));
  std::filesystem::remove(path_ + ".reasons");
  auto rejects = make();
  fill(rejects);
  std::ofstream(path_) << "mine";
  EXPECT_THAT(refusal([&] { rejects.finish(); }), HasSubstr("bad.csv is there already")) << "made meanwhile";
  EXPECT_EQ(text_of("bad.csv"), "mine");
  EXPECT_THAT(refusal([&] { Rejects("/nowhere/x.csv", "", {}, "17"); }), HasSubstr("No such file"));
}

}  // namespace
}  // namespace penstock
