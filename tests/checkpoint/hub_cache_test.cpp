#include "checkpoint/hub_cache.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/sha256.hpp"
#include "checkpoint/files.hpp"

namespace lorahub::checkpoint {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::Folder;
using ::testing::HasSubstr;
using testing::message;

constexpr const char* kVariables[] = {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME",
                                      "XDG_CACHE_HOME", "HOME"};

// A cache as huggingface_hub lays it out: snapshots of links into blobs. No HF_ variable is set at
// first.
class HubCache : public ::testing::Test {
 protected:
  HubCache() {
    for (const char* name : kVariables) {
      if (const char* value = std::getenv(name)) before_[name] = value;
      ::unsetenv(name);
    }
    ::setenv("HF_HOME", home_.path().c_str(), 1);
  }
  ~HubCache() override {
    for (const char* name : kVariables) ::unsetenv(name);
    for (const auto& [name, value] : before_) ::setenv(name.c_str(), value.c_str(), 1);
  }

  // `repository` as in models--org--name; each file becomes a blob and a link to it.
  fs::path snapshot(const std::string& repository, const std::string& hash,
                    const std::vector<std::string>& files, const std::string& hub = "hub/") {
    const std::string root = hub + repository;
    for (const std::string& file : files) {
      const std::string blob = base::sha256(repository + file);
      home_.put(root + "/blobs/" + blob, "content of " + file);
      const fs::path link = home_ / (root + "/snapshots/" + hash + "/" + file);
      fs::create_directories(link.parent_path());
      fs::create_symlink(fs::path("../../blobs") / blob, link);
    }
    return home_ / (root + "/snapshots/" + hash);
  }
  void ref(const std::string& repository, const std::string& hash) {
    home_.put("hub/" + repository + "/refs/main", hash);
  }

  Folder home_;

 private:
  std::map<std::string, std::string> before_;
};

const std::vector<std::string> kModel{"config.json", "model.safetensors", "spiece.model"};

TEST_F(HubCache, AFolderIsItselfAndComesFirst) {
  home_.put("x/config.json", "{}");
  EXPECT_EQ(resolve(home_ / "x"), home_ / "x");
  EXPECT_THAT(message([&] { resolve(home_ / "x", "adapter_config.json"); }),
              HasSubstr("/x: has no adapter_config.json"));
  EXPECT_THAT(message([&] { resolve(home_ / "absent"); }), HasSubstr("/absent: no such folder"));
  EXPECT_THAT(message([&] { resolve(""); }), HasSubstr("no such folder"));
}

TEST_F(HubCache, TheSnapshotOfMainIsFound) {
  snapshot("models--google--flan-t5-large", "aaa", kModel);
  const fs::path right = snapshot("models--google--flan-t5-large", "bbb", kModel);
  ref("models--google--flan-t5-large", "bbb");
  EXPECT_EQ(resolve("google/flan-t5-large"), right);
  EXPECT_TRUE(fs::exists(right / "model.safetensors"));
}

TEST_F(HubCache, AnyOfTheThreePlacesOfTheCache) {
  const fs::path set = snapshot("models--t5-small", "1", kModel, "elsewhere/");
  const fs::path home = snapshot("models--t5-small", "2", kModel, "hub/");
  const fs::path standard = snapshot("models--t5-small", "3", kModel, ".cache/huggingface/hub/");
  const fs::path xdg = snapshot("models--t5-small", "4", kModel, "xdg/huggingface/hub/");
  EXPECT_EQ(resolve("t5-small"), home);
  ::setenv("HF_HUB_CACHE", (home_ / "elsewhere").c_str(), 1);
  EXPECT_EQ(resolve("t5-small"), set);
  ::unsetenv("HF_HUB_CACHE");
  ::unsetenv("HF_HOME");
  ::setenv("HOME", home_.path().c_str(), 1);
  EXPECT_EQ(resolve("t5-small"), standard);
  ::setenv("XDG_CACHE_HOME", (home_ / "xdg").c_str(), 1);
  EXPECT_EQ(resolve("t5-small"), xdg);
  ::setenv("HF_HOME", "~", 1);  // as huggingface_hub reads it
  EXPECT_EQ(resolve("t5-small"), home);
}

TEST_F(HubCache, NamesWithDotsAndAdapters) {
  const std::string name = "lorahub/flan_t5_large-super_glue_wsc.fixed";
  const fs::path folder = snapshot("models--lorahub--flan_t5_large-super_glue_wsc.fixed", "c0ffee",
                                   {"adapter_config.json", "adapter_model.bin"});
  ref("models--lorahub--flan_t5_large-super_glue_wsc.fixed", "c0ffee\n");
  EXPECT_EQ(resolve(name, "adapter_config.json"), folder);
  EXPECT_THAT(message([&] { resolve(name); }), HasSubstr("has no config.json"));
}

TEST_F(HubCache, WithoutAReferenceTheOnlySnapshotServes) {
  const fs::path only = snapshot("models--google--a", "aaa", kModel);
  EXPECT_EQ(resolve("google/a"), only);
  snapshot("models--google--a", "bbb", kModel);
  EXPECT_THAT(message([&] { resolve("google/a"); }), HasSubstr("has 2 snapshots and no refs/main"));
}

TEST_F(HubCache, WhatIsNotInTheCacheIsToldWhereAndHowToGetIt) {
  EXPECT_THAT(message([&] { resolve("google/flan-t5-xl"); }),
              AllOf(HasSubstr("'google/flan-t5-xl'"),
                    HasSubstr((home_ / "hub/models--google--flan-t5-xl").string()),
                    HasSubstr("nothing is downloaded at run time"),
                    HasSubstr("`hf download google/flan-t5-xl`")));
  for (const char* name : {"a/b/c", "../no_such", "a/..", ".hidden", "a--b/c", "org/", "a b"})
    EXPECT_THAT(message([&] { resolve(name); }), HasSubstr(std::string(name) + ": no such folder"));
}

TEST_F(HubCache, HalfDownloadsAreNamed) {
  const std::string root = "hub/models--google--half";
  home_.put(root + "/blobs/0123.incomplete", "");
  EXPECT_THAT(message([&] { resolve("google/half"); }),
              AllOf(HasSubstr("no snapshot: the download was not finished"),
                    HasSubstr("`hf download google/half` again")));
  ref("models--google--half", "aaa");
  EXPECT_THAT(message([&] { resolve("google/half"); }),
              HasSubstr("has no snapshot 'aaa', which refs/main names"));
  ref("models--google--half", "../../..");
  EXPECT_THAT(message([&] { resolve("google/half"); }), HasSubstr("has no snapshot '../../..'"));
  ref("models--google--half", "aaa");
  const fs::path folder = snapshot("models--google--half", "aaa", {"spiece.model"});
  EXPECT_THAT(message([&] { resolve("google/half"); }),
              HasSubstr("no config.json: the download was not finished"));
  home_.put(root + "/snapshots/aaa/config.json", "{}");
  EXPECT_THAT(message([&] { resolve("google/half"); }),
              HasSubstr("no weights, or not all of them"));
  fs::create_symlink("../../blobs/0123", folder / "model.safetensors");  // a link to nothing
  EXPECT_THAT(message([&] { resolve("google/half"); }), HasSubstr("no weights"));
  home_.put(root + "/blobs/0123", "weights");
  EXPECT_EQ(resolve("google/half"), folder);
}

TEST_F(HubCache, AMissingShardIsAHalfDownload) {
  snapshot("models--google--b", "aaa", {"config.json", "model-1.safetensors"});
  home_.put("hub/models--google--b/snapshots/aaa/model.safetensors.index.json",
            R"({"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}})");
  EXPECT_THAT(message([&] { resolve("google/b"); }), HasSubstr("not all of them"));
  snapshot("models--google--b", "aaa", {"model-2.safetensors"});
  EXPECT_NO_THROW(resolve("google/b"));
}

