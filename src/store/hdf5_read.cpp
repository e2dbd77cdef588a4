#include <algorithm>

#include "base/check.hpp"
#include "store/hdf5.hpp"
#include "store/layout.hpp"
#include "store/result_file.hpp"
#include "store/starts.hpp"

namespace lorahub::store {
namespace {

Row row_of(const RowView& view, const std::vector<std::string>& knobs) {
  Row row{.id = view.text("id"), .status = view.text("status")};
  for (const std::string& knob : knobs) row.knobs[knob] = view.text(knob);
  const auto count = [&](const char* column) { return std::max<long>(0, view.integer(column)); };
  row.accuracy = view.real("accuracy");
  row.best_loss = view.real("best_loss");
  row.zero_loss = view.real("zero_loss");
  row.counts = {.evaluations = count("evaluations"),
                .probes = count("probes"),
                .rounds = count("rounds"),
                .example_forwards = count("example_forwards"),
                .search_tokens = count("search_tokens"),
                .answer_tokens = count("answer_tokens")};
  row.timing = {.load = view.real("load_s"),
                .search = view.real("search_s"),
                .answer = view.real("answer_s"),
                .energy = view.real("energy_j"),
                .waits = count("waits")};
  row.test_rows = static_cast<int>(count("test_rows"));
  return row;
}

// Finds trials by id; rows of a trial stand together, so the last one is tried first.
class Places {
 public:
  explicit Places(std::vector<Finding>& trials) {
    for (Finding& trial : trials) places_[trial.row.id] = &trial;
  }
  Finding* find(const std::string& id) {  // null: recorded under an earlier plan, and not done
    const auto found = places_.find(id);
    return found == places_.end() ? nullptr : found->second;
  }
  Finding& of(const RowView& view) {
    const std::string id = view.text("id");
    if (last_ == nullptr || last_->row.id != id) last_ = find(id);
    base::check(last_ != nullptr, "trial {} is not in /runs", id);
    return *last_;
  }

 private:
  std::map<std::string, Finding*> places_;
  Finding* last_ = nullptr;
};

void add_tables(hid_t file, std::vector<Finding>& trials) {
  Places places(trials);
  TableReader(file, "answers").each([&](const RowView& view) {
    Finding& trial = places.of(view);
    trial.test_rows.push_back(static_cast<int>(view.integer("row")));
    trial.hits.push_back(static_cast<char>(view.integer("hit")));
  });
  TableReader(file, "evaluations").each([&](const RowView& view) {
    Finding& trial = places.of(view);
    trial.generations.push_back(static_cast<int>(view.integer("generation")));
    trial.losses.push_back(view.real("loss"));
  });
  TableReader(file, "weights").each([&](const RowView& view) {
    places.of(view).weights.emplace_back(view.text("module"), view.real("weight"));
  });
  TableReader(file, "dropped").each([&](const RowView& view) { ++places.of(view).dropped; });
  TableReader(file, "faults").each([&](const RowView& view) {
    if (Finding* trial = places.find(view.text("id"))) trial->faults.push_back(view.text("cause"));
  });
  TableReader(file, "failures").each([&](const RowView& view) {
    if (Finding* trial = places.find(view.text("id"))) trial->failure = view.text("message");
  });
}

Findings findings(hid_t file) {
  Findings all{.study = read_text_attribute(file, "title"),
               .question = read_text(file, "config/question"),
               .created_utc = read_text_attribute(file, "created_utc")};
  const std::vector<Environment> starts = read_environments(file);
  if (!starts.empty()) all.environment = starts.back();
  const TableReader runs(file, "runs");
  const std::vector<std::string> knobs = layout::knob_names(runs);
  runs.each([&](const RowView& view) {
    all.trials.push_back({.row = row_of(view, knobs),
                          .planned = view.integer("planned") != 0,
                          .origin = origin_of(runs, view, starts)});
  });
  add_tables(file, all.trials);
  return all;
}

}  // namespace

Results read_results(hid_t file) {
  Results results{.study = read_text_attribute(file, "title"),
                  .question = read_text(file, "config/question")};
  const TableReader runs(file, "runs");
  const std::vector<std::string> knobs = layout::knob_names(runs);
  runs.each([&](const RowView& view) { results.rows.push_back(row_of(view, knobs)); });
  TableReader(file, "answers").each([&](const RowView& view) {
    results.answers[view.text("id")].push_back({.row = static_cast<int>(view.integer("row")),
                                                .input_sha256 = view.text("input_sha256"),
                                                .target = view.text("target"),
                                                .answer = view.text("answer"),
                                                .hit = view.integer("hit") != 0});
  });
  TableReader(file, "weights").each([&](const RowView& view) {
    results.weights[view.text("id")].emplace_back(view.text("module"), view.real("weight"));
  });
  return results;
}

Findings read_findings(const std::filesystem::path& file) {
  Findings all;
  with_result_file(file, [&](hid_t open) { all = findings(open); });
  return all;
}

Results read_hdf5(const std::filesystem::path& file) {
  Results results;
  with_result_file(file, [&](hid_t open) { results = read_results(open); });
  return results;
}

}  // namespace lorahub::store
