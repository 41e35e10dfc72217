#include "store/aws_library.h"

#include <aws/auth/credentials.h>
#include <aws/common/thread.h>
#include <aws/http/request_response.h>
#include <aws/io/channel.h>
#include <aws/io/channel_bootstrap.h>
#include <aws/io/event_loop.h>
#include <aws/io/host_resolver.h>
#include <aws/s3/s3.h>
#include <aws/s3/s3_client.h>
#include <fmt/format.h>

#include <mutex>

#include "penstock/error.h"

namespace penstock {
namespace {

constexpr std::uint16_t kEventLoops = 2;           // a second one only helps where TLS keeps the first busy
constexpr std::size_t kFragmentBytes = 128 << 10;  // of a body, for each system call: the library's 16 KiB cost time
constexpr std::size_t kResolvedHosts = 16;         // remembered

template <typename T>
T* made(T* object, std::string_view what) {
  if (object != nullptr) return object;
  throw Error(ErrorKind::internal, fmt::format("S3 client: no {}: {}", what, aws_error_text(aws_last_error())));
}

// The libraries' state is one for the process, so the count of who uses them has to be, too.
struct AwsLibraryUsers {
  std::mutex mutex;
  int count = 0;
  static AwsLibraryUsers& of_this_process() {
    static AwsLibraryUsers users;
    return users;
  }
};

}  // namespace

AwsLibrary::AwsLibrary() : allocator_(aws_default_allocator()) {
  auto& users = AwsLibraryUsers::of_this_process();
  const std::scoped_lock lock(users.mutex);
  if (users.count++ > 0) return;
  g_aws_channel_max_fragment_size = kFragmentBytes;
  aws_s3_library_init(allocator_);
}

AwsLibrary::~AwsLibrary() {
  auto& users = AwsLibraryUsers::of_this_process();
  const std::scoped_lock lock(users.mutex);
  if (--users.count > 0) return;
  aws_thread_join_all_managed();
  aws_s3_library_clean_up();
}

void AwsRelease::operator()(aws_client_bootstrap* bootstrap) const noexcept { aws_client_bootstrap_release(bootstrap); }
void AwsRelease::operator()(aws_credentials_provider* provider) const noexcept {
  aws_credentials_provider_release(provider);
}
void AwsRelease::operator()(aws_event_loop_group* group) const noexcept { aws_event_loop_group_release(group); }
void AwsRelease::operator()(aws_host_resolver* resolver) const noexcept { aws_host_resolver_release(resolver); }
void AwsRelease::operator()(aws_http_message* message) const noexcept { aws_http_message_release(message); }
void AwsRelease::operator()(aws_s3_meta_request* request) const noexcept { aws_s3_meta_request_release(request); }

AwsNetwork::AwsNetwork(const AwsLibrary& library) {
  loops.reset(made(aws_event_loop_group_new_default(library.allocator(), kEventLoops, nullptr), "event loops"));
  aws_host_resolver_default_options resolving{};
  resolving.max_entries = kResolvedHosts;
  resolving.el_group = loops.get();
  resolver.reset(made(aws_host_resolver_new_default(library.allocator(), &resolving), "host resolver"));
  aws_client_bootstrap_options starting{};
  starting.event_loop_group = loops.get();
  starting.host_resolver = resolver.get();
  bootstrap.reset(made(aws_client_bootstrap_new(library.allocator(), &starting), "bootstrap"));
}

std::string aws_error_text(int code) { return fmt::format("{}: {}", aws_error_name(code), aws_error_str(code)); }

}  // namespace penstock
