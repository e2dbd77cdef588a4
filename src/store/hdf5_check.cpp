#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <set>

#include "base/check.hpp"
#include "base/sha256.hpp"
#include "search/recommend.hpp"
#include "store/hdf5.hpp"
#include "store/layout.hpp"
#include "store/replay.hpp"
#include "store/trace.hpp"

namespace lorahub::store {
namespace {

constexpr double kPercentTolerance = 1e-9;

using Problems = std::vector<std::string>;
using Weights = std::vector<std::pair<std::string, double>>;

struct Evaluation {
  int64_t generation, candidate;
  double loss;
};

// Everything of the file that must agree.
struct Content {
  Results results;
  std::map<std::string, int64_t> hits;  // as /runs says
  std::map<std::string, std::vector<Evaluation>> evaluations;
  std::map<std::string, std::set<std::string>> shots;  // hashes of inputs, where recorded
  std::map<std::string, std::string> failures;
  std::map<std::string, TraceArrays> traces;
  Problems hashes;  // bad ones
};

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// The least of the losses that are numbers; NaN when none is.
double least(const std::vector<Evaluation>& evaluations) {
  double best = std::nan("");
  for (const Evaluation& e : evaluations)
    if (!std::isnan(e.loss) && !(e.loss >= best)) best = e.loss;
  return best;
}

Problems check_schema(hid_t file) {
  const int schema = read_integer_attribute(file, "schema_version");
  if (schema != kSchemaVersion)
    return {base::format("its schema is {}, this program knows {}", schema, kSchemaVersion)};
  Problems problems;
  const auto require = [&](const std::string& parent, const Table& table) {
    const std::string path = parent + table.name;
    if (H5Lexists(file, path.c_str(), H5P_DEFAULT) <= 0)
      return problems.push_back("no table /" + path);
    const std::vector<std::string> found = TableReader(file, path).columns();
    for (const Column& column : table.columns)
      if (std::ranges::find(found, column.name) == found.end())
        problems.push_back(base::format("table /{} has no column '{}'", path, column.name));
  };
  for (const auto& table : {layout::evaluations(), layout::answers(), layout::weights(),
                            layout::shots(), layout::dropped(), layout::inputs(),
                            layout::resolved(), layout::failures(), layout::faults()})
    require("", table);
  require("", {"runs", layout::run_identity()});
  require("", {"runs", layout::run_results()});
  if (H5Lexists(file, "headers", H5P_DEFAULT) <= 0)
    return problems.push_back("no group /headers"), problems;
  require("headers/", layout::starts());
  require("headers/", layout::environment());
  return problems;
}

// The study as written, against the hash that was recorded with it.
Problems check_study_text(hid_t file) {
  const std::string now = base::sha256(read_text(file, "config/yaml"));
  std::string of_last_start = now;  // where nothing was started yet
  TableReader(file, "headers/starts").each([&](const RowView& v) {
    of_last_start = v.text("yaml_sha256");
  });
  Problems problems;
  for (const auto& [where, hash] :
       {std::pair{"study_sha256", read_text_attribute(file, "study_sha256")},
        std::pair{"/headers/starts", of_last_start}})
    if (hash != now)
      problems.push_back(
          base::format("/config/yaml is not the study that was run: {} says {}, it has {}", where,
                       hash.substr(0, 12), now.substr(0, 12)));
  return problems;
}

Content read_content(hid_t file, Results results) {
  Content content{.results = std::move(results)};
  TableReader(file, "runs").each([&](const RowView& v) {
    content.hits[v.text("id")] = v.integer("hits");
  });
  TableReader(file, "evaluations").each([&](const RowView& v) {
    content.evaluations[v.text("id")].push_back(
        {v.integer("generation"), v.integer("candidate"), v.real("loss")});
  });
  TableReader(file, "shots").each([&](const RowView& v) {
    if (const std::string hash = v.text("input_sha256"); !hash.empty())
      content.shots[v.text("id")].insert(hash);
  });
  TableReader(file, "failures").each([&](const RowView& v) {
    content.failures[v.text("id")] = v.text("message");
  });
  TableReader(file, "inputs").each([&](const RowView& v) {
    if (!is_sha256(v.text("sha256")))
      content.hashes.push_back(
          base::format("trial {}: the hash of {} is no SHA-256", v.text("id"), v.text("name")));
  });
  for (const auto& [id, rows] : content.evaluations)
    content.traces[id] = read_trace(file, "trace/" + id);
  return content;
}

search::Trace course_of(const std::vector<Evaluation>& evaluations, const TraceArrays& arrays) {
  search::Trace course;
  for (size_t e = 0; e < evaluations.size(); ++e) {
    const bool next = e == 0 || evaluations[e].generation != evaluations[e - 1].generation;
    if (next) course.generations.emplace_back();
    search::Generation& generation = course.generations.back();
    generation.population.dim = static_cast<int>(arrays.modules);
    generation.population.add(
        std::span(arrays.weights).subspan(e * arrays.modules, arrays.modules));
    generation.losses.push_back(arrays.losses[e]);
  }
  return course;
}

// One trial that is done.
class TrialCheck {
 public:
  TrialCheck(const Content& content, const Row& row, Problems& problems)
      : content_(content), row_(row), problems_(problems) {}

