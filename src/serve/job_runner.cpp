#include "serve/job_runner.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/escape.hpp"
#include "base/fault.hpp"
#include "base/signals.hpp"
#include "run/adapt.hpp"
#include "run/adapted_json.hpp"
#include "serve/adapt_input.hpp"
#include "serve/answers.hpp"
#include "serve/probe_findings.hpp"

namespace lorahub::serve {
namespace {

constexpr double kListen = 0.2;      // seconds between two looks for a signal
constexpr double kLeastAnswers = 5;  // seconds that answers may take between two generations; more
                                     // where the generation took more

// Says that the client has ended the search.
struct Canceled : std::exception {};
// Says that another owner's turn has come.
struct Paused : std::exception {};

}  // namespace

// The turn of one search.
struct JobRunner::Search {
  std::string model;
  int begun_with = 0;   // evaluations that were known when the turn began
  int evaluations = 0;  // that are known now
  double others = 0;    // seconds that were spent on other jobs' answers
  double told = 0;      // seconds that its owner was told to have been served
  base::Stopwatch clock = {};
  double seconds() const { return clock.seconds() - others; }
};

void JobRunner::run() {
  for (;;) {
    base::throw_if_signalled();
    dispatcher_.note("waiting for a job");
    if (const std::optional<ServiceJob> job = jobs_.take(kListen)) compute(*job);
  }
}

void JobRunner::compute(const ServiceJob& job) {
  Search search{.begun_with = job.progress.evaluation};
  try {
    Jobs::End end = ended(job, search);
    end.seconds = search.seconds();
    jobs_.end(job.id, end);
    if (const auto now = jobs_.find(job.id)) estimator_.learn(*now);
  } catch (const Paused&) {
    jobs_.wait_again(job.id, search.seconds());
  } catch (const base::Interrupted&) {
    jobs_.wait_again(job.id, search.seconds());
    throw;
  }
  jobs_.serve(job.owner, search.seconds() - search.told);
}

// What is wrong with one job, or goes wrong in it, is said in it, and the next one is computed.
Jobs::End JobRunner::ended(const ServiceJob& job, Search& search) {
  try {
    if (job.kind == JobKind::infer) return answered(job);
    return job.kind == JobKind::probe ? probed(job, search) : adapted(job, search);
  } catch (const Canceled&) {
    return {.status = JobStatus::canceled};
  } catch (const Paused&) {
    throw;
  } catch (const base::Interrupted& error) {
    if (base::pending_signal() != 0 || dispatcher_.is_stopped()) throw;
    return failed(job, error.what());
  } catch (...) {
    return failed(job, base::cause_of(std::current_exception()).sentence);
  }
}

// Where models, libraries and the job's own files lie is not for whoever asked.
Jobs::End JobRunner::failed(const ServiceJob& job, const std::string& sentence) const {
  const std::string own = jobs_.folder(job.id).path();
  return {.status = JobStatus::failed, .error = without_folder(catalog_.by_names(sentence), own)};
}

Jobs::End JobRunner::adapted(const ServiceJob& job, Search& search) {
  const AdaptInput input = read_adapt_input(job.input, catalog_);
  const JobFolder files = jobs_.folder(job.id);
  search.model = input.model;
  run::Adaptation adaptation{.trial = trial_of(input, catalog_, files)};
  adaptation.progress = [&](const run::AdaptProgress& now) {
    search.evaluations = now.evaluations;
    jobs_.progress(job.id, {.evaluation = now.evaluations,
                            .of = now.budget,
                            .best_loss = now.best_loss,
                            .seconds = search.seconds()});
  };
  adaptation.between = [&] { between(job, search); };
  const run::Output output{.folder = files.adapter(),
                           .rows = "a request",
                           .base = input.model,
                           .first_example = run::FirstExample::kept_private};
  const run::Adapted found = run::adapt(adaptation, output, own_, dispatcher_);
  return {.output = run::adapted_json(found, adaptation.trial, "")};
}

// A search that has had its turn computed a generation more than was known, so that it ends.
void JobRunner::between(const ServiceJob& job, Search& search) {
  base::throw_if_signalled();
  if (jobs_.cancel_asked(job.id)) throw Canceled();
  const double spent = search.seconds() - search.told;
  jobs_.serve(job.owner, spent);
  search.told += spent;
  search.others += answer_short_jobs(search.model, std::max(spent, kLeastAnswers));
  if (search.evaluations > search.begun_with && jobs_.is_anothers_turn()) throw Paused();
}

// A probe that has had its turn has computed a module more than the cache knew, so that it ends.
Jobs::End JobRunner::probed(const ServiceJob& job, Search& turn) {
  const ProbeInput input = read_probe_input(job.input, catalog_);
  const auto watch = [&](const run::ProbeProgress& now) {
    jobs_.progress(job.id, {.evaluation = static_cast<int>(now.done),
                            .of = static_cast<int>(now.all),
                            .best_loss = now.least_loss,
                            .seconds = turn.seconds()});
    base::throw_if_signalled();
    if (jobs_.cancel_asked(job.id)) throw Canceled();
    const double spent = turn.seconds() - turn.told;
    jobs_.serve(job.owner, spent);
    turn.told += spent;
    if (now.computed > 0 && jobs_.is_anothers_turn()) throw Paused();
  };
  return {.output = probe_findings(input, catalog_, jobs_.folder(job.id), own_, watch)};
}

// Those that the model in use answers. Returns the seconds that it took, which end with the first
// job after `seconds`.
double JobRunner::answer_short_jobs(const std::string& model, double seconds) {
  const base::Stopwatch clock;
  const auto fits = [&](const ServiceJob& job) {
    return read_infer_input(job.input, catalog_).model == model;
  };
  while (clock.seconds() < seconds) {
    const std::optional<ServiceJob> job = jobs_.take_short(fits);
    if (!job) break;
    const base::Stopwatch its_own;
    Search none;
    Jobs::End end = ended(*job, none);
    end.seconds = its_own.seconds();
    jobs_.end(job->id, end);
    jobs_.serve(job->owner, end.seconds);
  }
  return clock.seconds();
}

Jobs::End JobRunner::answered(const ServiceJob& job) {
  const InferInput input = read_infer_input(job.input, catalog_);
  const auto adapter = jobs_.folder(input.job).adapter();
  return {.output = base::json_text(
              nlohmann::json{{"answers", answers(input, catalog_, adapter, own_)}})};
}

}  // namespace lorahub::serve
