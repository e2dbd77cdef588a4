#include "serve/secrets.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>

#include "base/base64.hpp"
#include "base/fault.hpp"
#include "base/files.hpp"

namespace lorahub::serve {
namespace {

constexpr int kTokenBytes = 32, kKeyBytes = 24;
constexpr size_t kMostName = 64;
constexpr size_t kLeastToken = 16;  // letters

void write_private(const std::filesystem::path& file, const std::string& text) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) base::cannot(base::format("{} can't be written", file.string()), errno);
  const bool written =
      ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  ::close(descriptor);
  if (!written) base::cannot(base::format("{} can't be written", file.string()), error);
}

bool is_token(const std::string& text) {
  return text.size() >= kLeastToken &&
         text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
             "-._~+/=") == std::string::npos;
}

}  // namespace

std::string random_bytes(int bytes) {
  std::string raw(static_cast<size_t>(bytes), '\0');
  if (::getrandom(raw.data(), raw.size(), 0) != static_cast<ssize_t>(raw.size()))
    throw base::MachineFault("the system gives no random numbers; run the same command again");
  return raw;
}

std::string random_hex(int bytes) {
  std::string text;
  for (const char byte : random_bytes(bytes))
    text += base::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

namespace {

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= kMostName &&
         text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._") ==
             std::string::npos;
}

void add_token(const std::string& line, const std::string& place, UserTokens& tokens) {
  const size_t colon = line.find(':');
  const std::string name = colon == std::string::npos ? kAdmin : base::strip(line.substr(0, colon));
  const std::string token = base::strip(colon == std::string::npos ? line : line.substr(colon + 1));
  base::check(is_name(name), "{}: '{}' is no name of up to {} letters and digits, write NAME:TOKEN",
              place, name, kMostName);
  base::check(is_token(token),
              "{}: holds no token of at least {} letters and digits (anyone could guess it), write "
              "a longer one",
              place, kLeastToken);
  for (const auto& [other, known] : tokens)
    base::check(known != token,
                "{}: is the token of {}, too (whose job would it be?), write "
                "another one",
                place, other);
  base::check(tokens.emplace(name, token).second, "{}: the name '{}' is given twice, write it once",
              place, name);
}

}  // namespace

UserTokens tokens_of(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
    const std::string token = random_hex(kTokenBytes);
    write_private(file, token + "\n");
    return {{kAdmin, token}};
  }
  UserTokens tokens;
  int number = 0;
  for (const std::string& line : base::split(base::read_file(file), '\n')) {
    ++number;
    if (base::strip(line).empty()) continue;
    add_token(base::strip(line), base::format("{}:{}", file.string(), number), tokens);
  }
  base::check(!tokens.empty(),
              "{}: holds no token (nobody could come in), remove the file and a new one is made",
              file.string());
  return tokens;
}

std::string signing_key(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    write_private(file, base::to_base64(random_bytes(kKeyBytes)));
  const std::string key = base::strip(base::read_file(file));
  base::check(base::from_base64(key).has_value() && key.size() >= kLeastToken,
              "{}: holds no key in Base64, remove the file and a new one is made", file.string());
  return key;
}

}  // namespace lorahub::serve
