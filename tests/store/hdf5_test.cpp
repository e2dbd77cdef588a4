// src/store/hdf5_write.cpp and hdf5_read.cpp, with the tables and traces below them.
#include "store/hdf5.hpp"

#include <gmock/gmock.h>
#include <hdf5.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <sstream>

#include "base/check.hpp"
#include "base/files.hpp"
#include "read_hdf5.hpp"
#include "samples.hpp"
#include "store/knob_columns.hpp"

namespace lorahub::store {
namespace {

using samples::Folder;
using samples::kOne;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

std::string output_of(const std::string& command) {
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::string text;
  std::array<char, 4096> part;
  while (const size_t n = std::fread(part.data(), 1, part.size(), pipe))
    text.append(part.data(), n);
  EXPECT_EQ(::pclose(pipe), 0) << command << "\n" << text;
  return text;
}

std::vector<std::string> problems_of(const std::filesystem::path& file) {
  return check_hdf5(file, {}).problems;
}

long files_beside(const std::filesystem::path& file) {
  return std::distance(std::filesystem::directory_iterator(file.parent_path()), {});
}

TEST(Hdf5, ReadsBackWhatWasWritten) {
  const Folder folder;
  const auto file = folder / "new/quick.h5";
  write_hdf5(file, samples::history(), samples::planned());
  EXPECT_EQ(files_beside(file), 1) << "no temporary file stays";
  const Results results = read_hdf5(file);
  EXPECT_EQ(results.study, "quick");
  EXPECT_EQ(results.question, samples::header().question);
  ASSERT_EQ(results.rows.size(), 5u);
  std::vector<std::string> ids, statuses;
  for (const ResultRow& row : results.rows) {
    ids.push_back(row.id);
    statuses.push_back(row.status);
  }
  std::vector<std::string> planned;
  for (const PlannedTrial& trial : samples::planned()) planned.push_back(trial.id);
  EXPECT_EQ(ids, planned);
  EXPECT_THAT(statuses, ElementsAre("done", "done", "failed", "running", "missing"));

  const ResultRow& row = results.rows[0];
  const Record record = samples::record(kOne, "E1", 1);
  EXPECT_EQ(row.knobs,
            (std::map<std::string, std::string>(record.knobs.begin(), record.knobs.end())));
  EXPECT_EQ(row.accuracy, record.accuracy);
  EXPECT_EQ(row.best_loss, 1.75);
  EXPECT_EQ(row.zero_loss, 2.5);
  EXPECT_EQ(row.test_rows, 3);
  EXPECT_THAT((std::vector{row.counts.evaluations, row.counts.probes, row.counts.rounds,
                           row.counts.example_forwards, row.counts.search_tokens,
                           row.counts.answer_tokens}),
              ElementsAre(8, 3, 4, 10, 1234, 99));
  EXPECT_THAT((std::vector{row.timing.load, row.timing.search, row.timing.answer}),
              ElementsAre(0.5, 2.25, 1.0 / 3));
  EXPECT_EQ(row.timing.energy, 12.5);
  EXPECT_EQ(row.timing.waits, 2);
  EXPECT_THAT(results.weights,
              ElementsAre(Pair(kOne, ElementsAre(Pair("a", 0.5), Pair("b_mödule", -0.25)))));
  ASSERT_EQ(results.answers.at(kOne).size(), 3u);
  const Answer& answer = results.answers.at(kOne)[1];
  EXPECT_EQ(answer.row, 1);
  EXPECT_EQ(answer.answer, "\"\n☃");
  EXPECT_EQ(answer.target, "no");
  EXPECT_EQ(answer.input_sha256, base::sha256("x 1"));
  EXPECT_FALSE(answer.hit);
  EXPECT_TRUE(results.answers.at(kOne)[0].hit);

  EXPECT_TRUE(std::isnan(results.rows[1].best_loss));
  EXPECT_EQ(results.rows[1].knobs.at("seed.search"), "");
  EXPECT_EQ(results.rows[1].accuracy, 100);
  EXPECT_TRUE(std::isnan(results.rows[4].accuracy));
  EXPECT_EQ(results.rows[4].counts.evaluations, 0);
}

TEST(Hdf5, H5dumpSeesTheSame) {
  const Folder folder;
  const std::string file = (folder / "quick.h5").string();
  write_hdf5(file, samples::history(), samples::planned());
  const auto numbers = [&](const std::string& name) {  // of a dataset, with single blanks
    const std::string dump =
        output_of("h5dump -y -m %.17g -d /trace/1a5e1876d96499f6/" + name + " " + file);
    std::istringstream data(dump.substr(dump.find("DATA {") + 6));
    std::string all;
    for (std::string word; data >> word && word != "}";) all += word + " ";
    return all;
  };
  EXPECT_EQ(numbers("weights"),
            "0, 0, 0.10000000000000001, 0.33333333333333331, 0.5, -0.25, -0, 1.5, 1e-300, "
            "0.69999999999999996 ");
  EXPECT_EQ(numbers("loss"), "2.5, 2.25, 1.75, inf, nan ");
  EXPECT_EQ(numbers("generation"), "0, 0, 1, 1, 2 ");
  EXPECT_THAT(output_of("h5dump -d /evaluations " + file),
              HasSubstr("DATASPACE  SIMPLE { ( 5 ) / ( H5S_UNLIMITED ) }"));
  EXPECT_THAT(output_of("h5dump -a /schema_version " + file), HasSubstr("(0): 5"));
  EXPECT_THAT(output_of("h5dump -d /failures " + file), HasSubstr("no such file"));
  EXPECT_THAT(output_of("h5dump -d /config/yaml " + file), HasSubstr("set: {shots: 2}"));
}

TEST(Hdf5, EqualHistoriesGiveEqualBytes) {
  const Folder folder;
  write_hdf5(folder / "a.h5", samples::history(), samples::planned());
  ::sleep(1);  // dates in the file would differ
  // The same history as a journal tells it, NaNs of the other sign.
  History other = samples::history();
  for (auto& g : other.finished[kOne].generations)
    for (double& loss : g.losses)
      if (std::isnan(loss)) loss = -loss;
  write_hdf5(folder / "b.h5", other, samples::planned());
  EXPECT_EQ(base::read_file(folder / "a.h5"), base::read_file(folder / "b.h5"));
  other.finished[kOne].weights[0] = std::nextafter(0.5, 1);
  write_hdf5(folder / "c.h5", other, samples::planned());
  EXPECT_NE(base::read_file(folder / "a.h5"), base::read_file(folder / "c.h5"));
}

TEST(Hdf5, AnEmptyHistoryIsAFileToo) {
  const Folder folder;
  write_hdf5(folder / "none.h5", {}, {});
  EXPECT_THAT(read_hdf5(folder / "none.h5").rows, IsEmpty());
  EXPECT_THAT(problems_of(folder / "none.h5"), IsEmpty());
  write_hdf5(folder / "planned.h5", {}, samples::planned());
  EXPECT_EQ(read_hdf5(folder / "planned.h5").rows.size(), 5u);
  EXPECT_THAT(problems_of(folder / "planned.h5"), testing::SizeIs(5));
  write_hdf5(folder / "header.h5", {.headers = {samples::header()}}, {});
  EXPECT_EQ(read_hdf5(folder / "header.h5").study, "quick");
}

TEST(Hdf5, ResultsOfAnEarlierPlanStay) {
  const Folder folder;
  auto plan = samples::planned();
  plan.erase(plan.begin());
  write_hdf5(folder / "quick.h5", samples::history(), plan);
  const Results results = read_hdf5(folder / "quick.h5");
  ASSERT_EQ(results.rows.size(), 5u);
  EXPECT_EQ(results.rows.back().id, kOne);
  EXPECT_EQ(results.rows.back().knobs.at("task"), "E1");
}

TEST(Hdf5, KnobsThatAreNumbersAreColumnsOfNumbers) {
  const Folder folder;
  std::vector<PlannedTrial> plan{
      {.id = "1",
       .knobs = {{"seed.search", "18446744073709551615"},
                 {"rank", ""},
                 {"modules", "a,b"},
                 {"task", "7"}}},
      {.id = "2",
       .knobs = {{"seed.search", "1"}, {"rank", "16"}, {"modules", "5"}, {"task", "8"}}}};
  const auto knobs = knob_columns(plan);
  std::map<std::string, ColumnKind> kinds;
  for (const auto& knob : knobs) kinds[knob.column.name] = knob.column.kind;
  EXPECT_THAT(kinds,
              ElementsAre(Pair("modules", ColumnKind::text), Pair("rank", ColumnKind::integer),
                          Pair("seed_search", ColumnKind::text), Pair("task", ColumnKind::text)));
  plan[0].knobs[0].second = "9223372036854775807";
  plan[0].knobs[2].second = "0";
  plan.push_back({.id = "3", .knobs = {{"search.sigma0", "0.1"}}});
  write_hdf5(folder / "x.h5", {}, plan);
  const Results results = read_hdf5(folder / "x.h5");
  using Knobs = std::map<std::string, std::string>;
  EXPECT_EQ(results.rows[0].knobs, (Knobs{{"seed.search", "9223372036854775807"},
                                          {"rank", ""},
                                          {"modules", "0"},
                                          {"task", "7"},
                                          {"search.sigma0", ""}}));
  EXPECT_EQ(results.rows[2].knobs.at("search.sigma0"), "0.1");
  EXPECT_THAT(
      output_of("h5dump -H -d /runs " + (folder / "x.h5").string()),
      AllOf(HasSubstr("H5T_STD_I64LE \"modules\""), HasSubstr("H5T_IEEE_F64LE \"search_sigma0\"")));
}

TEST(Hdf5, ManyLongTextsAndRows) {
  const Folder folder;
  History h;
  Record r = samples::plain("1", "E1");
  r.answers.clear();
  for (int i = 0; i < 3000; ++i)
    r.answers.push_back({.row = i,
                         .target = std::to_string(i),
                         .answer = std::string(static_cast<size_t>(i), 'x')});
  r.accuracy = 0;
  h.finished["1"] = r;
  h.headers = {samples::header()};
  h.headers[0].question = std::string(100000, 'q');  // longer than an attribute may be
  write_hdf5(folder / "x.h5", h, {});
  const Results results = read_hdf5(folder / "x.h5");
  EXPECT_EQ(results.question.size(), 100000u);
  ASSERT_EQ(results.answers.at("1").size(), 3000u);
  for (size_t i = 0; i < 3000; ++i) {
    ASSERT_EQ(results.answers.at("1")[i].answer.size(), i);
    ASSERT_EQ(results.answers.at("1")[i].target, std::to_string(i));
  }
  EXPECT_LT(std::filesystem::file_size(folder / "x.h5"), 2u << 20) << "compressed";
}

std::string refusal_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Error& error) {
    return error.what();
  }
  return "no Error";
}

