#include "workers/rank_identity.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/check.hpp"

namespace lorahub::workers {
namespace {

constexpr size_t kLengthAt = kHello / 2;
constexpr size_t kMost = 1 << 24;  // bytes; longer than any command line
constexpr std::string_view kMark = "identity ";
constexpr std::string_view kAdvice =
    "their results would not belong together, start one command with one program on like machines";

// The part of a long text around the place where it differs.
std::string around(const std::string& text, size_t at) {
  constexpr size_t kBefore = 40, kLength = 120;
  const size_t begin = at > kBefore ? at - kBefore : 0;
  return (begin > 0 ? "..." : "") + text.substr(begin, kLength) +
         (text.size() > begin + kLength ? "..." : "");
}

// Describes the first entry that differs, with its value there and on rank 0.
std::string difference(const std::string& theirs, const std::string& first) {
  std::vector<std::string> a = base::split(theirs, '\0'), b = base::split(first, '\0');
  for (std::vector<std::string>* words : {&a, &b})
    if (words->size() % 2 == 0) words->emplace_back();  // the last entry's value is empty
  for (size_t i = 2; i < std::min(a.size(), b.size()); i += 2) {
    if (a[i - 1] != b[i - 1]) break;
    if (a[i] == b[i]) continue;
    size_t at = 0;
    while (at < std::min(a[i].size(), b[i].size()) && a[i][at] == b[i][at]) ++at;
    return base::format("its {} is `{}`, rank 0's `{}`", a[i - 1], around(a[i], at),
                        around(b[i], at));
  }
  return "it is another version of the program";
}

}  // namespace

std::string text_of(const Identity& identity) {
  std::string text = "lorahub";
  for (const auto& [name, value] : identity) {
    text += '\0' + name;
    text += '\0' + value;
  }
  return text;
}

void check_same(const std::vector<std::string>& hosts, const std::vector<std::string>& texts) {
  for (size_t rank = 1; rank < hosts.size(); ++rank)
    base::check(texts[rank] == texts[0], "rank {} on {} was not started as rank 0 was: {} ({})",
                rank, hosts[rank], difference(texts[rank], texts[0]), kAdvice);
}

std::string hello(const std::string& host, size_t identity) {
  std::string bytes = host;
  bytes.resize(kLengthAt);
  bytes += base::format("{}{}", kMark, identity);
  bytes.resize(kHello);
  return bytes;
}

Hello read_hello(const std::string& bytes) {
  Hello hello{.host = bytes.c_str()};
  const std::string rest = bytes.substr(std::min(bytes.size(), kLengthAt)).c_str();
  if (rest.starts_with(kMark))
    hello.identity =
        std::min<size_t>(kMost, std::strtoul(rest.c_str() + kMark.size(), nullptr, 10));
  return hello;
}

void check_versions(const std::vector<std::string>& hosts, const std::vector<size_t>& lengths) {
  for (size_t rank = 0; rank < hosts.size(); ++rank)
    base::check(lengths[rank] > 0, "rank {} on {} is another version of the program ({})", rank,
                hosts[rank], kAdvice);
}

}  // namespace lorahub::workers
