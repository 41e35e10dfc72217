#include "endpoint/wire/config.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "penstock/error.h"

namespace penstock::endpoint {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr auto* kWhole = R"({"listen":"127.0.0.1","port":5440,"port_file":"p","database":"dev","user":"awsuser",
  "password":"sesame","backend":{"socket_dir":"/run/pg","port":5433,"superuser":"postgres"},
  "s3":{"folder":"/srv/s3"},"credentials":{"access_key_id":"AK","secret_access_key":"SK"},"region":"eu-west-1"})";

std::string problems_of(const std::string& json) {
  try {
    parse_config(json);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    return error.what();
  }
  return "";
}

std::string with(std::string_view from, std::string_view to) {
  std::string json = kWhole;
  return json.replace(json.find(from), from.size(), to);
}

TEST(EndpointConfig, IsReadWhole) {
  const auto config = parse_config(kWhole);
  EXPECT_EQ(config.port, 5440);
  EXPECT_EQ(config.port_file, "p");
  EXPECT_EQ(config.account.database, "dev");
  EXPECT_EQ(config.account.user, "awsuser");
  EXPECT_EQ(config.account.password.reveal(), "sesame");
  EXPECT_EQ(config.backend_socket(), "/run/pg/.s.PGSQL.5433");
  EXPECT_EQ(config.backend.superuser, "postgres");
  EXPECT_EQ(config.s3_folder, "/srv/s3");
  EXPECT_EQ(config.credentials.access_key_id, "AK");
  EXPECT_EQ(config.region, "eu-west-1");
  EXPECT_EQ(config.max_connections, 200U);
  EXPECT_EQ(config.tls.certificate, "");
}

TEST(EndpointConfig, TlsHasBothItsFilesOrNone) {
  const auto config = parse_config(with(R"("s3":)", R"("tls":{"certificate":"c.pem","key":"k.pem"},"s3":)"));
  EXPECT_EQ(config.tls.certificate, "c.pem");
  EXPECT_EQ(config.tls.key, "k.pem");
  EXPECT_THAT(problems_of(with(R"("s3":)", R"("tls":{"certificate":"c.pem"},"s3":)")), HasSubstr("tls.key: missing"));
}

TEST(EndpointConfig, AllProblemsAreNamedAtOnce) {
  EXPECT_THAT(problems_of(R"({"port":"x","s3":{},"backend":{"socket_dir":1},"colour":"red"})"),
              AllOf(HasSubstr("port: must be a number"), HasSubstr("database: missing"), HasSubstr("user: missing"),
                    HasSubstr("password: missing"), HasSubstr("backend.socket_dir: must be a string"),
                    HasSubstr("backend.superuser: missing"), HasSubstr("s3.folder, endpoint_url: exactly one"),
                    HasSubstr("credentials: missing"), HasSubstr("colour: unknown")));
}

TEST(EndpointConfig, TextThatIsNoJsonIsNotQuoted) {
  EXPECT_THAT(problems_of(R"({"password":"sesame)"), AllOf(HasSubstr("not JSON"), Not(HasSubstr("sesame"))));
}

TEST(EndpointConfig, OnlyLoopbackIsListenedOnUnlessToldOtherwise) {
  EXPECT_THAT(problems_of(with("127.0.0.1", "0.0.0.0")), HasSubstr("reachable from other machines"));
  EXPECT_THAT(problems_of(with("127.0.0.1", "::")), HasSubstr("reachable from other machines"));
  EXPECT_EQ(problems_of(with("127.0.0.1", "::1")), "");
  EXPECT_EQ(problems_of(with("127.0.0.1", "127.1.2.3")), "");
  EXPECT_EQ(problems_of(with("127.0.0.1", "localhost")), "");
  EXPECT_EQ(problems_of(with(R"("127.0.0.1")", R"("0.0.0.0","listen_anywhere":true)")), "");
  EXPECT_THAT(problems_of(with("127.0.0.1", "example.org")), HasSubstr("give an IP address"));
}

TEST(EndpointConfig, AFileThatOthersCanReadIsRefused) {
  const auto path = std::filesystem::temp_directory_path() / ("endpoint_config_test." + std::to_string(::getpid()));
  std::ofstream(path) << kWhole;
  ::chmod(path.c_str(), 0640);
  EXPECT_THROW(read_config(path), Error);
  ::chmod(path.c_str(), 0600);
  EXPECT_EQ(read_config(path).account.user, "awsuser");
  std::filesystem::remove(path);
  EXPECT_THROW(read_config(path), Error);
}

}  // namespace
}  // namespace penstock::endpoint
