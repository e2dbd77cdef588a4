#include "text/bpe_tokenizer.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/files.hpp"
#include "bpe_golden.hpp"
#include "same_as_tokenizers.hpp"
#include "text/same_tokens.hpp"
#include "text/tokenizer_inputs.hpp"

namespace lorahub::text {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string refusal(const fs::path& folder) {
  try {
    BpeTokenizer{folder};
  } catch (const base::Error& error) {
    return error.what();
  }
  return "it is taken";
}

class EachBpe : public testing::TestWithParam<const char*> {};

TEST_P(EachBpe, GivesTheIdsAndTextsOfTokenizersOnBbhAndOnHostileStrings) {
  const nlohmann::json& variant = bpe_variant(GetParam());
  const BpeTestFolder folder(variant);
  expect_same(BpeTokenizer(folder.path()), variant["reference"]);
}

INSTANTIATE_TEST_SUITE_P(BpeTokenizer, EachBpe,
                         testing::Values("gpt2", "gpt2_with_space", "smollm", "digits_together",
                                         "llama3", "qwen2", "tekken", "llama2",
                                         "tinyllama_user_tokens", "mistral", "words",
                                         "no_space_before"),
                         [](const auto& row) { return std::string(row.param); });

TEST(BpeTokenizer, AllVariantsOfTheGoldenFileAreAmongTheTests) {
  EXPECT_EQ(bpe_golden()["variants"].size(), 12U);
}

TEST(BpeTokenizer, IsTheKindOfAFolderWhoseModelIsOfThisType) {
  const BpeTestFolder folder(bpe_variant("gpt2"));
  EXPECT_EQ(&tokenizer_kind(folder.path()), &kBpe);
  EXPECT_NE(dynamic_cast<const BpeTokenizer*>(load_tokenizer(folder.path()).get()), nullptr);
  nlohmann::json old = bpe_file(bpe_variant("gpt2"));
  old["model"].erase("type");
  folder.put("tokenizer.json", old);
  EXPECT_EQ(&tokenizer_kind(folder.path()), &kBpe);
  old["model"]["type"] = "WordPiece";
  folder.put("tokenizer.json", old);
  EXPECT_NE(&tokenizer_kind(folder.path()), &kBpe);
}

TEST(BpeTokenizer, ALimitCountsWhatIsPutAroundAndCutsTheSideThatTheFileNames) {
  const nlohmann::json& variant = bpe_variant("tekken");
  const BpeTestFolder folder(variant);
  const std::string text = "the the the the";
  const BpeTokenizer right(folder.path());
  const Ids all = right.encode(text);
  ASSERT_GE(all.size(), 6U);
  EXPECT_THAT(right.encode(text, 4), ElementsAre(all[0], all[1], all[2], all.back()));
  EXPECT_THAT(right.encode(text, 1), ElementsAre(all[0], all.back()));
  nlohmann::json config = variant["config"];
  config["truncation_side"] = "left";
  folder.put("tokenizer_config.json", config);
  EXPECT_THAT(BpeTokenizer(folder.path()).encode(text, 4),
              ElementsAre(all[0], all[all.size() - 3], all[all.size() - 2], all.back()));
}

TEST(BpeTokenizer, AnAnswerIsItsTextAndTheEnd) {
  const BpeTestFolder folder(bpe_variant("llama2"));
  const BpeTokenizer tokenizer(folder.path());
  Ids ids = tokenizer.encode("the");
  ids.erase(ids.begin());  // <s>
  ids.push_back(2);        // </s>
  EXPECT_EQ(tokenizer.encode_target("the"), ids);
  EXPECT_THAT(tokenizer.encode_target("the", 1), ElementsAre(2));
  EXPECT_EQ(tokenizer.decode(ids), "the");
  EXPECT_EQ(tokenizer.decode({-1, 1 << 20, 2}), "");
}

// The vocabulary has the token "the" and the pair "th", so that the cut is within a token of both.
TEST(BpeTokenizer, APromptAndItsAnswerAreOneTextThatIsCut) {
  const BpeTestFolder folder(bpe_variant("llama3"));
  const BpeTokenizer tokenizer(folder.path());
  const int64_t begin = tokenizer.encode("")[0], end = tokenizer.encode_target("")[0];
  for (const auto& [prompt, answer] : {std::pair{"Q: is it?\nA:", " the first"},
                                       {"th", "e"},
                                       {"", "the"},
                                       {"12", "3"},
                                       {"a", ""}}) {
    const auto pair = tokenizer.encode_as_one(prompt, answer);
    Ids both = pair.prompt;
    both.insert(both.end(), pair.answer.begin(), pair.answer.end());
    Ids whole = tokenizer.encode(std::string(prompt) + answer);
    whole.push_back(end);
    EXPECT_EQ(both, whole) << prompt << '|' << answer;
    EXPECT_LE(pair.prompt.size(), tokenizer.encode(prompt).size());
  }
  EXPECT_THAT(tokenizer.encode_as_one("", "the").prompt, ElementsAre(begin));
  EXPECT_EQ(tokenizer.encode_as_one("<s>a", " b").prompt, tokenizer.encode("a"));
}

TEST(BpeTokenizer, BytesThatAreNoUtf8CountAsReplacementCharacters) {
  const BpeTestFolder folder(bpe_variant("gpt2"));
  const BpeTokenizer tokenizer(folder.path());
  EXPECT_EQ(tokenizer.encode("a\xff\xe2\x82z"), tokenizer.encode("a\uFFFD\uFFFDz"));
}

TEST(BpeTokenizer, AFlagThatSaysOtherwiseThanThePostProcessorIsRefused) {
  const nlohmann::json& variant = bpe_variant("llama2");  // <s> before, nothing behind
  const BpeTestFolder folder(variant);
  const auto around = [&](const nlohmann::json& more) {
    nlohmann::json config = variant["config"];
    config["bos_token"] = "<s>";
    config.update(more);
    folder.put("tokenizer_config.json", config);
    return BpeTokenizer(folder.path()).encode("");
  };
  EXPECT_THAT(around(nlohmann::json::object()), ElementsAre(1));
  EXPECT_THAT(around({{"add_bos_token", true}, {"add_eos_token", false}}), ElementsAre(1));
  for (const auto& [flag, value] : {std::pair{"add_bos_token", false}, {"add_eos_token", true}})
    try {
      around({{flag, value}});
      ADD_FAILURE() << flag;
    } catch (const base::Error& e) {
      EXPECT_THAT(e.what(), HasSubstr(flag));
    }
}

// transformers 5 would add them to the vocabulary and match them.
TEST(BpeTokenizer, SpecialTokensThatAreNoAddedTokensAreRefused) {
  const nlohmann::json& variant = bpe_variant("gpt2");
  const nlohmann::json given[] = {{{"additional_special_tokens", {"<x>"}}},
                                  {{"extra_special_tokens", {"<x>"}}},
                                  {{"extra_special_tokens", {{"image_token", "<x>"}}}},
                                  {{"image_token", "<x>"}}};
  for (const char* file : {"tokenizer_config.json", "special_tokens_map.json"})
    for (const nlohmann::json& more : given) {
      const BpeTestFolder folder(variant);
      nlohmann::json config = variant["config"], map = {{"eos_token", config["eos_token"]}};
      nlohmann::json& content = file == std::string("special_tokens_map.json") ? map : config;
      content.update(more);
      folder.put(file, content);
      EXPECT_THAT(refusal(folder.path()), AllOf(HasSubstr("<x>"), HasSubstr(file))) << more.dump();
      for (const auto& [key, value] : more.items()) content.erase(key);
      content["additional_special_tokens"] = nlohmann::json::array({"<|end|>"});
      folder.put(file, content);
      EXPECT_EQ(refusal(folder.path()), "it is taken") << file;
    }
}

TEST(BpeTokenizer, TheMapOfOldFoldersNamesTheEnd) {
  const nlohmann::json& variant = bpe_variant("llama2");
  const BpeTestFolder folder(variant);
  nlohmann::json config = variant["config"];
  config.erase("added_tokens_decoder");
  folder.put("tokenizer_config.json", config);
  folder.put("special_tokens_map.json", {{"eos_token", "<s>"}});
  EXPECT_EQ(BpeTokenizer(folder.path()).encode_target("a").back(), 1);
}

TEST(BpeTokenizer, AClassWithAnExpressionOfItsOwnIsRefusedForAnother) {
  for (const char* name : {"qwen2", "llama3"}) {
    const nlohmann::json& variant = bpe_variant(name);
    const BpeTestFolder folder(variant);
    nlohmann::json config = variant["config"];
    config["tokenizer_class"] = "Qwen2TokenizerFast";
    folder.put("tokenizer_config.json", config);
    EXPECT_EQ(refusal(folder.path()) == "it is taken", name == std::string("qwen2"));
  }
}

TEST(BpeTokenizer, TokensThatOtherFilesAddTakeTheNextIds) {
  const nlohmann::json& variant = bpe_variant("gpt2");
  const auto next = static_cast<int64_t>(variant["reference"]["size"]);
  const BpeTestFolder folder(variant);
  nlohmann::json config = variant["config"];
  config["added_tokens_decoder"][std::to_string(next)] = {{"content", "<x>"}, {"special", true}};
  config["pad_token"] = "<pad>";
  folder.put("tokenizer_config.json", config);
  const BpeTokenizer tokenizer(folder.path());
  EXPECT_THAT(tokenizer.encode("<pad><x>"), ElementsAre(next + 1, next));
  EXPECT_EQ(tokenizer.decode({next, next + 1}), "");
  EXPECT_EQ(tokenizer.size(), next + 2);
}

TEST(BpeTokenizer, AFolderBesideAnAdapterMayHoldTheSameTokensAlone) {
  const nlohmann::json& variant = bpe_variant("qwen2");
  const BpeTestFolder model(variant), adapter(variant);
  EXPECT_NO_THROW(check_same_tokens(model.path(), adapter.path()));
  nlohmann::json file = bpe_file(variant);
  file.erase("truncation");  // other bytes, the same tokens
  adapter.put("tokenizer.json", file);
  EXPECT_NO_THROW(check_same_tokens(model.path(), adapter.path()));
  std::swap(file["model"]["merges"][0], file["model"]["merges"][1]);
  adapter.put("tokenizer.json", file);
  EXPECT_THROW(check_same_tokens(model.path(), adapter.path()), base::Error);
  EXPECT_THAT(tokenizer_inputs(model.path()),
              ElementsAre("tokenizer.json", "tokenizer_config.json"));
}

// --- What is refused

using Change = void (*)(nlohmann::json& file);
struct BadFile {
  const char* name;
  Change change;
  const char* says;
};
void PrintTo(const BadFile& bad, std::ostream* out) { *out << bad.name; }

class BadBpeFile : public testing::TestWithParam<BadFile> {};

TEST_P(BadBpeFile, IsRefusedByTheNameOfItsPart) {
  const nlohmann::json& variant = bpe_variant("gpt2");
  const BpeTestFolder folder(variant);
  nlohmann::json file = bpe_file(variant);
  GetParam().change(file);
  folder.put("tokenizer.json", file);
  EXPECT_THAT(refusal(folder.path()), AllOf(HasSubstr(GetParam().says), HasSubstr("tokenizer.json"),
                                            HasSubstr("would be cut ")));
}

using J = nlohmann::json;
const BadFile kBadFiles[] = {
    {"normalizer",
     [](J& f) {
       f["normalizer"] = {{"type", "Lowercase"}};
     },
     "the normalizer Lowercase"},
    {"normalizer_in_a_sequence",
     [](J& f) {
       f["normalizer"] = {{"type", "Sequence"},
                          {"normalizers", {{{"type", "NFC"}}, {{"type", "NFKC"}}}}};
     },
     "the normalizer NFKC"},
    {"regex_of_replace",
     [](J& f) {
       f["normalizer"] = {{"type", "Replace"}, {"pattern", {{"Regex", " +"}}}, {"content", " "}};
     },
     "the pattern {\"Regex\":\" +\"} of the normalizer Replace"},
    {"pre_tokenizer",
     [](J& f) {
       f["pre_tokenizer"] = {{"type", "Whitespace"}};
     },
     "the pre-tokenizer Whitespace"},
    {"split_expression",
     [](J& f) {
       f["pre_tokenizer"] = {{"type", "Split"},
                             {"pattern", {{"Regex", "\\w+"}}},
                             {"behavior", "Isolated"},
                             {"invert", false}};
     },
     "the pattern {\"Regex\":\"\\\\w+\"} of the pre-tokenizer Split"},
    {"split_behavior",
     [](J& f) {
       f["pre_tokenizer"] = bpe_variant("qwen2")["file"]["pre_tokenizer"];
       f["pre_tokenizer"]["pretokenizers"][0]["behavior"] = "MergedWithNext";
     },
     "the behavior \"MergedWithNext\""},
    {"two_byte_levels",
     [](J& f) {
       f["pre_tokenizer"] = {{"type", "Sequence"},
                             {"pretokenizers", {f["pre_tokenizer"], f["pre_tokenizer"]}}};
     },
     "the pre-tokenizer ByteLevel behind"},
    {"post_processor",
     [](J& f) {
       f["post_processor"] = {{"type", "RobertaProcessing"}};
     },
     "the post-processor RobertaProcessing"},
    {"template_token",
     [](J& f) {
       f["post_processor"] = bpe_variant("tekken")["file"]["post_processor"];
       f["post_processor"]["special_tokens"]["<s>"]["ids"][0] = 100000;
     },
     "its template names the token 100000"},
    {"template_without_text",
     [](J& f) {
       f["post_processor"] = bpe_variant("tekken")["file"]["post_processor"];
       f["post_processor"]["single"].erase(1);
     },
     "the template"},
    {"decoder",
     [](J& f) {
       f["decoder"] = {{"type", "CTC"}};
     },
     "the decoder CTC"},
    {"no_decoder", [](J& f) { f["decoder"] = nullptr; }, "a file without a decoder"},
    {"version", [](J& f) { f["version"] = "2.0"; }, "the \"version\" of the file"},
    {"unknown_key", [](J& f) { f["magic"] = 1; }, "\"magic\" of the file"},
    {"unknown_key_of_the_model", [](J& f) { f["model"]["magic"] = 1; }, "\"magic\" of the model"},
    {"dropout", [](J& f) { f["model"]["dropout"] = 0.1; }, "\"dropout\": 0.1"},
    {"word_end", [](J& f) { f["model"]["end_of_word_suffix"] = "</w>"; }, "\"end_of_word_suffix\""},
    {"unknown_token", [](J& f) { f["model"]["unk_token"] = "<none>"; },
     "the unknown token \"<none>\" is not in the vocabulary"},
    {"merge_of_an_absent_token", [](J& f) { f["model"]["merges"][3] = "zq xj"; },
     "merge 3 names 'zq', which is not in the vocabulary"},
    {"merge_of_three", [](J& f) { f["model"]["merges"][3] = "a b c"; },
     "merge 3 is \"a b c\", which is no pair"},
    {"two_tokens_of_one_id", [](J& f) { f["model"]["vocab"]["zqxj"] = 5; }, "have the id 5"},
    {"negative_id", [](J& f) { f["model"]["vocab"]["zqxj"] = -1; },
     "the id of the token 'zqxj' is -1"},
    {"huge_id", [](J& f) { f["model"]["vocab"]["zqxj"] = 1LL << 40; },
     "the id of the token 'zqxj' is 1099511627776"},
    {"id_of_an_added_token", [](J& f) { f["added_tokens"][0]["id"] = 9999; },
     "the added token '<s>' has the id 9999"},
    {"flag_of_an_added_token", [](J& f) { f["added_tokens"][0]["magic"] = true; },
     "the added token '<s>' has \"magic\""},
};
INSTANTIATE_TEST_SUITE_P(BpeTokenizer, BadBpeFile, testing::ValuesIn(kBadFiles),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(BpeTokenizer, ReplacementsThatCouldFillTheMemoryAreRefused) {
  const nlohmann::json& variant = bpe_variant("gpt2");
  const BpeTestFolder folder(variant);
  const auto refused = [&](const char* part, const char* steps, size_t count) {
    const J doubled = {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "aa"}};
    J file = bpe_file(variant);
    file[part] = {{"type", "Sequence"}, {steps, std::vector<J>(count, doubled)}};
    folder.put("tokenizer.json", file);
    return refusal(folder.path());
  };
  EXPECT_EQ(refused("normalizer", "normalizers", 8), "it is taken");
  EXPECT_THAT(refused("normalizer", "normalizers", 9), HasSubstr("make a text 512 times as long"));
  EXPECT_EQ(refused("decoder", "decoders", 8), "it is taken");
  EXPECT_THAT(refused("decoder", "decoders", 60), HasSubstr("times as long (a short one could"));
}

TEST(BpeTokenizer, FilesThatContradictEachOtherAreRefused) {
  const nlohmann::json& variant = bpe_variant("gpt2");
  const BpeTestFolder folder(variant);
  const auto refused = [&](const nlohmann::json& more) {
    nlohmann::json config = variant["config"];
    config.update(more);
    folder.put("tokenizer_config.json", config);
    return refusal(folder.path());
  };
  const auto id = std::to_string(static_cast<int64_t>(variant["reference"]["size"]) - 1);
  EXPECT_THAT(refused({{"added_tokens_decoder", {{"7", {{"content", "<x>"}}}}}}),
              HasSubstr("gives the token '<x>' the id 7"));
  EXPECT_THAT(refused({{"added_tokens_decoder",
                        {{id, {{"content", "<|end|>"}, {"special", true}, {"lstrip", true}}}}}}),
              HasSubstr("the added token '<|end|>' is another one"));
  EXPECT_THAT(refused({{"add_prefix_space", true}}),
              HasSubstr("\"add_prefix_space\" is not as in"));
  EXPECT_THAT(refused({{"eos_token", nullptr}}), HasSubstr("there is no \"eos_token\""));
}

TEST(BpeTokenizer, IsRefusedForAnEmbeddingWithTooFewRows) {
  const BpeTestFolder folder(bpe_variant("gpt2"));
  const auto size = static_cast<int64_t>(bpe_variant("gpt2")["reference"]["size"]);
  EXPECT_NO_THROW(load_tokenizer(folder.path(), {.vocabulary = size}));
  EXPECT_NO_THROW(
      load_tokenizer(folder.path(), {.vocabulary = size + 100}));  // rows that are padding
  try {
    load_tokenizer(folder.path(), {.vocabulary = size - 1});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("the embedding has no row for '<|end|>'")));
  }
}

TEST(BpeTokenizer, ALongRowOfOneLetterIsCutInTime) {
  const BpeTestFolder folder(bpe_variant("llama3")), pieces(bpe_variant("llama2"));
  for (const char letter : {'a', ' ', '.', '\n'}) {
    const std::string text(200'000, letter);
    const BpeTokenizer bytes(folder.path()), sentence(pieces.path());
    EXPECT_EQ(bytes.decode(bytes.encode(text)), text);
    EXPECT_EQ(sentence.decode(sentence.encode(text)), text);
  }
}

}  // namespace
}  // namespace lorahub::text
