#include "serve/job_error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "base/fault.hpp"
#include "process.hpp"

namespace lorahub::serve {
namespace {

namespace fs = std::filesystem;
using testing::StartsWith;

class JobErrorTest : public testing::Test {
 protected:
  JobErrorTest() {
    fs::create_directories(files_.path());
    fs::create_directories(files_.path().parent_path() / "adapted/adapter");
    fs::create_directories(folder_ / "library");
    fs::copy(SOURCE_DIR "/configs/model/mini", folder_ / "model", fs::copy_options::recursive);
    fs::copy(SOURCE_DIR "/configs/library/mini/r4/find_letter", folder_ / "library/find_letter",
             fs::copy_options::recursive);
    catalog_.emplace(NamedWords{{"second", folder_ / "model"}},
                     NamedWords{{"other", folder_ / "library"}});
  }

  template <class Error>
  std::string said(const Error& error,
                   const std::string& input = R"({"model": "second", "library": "other"})") const {
    return job_error(std::make_exception_ptr(error), {.id = "job", .input = input}, *catalog_,
                     files_);
  }

  const fs::path folder_ =
      fresh_folder(testing::UnitTest::GetInstance()->current_test_info()->name());
  const JobFolder files_{folder_ / "jobs/job"};
  std::optional<Catalog> catalog_;
};

TEST_F(JobErrorTest, WhatTheClientCanMendIsSaidAsItIs) {
  EXPECT_EQ(said(base::Error("prompt 2: has 9 tokens (the limit is 3), shorten it")),
            "prompt 2: has 9 tokens (the limit is 3), shorten it");
}

TEST_F(JobErrorTest, NoPlaceOfTheServiceIsNamed) {
  const std::string where = (folder_ / "library/find_letter").string();
  EXPECT_EQ(said(base::Error(where + ": is damaged (its tensors overlap), choose another one")),
            "find_letter: is damaged (its tensors overlap), choose another one");
  EXPECT_THAT(said(base::FileError(files_.path().string() + "/journal.ndj: No such file or "
                                                            "directory",
                                   "check the path")),
              StartsWith("journal.ndj: No such file or directory, ask for it again later"));
}

TEST_F(JobErrorTest, ALostLibraryOrModelIsNamedWithWhatToDo) {
  fs::remove_all(folder_ / "library");
  const base::Error error(
      "no such module library, give a folder of PEFT adapters, a file of "
      "names, or a piece of configs/library");
  EXPECT_EQ(said(error),
            "The service can't read its library 'other' any more (whose modules the job needs), "
            "choose another one, or tell whoever runs the service.");
  EXPECT_EQ(said(error, R"({"model": "second"})"), error.what());  // which needs no library
  fs::remove_all(folder_ / "model");
  EXPECT_EQ(said(error),
            "The service can't read its model 'second' any more (which was to compute the job), "
            "choose another one, or tell whoever runs the service.");
}

TEST_F(JobErrorTest, ALostJobAndALostAdaptationAreToBeAskedForAgain) {
  const std::string answers = R"({"model": "second", "job": "adapted"})";
  const base::Error error("why");
  EXPECT_EQ(said(error, answers), "why");
  fs::remove_all(folder_ / "jobs/adapted");
  EXPECT_THAT(said(error, answers), StartsWith("The adaptation 'adapted' is not there any more"));
  fs::remove_all(files_.path());
  EXPECT_THAT(said(error), StartsWith("The files of the job are gone from the service's disk"));
}

TEST_F(JobErrorTest, AFaultOfTheMachineIsForWhoeverRunsTheService) {
  EXPECT_EQ(said(base::MachineFault("adapter: No space left on device, make room")),
            "adapter: No space left on device, ask for it again later, or tell whoever runs the "
            "service");
}

TEST(ForClients, AdviceForTheCommandLineIsReplaced) {
  const std::string memory =
      "a batch of 10 rows up to prompt 3 needs 5 GB (2 GB are free), use a smaller --batch, fewer "
      "--threads, shorter inputs (--max-input bounds them), or --no-memory-check";
  EXPECT_EQ(for_clients(memory),
            "a batch of 10 rows up to prompt 3 needs 5 GB (2 GB are free), ask for less, or tell "
            "whoever runs the service");
  EXPECT_EQ(for_clients("too long, raise task.max_input"),
            "too long, ask for less, or tell whoever runs the service");
  EXPECT_EQ(
      for_clients("the input has 9 tokens (the limit is 8), shorten it or raise "
                  "task.max_input"),
      "the input has 9 tokens (the limit is 8), shorten it, or tell whoever runs the service");
  const std::string plain = "the input has 10 tokens (the limit is 3), shorten it";
  EXPECT_EQ(for_clients(plain), plain);
}

}  // namespace
}  // namespace lorahub::serve
