#include "store/digest.hpp"

#include <cassert>

#include "base/sha256.hpp"

namespace lorahub::store {
namespace {

constexpr std::string_view kMark = "sha256-of-this-file-with-zeros-here:";
constexpr size_t kDigestDigits = 64;

// The digest of the file with zeros in place of the digits that begin at `digits`.
std::string digest(std::string_view file, size_t digits) {
  base::Sha256 sum;
  sum.update(file.substr(0, digits));
  sum.update(std::string(kDigestDigits, '0'));
  sum.update(file.substr(digits + kDigestDigits));
  return sum.hex();
}

}  // namespace

std::string unsealed_digest() { return std::string(kMark) + std::string(kDigestDigits, '0'); }

void seal(std::string& file) {
  const size_t at = file.find(unsealed_digest());
  assert(at != std::string::npos);
  file.replace(at + kMark.size(), kDigestDigits, digest(file, at + kMark.size()));
}

// A text of the study may hold the mark, too, so one digest that fits is enough.
Seal seal_of(std::string_view file) {
  bool marked = false;
  for (size_t at = file.find(kMark); at != std::string_view::npos; at = file.find(kMark, at + 1)) {
    const size_t digits = at + kMark.size();
    if (digits + kDigestDigits > file.size()) break;
    if (file.substr(digits, kDigestDigits) == digest(file, digits)) return Seal::whole;
    marked = true;
  }
  return marked ? Seal::broken : Seal::absent;
}

}  // namespace lorahub::store
