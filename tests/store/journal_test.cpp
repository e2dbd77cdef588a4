#include "store/journal.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <bit>
#include <fstream>
#include <thread>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/random.hpp"
#include "samples.hpp"
#include "store/codec.hpp"

namespace lorahub::store {
namespace {

using samples::Folder;
using samples::interruption_of;
using samples::kOne;
using samples::message_of;
using testing::AllOf;
using testing::HasSubstr;

// Ids of trials: those of the records that they end with (samples.hpp), or any.
const std::string kTwo = "a7556d25ea9a69a7", kThree = "0d33084441e7e60c",
                  kFour = "494c392cb91c00d0", kNine = "9999999999999999";

void write(const std::filesystem::path& file, std::string_view text) {
  std::filesystem::remove(file);  // truncating one that is there makes ext4 wait for the disk
  std::ofstream(file, std::ios::binary) << text;
}

// A trial that fails as it begins.
void end(Journal& journal, const std::string& trial, const std::string& message) {
  journal.start(trial, {});
  journal.fail(trial, message);
}

std::string numbered(int i) { return base::format("{:016x}", i); }

// The order in which a run writes.
void fill(Journal& journal) {
  journal.header(samples::header());
  journal.start(kOne, samples::inputs());
  for (const auto& g : samples::generations(1)) journal.generation(kOne, g);
  journal.finish(samples::record(kOne, "E1", 1));
  journal.start(kTwo, samples::inputs());
  journal.fail(kTwo, "broken");
  journal.start(kThree, samples::inputs());
  journal.generation(kThree, samples::generations(3)[0]);
  journal.start(kFour, samples::inputs());
  journal.finish(samples::plain(kFour, "E1"));
}

// A history as text: equal histories, equal texts.
std::string text(const History& h) {
  std::string all;
  for (const auto& header : h.headers) all += encode(header) + "\n";
  for (const auto& [trial, inputs] : h.inputs)
    all += encode(Start{trial, inputs, h.started.at(trial)}) + "\n";
  for (const auto& [trial, generations] : h.told)
    for (size_t i = 0; i < generations.size(); ++i)
      all += encode(Told{trial, i, generations[i]}) + "\n";
  for (const auto& [trial, record] : h.finished)
    all += trial + encode(Finish{.record = record}) + "\n";
  for (const auto& [trial, message] : h.failed) all += encode(Fail{trial, message}) + "\n";
  return all;
}

TEST(Journal, AnAbsentFileIsAnEmptyHistory) {
  const Folder folder;
  EXPECT_EQ(text(read_journal(folder / "journal.ndj")), "");
  EXPECT_FALSE(std::filesystem::exists(folder / "journal.ndj"));
}

TEST(Journal, SaysAfterReopeningWhatItSaidBefore) {
  const Folder folder;
  const auto file = folder / "a/b/journal.ndj";
  std::string before;
  {
    Journal journal(file);
    fill(journal);
    before = text(journal.history());
    EXPECT_EQ(text(read_journal(file)), before) << "while it is written";
  }
  EXPECT_EQ(text(Journal(file).history()), before);
  const History history = read_journal(file);
  ASSERT_TRUE(history.finished.contains(kOne));
  EXPECT_EQ(encode(Finish{.record = history.finished.at(kOne)}),
            encode(Finish{.record = samples::record(kOne, "E1", 1)}));
  EXPECT_FALSE(history.told.contains(kOne));
  EXPECT_EQ(history.told.at(kThree).size(), 1u);
  EXPECT_EQ(history.failed.at(kTwo), "broken");
  EXPECT_EQ(history.inputs.at(kThree), samples::inputs());
  EXPECT_NEAR(history.started.at(kOne), static_cast<double>(std::time(nullptr)), 10);
}

TEST(Journal, GenerationsAreOnTheDiskOnce) {
  const Folder folder;
  Journal journal(folder / "journal.ndj");
  fill(journal);
  const std::string content = base::read_file(folder / "journal.ndj");
  const std::string weights = "0.3333333333333333]";  // of the first generation, t1 and t3
  size_t count = 0;
  for (size_t at = content.find(weights); at != std::string::npos;
       at = content.find(weights, at + 1))
    ++count;
  EXPECT_EQ(count, 2u);
}

TEST(Journal, GenerationsNotToldBeforeAreInTheFinishRecord) {
  const Folder folder;
  {
    Journal journal(folder / "journal.ndj");
    journal.start(kOne, samples::inputs());
    journal.generation(kOne, samples::generations(7)[0]);  // others than those of the record
    journal.finish(samples::record(kOne, "E1", 1));
  }
  const History history = read_journal(folder / "journal.ndj");
  EXPECT_EQ(encode(Finish{.record = history.finished.at(kOne)}),
            encode(Finish{.record = samples::record(kOne, "E1", 1)}));
  EXPECT_TRUE(history.told.empty());
}

TEST(Journal, ALaterStartOrRecordEndsAFailure) {
  const Folder folder;
  Journal journal(folder / "journal.ndj");
  end(journal, kOne, "a");
  end(journal, kThree, "b");
  journal.start(kOne, {});
  journal.start(kThree, {});
  journal.finish(samples::record(kThree, "E1", 3));
  EXPECT_TRUE(journal.history().failed.empty());
  EXPECT_TRUE(read_journal(folder / "journal.ndj").failed.empty());
}

TEST(Journal, CutAnywhereInTheLastTwoRecordsNothingWholeIsLost) {
  const Folder folder;
  const auto file = folder / "journal.ndj";
  std::vector<std::string> texts;  // after each record
  std::vector<size_t> ends;
  {
    Journal journal(file);
    fill(journal);
    ends.push_back(std::filesystem::file_size(file));
    texts.push_back(text(journal.history()));
    journal.generation(kThree, samples::generations(3)[1]);
    ends.push_back(std::filesystem::file_size(file));
    texts.push_back(text(journal.history()));
    journal.finish(samples::record(kThree, "E1", 3));
    ends.push_back(std::filesystem::file_size(file));
    texts.push_back(text(journal.history()));
  }
  const std::string whole = base::read_file(file);
  for (size_t size = ends[0]; size <= ends[2]; ++size) {
    write(file, whole.substr(0, size));
    const size_t kept = size == ends[2] ? 2 : size >= ends[1] ? 1 : 0;
    ASSERT_EQ(text(read_journal(file)), texts[kept]) << size;
    ASSERT_EQ(std::filesystem::file_size(file), size) << "reading changes nothing";
    Journal journal(file);
    ASSERT_EQ(text(journal.history()), texts[kept]) << size;
    ASSERT_EQ(std::filesystem::file_size(file), ends[kept]) << "the torn tail is gone";
    if (size % 64 != 0) continue;  // each append waits for the disk
    end(journal, kNine, "after");
    ASSERT_EQ(read_journal(file).failed.at(kNine), "after");
  }
}

TEST(Journal, ZeroesAtTheEndAreATornTail) {  // what a power cut can leave
  const Folder folder;
  const auto file = folder / "journal.ndj";
  std::string before;
  {
    Journal journal(file);
    fill(journal);
    before = text(journal.history());
  }
  write(file, base::read_file(file) + std::string(5000, '\0'));
  EXPECT_EQ(text(Journal(file).history()), before);
}

// Wherever a line is damaged: it is named, the trial it was of goes on from what is left, and
// nothing is done twice.
TEST(Journal, ADamagedLineIsNamedAndItsTrialRunAgain) {
  const Folder folder;
  const auto file = folder / "journal.ndj";
  const auto generations = samples::generations(1);
  {
    Journal journal(file);
    fill(journal);
  }
  const std::string whole = base::read_file(file);
  size_t begin = 0;
  for (size_t line = 1; line < 12; ++line) {
    const size_t end = whole.find('\n', begin) + 1;
    std::string bad = whole;
    bad[begin + 30] = static_cast<char>(bad[begin + 30] ^ 4);
    write(file, bad);
    const History history = read_journal(file);
    ASSERT_EQ(history.damages.size(), 1U);
    EXPECT_EQ(history.damages[0].line, line);
    // Lines 2 to 6: start, three generations and finish of t1.
    EXPECT_EQ(history.finished.contains(kOne), line < 2 || line > 6) << line;
    EXPECT_EQ(history.finished.contains(kFour), line < 11) << line;
    if (line >= 2 && line <= 6) {
      Journal journal(file);
      EXPECT_EQ(journal.history().told.at(kOne).size(), line == 2 || line == 6 ? 3U : line - 3);
      if (line == 2) journal.start(kOne, samples::inputs());
      const auto f =
          recorded([&](const search::Population&) { return search::Losses{}; }, journal, kOne);
      for (size_t g = 0; g < generations.size(); ++g) {
        if (journal.told(kOne, g))
          f(generations[g].population);
        else
          journal.generation(kOne, generations[g]);
      }
      journal.finish(samples::record(kOne, "E1", 1));
      const History after = read_journal(file);
      EXPECT_EQ(encode(Finish{.record = after.finished.at(kOne)}),
                encode(Finish{.record = samples::record(kOne, "E1", 1)}))
          << line;
    }
    begin = end;
  }
}

TEST(Journal, ADamagedLineTellsItsTrialWhereThatCanBeRead) {
  const Folder folder;
  const auto file = folder / "journal.ndj";
  std::string line = frame(encode(Fail{"0123456789abcdef", "m"}));
  line[line.size() - 5] = '?';
  write(file, line + frame(encode(Fail{kOne, "m"})));
  const History history = read_journal(file);
  ASSERT_EQ(history.damages.size(), 1U);
  EXPECT_EQ(history.damages[0].trial, "0123456789abcdef");
  EXPECT_TRUE(history.failed.contains(kOne));
}

TEST(Journal, ALostLineBreakBetweenTheLastTwoRecordsIsDamageNotATornTail) {
  const Folder folder;
  const auto file = folder / "journal.ndj";
  {
    Journal journal(file);
    fill(journal);
  }
  std::string bad = base::read_file(file);
  bad[bad.rfind('\n', bad.size() - 2)] = ' ';
  write(file, bad);
  EXPECT_EQ(read_journal(file).damages.size(), 1U);
  {
    Journal journal(file);
    end(journal, kNine, "after");
  }
  EXPECT_EQ(read_journal(file).failed.at(kNine), "after");
}

TEST(Journal, AnEntryOfAnotherVersionIsNamed) {
  const Folder folder;
  const auto file = folder / "journal.ndj";
  write(file, frame(encode(Start{kOne, {}, 1})) + frame("{\"kind\":\"dance\"}"));
  EXPECT_THAT(message_of([&] { read_journal(file); }),
              AllOf(HasSubstr("journal.ndj:2: "), HasSubstr("dance")));
}

TEST(Journal, ASecondWriterIsRefusedWhileTheFirstLives) {
  const Folder folder;
  const auto file = folder / "journal.ndj";
  {
    Journal first(file);
    fill(first);
    EXPECT_THAT(interruption_of([&] { Journal second(file, {.patience = 0.1}); }),
                HasSubstr("a second run of the same study"));
    end(first, kNine, "still writing");
  }
  EXPECT_EQ(Journal(file).history().failed.at(kNine), "still writing");
}

TEST(Journal, AFolderThatCannotBeMadeIsAnError) {
  const Folder folder;
  write(folder / "plain", "");
  EXPECT_THAT(message_of([&] { Journal journal(folder / "plain/journal.ndj"); }),
              HasSubstr("--out"));
  EXPECT_THAT(message_of([&] { Journal journal("/proc/none/journal.ndj"); }), HasSubstr("--out"));
}

// In a child of its own: the limit stays with the process.
TEST(Journal, AFullDiskInterruptsAndKeepsWhatWasAcknowledged) {
  const Folder folder;
  const auto file = folder / "journal.ndj";
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 10000, .rlim_max = 10000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int done = 0;
    try {
      Journal journal(file);
      for (; done < 200; ++done) end(journal, numbered(done), std::string(200, 'x'));
    } catch (const base::Interrupted& full) {
      ::_exit(std::string(full.what()).find("make room") != std::string::npos ? done : 250);
    } catch (...) {
      ::_exit(251);
    }
    ::_exit(252);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  const int done = WEXITSTATUS(status);
  EXPECT_GT(done, 20);
  EXPECT_LT(done, 34);  // 10000 bytes, more than 300 each
  EXPECT_EQ(read_journal(file).failed.size(), static_cast<size_t>(done));
  EXPECT_EQ(base::read_file(file).back(), '\n') << "the half line was taken back";
}

// The child tells by a pipe how many records the journal has taken; the parent waits for some and
// kills it in the middle of what follows.
int append_until_killed(const std::filesystem::path& file, int first, int records,
                        std::chrono::microseconds after) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    Journal journal(file);
    for (int i = first;; ++i) {
      end(journal, numbered(i), std::string(static_cast<size_t>(i * 37 % 3000), 'x'));
      if (::write(ends[1], &i, sizeof i) != sizeof i) ::_exit(1);
    }
  }
  ::close(ends[1]);
  int acknowledged = first - 1;
  const auto next = [&] {
    int i = 0;
    const bool any = ::read(ends[0], &i, sizeof i) == sizeof i;
    if (any) acknowledged = i;
    return any;
  };
  for (int i = 0; i < records; ++i) EXPECT_TRUE(next());
  std::this_thread::sleep_for(after);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  while (next()) {
  }
  ::close(ends[0]);
  return acknowledged;
}

TEST(Journal, KilledAtAnyMomentItKeepsEveryAcknowledgedRecord) {
  const Folder folder;
  const auto file = folder / "journal.ndj";
  base::Stream stream(1, "kills");
  int next = 0;
  for (int kill = 0; kill < 20; ++kill) {
    const int records = static_cast<int>(stream.uniform() * 6);
    const std::chrono::microseconds after(static_cast<int>(stream.uniform() * 10000));
    const int last = append_until_killed(file, next, records, after);
    const History history = read_journal(file);
    for (int i = 0; i <= last; ++i) {
      const auto found = history.failed.find(numbered(i));
      ASSERT_NE(found, history.failed.end()) << i;
      ASSERT_EQ(found->second.size(), static_cast<size_t>(i * 37 % 3000));
    }
    ASSERT_LE(history.failed.size(),
              static_cast<size_t>(last) + 2);  // at most the one not yet acknowledged
    next = static_cast<int>(history.failed.size());
  }
  EXPECT_GT(next, 20);
}

}  // namespace
}  // namespace lorahub::store
