#include <gmock/gmock.h>
#include <hdf5.h>

#include <cmath>

#include "base/sha256.hpp"
#include "samples.hpp"
#include "search/recommend.hpp"
#include "store/hdf5.hpp"
#include "study/study.hpp"

namespace lorahub::store {
namespace {

using samples::Folder;
using samples::kOne;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// As task::is_hit, of the samples' answers.
bool is_hit(const std::string& answer, const std::string& target) {
  return base::lower(answer) == target || base::lower(answer) == target + ".";
}

// What check says of a history that was changed.
std::vector<std::string> problems(const std::function<void(Record&)>& change,
                                  const LossOf& loss_of = nullptr) {
  const Folder folder;
  History h = samples::complete();
  Record record = std::move(h.finished[kOne]);
  h.finished.erase(kOne);
  change(record);
  record.trial = study::id_of_columns(record.knobs);
  h.finished[record.trial] = record;
  h.inputs = {{record.trial, samples::inputs()}};
  write_hdf5(folder / "x.h5", h, {});
  return check_hdf5(folder / "x.h5", {is_hit, loss_of}).problems;
}

TEST(Check, FindsNothingInAWholeFile) {
  EXPECT_THAT(problems([](Record&) {}), IsEmpty());
}

TEST(Check, NamesTrialsThatAreNotDone) {
  const Folder folder;
  write_hdf5(folder / "x.h5", samples::history(), samples::planned());
  EXPECT_THAT(check_hdf5(folder / "x.h5", {is_hit}).problems,
              ElementsAre(HasSubstr("0d33084441e7e60c failed: no such file"),
                          HasSubstr("a7556d25ea9a69a7 is running"),
                          HasSubstr("3ee16ebf6a798557 is missing")));
}

TEST(Check, FindsEachContradiction) {
  const auto found = [](const char* words) {
    return Contains(AllOf(HasSubstr("trial "), HasSubstr(words)));
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
  EXPECT_THAT(problems([](Record& r) { r.knobs[5].second = "wide"; }),
              found("its knobs are of no trial: column search.bound: 'wide' is not a number"));
  EXPECT_THAT(problems([](Record& r) { r.shot_sha256[1] = base::sha256("x 2"); }),
              found("test row 2 is one of the shots"));
}

// A search that answered with the mean of its last whole generation.
TEST(Check, RecomputesTheMeanOfAGeneration) {
  const auto with_mean = [](double of_b) {
    return problems([&](Record& r) {
      r.knobs.emplace_back("search.recommend", "mean");
      r.knobs.emplace_back("search.population", "2");
      r.weights = search::recommended_mean({.generations = r.generations}, 1, 2);
      r.weights[1] += of_b;
      r.best_loss = 1.8;  // of the mean: evaluated by itself
    });
  };
  EXPECT_THAT(with_mean(0), IsEmpty());
  EXPECT_THAT(with_mean(1e-9), Contains(HasSubstr("not the mean of the last generation")));
}

TEST(Check, FindsIdsAndHitsAndFaultsThatAreNotThoseOfTheRows) {
  EXPECT_THAT(problems([](Record& r) {
                r.answers[0].hit = false;
                r.answers[1].hit = true;
              }),
              ElementsAre(HasSubstr("test row 0 counts as wrong, its answer is right"),
                          HasSubstr("test row 1 counts as right, its answer is wrong")));
  EXPECT_THAT(
      problems([](Record& r) { r.generations[0].faults = {{.candidate = 1}}; }),
      ElementsAre(HasSubstr("candidate 1 of generation 0 could not be evaluated, and has")));
  const Folder folder;
  History h = samples::complete();
  h.finished[kOne].knobs[0].second = "E2";
  write_hdf5(folder / "x.h5", h, {});
  EXPECT_THAT(check_hdf5(folder / "x.h5", {is_hit}).problems,
              ElementsAre(HasSubstr("its knobs are those of trial 3ee16ebf6a798557")));
}

TEST(Check, FindsKnobsThatTheTrialDoesNotHave) {
  const auto with = [](const char* name, const char* text) {
    return problems([&](Record& r) { r.knobs.emplace_back(name, text); });
  };
  EXPECT_THAT(with("penalty.weight", "0.1"), IsEmpty());
  EXPECT_THAT(with("train.lr", "0.1"),
              ElementsAre(HasSubstr("its knob train.lr is '0.1', which its method does not read")));
  EXPECT_THAT(with("temperature", "1"),
              ElementsAre(HasSubstr("its knob temperature is '1', which no trial of this")));
  EXPECT_THAT(problems([](Record& r) { r.knobs[4].second = "0.250"; }),
              ElementsAre(HasSubstr("sigma0 is '0.250', which is written '0.25'")));
}

TEST(Check, FindsLossesThatOthersContradict) {
  EXPECT_THAT(problems([](Record& r) { r.zero_loss = 2; }),
              ElementsAre(HasSubstr("zero_loss is 2, w = 0 had 2.5")));
  EXPECT_THAT(problems([](Record& r) { r.zero_loss = samples::kNan; }),
              ElementsAre(HasSubstr("zero_loss is nan, w = 0 had 2.5")));
  EXPECT_THAT(problems([](Record& r) {
                r.generations[1].population.weights[2] = 0.1;
                r.generations[1].population.weights[3] = 1.0 / 3;
              }),
              ElementsAre(HasSubstr("evaluation 3 has the loss inf, equal weights had 2.25")));
}

// Delta evaluation of two generations of six near other points, far from the base. (1, 1) is asked
// for twice in the first one, and again in the second one.
TEST(Check, EqualWeightsMayDifferWhereMovesCountFromOtherPoints) {
  const auto found = [](const char* precision, double in_the_first, double in_the_second) {
    return problems([&](Record& r) {
      r.knobs[3].second = "12";
      r.knobs.emplace_back("search.population", "6");
      r.knobs.emplace_back("precision", precision);
      r.generations = {
          {.population = {.dim = 2, .weights = {1, 1, 1, 1, 1.1, 1, 0.9, 1, 1, 1.1, 1, 0.9}},
           .losses = {2, in_the_first, 3, 3, 3, 3}},
          {.population = {.dim = 2, .weights = {1, 1, 1.2, 1, 1.2, 1.1, 1.3, 1, 1.2, 0.9, 1.15, 1}},
           .losses = {in_the_second, 3, 3, 3, 3, 1.5}}};
      r.weights = {1.15, 1};
      r.best_loss = 1.5;
      r.zero_loss = samples::kNan;
      r.counts.evaluations = 15;
      r.counts.rounds = 3;
    });
  };
  EXPECT_THAT(found("delta-int8", 2, 2), IsEmpty());
  EXPECT_THAT(found("delta-int8", 2, 2.01), IsEmpty());
  EXPECT_THAT(found("delta-int8", 2.01, 2),
              ElementsAre(HasSubstr("evaluation 1 has the loss 2.01, equal weights had 2")));
  EXPECT_THAT(found("f32", 2, 2.01),
              ElementsAre(HasSubstr("evaluation 6 has the loss 2.01, equal weights had 2")));
}

TEST(Check, FindsLossesThatTheShotsContradict) {
  // A rule by which the shots of the sample have its best loss, and a penalty of weights near 1/3.
  const LossOf loss_of = [](const study::Trial&, std::span<const double> w,
                            std::span<const double> sums, std::span<const int> tokens) {
    EXPECT_THAT(tokens, ElementsAre(4, 2));
    return sums[0] + sums[1] - 2.5 - 1.0 / 7 + 1.75 + (std::abs(w[1] - 0.33) < 0.01 ? 3.5 : 0);
  };
  const auto after = [&](const std::function<void(Record&)>& change) {
    return problems(change, loss_of);
  };
  EXPECT_THAT(after([](Record& r) { r.generations[0].losses[1] = 2.7; }), IsEmpty());
  EXPECT_THAT(after([](Record& r) {
                r.generations[0].losses[1] = 2.7;
                r.shot_sums[0] += 0.001;
              }),
              ElementsAre(HasSubstr("best_loss is 1.75, its shots give 1.751")));
  EXPECT_THAT(after([](Record&) {}),
              ElementsAre(HasSubstr("the loss of evaluation 1 is 2.25, its penalty alone is 2.6")));
}

TEST(Check, FindsTwoContentsUnderOneName) {
  const Folder folder;
  History h = samples::complete();
  for (auto& [id, record] : h.finished) record.knobs.emplace_back("model", "mini");
  History named = h;
  named.finished.clear();
  named.inputs.clear();
  for (auto& [id, record] : h.finished) {
    record.trial = study::id_of_columns(record.knobs);
    named.finished[record.trial] = record;
    named.inputs[record.trial] = h.inputs[id];
    named.inputs[record.trial]["model"] = base::sha256(record.trial);
  }
  write_hdf5(folder / "x.h5", named, {});
  EXPECT_THAT(check_hdf5(folder / "x.h5", {is_hit}).problems,
              ElementsAre(AllOf(HasSubstr("different files under one name"),
                                HasSubstr("model mini ("), HasSubstr("in trial"))));
}

TEST(Check, SaysWhenUnlikeMachinesMadeTheTrials) {
  const Folder folder;
  History h = samples::complete();
  h.headers = {samples::header(), samples::header()};
  h.headers[0].environment["cpu_capability"] = "AVX512";
  h.headers[1].environment["cpu_capability"] = "AVX2";
  h.made_by[kOne] = 1;
  write_hdf5(folder / "x.h5", h, samples::complete_plan());
  const CheckResult mixed = check_hdf5(folder / "x.h5", {is_hit});
  EXPECT_THAT(mixed.problems, IsEmpty());
  EXPECT_THAT(mixed.notes,
              Contains(AllOf(HasSubstr("2 kinds of machine"), HasSubstr("cpu_capability AVX2"))));
  h.made_by[kOne] = 0;
  write_hdf5(folder / "x.h5", h, samples::complete_plan());
  EXPECT_THAT(check_hdf5(folder / "x.h5", {is_hit}).notes,
              testing::Not(Contains(HasSubstr("kinds of machine"))));
  h.made_by[kOne] = 7;
  write_hdf5(folder / "x.h5", h, samples::complete_plan());
  EXPECT_THAT(check_hdf5(folder / "x.h5", {is_hit}).problems,
              ElementsAre(HasSubstr("it was made by start 7, /headers has 2")));
}

TEST(Check, FindsAnotherPlanThanThatOfTheLastStart) {
  const auto found = [](const char* trials) {
    const Folder folder;
    History h = samples::complete();
    h.headers[0].environment["shard"] = "1-of-1";
    h.headers[0].environment["trials"] = trials;
    write_hdf5(folder / "x.h5", h, samples::complete_plan());
    return check_hdf5(folder / "x.h5", {is_hit}).problems;
  };
  EXPECT_THAT(found("2"), IsEmpty());
  EXPECT_THAT(found("3"), ElementsAre(HasSubstr("/runs has 2 planned trial(s), its last start "
                                                "planned 3")));
  EXPECT_THAT(found("1"), ElementsAre(HasSubstr("planned 1")));
}

TEST(Check, FindsABadHash) {
  const Folder folder;
  History h = samples::complete();
  h.inputs[kOne]["model"] = "abc";
  write_hdf5(folder / "x.h5", h, samples::complete_plan());
  EXPECT_THAT(check_hdf5(folder / "x.h5", {is_hit}).problems,
              ElementsAre(HasSubstr("the hash of model is no SHA-256")));
}

// What check says of a whole file in which the inputs of a trial were changed.
std::vector<std::string> problems_of_inputs(const std::function<void(History&)>& change) {
  const Folder folder;
  History h = samples::complete();
  change(h);
  write_hdf5(folder / "x.h5", h, samples::complete_plan());
  return check_hdf5(folder / "x.h5", {is_hit}).problems;
}

TEST(Check, FindsHashesThatAreMissing) {
  for (const char* name : {"model", "test", "shots", "module a", "module b_mödule"})
    EXPECT_THAT(problems_of_inputs([&](History& h) { h.inputs[kOne].erase(name); }),
                ElementsAre(AllOf(HasSubstr(kOne),
                                  HasSubstr(std::string("the hash of ") + name + " is not"))));
}

TEST(Check, FindsTestRowsOfOneHashThatDiffer) {
  const auto with_equal_rows = [](const std::function<void(std::vector<Answer>&)>& change) {
    return problems_of_inputs([&](History& h) {
      for (auto& [id, inputs] : h.inputs) inputs["test"] = base::sha256("test");
      for (auto& [id, record] : h.finished)
        if (id != kOne) {
          record.answers = h.finished.at(kOne).answers;
          record.accuracy = h.finished.at(kOne).accuracy;
          change(record.answers);
        }
    });
  };
  EXPECT_THAT(with_equal_rows([](auto& rows) { rows[2].answer = "another"; }), IsEmpty());
  const auto differs = ElementsAre(HasSubstr("its test rows are not those of trial"));
  EXPECT_THAT(with_equal_rows([](auto& rows) { rows[2].target = "c"; }), differs);
  EXPECT_THAT(with_equal_rows([](auto& rows) { rows[2].input_sha256 = base::sha256("x"); }),
              differs);
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
  std::vector<std::string> problems = check_hdf5(name, {is_hit}).problems;
  EXPECT_THAT(problems.at(0), HasSubstr("its digest differs"));
  problems.erase(problems.begin());
  return problems;
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
      problems_after([](hid_t file) { H5Ldelete(file, "trace/1a5e1876d96499f6", H5P_DEFAULT); }),
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
                H5Ldelete(file, "trace/1a5e1876d96499f6/loss", H5P_DEFAULT);
                H5Lmove(file, "trace/1a5e1876d96499f6/weights", file, "trace/1a5e1876d96499f6/loss",
                        H5P_DEFAULT, H5P_DEFAULT);
                H5Lcopy(file, "trace/1a5e1876d96499f6/loss", file, "trace/1a5e1876d96499f6/weights",
                        H5P_DEFAULT, H5P_DEFAULT);
              }),
              ElementsAre(HasSubstr("the shapes of weights and loss disagree")));
}

}  // namespace
}  // namespace lorahub::store
