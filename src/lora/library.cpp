#include "lora/library.hpp"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>
#include <system_error>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/printable.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "checkpoint/hub_cache.hpp"
#include "lora/peft.hpp"
#include "lora/reserved_names.hpp"

namespace lorahub::lora {

namespace fs = std::filesystem;

namespace {

// Says each sentence on stderr the first time alone, because libraries are listed again and again.
void say_once(const std::vector<std::string>& sentences) {
  static std::mutex mutex;
  static std::set<std::string> said;
  const std::lock_guard lock(mutex);
  for (const std::string& sentence : sentences)
    if (said.insert(sentence).second)
      fmt::print(stderr, "lorahub: {}\n", base::printable_line(sentence));
}

// A name a line; empty lines and lines that start with '#' do not count.
std::vector<std::string> listed(const fs::path& file) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  int number = 0;
  for (const std::string& line : base::split(base::read_file(file), '\n')) {
    ++number;
    const std::string name = base::strip(line);
    if (name.empty() || name.front() == '#') continue;
    base::check(seen.insert(name).second,
                "{}:{}: module '{}' is listed twice (draws would be uneven), remove one line",
                file.string(), number, name);
    base::check(base::is_printable_line(name),
                "{}:{}: the module's name '{}' holds a sign that can't be shown, rename it",
                file.string(), number, base::printable_line(name));
    names.push_back(name);
  }
  base::check(!names.empty(), "{}: lists no modules, write one name a line", file.string());
  return names;
}

std::vector<std::string> all_folders(const fs::path& library) {
  std::vector<std::string> left_out;
  std::vector<std::string> names = adapter_folders(library, &left_out);
  say_once(left_out);
  base::check(!names.empty(),
              "{}: has no sub-folder with {} (a module library holds one PEFT folder a module), "
              "check the path",
              library.string(), kConfigFile);
  for (const std::string& name : names)
    base::check(base::is_printable_line(name),
                "{}: the module '{}' has a line break or another sign that can't be shown in its "
                "name, rename its folder",
                library.string(), base::printable_line(name));
  return names;
}

}  // namespace

std::vector<std::string> subfolders(const fs::path& library) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(library.c_str()), ::closedir);
  std::vector<std::string> names;
  errno = folder ? 0 : errno;
  while (const dirent* entry = folder ? ::readdir(folder.get()) : nullptr) {
    const std::string_view name = entry->d_name;
    const bool may_be_one =
        entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN;
    if (may_be_one && name != "." && name != "..") names.emplace_back(name);
  }
  base::check(errno == 0, "{}: this folder can't be looked into ({}), see who may read it",
              library.string(), std::generic_category().message(errno));
  return names;
}

std::vector<std::string> adapter_folders(const fs::path& library,
                                         std::vector<std::string>* left_out) {
  std::vector<std::string> names;
  for (const std::string& name : subfolders(library)) {
    std::error_code unreadable;
    if (fs::exists(library / name / kConfigFile, unreadable)) names.push_back(name);
    if (unreadable && left_out != nullptr)
      left_out->push_back(base::format("{} can't be looked into ({}), so it is left out",
                                       (library / name).string(), unreadable.message()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> module_names(const fs::path& library) {
  std::error_code error;
  if (fs::is_regular_file(library, error)) return listed(library);
  base::check(
      fs::is_directory(library, error),
      "{}: no such module library, give a folder of PEFT adapters, a file of names, or a piece "
      "of configs/library",
      library.string());
  const fs::path list = library / kListFile;
  return fs::exists(list, error) ? listed(list) : all_folders(library);
}

fs::path module_folder(const fs::path& library, const std::string& name) {
  std::error_code unreadable;
  if (fs::is_directory(library, unreadable)) {
    const std::string last = name.substr(name.find_last_of('/') + 1);  // without "lorahub/"
    for (const fs::path& folder : {library / name, library / last})
      if (fs::exists(folder / kConfigFile, unreadable)) return folder;
  }
  return checkpoint::resolve(name, kConfigFile);
}

std::vector<fs::path> module_files(const fs::path& folder) {
  return {folder / kConfigFile, weights_file(folder)};
}

std::string hash_module(const fs::path& folder) {
  base::Sha256 hash;
  for (const fs::path& file : module_files(folder)) hash.update(base::sha256_file(file));
  return hash.hex();
}

}  // namespace lorahub::lora
