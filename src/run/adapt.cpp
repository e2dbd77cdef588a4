#include "run/adapt.hpp"

#include <algorithm>

#include "base/fault.hpp"
#include "base/printable.hpp"
#include "checkpoint/hub_cache.hpp"
#include "lora/claim.hpp"
#include "lora/library.hpp"
#include "plan/input_hashes.hpp"
#include "run/lead/agreement.hpp"
#include "run/lead/input_notes.hpp"
#include "run/lead/methods/methods.hpp"
#include "run/search_journal.hpp"
#include "task/score.hpp"

namespace lorahub::run {
namespace {

bool has_test(const study::Trial& trial) { return trial.task_files.test != trial.task_files.pool; }

constexpr study::Penalty kNoPenalty{.kind = study::PenaltyKind::none};

// Weights of the base, then of each module alone.
search::Population alone_weights(int modules) {
  const auto n = static_cast<size_t>(modules);
  search::Population all{.dim = modules, .weights = std::vector<double>((n + 1) * n)};
  for (size_t i = 0; i < n; ++i) all.weights[(i + 1) * n + i] = 1;
  return all;
}

Hits hits(const std::vector<std::string>& answers, const std::vector<task::Example>& rows) {
  Hits hits;
  for (size_t i = 0; i < answers.size(); ++i)
    hits.push_back(task::is_hit(answers[i], rows[i].target) ? 1 : 0);
  return hits;
}

// Rewords an interruption where the caller answers a part of the losses: such a search is kept in
// memory alone.
base::Interrupted anew(const base::Interrupted& error) {
  const std::string_view promise = "run the same command to go on";
  std::string words = error.what();
  if (const size_t at = words.find(promise); at != std::string::npos) words.erase(at);
  return base::Interrupted(words +
                           "nothing is kept of a search whose penalty is asked for: the "
                           "same command begins anew");
}

// One adaptation on the coordinator.
class AdaptationLead {
 public:
  AdaptationLead(const Adaptation& adaptation, const Output& output, RankServer& own,
                 workers::Dispatcher& dispatcher)
      : adaptation_(adaptation), output_(output), own_(own), dispatcher_(dispatcher) {}

  Adapted run() {
    lora::check_free(output_.folder, output_.force);
    check_gradient();
    for (const std::string& note : notes({trial()}))
      fmt::print(stderr, "warning: {}\n", base::printable_line(note));
    check_cost();
    plan::Tokenizers tokenizers;
    inputs_ = plan::trial_inputs(trial(), tokenizers);
    file_hashes_ = plan::file_inputs(trial(), input_cache_);
    file_hashes_["shots"] = inputs_.task.shots_sha256;
    if (dispatcher_.ranks() > 1)
      check_agreement(
          dispatcher_,
          {.trials = {trial()}, .inputs = {file_hashes_}, .by_path = input_cache_.hashes});
    recipe_ = recipe();
    if (lora::check_recipe(output_.folder, recipe_, output_.force))
      fmt::print(stderr,
                 "note: {} holds this very adaptation already; its journal went when it was "
                 "finished, so all is computed again (`lorahub infer --adapter {}` answers with "
                 "what is there)\n",
                 base::printable_line(output_.folder.string()),
                 base::printable_line(output_.folder.string()));
    const auto lead = [this](const workers::JobHandle& ranks) { search(ranks); };
    dispatcher_.work({{.size = {}, .join = join_request(inputs_, 0), .lead = lead}}, 1);
    write();
    journal_.reset();
    alone_journal_.reset();
    SearchJournal::remove_all(output_.folder);
    return std::move(adapted_);
  }

 private:
  const study::Trial& trial() const { return adaptation_.trial; }
  bool compares() const { return adaptation_.comparing != Comparing::nothing; }
  const objective::Hardware& hardware() const { return own_.hardware(); }
  void pause() const {
    if (adaptation_.between) adaptation_.between();
  }
  void begin(double done, const std::string& what) const {
    if (adaptation_.begins) adaptation_.begins(done, what);
  }

  std::string batch_text() const { return base::format("loss batch {}", adaptation_.loss_batch); }

  // A search with a term of somebody else's has no recipe: nobody knows what it adds.
  std::string recipe() const {
    if (adaptation_.added) return "";
    const auto settings = base::format(
        "{}\n{} {} {} {}", batch_text(), static_cast<int>(adaptation_.comparing),
        static_cast<int>(adaptation_.fallback), static_cast<int>(output_.form), output_.rank);
    return lora::recipe(searched_by(trial(), file_hashes_, settings));
  }

