#include "load/rerun.h"

#include <gmock/gmock.h>

namespace penstock {
namespace {

TEST(RerunCommand, NamesWhatIsLoaded) {
  LoadOptions options;
  options.schema = "api_hits";
  options.tables = {"pages", "sessions"};
  options.bucket = "analytics";
  EXPECT_EQ(rerun_command(options, "pages", "2015-07-01T02:00:00+02:00"),
            "penstock load --schema api_hits --tables pages --bucket analytics --date 2015-07-01T02:00:00+02:00");
}

TEST(RerunCommand, KeepsEveryOptionThatSaysHow) {
  LoadOptions options;
  options.schema = "api_hits";
  options.bucket = "analytics";
  options.prefix = "in/";
  options.config_uri = "s3://configs/all.yml";
  options.truncate = options.force = options.create_schema = options.allow_empty = true;
  options.granularity = Granularity::day;
  options.timezone = "Europe/Berlin";
  options.delimiter = '\t';
  options.null_as = "";
  EXPECT_EQ(rerun_command(options, "pages", "2015-07-01T00:00:00Z"),
            "penstock load --schema api_hits --tables pages --bucket analytics --date 2015-07-01T00:00:00Z "
            "--prefix in/ --config s3://configs/all.yml --truncate --force --create-schema --allow-empty "
            "--granularity day --timezone Europe/Berlin --delimiter '\t' --null-as ''");
}

TEST(RerunCommand, IsOneThatAShellReadsAsItIs) {
  LoadOptions options;
  options.schema = "it's";
  options.bucket = "b";
  EXPECT_EQ(rerun_command(options, "$(rm -rf /)", "d"),
            "penstock load --schema 'it'\\''s' --tables '$(rm -rf /)' --bucket b --date d");
}

}  // namespace
}  // namespace penstock
