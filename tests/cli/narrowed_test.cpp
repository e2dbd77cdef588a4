// What `retrieve` leaves of a library, as a user runs studies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/mini_lab.hpp"
#include "process.hpp"

namespace lorahub {
namespace {

using nlohmann::json;

const std::string kMiniLibrary = kConfigs + "/library/mini/r16";

class Narrowed : public testing::Test {
 protected:
  Narrowed() {
    std::ofstream(folder_ / "s.yaml")
        << "question: q\nuses: {model: mini, library: mini, tasks: mini/unseen}\n"
           "set: {modules: all, task: E1_isa_letter, method: uniform, max_tokens: 2}\n"
           "vary: {retrieve: [none, probe 3, similarity 3, text 3, norm 3, slope 3]}\n";
  }
  // With a cache of its own, in an environment without any other.
  std::string cached(const std::string& cache) const {
    return "XDG_CACHE_HOME=" + quoted(folder_ / cache) + " LORAHUB_CONFIGS='" + kConfigs + "' ";
  }
  // The lists of modules that the six trials searched, in any order.
  std::set<std::string> lists(const std::string& ranks, const std::string& cache,
                              const std::string& out) const {
    const Ended ended =
        run_command(cached(cache) + "mpirun -np " + ranks + " " PROGRAM " run " +
                    quoted(folder_ / "s.yaml") + " --quiet --out " + quoted(folder_ / out));
    EXPECT_EQ(ended.code, 0) << ended.err;
    std::set<std::string> found;
    int probed_trials = 0;
    std::string line;
    std::ifstream journal(folder_ / out / "journal.ndj");
    while (std::getline(journal, line)) {
      probed_trials += line.find("\"probes\":40") != line.npos ? 1 : 0;
      if (const auto at = line.find("\"modules\":["); at != std::string::npos)
        found.insert(line.substr(at, line.find(']', at) - at));
    }
    EXPECT_EQ(found.size(), 6U);
    EXPECT_EQ(probed_trials, 1);  // booked, known before or not
    return found;
  }
  // The modules that the trial of this knob searched, and its counts.
  json finished(const std::string& ranks, const std::string& retrieve) const {
    const Ended ended = run_command(
        cached("f") + "mpirun -np " + ranks + " " PROGRAM " run " + quoted(folder_ / "s.yaml") +
        " --quiet --only 'retrieve=" + retrieve + "' --out " + quoted(folder_ / ("f" + ranks)));
    EXPECT_EQ(ended.code, 0) << ended.err;
    std::string line;
    std::ifstream journal(folder_ / ("f" + ranks) / "journal.ndj");
    while (std::getline(journal, line))
      if (line.find("\"kind\":\"finish\"") != line.npos)
        return json::parse(line)["record"]["record"];
    return {};
  }
  // The rows of the pool that the trial drew as shots.
  static std::string shots_of(const json& record) {
    std::vector<std::string> rows;
    std::ifstream pool(kConfigs + "/tasks/mini/unseen/E1_isa_letter/pool.jsonl");
    for (std::string line; std::getline(pool, line);) rows.push_back(line);
    std::string all;
    for (const size_t row : record["shot_rows"]) all += rows.at(row) + "\n";
    return all;
  }
  // The slope of the shots' loss along each module at w = 0 by the losses on both sides, least
  // first.
  std::vector<std::pair<double, std::string>> differences(
      const std::vector<std::string>& names) const {
    constexpr double kStep = 1e-2;
    json weights = json::array();
    std::string list;
    for (size_t i = 0; i < names.size(); ++i) {
      list += (i > 0 ? "," : "") + names[i];
      for (const double step : {kStep, -kStep}) {
        std::vector<double> one(names.size());
        one[i] = step;
        weights.push_back(one);
      }
    }
    std::ofstream(folder_ / "w.json") << weights;
    const json scored = parsed(
        lorahub("score" + kModel + " --library " + kMiniLibrary + " --modules " + list +
                " --task " + quoted(folder_ / "shots.jsonl") + " --composition product --weights " +
                quoted(folder_ / "w.json") + " --json"));
    std::vector<std::pair<double, std::string>> slopes;
    for (size_t i = 0; i < names.size(); ++i) {
      const auto loss = [&](size_t candidate) {
        double sum = 0;
        for (const double one : scored["loss_sum"][candidate]) sum += one;
        return sum;
      };
      slopes.emplace_back((loss(2 * i) - loss(2 * i + 1)) / (2 * kStep), names[i]);
    }
    std::sort(slopes.begin(), slopes.end());
    return slopes;
  }
  // The losses of the 40 modules alone, least first, by `lorahub probe`.
  std::vector<std::pair<double, std::string>> probed(const std::string& cache) const {
    const json found = parsed(run_command(cached(cache) + PROGRAM + " probe" + kModel +
                                          " --library " + kMiniLibrary + " --task " + kConfigs +
                                          "/tasks/mini/unseen/E1_isa_letter/pool.jsonl --json"));
    std::vector<std::pair<double, std::string>> losses;
    for (const json& m : found["modules"]) losses.emplace_back(m["loss"], m["name"]);
    std::sort(losses.begin(), losses.end());
    return losses;
  }
  std::filesystem::path only_file(const std::string& cache) const {
    std::vector<std::filesystem::path> files;
    for (const auto& file : std::filesystem::directory_iterator(folder_ / cache / "lorahub/probe"))
      files.push_back(file.path());
    EXPECT_EQ(files.size(), 1U);
    return files.at(0);
  }
  std::filesystem::path folder_ = fresh_folder("narrowed");
};

size_t holding(const std::set<std::string>& lists, const std::string& name) {
  return static_cast<size_t>(std::ranges::count_if(
      lists, [&](const std::string& list) { return list.find('"' + name + '"') != list.npos; }));
}

// The search sees what retrieve leaves, on one rank and on two.
TEST_F(Narrowed, AStudySearchesWhatIsLeft) {
  const std::set<std::string> one = lists("1", "a", "1");
  EXPECT_EQ(lists("2", "b", "2"), one);
  const auto losses = probed("c");
  for (size_t i = 0; i < 3; ++i) EXPECT_GE(holding(one, losses[i].second), 2U);
}

// The modules of steepest descent, by differences of losses that `score` finds at weights beside 0.
TEST_F(Narrowed, SlopesAreDifferencesOfLosses) {
  const json found = finished("1", "slope 3");
  std::ofstream(folder_ / "shots.jsonl") << shots_of(found);
  std::vector<std::string> names;
  for (const auto& [loss, name] : probed("c")) names.push_back(name);
  const std::vector<std::pair<double, std::string>> slopes = differences(names);
  ASSERT_GT(slopes[3].first, slopes[2].first + 0.1);  // no tie
  std::set<std::string> steepest;
  for (size_t i = 0; i < 3; ++i) steepest.insert(slopes[i].second);
  EXPECT_EQ(found["modules"].get<std::set<std::string>>(), steepest);
  EXPECT_EQ(finished("2", "slope 3")["modules"], found["modules"]);
  const json& counts = found["counts"];  // a forward pass over five shots, and one back
  EXPECT_EQ(counts["evaluations"], 1);
  EXPECT_EQ(counts["probes"], 1);
  EXPECT_EQ(counts["rounds"], 1);
  EXPECT_EQ(counts["example_forwards"], 15);
  const json planned =
      parsed(run_command(cached("f") + PROGRAM " plan " + quoted(folder_ / "s.yaml") +
                         " --only 'retrieve=slope 3' --json"));
  EXPECT_EQ(planned["trials"][0]["evaluations"], counts["evaluations"]);
}

// What a study has measured `lorahub probe` knows, and the other way round.
TEST_F(Narrowed, ProbesAreKeptForAll) {
  const std::set<std::string> first = lists("2", "a", "1");
  json of_study = json::parse(read_all(only_file("a")));
  EXPECT_EQ(of_study.size(), 40U);
  const auto losses = probed("a");  // adds the answers
  json all = json::parse(read_all(only_file("a")));
  const auto worst = losses.back();
  for (auto& [module, row] : all.items()) {
    EXPECT_EQ(row[0], of_study[module][0]);  // the same bits on a rank and in a thread
    EXPECT_TRUE(row[2].is_number() && of_study[module][2].is_null());
    if (row[0] == worst.first) row[0] = -1.0;
  }
  std::ofstream(only_file("a")) << all;
  // A study believes what is there.
  EXPECT_EQ(holding(lists("2", "a", "2"), worst.second), holding(first, worst.second) + 1);
}

}  // namespace
}  // namespace lorahub