  void run() {
    answers();
    shots();
    search();
    bounds();
  }

 private:
  template <class... Args>
  void expect(bool ok, fmt::format_string<Args...> message, Args&&... args) {
    if (!ok)
      problems_.push_back("trial " + row_.id + ": " +
                          fmt::format(message, std::forward<Args>(args)...));
  }

  template <class Map>
  typename Map::mapped_type of(const Map& map) const {
    const auto found = map.find(row_.id);
    return found == map.end() ? typename Map::mapped_type{} : found->second;
  }

  void answers() {
    const std::vector<Answer> answers = of(content_.results.answers);
    const auto right = std::ranges::count_if(answers, &Answer::hit);
    expect(std::ssize(answers) == row_.test_rows, "{} answers for {} test rows", answers.size(),
           row_.test_rows);
    expect(right == content_.hits.at(row_.id), "{} answers are right, /runs counts {}", right,
           content_.hits.at(row_.id));
    const double accuracy =
        answers.empty() ? 0
                        : 100.0 * static_cast<double>(right) / static_cast<double>(answers.size());
    expect(std::abs(accuracy - row_.accuracy) <= kPercentTolerance,
           "accuracy is {}, its answers give {}", row_.accuracy, accuracy);
    std::set<int> rows;
    for (const Answer& a : answers)
      expect(rows.insert(a.row).second, "test row {} is answered twice", a.row);
  }

  void shots() {
    const std::set<std::string> shots = of(content_.shots);
    for (const Answer& a : of(content_.results.answers))
      expect(!shots.contains(a.input_sha256), "test row {} is one of the shots", a.row);
  }

  void search() {
    const std::vector<Evaluation> evaluations = of(content_.evaluations);
    const Counts& counts = row_.counts;
    expect(std::ssize(evaluations) == counts.evaluations - counts.probes,
           "{} evaluations are recorded, /runs counts {}", evaluations.size(),
           counts.evaluations - counts.probes);
    if (evaluations.empty()) return;
    const long rounds = counts.rounds - (counts.probes > 0 ? 1 : 0);
    expect(evaluations.back().generation + 1 == rounds, "{} rounds are recorded, /runs counts {}",
           evaluations.back().generation + 1, rounds);
    trace(evaluations);
  }

  void trace(const std::vector<Evaluation>& evaluations) {
    const TraceArrays trace = of(content_.traces);
    const Weights weights = of(content_.results.weights);
    expect(trace.evaluations == evaluations.size(), "/trace has {} evaluations, /evaluations {}",
           trace.evaluations, evaluations.size());
    expect(weights.empty() || trace.modules == weights.size(), "/trace has {} modules, /weights {}",
           trace.modules, weights.size());
    if (trace.evaluations != evaluations.size() || trace.modules != weights.size()) return;
    for (size_t e = 0; e < evaluations.size(); ++e)
      expect(same(trace.losses[e], evaluations[e].loss), "evaluation {} has two losses", e);
    const search::Trace course = course_of(evaluations, trace);
    if (const auto departed = first_departure(row_.knobs, course))
      expect(false, "the search asks for other candidates than those of generation {}", *departed);
    const auto recommend = row_.knobs.find("search.recommend");
    if (recommend != row_.knobs.end() && recommend->second == "mean")
      mean(course);
    else
      best(evaluations, trace);
  }

