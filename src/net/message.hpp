// An HTTP request and its response as handlers see them (RFC 9110): decoded, whole and within the
// limits of the server.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/files.hpp"

namespace lorahub::net {

// A body in a file of its own, which goes with the last of its readers.
class SpooledBody {
 public:
  explicit SpooledBody(base::Path file) : file_(std::move(file)) {}
  ~SpooledBody();
  SpooledBody(const SpooledBody&) = delete;
  SpooledBody& operator=(const SpooledBody&) = delete;
  const base::Path& file() const { return file_; }

 private:
  base::Path file_;
};

struct HttpRequest {
  std::string method;                         // "GET"
  std::string path;                           // decoded, from the first '/', without the query
  std::map<std::string, std::string> query;   // decoded
  std::map<std::string, std::string> fields;  // of the header, by names in lower case
  std::string body;                           // "" as long as the head alone was read
  std::string caller = {};                    // by whose token it comes, once that is known
  std::shared_ptr<const SpooledBody> spooled = {};  // in the place of the body (Handlers::spool)

  // Of a field of the header; "" where it is not given.
  std::string field(const std::string& name) const;
  bool changes_something() const { return method != "GET" && method != "HEAD"; }
};

// A piece of a response that is written while it comes into being.
struct Chunk {
  std::string bytes;  // "": nothing new yet
  bool last = false;
};

struct HttpResponse {
  int status = 200;
  std::string type = "application/json";
  std::string body = {};
  std::shared_ptr<const base::MappedFile> file = {};             // sent in the place of the body
  std::vector<std::pair<std::string, std::string>> fields = {};  // further ones of the header
  std::function<std::optional<HttpResponse>()> later = {};       // asked again and again until it
                                                                 // gives the response itself
  std::function<Chunk()> stream = {};                            // asked for the body's next piece

  size_t first = 0, count = std::string::npos;  // of the bytes that are sent

  std::string_view content() const {
    return (file ? file->bytes() : std::string_view(body)).substr(first, count);
  }
};

// {"detail": sentence}, as cog's servers word what they refuse.
HttpResponse refusal(int status, std::string_view sentence);

}  // namespace lorahub::net
