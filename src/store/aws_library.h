// The AWS C libraries: initialised while anybody uses them, and what they hold, owned.
#pragma once

#include <aws/common/byte_buf.h>

#include <memory>
#include <string>
#include <string_view>

struct aws_allocator;
struct aws_client_bootstrap;
struct aws_credentials_provider;
struct aws_event_loop_group;
struct aws_host_resolver;
struct aws_http_message;
struct aws_s3_client;
struct aws_s3_meta_request;

namespace penstock {

// Holding one keeps the libraries initialised. When the last one goes, their threads are joined and their memory is
// freed: whatever came from them is gone by then. Threads: any.
class AwsLibrary {
 public:
  AwsLibrary();
  ~AwsLibrary();
  AwsLibrary(const AwsLibrary&) = delete;
  AwsLibrary& operator=(const AwsLibrary&) = delete;
  [[nodiscard]] aws_allocator* allocator() const noexcept { return allocator_; }

 private:
  aws_allocator* allocator_;
};

struct AwsRelease {
  void operator()(aws_client_bootstrap* bootstrap) const noexcept;
  void operator()(aws_credentials_provider* provider) const noexcept;
  void operator()(aws_event_loop_group* group) const noexcept;
  void operator()(aws_host_resolver* resolver) const noexcept;
  void operator()(aws_http_message* message) const noexcept;
  void operator()(aws_s3_meta_request* request) const noexcept;
};
template <typename T>
using AwsPtr = std::unique_ptr<T, AwsRelease>;

// Event loops, name resolution and sockets: what everything that goes over a network is given.
struct AwsNetwork {
  explicit AwsNetwork(const AwsLibrary& library);
  AwsPtr<aws_event_loop_group> loops;
  AwsPtr<aws_host_resolver> resolver;
  AwsPtr<aws_client_bootstrap> bootstrap;
};

std::string aws_error_text(int code);  // "AWS_IO_SOCKET_TIMEOUT: socket operation timed out."

inline aws_byte_cursor to_cursor(std::string_view text) noexcept {
  return aws_byte_cursor_from_array(text.data(), text.size());
}
inline std::string_view to_view(const aws_byte_cursor& cursor) noexcept {
  return {reinterpret_cast<const char*>(cursor.ptr), cursor.len};
}

}  // namespace penstock
