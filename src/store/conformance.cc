#include "store/conformance.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "penstock/error.h"

namespace penstock {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t kPart = 5 << 20;  // the smallest part of a multipart upload; stores on trial are set to it
constexpr std::uint64_t kNoLimit = 1 << 30;

// Bytes in which every position is told from its neighbours and from the same position of another seed.
std::string bytes_of(std::size_t size, unsigned seed = 1) {
  std::string bytes(size, '\0');
  std::uint32_t state = seed * 2654435761U + 1;
  for (char& c : bytes) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24);
  }
  return bytes;
}

std::vector<ObjectInfo> listed(ObjectStore& store, std::string_view prefix = {}, std::string_view start_after = {}) {
  std::vector<ObjectInfo> found;
  const auto listing = store.list(prefix, start_after);
  while (auto object = listing->next()) found.push_back(*std::move(object));
  return found;
}

std::vector<std::string> keys(ObjectStore& store, std::string_view prefix = {}, std::string_view start_after = {}) {
  std::vector<std::string> found;
  for (ObjectInfo& object : listed(store, prefix, start_after)) found.push_back(std::move(object.key));
  return found;
}

std::string read_range(ObjectStore& store, const ObjectInfo& object, ByteRange range) {
  const auto reader = store.open(object, range);
  std::string out;
  std::vector<std::byte> buffer(1 << 20);
  while (const std::size_t got = reader->read(buffer)) out.append(reinterpret_cast<const char*>(buffer.data()), got);
  return out;
}

struct Failure {
  ErrorKind kind;
  std::string message;
};

template <typename F>
Failure failure_of(F&& act) {
  try {
    std::forward<F>(act)();
  } catch (const Error& e) {
    return {e.kind(), e.what()};
  }
  ADD_FAILURE() << "nothing was thrown";
  return {ErrorKind::internal, {}};
}

std::span<const std::byte> as_span(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace

void StoreConformance::SetUp() {
  trial_ = GetParam()();
  bucket_ = new_bucket();
  store_ = trial_->buckets().open(bucket_);
}

std::string StoreConformance::new_bucket() {
  static std::atomic<int> count;
  std::string name = fmt::format("trial-{}-{}", ::getpid(), ++count);
  trial_->buckets().create_bucket(name);
  return name;
}

TEST_P(StoreConformance, ReadsBackWhatIsEncryptedByTheStoresOwnKey) {
  const ObjectInfo written = write_all(*store_, "k", "bytes", {.encryption = ServerSideEncryption{}});
  EXPECT_EQ(read_all(*store_, written, 10), "bytes");
}

TEST_P(StoreConformance, ReadsBackWhatWasWritten) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kPart - 1, kPart, kPart + 1, 2 * kPart + 12345}) {
    const std::string bytes = bytes_of(size);
    const ObjectInfo written = write_all(*store_, "a/b.bin", bytes);
    EXPECT_EQ(written.key, "a/b.bin");
    EXPECT_EQ(written.size, size);
    EXPECT_TRUE(read_all(*store_, written, kNoLimit) == bytes) << size;
    const auto found = store_->head("a/b.bin");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->key, written.key);
    EXPECT_EQ(found->size, size);
    EXPECT_EQ(found->etag, written.etag) << "what commit() returns is what is there";
  }
  EXPECT_THAT(store_->uri_of("a/b.bin"), fmt::format("s3://{}/a/b.bin", bucket_));
}