TEST_F(HubCache, LinksOutOfAFolderAreNotCopied) {
  const fs::path cached = snapshot("models--google--c", "aaa", {"config.json"});
  EXPECT_NO_THROW(check_own_file(cached / "config.json"));  // to a blob of its own
  home_.put("hub/models--google--c/snapshots/aaa/sub/x", "");
  fs::create_symlink("../../../blobs/0", cached / "sub/y");
  home_.put("hub/models--google--c/blobs/0", "");
  EXPECT_NO_THROW(check_own_file(cached / "sub/y"));
  home_.put("outside/secret", "secret");
  home_.put("own/README.md", "");
  home_.put("own/deep/x", "");
  const fs::path own = home_ / "own";
  EXPECT_NO_THROW(check_own_file(own / "README.md"));
  EXPECT_NO_THROW(check_own_file(own / "absent"));
  const auto link = [](const fs::path& to, const fs::path& at) {
    fs::create_symlink(to, at);
    return at;
  };
  EXPECT_NO_THROW(check_own_file(link("README.md", own / "in")));
  EXPECT_NO_THROW(check_own_file(link("deep/x", own / "in2")));
  for (const fs::path& out :
       {link("../outside/secret", own / "a"), link(home_ / "outside/secret", own / "b"),
        link("a", own / "c"), link("nowhere", own / "d"), link("e", own / "e"),
        link("../../../../../outside/secret", cached / "f"),
        link("../../../models--google--d/blobs/0", cached / "g")})
    EXPECT_THAT(message([&] { check_own_file(out); }),
                AllOf(HasSubstr(out.string()), HasSubstr("put the file itself there")));
  // a blob that is itself a link out of the cache
  fs::remove(home_ / "hub/models--google--c/blobs/0");
  link(home_ / "outside/secret", home_ / "hub/models--google--c/blobs/0");
  EXPECT_THAT(message([&] { check_own_file(cached / "sub/y"); }), HasSubstr("sub/y is a link"));
  // the folder as a link: the user's own word
  link(own, home_ / "alias");
  EXPECT_NO_THROW(check_own_file(home_ / "alias/README.md"));
}

TEST_F(HubCache, TheHashIsThatOfTheBytesInOrder) {
  home_.put("m/config.json", "{}");
  home_.put("m/pytorch_model.bin", "old weights");
  home_.put("m/spiece.model", "not hashed");
  EXPECT_EQ(hash_model(home_ / "m"), base::sha256("{}old weights"));
  home_.put("m/model.safetensors", "weights");  // what is read is what is hashed
  EXPECT_EQ(hash_model(home_ / "m"), base::sha256("{}weights"));
  const std::string index = R"({"weight_map": {"x": "s2", "y": "s1", "z": "s2"}})";
  home_.put("s/config.json", "{}");
  home_.put("s/model.safetensors.index.json", index);
  home_.put("s/s1", "one");
  home_.put("s/s2", "two");
  EXPECT_EQ(hash_model(home_ / "s"), base::sha256("{}" + index + "onetwo"));
  EXPECT_THAT(message([&] { hash_model(home_ / "absent"); }), HasSubstr("absent"));
}

}  // namespace
}  // namespace lorahub::checkpoint
