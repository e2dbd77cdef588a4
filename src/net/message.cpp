#include "net/message.hpp"

#include <nlohmann/json.hpp>

#include "base/escape.hpp"

namespace lorahub::net {

SpooledBody::~SpooledBody() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

std::string HttpRequest::field(const std::string& name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? "" : found->second;
}

HttpResponse refusal(int status, std::string_view sentence) {
  return {.status = status, .body = base::json_text(nlohmann::json{{"detail", sentence}})};
}

}  // namespace lorahub::net
