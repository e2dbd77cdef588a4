#include "text/one_sequence_tokenizer.hpp"

#include <gmock/gmock.h>

#include "base/check.hpp"
#include "bpe_golden.hpp"
#include "golden.hpp"

namespace lorahub::text {
namespace {

using testing::HasSubstr;

using Json = nlohmann::json;

std::shared_ptr<const Tokenizer> loaded(const BpeTestFolder& folder, Sequences sequences) {
  return load_tokenizer(folder.path(), {.vocabulary = 1 << 20, .sequences = sequences});
}

std::string refusal(const std::filesystem::path& folder, Sequences sequences) {
  try {
    load_tokenizer(folder, {.vocabulary = 1 << 20, .sequences = sequences});
  } catch (const base::Error& error) {
    return error.what();
  }
  return "it is taken";
}

TEST(OneSequenceTokenizer, AnAnswerBehindAPromptIsCutFromOneText) {
  const BpeTestFolder folder(bpe_variant("smollm"));
  const auto one = loaded(folder, Sequences::one);
  const BpeTokenizer plain(folder.path());
  const auto pair = one->encode_pair("Q: is it?\nA:", "True", {});
  EXPECT_EQ(pair.prompt, plain.encode("Q: is it?\nA:"));
  EXPECT_EQ(pair.answer, plain.encode_as_one("Q: is it?\nA:", " True").answer);
  EXPECT_EQ(one->encode("Q: is it?\nA:"), pair.prompt);
  EXPECT_TRUE(one->pairs_are_one_sequence());
  const auto two = loaded(folder, Sequences::two);
  EXPECT_FALSE(two->pairs_are_one_sequence());
  EXPECT_EQ(two->encode_pair("Q", "True", {}).answer, plain.encode_target("True"));
  EXPECT_EQ(two->encode_pair("Q: is it?", "True", {.prompt = 2, .answer = 1}).prompt,
            plain.encode("Q: is it?", 2));
}

TEST(OneSequenceTokenizer, LimitsCutPromptAndAnswer) {
  const BpeTestFolder folder(bpe_variant("llama3"));
  const auto one = loaded(folder, Sequences::one);
  const auto whole = one->encode_pair("the the the the", "the the", {}),
             part = one->encode_pair("the the the the", "the the", {.prompt = 3, .answer = 2});
  EXPECT_EQ(part.prompt, Ids(whole.prompt.begin(), whole.prompt.begin() + 3));
  EXPECT_EQ(part.answer, (Ids{whole.answer.front(), whole.answer.back()}));
}

TEST(OneSequenceTokenizer, AnswersAreReadWithoutJoinerAndUpToTheFirstStop) {
  const BpeTestFolder folder(bpe_variant("gpt2"));
  const BpeTokenizer plain(folder.path());
  const auto decoded = [&](const std::string& text) {
    return loaded(folder, Sequences::one)->decode(plain.encode(text));
  };
  EXPECT_EQ(decoded(" True\nQ: more"), "True");
  EXPECT_EQ(decoded("True"), "True");
  EXPECT_EQ(decoded("  two"), " two");
  EXPECT_EQ(decoded("\n"), "");
  folder.put("lorahub_prompt.json", {{"stop", {"END", ";"}}, {"joiner", "\n"}});
  EXPECT_EQ(decoded("\na\nb; c END"), "a\nb");
  EXPECT_EQ(decoded("a END b;"), "a ");
}

// By the text alone: more letters may not change what decode() gives, and where they may, the
// answer is not whole.
TEST(OneSequenceTokenizer, AnAnswerIsWholeWhenNothingBehindItIsRead) {
  const BpeTestFolder folder(bpe_variant("gpt2"));
  const BpeTokenizer plain(folder.path());
  folder.put("lorahub_prompt.json", {{"stop", {"b", "abc", "\n\n"}}, {"joiner", "\n\n:"}});
  const auto tokenizer = loaded(folder, Sequences::one);
  const auto is_whole = [&](const std::string& text) {
    return tokenizer->is_whole_answer(plain.encode(text));
  };
  EXPECT_TRUE(is_whole("xb"));
  EXPECT_TRUE(is_whole("xbc"));
  EXPECT_FALSE(is_whole("xa"));
  EXPECT_FALSE(is_whole("ab"));  // "abc" would stop before
  EXPECT_TRUE(is_whole("abd"));
  EXPECT_TRUE(is_whole("abc"));
  EXPECT_FALSE(is_whole("\n\n"));  // of the joiner
  EXPECT_FALSE(is_whole("\n\n:"));
  EXPECT_TRUE(is_whole("\n\nx"));
  EXPECT_TRUE(is_whole("\n\n:\n\n"));
  EXPECT_FALSE(is_whole(""));
  int whole = 0;
  for (int number = 0; number < 4096; ++number) {  // all texts of six of these letters
    std::string text;
    for (int rest = number, i = 0; i < 6; ++i, rest /= 4) text += "abc\n"[rest % 4];
    const Ids ids = plain.encode(text);
    for (size_t some = 0; some < ids.size(); ++some) {
      const Ids first(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(some));
      if (!tokenizer->is_whole_answer(first)) continue;
      ++whole;
      EXPECT_EQ(tokenizer->decode(first), tokenizer->decode(ids)) << text;
      EXPECT_TRUE(tokenizer->is_whole_answer(ids)) << text;
      break;
    }
  }
  EXPECT_GT(whole, 2000);
}

// What transformers' apply_chat_template gives of one message, for four families.
TEST(OneSequenceTokenizer, PiecesOfChatTemplatesGiveTheIdsOfTransformers) {
  const Json golden = Json::parse(base::read_file(kGolden / "bpe/chat.json"));
  ASSERT_EQ(golden["families"].size(), 4U);
  for (const Json& family : golden["families"]) {
    const Json& variant = bpe_variant(family["variant"]);
    Json file = bpe_file(variant);
    for (const Json& token : family["added_tokens"]) file["added_tokens"].push_back(token);
    const BpeTestFolder folder(file, variant["config"]);
    folder.put("lorahub_prompt.json", family["pieces"]);
    const auto tokenizer = loaded(folder, Sequences::one);
    ASSERT_GE(family["rows"].size(), 10U);
    for (const Json& row : family["rows"]) {
      EXPECT_EQ(tokenizer->encode(row["text"].get<std::string>()), row["ids"].get<Ids>())
          << family["name"] << row["text"];
      EXPECT_EQ(tokenizer->encode_pair(row["text"], "yes", {}).prompt, row["ids"].get<Ids>());
    }
  }
}

TEST(OneSequenceTokenizer, OtherTokenizersAndPiecesForTwoSequencesAreRefused) {
  EXPECT_THAT(refusal(SOURCE_DIR "/configs/model/mini", Sequences::one),
              HasSubstr("is not of byte-pair encoding"));
  const BpeTestFolder folder(bpe_variant("gpt2"));
  folder.put("lorahub_prompt.json", Json::object());
  EXPECT_THAT(refusal(folder.path(), Sequences::two),
              HasSubstr("lorahub_prompt.json: is for decoder-only models"));
  EXPECT_EQ(refusal(folder.path(), Sequences::one), "it is taken");
}

TEST(PromptPieces, KeysAndValuesThatAreNotKnownAreRefused) {
  const BpeTestFolder folder(bpe_variant("gpt2"));
  for (const auto& [content, says] :
       {std::pair<Json, const char*>{{{"behind", ""}}, "'behind' is not known here"},
        {{{"before", 1}}, "before is 1 (a text is needed)"},
        {{{"stop", "\n"}}, "stop is \"\\n\" (a list of texts is needed)"},
        {{{"stop", {""}}}, "an entry of stop is empty"},
        {{{"stop", {1}}}, "an entry of stop is 1"},
        {{{"strip", "yes"}}, "strip is \"yes\" (true or false is needed)"}}) {
    folder.put("lorahub_prompt.json", content);
    EXPECT_THAT(refusal(folder.path(), Sequences::one), HasSubstr(says));
  }
}

}  // namespace
}  // namespace lorahub::text
