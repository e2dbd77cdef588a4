#include "lora/library.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "lora/peft.hpp"
#include "t5/hub.hpp"

namespace lorahub::lora {

namespace fs = std::filesystem;

namespace {

// A name a line; empty lines and lines that start with '#' do not count.
std::vector<std::string> listed(const fs::path& file) {
  std::vector<std::string> names;
  int number = 0;
  for (const std::string& line : base::split(base::read_file(file), '\n')) {
    ++number;
    const std::string name = base::strip(line);
    if (name.empty() || name.front() == '#') continue;
    base::check(std::find(names.begin(), names.end(), name) == names.end(),
                "{}:{}: module '{}' is listed twice (draws would be uneven), remove one line",
                file.string(), number, name);
    names.push_back(name);
  }
  base::check(!names.empty(), "{}: lists no modules, write one name a line", file.string());
  return names;
}

std::vector<std::string> adapter_folders(const fs::path& library) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(library))
    if (fs::exists(entry.path() / kConfigFile)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  base::check(!names.empty(),
              "{}: has no sub-folder with {} (a module library holds one PEFT folder a module), "
              "check the path",
              library.string(), kConfigFile);
  return names;
}

}  // namespace

std::vector<std::string> module_names(const fs::path& library) {
  if (fs::is_regular_file(library)) return listed(library);
  base::check(fs::is_directory(library),
              "{}: no such module library, give a folder of PEFT adapters or a file of names",
              library.string());
  const fs::path list = library / "modules.txt";
  return fs::exists(list) ? listed(list) : adapter_folders(library);
}

fs::path module_folder(const fs::path& library, const std::string& name) {
  if (fs::is_directory(library)) {
    const std::string last = name.substr(name.find_last_of('/') + 1);  // without "lorahub/"
    for (const fs::path& folder : {library / name, library / last})
      if (fs::exists(folder / kConfigFile)) return folder;
  }
  return t5::resolve(name, kConfigFile);
}

std::string hash_module(const fs::path& folder) {
  base::Sha256 hash;
  for (const fs::path& file : {folder / kConfigFile, weights_file(folder)})
    hash.update(base::sha256_file(file));
  return hash.hex();
}

}  // namespace lorahub::lora
