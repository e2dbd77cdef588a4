#include "cli/outputs.hpp"

#include <CLI/App.hpp>

#include "base/check.hpp"
#include "base/files.hpp"

namespace lorahub::cli {
namespace {

namespace fs = std::filesystem;

bool has_marks(const fs::path& file, const Marks& marks) {
  const base::MappedFile mapped(file);
  size_t at = 0;
  for (const std::string_view mark : marks) {
    at = mapped.bytes().find(mark, at);
    if (at == std::string_view::npos) return false;
    at += mark.size();
  }
  return true;
}

}  // namespace

void add_force(CLI::App& command, lora::Force& force) {
  command.add_flag_callback(
      "--force", [&force] { force = lora::Force::yes; },
      "replace what is there, even if this program did not write it");
}

void check_replaceable(const fs::path& file, const Marks& marks, lora::Force force) {
  const fs::file_type type = lora::own_type(file);
  base::check(type != fs::file_type::directory, "{}: is a folder, name a file", file.string());
  base::check_writable(file);
  if (type == fs::file_type::not_found || force == lora::Force::yes) return;
  base::check(type == fs::file_type::regular && has_marks(file, marks),
              "{}: is there already, and this command did not write it (it would be lost), name "
              "another file or give --force",
              file.string());
}

}  // namespace lorahub::cli
