#include "serve/adapt_input.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "process.hpp"

namespace lorahub::serve {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

class AdaptInputTest : public testing::Test {
 protected:
  AdaptInputTest() { setenv("LORAHUB_CONFIGS", SOURCE_DIR "/configs", 1); }
  ~AdaptInputTest() override { unsetenv("LORAHUB_CONFIGS"); }

  static json good() {
    return {
        {"examples", {{{"input", "a\nb"}, {"target", "c"}}, {{"input", "d"}, {"target", "e"}}}}};
  }
  AdaptInput read(const json& input) const { return read_adapt_input(input.dump(), catalog_); }
  // "field: sentence" of the refusal.
  std::string refused(const json& input) const {
    try {
      read(input);
      return "";
    } catch (const WrongInput& error) {
      return error.field + ": " + error.what();
    }
  }
  json with(const std::string& name, const json& value) const {
    json input = good();
    input[name] = value;
    return input;
  }
  const Catalog catalog_{{{"mini", "mini"}, {"other", SOURCE_DIR "/configs/model/mini"}},
                         {{"mini", "mini"}}};
};

TEST_F(AdaptInputTest, KeepsLineBreaksAndSaysAllByItself) {
  json input = with("model", "mini");
  const AdaptInput read_once = read(input);
  EXPECT_EQ(read_once.examples.front().input, "a\nb");
  EXPECT_EQ(read_once.library, "mini");
  EXPECT_EQ(read_once.search, "gradient");
  EXPECT_EQ(read_once.seed, 1U);
  const AdaptInput again = read_adapt_input(as_json(read_once), catalog_);
  EXPECT_EQ(as_json(again), as_json(read_once));
  EXPECT_EQ(json_lines(read_once.examples),
            "{\"input\":\"a\\nb\",\"target\":\"c\"}\n{\"input\":\"d\",\"target\":\"e\"}\n");
}

TEST_F(AdaptInputTest, TheDemosSixInputsMeanWhatTheyMeantThere) {
  const AdaptInput input = read({{"model", "mini"},
                                 {"example_inputs", "one\n\n two "},
                                 {"example_outputs", "1\n2"},
                                 {"lora_modules_specified", " add_roman, find_letter ,"},
                                 {"num_random_lora_modules", 20},
                                 {"max_inference_step", 40},
                                 {"seed", nullptr}});
  EXPECT_EQ(input.examples, (std::vector<task::Example>{{.input = "one", .target = "1"},
                                                        {.input = "two", .target = "2"}}));
  EXPECT_EQ(input.modules, "add_roman,find_letter");
  EXPECT_EQ(input.search, "official");
  EXPECT_EQ(input.budget, 40);
  const AdaptInput drawn = read({{"model", "mini"},
                                 {"example_inputs", {"one\ntwo"}},
                                 {"example_outputs", {"1"}},
                                 {"num_random_lora_modules", 3}});
  EXPECT_EQ(drawn.examples.front().input, "one\ntwo");
  EXPECT_EQ(drawn.modules, "3");
}

TEST_F(AdaptInputTest, BecomesTheTrialOfTheCommandLine) {
  json input = with("model", "mini");
  input["modules"] = {"add_roman", "find_letter"};
  input["budget"] = 12;
  input["test"] = {{{"input", "x"}, {"target", "y"}}};
  const AdaptInput asked = read(input);
  const study::Trial trial = trial_of(asked, catalog_, JobFolder("/jobs/1"));
  EXPECT_THAT(trial.modules.names, ElementsAre("add_roman", "find_letter"));
  EXPECT_THAT(trial.shots.rows, ElementsAre(0, 1));
  EXPECT_EQ(trial.search.budget, 12);
  EXPECT_EQ(trial.task_files.pool, "/jobs/1/examples.jsonl");
  EXPECT_EQ(trial.task_files.test, "/jobs/1/test.jsonl");
  EXPECT_EQ(command_line(asked, catalog_),
            "lorahub adapt --model mini --library mini --task examples.jsonl --test test.jsonl "
            "--modules add_roman,find_letter --search recommended --shots all --budget 12 --seed 1 "
            "--out adapter");
}

TEST_F(AdaptInputTest, WhereAModelLiesIsNotForClients) {
  const AdaptInput asked = read(with("model", "other"));
  EXPECT_EQ(trial_of(asked, catalog_, JobFolder("/jobs/1")).model, "other");
  EXPECT_THAT(command_line(asked, catalog_), HasSubstr("--model other "));
}

TEST_F(AdaptInputTest, WhatIsNotUnderstoodIsRefusedByItsField) {
  EXPECT_THAT(refused(good()), HasSubstr("model: `model` is not given (there are 2), name one"));
  EXPECT_THAT(refused(with("model", "minl")), HasSubstr("did you mean 'mini'?"));
  const auto refused_with = [&](const std::string& name, const json& value) {
    json input = with("model", "mini");
    input[name] = value;
    return refused(input);
  };
  EXPECT_THAT(refused_with("budgte", 3), HasSubstr("did you mean 'budget'?"));
  EXPECT_THAT(refused_with("seed", -1), HasSubstr("seed: "));
  EXPECT_THAT(refused_with("seed", 1.5), HasSubstr("seed: "));
  EXPECT_THAT(refused_with("seed", 18446744073709551615U), HasSubstr("seed: "));
  EXPECT_THAT(refused_with("budget", 1e9), HasSubstr("budget: "));
  EXPECT_THAT(refused_with("budget", 0), HasSubstr("budget: "));
  EXPECT_THAT(refused_with("search", "../x.yaml"), HasSubstr("search: "));
  EXPECT_THAT(refused_with("modules", "some"), HasSubstr("modules: "));
  EXPECT_THAT(refused_with("modules", {"../../etc"}), HasSubstr("modules: "));
  EXPECT_THAT(refused_with("modules", json::array()), HasSubstr("modules: "));
  EXPECT_THAT(refused_with("examples", json::array()), HasSubstr("examples: "));
  EXPECT_THAT(refused_with("examples", {{{"input", "a"}}}), HasSubstr("examples: "));
  EXPECT_THAT(refused_with("examples", {{{"input", "a"}, {"target", "b"}, {"question", "c"}}}),
              HasSubstr("examples: "));
  EXPECT_THAT(refused_with("examples", {{{"input", " "}, {"target", "b"}}}), HasSubstr("empty"));
  EXPECT_THAT(refused_with("test", "http://169.254.169.254/"), HasSubstr("test: "));
  EXPECT_THAT(refused_with("example_inputs", "a"), HasSubstr("give one of them"));
  EXPECT_THAT(refused({{"model", "mini"}, {"example_inputs", "a\nb"}, {"example_outputs", "1"}}),
              HasSubstr("2 example_inputs and 1 example_outputs"));
  EXPECT_THAT(refused({{"model", "mini"}}), HasSubstr("there are no examples"));
  EXPECT_THAT(refused("text"), HasSubstr("no JSON object"));
  EXPECT_THROW(read_adapt_input(std::string(100'000, '['), catalog_), WrongInput);
  EXPECT_THROW(read_adapt_input("{\"seed\": 1e999}", catalog_), WrongInput);
}

TEST(NamedWords, NameEachThingOnce) {
  EXPECT_THAT(words_of({"a=/x=y", "mini"}, "--model"),
              ElementsAre(testing::Pair("a", "/x=y"), testing::Pair("mini", "mini")));
  EXPECT_THROW(words_of({"a=/x", "a=/y"}, "--model"), base::Error);
  EXPECT_THROW(words_of({"=x"}, "--model"), base::Error);
  EXPECT_THROW(words_of({"a/b=x"}, "--model"), base::Error);
}

}  // namespace
}  // namespace lorahub::serve