TEST_P(StoreConformance, TakesWritesOfAnySize) {
  const std::string bytes = bytes_of(kPart + 77'777);
  const auto writer = store_->create("k");
  std::string_view rest = bytes;
  for (std::size_t size = 1; !rest.empty(); size = size * 5 + 1) {
    writer->write(as_span(rest.substr(0, size)));
    rest.remove_prefix(std::min(size, rest.size()));
  }
  writer->write({});
  EXPECT_EQ(writer->commit().size, bytes.size());
  EXPECT_TRUE(read_all(*store_, "k", kNoLimit) == bytes);
}

TEST_P(StoreConformance, ReadsARange) {
  const std::string bytes = bytes_of(2 * kPart + 1000);
  const ObjectInfo object = write_all(*store_, "k", bytes);
  for (const ByteRange range : {ByteRange{0, 1}, ByteRange{0, bytes.size()}, ByteRange{1, kPart},
                                ByteRange{kPart - 1, 2}, ByteRange{kPart, kPart + 1000}, ByteRange{bytes.size() - 1, 1},
                                ByteRange{bytes.size() - 5, 100}, ByteRange{7, 0}}) {
    EXPECT_TRUE(read_range(*store_, object, range) == bytes.substr(range.offset, range.length)) << range.offset;
  }
  EXPECT_EQ(read_range(*store_, object, {bytes.size(), 1}), "") << "beyond the end is nothing";
  EXPECT_EQ(read_range(*store_, object, {bytes.size() + 10, 1}), "");
  const ObjectInfo empty = write_all(*store_, "empty", "");
  EXPECT_EQ(read_range(*store_, empty, {0, 10}), "");
}

TEST_P(StoreConformance, AnObjectAppearsWholeOrNotAtAll) {
  for (const std::size_t size : {std::size_t{10}, 2 * kPart + 1}) {
    const std::string bytes = bytes_of(size);
    {
      const auto dropped = store_->create("k");
      dropped->write(as_span(bytes));
      EXPECT_EQ(store_->head("k"), std::nullopt) << "not before commit()";
      EXPECT_THAT(keys(*store_), IsEmpty());
    }
    EXPECT_EQ(store_->head("k"), std::nullopt) << "a writer without commit() leaves nothing";
    EXPECT_THAT(store_->open_uploads(""), IsEmpty()) << "nor parts to pay for";
  }
  write_all(*store_, "k", "old");
  {
    const auto dropped = store_->create("k");
    dropped->write(as_span("new"));
  }
  EXPECT_EQ(read_all(*store_, "k", 10), "old") << "and what was there stays";
}

TEST_P(StoreConformance, AWriterCommitsOnce) {
  for (const std::size_t size : {std::size_t{10}, kPart + 1}) {
    const std::string bytes = bytes_of(size);
    const auto writer = store_->create("k");
    writer->write(as_span(bytes));
    writer->commit();
    EXPECT_THAT(store_->open_uploads(""), IsEmpty()) << "done before the writer is gone";
    EXPECT_EQ(failure_of([&] { writer->commit(); }).kind, ErrorKind::conflict);
    EXPECT_TRUE(read_all(*store_, "k", kNoLimit) == bytes);
  }
}

TEST_P(StoreConformance, AbsenceIsAnAnswerToHeadAndAnErrorToOpen) {
  EXPECT_EQ(store_->head("nothing/here"), std::nullopt);
  const Failure failure = failure_of([&] { read_all(*store_, "nothing/here", 10); });
  EXPECT_EQ(failure.kind, ErrorKind::not_found);
  EXPECT_THAT(failure.message, HasSubstr(fmt::format("s3://{}/nothing/here", bucket_)));
  const ObjectInfo gone = write_all(*store_, "gone", "x");
  const std::vector<std::string> removed{"gone"};
  store_->remove(removed);
  EXPECT_EQ(failure_of([&] { read_all(*store_, gone, 10); }).kind, ErrorKind::not_found);
}

TEST_P(StoreConformance, AMissingBucketIsNamed) {
  const auto missing = trial_->buckets().open("no-such-bucket-here");
  const ObjectInfo object = write_all(*store_, "k", "x");
  const std::vector<std::string> some_keys{"k"};
  const std::vector<std::pair<std::string, std::function<void()>>> acts{
      {"list", [&] { keys(*missing); }},
      {"open", [&] { read_all(*missing, object, 10); }},
      {"write", [&] { write_all(*missing, "k", "x"); }},
      {"copy", [&] { missing->copy(object, *store_, "k"); }},
      {"remove", [&] { missing->remove(some_keys); }},
      {"open_uploads", [&] { missing->open_uploads(""); }},
  };
  for (const auto& [name, act] : acts) {
    const Failure failure = failure_of(act);
    EXPECT_EQ(failure.kind, ErrorKind::not_found) << name << ": " << failure.message;
    EXPECT_THAT(failure.message, HasSubstr("no such bucket 'no-such-bucket-here'")) << name;
  }
  // S3 answers a HEAD without a body, so that a missing bucket can look like a missing key there, but never as found
  try {
    EXPECT_EQ(missing->head("k"), std::nullopt);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::not_found);
  }
}

