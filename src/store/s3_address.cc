#include "store/s3_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "penstock/error.h"

namespace penstock {
namespace {

bool is_unreserved(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

// AWS's certificate covers one label below s3.region.amazonaws.com.
bool is_host_label(std::string_view bucket) noexcept {
  return std::ranges::all_of(bucket,
                             [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string checked_endpoint(std::string_view url) {
  if (url.empty()) return {};
  const std::string_view given = url;
  if (url.ends_with('/')) url.remove_suffix(1);
  std::string_view host = url;
  if (host.starts_with("http://")) {
    host.remove_prefix(7);
  } else if (host.starts_with("https://")) {
    host.remove_prefix(8);
  } else {
    host = {};
  }
  const bool plain =
      std::ranges::all_of(host, [](char c) { return is_unreserved(c) || c == ':' || c == '[' || c == ']'; });
  if (host.empty() || !plain) {
    throw Error(ErrorKind::invalid, fmt::format("the S3 endpoint '{}' is not http(s)://host[:port]", printable(given)));
  }
  return std::string(url);
}

}  // namespace

S3Addresses::S3Addresses(std::string region, std::string_view endpoint_url)
    : region_(std::move(region)), endpoint_(checked_endpoint(endpoint_url)) {
  if (!is_host_label(region_) || region_.empty()) {
    throw Error(ErrorKind::invalid, fmt::format("'{}' is not the name of an AWS region", printable(region_)));
  }
}

S3Addresses::Address S3Addresses::of(std::string_view bucket, std::string_view key) const {
  const std::string encoded = uri_encode(key, true);
  if (is_custom()) return {.origin = endpoint_, .path = fmt::format("/{}/{}", bucket, encoded)};
  const std::string_view domain = region_.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  if (is_host_label(bucket)) {
    return {.origin = fmt::format("https://{}.s3.{}.{}", bucket, region_, domain), .path = "/" + encoded};
  }
  return {.origin = fmt::format("https://s3.{}.{}", region_, domain), .path = fmt::format("/{}/{}", bucket, encoded)};
}

bool S3Addresses::is_loopback() const noexcept {
  const auto host = std::string_view(endpoint_).substr(std::min(endpoint_.size(), endpoint_.find("//") + 2));
  return is_custom() && (host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]"));
}

std::string uri_encode(std::string_view text, bool keep_slash) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c) || (keep_slash && c == '/')) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string uri_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string to_query(const Query& query) {
  std::string out;
  for (const auto& [name, value] : query) {
    if (!out.empty()) out += '&';
    out += uri_encode(name, false);
    if (!value.empty()) out += "=" + uri_encode(value, false);
  }
  return out;
}

}  // namespace penstock
