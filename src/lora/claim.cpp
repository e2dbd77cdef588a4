#include "lora/claim.hpp"

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "lora/peft.hpp"

namespace lorahub::lora {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kNotFinished = ", not finished";

[[noreturn]] void refuse(const fs::path& folder, const std::string& why) {
  base::fail("--out {}: {}, choose another folder or give --force", folder.string(), why);
}

bool is_composition(const fs::path& folder) {
  return fs::symlink_status(folder / kCardFile).type() == fs::file_type::regular &&
         read_card(folder).provenance.starts_with(kComposed);
}

// A claim that was killed while it wrote its card has left the beginning of a card.
bool is_part_of_a_card(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename();
  return entry.symlink_status().type() == fs::file_type::regular &&
         name.starts_with(std::string(kCardFile) + ".") &&
         name.ends_with(base::kTemporaryExtension);
}

// The first entry that somebody could miss; "": none.
std::string first_of(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder))
    if (!is_part_of_a_card(entry)) return entry.path().filename();
  return "";
}

}  // namespace

fs::file_type own_type(fs::path path) {
  if (!path.has_filename() && path.has_relative_path()) path = path.parent_path();
  return fs::symlink_status(path).type();
}

void check_free(const fs::path& folder, Force force) {
  base::check(!folder.empty(), "--out '': names no folder, choose one");
  const fs::file_type type = own_type(folder);
  base::check(type == fs::file_type::not_found || fs::is_directory(folder),
              "--out {}: is no folder, choose another place", folder.string());
  base::check_writable(folder / kCardFile);
  if (type == fs::file_type::not_found) return;
  if (force == Force::yes) return;
  if (type == fs::file_type::symlink)
    refuse(folder, "is a symbolic link (what it leads to could be lost)");
  const std::string first = first_of(folder);
  if (first.empty()) return;
  if (!is_composition(folder))
    refuse(folder, base::format("holds {}, which no composition wrote (it could be lost)", first));
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_symlink())
      refuse(folder, base::format("holds a symbolic link, {} (it could be lost)",
                                  entry.path().filename().string()));
}

std::string recipe(const std::string& made_of) { return base::sha256(made_of).substr(0, 16); }

bool check_recipe(const fs::path& folder, const std::string& recipe, Force force) {
  if (force == Force::yes) return false;
  const ModuleCard card = read_card(folder);
  const bool finished =
      card.provenance.starts_with(kComposed) && !card.provenance.ends_with(kNotFinished);
  const bool same = finished && !recipe.empty() && card.recipe == recipe;
  if (finished && !same)
    refuse(folder, "holds a composition of other inputs or settings (it would be lost)");
  return same;
}

void claim(const fs::path& folder, ModuleCard card) {
  card.provenance = base::format("{}modules{}", kComposed, kNotFinished);
  write_card(folder, card, "This adapter is not finished: give the same command again.\n");
}

}  // namespace lorahub::lora