TEST_P(StoreConformance, CreatingABucketThatIsThereDoesNothing) {
  write_all(*store_, "k", "x");
  trial_->buckets().create_bucket(bucket_);
  EXPECT_EQ(read_all(*store_, "k", 10), "x");
}

TEST_P(StoreConformance, BucketsDoNotShareKeys) {
  const auto other = trial_->buckets().open(new_bucket());
  write_all(*store_, "k", "here");
  EXPECT_EQ(other->head("k"), std::nullopt);
  write_all(*other, "k", "there");
  EXPECT_EQ(read_all(*store_, "k", 10), "here");
}

TEST_P(StoreConformance, ListsInBytewiseOrder) {
  std::vector<std::string> wanted{
      "a-b", "a.b",        "a/b/c",           "a/b0",          "a0", "B", "b/\u00e9", "b/z", "c/d/e/f/g", "c/d/e/f-g",
      "~",   "\u20ac uro", "\U0001F600/mile", "with blank/x y"};
  for (const std::string& key : wanted) write_all(*store_, key, key);
  std::ranges::sort(wanted);
  EXPECT_THAT(keys(*store_), ElementsAreArray(wanted));
  for (const ObjectInfo& object : listed(*store_)) {
    EXPECT_EQ(object.size, object.key.size());
    const auto found = store_->head(object.key);
    ASSERT_TRUE(found) << object.key;
    EXPECT_EQ(object.etag, found->etag);
    EXPECT_EQ(object.last_modified, found->last_modified);
    EXPECT_EQ(read_all(*store_, object, 100), object.key) << "what is listed can be read";
  }
  for (const std::string prefix : {"a", "a/", "a/b", "a/b/", "b", "b/\u00e9", "c/d/e/f", "x", "with b", "\u20ac"}) {
    for (const std::string start : {"", "a", "a/", "a/b/c", "a/b0", "b/z", "zzz"}) {
      std::vector<std::string> expected;
      std::ranges::copy_if(wanted, std::back_inserter(expected),
                           [&](const std::string& key) { return key.starts_with(prefix) && key > start; });
      EXPECT_THAT(keys(*store_, prefix, start), ElementsAreArray(expected)) << prefix << " after " << start;
    }
  }
}

TEST_P(StoreConformance, ListsBeyondAPage) {
  constexpr int kKeys = 1'100;  // S3's pages have 1000
  std::vector<std::string> wanted;
  for (int i = 0; i < kKeys; ++i) wanted.push_back(fmt::format("many/{:02}/{:05}", i / 100, i));
  for (const std::string& key : wanted) write_all(*store_, key, "x");
  EXPECT_THAT(keys(*store_, "many/"), ElementsAreArray(wanted));
  EXPECT_THAT(keys(*store_, "many/", wanted[999]), ElementsAreArray(wanted.begin() + 1000, wanted.end()));
  store_->remove(wanted);
  EXPECT_THAT(keys(*store_), IsEmpty());
}

