// S3's answers, out of memory: for keys that versitygw can't hold, and as the healthy part of a server that is not.
// It knows the operations that our client sends and no signature.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "base/guarded.h"
#include "penstock/store.h"
#include "store/scripted_server.h"

namespace penstock {

class FakeS3 {
 public:
  HttpReply answer(const HttpRequest& request);
  [[nodiscard]] Buckets& buckets() noexcept { return *buckets_; }  // what it holds, past all HTTP

  static HttpReply error(int status, std::string_view code, std::string_view message = "as scripted");

 private:
  struct Upload {
    std::string bucket;
    std::string key;
    std::map<std::string, std::string> metadata;
    std::map<int, std::string> parts;
  };
  struct Call {
    const HttpRequest& request;
    std::string bucket;
    std::string key;
  };

  HttpReply dispatch(const Call& call);
  HttpReply list(const Call& call);
  HttpReply list_uploads(const Call& call);
  HttpReply get(const Call& call);
  HttpReply put(const Call& call);
  HttpReply copy(const Call& call);
  HttpReply remove(const Call& call);
  HttpReply remove_batch(const Call& call);
  HttpReply begin(const Call& call);
  HttpReply put_part(const Call& call);
  HttpReply complete(const Call& call);
  HttpReply abort(const Call& call);

  std::unique_ptr<Buckets> buckets_ = open_memory();
  Guarded<std::map<std::string, Upload>> uploads_;
  std::atomic<int> last_upload_ = 0;
};

}  // namespace penstock
