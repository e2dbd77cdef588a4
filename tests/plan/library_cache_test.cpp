// What a library is asked for once for all trials of a study.
#include "plan/library_cache.hpp"

#include <gmock/gmock.h>

#include "base/check.hpp"
#include "lora/library.hpp"
#include "plan/trial_inputs.hpp"
#include "process.hpp"

namespace lorahub::plan {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

const fs::path kShipped = SOURCE_DIR "/configs/library/mini/r16";

study::Trial of_three_modules(const fs::path& library) {
  study::Trial trial;
  trial.library_path = library;
  trial.modules = {.count = 3, .names = {}};
  return trial;
}

TEST(LibraryCache, DrawsAsAnyOtherReaderOfTheLibrary) {
  LibraryCache cache;
  study::Trial trial = of_three_modules(kShipped);
  for (trial.seed.modules = 1; trial.seed.modules < 6; ++trial.seed.modules)
    EXPECT_EQ(cache.module_names(trial), module_names(trial));
  trial.modules = {.count = 0, .names = {"odd_word", "bool_bit"}};
  EXPECT_THAT(cache.module_names(trial), ElementsAre("odd_word", "bool_bit"));
  const ModuleFiles& found = cache.files(kShipped, "odd_word");
  EXPECT_EQ(found.folder, kShipped / "odd_word");
  EXPECT_EQ(found.files, lora::module_files(kShipped / "odd_word"));
  EXPECT_TRUE(found.has_card);
}

// A library that is gone answers as before, so nothing was looked up again.
TEST(LibraryCache, LooksUpEachLibraryAndEachModuleOnce) {
  const fs::path library = fresh_folder("library_cache") / "library";
  fs::create_directories(library);
  for (const char* name : {"odd_word", "bool_bit", "last_full", "isa_full"})
    fs::copy(kShipped / name, library / name);
  LibraryCache cache;
  study::Trial trial = of_three_modules(library);
  const std::vector<std::string> names = cache.module_names(trial);
  const std::vector<fs::path> files = cache.files(library, "odd_word").files;
  fs::remove_all(library);
  EXPECT_THROW(module_names(trial), base::Error);
  EXPECT_EQ(cache.module_names(trial), names);
  EXPECT_EQ(cache.files(library, "odd_word").files, files);
  EXPECT_THROW(cache.files(library, "bool_bit"), base::Error);
}

}  // namespace
}  // namespace lorahub::plan
