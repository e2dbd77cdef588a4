// An HTTP/1.1 server for one process, on Boost.Beast: it bounds what a client may make it hold, and
// gives whole requests to a handler.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/message.hpp"

namespace lorahub::net {

struct Address {
  std::string host = "127.0.0.1";  // an address of this machine, no name
  uint16_t port = 8000;            // 0: a free one
};

struct ConnectionLimits {
  uint32_t head = 8192;           // bytes of a request's line and fields
  int fields = 100;               // of a header
  uint64_t body = 16 << 20;       // bytes
  uint64_t small_body = 1 << 20;  // bytes; a body is large where it has more, or does not say its
                                  // length
  int large_bodies = 16;          // that are read and answered at the same time, at most
  int connections = 256;  // at the same time; a further one closes the oldest one of whoever
                          // holds the most
  int head_seconds = 10;  // for a head, from its first wait on
  int body_seconds = 60;  // for a body, for the next piece of one that goes to a file, and for
                          // the next piece of a response
};

// Where a body is written that is too large to be held in memory.
struct BodyFile {
  base::Path file;    // a new one, in a folder that is there
  uint64_t most = 0;  // bytes
};

struct Handlers {
  // The refusal of a request by its head, before its body is read; it may name the caller.
  std::function<std::optional<HttpResponse>(HttpRequest& head)> refused;
  // Whether the body of such a request goes to a file; nothing: it is held, and no longer than
  // `ConnectionLimits::body`.
  std::function<std::optional<BodyFile>(const HttpRequest& head)> spool = {};
  // Whether the answer to a request may take long. Such answers are computed by threads of their
  // own, so that the other requests are answered at once.
  std::function<bool(const HttpRequest&)> is_slow = {};
  // Answers a whole request; several threads call it. What it throws becomes a 500 without words.
  std::function<HttpResponse(const HttpRequest&)> answer;
};

class HttpServer {
 public:
  // Listens from now on. Error where the address is in use or is none of this machine's.
  // MachineFault where no thread can be made.
  HttpServer(const Address& address, const ConnectionLimits& limits, Handlers handlers);
  ~HttpServer();  // closes all connections
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  uint16_t port() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lorahub::net
