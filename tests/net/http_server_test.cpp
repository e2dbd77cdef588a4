#include "net/http_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"
#include "net/raw_client.hpp"

namespace lorahub::net {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr uint64_t kBody = 1000;
constexpr size_t kLarge = 64 << 20;  // more than sockets hold

// Says what it was sent.
HttpResponse echo(const HttpRequest& request) {
  if (request.path == "/bug") throw std::runtime_error("a secret of the program");
  if (request.path == "/later") {
    HttpResponse response;
    response.later = [left = 3]() mutable -> std::optional<HttpResponse> {
      if (--left > 0) return std::nullopt;
      return HttpResponse{.body = "at last"};
    };
    return response;
  }
  if (request.path == "/large") return {.body = std::string(kLarge, 'x')};
  if (request.path == "/stream") {
    HttpResponse response{.type = "text/event-stream"};
    response.stream = [count = 0]() mutable {
      ++count;
      return Chunk{.bytes = count < 3 ? base::format("data: {}\n\n", count) : "",
                   .last = count == 3};
    };
    return response;
  }
  return {.type = "text/plain",
          .body = base::format("{} {} {} {}", request.method, request.path, request.field("x-name"),
                               request.body.size())};
}

class Server : public testing::Test {
 protected:
  static std::optional<HttpResponse> admit(const HttpRequest& head) {
    if (head.path == "/closed") return refusal(401, "Not you.");
    return std::nullopt;
  }
  HttpServer server_{{.host = "127.0.0.1", .port = 0},
                     {.body = kBody,
                      .small_body = kBody / 2,
                      .large_bodies = 2,
                      .connections = 8,
                      .head_seconds = 1,
                      .body_seconds = 2},
                     {.refused = admit, .answer = echo}};
  std::string ask(const std::string& bytes) const { return reply(server_.port(), bytes); }
};

using Clients = std::vector<std::unique_ptr<RawClient>>;

Clients connected(int count, uint16_t port) {
  Clients clients;
  for (int i = 0; i < count; ++i) clients.push_back(std::make_unique<RawClient>(port));
  return clients;
}

TEST_F(Server, AnswersOneRequestAfterAnotherOnAConnection) {
  const std::string text =
      ask("GET /a%20b?x=1 HTTP/1.1\r\nHost: h\r\nX-Name: v\r\n\r\n"
          "POST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(text, HasSubstr("GET /a b v 0"));
  EXPECT_THAT(text, HasSubstr("POST /c  3"));
}

TEST_F(Server, HeadHasTheLengthAndNoBody) {
  const std::string text = ask("HEAD /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(text, HasSubstr("Content-Length: 10\r\n"));
  EXPECT_THAT(text, testing::EndsWith("\r\n\r\n"));
}

TEST_F(Server, AsksForABodyThatWaitsForIt) {
  RawClient client(server_.port());
  client.send(
      "POST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n"
      "Connection: close\r\n\r\n");
  EXPECT_THAT(client.read("\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue"));
  client.send("abc");
  EXPECT_THAT(client.read(), HasSubstr("POST /c  3"));
}

TEST_F(Server, RefusesByTheHeadBeforeABodyIsRead) {
  const std::string text = ask("POST /closed HTTP/1.1\r\nHost: h\r\nContent-Length: 900\r\n\r\n");
  EXPECT_THAT(text, StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(text, HasSubstr(R"({"detail":"Not you."})"));
}

// What other servers took, and held in memory or understood in two ways.
TEST_F(Server, RefusesWhatNoHonestClientSends) {
  const std::string head = "POST /c HTTP/1.1\r\nHost: h\r\n";
  const std::vector<std::pair<std::string, std::string>> tries{
      {head + "Content-Length: 1001\r\n\r\n", "413"},
      {head + "X: " + std::string(9000, 'x') + "\r\n\r\n", "431"},
      {head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
       "400"},
      {head + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "400"},
      {head + "Content-Length: -3\r\n\r\nabc", "400"},
      {head + "Host: other\r\n\r\n", "400"},
      {head + "Transfer-Encoding: chunked\r\n\r\n-2\r\nab\r\n0\r\n\r\n", "400"},
      {"GET /../etc/passwd HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"GET /%2e%2e/x HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"\x16\x03\x01 TLS\r\n\r\n", "400"},
      {"GET / HTTP/9.9\r\n\r\n", "400"}};
  for (const auto& [bytes, status] : tries)
    EXPECT_THAT(ask(bytes), StartsWith("HTTP/1.1 " + status)) << bytes.substr(0, 120);
  std::string many = "GET /a HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 101; ++i) many += base::format("X{}: 1\r\n", i);
  EXPECT_THAT(ask(many + "\r\n"), StartsWith("HTTP/1.1 400"));
}

// A body without end, in chunks: it is refused at its limit, not held.
TEST_F(Server, StopsReadingAtTheLimitOfABody) {
  RawClient client(server_.port());
  client.send("POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "400\r\n" + std::string(1024, 'x') + "\r\n";
  size_t sent = 0;
  while (sent < (200 << 20) && client.send(chunk)) sent += chunk.size();
  EXPECT_LT(sent, size_t{20} << 20);
}

TEST_F(Server, HoldsSoManyLargeBodiesAtMost) {
  const std::string large = "POST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 600\r\n\r\n";
  const std::string unknown = "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  RawClient first(server_.port()), second(server_.port());
  first.send(large + "x");
  second.send(unknown + "1\r\nx\r\n");
  const auto is_refused = [&] {
    return ask(large + std::string(600, 'x')).starts_with("HTTP/1.1 503");
  };
  while (!is_refused()) {
  }
  EXPECT_THAT(
      ask("POST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\nConnection: close\r\n\r\n" +
          std::string(500, 'x')),
      HasSubstr("POST /c  500"));
  second.send("0\r\n\r\n");
  EXPECT_THAT(second.read("POST /c  1"), HasSubstr("POST /c  1"));
  const std::string last =
      "POST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 600\r\nConnection: close\r\n\r\n";
  while (ask(last + std::string(600, 'x')).find("POST /c  600") == std::string::npos) {
  }
}

TEST_F(Server, HeadOfAStreamHasNoBody) {
  const std::string text = ask("HEAD /stream HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(text, HasSubstr("Content-Length: 0\r\n"));
  EXPECT_THAT(text, testing::EndsWith("\r\n\r\n"));
}

TEST_F(Server, SlowAnswersKeepNoOtherWaiting) {
  std::promise<void> opened;
  const std::shared_future<void> open = opened.get_future().share();
  const HttpServer server(
      {.host = "127.0.0.1", .port = 0}, {},
      {.refused = admit,
       .is_slow = [](const HttpRequest& request) { return request.path == "/slow"; },
       .answer =
           [&](const HttpRequest& request) {
             if (request.path == "/slow") open.wait();
             return echo(request);
           }});
  Clients slow = connected(20, server.port());
  for (const auto& client : slow) client->send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  for (int i = 0; i < 20; ++i)
    EXPECT_THAT(reply(server.port(), "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
                HasSubstr("GET /a"));
  slow.resize(15);  // others are closed in the middle of it
  opened.set_value();
  for (const auto& client : slow) EXPECT_THAT(client->read("GET /slow"), HasSubstr("GET /slow"));
}

TEST_F(Server, ASlowHeadIsNotWaitedForLong) {
  RawClient client(server_.port());
  client.send("GET /a HTTP/1.1\r\n");
  EXPECT_EQ(client.read(), "");  // closed after the second that a head may take
}

TEST_F(Server, HoldsSoManyConnectionsAtMost) {
  const Clients clients = connected(40, server_.port());
  int open = 0;
  for (const bool all_have_come : {false, true})
    for (const auto& client : clients) {
      client->send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
      if (!client->read("GET /a").empty() && all_have_come) ++open;
    }
  EXPECT_GT(open, 0);
  EXPECT_LE(open, 8);
}

TEST_F(Server, ConnectionsThatKeepItWaitingKeepNobodyOut) {
  const std::string whole = "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  const Clients silent = connected(40, server_.port());
  EXPECT_THAT(ask(whole), StartsWith("HTTP/1.1 200"));
  const Clients slow = connected(40, server_.port());
  for (const auto& client : slow) client->send("GET /a HTTP/1.1\r\n");
  EXPECT_THAT(ask(whole), StartsWith("HTTP/1.1 200"));
  const Clients deaf = connected(40, server_.port());
  for (const auto& client : deaf) client->send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(ask(whole), StartsWith("HTTP/1.1 200"));
}

TEST_F(Server, AResponseMayTakeAsLongAsItIsRead) {
  RawClient client(server_.port());
  client.send("GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  size_t read = 0;
  for (int part = 0; part < 8; ++part) {  // in 3.2 s, of which a piece may take 2
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    read += client.read_bytes(kLarge / 8);
  }
  EXPECT_GT(read + client.read().size(), kLarge);  // and a head
}

TEST_F(Server, WaitsForAResponseThatComesLater) {
  EXPECT_THAT(ask("GET /later HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              HasSubstr("at last"));
}

// It is looked at three times, at first soon; the least of five is free of what else runs here.
TEST_F(Server, AResponseThatComesSoonIsNotWaitedForLong) {
  double least = 1e9;
  for (int i = 0; i < 5; ++i) {
    const base::Stopwatch clock;
    ask("GET /later HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    least = std::min(least, clock.seconds());
  }
  EXPECT_LT(least, 0.1);
}

TEST_F(Server, StreamsPieceByPiece) {
  const std::string text = ask("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(text, HasSubstr("Transfer-Encoding: chunked"));
  EXPECT_LT(text.find("data: 1"), text.find("data: 2"));
  EXPECT_THAT(text, testing::EndsWith("0\r\n\r\n"));
}

TEST_F(Server, ABugTellsAClientNothing) {
  const std::string text = ask("GET /bug HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(text, StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(text, Not(HasSubstr("secret")));
}

TEST_F(Server, AnAddressInUseOrOfNobodyIsSaid) {
  const Handlers handlers{.refused = admit, .answer = echo};
  EXPECT_THROW(HttpServer({.host = "127.0.0.1", .port = server_.port()}, {}, handlers),
               base::Error);
  EXPECT_THROW(HttpServer({.host = "nowhere", .port = 0}, {}, handlers), base::Error);
}

// Large bodies go to files, which are there as long as a request is answered.
class SpoolingServer : public testing::Test {
 protected:
  SpoolingServer() { std::filesystem::create_directories(folder_); }
  ~SpoolingServer() override { std::filesystem::remove_all(folder_); }
  static HttpResponse tell(const HttpRequest& request) {
    if (!request.spooled) return {.body = "held " + std::to_string(request.body.size())};
    const std::string bytes = base::read_file(request.spooled->file());
    return {.body = base::format("file of {}, {}", bytes.size(), bytes.substr(0, 6))};
  }
  size_t files() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / base::format("lorahub_spool_{}", ::getpid());
  std::atomic<int> count_ = 0;
  HttpServer server_{{.host = "127.0.0.1", .port = 0},
                     {.body = kBody, .body_seconds = 2},
                     {.refused = [](const HttpRequest&) { return std::nullopt; },
                      .spool = [this](const HttpRequest& head) -> std::optional<BodyFile> {
                        if (head.path != "/large") return std::nullopt;
                        return BodyFile{.file = folder_ / std::to_string(++count_),
                                        .most = 100'000};
                      },
                      .answer = tell}};
};

TEST_F(SpoolingServer, WritesALargeBodyToAFileThatGoesWithTheRequest) {
  const std::string body(50'000, 'y');
  const std::string head = "POST /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";
  EXPECT_THAT(
      reply(server_.port(), head + base::format("Content-Length: {}\r\n\r\n", body.size()) + body),
      HasSubstr("file of 50000, yyyyyy"));
  EXPECT_THAT(reply(server_.port(),
                    head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"),
              HasSubstr("file of 6, abcdef"));
  EXPECT_THAT(
      reply(server_.port(),
            "POST /small HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab"),
      HasSubstr("held 2"));
  EXPECT_EQ(files(), 0U);
}

TEST_F(SpoolingServer, BoundsAFileAsItBoundsMemory) {
  const std::string head = "POST /large HTTP/1.1\r\nHost: h\r\n";
  EXPECT_THAT(reply(server_.port(), head + "Content-Length: 100001\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
  RawClient client(server_.port());
  client.send(head + "Transfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "400\r\n" + std::string(1024, 'x') + "\r\n";
  size_t sent = 0;
  while (sent < (200 << 20) && client.send(chunk)) sent += chunk.size();
  EXPECT_LT(sent, size_t{20} << 20);
  RawClient cut(server_.port());  // a client that goes in the middle leaves nothing behind
  cut.send(head + "Content-Length: 1000\r\n\r\nabc");
  EXPECT_EQ(cut.read(), "");
  for (int i = 0; i < 1000 && files() > 0; ++i) ::usleep(10'000);  // the socket closes first
  EXPECT_EQ(files(), 0U);
}

// What it does then is for a sanitizer (CONTRIBUTING.md), too.
TEST_F(Server, EndsWhileClientsAskAndGo) {
  for (int round = 0; round < 3; ++round) {
    std::atomic<int> answers = 0;
    std::atomic<bool> stops = false;
    auto server = std::make_unique<HttpServer>(Address{.host = "127.0.0.1", .port = 0},
                                               ConnectionLimits{.body = kBody, .connections = 8},
                                               Handlers{.refused = admit, .answer = echo});
    const uint16_t port = server->port();
    std::vector<std::thread> clients;
    for (int i = 0; i < 6; ++i)
      clients.emplace_back([&, i] {
        const char* const paths[] = {"/a", "/later", "/stream", "/bug", "/closed", "/b"};
        while (!stops) {
          RawClient client(port);
          client.send(base::format("GET {} HTTP/1.1\r\nHost: h\r\n\r\n", paths[i]));
          if (client.read_bytes(4) == 4) ++answers;
        }
      });
    while (answers < 100) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    server.reset();  // in the middle of it
    stops = true;
    for (std::thread& one : clients) one.join();
  }
}

}  // namespace
}  // namespace lorahub::net
