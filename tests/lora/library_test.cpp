#include "lora/library.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

#include "made.hpp"

namespace lorahub::lora {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

void put(const fs::path& file, const std::string& text = "{}") {
  fs::create_directories(file.parent_path());
  base::write_file(file, text);
}

TEST(ModuleNames, AreTheAdapterFoldersSorted) {
  const Scratch scratch;
  for (const char* name : {"b", "a.fixed", "C"}) put(scratch.path / name / "adapter_config.json");
  put(scratch.path / "no_adapter" / "README.md");
  EXPECT_THAT(module_names(scratch.path), ElementsAre("C", "a.fixed", "b"));
}

TEST(ModuleNames, FollowModulesTxt) {
  const Scratch scratch;
  for (const char* name : {"a", "b"}) put(scratch.path / name / "adapter_config.json");
  put(scratch.path / "modules.txt", "# order of the paper\n  lorahub/b \n\na\n");
  EXPECT_THAT(module_names(scratch.path), ElementsAre("lorahub/b", "a"));
  EXPECT_EQ(module_folder(scratch.path, "lorahub/b"), scratch.path / "b");
}

TEST(ModuleNames, OfAListOfPublishedNames) {
  const auto names = module_names(kSource / "configs/library/lorahub_196.txt");
  EXPECT_EQ(names.size(), 196U);
  EXPECT_EQ(names.front(), "lorahub/flan_t5_large-qasc_qa_with_separated_facts_3");
}

TEST(ModuleNames, LeavesOutWhatCannotBeLookedInto) {
  const Scratch scratch;
  put(scratch.path / "a" / "adapter_config.json");
  fs::create_symlink("lost+found", scratch.path / "lost+found");  // to itself
  EXPECT_THAT(module_names(scratch.path), ElementsAre("a"));
  std::vector<std::string> left_out;
  EXPECT_THAT(adapter_folders(scratch.path, &left_out), ElementsAre("a"));
  EXPECT_THAT(left_out, ElementsAre(AllOf(HasSubstr("lost+found can't be looked into"),
                                          HasSubstr("left out"))));
}

TEST(ModuleNames, AreShownAsTheyAre) {
  for (const char* name : {"a\nb", "\x1b[2J", "\xff", "exe.\u202etxt"}) {
    const Scratch scratch;
    put(scratch.path / name / "adapter_config.json");
    EXPECT_THAT(error_of([&] { module_names(scratch.path); }), HasSubstr("rename its folder"));
    put(scratch.path / "list.txt", "good\n\x07name\n");
    EXPECT_THAT(error_of([&] { module_names(scratch.path / "list.txt"); }),
                HasSubstr("list.txt:2: the module's name '\\x07name'"));
  }
}

TEST(ModuleNames, RefusesATwiceNamedModuleWithItsLine) {
  const Scratch scratch;
  put(scratch.path / "list.txt", "x\ny\n\nx\n");
  EXPECT_THAT(error_of([&] { module_names(scratch.path / "list.txt"); }),
              AllOf(HasSubstr("list.txt:4"), HasSubstr("'x'"), HasSubstr("twice")));
}

TEST(ModuleNames, RefusesAPathWithoutModules) {
  const Scratch scratch;
  put(scratch.path / "empty.txt", "\n# nothing\n");
  for (const fs::path& path : {scratch.path, scratch.path / "gone", scratch.path / "empty.txt"})
    EXPECT_THAT(error_of([&] { module_names(path); }), HasSubstr(path.string()));
}

// A cache as huggingface_hub lays it out: refs/main names the snapshot, whose files are links to
// blobs.
TEST(ModuleFolder, FindsPublishedNamesInTheCache) {
  const Scratch scratch;
  const fs::path repo = scratch.path / "models--lorahub--flan_t5_large-super_glue_wsc.fixed";
  const fs::path snapshot = repo / "snapshots/0123abcd";
  fs::create_directories(snapshot);
  put(repo / "refs/main", "0123abcd");
  for (const char* file : {"adapter_config.json", "adapter_model.bin"}) {
    put(repo / "blobs" / file);
    fs::create_symlink(fs::path("../../blobs") / file, snapshot / file);
  }
  ::setenv("HF_HUB_CACHE", scratch.path.c_str(), 1);
  const fs::path list = kSource / "configs/library/lorahub_196.txt";
  const std::string missing =
      error_of([&] { module_folder(list, "lorahub/flan_t5_large-ag_news_subset"); });
  const fs::path found = module_folder(list, "lorahub/flan_t5_large-super_glue_wsc.fixed");
  ::unsetenv("HF_HUB_CACHE");
  EXPECT_TRUE(fs::equivalent(found, snapshot)) << found;
  EXPECT_THAT(missing, HasSubstr("ag_news_subset"));
}

TEST(HashModule, ChangesWithEitherFile) {
  const Scratch scratch;
  put(scratch.path / "adapter_config.json", "{}");
  put(scratch.path / "adapter_model.bin", "weights");
  const std::string before = hash_module(scratch.path);
  EXPECT_EQ(before.size(), 64U);
  EXPECT_EQ(hash_module(scratch.path), before);
  put(scratch.path / "adapter_model.bin", "weightz");
  const std::string other_weights = hash_module(scratch.path);
  put(scratch.path / "adapter_config.json", "{ }");
  EXPECT_NE(other_weights, before);
  EXPECT_NE(hash_module(scratch.path), other_weights);
  fs::remove(scratch.path / "adapter_model.bin");
  EXPECT_THAT(error_of([&] { hash_module(scratch.path); }), HasSubstr("adapter_model.bin"));
}

}  // namespace
}  // namespace lorahub::lora
