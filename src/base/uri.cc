#include "penstock/uri.h"

#include <fmt/format.h>

#include <charconv>

#include "penstock/error.h"

namespace penstock {
namespace {

constexpr std::string_view kS3 = "s3://";

bool is_bucket_name(std::string_view name) {
  if (name.size() < 3 || name.size() > 63) return false;
  const auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  for (const char c : name) {
    if (!alnum(c) && c != '.' && c != '-' && c != '_' && !(c >= 'A' && c <= 'Z')) return false;
  }
  return true;  // capitals and underscores: old buckets have them
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// `part` names the piece in errors; its text does not appear there, since it may be the password.
std::string percent_decoded(std::string_view text, std::string_view part) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      throw Error(
          ErrorKind::invalid,
          fmt::format("the {} of the URI has a % that is not followed by two hex digits; write %25 for a %", part));
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

}  // namespace

bool is_s3_uri(std::string_view text) noexcept { return text.starts_with(kS3); }

S3Uri parse_s3_uri(std::string_view uri) {
  if (!is_s3_uri(uri))
    throw Error(ErrorKind::invalid, fmt::format("'{}' is not an S3 URI: it must start with s3://", uri));
  std::string_view rest = uri.substr(kS3.size());
  const auto slash = rest.find('/');
  const std::string_view bucket = rest.substr(0, slash);
  if (!is_bucket_name(bucket)) {
    throw Error(ErrorKind::invalid,
                fmt::format("'{}': '{}' is not a bucket's name (3 to 63 letters, digits, '.', '-')", uri, bucket));
  }
  return {.bucket = std::string(bucket),
          .key = slash == std::string_view::npos ? std::string() : std::string(rest.substr(slash + 1))};
}

std::string to_string(const S3Uri& uri) { return fmt::format("s3://{}/{}", uri.bucket, uri.key); }

ServerUri parse_server_uri(std::string_view uri) {
  ServerUri out;
  const auto colon = uri.find("://");
  if (colon == std::string_view::npos) {
    throw Error(ErrorKind::invalid, "not a server URI: expected redshift://user:password@host:port/database");
  }
  out.scheme = std::string(uri.substr(0, colon));
  if (out.scheme == "postgres") out.scheme = "postgresql";
  if (out.scheme != "redshift" && out.scheme != "postgresql") {
    throw Error(ErrorKind::invalid,
                fmt::format("'{}://' is not a server that penstock knows: redshift:// or postgresql://", out.scheme));
  }
  std::string_view rest = uri.substr(colon + 3);
  if (const auto question = rest.find('?'); question != std::string_view::npos) {
    std::string_view options = rest.substr(question + 1);
    rest = rest.substr(0, question);
    while (!options.empty()) {
      const auto end = options.find('&');
      const std::string_view option = options.substr(0, end);
      const auto equals = option.find('=');
      if (equals == std::string_view::npos) {
        throw Error(ErrorKind::invalid, "an option of the server URI has no '='; expected ?name=value&name=value");
      }
      out.options[percent_decoded(option.substr(0, equals), "options")] =
          percent_decoded(option.substr(equals + 1), "options");
      options = end == std::string_view::npos ? std::string_view() : options.substr(end + 1);
    }
  }
  if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
    out.database = percent_decoded(rest.substr(slash + 1), "database");
    rest = rest.substr(0, slash);
  }
  // the last @: a password that was not encoded may hold one
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view login = rest.substr(0, at);
    const auto separator = login.find(':');
    out.user = percent_decoded(login.substr(0, separator), "user");
    if (separator != std::string_view::npos)
      out.password = Secret(percent_decoded(login.substr(separator + 1), "password"));
    rest = rest.substr(at + 1);
  }
  std::string_view host = rest;
  std::string_view port;
  if (rest.starts_with('[')) {  // an IPv6 address
    const auto close = rest.find(']');
    if (close == std::string_view::npos)
      throw Error(ErrorKind::invalid, "the host of the URI has a '[' without its ']'");
    host = rest.substr(1, close - 1);
    if (close + 1 < rest.size() && rest[close + 1] == ':') port = rest.substr(close + 2);
  } else if (const auto separator = rest.rfind(':'); separator != std::string_view::npos) {
    host = rest.substr(0, separator);
    port = rest.substr(separator + 1);
  }
  out.host = std::string(host);
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (error != std::errc() || end != port.data() + port.size() || out.port < 1 || out.port > 65535) {
      throw Error(ErrorKind::invalid, fmt::format("the port of the URI is not a number from 1 to 65535: '{}'", port));
    }
  }
  return out;
}

}  // namespace penstock
