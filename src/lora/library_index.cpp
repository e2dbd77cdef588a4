#include "lora/library_index.hpp"

#include <algorithm>
#include <bit>
#include <iterator>
#include <limits>

#include "base/check.hpp"
#include "base/fast_loop.hpp"
#include "lora/library.hpp"
#include "lora/peft.hpp"

namespace lorahub::lora {

namespace fs = std::filesystem;

namespace {

constexpr size_t kSavedAtOnce = 5000;  // modules, opened one after another

LORAHUB_FAST_LOOP void to_lower(const char* __restrict from, char* __restrict to,
                                const size_t& count) {
  for (size_t i = 0; i < count; ++i)
    to[i] = static_cast<char>(from[i] >= 'A' && from[i] <= 'Z' ? from[i] + ('a' - 'A') : from[i]);
}

// Holds the lower-case text from one module to the next, so that nothing is allocated for each.
class Matcher {
 public:
  explicit Matcher(const std::string& words) : words_(base::lower(words)) {}
  bool matches(std::string_view name, std::string_view task) {
    return words_.empty() || holds(name) || holds(task);
  }

 private:
  bool holds(std::string_view text) {
    lower_.resize(text.size());
    to_lower(text.data(), lower_.data(), text.size());
    return lower_.find(words_) != std::string::npos;
  }
  std::string words_, lower_;
};

// Finds lines by their names. One array of places: the nodes of a map of very many names lie far
// apart, and each would be waited for.
class LinesByName {
 public:
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
  explicit LinesByName(const std::vector<IndexLine>& lines)
      : slots_(std::bit_ceil(2 * lines.size() + 2)) {
    for (uint32_t i = 0; i < lines.size(); ++i) {
      const std::string_view name = lines[i].name;
      slot_of(name) = {.name = name.data(), .bytes = static_cast<uint32_t>(name.size()), .line = i};
    }
  }
  uint32_t find(std::string_view name) { return slot_of(name).line; }

 private:
  struct Slot {  // with the name, since the lines lie far apart
    const char* name = nullptr;
    uint32_t bytes = 0, line = kNone;
  };
  // The one of this name, or an empty one.
  Slot& slot_of(std::string_view name) {
    for (size_t at = std::hash<std::string_view>{}(name);; ++at) {
      Slot& slot = slots_[at & (slots_.size() - 1)];
      if (slot.line == kNone || std::string_view(slot.name, slot.bytes) == name) return slot;
    }
  }
  std::vector<Slot> slots_;
};

// 0 where they are not to be found, which opening the module will say.
size_t bytes_of_weights(const fs::path& folder) {
  std::error_code absent;
  for (const char* name : {kWeightsFile, "adapter_model.bin"})
    if (const auto bytes = fs::file_size(folder / name, absent); !absent) return bytes;
  return 0;
}

std::string not_looked_into(const fs::path& folder, const std::string& problem) {
  return base::format("{} can't be looked into ({}), so it is left out", folder.string(), problem);
}

}  // namespace

LibraryIndex::LibraryIndex(fs::path library) : library_(std::move(library)) {
  std::error_code unreadable;
  base::check(fs::is_directory(library_, unreadable),
              "{}: no such folder, give a folder of PEFT adapters, one folder each",
              library_.string());
  IndexLines kept = read_lines(file());
  lines_ = std::move(kept.lines);
  loose_ = kept.loose;
  is_current_ = kept.is_current;
}

const IndexLine* LibraryIndex::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(lines_, name, {}, &IndexLine::name);
  return found != lines_.end() && found->name == name ? &*found : nullptr;
}

IndexChanges LibraryIndex::renewed_names(const OpeningLimits& most) const {
  IndexChanges changes;
  LinesByName known(lines_);
  std::vector<bool> is_there(lines_.size());
  size_t bytes = 0;
  for (const std::string& name : subfolders(library_)) {
    if (const uint32_t line = known.find(name); line != LinesByName::kNone) {
      is_there[line] = true;
      continue;
    }
    std::string problem;
    const std::string stamp = stamp_of(library_ / name, &problem);
    if (!problem.empty()) changes.left_out.push_back(not_looked_into(library_ / name, problem));
    if (stamp.empty()) continue;
    const size_t more = bytes_of_weights(library_ / name);
    const bool fits = changes.read.size() < most.modules && more <= most.bytes - bytes;
    if (!fits && !changes.read.empty()) {
      ++changes.unread;
      continue;
    }
    bytes += std::min(more, most.bytes - bytes);
    changes.read.push_back(line_of(read_indexed(library_ / name, stamp)));
  }
  for (size_t i = 0; i < lines_.size(); ++i)
    if (!is_there[i]) changes.gone.emplace_back(lines_[i].name);
  return changes;
}

