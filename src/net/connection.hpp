// One connection of the HTTP server: request after request, until one side closes it.
#pragma once
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <utility>  // before asio, which in Boost 1.74 uses std::exchange without it

#include "net/http_server.hpp"
#include "net/open_connections.hpp"

namespace lorahub::net {

// What all connections of a server share.
struct ConnectionContext {
  ConnectionContext(const ConnectionLimits& its_limits, Handlers its_handlers,
                    boost::asio::io_context& slow_ones)
      : limits(its_limits),
        handlers(std::move(its_handlers)),
        slow(slow_ones),
        open(static_cast<size_t>(limits.connections)) {}
  const ConnectionLimits limits;
  const Handlers handlers;
  boost::asio::io_context& slow;  // whose threads compute slow answers
  OpenConnections open;
  std::atomic<int> large_bodies = 0;  // that are read and answered
};

// Serves the client behind the socket, whose executor is a strand, in the background.
void serve_connection(boost::asio::ip::tcp::socket socket,
                      const std::shared_ptr<ConnectionContext>& context);

}  // namespace lorahub::net