  void best(const std::vector<Evaluation>& evaluations, const TraceArrays& trace) {
    const auto precision = row_.knobs.find("precision");
    const bool computed_again =
        precision != row_.knobs.end() && precision->second.starts_with("delta-");
    const double loss = computed_again ? least(evaluations) : row_.best_loss;
    expect(same(least(evaluations), loss), "best_loss is {}, the least loss is {}", loss,
           least(evaluations));
    const Weights weights = of(content_.results.weights);
    bool found = std::isnan(loss);
    for (size_t e = 0; e < trace.evaluations; ++e) {
      const auto tried = trace.weights.begin() + static_cast<long>(e * trace.modules);
      found |= same(trace.losses[e], loss) &&
               std::equal(weights.begin(), weights.end(), tried,
                          [](const auto& w, double t) { return w.second == t; });
    }
    expect(found, "its weights are not those of the least loss");
  }

  int runs() const {
    const auto found = row_.knobs.find("search.runs");
    return found == row_.knobs.end() ? 1 : std::max(1, std::atoi(found->second.c_str()));
  }

  void mean(const search::Trace& course) {
    const std::vector<double> mean = search::recommended_mean(course, runs());
    expect(std::ranges::equal(of(content_.results.weights), mean, std::equal_to<>(),
                              [](const auto& w) { return w.second; }),
           "its weights are not the mean of the last generation's better half");
  }

  void bounds() {
    const auto bound = row_.knobs.find("search.bound");
    if (bound == row_.knobs.end() || bound->second.empty()) return;
    const double limit = std::strtod(bound->second.c_str(), nullptr);
    for (const auto& [module, weight] : of(content_.results.weights))
      expect(std::abs(weight) <= limit, "the weight {} of module {} is beyond the bound {}", weight,
             module, limit);
    for (const double weight : of(content_.traces).weights)
      expect(std::abs(weight) <= limit, "a weight {} was tried beyond the bound {}", weight, limit);
  }

  const Content& content_;
  const Row& row_;
  Problems& problems_;
};

void check_status(const Content& content, const Row& row, Problems& problems) {
  if (row.status == "missing" || row.status == "running")
    problems.push_back(
        base::format("trial {} is {}: the study is not complete", row.id, row.status));
  else if (row.status == "failed") {
    const auto failure = content.failures.find(row.id);
    problems.push_back(
        base::format("trial {} failed: {}", row.id,
                     failure == content.failures.end() ? "no message" : failure->second));
  } else if (row.status != "done")
    problems.push_back(base::format("trial {} has the unknown status '{}'", row.id, row.status));
}

Problems check_content(const Content& content) {
  Problems problems = content.hashes;
  std::set<std::string> ids;
  for (const Row& row : content.results.rows) {
    if (!ids.insert(row.id).second)
      problems.push_back(base::format("trial {} is listed twice", row.id));
    check_status(content, row, problems);
    if (row.status == "done") TrialCheck(content, row, problems).run();
  }
  const auto known = [&](const auto& map, const char* table) {
    for (const auto& [id, unused] : map)
      if (!ids.contains(id))
        problems.push_back(base::format("/{} has trial {}, /runs has not", table, id));
  };
  known(content.results.answers, "answers");
  known(content.results.weights, "weights");
  known(content.evaluations, "evaluations");
  return problems;
}

}  // namespace

std::vector<std::string> check_hdf5(const std::filesystem::path& file) {
  base::check(std::filesystem::is_regular_file(file),
              "no result file {} (it is written by 'lorahub run'), check the path", file.string());
  const Quiet quiet;
  try {
    const FileHandle handle = open_file(file);
    if (Problems problems = check_schema(handle); !problems.empty()) return problems;
    Problems problems = check_study_text(handle);
    std::ranges::copy(check_content(read_content(handle, read_hdf5(file))),
                      std::back_inserter(problems));
    return problems;
  } catch (const std::runtime_error& error) {
    return {base::format("not a whole result file: {}", error.what())};
  }
}

}  // namespace lorahub::store
