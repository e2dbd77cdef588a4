#include "serve/job_runner.hpp"

#include "base/clock.hpp"
#include "base/fault.hpp"
#include "base/signals.hpp"
#include "run/adapt.hpp"
#include "run/adapted_json.hpp"
#include "serve/adapt_input.hpp"

namespace lorahub::serve {
namespace {

constexpr double kListen = 0.2;  // seconds between two looks for a signal

// Says that the client has ended the search.
struct Canceled : std::exception {};

}  // namespace

void JobRunner::run() {
  for (;;) {
    base::throw_if_signalled();
    dispatcher_.note("waiting for a job");
    if (const std::optional<ServiceJob> job = jobs_.take(kListen)) compute(*job);
  }
}

// What is wrong with one job, or goes wrong in it, is said in it, and the next one is computed.
void JobRunner::compute(const ServiceJob& job) {
  const base::Stopwatch clock;
  Jobs::End end;
  try {
    end = adapted(job);
  } catch (const Canceled&) {
    end = {.status = JobStatus::canceled};
  } catch (const base::Interrupted& error) {
    if (base::pending_signal() != 0 || dispatcher_.is_stopped()) {
      jobs_.wait_again(job.id);
      throw;
    }
    end = {.status = JobStatus::failed, .error = error.what()};
  } catch (...) {
    end = {.status = JobStatus::failed, .error = base::cause_of(std::current_exception()).sentence};
  }
  end.seconds = clock.seconds();
  jobs_.end(job.id, end);
}

Jobs::End JobRunner::adapted(const ServiceJob& job) {
  const AdaptInput input = read_adapt_input(job.input, catalog_);
  const JobFolder files = jobs_.folder(job.id);
  const base::Stopwatch clock;
  run::Adaptation adaptation{.trial = trial_of(input, catalog_, files)};
  adaptation.progress = [&](const run::AdaptProgress& now) {
    jobs_.progress(job.id, {.evaluation = now.evaluations,
                            .of = now.budget,
                            .best_loss = now.best_loss,
                            .seconds = clock.seconds()});
    if (jobs_.cancel_asked(job.id)) throw Canceled();
  };
  const run::Output output{.folder = files.adapter(),
                           .rows = "a request",
                           .base = input.model,
                           .first_example = run::FirstExample::kept_private};
  const run::Adapted found = run::adapt(adaptation, output, hardware_, dispatcher_);
  return {.output = run::adapted_json(found, "")};
}

}  // namespace lorahub::serve
