// An HTTP server of the tests' own: what it answers, and how badly, is a function.
//
// Threads: the function is called from a thread for each connection, and has to stand that.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/guarded.h"

namespace penstock {

struct HttpRequest {
  std::string method;
  std::string path;                            // still encoded, without the query
  std::map<std::string, std::string> query;    // decoded
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  [[nodiscard]] bool asks(const std::string& name) const { return query.contains(name); }
  [[nodiscard]] std::string header(const std::string& name) const;  // empty: absent
};

struct HttpReply {
  enum class Delivery {
    whole,
    dropped,    // nothing is sent; the connection closes
    truncated,  // half of the body, then the connection closes
    stalled,    // the headers, then nothing more, and the connection stays
  };
  int status = 200;
  std::map<std::string, std::string> headers{};
  std::string body{};
  Delivery delivery = Delivery::whole;
};

class ScriptedServer {
 public:
  using Script = std::function<HttpReply(const HttpRequest&)>;
  explicit ScriptedServer(Script script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] const std::string& url() const noexcept { return url_; }  // http://127.0.0.1:port
  [[nodiscard]] std::vector<HttpRequest> requests() const;                // so far, without their bodies

 private:
  struct Connection {
    int fd;
    std::jthread thread;
  };
  void accept_all();
  void serve(int fd);

  const Script script_;
  std::string url_;
  int listening_ = -1;
  mutable Guarded<std::vector<HttpRequest>> requests_;
  Guarded<std::list<Connection>> connections_;
  Guarded<bool> ending_;
  std::jthread accepting_;
};

}  // namespace penstock