std::optional<Indexed> LibraryIndex::look(const std::string& name, IndexChanges& changes) const {
  const IndexLine* known = find(name);
  std::string problem;
  const std::string stamp = stamp_of(library_ / name, &problem);
  if (!problem.empty()) changes.left_out.push_back(not_looked_into(library_ / name, problem));
  if (stamp.empty()) {
    if (known != nullptr) changes.gone.push_back(name);
    return std::nullopt;
  }
  std::optional<Indexed> kept;
  if (known != nullptr && known->stamp == stamp) kept = entry_of(*known);
  if (kept && kept->problem.empty() && kept->card.problem.empty()) return kept;
  // What could not be read may be readable by now, without a change of the stamp (permissions).
  const bool card_alone = kept && kept->problem.empty();
  Indexed entry = card_alone ? *kept : read_indexed(library_ / name, stamp);
  if (card_alone) entry.card = read_card(library_ / name);
  if (!kept || json_of(entry) != json_of(*kept)) changes.read.push_back(line_of(entry));
  return entry;
}

void LibraryIndex::check(size_t begin, size_t end, IndexChanges& changes) const {
  for (size_t i = begin; i < std::min(end, lines_.size()); ++i) {
    const std::string name(lines_[i].name);
    if (!lines_[i].is_readable || stamp_of(library_ / name) != lines_[i].stamp) look(name, changes);
  }
}

IndexPage LibraryIndex::page(const IndexQuery& query, IndexChanges& changes) const {
  Matcher matcher(query.words);
  IndexPage page;
  for (const IndexLine& line : lines_) {
    if ((query.readable && !line.is_readable) || !matcher.matches(line.name, line.task)) continue;
    ++page.total;
    if (page.total <= query.skip || page.modules.size() == query.most) continue;
    std::optional<Indexed> now = look(std::string(line.name), changes);
    if (now && (!query.readable || now->problem.empty()) &&
        matcher.matches(now->name, now->card.task))
      page.modules.push_back(std::move(*now));
    else
      --page.total;
  }
  return page;
}

void LibraryIndex::apply(const IndexChanges& changes) {
  if (changes.read.empty() && changes.gone.empty()) return;
  std::vector<IndexLine> read = changes.read;
  std::ranges::sort(read, {}, &IndexLine::name);
  const auto same = [](const auto& one, const auto& other) { return one.name == other.name; };
  read.erase(std::unique(read.begin(), read.end(), same), read.end());
  std::vector<std::string_view> gone(changes.gone.begin(), changes.gone.end());
  std::ranges::sort(gone);
  const size_t before = lines_.size();
  if (!gone.empty())
    std::erase_if(
        lines_, [&](const IndexLine& line) { return std::ranges::binary_search(gone, line.name); });
  std::vector<IndexLine> merged;
  merged.reserve(lines_.size() + read.size());
  std::set_union(read.begin(), read.end(), std::move_iterator(lines_.begin()),
                 std::move_iterator(lines_.end()), std::back_inserter(merged),
                 [](const auto& one, const auto& other) { return one.name < other.name; });
  loose_ += before + 2 * read.size() - merged.size();  // each read one is added at the end
  lines_ = std::move(merged);
}

void LibraryIndex::save(const IndexChanges& changes) {
  if (!wants_rewriting()) {
    if (!changes.read.empty()) append_lines(file(), changes.read, {});
  } else if (is_current_ || !changes.read.empty()) {
    write_lines(file(), lines_);
    was_rewritten();
  }
}

void LibraryIndex::was_rewritten() {
  loose_ = 0;
  is_current_ = true;
}

std::vector<std::string> renew_names(LibraryIndex& index, const IndexProgress& say) {
  for (size_t done = 0;;) {
    const IndexChanges changes = index.renewed_names({.modules = kSavedAtOnce});
    index.apply(changes);
    index.save(changes);
    done += changes.read.size();
    if (say && done > 0) say(done, done + changes.unread);
    if (changes.unread == 0) return changes.left_out;
  }
}

void renew_entry(const fs::path& library, const std::string& name) {
  const std::string stamp = stamp_of(library / name);
  if (stamp.empty()) return append_lines(library / kIndexFile, {}, {name});
  append_lines(library / kIndexFile, {line_of(read_indexed(library / name, stamp))}, {});
}

}  // namespace lorahub::lora
