#include "endpoint/wire/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <vector>

#include "penstock/error.h"

namespace penstock::endpoint {

namespace {

using Json = nlohmann::json;

// Reads the members of one object, and notes what is wrong with them under their full names.
class Members {
 public:
  Members(const Json& object, std::string path, std::vector<std::string>& problems)
      : object_(object), path_(std::move(path)), problems_(problems) {
    if (!object_.is_object()) problems_.push_back(fmt::format("{}: must be an object", path_.empty() ? "file" : path_));
  }

  std::string text(const char* name, std::string otherwise, bool required) {
    const auto* member = find(name, required);
    if (member == nullptr) return otherwise;
    if (member->is_string() && !(required && member->get<std::string>().empty())) return member->get<std::string>();
    return complain(name, "must be a string, and not empty"), otherwise;
  }
  std::string required(const char* name) { return text(name, "", true); }
  std::string optional(const char* name, std::string otherwise = "") { return text(name, std::move(otherwise), false); }

  std::uint64_t number(const char* name, std::uint64_t otherwise, std::uint64_t most) {
    const auto* member = find(name, false);
    if (member == nullptr) return otherwise;
    if (member->is_number_unsigned() && member->get<std::uint64_t>() <= most) return member->get<std::uint64_t>();
    return complain(name, fmt::format("must be a number from 0 to {}", most)), otherwise;
  }

  bool flag(const char* name) {
    const auto* member = find(name, false);
    if (member == nullptr) return false;
    if (!member->is_boolean()) complain(name, "must be true or false");
    return member->is_boolean() && member->get<bool>();
  }

  bool has(const char* name) { return find(name, false) != nullptr; }

  Members object(const char* name) {
    static const Json none = Json::object();
    const auto* member = find(name, true);
    return {member == nullptr ? none : *member, full(name), problems_};
  }

  void complain(const std::string& name, const std::string& what) {
    problems_.push_back(fmt::format("{}: {}", full(name), what));
  }

  void refuse_others() {
    if (!object_.is_object()) return;
    for (const auto& [name, value] : object_.items()) {
      if (!known_.contains(name)) complain(name, "unknown");
    }
  }

 private:
  const Json* find(const char* name, bool required) {
    known_.insert(name);
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(name);
    if (found != object_.end()) return &*found;
    if (required) complain(name, "missing");
    return nullptr;
  }
  std::string full(const std::string& name) const { return path_.empty() ? name : path_ + "." + name; }

  const Json& object_;
  const std::string path_;
  std::vector<std::string>& problems_;
  std::set<std::string> known_;
};

void read_backend(Members members, EndpointConfig& config) {
  config.backend.socket_dir = members.required("socket_dir");
  config.backend.port = static_cast<std::uint16_t>(members.number("port", 5432, 65535));
  config.backend.superuser = members.required("superuser");
  members.refuse_others();
}

void read_tls(Members members, EndpointConfig& config) {
  config.tls.certificate = members.required("certificate");
  config.tls.key = members.required("key");
  members.refuse_others();
}

void read_s3(Members members, EndpointConfig& config) {
  config.s3_folder = members.optional("folder");
  config.s3_endpoint_url = members.optional("endpoint_url");
  if (config.s3_folder.empty() == config.s3_endpoint_url.empty()) {
    members.complain("folder, endpoint_url", "exactly one of them says where S3 is");
  }
  members.refuse_others();
}

void read_credentials(Members members, EndpointConfig& config) {
  config.credentials.access_key_id = members.required("access_key_id");
  config.credentials.secret_access_key = Secret(members.required("secret_access_key"));
  members.refuse_others();
}

void read_listen(Members& members, EndpointConfig& config) {
  config.listen = members.optional("listen", config.listen);
  config.port = static_cast<std::uint16_t>(members.number("port", 0, 65535));
  config.port_file = members.optional("port_file");
  const bool anywhere = members.flag("listen_anywhere");
  try {
    if (!is_loopback(config.listen) && !anywhere) {
      members.complain("listen", fmt::format("{} is reachable from other machines; use 127.0.0.1, or add "
                                             "\"listen_anywhere\": true",
                                             config.listen));
    }
  } catch (const Error& error) {
    members.complain("listen", error.what());
  }
}

}  // namespace

std::string EndpointConfig::backend_socket() const {
  return fmt::format("{}/.s.PGSQL.{}", backend.socket_dir, backend.port);
}

EndpointConfig parse_config(std::string_view json) {
  const auto document = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  // The parser's own message would quote what stands at the error: a password, perhaps.
  if (document.is_discarded()) throw Error(ErrorKind::invalid, "not JSON");
  std::vector<std::string> problems;
  EndpointConfig config;
  Members members(document, "", problems);
  read_listen(members, config);
  config.account.database = members.required("database");
  config.account.user = members.required("user");
  config.account.password = Secret(members.required("password"));
  read_backend(members.object("backend"), config);
  if (members.has("tls")) read_tls(members.object("tls"), config);
  read_s3(members.object("s3"), config);
  read_credentials(members.object("credentials"), config);
  config.region = members.optional("region", config.region);
  config.max_connections = static_cast<unsigned>(members.number("max_connections", config.max_connections, 10'000));
  members.refuse_others();
  if (!problems.empty()) throw Error(ErrorKind::invalid, fmt::format("{}", fmt::join(problems, "\n")));
  return config;
}

EndpointConfig read_config(const std::string& path) {
  const auto refuse = [&](const std::string& why) {
    return Error(ErrorKind::invalid, fmt::format("configuration {}: {}", path, why));
  };
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) throw refuse(std::generic_category().message(errno));
  if ((status.st_mode & 077) != 0) {
    throw refuse("others can read or change it, and it holds passwords; run: chmod 600 " + path);
  }
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw refuse("can't be read");
  try {
    return parse_config(text);
  } catch (const Error& error) {
    throw refuse(error.what());
  }
}

}  // namespace penstock::endpoint
