// What `lorahub lab` makes: a lab of either kind, in stages.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "train/train_one.hpp"

namespace lorahub::lab {

class Laboratory {
 public:
  virtual ~Laboratory() = default;

  virtual const std::string& recipe() const = 0;  // the text of it
  // In the order in which they need each other.
  virtual const std::vector<std::string>& stages() const = 0;
  // Parts of a stage, by name, which are done once and in any order: modules "r16/find_letter"; of
  // other stages there is one.
  virtual std::vector<std::string> parts(const std::string& stage) const = 0;
  // Does a part, or finds it done; a training goes on from its checkpoint. Returns in a few words
  // what was done. Error when an earlier stage is missing.
  virtual std::string do_part(const std::string& stage, const std::string& part,
                              const train::TrainingResources& resources) const = 0;
};

struct LabSource {
  std::string recipe;  // a file, or "mini" or "words": the recipes of experiments/
  std::optional<uint64_t> seed;
  std::filesystem::path folder;
  std::map<std::string, std::string> environment;  // of the machine, for hashes.json
};

const std::vector<std::string>& stage_names();  // of all kinds of lab

std::unique_ptr<Laboratory> open(const LabSource& source);

// The stages to make: all, or one. Error when the lab has no such stage.
std::vector<std::string> stages(const Laboratory& lab, const std::string& only);

// Notes the recipe in the folder. Error when the folder belongs to another recipe.
void claim(const std::filesystem::path& folder, const std::string& recipe, lora::Force force);

}  // namespace lorahub::lab
