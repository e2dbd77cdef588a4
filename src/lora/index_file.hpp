// The file of a library's index: a line of JSON for each module, of which little has to be read to
// find a module. A line that was written later takes the place of one of the same name, so that a
// change is one line at the end of the file. Checksums tell what was torn or damaged. Ours, and no
// database, because libraries lie on network file systems, whose locks those need, and may be
// read-only.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lora/indexed.hpp"

namespace lorahub::lora {

inline constexpr const char* kIndexFile = "index.jsonl";

class IndexText;

// What of a module's line is kept in memory: the rest stays in the file, which is mostly larger.
struct IndexLine {
  std::string_view name, stamp, task;
  bool is_readable = true;                // Indexed::problem is ""
  size_t begin = 0, bytes = 0;            // of the line, with its end, in the text
  std::shared_ptr<const IndexText> text;  // what the views look into
};

IndexLine line_of(const Indexed& entry);
// nullopt where the line is damaged, or others have cut the file short or overwritten it.
std::optional<Indexed> entry_of(const IndexLine& line);

struct IndexLines {
  std::vector<IndexLine> lines;  // by name, the last one of each
  size_t loose = 0;              // lines of the file that stand for nothing, or out of order
  bool is_current = false;       // the file is an index of this version
};

// No lines where there is no file, or one of another version; damaged ones are left out.
IndexLines read_lines(const std::filesystem::path& file);

// Adds the lines to the file's end, and for each of `gone` that there is no such module any more.
// Makes the file where it is none of this version. These writers do nothing where the library may
// only be read, or its disk is full: an index that is not there is made again.
void append_lines(const std::filesystem::path& file, const std::vector<IndexLine>& lines,
                  const std::vector<std::string>& gone);
void write_lines(const std::filesystem::path& file, const std::vector<IndexLine>& lines);

}  // namespace lorahub::lora
