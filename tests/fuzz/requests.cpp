// What clients of the service send: whole connections, inputs of jobs, and commits of modules.
#include <sys/socket.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cstdlib>

#include "base/files.hpp"
#include "net/byte_range.hpp"
#include "net/connection.hpp"
#include "net/guard.hpp"
#include "net/router.hpp"
#include "serve/commit_lines.hpp"
#include "serve/hub_answers.hpp"
#include "serve/infer_input.hpp"
#include "targets.hpp"

namespace lorahub::fuzz {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace fs = std::filesystem;
using net::HttpRequest;
using net::HttpResponse;
using net::Places;

// A model and two libraries of one module each; `open` takes modules of others.
const serve::Catalog& catalog() {
  static const serve::Catalog made = [] {
    const fs::path folder = scratch() / "catalog";
    for (const char* name : {"model", "library/a", "open/b"}) fs::create_directories(folder / name);
    put(folder / "model" / "config.json", R"({"model_type": "t5"})");
    put(folder / "model" / "model.safetensors", "weights");
    for (const char* name : {"library/a", "open/b"}) {
      put(folder / name / "adapter_config.json", R"({"peft_type": "LORA", "r": 4})");
      put(folder / name / "adapter_model.safetensors", "weights");
    }
    return serve::Catalog({{"model", folder / "model"}},
                          {{"library", folder / "library"}, {"open", folder / "open"}}, {"open"});
  }();
  return made;
}

// An input that is told again is the same one, and its command is one line.
template <class Input>
void use(const Input& input, Input (*read)(const std::string&, const serve::Catalog&)) {
  const std::string told = as_json(input);
  if (as_json(read(told, catalog())) != told) std::abort();
  if (command_line(input, catalog()).find('\n') != std::string::npos) std::abort();
}

// No handler sees a segment that leaves its folder, or a control character.
void check_address(const HttpRequest& request) {
  const std::string path = request.path + "/";
  const bool leaves = !path.starts_with('/') || path.find("/../") != std::string::npos ||
                      path.find("/./") != std::string::npos || path.find('\\') != std::string::npos;
  if (leaves || path.find_first_of(std::string_view("\0\r\n", 3)) != std::string::npos)
    std::abort();
}

HttpResponse take_input(const HttpRequest& request, const Places&) {
  return serve::answered_or_refused([&]() -> HttpResponse {
    const serve::RequestObject body(request);
    if (!body.text("origin").empty()) return {.body = body.list("input")};
    service_input(request.body);
    return {};
  });
}

HttpResponse take_commit(const HttpRequest& request, const Places& places) {
  return serve::answered_or_refused([&]() -> HttpResponse {
    serve::open_place(catalog(), places[0], places[1]);
    commit(base::read_file(request.spooled->file()));
    return {.body = serve::module_address(request, places[0] + "/" + places[1])};
  });
}

HttpResponse give_part(const HttpRequest& request, const Places&) {
  return net::ranged(request, {.type = "text/plain", .body = "0123456789"});
}

net::Handlers handlers() {
  static const net::GuardRules rules{
      .hosts = {"localhost", "[::1]"}, .tokens = {{"admin", "secret"}}, .open = {"/"}};
  static const net::Router router = [] {
    net::Router made;
    made.add({.method = "GET", .pattern = "/", .handler = give_part});
    made.add({.method = "GET", .pattern = "/files/{file}", .handler = give_part});
    made.add({.method = "POST", .pattern = "/predictions", .handler = take_input});
    made.add({.method = "POST", .pattern = "/commit/{library}/{module}", .handler = take_commit});
    return made;
  }();
  return {.refused = [](HttpRequest& head) { return net::refused(head, rules); },
          .spool = [](const HttpRequest& head) -> std::optional<net::BodyFile> {
            if (!head.path.starts_with("/commit/")) return std::nullopt;
            fs::remove(scratch() / "body");
            return net::BodyFile{.file = base::Path(scratch() / "body"), .most = 1 << 20};
          },
          .answer =
              [](const HttpRequest& request) {
                check_address(request);
                return router.answer(request);
              }};
}

// What the server answers to these bytes until it closes the connection.
std::string answers_to(const std::string& bytes) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) std::abort();
  asio::io_context io;
  const auto context = std::make_shared<net::ConnectionContext>(
      net::ConnectionLimits(), handlers(), /*slow_ones=*/io);  // none of these is slow
  net::serve_connection({io, asio::ip::tcp::v4(), ends[0]}, context);
  asio::local::stream_protocol::socket client(io, asio::local::stream_protocol(), ends[1]);
  std::string answers;
  asio::async_write(client, asio::buffer(bytes), [&](auto, size_t) {
    boost::system::error_code closed;
    client.shutdown(asio::socket_base::shutdown_send, closed);
  });
  asio::async_read(client, asio::dynamic_buffer(answers), [](auto, size_t) {});
  io.run();
  return answers;
}

// The body of the first answer that is a refusal; "": none is. Nothing that a client sends makes
// an answer that is no answer, or a fault of the service.
std::string refusal_in(std::string_view answers) {
  while (!answers.empty()) {
    http::response_parser<http::string_body> parser;
    parser.eager(true);
    boost::beast::error_code error;
    answers.remove_prefix(parser.put(asio::buffer(answers), error));
    if (error || !parser.is_done() || parser.get().result_int() >= 500) std::abort();
    if (parser.get().result_int() >= 400) return parser.get().body();
  }
  return "";
}

}  // namespace

void http_request(const std::string& bytes) {
  const std::string answers = answers_to(bytes);
  base::check(!answers.empty(), "the connection is closed without an answer");
  if (bytes.find("HEAD") != std::string::npos) return;  // answers without their bodies
  const std::string refusal = refusal_in(answers);
  base::check(refusal.empty(), "{}", refusal);
}

void service_input(const std::string& bytes) {
  if (serve::asks_for_answers(bytes))
    use(serve::read_infer_input(bytes, catalog()), serve::read_infer_input);
  else
    use(serve::read_adapt_input(bytes, catalog()), serve::read_adapt_input);
}

void commit(const std::string& bytes) {
  size_t held = 0;
  serve::read_commit(
      bytes, {.write = [&](const auto&, const std::string& content) { held += content.size(); },
              .remove = [](const auto&) {}});
  if (held > bytes.size()) std::abort();
}

}  // namespace lorahub::fuzz