  void check_gradient() const {
    base::check(study::uses_search(trial().method) || !adaptation_.added,
                "the search follows a gradient (which a penalty that is asked for does not have), "
                "choose another one by --search, such as `recommended`");
  }

  void check_cost() {
    const plan::StudyCost cost = plan::cost(
        {trial()},
        {.ranks = dispatcher_.ranks(),
         .threads = hardware().threads,
         .flops_per_second = 1,  // no duration is printed
         .device = hardware().device,
         .reads = has_test(trial()) ? plan::Reads::shots_and_prompts : plan::Reads::shots});
    cautions(cost, dispatcher_, hardware().device, adaptation_.memory_check);
  }

  void search(const workers::JobHandle& ranks) {
    EvaluationHooks hooks{.loss_batch = adaptation_.loss_batch, .added = adaptation_.added};
    hooks.observer = [this](const search::Trace& trace) { observe(trace); };
    hooks.record = [this](search::Evaluate evaluate) { return recorded(std::move(evaluate)); };
    hooks.known = known_probes(inputs_, file_hashes_, hardware().device);
    TrialEvaluator evaluator(ranks, {.inputs = inputs_, .number = 0, .device = hardware().device},
                             std::move(hooks));
    begin(0, "reading the model and the modules");
    evaluator.load();
    lora::claim(output_.folder,
                {.base = base_name(output_, trial()), .library = lora::library(output_.form)});
    if (!adaptation_.added) open_journals();
    const auto modules = static_cast<size_t>(evaluator.modules());
    if (compares() || probes(modules)) begin(0, base::format("trying {} modules alone", modules));
    evaluator.narrow();
    pause();
    measure_alone(evaluator);
    pause();
    begin(0, "searching");
    choose(evaluator, method(trial().method)(evaluator));
    pause();
    if (!has_test(trial())) return;
    begin(1, base::format("answering {} test rows", inputs_.task.test.size()));
    answer_test_rows(evaluator);
  }

  void open_journals() {
    journal_.emplace(output_.folder, search_key(trial(), file_hashes_, batch_text()));
    const std::string alone = base::format("{} alone {}", batch_text(), compares());
    alone_journal_.emplace(output_.folder, search_key(trial(), file_hashes_, alone));
  }

  void observe(const search::Trace& trace) const {
    if (adaptation_.progress)
      adaptation_.progress({.evaluations = trace.evaluations(),
                            .budget = study::search_length(trial()),
                            .best_loss = trace.best_loss});
    if (adaptation_.cancelled && adaptation_.cancelled())
      throw base::Interrupted("the adaptation was called off, run the same command to go on");
    pause();
  }

  search::Evaluate recorded(search::Evaluate evaluate) {
    return journal_ ? journal_->recorded(std::move(evaluate)) : evaluate;
  }

  // The base, and the best of the modules alone where something is compared.
  void measure_alone(TrialEvaluator& evaluator) {
    adapted_.modules = evaluator.inputs().modules;
    adapted_.contest.loss_kind = trial().loss;
    search::Population all = alone_weights(evaluator.modules());
    if (!compares()) all.weights.resize(static_cast<size_t>(evaluator.modules()));
    search::Evaluate evaluate = evaluator.evaluate(kNoPenalty);
    if (alone_journal_) evaluate = alone_journal_->recorded(std::move(evaluate));
    const search::Losses losses = evaluate(all).losses;
    add("base", losses.front(), {});
    if (!compares()) return;
    adapted_.single_loss = {losses.begin() + 1, losses.end()};
    const auto best = std::ranges::min_element(adapted_.single_loss);
    const auto place = static_cast<size_t>(best - adapted_.single_loss.begin());
    const auto row = all.row(static_cast<int>(place) + 1);
    adapted_.contest.tried = tried();
    adapted_.contest.in_library = lora::module_names(trial().library_path).size();
    add("best single module: " + adapted_.modules[place], *best, {row.begin(), row.end()});
  }

  // How many modules the best single one is the best of: probes have tried those that they left
  // out.
  size_t tried() const {
    return probes(inputs_.modules.size()) ? inputs_.modules.size() : adapted_.modules.size();
  }
  bool probes(size_t candidates) const {  // each of them alone
    const auto n = static_cast<int>(candidates);
    return plan::probe_count(trial(), n) > 0 && plan::probe_backwards(trial(), n) == 0;
  }

