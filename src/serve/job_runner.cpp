#include "serve/job_runner.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/escape.hpp"
#include "base/signals.hpp"
#include "run/adapt.hpp"
#include "run/adapted_json.hpp"
#include "serve/adapt_input.hpp"
#include "serve/answers.hpp"
#include "serve/job_error.hpp"
#include "serve/probe_findings.hpp"

namespace lorahub::serve {
namespace {

constexpr double kListen = 0.2;      // seconds between two looks for a signal
constexpr double kLeastAnswers = 3;  // seconds that answers may take between two generations; more
                                     // where the generation took more

// Says that the client has ended the search.
struct Canceled : std::exception {};
// Says that another job's turn has come.
struct Paused : std::exception {};

}  // namespace

// The turn of one job.
struct JobRunner::Search {
  std::string model;
  int begun_with = 0;   // evaluations that were known when the turn began
  int evaluations = 0;  // that are known now
  double others = 0;    // seconds that were spent on other jobs' answers
  double told = 0;      // seconds that its owner was told to have been served
  double most = 0;      // seconds of answers between two generations; 0: of a turn of their own
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
    if (job.kind == JobKind::infer) return answered(job, search);
    return job.kind == JobKind::probe ? probed(job, search) : adapted(job, search);
  } catch (const Canceled&) {
    return {.status = JobStatus::canceled};
  } catch (const Paused&) {
    throw;
  } catch (const base::Interrupted&) {
    if (base::pending_signal() != 0 || dispatcher_.is_stopped()) throw;
    return failed(job);
  } catch (...) {
    return failed(job);
  }
}

// By the exception that is being handled.
Jobs::End JobRunner::failed(const ServiceJob& job) const {
  return {.status = JobStatus::failed,
          .error = job_error(std::current_exception(), job, catalog_, jobs_.folder(job.id))};
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
    answer_for(seconds, *job);
  }
  return clock.seconds();
}

// Answers that take longer go on the next time. Where the time is too short for a single batch,
// they wait for a turn of their own.
void JobRunner::answer_for(double seconds, const ServiceJob& job) {
  Search turn{.most = seconds};
  const size_t before = part_of(job).size();
  try {
    Jobs::End end = ended(job, turn);
    end.seconds = turn.seconds();
    jobs_.end(job.id, end);
  } catch (const Paused&) {
    const bool has_more = part_of(job).size() > before;
    jobs_.wait_again(job.id, turn.seconds(),
                     has_more ? Jobs::Until::as_before : Jobs::Until::its_turn);
  }
  jobs_.serve(job.owner, turn.seconds());
}

std::vector<std::string>& JobRunner::part_of(const ServiceJob& job) {
  std::erase_if(parts_, [&](const auto& entry) {
    const std::optional<Jobs::State> state = jobs_.state(entry.second.id);
    return !state || has_ended(state->status);
  });
  return parts_.try_emplace(job.number, Part{.id = job.id}).first->second.answers;
}

Jobs::End JobRunner::answered(const ServiceJob& job, Search& turn) {
  const InferInput input = read_infer_input(job.input, catalog_);
  const auto after_token = [&] {
    base::throw_if_signalled();
    if (jobs_.cancel_asked(job.id)) throw Canceled();
    if (turn.most > 0 && turn.clock.seconds() > turn.most) throw Paused();
  };
  const auto after_batch = [&] {
    if (turn.most > 0) return;
    const double spent = turn.seconds() - turn.told;
    jobs_.serve(job.owner, spent);
    turn.told += spent;
    turn.others += answer_short_jobs(input.model, std::max(spent, kLeastAnswers));
    if (jobs_.is_anothers_turn()) throw Paused();
  };
  std::vector<std::string>& all = part_of(job);
  add_answers(input,
              {.catalog = catalog_, .adapter = jobs_.folder(input.job).adapter(), .own = own_},
              {.after_token = after_token, .after_batch = after_batch}, all);
  return {.output = base::json_text(nlohmann::json{{"answers", all}})};
}

}  // namespace lorahub::serve
