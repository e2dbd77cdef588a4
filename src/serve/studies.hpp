// The studies in a folder of results folders, as they stand: read from their journals, so that a
// study may be run meanwhile.
#pragma once
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace lorahub::serve {

// Several threads may call any function. All texts are JSON but for report(). Sentences name
// folders below `results`, and not where that lies.
class Studies {
 public:
  explicit Studies(std::filesystem::path results);  // "": there are none

  bool has(const std::string& name) const;
  // Every folder, also one without a journal or with a damaged one, which says what is wrong.
  std::string list();
  std::string status(const std::string& name) const;  // as `lorahub status --json` prints it
  std::string trials(const std::string& name);
  std::string trial(const std::string& name, const std::string& id);  // "": there is none
  // HTML, as `lorahub report --out` writes it; of several studies, compared.
  std::string report(const std::vector<std::string>& names);

 private:
  // What list() says of a study, for as long as its journals are the same.
  struct Known {
    std::string stamp, text;
  };
  std::vector<std::string> names() const;
  std::string entry(const std::string& name);
  std::string stamp(const std::string& name) const;
  std::string told(const std::string& sentence) const;
  template <class Work>
  auto without_places(const Work& work) const;
  const std::filesystem::path results_;
  std::mutex mutex_;
  std::map<std::string, Known> known_;
  std::mutex hdf5_;  // which several threads may not use at once
};

}  // namespace lorahub::serve
