// What strangers wrote (names, the content of files, the words of other programs) made safe to
// show: nothing in it steers a terminal, begins a line of its own or turns the direction of
// writing. What is not shown as it is stands as an escape: \r, \x1b, \u202e, and \xff for a byte
// that is no UTF-8.
#pragma once
#include <string>
#include <string_view>

namespace lorahub::base {

// Escapes control characters (C0, DEL, C1), overrides and isolates of the writing direction,
// separators of lines and paragraphs, characters that XML forbids and what is no UTF-8. Line breaks
// and tabs stay.
std::string printable(std::string_view text);

// The same on one line: line breaks and tabs are escaped, too.
std::string printable_line(std::string_view text);

bool is_printable_line(std::string_view text);  // whether printable_line would change nothing

// Whether `name` may name a file or folder of ours: one printable word of a path, neither "." nor
// "..", of at most 200 bytes (a file system takes 255, and endings such as ".h5.tmp" follow).
bool is_file_name(std::string_view name);

// At most `most` bytes of the first line, not cut within a character; "..." shows a cut.
std::string shortened(std::string_view text, size_t most);

}  // namespace lorahub::base
