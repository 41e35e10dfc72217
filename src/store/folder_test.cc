#include "store/folder.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <fstream>

#include "penstock/error.h"
#include "store/conformance.h"
#include "store/temp_folder.h"

namespace penstock {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class FolderOnTrial final : public StoreOnTrial {
 public:
  explicit FolderOnTrial(bool use_xattrs) : buckets_(open_folder(folder_.path().string(), use_xattrs)) {}
  Buckets& buckets() override { return *buckets_; }

 private:
  TempFolder folder_;
  std::unique_ptr<Buckets> buckets_;
};

std::unique_ptr<StoreOnTrial> start_folder() { return std::make_unique<FolderOnTrial>(true); }
std::unique_ptr<StoreOnTrial> start_folder_without_xattrs() { return std::make_unique<FolderOnTrial>(false); }

INSTANTIATE_TEST_SUITE_P(Folder, StoreConformance, testing::Values(&start_folder));
INSTANTIATE_TEST_SUITE_P(FolderWithoutXattrs, StoreConformance, testing::Values(&start_folder_without_xattrs));

class Folder : public testing::Test {
 protected:
  Folder() {
    buckets_->create_bucket("lake");
    store_ = buckets_->open("lake");
  }
  [[nodiscard]] std::filesystem::path file(std::string_view path) const { return folder_.path() / "lake" / path; }
  void put_by_hand(std::string_view path, std::string_view bytes) const {
    std::filesystem::create_directories(file(path).parent_path());
    std::ofstream(file(path)) << bytes;
  }
  [[nodiscard]] std::string bytes_at(std::string_view path) const {
    std::ifstream stream(file(path));
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  [[nodiscard]] std::vector<std::string> keys() const {
    std::vector<std::string> found;
    const auto listing = store_->list("");
    while (const auto object = listing->next()) found.push_back(object->key);
    return found;
  }

  TempFolder folder_;
  std::unique_ptr<Buckets> buckets_ = open_folder(folder_.path().string());
  std::unique_ptr<ObjectStore> store_;
};

constexpr char kMd5OfAbc[] = "900150983cd24fb0d6963f7d28e17f72";

TEST_F(Folder, AnObjectIsAnOrdinaryFileUnderItsKey) {
  write_all(*store_, "api hits/2015-07-01T00:00:00Z.json", "{}");
  EXPECT_EQ(bytes_at("api hits/2015-07-01T00:00:00Z.json"), "{}");
}

TEST_F(Folder, FilesPutThereByHandAreObjects) {
  put_by_hand("a/b.csv", "abc");
  EXPECT_THAT(keys(), ElementsAre("a/b.csv"));
  const auto found = store_->head("a/b.csv");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->etag, kMd5OfAbc) << "as S3 names it";
  EXPECT_EQ(read_all(*store_, *found, 10), "abc");
}

TEST_F(Folder, AChangeByHandIsAnotherVersion) {
  const ObjectInfo written = write_all(*store_, "k", "abc", {.metadata = {{"by", "us"}}});
  EXPECT_EQ(written.etag, kMd5OfAbc);
  const auto reader = store_->open(written);
  {
    std::ofstream(file("k")) << "changed";
  }  // in place
  std::filesystem::last_write_time(file("k"), std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  const auto found = store_->head("k");
  EXPECT_NE(found->etag, written.etag);
  EXPECT_THAT(found->metadata, IsEmpty());
  EXPECT_THROW(read_all(*store_, written, 10), Error);
  std::byte byte{};
  EXPECT_THROW(reader->read({&byte, 1}), Error) << "also under a reader";
  EXPECT_FALSE(store_->remove_if_unchanged(written));
}

TEST_F(Folder, RemembersTheETagOfASettledFile) {
  put_by_hand("k", "abc");
  std::filesystem::last_write_time(file("k"), std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_EQ(store_->head("k")->etag, kMd5OfAbc);
  char text[256];
  const ssize_t size = ::getxattr(file("k").c_str(), "user.penstock", text, sizeof text);
  ASSERT_GT(size, 0);
  EXPECT_THAT(std::string(text, static_cast<std::size_t>(size)), HasSubstr(kMd5OfAbc));
}

TEST_F(Folder, AnObjectMovesAsideForAFolderOfItsName) {
  put_by_hand("k", "object");
  write_all(*store_, "k/b", "below");
  EXPECT_EQ(bytes_at("k%"), "object");
  EXPECT_EQ(bytes_at("k/b"), "below");
  write_all(*store_, "k", "newer");
  EXPECT_EQ(bytes_at("k%"), "newer") << "one file for one key";
  EXPECT_THAT(keys(), ElementsAre("k", "k/b"));
}

TEST_F(Folder, LeavesNoEmptyFolders) {
  write_all(*store_, "a/b/c", "x");
  write_all(*store_, "a/d", "x");
  const std::vector<std::string> keys{"a/b/c"};
  store_->remove(keys);
  EXPECT_FALSE(exists(file("a/b")));
  EXPECT_TRUE(exists(file("a/d")));
}

TEST_F(Folder, NeverLeavesItsRoot) {
  std::filesystem::create_directories(folder_.path() / "outside");
  std::ofstream(folder_.path() / "outside" / "secret") << "s";
  std::filesystem::create_symlink(folder_.path() / "outside", file("link"));
  std::filesystem::create_symlink(folder_.path() / "outside" / "secret", file("file-link"));
  EXPECT_EQ(store_->head("link/secret"), std::nullopt);
  EXPECT_EQ(store_->head("file-link"), std::nullopt);
  EXPECT_EQ(store_->head("../outside/secret"), std::nullopt);
  EXPECT_THAT(keys(), IsEmpty());
  EXPECT_THROW(write_all(*store_, "link/new", "x"), Error);
  EXPECT_FALSE(exists(folder_.path() / "outside" / "new"));
  write_all(*store_, "../outside/new", "x");
  EXPECT_FALSE(exists(folder_.path() / "outside" / "new"));
}

TEST_F(Folder, SkipsWhatIsNoObject) {
  ::mkfifo(file("fifo").c_str(), 0600);
  put_by_hand("a%41", "a name that no key gives");
  put_by_hand("not utf-8 \xff", "x");
  put_by_hand("50% off", "x");
  EXPECT_THAT(keys(), ElementsAre("50% off"));
  EXPECT_EQ(store_->head("fifo"), std::nullopt);
}

TEST_F(Folder, AWriterThatWasKilledLeavesAnUploadAndNoObject) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto writer = store_->create("half/done");
    writer->write(std::as_bytes(std::span("abc")));
    ::_exit(0);  // as if killed: no destructor runs
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_THAT(keys(), IsEmpty());
  const auto uploads = store_->open_uploads("half/");
  ASSERT_THAT(uploads, SizeIs(1));
  EXPECT_EQ(uploads[0].key, "half/done");
  store_->abort_upload(uploads[0]);
  EXPECT_THAT(store_->open_uploads(""), IsEmpty());
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path() / ".penstock" / "lake" / "uploads"));
}

TEST_F(Folder, AnUploadsIdIsNoPath) {
  EXPECT_THROW(store_->abort_upload({.key = "k", .upload_id = "../../../lake/k"}), Error);
}

TEST_F(Folder, ProcessesThatRaceForNamesLoseNothing) {
  constexpr int kProcesses = 4;
  constexpr int kRounds = 100;
  std::vector<pid_t> children;
  for (int p = 0; p < kProcesses; ++p) {
    const pid_t child = ::fork();
    if (child == 0) {
      int failures = 0;
      for (int i = 0; i < kRounds; ++i) {
        try {
          // each round makes and clears the folder that the object `n` has to move aside for
          write_all(*store_, "n", std::to_string(p));
          const ObjectInfo own = write_all(*store_, "n/" + std::to_string(p), "x");
          if (!store_->head("n")) ++failures;
          if (!store_->remove_if_unchanged(own)) ++failures;
        } catch (const std::exception&) {
          ++failures;
        }
      }
      ::_exit(failures == 0 ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_THAT(keys(), ElementsAre("n"));
}

}  // namespace
}  // namespace penstock
