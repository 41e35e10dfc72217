#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "penstock/error.h"
#include "penstock/store.h"
#include "store/scripted_server.h"
#include "store/temp_folder.h"

namespace penstock {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Environment environment_of(std::map<std::string, std::string, std::less<>> variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() || found->second.empty() ? std::nullopt : std::optional(found->second);
  };
}

// Variables of the process, as the AWS chain reads them by itself; as they were, afterwards.
class ProcessVariables {
 public:
  using Wanted = std::map<std::string, std::string>;
  explicit ProcessVariables(const Wanted& wanted) {
    for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
                             "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                             "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "http_proxy", "HTTP_PROXY"}) {
      set(name, nullptr);
    }
    set("AWS_EC2_METADATA_DISABLED", "true");
    set("AWS_CONFIG_FILE", (folder_.path() / "config").c_str());
    set("AWS_SHARED_CREDENTIALS_FILE", (folder_.path() / "credentials").c_str());
    for (const auto& [name, value] : wanted) set(name, value.c_str());
  }
  ProcessVariables(const ProcessVariables&) = delete;
  ProcessVariables& operator=(const ProcessVariables&) = delete;
  ~ProcessVariables() {
    for (const auto& [name, value] : before_) {
      value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
    }
  }
  void write_file(const char* name, std::string_view text) const { std::ofstream(folder_.path() / name) << text; }

 private:
  void set(const std::string& name, const char* value) {
    const char* now = ::getenv(name.c_str());
    before_.try_emplace(name, now == nullptr ? std::nullopt : std::optional<std::string>(now));
    value != nullptr ? ::setenv(name.c_str(), value, 1) : ::unsetenv(name.c_str());
  }
  TempFolder folder_;
  std::map<std::string, std::optional<std::string>> before_;
};

TEST(Configure, ReadsWhatAwsToolsRead) {
  const S3Config by_default = s3_config(environment_of({}));
  EXPECT_EQ(by_default.region, "us-east-1");
  EXPECT_EQ(by_default.endpoint_url, "");
  EXPECT_FALSE(by_default.credentials) << "the standard chain";
  const S3Config config = s3_config(environment_of({{"AWS_REGION", "eu-west-3"},
                                                    {"AWS_DEFAULT_REGION", "us-west-1"},
                                                    {"AWS_ENDPOINT_URL", "http://all"},
                                                    {"AWS_ENDPOINT_URL_S3", "http://s3"},
                                                    {"AWS_ACCESS_KEY_ID", "AKIA"},
                                                    {"AWS_SECRET_ACCESS_KEY", "s"},
                                                    {"AWS_SESSION_TOKEN", "t"}}));
  EXPECT_EQ(config.region, "eu-west-3");
  EXPECT_EQ(config.endpoint_url, "http://s3");
  ASSERT_TRUE(config.credentials);
  EXPECT_EQ(config.credentials->access_key_id, "AKIA");
  EXPECT_EQ(config.credentials->secret_access_key.reveal(), "s");
  EXPECT_EQ(config.credentials->session_token.reveal(), "t");
  const S3Config fallen_back =
      s3_config(environment_of({{"AWS_DEFAULT_REGION", "us-west-1"}, {"AWS_ENDPOINT_URL", "http://all"}}));
  EXPECT_EQ(fallen_back.region, "us-west-1");
  EXPECT_EQ(fallen_back.endpoint_url, "http://all");
}

TEST(Configure, RefusesHalfAKey) {
  for (const auto& [set, missing] :
       {std::pair{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}, {"AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"}}) {
    try {
      s3_config(environment_of({{set, "canary"}}));
      FAIL();
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::invalid);
      EXPECT_THAT(e.what(), AllOf(HasSubstr(missing), Not(HasSubstr("canary"))));
    }
  }
}

TEST(Configure, AFolderCanStandInForS3) {
  const TempFolder folder;
  const auto buckets = open_buckets(environment_of({{"PENSTOCK_S3_FOLDER", folder.path().string()}}), silence());
  buckets->create_bucket("lake");
  write_all(*buckets->open("lake"), "k", "x");
  EXPECT_TRUE(exists(folder.path() / "lake" / "k"));
}

TEST(Configure, TakesCredentialsFromTheGivenEnvironmentFirst) {
  const AwsCredentials found =
      resolve_credentials(environment_of({{"AWS_ACCESS_KEY_ID", "AKIA"}, {"AWS_SECRET_ACCESS_KEY", "s"}}), silence());
  EXPECT_EQ(found.access_key_id, "AKIA");
}

TEST(Configure, TakesCredentialsFromTheProfile) {
  const ProcessVariables variables(ProcessVariables::Wanted{{"AWS_PROFILE", "work"}});
  variables.write_file("credentials",
                       "[default]\naws_access_key_id = WRONG\naws_secret_access_key = w\n"
                       "[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = s\naws_session_token = t\n");
  const AwsCredentials found = resolve_credentials(environment_of({}), silence());
  EXPECT_EQ(found.access_key_id, "AKIAWORK");
  EXPECT_EQ(found.secret_access_key.reveal(), "s");
  EXPECT_EQ(found.session_token.reveal(), "t");
}

TEST(Configure, TakesCredentialsFromTheContainer) {
  const ScriptedServer container([](const HttpRequest&) {
    return HttpReply{.body = R"({"AccessKeyId": "AKIABOX", "SecretAccessKey": "s", "Token": "t",
                                 "Expiration": "2099-01-01T00:00:00Z"})"};
  });
  const ProcessVariables variables(
      ProcessVariables::Wanted{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", container.url() + "/keys"}});
  const AwsCredentials found = resolve_credentials(environment_of({}), silence());
  EXPECT_EQ(found.access_key_id, "AKIABOX");
  EXPECT_EQ(found.session_token.reveal(), "t");
}

TEST(Configure, SaysWhereCredentialsCouldComeFromWhenThereAreNone) {
  const ProcessVariables variables(ProcessVariables::Wanted{});
  const ScriptedServer server([](const HttpRequest&) { return HttpReply{}; });
  S3Config config;
  config.endpoint_url = server.url();
  const std::vector<std::function<void()>> acts{
      [] { resolve_credentials(environment_of({}), silence()); },
      [&] { connect_s3(config, silence())->open("lake")->head("k"); },
  };
  for (const auto& act : acts) {
    try {
      act();
      FAIL();
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::denied) << e.what();
      EXPECT_THAT(e.what(), AllOf(HasSubstr("AWS_ACCESS_KEY_ID"), HasSubstr("AWS_PROFILE")));
    }
  }
  EXPECT_TRUE(server.requests().empty()) << "nothing is sent unsigned";
}

}  // namespace
}  // namespace penstock
