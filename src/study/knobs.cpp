#include "study/knobs.hpp"

#include <algorithm>

#include "study/compositions.hpp"
#include "study/phrases.hpp"

namespace lorahub::study {
namespace {

// Which trials read a knob.

bool always(const Trial&) { return true; }

bool mixes_modules(const Trial& trial) { return uses_modules(trial.method); }

const CompositionInfo& composed_by(const Trial& trial) { return info(trial.composition); }

// Methods that take every composition (check_composition.hpp).
bool composes(const Trial& trial) {
  return mixes_modules(trial) && trial.method != Method::best_single &&
         info(trial.method).trains == Trains::nothing;
}

bool prunes(const Trial& trial) {
  return composes(trial) && composed_by(trial).pruning != Pruning::none;
}

bool cuts_rank(const Trial& trial) {
  return mixes_modules(trial) && info(trial.method).trains == Trains::nothing &&
         composed_by(trial).mixes == Mixes::cut;
}

bool routes(const Trial& trial) {
  return composes(trial) && composed_by(trial).mixes == Mixes::routed;
}

// Only another weight than 1/N is a part of the identity, so that trials with that keep their ids.
bool sets_uniform_weight(const Trial& trial) {
  return trial.method == Method::uniform && trial.uniform_weight > 0;
}

bool draws_modules(const Trial& trial) {
  return uses_modules(trial.method) && trial.modules.names.empty() && trial.modules.count > 0;
}

bool learns_from_shots(const Trial& trial) {
  return uses_shots(trial.method) || retrieves_by_shots(trial);
}

// With one file for pool and test, the shots are taken out of the test rows, so every method
// depends on them.
bool depends_on_shots(const Trial& trial) {
  return learns_from_shots(trial) || trial.task_files.pool == trial.task_files.test;
}

bool draws_shots(const Trial& trial) { return depends_on_shots(trial) && trial.shots.rows.empty(); }

// Only shuffled labels are a part of the identity, so that trials with the shots' own labels keep
// their ids.
bool shuffles_labels(const Trial& trial) {
  return trial.labels != Labels::given && learns_from_shots(trial);
}

bool searches(const Trial& trial) { return uses_search(trial.method); }

bool searches_by_cma(const Trial& trial) {
  return searches(trial) && trial.search.method == SearchMethod::cma;
}

bool searches_in_generations(const Trial& trial) {
  return searches(trial) && trial.search.method != SearchMethod::official;
}

// The official search is deterministic; DARE draws the values that it keeps.
bool draws_search(const Trial& trial) {
  return info(trial.method).draws || searches_in_generations(trial) ||
         (composes(trial) && composed_by(trial).pruning == Pruning::random);
}

bool trains_mixture(const Trial& trial) { return info(trial.method).trains == Trains::mixture; }

bool trains_adapter(const Trial& trial) { return info(trial.method).trains == Trains::adapter; }

// Adam alone has a rate, and only another descent is a part of the identity, so that trials with
// Adam keep their ids.
bool descends_otherwise(const Trial& trial) {
  return trains_mixture(trial) && trial.train.descent != Descent::adam;
}

bool has_rate(const Trial& trial) { return trains(trial.method) && !descends_otherwise(trial); }

bool trains_anything(const Trial& trial) { return trains(trial.method); }

bool trains_in_batches(const Trial& trial) {
  return trains_anything(trial) && !trains_mixture(trial);
}

bool measures_weights(const Trial& trial) {
  return measures_candidates(trial.method) || trains_mixture(trial);
}

bool chooses_weights(const Trial& trial) { return searches(trial) || trains_mixture(trial); }

bool weighs_penalty(const Trial& trial) {
  return chooses_weights(trial) && trial.penalty.kind != PenaltyKind::none;
}

bool never(const Trial&) { return false; }

bool asks_program(const Trial& trial) {
  return measures_candidates(trial.method) && trial.loss == LossKind::ask;
}

// Only a search that holds shots out has the knob in its identity, so that others keep their ids.
bool holds_out_shots(const Trial& trial) { return trial.held_out > 0 && searches_by_cma(trial); }

// The shots are answered as the test rows are where the loss reads answers.
bool answers_shots(const Trial& trial) {
  return measures_candidates(trial.method) && reads_answers(trial.loss);
}

// The same with what must hold besides the method, for people.
constexpr ReadBy kDrawsModules{draws_modules, "where `modules` is a count"};
constexpr ReadBy kDependsOnShots{
    depends_on_shots,
    "and every method where one file is pool and test, or `retrieve` is probe or text"};
constexpr ReadBy kDrawsShots{draws_shots,
                             "and every method where one file is pool and test, or `retrieve` is "
                             "probe or text; where `shots` is a count"};
constexpr ReadBy kShufflesLabels{shuffles_labels, "where `labels` is shuffled"};
constexpr ReadBy kSearchesByCma{searches_by_cma, "where `search.method` is cma"};
constexpr ReadBy kSearchesInGenerations{searches_in_generations,
                                        "where `search.method` is cma or random"};
constexpr ReadBy kDrawsSearch{draws_search,
                              "lorahub only where `search.method` is cma or random; uniform "
                              "where `composition` is dare_linear or dare_ties"};
constexpr ReadBy kPrunes{prunes,
                         "where `composition` is magnitude_prune, ties, dare_linear or dare_ties"};
constexpr ReadBy kCutsRank{cuts_rank, "where `composition` is svd"};
constexpr ReadBy kRoutes{routes, "where `composition` is arrow"};
constexpr ReadBy kSetsUniformWeight{sets_uniform_weight, "where it is not 0"};
constexpr ReadBy kAsksProgram{asks_program, "where `loss` is ask"};
constexpr ReadBy kHoldsOutShots{holds_out_shots, "where it is not 0, and `search.method` is cma"};
constexpr ReadBy kHasRate{has_rate, "gradient only where `train.descent` is adam"};
constexpr ReadBy kDescendsOtherwise{descends_otherwise, "where it is not adam"};
constexpr ReadBy kWeighsPenalty{weighs_penalty, "where `penalty.kind` is not none"};

constexpr Knob kKnobs[] = {
    {.name = "model",
     .kind = WordKind{field<&Trial::model>},
     .unit = "none",
     .meaning = "base model: a piece of configs/model, a folder, or a published name",
     .read_by = always},
    {.name = "library",
     .kind = WordKind{field<&Trial::library>},
     .unit = "none",
     .meaning = "LoRA modules: a piece of configs/library, a folder, or a file of names",
     .read_by = mixes_modules},
    {.name = "rank",
     .kind = IntegerKind{field<&Trial::rank>, {.least = 0, .most = kMostRank}},
     .unit = "1",
     .meaning = "rank of the modules, 0: as they are",
     .read_by = mixes_modules},
    {.name = "modules",
     .kind = PhraseKind{.takes = "a count, `all`, or a list of names",
                        .column = Holds::integer,
                        .read = read_modules,
                        .write = write_modules,
                        .as_yaml = modules_as_yaml,
                        .schema = modules_schema},
     .unit = "1",
     .meaning = "modules drawn by seed, or all, or their names",
     .read_by = mixes_modules},
    {.name = "task",
     .kind = WordKind{field<&Trial::task>},
     .unit = "none",
     .meaning = "task whose test rows are answered: a name of the piece, or a file",
     .read_by = always},
    {.name = "task.max_input",
     .kind = IntegerKind{field<&Trial::max_input>, {.least = 1, .most = kMostInput}},
     .unit = "token",
     .meaning = "longest input of a row, a longer one is refused; it changes no result",
     .read_by = always,
     .changes_loss = never,
     .is_column = false},
    {.name = "shots",
     .kind = PhraseKind{.takes = "a count, or a list of rows of the pool from 0",
                        .column = Holds::integer,
                        .read = read_shots,
                        .write = write_shots,
                        .as_yaml = write_shots,
                        .schema = shots_schema},
     .unit = "1",
     .meaning = "examples drawn by seed, or their rows in the pool",
     .read_by = kDependsOnShots},
    {.name = "labels",
     .kind = choice<&Trial::labels>(),
     .unit = "none",
     .meaning = "answers of the shots: their own, or each the next one's, as a control",
     .read_by = kShufflesLabels},
    {.name = "retrieve",
     .kind =
         PhraseKind{.takes = "`none`, or a way (probe, similarity, text) and a count: `probe 5`",
                    .column = Holds::text,
                    .read = read_retrieve,
                    .write = write_retrieve,
                    .as_yaml = write_retrieve,
                    .schema = retrieve_schema},
     .unit = "none",
     .meaning = "which of the modules drawn or named are kept before the search",
     .read_by = mixes_modules},
    {.name = "method",
     .kind = choice<&Trial::method>(),
     .unit = "none",
     .meaning = "way to answer the test rows",
     .read_by = always},
    {.name = "composition",
     .kind = choice<&Trial::composition>(),
     .unit = "none",
     .meaning = "of A and B each mixed (factor), or of the products BA (product); as PEFT merges "
                "modules; or modules chosen for each token (arrow)",
     .read_by = mixes_modules},
    {.name = "composition.density",
     .kind = RealKind{field<&Trial::mixing, &CompositionSettings::density>, Range::fraction},
     .unit = "1",
     .meaning = "share of the values of each A and B that is kept",
     .read_by = kPrunes},
    {.name = "composition.rank",
     .kind = IntegerKind{field<&Trial::mixing, &CompositionSettings::rank>,
                         {.least = 0, .most = kMostRank}},
     .unit = "1",
     .meaning = "rank that the mixture is cut to, 0: the largest of the modules",
     .read_by = kCutsRank},
    {.name = "composition.experts",
     .kind = IntegerKind{field<&Trial::mixing, &CompositionSettings::experts>,
                         {.least = 1, .most = kMostOfMany}},
     .unit = "1",
     .meaning = "modules that a token takes part of",
     .read_by = kRoutes},
    {.name = "composition.temperature",
     .kind = RealKind{field<&Trial::mixing, &CompositionSettings::temperature>, Range::positive},
     .unit = "1",
     .meaning = "by which a token's similarities to modules are divided before their softmax",
     .read_by = kRoutes},
    {.name = "loss",
     .kind = choice<&Trial::loss>(),
     .unit = "none",
     .meaning = "of the shots: cross-entropy by tokens and examples, by tokens, or the mean of "
                "each; wrong answers; answers' distance by chrF; or what a program says",
     .read_by = measures_weights},
    {.name = "loss.program",
     .kind = WordKind{field<&Trial::loss_program>},
     .unit = "none",
     .meaning = "command that `loss: ask` asks for the losses of candidates",
     .read_by = kAsksProgram},
    {.name = "loss.patience",
     .kind = IntegerKind{field<&Trial::loss_patience>, {.least = 1, .most = kMostPatience}},
     .unit = "s",
     .meaning = "longest wait for an answer of loss.program; it changes no result",
     .read_by = kAsksProgram,
     .changes_loss = never,
     .is_column = false},
    {.name = "loss.held_out",
     .kind = IntegerKind{field<&Trial::held_out>, {.least = 0, .most = kMostOfMany}},
     .unit = "1",
     .meaning = "shots that each run of the search does not see, other ones each; on the mini-lab "
                "-0.9 [-4.9, +2.9] points",
     .read_by = kHoldsOutShots},
    {.name = "penalty.kind",
     .kind = choice<&Trial::penalty, &Penalty::kind>(),
     .unit = "none",
     .meaning =
         "penalty on the mixing weights: mean or sum of their absolutes, or sum of their squares",
     .read_by = chooses_weights},
    {.name = "penalty.weight",
     .kind = RealKind{field<&Trial::penalty, &Penalty::weight>, Range::from_zero},
     .unit = "1",
     .meaning = "factor of the penalty on the weights",
     .read_by = kWeighsPenalty},
    {.name = "uniform.weight",
     .kind = RealKind{field<&Trial::uniform_weight>, Range::from_zero},
     .unit = "1",
     .meaning = "weight of each module by the method uniform, 0: 1/N",
     .read_by = kSetsUniformWeight},
    {.name = "search.method",
     .kind = choice<&Trial::search, &Search::method>(),
     .unit = "none",
     .meaning = "CMA-ES, the official search (COBYLA), or random search",
     .read_by = searches},
    {.name = "search.population",
     .kind =
         IntegerKind{field<&Trial::search, &Search::population>, {.least = 0, .most = kMostOfMany}},
     .unit = "1",
     .meaning = "candidates a generation, 0: default (see /resolved)",
     .read_by = kSearchesInGenerations},
    {.name = "search.runs",
     .kind = IntegerKind{field<&Trial::search, &Search::runs>, {.least = 1, .most = kMostRuns}},
     .unit = "1",
     .meaning = "independent CMA-ES side by side",
     .read_by = kSearchesByCma},
    {.name = "search.sigma0",
     .kind = RealKind{field<&Trial::search, &Search::sigma0>, Range::from_zero},
     .unit = "1",
     .meaning = "first step size, 0: default (see /resolved)",
     .read_by = kSearchesByCma},
    {.name = "search.mean0",
     .kind = RealKind{field<&Trial::search, &Search::mean0>, Range::any},
     .unit = "1",
     .meaning = "coordinates of the first mean",
     .read_by = kSearchesByCma},
    {.name = "search.budget",
     .kind = IntegerKind{field<&Trial::search, &Search::budget>, {.least = 1, .most = kMostBudget}},
     .unit = "1",
     .meaning = "evaluations allowed",
     .read_by = searches,
     .changes_loss = never},
    {.name = "search.bound",
     .kind = RealKind{field<&Trial::search, &Search::bound>, Range::positive},
     .unit = "1",
     .meaning = "weights stay in [-bound, bound]",
     .read_by = chooses_weights},
    {.name = "search.recommend",
     .kind = choice<&Trial::search, &Search::recommend>(),
     .unit = "none",
     .meaning = "answer of CMA-ES: the best candidate, or the mean of the last better half",
     .read_by = kSearchesByCma,
     .changes_loss = never},
    {.name = "train.lr",
     .kind = RealKind{field<&Trial::train, &Train::lr>, Range::from_zero},
     .unit = "1",
     .meaning = "largest learning rate, 0: default (see /resolved)",
     .read_by = kHasRate},
    {.name = "train.epochs",
     .kind = IntegerKind{field<&Trial::train, &Train::epochs>, {.least = 1, .most = kMostOfMany}},
     .unit = "1",
     .meaning = "passes over the shots (gradient: steps)",
     .read_by = trains_anything},
    {.name = "train.batch",
     .kind = IntegerKind{field<&Trial::train, &Train::batch>, {.least = 1, .most = kMostOfMany}},
     .unit = "1",
     .meaning = "shots a step",
     .read_by = trains_in_batches},
    {.name = "train.weight_decay",
     .kind = RealKind{field<&Trial::train, &Train::weight_decay>, Range::from_zero},
     .unit = "1",
     .meaning = "decay of AdamW",
     .read_by = trains_in_batches},
    {.name = "train.rank",
     .kind = IntegerKind{field<&Trial::train, &Train::rank>, {.least = 1, .most = kMostRank}},
     .unit = "1",
     .meaning = "rank of the adapter that is trained",
     .read_by = trains_adapter},
    {.name = "train.alpha",
     .kind = RealKind{field<&Trial::train, &Train::alpha>, Range::positive},
     .unit = "1",
     .meaning = "its alpha: BA is scaled by alpha/rank",
     .read_by = trains_adapter},
    {.name = "train.dropout",
     .kind = RealKind{field<&Trial::train, &Train::dropout>, Range::rate},
     .unit = "1",
     .meaning = "dropout of its inputs",
     .read_by = trains_adapter},
    {.name = "train.start",
     .kind = RealKind{field<&Trial::train, &Train::start>, Range::any},
     .unit = "1",
     .meaning = "every mixing weight before the first step",
     .read_by = trains_mixture},
    {.name = "train.descent",
     .kind = choice<&Trial::train, &Train::descent>(),
     .unit = "none",
     .meaning = "how the mixing weights follow their gradient: Adam, or BFGS, which needs no rate",
     .read_by = kDescendsOtherwise},
    {.name = "precision",
     .kind = choice<&Trial::precision>(),
     .unit = "none",
     .meaning = "numbers of the model; delta-*: f32, candidates told apart by delta evaluation",
     .read_by = always},
    {.name = "engine",
     .kind = choice<&Trial::engine>(),
     .unit = "none",
     .meaning = "the fast forward pass, or the plain one that it is tested against",
     .read_by = always},
    {.name = "scoring",
     .kind = choice<&Trial::scoring>(),
     .unit = "none",
     .meaning = "answer of a test row: generated, or the likeliest option of its prompt",
     .read_by = always,
     .changes_loss = answers_shots},
    {.name = "seed",
     .kind = PhraseKind{.takes = "a seed",
                        .column = Holds::integer,
                        .read = read_seeds,
                        .write = write_seeds,
                        .as_yaml = write_seeds,
                        .schema = seed_schema},
     .unit = "1",
     .meaning = "sets seed.modules, seed.shots and seed.search; one of these given as well wins",
     .read_by = always,
     .is_column = false},
    {.name = "seed.modules",
     .kind = SeedKind{field<&Trial::seed, &Seeds::modules>},
     .unit = "1",
     .meaning = "seed of the draw of modules",
     .read_by = kDrawsModules},
    {.name = "seed.shots",
     .kind = SeedKind{field<&Trial::seed, &Seeds::shots>},
     .unit = "1",
     .meaning = "seed of the draw of shots",
     .read_by = kDrawsShots},
    {.name = "seed.search",
     .kind = SeedKind{field<&Trial::seed, &Seeds::search>},
     .unit = "1",
     .meaning = "seed of the search or the training",
     .read_by = kDrawsSearch},
    {.name = "max_tokens",
     .kind = IntegerKind{field<&Trial::max_tokens>, {.least = 1, .most = kMostOfMany}},
     .unit = "token",
     .meaning = "longest answer",
     .read_by = always,
     .changes_loss = answers_shots},
    {.name = "batch",
     .kind = IntegerKind{field<&Trial::batch>, {.least = 1, .most = kMostOfMany}},
     .unit = "1",
     .meaning = "answers generated together",
     .read_by = always,
     .changes_loss = never},
};

}  // namespace

std::span<const Knob> knobs() { return kKnobs; }

const Knob* find_knob(std::string_view name) {
  const auto* const found = std::ranges::find(kKnobs, name, [](const Knob& k) { return k.name; });
  return found == std::end(kKnobs) ? nullptr : found;
}

}  // namespace lorahub::study
