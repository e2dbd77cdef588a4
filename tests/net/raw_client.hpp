// Sends bytes as they are to a port of this machine, and reads what comes back until the other side
// closes: a client that may break every rule.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lorahub::net {

class RawClient {
 public:
  explicit RawClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{.tv_sec = 60, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(port);
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&place), sizeof place) == 0;
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  bool send(const std::string& bytes) {  // false: the other side has closed
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  // What arrives until `end` has, or until the other side closes.
  std::string read(const std::string& end = "") {
    std::string text;
    char buffer[4096];
    while (end.empty() || text.find(end) == std::string::npos) {
      const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
      if (count <= 0) break;
      text.append(buffer, static_cast<size_t>(count));
    }
    return text;
  }

  // Reads that many bytes, or fewer where the other side closes; gives how many.
  size_t read_bytes(size_t most) {
    std::vector<char> buffer(most);
    size_t read = 0;
    while (read < most) {
      const ssize_t count = ::recv(socket_, buffer.data(), most - read, 0);
      if (count <= 0) break;
      read += static_cast<size_t>(count);
    }
    return read;
  }

 private:
  int socket_;
  bool connected_ = false;
};

inline std::string reply(uint16_t port, const std::string& bytes) {
  RawClient client(port);
  client.send(bytes);
  return client.read();
}

}  // namespace lorahub::net
