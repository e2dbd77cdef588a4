// One connection of the HTTP server: request after request, until one side closes it.
#pragma once
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <utility>  // before asio, which in Boost 1.74 uses std::exchange without it

#include "net/http_server.hpp"

namespace lorahub::net {

// What all connections of a server share.
struct ConnectionContext {
  ConnectionLimits limits;
  Handlers handlers;
  std::atomic<int> open = 0;  // connections
};

// Serves the client behind the socket, whose executor is a strand, in the background.
void serve_connection(boost::asio::ip::tcp::socket socket,
                      const std::shared_ptr<ConnectionContext>& context);

}  // namespace lorahub::net
