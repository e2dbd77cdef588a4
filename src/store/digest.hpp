// The digest that a result file carries of itself: any changed byte is noticed before HDF5, which
// may crash on damage, reads the file.
#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace lorahub::store {

// The value of the root's attribute `digest` before it is sealed: a mark and 64 zeros.
std::string unsealed_digest();

// Replaces the 64 zeros of unsealed_digest(), which the file must hold, by the SHA-256 of the whole
// file with these zeros.
void seal(std::string& file);

enum class Seal {
  whole,   // the file is what was sealed
  broken,  // it is not
  absent   // it carries no digest: an older version wrote it, or the digest itself is damaged
};

// Returns the bytes from `offset` on: `most` of them, or fewer where the file ends.
using ReadBytes = std::function<std::string(size_t offset, size_t most)>;
Seal seal_of(const ReadBytes& read);

}  // namespace lorahub::store
