// The digest that a result file carries of itself: any changed byte is noticed before HDF5, which
// may crash on damage, reads the file.
#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace lorahub::store {

// The value of the root's attribute `digest` before it is sealed: a mark and 64 zeros.
std::string unsealed_digest();

// Writes into the zeros of a file that holds the text above the SHA-256 of the whole file.
void seal(std::string& file);

enum class Seal {
  whole,   // the file is what was sealed
  broken,  // it is not
  absent   // it carries no digest: an older version wrote it, or the digest itself is damaged
};

// Gives the bytes from an offset on, at most so many; fewer where the file ends.
using ReadBytes = std::function<std::string(size_t offset, size_t most)>;
Seal seal_of(const ReadBytes& read);

}  // namespace lorahub::store