TEST(Hdf5, FilesThatAreNoneAreErrors) {
  const Folder folder;
  EXPECT_THAT(refusal_of([&] { read_hdf5(folder / "none.h5"); }), HasSubstr("none.h5"));
  EXPECT_THAT(refusal_of([&] { problems_of(folder / "none.h5"); }), HasSubstr("none.h5"));
  base::write_file(folder / "text.h5", "hello");
  EXPECT_THAT(refusal_of([&] { read_hdf5(folder / "text.h5"); }),
              HasSubstr("text.h5 is not a result file"));
  EXPECT_THAT(problems_of(folder / "text.h5"), ElementsAre(HasSubstr("not a whole result file")));
  write_hdf5(folder / "x.h5", samples::complete(), samples::complete_plan());
  const std::string whole = base::read_file(folder / "x.h5");
  base::write_file(folder / "half.h5", whole.substr(0, whole.size() / 2));
  EXPECT_THAT(refusal_of([&] { read_hdf5(folder / "half.h5"); }),
              HasSubstr("half.h5 is not a result file"));
  EXPECT_THAT(refusal_of([] { write_hdf5("/proc/none/x.h5", {}, {}); }), HasSubstr("/proc/none"));
}

TEST(Hdf5, AFullDiskInterruptsAndKeepsTheOldFile) {
  const Folder folder;
  const auto file = folder / "x.h5";
  write_hdf5(file, samples::history(), samples::planned());
  const std::string before = base::read_file(file);
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 20000, .rlim_max = 20000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int code = 2;
    try {
      write_hdf5(file, samples::history(), samples::planned());
    } catch (const base::Interrupted&) {
      code = 0;
    } catch (...) {
      code = 1;
    }
    std::exit(code);  // with HDF5's own clearing up
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(base::read_file(file), before);
  EXPECT_EQ(files_beside(file), 1) << "no temporary file stays";
}

}  // namespace
}  // namespace lorahub::store
