// The studies that the report is made for.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "base/files.hpp"
#include "study/choices.hpp"
#include "study/study.hpp"

namespace lorahub::report {
namespace {

const std::vector<std::string>& studies() {
  static const std::vector<std::string> names{"rq1",         "rq2",      "rq3",
                                              "rq4_modules", "rq4_rank", "fig3_shots"};
  return names;
}

std::filesystem::path file(const std::string& name) {
  return std::filesystem::path(SOURCE_DIR) / "experiments" / (name + ".yaml");
}

// Learning rates are the model's, not the study's.
std::vector<std::string> lines_but_uses(const std::string& name) {
  std::istringstream text(base::read_file(file(name)));
  std::vector<std::string> kept;
  for (std::string line; std::getline(text, line);)
    if (!line.starts_with("#") && !line.starts_with("uses:") && !line.starts_with("  train.lr:"))
      kept.push_back(line);
  return kept;
}

TEST(Studies, TwinsDifferInWhatTheyUse) {
  for (const std::string& name : studies())
    EXPECT_EQ(lines_but_uses(name), lines_but_uses(name + "_flan")) << name;
}

TEST(Studies, EveryOneHasTheControls) {
  for (const std::string& name : studies())
    for (const char* twin : {"", "_flan"}) {
      std::set<std::string> methods;
      for (const auto& trial : study::load(file(name + twin)).trials)
        methods.insert(study::name(trial.method));
      for (const char* control : {"zero_shot", "random_lora", "uniform", "best_single", "lorahub"})
        EXPECT_TRUE(methods.contains(control)) << name << twin << " " << control;
    }
}

}  // namespace
}  // namespace lorahub::report
