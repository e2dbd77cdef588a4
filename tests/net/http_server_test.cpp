#include "net/http_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "base/check.hpp"
#include "base/text.hpp"
#include "net/raw_client.hpp"

namespace lorahub::net {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr uint64_t kBody = 1000;

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
                     {.body = kBody, .connections = 8, .head_seconds = 1, .body_seconds = 2},
                     {.refused = admit, .answer = echo}};
  std::string ask(const std::string& bytes) const { return reply(server_.port(), bytes); }
};

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

TEST_F(Server, ASlowHeadIsNotWaitedForLong) {
  RawClient client(server_.port());
  client.send("GET /a HTTP/1.1\r\n");
  EXPECT_EQ(client.read(), "");  // closed after the second that a head may take
}

TEST_F(Server, ManyConnectionsLeaveRoomForNobodyElse) {
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 40; ++i) idle.push_back(std::make_unique<RawClient>(server_.port()));
  int open = 0;
  for (const auto& client : idle) {
    client->send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    if (!client->read("GET /a").empty()) ++open;
  }
  EXPECT_GT(open, 0);
  EXPECT_LE(open, 8);
}

TEST_F(Server, WaitsForAResponseThatComesLater) {
  EXPECT_THAT(ask("GET /later HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              HasSubstr("at last"));
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

}  // namespace
}  // namespace lorahub::net
