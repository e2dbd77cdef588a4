#include "serve/library_listing.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "lora/library.hpp"

namespace lorahub::serve {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kSettling{2}, kLeastPause{1}, kBetweenRounds{5};
constexpr lora::OpeningLimits kOpenedInRequest{.modules = 32, .bytes = 64 << 20},
    kOpenedAtOnce{.modules = 200, .bytes = 256 << 20};
constexpr size_t kLookedAtAtOnce = 1000;  // modules
constexpr int kIdleShare = 50;            // times as long as a round lasts nothing is looked at

// Libraries that are lists of published names have no folder to be looked through.
lora::IndexPage listed_names(const fs::path& list, const lora::IndexQuery& query) {
  lora::IndexPage page;
  const std::string words = base::lower(query.words);
  for (const std::string& name : lora::module_names(list)) {
    if (base::lower(name).find(words) == std::string::npos) continue;
    if (++page.total > query.skip && page.modules.size() < query.most)
      page.modules.push_back({.name = name});
  }
  return page;
}

std::optional<lora::Indexed> if_readable(std::optional<lora::Indexed> module) {
  return module && module->problem.empty() ? std::move(module) : std::nullopt;
}

}  // namespace

lora::IndexPage LibraryListing::page(const lora::IndexQuery& query) const {
  if (!fs::is_directory(place_)) return listed_names(place_, query);
  lora::IndexQuery readable = query;
  readable.readable = true;
  lora::IndexChanges changes;
  lora::IndexPage page = current()->page(readable, changes);
  take(changes);
  return page;
}

std::optional<lora::Indexed> LibraryListing::find(const std::string& module) const {
  if (!fs::is_directory(place_)) {
    for (lora::Indexed& one : listed_names(place_, {}).modules)
      if (one.name == module) return std::move(one);
    return std::nullopt;
  }
  const Index index = current();
  if (index->find(module) == nullptr) return std::nullopt;
  lora::IndexChanges changes;
  std::optional<lora::Indexed> found = index->look(module, changes);
  take(changes);
  return if_readable(std::move(found));
}

size_t LibraryListing::count() const {
  if (!fs::is_directory(place_)) return listed_names(place_, {}).total;
  const Index index = current();
  return static_cast<size_t>(std::ranges::count_if(index->lines(), &lora::IndexLine::is_readable));
}

LibraryListing::Index LibraryListing::known() const {
  const std::lock_guard lock(mutex_);
  return index_;
}

// A writer makes a module's folder first and its files then, so a folder that has just changed is
// looked through again.
bool LibraryListing::is_current() const {
  const auto changed = fs::last_write_time(place_);
  const auto now = fs::file_time_type::clock::now();
  const std::lock_guard lock(mutex_);
  const bool is_settled = read_ > changed + kSettling || now < read_ + kLeastPause;
  return index_ && is_complete_ && changed_ == changed && is_settled;
}

LibraryListing::Index LibraryListing::current() const {
  const Index index = is_current() ? known() : renewed(kOpenedInRequest);
  const std::lock_guard lock(mutex_);
  was_used_ = true;
  return index;
}

LibraryListing::Index LibraryListing::renewed(const lora::OpeningLimits& most) const {
  const std::lock_guard renewal(renewal_);
  if (is_current()) return known();  // by whoever was here before
  const auto changed = fs::last_write_time(place_), read = fs::file_time_type::clock::now();
  Index index = known();
  size_t unread = 0;
  if (index) {
    const lora::IndexChanges changes = index->renewed_names(most);
    unread = changes.unread;
    index = take(changes);
  } else {
    auto first = std::make_shared<lora::LibraryIndex>(place_);
    lora::renew_names(*first);
    index = std::move(first);
  }
  const std::lock_guard lock(mutex_);
  if (!index_) index_ = index;
  changed_ = changed;
  read_ = read;
  is_complete_ = unread == 0;
  return index_;
}

LibraryListing::Index LibraryListing::take(const lora::IndexChanges& changes) const {
  if (changes.read.empty() && changes.gone.empty()) return known();
  if (!changes.read.empty()) lora::append_lines(place_ / lora::kIndexFile, changes.read, {});
  const std::lock_guard lock(mutex_);
  auto next = std::make_shared<lora::LibraryIndex>(*index_);
  next->apply(changes);
  index_ = std::move(next);
  return index_;
}

std::optional<lora::Indexed> LibraryListing::look_at(const std::string& module) const {
  const Index index = known();
  if (!index) {
    lora::renew_entry(place_, module);
    return find(module);
  }
  lora::IndexChanges changes;
  std::optional<lora::Indexed> found = index->look(module, changes);
  take(changes);
  return if_readable(std::move(found));
}

bool LibraryListing::look_on() const {
  const auto begin = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    const bool waits = next_ == 0 && (!was_used_ || begin < next_round_);
    if (!index_ || (is_complete_ && waits)) return false;
    if (next_ == 0) was_used_ = false;
  }
  if (!is_current()) renewed(kOpenedAtOnce);
  const Index index = known();
  lora::IndexChanges changes;
  index->check(next_, next_ + kLookedAtAtOnce, changes);
  take(changes);
  next_ += kLookedAtAtOnce;
  const bool is_over = next_ >= index->lines().size();
  if (is_over) rewrite();
  const std::lock_guard lock(mutex_);
  busy_ += Clock::now() - begin;
  if (!is_over) return true;
  next_ = 0;
  next_round_ = Clock::now() + std::max<Clock::duration>(kBetweenRounds, kIdleShare * busy_);
  busy_ = {};
  return !is_complete_;
}

// Of the file's lines too many stand for nothing, or out of order.
void LibraryListing::rewrite() const {
  const Index index = known();
  if (!index->wants_rewriting()) return;
  lora::write_lines(place_ / lora::kIndexFile, index->lines());
  const std::lock_guard lock(mutex_);
  auto next = std::make_shared<lora::LibraryIndex>(*index_);
  next->was_rewritten();
  index_ = std::move(next);
}

}  // namespace lorahub::serve
