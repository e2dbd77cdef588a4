// What is known of the modules of a library without opening them: names are those of its folders
// now; what a module is follows from its files when somebody last looked at it, so it is looked at
// again before it is shown.
#pragma once
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lora/index_file.hpp"

namespace lorahub::lora {

// How an index differs from the folders.
struct IndexChanges {
  std::vector<IndexLine> read;        // of modules that are new or have changed
  std::vector<std::string> gone;      // names
  std::vector<std::string> left_out;  // a sentence for each folder that can't be looked into
  size_t unread = 0;                  // modules that are new and were not opened
};

inline constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();
// How much is opened at once: modules, and bytes of their weights, but one module at least.
struct OpeningLimits {
  size_t modules = kNoLimit, bytes = kNoLimit;
};
struct IndexQuery {
  std::string words;  // which name or task holds, whatever the case of its letters; "": all
  size_t skip = 0, most = kNoLimit;
  bool readable = false;  // leaves out modules that can't be read
};
struct IndexPage {
  std::vector<Indexed> modules;
  size_t total = 0;  // that the query finds
};

// A value: what is found out goes into IndexChanges, which apply() takes.
class LibraryIndex {
 public:
  // What the index file says. Error when `library` is no folder.
  explicit LibraryIndex(std::filesystem::path library);

  const std::vector<IndexLine>& lines() const { return lines_; }  // by name
  const IndexLine* find(std::string_view name) const;             // nullptr: unknown

  // Folders that are new, of which some are opened, and those that are gone.
  IndexChanges renewed_names(const OpeningLimits& most) const;
  // The module as its files are now, opened where they have changed; nullopt where it is gone.
  std::optional<Indexed> look(const std::string& name, IndexChanges& changes) const;
  // The same of each of lines() from `begin` to `end`, of which only changes are wanted.
  void check(size_t begin, size_t end, IndexChanges& changes) const;
  // Modules by name. Those of the page are looked at; the others are as they were known.
  IndexPage page(const IndexQuery& query, IndexChanges& changes) const;

  void apply(const IndexChanges& changes);
  // Brings the file up to date with what was applied.
  void save(const IndexChanges& changes);
  // Whether too much of the file stands for nothing or out of order, so that all lines had better
  // be written; and that they were.
  bool wants_rewriting() const { return !is_current_ || loose_ > lines_.size() / 4; }
  void was_rewritten();

 private:
  std::filesystem::path file() const { return library_ / kIndexFile; }
  std::filesystem::path library_;
  std::vector<IndexLine> lines_;
  size_t loose_ = 0;         // lines of the file
  bool is_current_ = false;  // the file can be added to
};

// How many of the modules that are new were opened.
using IndexProgress = std::function<void(size_t done, size_t all)>;
// Brings all names up to date and saves as it goes. Returns sentences: IndexChanges::left_out.
std::vector<std::string> renew_names(LibraryIndex& index, const IndexProgress& say = {});

// Brings the index file of a library up to date for one module alone, which is new, has changed or
// is gone.
void renew_entry(const std::filesystem::path& library, const std::string& name);

}  // namespace lorahub::lora
