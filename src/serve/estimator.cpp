#include "serve/estimator.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "plan/cost.hpp"
#include "serve/secrets.hpp"

namespace lorahub::serve {
namespace {

constexpr size_t kRemembered = 9;  // jobs of a model
constexpr int kDraftBytes = 8;
constexpr size_t kMostCounted =
    1 << 20;  // bytes of rows whose tokens are counted while a client waits

// The rows of an input as files, for as long as their tokens are counted.
class Draft {
 public:
  Draft(const std::filesystem::path& folder, const std::vector<task::Example>& examples,
        const std::vector<task::Example>& test)
      : folder_(folder / random_hex(kDraftBytes)), files_(folder_) {
    base::write_file(files_.examples(), json_lines(examples));
    if (!test.empty()) base::write_file(files_.test(), json_lines(test));
  }
  ~Draft() {
    std::error_code error;  // what can't be removed is removed at the next start
    std::filesystem::remove_all(folder_, error);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  const JobFolder& files() const { return files_; }

 private:
  std::filesystem::path folder_;
  JobFolder files_;
};

bool are_few(const std::vector<task::Example>& examples, const std::vector<task::Example>& test) {
  size_t bytes = 0;
  for (const auto* rows : {&examples, &test})
    for (const task::Example& one : *rows) bytes += one.input.size() + one.target.size();
  return bytes <= kMostCounted;
}

}  // namespace

Estimator::Estimator(std::filesystem::path drafts, const ComputingRanks& ranks)
    : drafts_(std::move(drafts)),
      ranks_(ranks),
      flops_per_second_(ranks.threads * plan::usual_flops_per_second(ranks.device)) {
  std::error_code error;
  std::filesystem::remove_all(drafts_, error);
}

Estimate Estimator::adaptation(const AdaptInput& input, const Catalog& catalog) const {
  if (!are_few(input.examples, input.test)) return {};
  try {
    const Draft draft(drafts_, input.examples, input.test);
    return estimate(trial_of(input, catalog, draft.files()),
                    input.test.empty() ? plan::Reads::shots : plan::Reads::shots_and_prompts,
                    ranks_.ranks, input.model);
  } catch (const std::exception&) {
    return {};  // what is wrong is said when the job is computed
  }
}

Estimate Estimator::probe(const ProbeInput& input, const Catalog& catalog) const {
  if (!are_few(input.examples, {})) return {};
  try {
    const Draft draft(drafts_, input.examples, {});
    Estimate found = estimate(trial_of(input, catalog, draft.files()), plan::Reads::shots, 1,
                              input.model);  // the coordinator probes alone
    found.cost = 0;
    return found;
  } catch (const std::exception&) {
    return {};
  }
}

Estimate Estimator::estimate(const study::Trial& trial, plan::Reads reads, int ranks,
                             const std::string& model) const {
  const plan::StudyCost cost = plan::cost({trial}, {.ranks = ranks,
                                                    .threads = ranks_.threads,
                                                    .flops_per_second = flops_per_second_,
                                                    .device = ranks_.device,
                                                    .reads = reads});
  return {.seconds = cost.prediction.seconds * factor(model),
          .cost = cost.prediction.seconds,
          .warnings = plan::cautions(cost)};
}

void Estimator::learn(const ServiceJob& ended) {
  if (ended.status != JobStatus::succeeded || ended.cost <= 0 || ended.seconds <= 0) return;
  const std::string model = nlohmann::json::parse(ended.input).at("model");
  const std::lock_guard lock(mutex_);
  std::deque<double>& list = factors_[model];
  list.push_back(ended.seconds / ended.cost);
  if (list.size() > kRemembered) list.pop_front();
}

// The median, which one job that was disturbed does not move.
double Estimator::factor(const std::string& model) const {
  const std::lock_guard lock(mutex_);
  const auto found = factors_.find(model);
  if (found == factors_.end()) return 1;
  std::vector<double> sorted(found->second.begin(), found->second.end());
  std::ranges::sort(sorted);
  return sorted[sorted.size() / 2];
}

}  // namespace lorahub::serve
