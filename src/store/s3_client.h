// Requests to S3 and their answers, over the CRT's S3 client: connections, signing, checksums are its; what is sent,
// what is retried and what an answer means is ours.
//
// Threads:  an S3Client is used from any; an S3Exchange, from one.
// Lifetime: the client outlives its exchanges.
// Errors:   wait() throws cancelled; everything else that S3 or the network says is in the S3Response.
#pragma once

#include <aws/io/retry_strategy.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/guarded.h"
#include "penstock/log.h"
#include "penstock/store.h"
#include "store/aws_library.h"
#include "store/s3_address.h"

struct aws_http_headers;
struct aws_s3_client;
struct aws_s3_meta_request_result;

namespace penstock {

struct S3Request {
  const char* operation = "";  // S3's name for it: GetObject
  const char* method = "";
  std::string bucket;
  std::string key{};
  Query query{};
  std::map<std::string, std::string> headers{};
  std::string body{};
  bool checksum = false;  // of what is sent (PutObject, UploadPart), or of what comes (GetObject of a whole object)
  bool even_when_stopped = false;  // for what tidies up
  // Once it is sent, its answer is waited for, stopped or not: who gives up a request that makes something appear can't
  // take it away any more, as it may appear later.
  bool awaits_answer = false;
};

struct S3Response {
  int status = 0;   // of HTTP; 0: there is no answer, see failure
  int failure = 0;  // the CRT's error code, where the answer is missing, unfinished, or one that should be retried
  bool is_error = false;  // S3 says so; also with status 200, which it may send before it knows
  int attempts = 0;       // made; more than 1: an earlier one may have been carried out, though its answer was lost
  std::map<std::string, std::string> headers{};  // names in lower case
  std::string body{};

  [[nodiscard]] bool is_success() const noexcept { return failure == 0 && !is_error; }
  [[nodiscard]] std::string header(const std::string& name) const;  // empty: absent
};

class S3Client {
 public:
  S3Client(const S3Config& config, Log& log);
  ~S3Client();
  S3Client(const S3Client&) = delete;
  S3Client& operator=(const S3Client&) = delete;

  [[nodiscard]] const S3Config& config() const noexcept { return config_; }
  [[nodiscard]] const S3Addresses& addresses() const noexcept { return addresses_; }
  [[nodiscard]] Log& log() const noexcept { return log_; }

  // The bytes in flight over all transfers. A transfer may always have one part more, so that none waits for another.
  bool take_memory(std::size_t bytes) noexcept;
  void return_memory(std::size_t bytes) noexcept;

  // Servers that don't know CRC64NVME get no checksums once one has refused it.
  [[nodiscard]] bool sends_checksums() const noexcept { return sends_checksums_; }
  void stop_sending_checksums() noexcept { sends_checksums_ = false; }

 private:
  friend class S3Exchange;
  aws_s3_client* started();  // connects nothing yet; made at the first request, as it costs some milliseconds

  // Retries are ours (S3Exchange::wait), so each request to the CRT is one attempt.
  struct OneAttempt {
    OneAttempt();
    aws_retry_strategy strategy{};
    aws_retry_token token{};
  };

  const S3Config config_;
  const S3Addresses addresses_;
  Log& log_;
  AwsLibrary library_;
  OneAttempt one_attempt_;
  std::mutex starting_;
  std::optional<AwsNetwork> network_;
  AwsPtr<aws_credentials_provider> credentials_;
  aws_s3_client* client_ = nullptr;
  Guarded<bool> shut_down_;
  std::atomic<std::size_t> memory_taken_ = 0;
  std::atomic<bool> sends_checksums_ = true;
};

// One request, on its way from construction on. Destruction cancels it.
class S3Exchange {
 public:
  S3Exchange(S3Client& client, S3Request request);
  ~S3Exchange();
  S3Exchange(const S3Exchange&) = delete;
  S3Exchange& operator=(const S3Exchange&) = delete;

  // The answer, after retries of what may pass; what it says is the caller's to judge.
  S3Response& wait();
  // Whether wait() would return at once.
  [[nodiscard]] bool is_over();
  // Waits, but no longer than this, until there is an answer, whatever it says.
  void let_end(std::chrono::steady_clock::time_point deadline) noexcept;

 private:
  struct State {
    bool over = false;
    aws_s3_meta_request* running = nullptr;
    S3Response response;
    std::exception_ptr exception;  // thrown inside a callback
  };
  struct Callbacks;

  void send();
  void await_end();
  void cancel() noexcept;

  S3Client& client_;
  const S3Request request_;
  int attempts_ = 0;
  Guarded<State> state_;
};

// Sends it and waits.
S3Response call(S3Client& client, S3Request request);

}  // namespace penstock
