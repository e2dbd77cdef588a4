#include "net/connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <utility>

#include "base/text.hpp"
#include "net/page_allocator.hpp"
#include "net/target.hpp"

namespace lorahub::net {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Pauses between looks at a response that is not there yet, each longer than the last one by a
// quarter and a millisecond.
constexpr milliseconds kFirstPause{1}, kLongestPause{50};
constexpr milliseconds kNextPiece{200};  // of a stream
constexpr int kKeepAlive = 75;           // pieces of nothing after which a comment is sent: 15 s

std::string text(beast::string_view view) { return {view.data(), view.size()}; }

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, std::shared_ptr<ConnectionContext> context)
      : stream_(std::move(socket)), timer_(stream_.get_executor()), context_(std::move(context)) {}
  ~Connection() {
    context_->open.leave(place_);
    release_body();
  }

  void begin() {
    place_ = context_->open.enter([weak = weak_from_this()] {
      if (const auto self = weak.lock())
        boost::asio::post(self->stream_.get_executor(), [self] { self->close(); });
    });
    read_head();
  }

 private:
  void read_head() {
    release_body();
    parser_.emplace();
    parser_->header_limit(context_->limits.head);
    parser_->body_limit(UINT64_MAX);  // the head decides where the body goes, and its limit
    file_parser_.reset();
    request_ = {};
    stream_.expires_after(seconds(context_->limits.head_seconds));
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](auto error, size_t) { self->head_was_read(error); });
  }

  void head_was_read(beast::error_code error) {
    if (error == http::error::end_of_stream) return close();
    if (error == http::error::header_limit) return refuse(431, "The header is too long.");
    if (error) return is_wrong(error) ? refuse(400, "This is no valid HTTP request.") : close();
    if (!take_head()) return refuse(400, "The address or the header of the request is wrong.");
    std::optional<HttpResponse> response = context_->handlers.refused(request_);
    context_->open.asks(place_, request_.caller);
    if (response) {
      closing_ = closing_ || !parser_->is_done();  // a body that nobody reads may follow
      return send(std::move(*response));
    }
    if (!make_room()) return;
    if (beast::iequals(request_.field("expect"), "100-continue")) return ask_for_body();
    read_body();
  }

  // Errors of the parser are the client's; those of the socket need no answer.
  static bool is_wrong(beast::error_code error) {
    return error.category() == http::make_error_code(http::error::bad_target).category();
  }

  bool take_head() {
    const auto& head = parser_->get();
    closing_ = !head.keep_alive();
    request_.method = text(head.method_string());
    const std::optional<ParsedTarget> target = parse_target(text(head.target()));
    if (!target) return false;
    request_.path = target->path;
    request_.query = target->query;
    int count = 0;
    for (const auto& field : head) {
      std::string name = base::lower(text(field.name_string()));
      if (++count > context_->limits.fields) return false;
      if (!request_.fields.emplace(name, text(field.value())).second && is_single(name))
        return false;
    }
    return true;
  }

  // Of which a second value would be a trick.
  static bool is_single(const std::string& name) {
    return name == "host" || name == "authorization" || name == "origin" ||
           name == "content-type" || name == "content-length";
  }

  // Prepares for the body, in memory or in a file. False where it is refused.
  bool make_room() {
    const std::optional<BodyFile> place =
        context_->handlers.spool ? context_->handlers.spool(request_) : std::nullopt;
    const uint64_t most = place ? place->most : context_->limits.body;
    if (const auto length = parser_->content_length(); length && *length > most) {
      refuse(413, "The body is too long.");
      return false;
    }
    if (!hold_body()) {
      refuse(503, "Too many large bodies are sent at the same time, try again in a minute.");
      return false;
    }
    if (!place) {
      parser_->body_limit(most);
      return true;
    }
    beast::error_code error;
    file_parser_.emplace(std::move(*parser_));
    file_parser_->body_limit(most);
    file_parser_->get().body().open(place->file.c_str(), beast::file_mode::write_new, error);
    if (error) {
      refuse(507, "The service can't write to its disk, tell whoever runs it.");
      return false;
    }
    request_.spooled = std::make_shared<const SpooledBody>(place->file);
    return true;
  }

  // Whether there is room for the body. So what all connections hold together is bounded.
  bool hold_body() {
    const auto& limits = context_->limits;
    const auto length = parser_->content_length();
    if (parser_->is_done() || (length && *length <= limits.small_body)) return true;
    is_large_ = true;
    return ++context_->large_bodies <= limits.large_bodies;
  }

  void release_body() {
    if (is_large_) --context_->large_bodies;
    is_large_ = false;
  }

  void ask_for_body() {
    const auto words = std::make_shared<std::string>("HTTP/1.1 100 Continue\r\n\r\n");
    boost::asio::async_write(stream_, boost::asio::buffer(*words),
                             [self = shared_from_this(), words](auto error, size_t) {
                               if (error) return self->close();
                               self->read_body();
                             });
  }

  void read_body() {
    if (file_parser_) return read_piece();
    stream_.expires_after(seconds(context_->limits.body_seconds));
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](auto error, size_t) {
      self->body_was_read(error);
    });
  }

  // Of a body that goes to a file, and may take as long as pieces of it come.
  void read_piece() {
    if (file_parser_->is_done()) {
      file_parser_->get().body().close();
      return answer();
    }
    stream_.expires_after(seconds(context_->limits.body_seconds));
    http::async_read_some(stream_, buffer_, *file_parser_,
                          [self = shared_from_this()](auto error, size_t) {
                            if (error == boost::system::errc::no_space_on_device)
                              return self->refuse(507, "The service's disk is full.");
                            if (error) return self->body_was_read(error);
                            self->read_piece();
                          });
  }

  void body_was_read(beast::error_code error) {
    if (error == http::error::body_limit) return refuse(413, "The body is too long.");
    if (error) return is_wrong(error) ? refuse(400, "This is no valid HTTP request.") : close();
    const auto& body = parser_->get().body();
    request_.body.assign(body.data(), body.size());
    parser_.reset();
    answer();
  }

  void refuse(int status, std::string_view sentence) {
    closing_ = true;
    parser_.reset();
    send(refusal(status, sentence));
  }

  // A slow answer is made by another thread from a request that is its own: this connection may be
  // closed meanwhile.
  void answer() {
    const auto request = std::make_shared<HttpRequest>(std::move(request_));
    request_ = {};
    request_.method = request->method;
    const auto& handlers = context_->handlers;
    if (!handlers.is_slow || !handlers.is_slow(*request)) return send(made(*request));
    stream_.expires_never();
    boost::asio::post(context_->slow, [self = shared_from_this(), request] {
      const auto response = std::make_shared<HttpResponse>(self->made(*request));
      boost::asio::post(self->stream_.get_executor(),
                        [self, response] { self->send(std::move(*response)); });
    });
  }

  // What the handler throws is a fault of the program, of which a client learns nothing.
  HttpResponse made(const HttpRequest& request) const {
    try {
      return context_->handlers.answer(request);
    } catch (...) {
      return refusal(500, "The service could not answer this request.");
    }
  }

  void send(HttpResponse response) {
    if (response.later) {
      later_ = std::move(response.later);
      pause_ = kFirstPause;
      return look_again();
    }
    response_ = std::move(response);
    if (response_.stream && request_.method != "HEAD") return begin_stream();
    message_.emplace();
    message_->result(static_cast<unsigned>(response_.status));
    fill(*message_);
    const std::string_view content = response_.content();
    message_->content_length(content.size());
    if (request_.method != "HEAD") message_->body() = {content.data(), content.size()};
    writer_.emplace(*message_);
    write_piece();
  }

  template <class Message>
  void fill(Message& message) const {
    message.version(11);
    message.keep_alive(!closing_);
    if (!response_.type.empty()) message.set(http::field::content_type, response_.type);
    for (const auto& [name, value] : response_.fields) message.set(name, value);
  }

  // A response may take as long as the client goes on reading it.
  void write_piece() {
    stream_.expires_after(seconds(context_->limits.body_seconds));
    http::async_write_some(stream_, *writer_, [self = shared_from_this()](auto error, size_t) {
      if (error) return self->close();
      if (!self->writer_->is_done()) return self->write_piece();
      self->response_ = {};  // which may be large
      if (self->closing_) return self->close();
      self->read_head();
    });
  }

  void look_again() {
    stream_.expires_never();
    wait(std::exchange(pause_, std::min(pause_ + pause_ / 4 + kFirstPause, kLongestPause)), [this] {
      std::optional<HttpResponse> response;
      try {
        response = later_();
      } catch (...) {
        response = refusal(500, "The service could not answer this request.");
      }
      if (response) return send(std::move(*response));
      if (is_gone()) return close();
      look_again();
    });
  }

  // Whether the client has closed its side, and waits no longer.
  bool is_gone() {
    char next = 0;
    return ::recv(stream_.socket().native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
  }

  template <class Then>
  void wait(milliseconds time, Then then) {
    timer_.expires_after(time);
    timer_.async_wait([self = shared_from_this(), then](auto error) {
      if (!error && self->stream_.socket().is_open()) then();
    });
  }

  void begin_stream() {
    closing_ = true;
    head_.emplace();
    head_->result(static_cast<unsigned>(response_.status));
    fill(*head_);
    head_->chunked(true);
    serializer_.emplace(*head_);
    stream_.expires_after(seconds(context_->limits.body_seconds));
    http::async_write_header(stream_, *serializer_,
                             [self = shared_from_this()](auto error, size_t) {
                               if (error) return self->close();
                               self->next_piece();
                             });
  }

  void next_piece() {
    Chunk chunk;
    try {
      chunk = response_.stream();
    } catch (...) {
      return close();
    }
    if (chunk.bytes.empty() && !chunk.last && ++nothing_ >= kKeepAlive) chunk.bytes = ": \n\n";
    if (chunk.bytes.empty())
      return chunk.last ? end_stream() : wait(kNextPiece, [this] { next_piece(); });
    nothing_ = 0;
    piece_ = std::move(chunk);
    stream_.expires_after(seconds(context_->limits.body_seconds));
    boost::asio::async_write(stream_, http::make_chunk(boost::asio::buffer(piece_.bytes)),
                             [self = shared_from_this()](auto error, size_t) {
                               if (error) return self->close();
                               if (self->piece_.last) return self->end_stream();
                               self->wait(kNextPiece, [raw = self.get()] { raw->next_piece(); });
                             });
  }

  void end_stream() {
    boost::asio::async_write(stream_, http::make_chunk_last(),
                             [self = shared_from_this()](auto, size_t) { self->close(); });
  }

  void close() {
    request_.spooled.reset();
    beast::error_code ignored;
    stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    stream_.close();
  }

  beast::tcp_stream stream_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<ConnectionContext> context_;
  uint64_t place_ = 0;  // among the open connections
  beast::flat_buffer buffer_;
  using Body = http::basic_string_body<char, std::char_traits<char>, PageAllocator<char>>;
  std::optional<http::request_parser<Body>> parser_;
  std::optional<http::request_parser<http::file_body>> file_parser_;  // once a body goes to a file
  HttpRequest request_;
  HttpResponse response_;
  std::function<std::optional<HttpResponse>()> later_;
  milliseconds pause_{};  // before the next look
  std::optional<http::response<http::span_body<const char>>> message_;
  std::optional<http::response_serializer<http::span_body<const char>>> writer_;  // of the message
  std::optional<http::response<http::empty_body>> head_;
  std::optional<http::response_serializer<http::empty_body>> serializer_;
  Chunk piece_;
  int nothing_ = 0;
  bool closing_ = false;
  bool is_large_ = false;  // the body
};

}  // namespace

void serve_connection(boost::asio::ip::tcp::socket socket,
                      const std::shared_ptr<ConnectionContext>& context) {
  std::make_shared<Connection>(std::move(socket), context)->begin();
}

}  // namespace lorahub::net
