#include "model/generation_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "checkpoint/files.hpp"
#include "model/t5/t5_config.hpp"

namespace lorahub::model {
namespace {

using checkpoint::testing::Folder;
using checkpoint::testing::message;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string warning(const json& generation, const json& config = json::object()) {
  const Folder folder;
  folder.put("config.json", config.dump());
  if (!generation.is_null()) folder.put("generation_config.json", generation.dump());
  return generation_warning(folder.path());
}

TEST(GenerationConfig, WhatGreedyAnswersDoNotDoIsSaid) {
  for (const json& asked : {json{{"num_beams", 4}}, json{{"do_sample", true}},
                            json{{"min_length", 30}}, json{{"repetition_penalty", 1.5}},
                            json{{"no_repeat_ngram_size", 3}}, json{{"forced_bos_token_id", 5}},
                            json{{"forced_eos_token_id", 0}}, json{{"suppress_tokens", {3, 4}}},
                            json{{"bad_words_ids", {{3}}}}, json{{"encoder_repetition_penalty", 2}},
                            json{{"guidance_scale", 1.5}}, json{{"sequence_bias", {{{3}, -1.0}}}}})
    EXPECT_THAT(warning(asked),
                AllOf(HasSubstr("generation_config.json asks for " + asked.begin().key() + " = "),
                      HasSubstr("greedy")));
  EXPECT_THAT(warning({{"num_beams", 4}, {"do_sample", true}}),
              AllOf(HasSubstr("num_beams = 4"), HasSubstr("do_sample = true")));
  EXPECT_THAT(warning(nullptr, {{"num_beams", 4}}), HasSubstr("config.json asks for num_beams"));
}

TEST(GenerationConfig, WhatChangesNoGreedyAnswerIsNotSaid) {
  for (const json& idle :
       {json::object(), json{{"num_beams", 1}}, json{{"do_sample", false}}, json{{"min_length", 0}},
        json{{"repetition_penalty", 1.0}}, json{{"suppress_tokens", nullptr}},
        json{{"suppress_tokens", json::array()}}, json{{"max_length", 20}, {"max_new_tokens", 9}},
        json{{"temperature", 0.7}, {"top_k", 50}, {"top_p", 0.9}}, json{{"use_cache", true}},
        json{{"early_stopping", true}, {"length_penalty", 2.0}}})
    EXPECT_EQ(warning(idle), "") << idle;
  EXPECT_EQ(warning(nullptr), "");
  EXPECT_EQ(warning(json::object(), {{"num_beams", 4}}), "");  // the newer file alone counts
}

// transformers 5.23 answers with the greatest length where the file is there and has no end.
TEST(GenerationConfig, AFileWithoutAnEndIsSaid) {
  const auto said = [](const json& generation, const json& config) {
    const Folder folder;
    folder.put("config.json", config.dump());
    if (!generation.is_null()) folder.put("generation_config.json", generation.dump());
    return generation_end_warning(folder.path());
  };
  const json named{{"eos_token_id", 2}};
  for (const json& silent : {json::object(), json{{"eos_token_id", nullptr}}})
    EXPECT_THAT(said(silent, named), HasSubstr("generation_config.json has no eos_token_id"));
  EXPECT_EQ(said(nullptr, named), "");
  EXPECT_EQ(said({{"eos_token_id", {2, 3}}}, named), "");
  EXPECT_EQ(said(json::object(), json::object()), "");
}

TEST(GenerationConfig, OtherTokensThanTheConfigurationsAreRefused) {
  const auto complaint = [](const json& generation) {
    const Folder folder;
    folder.put("config.json", R"({"model_type": "t5", "decoder_start_token_id": 0})");
    folder.put("generation_config.json", generation.dump());
    return message([&] { t5::read_config(folder.path()); });
  };
  EXPECT_THAT(complaint({{"eos_token_id", 2}}),
              AllOf(HasSubstr("generation_config.json: eos_token_id is 2 and 1 in config.json")));
  EXPECT_THAT(complaint({{"eos_token_id", {1, 2}}}), HasSubstr("eos_token_id is [1,2]"));
  EXPECT_THAT(complaint({{"decoder_start_token_id", 5}}), HasSubstr("decoder_start_token_id is 5"));
  EXPECT_THAT(complaint({{"decoder_start_token_id", "0"}}), HasSubstr("decoder_start_token_id is"));
  const Folder folder;
  folder.put("config.json", R"({"model_type": "t5"})");
  folder.put("generation_config.json",
             R"({"eos_token_id": [1], "decoder_start_token_id": 0, "pad_token_id": null})");
  EXPECT_EQ(t5::read_config(folder.path()).eos, 1);
  folder.put("generation_config.json", "<!doctype html>");
  EXPECT_THAT(message([&] { t5::read_config(folder.path()); }), HasSubstr("HTML page"));
}

}  // namespace
}  // namespace lorahub::model