TEST_P(StoreConformance, AListingThatEndsEarlierHasAllKeysUpToThere) {
  const std::vector<std::string> wanted{"a", "b/c", "b/d", "b/e", "f"};
  for (const std::string& key : wanted) write_all(*store_, key, "x");
  const auto listing = store_->list("");
  listing->end_at("b/d");
  while (!listing->is_ready()) std::this_thread::yield();
  std::vector<std::string> found;
  while (const auto object = listing->next()) found.push_back(object->key);
  ASSERT_GE(found.size(), 3U);
  EXPECT_TRUE(std::equal(found.begin(), found.end(), wanted.begin())) << "beyond it, there may be more";
  EXPECT_TRUE(listing->is_ready()) << "at the end, too";
}

TEST_P(StoreConformance, HoldsAnyKey) {
  const std::vector<std::string> hard{"k",
                                      "k/b",
                                      "k/b/",
                                      "k/",
                                      "k//",
                                      "k//b",
                                      "/",
                                      "//",
                                      "/k",
                                      "a/../b",
                                      "..",
                                      ".",
                                      "a/.",
                                      "../../etc/passwd",
                                      "line\nbreak",
                                      std::string("nul\0byte", 8),
                                      "\x01\x1f\x7f",
                                      "tab\tin/it",
                                      "100%",
                                      "%2e%2E",
                                      "a%2Fb",
                                      "a+b c",
                                      "q?x=1&y#z",
                                      "%_",
                                      "%+",
                                      "k%",
                                      "<&>\"'",
                                      "]]>",
                                      "back\\slash",
                                      "\u00e9\u0301",
                                      "e\u0301",
                                      "\U0001F600",
                                      "\ufffd",
                                      " leading",
                                      "trailing ",
                                      "*",
                                      "a:b",
                                      ".penstock/lock",
                                      std::string(1024, 'x'),
                                      std::string(200, 'y') + "/" + std::string(300, 'y'),
                                      std::string(239, 'z') + "\u20ac",
                                      std::string(240, 'w') + "..",
                                      "r\r",
                                      "%u"};
  std::vector<std::string> held;
  for (const std::string& key : hard) {
    if (trial_->server_refuses(key, held).empty()) held.push_back(key);
  }
  for (const std::string& key : held) {
    const ObjectInfo written = write_all(*store_, key, "bytes of " + key);
    EXPECT_EQ(written.key, key);
  }
  std::ranges::sort(held);
  EXPECT_THAT(keys(*store_), ElementsAreArray(held));
  for (const std::string& key : held) {
    EXPECT_EQ(read_all(*store_, key, 2000), "bytes of " + key);
    const auto copied = store_->copy(store_->head(key).value(), *store_, "copy of it");
    EXPECT_EQ(copied.size, key.size() + 9);
    EXPECT_THAT(keys(*store_, key), testing::Contains(key));
  }
  held.emplace_back("copy of it");
  store_->remove(held);
  EXPECT_THAT(keys(*store_), IsEmpty());
}

TEST_P(StoreConformance, RefusesWhatNoStoreTakes) {
  for (const std::string& key : {std::string(), std::string(1025, 'x'), std::string("\xff")}) {
    EXPECT_EQ(failure_of([&] { store_->head(key); }).kind, ErrorKind::invalid);
    EXPECT_EQ(failure_of([&] { store_->create(key); }).kind, ErrorKind::invalid);
    const std::vector<std::string> some_keys{key};
    EXPECT_EQ(failure_of([&] { store_->remove(some_keys); }).kind, ErrorKind::invalid);
  }
  for (const char* bucket : {"", "ab", "..", "a/b", "../up", "x y z", ".penstock"}) {
    EXPECT_EQ(failure_of([&] { trial_->buckets().open(bucket); }).kind, ErrorKind::invalid) << bucket;
    EXPECT_EQ(failure_of([&] { trial_->buckets().create_bucket(bucket); }).kind, ErrorKind::invalid) << bucket;
  }
  const std::vector<std::pair<std::string, std::string>> malformed{
      {"Capital", "x"}, {"", "x"}, {"a b", "x"}, {"a", "line\nbreak"}};
  for (const auto& [name, value] : malformed) {
    CreateOptions options;
    options.metadata[name] = value;
    EXPECT_EQ(failure_of([&] { store_->create("k", options); }).kind, ErrorKind::invalid);
  }
}

