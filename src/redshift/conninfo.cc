#include "redshift/conninfo.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>
#include <vector>

#include "pq/link.h"

namespace penstock::redshift {
namespace {

// A path that can't exist, for files that libpq would else look for in the home directory. (An empty value means the
// default there.)
constexpr char kNoFile[] = "/dev/null/none";

std::string home_root_certificate() {
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return {};
  return std::string(entry.pw_dir) + "/.postgresql/root.crt";
}

// The certificates to verify a server by where the config names none.
std::string default_root_certificates() {
  const std::string home = home_root_certificate();
  for (const std::string& path : {home, std::string("/etc/ssl/certs/ca-certificates.crt"),
                                  std::string("/etc/pki/tls/certs/ca-bundle.crt"), std::string("/etc/ssl/cert.pem")}) {
    std::error_code ignored;
    if (!path.empty() && std::filesystem::exists(path, ignored)) return path;
  }
  return home.empty() ? kNoFile : home;
}

}  // namespace

bool is_loopback(std::string_view host) noexcept {
  if (host.starts_with('/') || host == "localhost") return true;
  const std::string address(host);
  in_addr v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, address.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

Secret conninfo(const ConnectionConfig& config, std::string_view application_name,
                std::chrono::milliseconds connect_timeout) {
  std::string sslmode = config.sslmode;
  if (sslmode.empty()) sslmode = is_loopback(config.host) ? "prefer" : "verify-full";
  std::string roots = config.sslrootcert;
  // without verification no certificates: libpq would verify by whatever lies in the home directory
  if (roots.empty()) roots = sslmode.starts_with("verify") ? default_root_certificates() : kNoFile;

  std::map<std::string, std::string, std::less<>> options = {
      {"host", config.host},
      {"port", std::to_string(config.port)},
      {"dbname", config.database},
      {"user", config.user},
      {"password", config.password.reveal()},
      {"application_name", std::string(application_name)},
      {"client_encoding", "UTF8"},
      {"sslmode", sslmode},
      {"sslrootcert", roots},
      {"sslcert", kNoFile},
      {"sslcrl", kNoFile},
      {"sslcompression", "0"},
      {"sslsni", "1"},
      {"ssl_min_protocol_version", "TLSv1.2"},
      {"passfile", kNoFile},
      {"gssencmode", "disable"},
      {"channel_binding", "prefer"},
      {"target_session_attrs", "any"},
      {"connect_timeout", std::to_string(std::chrono::ceil<std::chrono::seconds>(connect_timeout).count())},
      // A server gone without a word shows after two minutes, whether we wait for it or send to it.
      {"keepalives", "1"},
      {"keepalives_idle", "60"},
      {"keepalives_interval", "15"},
      {"keepalives_count", "4"},
      {"tcp_user_timeout", "120000"},
  };
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> known(PQconndefaults(), &PQconninfoFree);
  for (const PQconninfoOption* option = known.get(); option != nullptr && option->keyword != nullptr; ++option) {
    // "service": an empty name would be looked up; without one the file's options find theirs all set
    if (option->envvar != nullptr && std::string_view(option->keyword) != "service") {
      options.try_emplace(option->keyword, "");
    }
  }
  std::string out;
  for (const auto& [name, value] : options) out += name + "=" + pq::in_quotes(value) + " ";
  return Secret(std::move(out));
}

}  // namespace penstock::redshift
