#include "lora/index.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "lora/library.hpp"

namespace lorahub::lora {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void no_such_module(const std::string& name, const std::vector<std::string>& names) {
  base::check(!names.empty(), "module '{}' is not in this library, which has none, check the path",
              name);
  base::fail("module '{}' is not in this library{}", name,
             base::did_you_mean(name, names, " (lorahub hub list names its modules)"));
}

}  // namespace

Index read_index(const fs::path& library, const IndexProgress& say) {
  LibraryIndex known(library);
  std::vector<std::string> left_out;
  size_t opened = 0;
  left_out = renew_names(known, [&](size_t done, size_t all) {
    opened = done;
    if (say) say(done, all);
  });
  IndexChanges changes{.left_out = std::move(left_out)};
  Index index{.modules = known.page({}, changes).modules};
  known.apply(changes);
  known.save(changes);
  index.read = static_cast<int>(opened + changes.read.size());
  index.left_out = std::move(changes.left_out);
  return index;
}

const Indexed& find(const Index& index, const std::string& name) {
  const auto found = std::ranges::find(index.modules, name, &Indexed::name);
  if (found != index.modules.end()) return *found;
  std::vector<std::string> names;
  for (const Indexed& entry : index.modules) names.push_back(entry.name);
  no_such_module(name, names);
}

void check_is_there(const fs::path& library, const std::string& name) {
  std::error_code unreadable;
  base::check(fs::is_directory(library, unreadable),
              "{}: no such folder, give a folder of PEFT adapters, one folder each",
              library.string());
  const bool is_name =
      fs::path(name).filename() == name && name != "." && name != ".." && !name.empty();
  if (!is_name || stamp_of(library / name).empty())
    no_such_module(name, adapter_folders(library, nullptr));
}

Indexed read_entry(const fs::path& library, const std::string& name) {
  check_is_there(library, name);
  LibraryIndex known(library);
  IndexChanges changes;
  const std::optional<Indexed> entry = known.look(name, changes);
  known.apply(changes);
  known.save(changes);
  base::check(entry.has_value(), "module '{}' has just gone from this library, look again", name);
  return *entry;
}

}  // namespace lorahub::lora
