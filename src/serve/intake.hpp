// Modules of others on their way into the open libraries: they are received into a folder of their
// own, checked there, and listed whole or not at all.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "objective/hardware.hpp"
#include "run/receive_module.hpp"
#include "serve/catalog.hpp"

namespace lorahub::serve {

struct ModulePlace {
  std::string library, module;
  auto operator<=>(const ModulePlace&) const = default;
};

// What a name in a library stands for as long as it is not listed.
struct UploadState {
  std::string state;   // empty, incomplete, checking or quarantined
  std::string reason;  // a sentence; "": none
  std::string since;   // UTC
};

// A commit was made for another one than the module has.
struct StaleCommit : base::Error {
  using base::Error::Error;
};

// A user's modules would take more room than there is for each user.
struct OverQuota : base::Error {
  using base::Error::Error;
};

class Intake {
 public:
  struct Options {
    std::filesystem::path folder;  // of what was received, and of states
    uint64_t most = 0;             // bytes of a file of weights
    uint64_t bytes_each = 0;       // kept of one user's modules, listed or not; 0: any
    objective::Hardware hardware;  // that answers self-tests
  };
  // What was being checked when the program ended is quarantined.
  Intake(const Catalog& catalog, Options options);

  uint64_t most() const { return options_.most; }
  // Error, with a sentence for the client, for a file that no module has, or one that is too large.
  void check_file(const std::string& name, uint64_t bytes) const;

  // Several threads may call these.
  std::optional<UploadState> state(const ModulePlace& place) const;
  std::vector<std::pair<std::string, UploadState>> states(const std::string& library) const;
  // The sentence that the check of the module with this hash ended in; "" where it was not checked.
  std::string verdict(const ModulePlace& place, const std::string& sha256) const;

  // Whoever made a name may change what it stands for, and the admin everything: what lay in the
  // library before is the admin's alone. Several threads may call it.
  bool may_change(const ModulePlace& place, const std::string& user) const;

  // Whether the name stands for anything: a module, one that is coming, or another folder.
  bool is_taken(const ModulePlace& place) const;

  // One thread at a time calls the functions from here on. create() returns false where the name is
  // taken, and remove() where nothing has it.
  bool create(const ModulePlace& place, const std::string& owner);
  bool remove(const ModulePlace& place);
  // Carries out a commit (commit_lines.hpp) in a file, then checks the module and lists it, where
  // its files are complete. `head`: the commit that the module has. Error where it is refused.
  void commit(const ModulePlace& place, const std::filesystem::path& lines,
              const std::string& head);
  // Checks the adapter in a folder and lists it under a name that is free.
  void publish(const ModulePlace& place, const std::string& owner,
               const run::ReceivedModule& module);

 private:
  void check(const ModulePlace& place, run::ReceivedModule module);
  std::filesystem::path files(const ModulePlace& place) const {
    return options_.folder / place.library / place.module / "files";
  }
  void check_count(const std::string& owner) const;
  // Error where the module, with so many bytes, and the owner's others are too large together.
  void check_quota(const ModulePlace& place, const std::string& owner, uint64_t bytes) const;
  std::string owner_of(const ModulePlace& place) const;  // "": the admin alone
  std::filesystem::path begun(const ModulePlace& place) const;
  std::string said(const ModulePlace& place, std::string sentence) const;
  void set_state(const ModulePlace& place, const std::string& state,
                 const std::string& reason = "");
  void clear_state(const ModulePlace& place);
  void keep_verdict(const ModulePlace& place, const run::RewrittenModule& module,
                    const std::string& sha256);
  void read_states();
  void set_owner(const ModulePlace& place, const std::string& owner);  // "": nobody any more
  const Catalog& catalog_;
  const Options options_;
  mutable std::mutex mutex_;
  std::map<ModulePlace, UploadState> states_;
  std::map<ModulePlace, std::pair<std::string, std::string>> verdicts_;  // sha256 and sentence
  std::map<ModulePlace, std::string> owners_;                            // names of tokens
};

}  // namespace lorahub::serve
