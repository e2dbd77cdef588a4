#include "store/digest.hpp"

#include <algorithm>
#include <cassert>
#include <vector>

#include "base/sha256.hpp"

namespace lorahub::store {
namespace {

constexpr std::string_view kMark = "sha256-of-this-file-with-zeros-here:";
constexpr size_t kDigestDigits = 64;
constexpr size_t kPart = size_t{1} << 20;  // bytes that are in memory at a time

// The digest of the file with zeros in place of the digits that begin at `digits`.
std::string digest(const ReadBytes& read, size_t digits) {
  base::Sha256 sum;
  for (size_t at = 0; at < digits;) {
    const std::string part = read(at, std::min(kPart, digits - at));
    if (part.empty()) break;
    sum.update(part);
    at += part.size();
  }
  sum.update(std::string(kDigestDigits, '0'));
  for (size_t at = digits + kDigestDigits;;) {
    const std::string part = read(at, kPart);
    if (part.empty()) return sum.hex();
    sum.update(part);
    at += part.size();
  }
}

// Where the digits behind a mark begin. Parts overlap, so that no mark is cut in two.
std::vector<size_t> marked_digits(const ReadBytes& read) {
  std::vector<size_t> found;
  for (size_t begin = 0;; begin += kPart) {
    const std::string part = read(begin, kPart + kMark.size() - 1);
    for (size_t at = part.find(kMark); at != std::string::npos; at = part.find(kMark, at + 1))
      found.push_back(begin + at + kMark.size());
    if (part.size() < kPart) return found;
  }
}

}  // namespace

std::string unsealed_digest() { return std::string(kMark) + std::string(kDigestDigits, '0'); }

void seal(std::string& file) {
  const size_t at = file.find(unsealed_digest());
  assert(at != std::string::npos);
  const size_t digits = at + kMark.size();
  const auto read = [&](size_t offset, size_t most) {
    return offset < file.size() ? file.substr(offset, most) : std::string();
  };
  file.replace(digits, kDigestDigits, digest(read, digits));
}

// A text of the study may hold the mark, too, so one digest that fits is enough.
Seal seal_of(const ReadBytes& read) {
  bool marked = false;
  for (const size_t digits : marked_digits(read)) {
    const std::string written = read(digits, kDigestDigits);
    if (written.size() < kDigestDigits) break;
    if (written == digest(read, digits)) return Seal::whole;
    marked = true;
  }
  return marked ? Seal::broken : Seal::absent;
}

}  // namespace lorahub::store
