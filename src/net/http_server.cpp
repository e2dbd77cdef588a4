#include "net/http_server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <system_error>
#include <thread>

#include "base/fault.hpp"
#include "net/connection.hpp"

namespace lorahub::net {
namespace {

using boost::asio::ip::tcp;

constexpr int kThreads = 4, kSlowThreads = 2;
constexpr std::chrono::milliseconds kOutOfDescriptors{100};

tcp::endpoint endpoint(const Address& address) {
  boost::system::error_code error;
  const auto host = boost::asio::ip::make_address(address.host, error);
  base::check(!error, "--host {}: is no address of a network, give one such as 127.0.0.1",
              address.host);
  return {host, address.port};
}

}  // namespace

struct HttpServer::State {
  boost::asio::io_context io, slow;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> slow_goes_on{
      slow.get_executor()};
  tcp::acceptor acceptor{io};
  boost::asio::steady_timer pause{io};
  std::shared_ptr<ConnectionContext> context;
  std::vector<std::thread> threads;

  void listen(const Address& address) {
    const tcp::endpoint place = endpoint(address);
    boost::system::error_code error;
    acceptor.open(place.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(place, error);
    if (!error) acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
    base::check(!error, "{}:{}: can't be listened at ({}), choose another --port", address.host,
                address.port, error.message());
  }

  void accept() {
    acceptor.async_accept(boost::asio::make_strand(io), [this](auto error, tcp::socket socket) {
      if (error == boost::asio::error::operation_aborted) return;
      if (!error) {
        const auto where = socket.get_executor();
        boost::asio::post(where, [socket = std::move(socket), shared = context]() mutable {
          serve_connection(std::move(socket), shared);
        });
        return accept();
      }
      pause.expires_after(kOutOfDescriptors);
      pause.async_wait([this](auto stopped) {
        if (!stopped) accept();
      });
    });
  }

  void start() {
    try {
      for (int i = 0; i < kThreads; ++i) threads.emplace_back([this] { io.run(); });
      for (int i = 0; i < kSlowThreads; ++i) threads.emplace_back([this] { slow.run(); });
    } catch (const std::system_error&) {
      stop();
      throw base::MachineFault(base::cause_of(std::current_exception()).sentence);
    }
  }

  void stop() {
    io.stop();
    slow.stop();
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }
};

HttpServer::HttpServer(const Address& address, const ConnectionLimits& limits, Handlers handlers)
    : state_(std::make_unique<State>()) {
  state_->context = std::make_shared<ConnectionContext>(limits, std::move(handlers), state_->slow);
  state_->listen(address);
  state_->accept();
  state_->start();
}

HttpServer::~HttpServer() { state_->stop(); }

uint16_t HttpServer::port() const { return state_->acceptor.local_endpoint().port(); }

}  // namespace lorahub::net
