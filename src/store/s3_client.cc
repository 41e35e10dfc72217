#include "store/s3_client.h"

#include <aws/common/clock.h>
#include <aws/http/connection.h>
#include <aws/http/proxy.h>
#include <aws/http/request_response.h>
#include <aws/io/io.h>
#include <aws/io/uri.h>
#include <aws/s3/s3_client.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/backoff.h"
#include "base/text.h"
#include "penstock/error.h"
#include "store/s3_credentials.h"
#include "store/s3_failure.h"

namespace penstock {
namespace {

constexpr std::chrono::milliseconds kFirstBackoff{100};
constexpr std::chrono::milliseconds kMostBackoff{10'000};
constexpr std::uint32_t kMostConnections = 32;

// The scheme, host and port of a URL, parsed for the CRT.
class Origin {
 public:
  Origin(aws_allocator* allocator, const std::string& url) {
    const aws_byte_cursor text = to_cursor(url);
    if (aws_uri_init_parse(&uri_, allocator, &text) != AWS_OP_SUCCESS) {
      throw Error(ErrorKind::invalid, fmt::format("'{}' is no URL: {}", url, aws_error_text(aws_last_error())));
    }
  }
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;
  ~Origin() { aws_uri_clean_up(&uri_); }
  [[nodiscard]] const aws_uri* get() const noexcept { return &uri_; }

 private:
  aws_uri uri_{};
};

AwsPtr<aws_http_message> to_message(aws_allocator* allocator, const S3Request& request, const std::string& path) {
  AwsPtr<aws_http_message> message(aws_http_message_new_request(allocator));
  aws_http_message_set_request_method(message.get(), to_cursor(request.method));
  aws_http_message_set_request_path(message.get(), to_cursor(path));
  aws_http_headers* headers = aws_http_message_get_headers(message.get());
  const auto set = [headers](std::string_view name, std::string_view value) {
    aws_http_headers_set(headers, to_cursor(name), to_cursor(value));
  };
  for (const auto& [name, value] : request.headers) set(name, value);
  const bool has_body = std::string_view(request.method) == "PUT" || std::string_view(request.method) == "POST";
  if (has_body) set("Content-Length", std::to_string(request.body.size()));
  return message;
}

void copy_headers(const aws_http_headers* from, std::map<std::string, std::string>& to) {
  const std::size_t count = aws_http_headers_count(from);
  for (std::size_t i = 0; i < count; ++i) {
    aws_http_header header{};
    aws_http_headers_get_index(from, i, &header);
    to[lower(to_view(header.name))] = to_view(header.value);
  }
}

}  // namespace

std::string S3Response::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

S3Client::OneAttempt::OneAttempt() {
  // One token for all requests: it counts who holds it and carries nothing, and this object's own hold keeps it.
  static aws_retry_strategy_vtable rules{
      .destroy = [](aws_retry_strategy*) {},
      .acquire_token =
          [](aws_retry_strategy* strategy, const aws_byte_cursor*,
             aws_retry_strategy_on_retry_token_acquired_fn* acquired, void* user, std::uint64_t) {
            auto* token = static_cast<aws_retry_token*>(strategy->impl);
            aws_retry_token_acquire(token);
            acquired(strategy, AWS_ERROR_SUCCESS, token, user);
            return AWS_OP_SUCCESS;
          },
      .schedule_retry = [](aws_retry_token*, aws_retry_error_type, aws_retry_strategy_on_retry_ready_fn*,
                           void*) { return aws_raise_error(AWS_IO_RETRY_PERMISSION_DENIED); },
      .record_success = [](aws_retry_token*) { return AWS_OP_SUCCESS; },
      .release_token = [](aws_retry_token*) {},
  };
  strategy.vtable = &rules;
  strategy.impl = &token;
  aws_atomic_init_int(&strategy.ref_count, 1);
  token.retry_strategy = &strategy;
  aws_atomic_init_int(&token.ref_count, 1);
}

S3Client::S3Client(const S3Config& config, Log& log)
    : config_(config), addresses_(config.region, config.endpoint_url), log_(log) {}

S3Client::~S3Client() {
  if (client_ == nullptr) return;
  aws_s3_client_release(client_);
  shut_down_.wait([](bool down) { return down; }, [](bool) {});
}

aws_s3_client* S3Client::started() {
  const std::scoped_lock lock(starting_);
  if (client_ != nullptr) return client_;
  network_.emplace(library_);
  credentials_ = config_.credentials ? given_credentials(library_, *config_.credentials)
                                     : standard_credentials(library_, *network_);
  aws_signing_config_aws signing{};
  aws_s3_init_default_signing_config(&signing, to_cursor(addresses_.region()), credentials_.get());
  signing.flags.use_double_uri_encode = false;
  signing.flags.should_normalize_uri_path = false;  // a/../b is a key
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(config_.request_timeout).count();
  const aws_http_connection_monitoring_options stalls{
      .minimum_throughput_bytes_per_second = 1,
      .allowable_throughput_failure_interval_seconds = static_cast<std::uint32_t>(std::max<std::int64_t>(seconds, 1)),
      .statistics_observer_fn = nullptr,
      .statistics_observer_user_data = nullptr,
  };
  const proxy_env_var_settings proxy{
      .env_var_type = addresses_.is_loopback() ? AWS_HPEV_DISABLE : AWS_HPEV_ENABLE,
      .connection_type = AWS_HPCT_HTTP_LEGACY,
      .tls_options = nullptr,
  };
  aws_s3_client_config options{};
  options.max_active_connections_override = kMostConnections;
  options.region = to_cursor(addresses_.region());
  options.client_bootstrap = network_->bootstrap.get();
  options.tls_mode = addresses_.is_encrypted() ? AWS_MR_TLS_ENABLED : AWS_MR_TLS_DISABLED;
  options.signing_config = &signing;
  options.part_size = config_.part_size;
  options.throughput_target_gbps = kMostConnections * 0.4;  // as the CRT reckons connections
  options.retry_strategy = &one_attempt_.strategy;
  options.connect_timeout_ms =
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(config_.request_timeout.count(), 1, 10'000));
  options.monitoring_options = &stalls;
  options.proxy_ev_settings = &proxy;
  options.shutdown_callback = [](void* user) {
    static_cast<Guarded<bool>*>(user)->change([](bool& down) { down = true; });
  };
  options.shutdown_callback_user_data = &shut_down_;
  client_ = aws_s3_client_new(library_.allocator(), &options);
  if (client_ == nullptr) {
    throw Error(ErrorKind::internal, fmt::format("S3 client: {}", aws_error_text(aws_last_error())));
  }
  return client_;
}

bool S3Client::take_memory(std::size_t bytes) noexcept {
  std::size_t taken = memory_taken_.load();
  while (taken + bytes <= config_.max_memory) {
    if (memory_taken_.compare_exchange_weak(taken, taken + bytes)) return true;
  }
  return false;
}

void S3Client::return_memory(std::size_t bytes) noexcept { memory_taken_ -= bytes; }

// They run on event loops, which are C and can't unwind: what is thrown is kept for the thread that waits.
struct S3Exchange::Callbacks {
  template <typename F>
  static int guarded(void* user, F&& use) noexcept {
    auto& exchange = *static_cast<S3Exchange*>(user);
    return exchange.state_.with([&](State& state) {
      try {
        std::forward<F>(use)(state);
        return AWS_OP_SUCCESS;
      } catch (...) {
        if (!state.exception) state.exception = std::current_exception();
        return aws_raise_error(AWS_ERROR_S3_CANCELED);
      }
    });
  }

  static int on_headers(aws_s3_meta_request*, const aws_http_headers* headers, int status, void* user) noexcept {
    return guarded(user, [&](State& state) {
      state.response.status = status;
      copy_headers(headers, state.response.headers);
    });
  }

  static int on_body(aws_s3_meta_request*, const aws_byte_cursor* body, std::uint64_t, void* user) noexcept {
    return guarded(user, [&](State& state) { state.response.body += to_view(*body); });
  }

  static void on_finish(aws_s3_meta_request*, const aws_s3_meta_request_result* result, void* user) noexcept {
    AwsPtr<aws_s3_meta_request> done;
    guarded(user, [&](State& state) {
      done.reset(std::exchange(state.running, nullptr));
      S3Response& response = state.response;
      if (result->error_code == AWS_ERROR_SUCCESS) return;
      if (result->response_status != 0) response.status = result->response_status;
      // Two codes only say that S3's own answer, which is here, is no success.
      response.is_error = result->error_code == AWS_ERROR_S3_INVALID_RESPONSE_STATUS ||
                          result->error_code == AWS_ERROR_S3_NON_RECOVERABLE_ASYNC_ERROR;
      if (!response.is_error) response.failure = result->error_code;
      if (result->error_response_headers != nullptr) copy_headers(result->error_response_headers, response.headers);
      if (result->error_response_body != nullptr) {
        const aws_byte_cursor body = aws_byte_cursor_from_buf(result->error_response_body);
        response.body = to_view(body);
      }
    });
  }

  // The last of all: nothing of the CRT's looks at the request any more.
  static void on_shutdown(void* user) noexcept {
    static_cast<S3Exchange*>(user)->state_.change([](State& state) { state.over = true; });
  }
};

S3Exchange::S3Exchange(S3Client& client, S3Request request) : client_(client), request_(std::move(request)) {
  if (request_.awaits_answer && client_.config_.stop.stop_requested()) {
    throw Error(ErrorKind::cancelled, fmt::format("{} s3://{}/{}: stopped as asked", request_.operation,
                                                  request_.bucket, printable(request_.key)));
  }
  send();
}

S3Exchange::~S3Exchange() {
  cancel();
  await_end();
}

void S3Exchange::send() {
  ++attempts_;
  aws_s3_client* const s3 = client_.started();
  aws_allocator* const allocator = client_.library_.allocator();
  const auto address = client_.addresses_.of(request_.bucket, request_.key);
  const std::string query = to_query(request_.query);
  const auto message = to_message(allocator, request_, query.empty() ? address.path : address.path + "?" + query);
  const Origin origin(allocator, address.origin);
  aws_s3_checksum_config checksum{};
  const bool is_get = std::string_view(request_.method) == "GET";
  if (request_.checksum && is_get) {
    checksum.validate_response_checksum = true;
  } else if (request_.checksum && client_.sends_checksums()) {
    checksum.location = AWS_SCL_HEADER;
    checksum.checksum_algorithm = AWS_SCA_CRC64NVME;
  }
  aws_s3_meta_request_options options{};
  options.type = AWS_S3_META_REQUEST_TYPE_DEFAULT;
  options.operation_name = to_cursor(request_.operation);
  options.message = message.get();
  if (!request_.body.empty()) options.request_body = to_cursor(request_.body);
  options.checksum_config = request_.checksum ? &checksum : nullptr;
  options.user_data = this;
  options.headers_callback = &Callbacks::on_headers;
  options.body_callback = &Callbacks::on_body;
  options.finish_callback = &Callbacks::on_finish;
  options.shutdown_callback = &Callbacks::on_shutdown;
  options.endpoint = origin.get();

  state_.change([&](State& state) {
    state = {};
    state.response.attempts = attempts_;
    // Under the lock: the request may finish before its pointer is here.
    state.running = aws_s3_client_make_meta_request(s3, &options);
    if (state.running == nullptr) {
      state.over = true;
      state.response.failure = aws_last_error();
    }
  });
}

void S3Exchange::cancel() noexcept {
  AwsPtr<aws_s3_meta_request> running;
  state_.with([&](State& state) {
    if (state.running != nullptr) running.reset(aws_s3_meta_request_acquire(state.running));
  });
  if (running) aws_s3_meta_request_cancel(running.get());
}

bool S3Exchange::is_over() {
  return state_.with([](State& state) { return state.over; });
}

void S3Exchange::let_end(std::chrono::steady_clock::time_point deadline) noexcept {
  state_.wait_until(deadline, [](const State& state) { return state.over; }, [](State&) {});
}

void S3Exchange::await_end() {
  state_.wait([](const State& state) { return state.over; }, [](State&) {});
}

S3Response& S3Exchange::wait() {
  const std::stop_token stop = request_.even_when_stopped ? std::stop_token() : client_.config_.stop;
  Backoff backoff(kFirstBackoff, kMostBackoff);
  for (;;) {
    {
      const std::stop_callback on_stop(request_.awaits_answer ? std::stop_token() : stop, [this] { cancel(); });
      await_end();
    }
    S3Response& response = state_.with([](State& state) -> S3Response& {
      if (state.exception) std::rethrow_exception(state.exception);
      return state.response;
    });
    const std::string what = fmt::format("{} s3://{}/{}", request_.operation, request_.bucket, printable(request_.key));
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, what + ": stopped as asked");
    if (!may_pass(response) || attempts_ >= client_.config_.max_attempts) return response;
    client_.log_.info(fmt::format("{}: {}; attempt {} of {} follows", what, words_of(response), attempts_ + 1,
                                  client_.config_.max_attempts));
    if (!backoff.sleep(stop)) throw Error(ErrorKind::cancelled, what + ": stopped as asked");
    send();
  }
}

S3Response call(S3Client& client, S3Request request) {
  S3Exchange exchange(client, std::move(request));
  return std::move(exchange.wait());
}

}  // namespace penstock
