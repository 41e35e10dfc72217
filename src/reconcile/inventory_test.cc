#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "codec/compress.h"
#include "columnar/orc_writer.h"
#include "columnar/parquet_writer.h"
#include "columnar/text_batches.h"
#include "penstock/error.h"
#include "reconcile/key_listing.h"
#include "staging/text_reader.h"
#include "store/byte_sink.h"
#include "store/md5.h"

namespace penstock::reconcile {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kUri[] = "s3://reports/lake/daily/manifest.json";
constexpr char kSchema[] = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag";
constexpr char kTime[] = "2015-10-21T07:28:00.000Z";

std::string md5_of(std::string_view bytes) {
  Md5 md5;
  md5.update(std::as_bytes(std::span(bytes)));
  return to_hex(md5.digest());
}

std::string gzipped(std::string_view text) {
  std::string out;
  const auto gzip = compressor(Compression::gzip, [&](std::span<const std::byte> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  gzip->write(std::as_bytes(std::span(text)));
  gzip->finish();
  return out;
}

// A line of a CSV inventory: the object's present version.
std::string line(std::string_view key, std::uint64_t size = 1, std::string_view etag = "e") {
  return fmt::format("\"lake\",\"{}\",\"\",\"true\",\"false\",\"{}\",\"{}\",\"{}\"\n", key, size, kTime, etag);
}

class InventoryTest : public testing::Test {
 protected:
  InventoryTest() {
    buckets_->create_bucket("reports");
    reports_ = buckets_->open("reports");
    manifest_ = {{"sourceBucket", "lake"},  {"destinationBucket", "arn:aws:s3:::reports"},
                 {"version", "2016-11-30"}, {"creationTimestamp", "1514944800000"},
                 {"fileFormat", "CSV"},     {"fileSchema", kSchema},
                 {"files", json::array()}};
  }

  void add_file(const std::string& key, const std::string& bytes) {
    write_all(*reports_, key, bytes);
    list_file(key, bytes);
  }
  void list_file(const std::string& key, const std::string& bytes) {
    manifest_["files"].push_back({{"key", key}, {"size", bytes.size()}, {"MD5checksum", md5_of(bytes)}});
  }
  // Of these lines of CSV.
  void add_csv(const std::string& lines) {
    add_file(fmt::format("data/{}.csv.gz", manifest_["files"].size()), gzipped(lines));
  }
  // The same as a file of columns; what S3 calls them there.
  void add_columns(std::string lines, bool as_orc) {
    const std::string_view time = as_orc ? "2015-10-21 07:28:00" : "2015-10-21 07:28:00+00";
    for (auto at = lines.find(kTime); at != std::string::npos; at = lines.find(kTime)) {
      lines.replace(at, std::string_view(kTime).size(), time);
    }
    const std::vector<std::pair<std::string, std::string>> columns{
        {"bucket", "varchar(100)"},
        {"key", "varchar(1024)"},
        {"version_id", "varchar(100)"},
        {"is_latest", "boolean"},
        {"is_delete_marker", "boolean"},
        {"size", "bigint"},
        {"last_modified_date", as_orc ? "timestamp" : "timestamptz"},
        {"e_tag", "varchar(100)"}};
    columnar::TextBatchOptions options{.shape = staging::CsvShape{.fields = columns.size()}, .workers = 1};
    for (const auto& [name, type] : columns) {
      options.columns.push_back(
          {.name = name, .type = table::parse_type(type).value(), .field = options.columns.size()});
    }
    const auto open = [&lines] { return std::make_unique<staging::TextReader>(lines); };
    const auto rows = columnar::text_batches({{.name = "lines", .open = open}}, options, {});
    const std::string key = fmt::format("data/{}", manifest_["files"].size());
    auto sink = object_sink(*reports_, key, Existing::refuse);
    const auto writer = as_orc ? columnar::orc_writer(rows->schema(), std::move(sink))
                               : columnar::parquet_writer(rows->schema(), std::move(sink));
    while (const auto batch = rows->next()) writer->write(*batch);
    writer->commit();
    list_file(key, read_all(*reports_, key, 1 << 20));
  }

  std::unique_ptr<ObjectListing> open(const std::string& prefix = "") {
    write_all(*reports_, "lake/daily/manifest.json", manifest_.dump());
    return read_inventory(kUri, "lake", prefix, context_, notes_);
  }
  std::vector<ObjectInfo> objects(const std::string& prefix = "") {
    std::vector<ObjectInfo> found;
    const auto listing = open(prefix);
    while (auto object = listing->next()) found.push_back(*std::move(object));
    return found;
  }
  std::vector<std::string> keys(const std::string& prefix = "") {
    std::vector<std::string> found;
    for (ObjectInfo& object : objects(prefix)) found.push_back(std::move(object.key));
    return found;
  }
  std::string refusal() {
    try {
      keys();
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::refused) << e.what();
      return e.what();
    }
    ADD_FAILURE() << "nothing was refused";
    return {};
  }

  std::unique_ptr<Buckets> buckets_ = open_memory();
  std::unique_ptr<ObjectStore> reports_;
  json manifest_;
  const ConnectionConfig connection_{};
  std::stop_source stop_;
  std::vector<std::string> notes_;
  const ReconcileContext context_{.connection = connection_,
                                  .buckets = *buckets_,
                                  .environment = [](std::string_view) { return std::nullopt; },
                                  .log = silence(),
                                  .stop = stop_.get_token()};
};

TEST_F(InventoryTest, GivesTheKeysOfItsFilesInOrder) {
  add_csv(line("b", 12345678901, "d41d8cd98f00b204e9800998ecf8427e") + line("d") + line("a"));
  add_csv(line("c", 7, "x-2") + line("A"));
  const auto found = objects();
  EXPECT_THAT(keys(), ElementsAre("A", "a", "b", "c", "d"));
  ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found[2].size, 12345678901U);
  EXPECT_EQ(found[2].etag, "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(found[2].last_modified.time_since_epoch().count(), 1445412480);
  EXPECT_EQ(found[3].etag, "x-2");
}

TEST_F(InventoryTest, ReadsColumnsOfParquetAndOrc) {
  const std::string lines = line("b%20+", 12345678901, "x-2") + line("a b/\u00e9", 0) +
                            "\"lake\",\"old\",\"v\",\"false\",\"false\",\"1\",\"" + kTime + "\",\"e\"\n";
  for (const bool as_orc : {false, true}) {
    manifest_["fileFormat"] = as_orc ? "ORC" : "Parquet";
    manifest_["fileSchema"] = "not read";
    manifest_["files"] = json::array();
    if (as_orc) reports_->remove(std::vector<std::string>{"data/0"});
    add_columns(lines, as_orc);
    const auto found = objects();
    ASSERT_EQ(found.size(), 2U) << as_orc;
    EXPECT_EQ(found[0].key, "a b/\u00e9");
    EXPECT_EQ(found[1].key, "b%20+") << "not encoded, as it is in CSV";
    EXPECT_EQ(found[1].size, 12345678901U);
    EXPECT_EQ(found[1].etag, "x-2");
    EXPECT_EQ(found[1].last_modified.time_since_epoch().count(), 1445412480) << as_orc;
  }
}

TEST_F(InventoryTest, DecodesTheKeysOfCsv) {
  add_csv(line("a%2Fb+c%2B%25/%C3%A9") + line("plain-1.csv"));
  EXPECT_THAT(keys(), ElementsAre("a/b c+%/\u00e9", "plain-1.csv"));
}

TEST_F(InventoryTest, LeavesOutWhatIsNotTheLatestVersionOrADeleteMarker) {
  const auto version = [](std::string_view key, std::string_view latest, std::string_view marker) {
    return fmt::format("\"lake\",\"{}\",\"v\",\"{}\",\"{}\",\"{}\",\"{}\",\"{}\"\n", key, latest, marker,
                       marker == "true" ? "" : "1", kTime, marker == "true" ? "" : "e");
  };
  add_csv(version("a", "true", "false") + version("a", "false", "false") + version("b", "true", "true") +
          version("b", "false", "false") + version("c", "false", "true"));
  EXPECT_THAT(keys(), ElementsAre("a"));
}

TEST_F(InventoryTest, GivesTheKeysOfAPrefix) {
  add_csv(line("a/1") + line("a0") + line("a/2") + line("b/1"));
  EXPECT_THAT(keys("a/"), ElementsAre("a/1", "a/2"));
  EXPECT_THAT(keys("none"), IsEmpty());
}

TEST_F(InventoryTest, ReadsFilesThatLieElsewhere) {
  buckets_->create_bucket("elsewhere");
  const std::string bytes = gzipped(line("a"));
  const auto elsewhere = buckets_->open("elsewhere");
  write_all(*elsewhere, "f.csv.gz", bytes);
  list_file("f.csv.gz", bytes);
  manifest_["destinationBucket"] = "arn:aws:s3:::elsewhere";
  EXPECT_THAT(keys(), ElementsAre("a"));
}

TEST_F(InventoryTest, RefusesAKeyThatIsListedTwice) {
  add_csv(line("a") + line("b"));
  add_csv(line("b") + line("c"));
  EXPECT_THAT(refusal(), HasSubstr("lists the key 'b' twice"));
}

TEST_F(InventoryTest, NamesTheFieldsThatItHasToBeConfiguredWith) {
  manifest_["fileSchema"] = "Bucket, Key, Size";
  add_csv("\"lake\",\"a\",\"1\"\n");
  EXPECT_THAT(refusal(),
              AllOf(HasSubstr("does not say LastModifiedDate, ETag of its objects"), HasSubstr("configure")));
}

TEST_F(InventoryTest, SaysAllThatIsWrongWithItsManifest) {
  manifest_ = {{"sourceBucket", "other"}, {"fileFormat", "XML"}, {"files", {{{"key", "f"}}, 7}}};
  EXPECT_THAT(refusal(), AllOf(HasSubstr("the inventory of s3://other, and not of s3://lake"), HasSubstr("'XML'"),
                               HasSubstr("fileSchema"), HasSubstr("of file 1"), HasSubstr("of file 2")));
  for (const char* none : {"", "[]", "{", "{}", "<xml/>"}) {
    write_all(*reports_, "lake/daily/manifest.json", none);
    EXPECT_THROW(read_inventory(kUri, "lake", "", context_, notes_), Error) << none;
  }
}

TEST_F(InventoryTest, SaysWhenItWasMade) {
  add_csv(line("a"));
  open();
  EXPECT_THAT(notes_,
              ElementsAre("the inventory was made at 2018-01-03T02:00:00Z: what came or went since is not in it"));
  manifest_.erase("creationTimestamp");
  open();
  EXPECT_EQ(notes_.back(), "the inventory does not say when it was made");
  for (const char* wrong : {"", "yesterday", "-1", "1514944800000.5", "9223372036854775807", "99999999999999999999"}) {
    manifest_["creationTimestamp"] = wrong;
    EXPECT_THROW(open(), Error) << wrong;
  }
}

TEST_F(InventoryTest, RefusesAFileThatIsNotTheOneThatWasListed) {
  add_csv(line("a"));
  const std::string other = gzipped(line("a", 2));
  std::string same_size = gzipped(line("a"));
  same_size[same_size.size() - 9] ^= 1;
  write_all(*reports_, "data/0.csv.gz", same_size);
  EXPECT_THAT(refusal(), AllOf(HasSubstr("s3://reports/data/0.csv.gz"), HasSubstr("its MD5 is")));
  write_all(*reports_, "data/0.csv.gz", other + "x");
  EXPECT_THAT(refusal(), HasSubstr("bytes, and"));
  reports_->remove(std::vector<std::string>{"data/0.csv.gz"});
  EXPECT_THAT(refusal(), HasSubstr("there is no such object"));
}

TEST_F(InventoryTest, RefusesAFileOfUploadedPartsByWhatIsInIt) {
  // The ETag of an upload in parts is no MD5: the bytes are.
  const std::string bytes = gzipped(line("a"));
  write_all(*reports_, "f.csv.gz", bytes);
  manifest_["files"].push_back({{"key", "f.csv.gz"}, {"size", bytes.size()}, {"MD5checksum", md5_of("other bytes")}});
  EXPECT_THAT(refusal(), HasSubstr("its MD5 is"));
}

TEST_F(InventoryTest, NamesTheRowAndTheColumnOfABadValue) {
  const auto of = [&](const std::string& bad) {
    manifest_["files"] = json::array();
    add_csv(line("a") + bad);
    return refusal();
  };
  const std::string time = kTime;
  EXPECT_THAT(of("\"lake\",\"b\",\"\",\"true\",\"false\",\"1x\",\"" + time + "\",\"e\"\n"),
              AllOf(HasSubstr("row 2, column Size: '1x' is no number"), HasSubstr("data/0.csv.gz")));
  EXPECT_THAT(of("\"lake\",\"b\",\"\",\"yes\",\"false\",\"1\",\"" + time + "\",\"e\"\n"),
              HasSubstr("row 2, column IsLatest: 'yes' is neither"));
  EXPECT_THAT(of("\"lake\",\"b\",\"\",\"true\",\"false\",\"1\",\"yesterday\",\"e\"\n"),
              HasSubstr("column LastModifiedDate: 'yesterday' is no time"));
  EXPECT_THAT(of("\"lake\",\"b\",\"\",\"true\",\"false\",\"1\",\"" + time + "\",\n"), HasSubstr("column ETag"));
  EXPECT_THAT(of("\"lake\",\"" + std::string(1025, 'k') + "\",\"\",\"true\",\"false\",\"1\",\"" + time + "\",\"e\"\n"),
              HasSubstr("is no key"));
  EXPECT_THAT(of("\"lake\",\"b\"\n"), HasSubstr("s3://reports/data/0.csv.gz"));
}

TEST_F(InventoryTest, OfAnEmptyBucketHasNoKeys) {
  EXPECT_THAT(keys(), IsEmpty());
  add_csv("");
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(InventoryTest, StopsWhenAsked) {
  add_csv(line("a"));
  const auto listing = open();
  stop_.request_stop();
  try {
    listing->next();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::cancelled);
  }
}

}  // namespace
}  // namespace penstock::reconcile