TEST_P(StoreConformance, ReadsExactlyTheVersionThatItWasGiven) {
  const std::string before = bytes_of(2 * kPart + 10, 1);
  const ObjectInfo old = write_all(*store_, "k", before);
  const auto reader = store_->open(old);
  std::vector<std::byte> some(1000);
  ASSERT_GT(reader->read(some), 0U);
  const ObjectInfo now = write_all(*store_, "k", bytes_of(before.size(), 2));
  EXPECT_NE(now.etag, old.etag) << "other bytes, another ETag, even at the same size";
  const Failure failure = failure_of([&] { read_all(*store_, old, kNoLimit); });
  EXPECT_EQ(failure.kind, ErrorKind::conflict);
  EXPECT_THAT(failure.message, HasSubstr("overwritten"));
  EXPECT_EQ(failure_of([&] { read_range(*store_, old, {5, 10}); }).kind, ErrorKind::conflict);

  // a reader that was under way goes on with its version, or says that it can't; it never mixes the two
  std::string read;
  try {
    while (const std::size_t got = reader->read(some)) read.append(reinterpret_cast<const char*>(some.data()), got);
    EXPECT_TRUE(before.ends_with(read));
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::conflict);
  }
}

TEST_P(StoreConformance, AnEmptyVersionIsPinnedToo) {
  const ObjectInfo empty = write_all(*store_, "k", "");
  EXPECT_EQ(read_all(*store_, empty, 10), "");
  write_all(*store_, "k", "no longer");
  EXPECT_EQ(failure_of([&] { read_all(*store_, empty, 10); }).kind, ErrorKind::conflict);
}

TEST_P(StoreConformance, ReadAllRefusesMoreThanItsLimit) {
  const ObjectInfo object = write_all(*store_, "k", "12345");
  EXPECT_EQ(read_all(*store_, object, 5), "12345");
  EXPECT_EQ(failure_of([&] { read_all(*store_, object, 4); }).kind, ErrorKind::refused);
}

TEST_P(StoreConformance, OnlyIfAbsentNeverReplaces) {
  for (const std::size_t size : {std::size_t{3}, kPart + 3}) {
    const std::string key = fmt::format("k{}", size);
    write_all(*store_, key, bytes_of(size, 1), {.only_if_absent = true});
    const Failure failure = failure_of([&] { write_all(*store_, key, bytes_of(size, 2), {.only_if_absent = true}); });
    EXPECT_EQ(failure.kind, ErrorKind::conflict);
    EXPECT_THAT(failure.message, HasSubstr(key));
    EXPECT_TRUE(read_all(*store_, key, kNoLimit) == bytes_of(size, 1));
    EXPECT_THAT(store_->open_uploads(""), IsEmpty());
  }
}

TEST_P(StoreConformance, OfWritersThatRaceForAnAbsentKeyOneWins) {
  constexpr int kWriters = 6;
  std::atomic<int> won = 0;
  std::atomic<int> lost = 0;
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < kWriters; ++i) {
      writers.emplace_back([&, i] {
        try {
          write_all(*store_, "prize", std::to_string(i), {.only_if_absent = true});
          ++won;
        } catch (const Error& e) {
          EXPECT_EQ(e.kind(), ErrorKind::conflict) << e.what();
          ++lost;
        }
      });
    }
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, kWriters - 1);
}

