// The modules of one library as the service lists them: kept in memory, and each module looked at
// again before it is shown.
#pragma once
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "lora/library_index.hpp"

namespace lorahub::serve {

// Several threads may call any function. Requests open at most a few modules that are new, but for
// the first one, which knows of none; look_on() opens the others.
class LibraryListing {
 public:
  // `place`: a folder, or a list of published names, which are not looked at.
  explicit LibraryListing(std::filesystem::path place) : place_(std::move(place)) {}

  // Names are those of now, and so is what is shown of a module. A module that is not on the page
  // counts by what was known of it.
  lora::IndexPage page(const lora::IndexQuery& query) const;
  // nullopt where there is none that can be read.
  std::optional<lora::Indexed> find(const std::string& module) const;
  size_t count() const;

  // Takes in that this module is new, has changed or is gone, here and in the library's index, and
  // returns it as find() does, but without a look at the names of all others.
  std::optional<lora::Indexed> look_at(const std::string& module) const;
  // Looks at the next modules, where somebody has asked for the list since the last round; returns
  // whether there is more to be done now. Rounds take a small share of the time. One thread may
  // call it.
  bool look_on() const;

 private:
  using Index = std::shared_ptr<const lora::LibraryIndex>;
  using Clock = std::chrono::steady_clock;
  Index known() const;  // nullptr: nobody has asked as yet
  Index current() const;
  Index renewed(const lora::OpeningLimits& most) const;
  Index take(const lora::IndexChanges& changes) const;
  bool is_current() const;  // the names
  void rewrite() const;

  std::filesystem::path place_;
  mutable std::mutex renewal_;  // held while names are looked up; before mutex_
  mutable std::mutex mutex_;    // of all that follows
  mutable Index index_;
  mutable std::filesystem::file_time_type changed_, read_;  // the folder; when it was looked into
  mutable bool is_complete_ = false, was_used_ = false;
  mutable size_t next_ = 0;  // module of the round; 0: it has not begun
  mutable Clock::duration busy_{};
  mutable Clock::time_point next_round_{};
};

}  // namespace lorahub::serve
