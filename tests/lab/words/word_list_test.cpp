#include "lab/words/word_list.hpp"

#include <gmock/gmock.h>

#include <set>

#include "../../process.hpp"
#include "base/check.hpp"
#include "base/files.hpp"

namespace lorahub::lab::words {
namespace {

using testing::HasSubstr;

std::filesystem::path file(const std::string& text) {
  const auto path = fresh_folder("word_list") / "list.tsv";
  base::write_file(path, text);
  return path;
}

std::string list_refusal(const std::string& text) {
  try {
    read_word_list(file(text));
  } catch (const base::Error& error) {
    return error.what();
  }
  return "";
}

TEST(WordList, HasTheWordsOfItsLines) {
  const auto list = read_word_list(file("go\twent\nBurkina Faso\tOuagadougou\n"));
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].word, "go");
  EXPECT_EQ(list[0].answer, "went");
  EXPECT_EQ(list[1].word, "Burkina Faso");
  EXPECT_EQ(list[1].answer, "Ouagadougou");
}

TEST(WordList, ALineOfAnotherKindIsRefusedWithItsNumber) {
  for (const char* line :
       {"walk", "walk\t", "\twalked", "", "walk\twalked\ttwice", "walk\twalked\x1b[2J"})
    EXPECT_THAT(list_refusal(std::string("go\twent\n") + line + "\nsee\tsaw\n"),
                HasSubstr("list.tsv:2: "))
        << line;
}

TEST(WordList, AWordThatIsThereTwiceIsRefused) {
  EXPECT_THAT(list_refusal("go\twent\nsee\tsaw\ngo\tgone\n"),
              testing::AllOf(HasSubstr("list.tsv:3: "), HasSubstr("'go'")));
}

// {first}, {last} and {ANSWER} are of letters of one byte.
TEST(WordList, AnAnswerThatIsNotOfAsciiIsRefused) {
  EXPECT_THAT(list_refusal("go\twent\nsee\tvu\xc3\xa9\n"),
              testing::AllOf(HasSubstr("list.tsv:2: "), HasSubstr("ASCII")));
  EXPECT_EQ(read_word_list(file("d\xc3\xa9j\xc3\xa0\talready\n")).size(), 1U);
}

TEST(WordList, ASpaceAtAnEndIsRefused) {
  for (const char* line : {"see\tsaw ", "see\t saw", "see \tsaw", " see\tsaw"})
    EXPECT_THAT(list_refusal(std::string("go\twent\n") + line + "\n"),
                testing::AllOf(HasSubstr("list.tsv:2: "), HasSubstr("space")))
        << line;
}

TEST(WordList, AFileWithoutWordsIsRefused) {
  EXPECT_THAT(list_refusal(""), HasSubstr("has no words"));
}

// What `printf go | sha256sum` begins with, and so on: 4c, 65 (which is 101), 7a, aa, e2.
TEST(WordList, TheSmallerPartHasHashesBelow102) {
  EXPECT_TRUE(in_smaller_part("go"));
  EXPECT_TRUE(in_smaller_part("antonym_upper"));
  for (const char* name : {"walk", "see", "cold"}) EXPECT_FALSE(in_smaller_part(name)) << name;
}

TEST(WordList, BothWordsOfAPairAreInTheSamePart) {
  const ListParts parts = split({{"cold", "hot"}, {"hot", "cold"}, {"go", "went"}, {"see", "saw"}});
  std::set<std::string> upstream, unseen;
  for (const WordEntry& entry : parts.upstream) upstream.insert(entry.word);
  for (const WordEntry& entry : parts.unseen) unseen.insert(entry.word);
  EXPECT_EQ(upstream.size() + unseen.size(), 4U);
  EXPECT_EQ(upstream.contains("hot"), in_smaller_part("cold"));
  EXPECT_EQ(upstream.contains("cold"), in_smaller_part("cold"));
  EXPECT_EQ(upstream.contains("go"), in_smaller_part("go"));
}

}  // namespace
}  // namespace lorahub::lab::words
