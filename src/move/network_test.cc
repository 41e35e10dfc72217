#include "move/network.h"

#include <gmock/gmock.h>

#include <string>

namespace penstock::network {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Stop at(std::string_view uri) { return {parse_resource(uri, Use::source)}; }

std::vector<std::string> hows(const Way& way) {
  std::vector<std::string> words;
  for (const Step& step : way.steps) words.push_back(step.edge->how);
  return words;
}

// Local files and S3, csv by a copy, all else by batches, which cost more for each byte.
Network small_network() {
  Network network;
  const auto is_same = [](const Resource& from, const Resource& to) { return from.format == to.format; };
  network.add_copy("copy", {0.1, 1e-9}, is_same, {});
  network.add_read("read", {0.01, 1e-8}, [](const Resource&) { return true; }, {});
  network.add({.how = "write",
               .cost = {0.01, 1e-8},
               .leads = [](const Resource*, const Resource* to) { return to->place != Place::standard; },
               .run = Write()});
  return network;
}

TEST(Network, TakesTheCheapestWayForTheSize) {
  const Network network = small_network();
  const std::vector<Stop> stops{at("a.csv"), {}, at("s3://bucket/a.csv")};
  const auto large = network.cheapest(stops, 1'000'000'000, 9);
  ASSERT_EQ(large.size(), 2);
  EXPECT_THAT(hows(large[0]), ElementsAre("copy"));
  EXPECT_NEAR(large[0].seconds, 1.1, 1e-9);
  EXPECT_THAT(hows(large[1]), ElementsAre("read", "write"));
  EXPECT_NEAR(large[1].seconds, 20.02, 1e-9);
  EXPECT_THAT(hows(network.cheapest(stops, 10, 1).front()), ElementsAre("read", "write")) << "a few bytes";
}

TEST(Network, TakesOnlyEdgesThatLeadThere) {
  const Network network = small_network();
  EXPECT_THAT(hows(network.cheapest(std::vector<Stop>{at("a.csv"), {}, at("a.parquet")}, 1, 9).front()),
              ElementsAre("read", "write"));
  EXPECT_THAT(network.cheapest(std::vector<Stop>{at("a.parquet"), {}, at("-")}, 1, 9), IsEmpty());
}

TEST(Network, GoesByWhatLiesInBetween) {
  Network network;
  const auto leads = [](Place from, Place to) {
    return [=](const Resource& a, const Resource& b) { return a.place == from && b.place == to; };
  };
  network.add_copy("up", {1, 0}, leads(Place::local, Place::s3), {});
  network.add_copy("down", {1, 0}, leads(Place::s3, Place::local), {});
  network.add_copy("across", {3, 0}, leads(Place::local, Place::local), {});
  const std::vector<Stop> stops{at("a.csv"), {}, at("s3://bucket/a.csv"), at("b.csv")};
  const auto ways = network.cheapest(stops, 0, 9);
  ASSERT_EQ(ways.size(), 2);
  EXPECT_THAT(hows(ways[0]), ElementsAre("up", "down"));
  EXPECT_THAT(hows(ways[1]), ElementsAre("across"));
}

TEST(Network, SaysWhatAStopIs) {
  EXPECT_EQ(in_words(at("s3://bucket/a.csv.gz")), "S3 csv.gz");
  EXPECT_EQ(in_words(Stop{}), "batches");
  EXPECT_EQ(in_words(at("redshift://h/d::t")), "Redshift table");
  EXPECT_EQ(in_words(at("postgresql://h/d?query=SELECT 1")), "PostgreSQL query");
  EXPECT_EQ(in_words(at("s3://bucket/a*.tsv")), "S3 tsv (several)");
}

}  // namespace
}  // namespace penstock::network
