#include "net/http_post.hpp"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <utility>  // before asio, which in Boost 1.74 uses std::exchange without it

#include "base/check.hpp"
#include "base/text.hpp"

namespace lorahub::net {
namespace {

namespace asio = boost::asio;
using asio::ip::address_v4;
using asio::ip::address_v6;
using asio::ip::tcp;
using boost::system::error_code;

bool is_private_v4(const address_v4& address) {
  const uint32_t bits = address.to_uint();
  const auto within = [bits](uint32_t network, int prefix) {
    return bits >> (32 - prefix) == network >> (32 - prefix);
  };
  return within(0x00000000, 8) || within(0x0a000000, 8) || within(0x64400000, 10) ||
         within(0x7f000000, 8) || within(0xa9fe0000, 16) || within(0xac100000, 12) ||
         within(0xc0000000, 24) || within(0xc0a80000, 16) || within(0xc6120000, 15) ||
         within(0xe0000000, 3);
}

// Addresses that hold one of IPv4 are judged by it.
bool is_private_v6(const address_v6& address) {
  if (address.is_v4_mapped())
    return is_private_v4(asio::ip::make_address_v4(asio::ip::v4_mapped, address));
  const auto bytes = address.to_bytes();
  return (bytes[0] & 0xe0) != 0x20;  // 2000::/3 is what the others can reach
}

bool is_private(const asio::ip::address& address) {
  return address.is_v4() ? is_private_v4(address.to_v4()) : is_private_v6(address.to_v6());
}

// One exchange on a context of its own; each step ends at the deadline.
class Exchange {
 public:
  explicit Exchange(const Post& post)
      : post_(post),
        deadline_(std::chrono::steady_clock::now() + std::chrono::seconds(post.seconds)) {}

  int run() {
    const tcp::endpoint place = resolved();
    if (!post_.url.is_secure) {
      boost::beast::tcp_stream stream(io_);
      connect(stream, place);
      return status(stream, stream);
    }
    asio::ssl::context trusted(asio::ssl::context::tls_client);
    trusted.set_default_verify_paths();
    boost::beast::ssl_stream<boost::beast::tcp_stream> stream(io_, trusted);
    stream.set_verify_mode(asio::ssl::verify_peer);
    stream.set_verify_callback(asio::ssl::host_name_verification(post_.url.host));
    SSL_set_tlsext_host_name(stream.native_handle(), post_.url.host.c_str());
    connect(stream.next_layer(), place);
    step(stream.next_layer(), [&](auto done) {
      stream.async_handshake(asio::ssl::stream_base::client, [done](error_code e) { done(e); });
    });
    return status(stream, stream.next_layer());
  }

 private:
  tcp::endpoint resolved() {
    error_code error;
    const auto found = tcp::resolver(io_).resolve(post_.url.host, post_.url.port, error);
    base::check(!error && !found.empty(), "{} is not known ({})", post_.url.host, error.message());
    for (const auto& one : found)  // a name that stands for both kinds is a trick
      base::check(post_.targets == PostTargets::any || !is_private(one.endpoint().address()),
                  "{} stands for an address of a private network", post_.url.host);
    return found.begin()->endpoint();
  }

  template <class Begin>
  void step(boost::beast::tcp_stream& stream, const Begin& begin) {
    std::optional<error_code> result;
    begin([&result](error_code error) { result = error; });
    io_.restart();
    io_.run_until(deadline_);
    if (!result) {
      stream.close();
      io_.restart();
      io_.run();
      base::fail("{} does not answer", post_.url.authority);
    }
    base::check(!*result, "{} can't be reached ({})", post_.url.authority, result->message());
  }

  void connect(boost::beast::tcp_stream& stream, const tcp::endpoint& place) {
    step(stream, [&](auto done) {
      stream.async_connect(place, [done](error_code error) { done(error); });
    });
  }

  template <class Stream>
  int status(Stream& stream, boost::beast::tcp_stream& lowest) {
    namespace http = boost::beast::http;
    http::request<http::string_body> request(http::verb::post, post_.url.target, 11);
    request.set(http::field::host, post_.url.authority);
    request.set(http::field::user_agent, "lorahub");
    request.set(http::field::connection, "close");
    for (const auto& [name, value] : post_.fields) request.set(name, value);
    request.body() = post_.body;
    request.prepare_payload();
    step(lowest, [&](auto done) {
      http::async_write(stream, request, [done](error_code error, size_t) { done(error); });
    });
    boost::beast::flat_buffer buffer;
    http::response_parser<http::empty_body> parser;
    step(lowest, [&](auto done) {
      http::async_read_header(stream, buffer, parser,
                              [done](error_code error, size_t) { done(error); });
    });
    return parser.get().result_int();
  }

  const Post& post_;
  asio::io_context io_;
  std::chrono::steady_clock::time_point deadline_;
};

bool is_url_text(std::string_view text) {
  return std::ranges::all_of(text, [](char letter) {
    return letter > ' ' && letter < 0x7f &&
           std::string_view("\"<>\\^`{|}#").find(letter) == std::string_view::npos;
  });
}

bool is_port(const std::string& text) {
  return !text.empty() && text.size() <= 5 &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  const std::string lower = base::lower(std::string(text.substr(0, 8)));
  url.is_secure = lower.starts_with("https://");
  if (!url.is_secure && !lower.starts_with("http://")) return std::nullopt;
  if (!is_url_text(text)) return std::nullopt;
  const std::string_view rest = text.substr(url.is_secure ? 8 : 7);
  const size_t end = std::min(rest.find_first_of("/?"), rest.size());
  url.authority = base::lower(std::string(rest.substr(0, end)));
  url.target = end == rest.size() ? "/" : std::string(rest.substr(end));
  if (url.authority.find('@') != std::string::npos || !url.target.starts_with('/'))
    return std::nullopt;
  for (const std::string& segment : base::split(url.target, '/'))
    if (segment == ".." || base::lower(segment).find("%2e") != std::string::npos)
      return std::nullopt;
  const size_t bracket = url.authority.rfind(']'), colon = url.authority.rfind(':');
  const bool has_port =
      colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  url.port = has_port ? url.authority.substr(colon + 1) : url.is_secure ? "443" : "80";
  url.host = url.authority.substr(0, has_port ? colon : std::string::npos);
  if (url.host.starts_with('[') && url.host.ends_with(']'))
    url.host = url.host.substr(1, url.host.size() - 2);
  if (url.host.empty() || !is_port(url.port)) return std::nullopt;
  return url;
}

bool is_private_address(const std::string& text) {
  error_code error;
  const asio::ip::address address = asio::ip::make_address(text, error);
  return error || is_private(address);
}

int http_post(const Post& post) {
  try {
    return Exchange(post).run();
  } catch (const boost::system::system_error& error) {
    base::fail("{} can't be reached ({})", post.url.authority, error.what());
  }
}

}  // namespace lorahub::net
