#include "serve/secrets.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>

#include "base/fault.hpp"
#include "base/files.hpp"

namespace lorahub::serve {
namespace {

constexpr int kTokenBytes = 32;
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

std::string random_hex(int bytes) {
  std::string raw(static_cast<size_t>(bytes), '\0');
  if (::getrandom(raw.data(), raw.size(), 0) != static_cast<ssize_t>(raw.size()))
    throw base::MachineFault("the system gives no random numbers; run the same command again");
  std::string text;
  for (const char byte : raw) text += base::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::string token_of(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
    const std::string token = random_hex(kTokenBytes);
    write_private(file, token + "\n");
    return token;
  }
  const std::string token = base::strip(base::read_file(file));
  base::check(
      is_token(token),
      "{}: holds no token of at least {} letters and digits (anyone could guess it), remove "
      "the file and a new one is made",
      file.string(), kLeastToken);
  return token;
}

}  // namespace lorahub::serve