  void add(const std::string& name, double loss, std::vector<double> weights) {
    adapted_.contest.contestants.push_back({.name = name, .loss = loss, .shots = {}, .test = {}});
    weights_.push_back(std::move(weights));
  }

  // The mixture that the search found, and whether it or a module alone is the answer. A program
  // that says losses is not asked for the mixture's once more.
  void choose(TrialEvaluator& evaluator, const MethodResult& mixture) {
    const search::Population found{.dim = evaluator.modules(), .weights = mixture.weights};
    const double loss = trial().loss == study::LossKind::ask
                            ? mixture.loss - objective::penalty(mixture.weights, trial().penalty)
                            : evaluator.evaluate(kNoPenalty)(found).losses.front();
    add("mixture", loss, mixture.weights);
    adapted_.objective = mixture.loss;
    for (const search::Generation& generation : mixture.generations)
      adapted_.evaluations += generation.population.size();
    Contest& contest = adapted_.contest;
    const bool worse = compares() && contest.contestants[1].loss < loss;
    const bool falls_back = worse && adaptation_.fallback == Fallback::best_single;
    contest.answer = falls_back ? 1 : contest.contestants.size() - 1;
    adapted_.weights = weights_[contest.answer];
  }

  void answer_test_rows(TrialEvaluator& evaluator) {
    for (size_t i = 0; i < weights_.size(); ++i)
      adapted_.contest.contestants[i].test =
          hits(evaluator.answers(weights_[i]), inputs_.task.test);
  }

  void answer_shots(const objective::LoadedModel& loaded, const lora::Pool& pool) {
    std::vector<std::string> prompts;
    for (const task::Example& shot : inputs_.task.shots) prompts.push_back(shot.input);
    for (size_t i = 0; i < weights_.size(); ++i) {
      const model::Adapter adapter =
          weights_[i].empty()
              ? model::Adapter{}
              : lora::compose(pool, weights_[i], study::mixing_rule(trial()), loaded.dtype());
      adapted_.contest.contestants[i].shots =
          hits(objective::answer(loaded, adapter, prompts,
                                 {.scoring = inputs_.task.scoring,
                                  .max_tokens = trial().max_tokens,
                                  .batch = trial().batch}),
               inputs_.task.shots);
    }
  }

  void write() {
    const objective::LoadedModel loaded = own_.model_of(trial());
    const lora::Pool pool = own_.pool_of(trial(), adapted_.modules);
    if (compares()) answer_shots(loaded, pool);
    try {
      adapted_.delivered = deliver(loaded,
                                   {.trial = trial(),
                                    .task = inputs_.task,
                                    .pool = pool,
                                    .weights = adapted_.weights,
                                    .contest = adapted_.contest,
                                    .evaluations = adapted_.evaluations,
                                    .loss_batch = adaptation_.loss_batch,
                                    .recipe = recipe_},
                                   output_);
    } catch (const base::FileError& error) {
      throw base::since_the_beginning(error);
    }
  }

  const Adaptation& adaptation_;
  const Output& output_;
  RankServer& own_;
  workers::Dispatcher& dispatcher_;
  plan::TrialInputs inputs_;
  plan::InputCache input_cache_;
  store::Inputs file_hashes_;
  std::string recipe_;
  std::optional<SearchJournal> journal_,
      alone_journal_;                         // of the search; of base and modules alone
  std::vector<std::vector<double>> weights_;  // by contestant; {}: the base
  Adapted adapted_;
};

}  // namespace

int adapt(const Adaptation& adaptation, const Output& output, const objective::Hardware& hardware,
          workers::World& world, const std::function<void(const Adapted&)>& use) {
  RankServer own({adaptation.trial}, hardware, world.member());
  return world.run(
      {.threads = hardware.threads},
      [&own](const std::string& request) { return own.handle(request); },
      [&](workers::Dispatcher& dispatcher) {
        use(adapt(adaptation, output, own, dispatcher));
        return 0;
      });
}

Adapted adapt(const Adaptation& adaptation, const Output& output, RankServer& own,
              workers::Dispatcher& dispatcher) {
  try {
    return AdaptationLead(adaptation, output, own, dispatcher).run();
  } catch (const base::Interrupted& error) {
    if (adaptation.added) throw anew(error);
    throw;
  }
}

}  // namespace lorahub::run
