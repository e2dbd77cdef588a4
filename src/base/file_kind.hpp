// What a file that could not be read as expected seems to be, so that an error says what the user
// has there instead of guessing.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace lorahub::base {

// Looks at the first bytes of `content`. Returns a noun phrase with the remedy in brackets where
// there is one, such as "a Git LFS pointer, not the file itself (run `git lfs pull` there)";
// nothing for content that shows no known kind. Known: empty content, Git LFS pointers, HTML pages,
// gzip, bzip2, xz, zstd, zip, 7z, Parquet, Arrow, SQLite, PDF, UTF-16 and UTF-32 text, content that
// begins with zero bytes.
std::optional<std::string> file_kind(std::string_view content);

// The same as a clause to put behind a sentence: ": it seems to be <kind>", or "".
std::string seems_to_be(std::string_view content);

// The place of the first byte that is no UTF-8 (overlong forms and surrogates are none either), or
// nothing where all of the text is UTF-8.
std::optional<size_t> first_not_utf8(std::string_view text);

}  // namespace lorahub::base
