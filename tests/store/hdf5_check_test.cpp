#include <gmock/gmock.h>
#include <hdf5.h>

#include "base/sha256.hpp"
#include "samples.hpp"
#include "search/recommend.hpp"
#include "store/hdf5.hpp"

namespace lorahub::store {
namespace {

using samples::Folder;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kOne = "1111111111111111";

// What check says of a history that was changed.
std::vector<std::string> problems(const std::function<void(Record&)>& change) {
  const Folder folder;
  History h = samples::complete();
  change(h.finished[kOne]);
  write_hdf5(folder / "x.h5", h, {});
  return check_hdf5(folder / "x.h5");
}

TEST(Check, FindsNothingInAWholeFile) {
  EXPECT_THAT(problems([](Record&) {}), IsEmpty());
}

TEST(Check, NamesTrialsThatAreNotDone) {
  const Folder folder;
  write_hdf5(folder / "x.h5", samples::history(), samples::planned());
  EXPECT_THAT(check_hdf5(folder / "x.h5"),
              ElementsAre(HasSubstr("3333333333333333 failed: no such file"),
                          HasSubstr("4444444444444444 is running"),
                          HasSubstr("5555555555555555 is missing")));
}

TEST(Check, FindsEachContradiction) {
  const auto found = [](const char* words) {
    return Contains(AllOf(HasSubstr(kOne), HasSubstr(words)));
  };
  EXPECT_THAT(problems([](Record& r) { r.accuracy = 34; }), found("accuracy is 34"));
  EXPECT_THAT(problems([](Record& r) { r.answers[1].hit = true; }), found("accuracy"));
  EXPECT_THAT(problems([](Record& r) { r.answers[1].row = 0; }),
              found("test row 0 is answered twice"));
  EXPECT_THAT(problems([](Record& r) { r.counts.evaluations = 6; }),
              found("5 evaluations are recorded"));
  EXPECT_THAT(problems([](Record& r) { r.counts.rounds = 3; }), found("3 rounds are recorded"));
  EXPECT_THAT(problems([](Record& r) { r.best_loss = 1.5; }), found("the least loss is 1.75"));
  EXPECT_THAT(problems([](Record& r) {
                r.weights = {0.1, 0.1};
              }),
              found("not those of the least loss"));
  EXPECT_THAT(problems([](Record& r) {
                r.weights = {0.5, -0.25, 0};
              }),
              found("/trace has 2 modules, /weights 3"));
  EXPECT_THAT(problems([](Record& r) { r.knobs[5].second = "0.4"; }),
              AllOf(found("weight 0.5 of module a is beyond the bound 0.4"),
                    found("1.5 was tried beyond the bound")));
  EXPECT_THAT(problems([](Record& r) { r.shot_sha256[1] = base::sha256("x 2"); }),
              found("test row 2 is one of the shots"));
}

// A search that answered with the mean of its last whole generation.
TEST(Check, RecomputesTheMeanOfAGeneration) {
  const auto with_mean = [](double of_b) {
    return problems([&](Record& r) {
      r.knobs.emplace_back("search.recommend", "mean");
      r.weights = search::recommended_mean({.generations = r.generations}, 1);
      r.weights[1] += of_b;
      r.best_loss = 1.8;  // of the mean: evaluated by itself
    });
  };
  EXPECT_THAT(with_mean(0), IsEmpty());
  EXPECT_THAT(with_mean(1e-9), Contains(HasSubstr("not the mean of the last generation")));
}

TEST(Check, FindsABadHash) {
  const Folder folder;
  History h = samples::complete();
  h.inputs[kOne]["model"] = "abc";
  write_hdf5(folder / "x.h5", h, samples::complete_plan());
  EXPECT_THAT(check_hdf5(folder / "x.h5"),
              ElementsAre(HasSubstr("the hash of model is no SHA-256")));
}

// Changes a file as a stranger could, with the plain library.
template <class Change>
std::vector<std::string> problems_after(const Change& change) {
  const Folder folder;
  const std::string name = (folder / "x.h5").string();
  write_hdf5(name, samples::complete(), samples::complete_plan());
  const hid_t file = H5Fopen(name.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  change(file);
  H5Fclose(file);
  return check_hdf5(name);
}

TEST(Check, FindsAnotherSchemaAndWhatIsGone) {
  EXPECT_THAT(problems_after([](hid_t file) {
                const hid_t attribute = H5Aopen(file, "schema_version", H5P_DEFAULT);
                const int other = 99;
                H5Awrite(attribute, H5T_NATIVE_INT, &other);
                H5Aclose(attribute);
              }),
              ElementsAre(HasSubstr("schema is 99")));
  EXPECT_THAT(problems_after([](hid_t file) { H5Ldelete(file, "answers", H5P_DEFAULT); }),
              ElementsAre("no table /answers"));
  EXPECT_THAT(
      problems_after([](hid_t file) {
        H5Ldelete(file, "weights", H5P_DEFAULT);
        H5Lmove(file, "dropped", file, "weights", H5P_DEFAULT, H5P_DEFAULT);
      }),
      AllOf(Contains("table /weights has no column 'weight'"), Contains("no table /dropped")));
  EXPECT_THAT(
      problems_after([](hid_t file) { H5Ldelete(file, "trace/1111111111111111", H5P_DEFAULT); }),
      ElementsAre(HasSubstr("trace")));
}

TEST(Check, FindsAStudyThatWasChangedLater) {
  EXPECT_THAT(problems_after([](hid_t file) {
                const hid_t yaml = H5Dopen2(file, "config/yaml", H5P_DEFAULT);
                const hid_t type = H5Dget_type(yaml);
                std::string text(H5Tget_size(type), 'x');
                H5Dwrite(yaml, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data());
                H5Tclose(type);
                H5Dclose(yaml);
              }),
              ElementsAre(HasSubstr("/config/yaml is not the study that was run: study_sha256"),
                          HasSubstr("/headers/starts")));
}

TEST(Check, FindsATraceOfAnotherShape) {
  EXPECT_THAT(problems_after([](hid_t file) {
                H5Ldelete(file, "trace/1111111111111111/loss", H5P_DEFAULT);
                H5Lmove(file, "trace/1111111111111111/weights", file, "trace/1111111111111111/loss",
                        H5P_DEFAULT, H5P_DEFAULT);
                H5Lcopy(file, "trace/1111111111111111/loss", file, "trace/1111111111111111/weights",
                        H5P_DEFAULT, H5P_DEFAULT);
              }),
              ElementsAre(HasSubstr("the shapes of weights and loss disagree")));
}

}  // namespace
}  // namespace lorahub::store