TEST_P(StoreConformance, KeepsUserMetadataForHead) {
  const std::map<std::string, std::string> metadata{{"attempt", "0b1c"}, {"with-dash", "a = b; c=\"d\" %20"}};
  for (const std::size_t size : {std::size_t{1}, kPart + 1}) {
    const ObjectInfo written = write_all(*store_, "k", bytes_of(size), {.metadata = metadata});
    EXPECT_THAT(store_->head("k").value().metadata, ElementsAreArray(metadata));
    EXPECT_THAT(listed(*store_).at(0).metadata, IsEmpty()) << "a listing has none";
    store_->copy(written, *store_, "copied");
    EXPECT_THAT(store_->head("copied").value().metadata, ElementsAreArray(metadata));
    store_->copy(written, *store_, "renamed", {.metadata = {{"other", "1"}}});
    EXPECT_THAT(store_->head("renamed").value().metadata,
                ElementsAre(std::pair<const std::string, std::string>("other", "1")));
    store_->copy(written, *store_, "marked", {.added_metadata = {{"mark", "2"}}});
    auto with_mark = metadata;
    with_mark["mark"] = "2";
    EXPECT_THAT(store_->head("marked").value().metadata, ElementsAreArray(with_mark)) << "beside what comes along";
  }
  write_all(*store_, "k", "x");
  EXPECT_THAT(store_->head("k").value().metadata, IsEmpty()) << "of the version that is there, and of no other";
}

TEST_P(StoreConformance, CopiesWithinAndAcrossBuckets) {
  const auto other = trial_->buckets().open(new_bucket());
  const std::string bytes = bytes_of(kPart + 5);
  const ObjectInfo from = write_all(*store_, "dir/from me", bytes);
  const ObjectInfo within = store_->copy(from, *store_, "dir/to");
  EXPECT_EQ(within.key, "dir/to");
  EXPECT_EQ(within.size, bytes.size());
  EXPECT_EQ(within.etag, store_->head("dir/to").value().etag);
  EXPECT_TRUE(read_all(*store_, "dir/to", kNoLimit) == bytes);
  other->copy(from, *store_, "elsewhere");
  EXPECT_TRUE(read_all(*other, "elsewhere", kNoLimit) == bytes);
  EXPECT_TRUE(read_all(*store_, from, kNoLimit) == bytes) << "the source stays";
}

TEST_P(StoreConformance, CopiesExactlyTheVersionThatItWasGiven) {
  const ObjectInfo old = write_all(*store_, "from", "old");
  write_all(*store_, "from", "new");
  EXPECT_EQ(failure_of([&] { store_->copy(old, *store_, "to"); }).kind, ErrorKind::conflict);
  EXPECT_EQ(store_->head("to"), std::nullopt);
  const ObjectInfo gone{.key = "never", .size = 3, .etag = old.etag};
  EXPECT_EQ(failure_of([&] { store_->copy(gone, *store_, "to"); }).kind, ErrorKind::not_found);
}

TEST_P(StoreConformance, CopiesOnlyWhereAbsentWhenAsked) {
  const ObjectInfo from = write_all(*store_, "from", "new");
  store_->copy(from, *store_, "to", {.only_if_absent = true});
  write_all(*store_, "taken", "old");
  EXPECT_EQ(failure_of([&] { store_->copy(from, *store_, "taken", {.only_if_absent = true}); }).kind,
            ErrorKind::conflict);
  EXPECT_EQ(read_all(*store_, "taken", 10), "old");
  EXPECT_EQ(read_all(*store_, "to", 10), "new");
}

TEST_P(StoreConformance, RefusesToCopyBetweenStrangers) {
  const auto strangers = open_memory();
  strangers->create_bucket("strange");
  const auto stranger = strangers->open("strange");
  const ObjectInfo object = write_all(*stranger, "k", "x");
  EXPECT_EQ(failure_of([&] { store_->copy(object, *stranger, "to"); }).kind, ErrorKind::invalid);
}

