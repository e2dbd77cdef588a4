#include "lab/quality.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "shipped_recipe.hpp"

namespace lorahub::lab {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

// A lab of one module, of which there is the card alone.
class FiguresOfModules : public testing::Test {
 protected:
  FiguresOfModules() {
    lab_.recipe.ranks = {4};
    lab_.recipe.modules.resize(1);
    file_ = lab_.folder / "library/mini/r4" / lab_.recipe.modules[0].name / "training.json";
  }
  ~FiguresOfModules() override { fs::remove_all(lab_.folder); }
  std::string refusal(const std::string& card) {
    base::write_file(file_, card);
    try {
      figures_of_modules(lab_);
    } catch (const base::Error& error) {
      return error.what();
    }
    return "";
  }
  Lab lab_{.recipe = shipped(),
           .folder = fs::temp_directory_path() / base::format("lorahub_quality_{}", ::getpid()),
           .environment = {}};
  fs::path file_;
};

TEST_F(FiguresOfModules, AreThoseOfItsCard) {
  EXPECT_EQ(refusal(R"({"before": {"accuracy": 12.5}, "after": {"accuracy": 75, "loss": 0.25}})"),
            "");
  const ModuleFigures figures = figures_of_modules(lab_).at(0);
  EXPECT_EQ(figures.module, "r4/" + lab_.recipe.modules[0].name);
  EXPECT_EQ(figures.before, 12.5);
  EXPECT_EQ(figures.after, 75);
  EXPECT_EQ(figures.loss, 0.25);
}

TEST_F(FiguresOfModules, ADamagedCardIsRefusedWithItsName) {
  for (const char* card :
       {"", "{\"before\": {\"accu", "[]", "{}", R"({"before": 3})",
        R"({"before": {"accuracy": 12.5}, "after": {"accuracy": "all", "loss": 0.25}})",
        R"({"before": {"accuracy": 12.5}, "after": {"accuracy": 75}})"})
    EXPECT_THAT(refusal(card), AllOf(HasSubstr(file_.string()), HasSubstr("make it again"),
                                     Not(HasSubstr("json.exception"))))
        << card;
}

}  // namespace
}  // namespace lorahub::lab
