// Journals whose lines have right checksums and say what no run has written: refused with file and
// line, by a sentence.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "samples.hpp"
#include "store/codec.hpp"

namespace lorahub::store {
namespace {

using Json = nlohmann::ordered_json;
using samples::Folder;
using samples::kOne;
using samples::message_of;
using testing::AllOf;
using testing::HasSubstr;

// The entries of a whole search, as JSON.
std::vector<Json> honest() {
  std::vector<Json> entries;
  const auto add = [&](const JournalEntry& entry) {
    entries.push_back(Json::parse(encode(entry)));
  };
  Header header = samples::header();
  header.environment["trials"] = "2";
  add(header);
  add(Start{kOne, samples::inputs(), 1000});
  const Record record = samples::record(kOne, "E1", 1);
  for (size_t g = 0; g < 3; ++g) add(Told{kOne, g, record.generations[g]});
  add(Finish{.record = record, .told = 3});
  return entries;
}

class Forged : public testing::Test {
 protected:
  std::string refusal(const std::vector<Json>& entries) {
    std::ofstream out(file_, std::ios::binary);
    for (const Json& entry : entries) out << frame(entry.dump());
    out.close();
    return message_of([&] { read_journal(file_); });
  }
  // `place` of the entry of that line (from 1) set to `value`.
  void expect_refused(size_t line, const std::string& place, const Json& value) {
    std::vector<Json> entries = honest();
    entries.at(line - 1)[Json::json_pointer(place)] = value;
    EXPECT_THAT(refusal(entries), HasSubstr("journal.ndj:" + std::to_string(line) + ": "))
        << place << " = " << value;
  }
  const Folder folder_;
  const std::filesystem::path file_ = folder_ / "journal.ndj";
};

TEST_F(Forged, AnHonestJournalIsRead) { EXPECT_EQ(refusal(honest()), "no Error"); }

TEST_F(Forged, MoreTrialsThanItsStartPlanned) {
  std::vector<Json> entries = honest();
  const Json start = entries[1];
  const auto begin = [&](const char* trial) {
    entries.push_back(start);
    entries.back()["trial"] = trial;
  };
  begin("494c392cb91c00d0");
  EXPECT_EQ(refusal(entries), "no Error") << "the second of two";
  begin("494c392cb91c00d0");
  EXPECT_EQ(refusal(entries), "no Error") << "once more";
  begin("0d33084441e7e60c");
  EXPECT_THAT(refusal(entries), AllOf(HasSubstr("journal.ndj:9: "),
                                      HasSubstr("3 trial(s) are begun where 2 are planned")));
  entries.back() = entries[0];  // a start of the program
  begin("0d33084441e7e60c");
  EXPECT_EQ(refusal(entries), "no Error");
}

TEST_F(Forged, PlansThatNoRunWrites) {
  const std::string other = "494c392cb91c00d0";
  std::vector<Json> entries = honest();
  entries[0]["planned"] = {kOne, other};
  EXPECT_EQ(refusal(entries), "no Error");
  EXPECT_EQ(read_journal(file_).headers[0].planned, (std::vector<std::string>{kOne, other}));
  for (const Json& planned :
       {Json{kOne}, Json{kOne, kOne}, Json{kOne, "x"}, Json{kOne, 3}, Json(kOne), Json(2)})
    expect_refused(1, "/planned", planned);
}

TEST_F(Forged, NumbersThatNoRunWrites) {
  expect_refused(1, "/environment/trials", "many");
  expect_refused(1, "/environment/trials", "99999999999999999999999");
  expect_refused(2, "/seconds", "nan");
  expect_refused(2, "/seconds", -1);
  expect_refused(3, "/index", -1);
  expect_refused(3, "/index", 0.5);
  expect_refused(3, "/generation/dim", 3);
  expect_refused(3, "/generation/dim", 4294967298);
  expect_refused(3, "/generation/weights/0", "nan");
  expect_refused(3, "/generation/weights/0", "inf");
  expect_refused(3, "/generation/losses/0", "-inf");
  expect_refused(3, "/generation/losses/0", true);
  expect_refused(3, "/generation/losses", Json::array());
  expect_refused(3, "/generation/gradient", Json::array({1}));
  expect_refused(3, "/generation/gradient", Json::array({1, "inf"}));
  expect_refused(5, "/generation/faults/0/0", 1);
  expect_refused(5, "/generation/losses/0", 1.5);  // a fault that has a loss
  for (const char* count : {"evaluations", "probes", "rounds", "search_tokens"})
    for (const Json& value : {Json(-8), Json(1e300), Json(8.5), Json("8"), Json(true)})
      expect_refused(6, std::string("/record/counts/") + count, value);
  expect_refused(6, "/record/accuracy", 50);
  expect_refused(6, "/record/accuracy", "nan");
  expect_refused(6, "/record/best_loss", "-inf");
  expect_refused(6, "/record/seconds/load", -1);
  expect_refused(6, "/record/told", 2);
  expect_refused(6, "/record/told", 1e9);
}

TEST_F(Forged, ListsOfOtherLengthsAndRowsThatMeet) {
  for (const char* list : {"shot_tokens", "shot_sha256", "shot_sums", "weights", "modules"}) {
    std::vector<Json> entries = honest();
    entries[5]["record"][list].push_back(entries[5]["record"][list][0]);
    EXPECT_THAT(refusal(entries), HasSubstr("journal.ndj:6: ")) << list;
  }
  expect_refused(3, "/generation/weights", Json::array({1, 2, 3}));
  expect_refused(6, "/record/answers/1/row", 0);
  expect_refused(6, "/record/dropped_rows/0", 0);
  expect_refused(6, "/record/shot_rows/1", 3);
  expect_refused(6, "/record/shot_rows/1", -3);
}

TEST_F(Forged, IdsAndHashesThatAreNone) {
  for (size_t line : {2, 3, 4}) expect_refused(line, "/trial", "../../etc/passwd");
  expect_refused(2, "/inputs/model", "abc");
  expect_refused(6, "/record/trial", "0123456789abcdef");
  expect_refused(6, "/record/knobs/0/1", "another task");
  for (const char* name : {"", "task", "temperature"})  // of knobs that the trial does not read
    expect_refused(6, "/record/knobs/7", Json::array({name, ""}));
  expect_refused(6, "/record/answers/0/input", "abc");
  expect_refused(6, "/record/shot_sha256/0", "abc");
}

TEST_F(Forged, EntriesOutOfOrder) {
  const auto without = [](size_t line) {
    std::vector<Json> entries = honest();
    entries.erase(entries.begin() + static_cast<long>(line) - 1);
    return entries;
  };
  EXPECT_THAT(refusal(without(2)), AllOf(HasSubstr(":2: "), HasSubstr("has not been started")));
  EXPECT_THAT(refusal(without(3)), AllOf(HasSubstr(":3: "), HasSubstr("generation 1")));
  EXPECT_THAT(refusal(without(5)), AllOf(HasSubstr(":5: "), HasSubstr("ends after 3")));
  for (size_t line = 2; line <= 6; ++line) {
    std::vector<Json> entries = honest();
    const Json again = entries.at(line - 1);
    entries.push_back(again);
    EXPECT_THAT(refusal(entries), AllOf(HasSubstr(":7: "), HasSubstr("has ended before"))) << line;
  }
}

// Each value of each entry, replaced by each of these in turn: refused by a sentence, or read.
TEST_F(Forged, EveryFieldReplacedByAnything) {
  const std::vector<Json> others{
      nullptr, true,  -1,       0.5,           1e308,          18446744073709551615U,
      "",      "nan", "\n\x1b", Json::array(), Json::object(), Json::array({Json::array({1})})};
  const std::vector<Json> whole = honest();
  int tried = 0, refused = 0;
  for (size_t e = 0; e < whole.size(); ++e) {
    const Json places = whole[e].flatten();
    for (const auto& [place, value] : places.items())
      for (const Json& other : others) {
        std::vector<Json> entries = whole;
        entries[e][Json::json_pointer(place)] = other;
        const std::string said = refusal(entries);
        ++tried;
        if (said == "no Error") continue;
        ++refused;
        ASSERT_EQ(said.find('\n'), std::string::npos) << said;
        ASSERT_THAT(said, HasSubstr("journal.ndj:"));
      }
  }
  EXPECT_GT(tried, 800);
  EXPECT_GT(refused, tried * 3 / 4);
}

TEST_F(Forged, EveryFieldLeftOut) {
  const std::vector<Json> whole = honest();
  for (size_t e = 0; e < whole.size(); ++e)
    for (const auto& [key, value] : whole[e].items()) {
      std::vector<Json> entries = whole;
      entries[e].erase(key);
      ASSERT_NE(refusal(entries), "no Error") << key;
    }
  for (const auto& [key, value] : whole[5]["record"].items()) {
    if (key == "joules") continue;  // older versions had none
    std::vector<Json> entries = whole;
    entries[5]["record"].erase(key);
    ASSERT_NE(refusal(entries), "no Error") << key;
  }
}

TEST_F(Forged, FieldsThatNobodyKnows) {
  const std::vector<Json> whole = honest();
  int tried = 0;
  for (size_t e = 0; e < whole.size(); ++e) {
    std::vector<std::string> objects{""};
    const Json places = whole[e].flatten();
    for (const auto& [place, value] : places.items())
      for (std::string at = place; !(at = at.substr(0, at.rfind('/'))).empty();)
        if (whole[e][Json::json_pointer(at)].is_object()) objects.push_back(at);
    for (const std::string& object : objects) {
      if (object.starts_with("/environment") || object.starts_with("/inputs")) continue;
      std::vector<Json> entries = whole;
      entries[e][Json::json_pointer(object)]["temperature"] = 1;
      ++tried;
      EXPECT_THAT(refusal(entries),
                  AllOf(HasSubstr("journal.ndj:"), HasSubstr("unknown field 'temperature'")))
          << object;
    }
  }
  EXPECT_GT(tried, 20);
}

TEST_F(Forged, DeepNestingAndPipesBlockNobody) {
  std::ofstream(file_) << frame(std::string(100000, '[') + std::string(100000, ']'));
  EXPECT_THAT(message_of([&] { read_journal(file_); }), HasSubstr("journal.ndj:1: "));
  std::filesystem::remove(file_);
  ASSERT_EQ(::mkfifo(file_.c_str(), 0666), 0);
  EXPECT_THAT(message_of([&] { read_journal(file_); }), HasSubstr("not a regular file"));
}

}  // namespace
}  // namespace lorahub::store