TEST_P(StoreConformance, RemovesManyKeysAbsentOnesIncluded) {
  std::vector<std::string> removed;
  for (int i = 0; i < 1'200; ++i) removed.push_back(fmt::format("d/{}", i));
  for (int i = 0; i < 20; ++i) write_all(*store_, removed[static_cast<std::size_t>(i) * 60], "x");
  write_all(*store_, "d/kept", "x");
  store_->remove(removed);
  EXPECT_THAT(keys(*store_), ElementsAre("d/kept"));
  store_->remove(removed);
  store_->remove({});
}

TEST_P(StoreConformance, RemovesIfUnchangedOnly) {
  const ObjectInfo old = write_all(*store_, "k", "old");
  const ObjectInfo now = write_all(*store_, "k", "new");
  EXPECT_FALSE(store_->remove_if_unchanged(old));
  EXPECT_EQ(read_all(*store_, "k", 10), "new") << "another version is kept";
  EXPECT_TRUE(store_->remove_if_unchanged(now));
  EXPECT_EQ(store_->head("k"), std::nullopt);
  EXPECT_TRUE(store_->remove_if_unchanged(now)) << "absent is removed";
}

TEST_P(StoreConformance, LooksAndRemovesInOneStepAndLeavesNothingOfTheTrial) {
  EXPECT_TRUE(store_->removes_in_one_step("to/try"));
  EXPECT_THAT(keys(*store_), IsEmpty());
}

TEST_P(StoreConformance, StoresAsStandardWhenAsked) {
  const ObjectInfo written = write_all(*store_, "k", "x", {.storage_class = "STANDARD"});
  store_->copy(written, *store_, "to", {.storage_class = "STANDARD"});
  EXPECT_EQ(read_all(*store_, "to", 10), "x");
}

TEST_P(StoreConformance, ShowsAndAbortsOpenUploads) {
  const std::string bytes = bytes_of(2 * kPart + 1);
  const auto writer = store_->create("staging/part-1");
  writer->write(as_span(bytes));
  const auto found = store_->open_uploads("staging/");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].key, "staging/part-1");
  EXPECT_FALSE(found[0].upload_id.empty());
  EXPECT_GT(found[0].started, std::chrono::sys_days(std::chrono::year(2020) / 1 / 1));
  EXPECT_THAT(store_->open_uploads("other/"), IsEmpty());
  store_->abort_upload(found[0]);
  // A part that was on its way may bring the upload back, as S3 says itself: it is aborted until it is gone.
  for (int again = 0; again < 100 && !store_->open_uploads("").empty(); ++again) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    store_->abort_upload(found[0]);
  }
  EXPECT_THAT(store_->open_uploads(""), IsEmpty());
  const Failure failure = failure_of([&] { writer->commit(); });
  // a server may also trip over parts that were on their way when their upload went
  EXPECT_THAT(failure.kind, testing::AnyOf(ErrorKind::conflict, ErrorKind::unavailable)) << failure.message;
  EXPECT_EQ(store_->head("staging/part-1"), std::nullopt);
  store_->abort_upload(found[0]);  // done already
}

TEST_P(StoreConformance, IsCalledFromManyThreads) {
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (unsigned i = 0; i < 10; ++i) {
          const std::string key = fmt::format("t{}/{}", t, i);
          const std::string bytes = bytes_of(1000 + i * 1000, t * 100 + i);
          write_all(*store_, key, bytes);
          write_all(*store_, "shared", bytes_of(100'000, t));
          if (read_all(*store_, key, kNoLimit) == bytes) ++good;
        }
      });
    }
  }
  EXPECT_EQ(good, 40);
  EXPECT_EQ(keys(*store_).size(), 41U);
  const std::string last = read_all(*store_, "shared", kNoLimit);
  EXPECT_TRUE(last == bytes_of(100'000, 0) || last == bytes_of(100'000, 1) || last == bytes_of(100'000, 2) ||
              last == bytes_of(100'000, 3))
      << "one writer's bytes, whole";
}

}  // namespace penstock
