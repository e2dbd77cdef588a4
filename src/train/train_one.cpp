#include "train/train_one.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/fault.hpp"
#include "base/files.hpp"
#include "base/printable.hpp"
#include "base/sha256.hpp"
#include "base/signals.hpp"
#include "checkpoint/hub_cache.hpp"
#include "model/families.hpp"
#include "objective/load_model.hpp"
#include "objective/rate.hpp"
#include "task/count_tokens.hpp"
#include "text/tokenizer_inputs.hpp"
#include "train/batches.hpp"
#include "train/checkpoint_files.hpp"
#include "train/evaluate.hpp"
#include "train/trained_folders.hpp"
#include "train/training_card.hpp"

namespace lorahub::train {
namespace {

namespace fs = std::filesystem;

std::string identity_of(const TrainingConfig& config, const fs::path& model, const fs::path& data) {
  base::Sha256 hash;
  for (const auto& [key, value] : settings(config))
    hash.update(base::format("{}={}\n", key, value));
  hash.update(config.what == What::base ? base::sha256_file(model / "config.json")
                                        : checkpoint::hash_model(model));
  for (const std::string& file : text::tokenizer_inputs(model))
    hash.update(base::sha256_file(model / file));
  hash.update(base::sha256_file(data));
  if (config.test) hash.update(base::sha256_file(*config.test));
  return hash.hex();
}

struct SplitRows {
  std::vector<task::Example> train, held_out;
};

// The rows held out are the first of a shuffle; both parts keep the order of the file.
SplitRows split(const TrainingConfig& config, const fs::path& file) {
  const std::vector<task::Example> all = task::read_examples(file);
  const auto count = static_cast<double>(all.size());
  const double kept = config.held_out < 1 ? std::floor(config.held_out * count) : config.held_out;
  base::check(kept < count,
              "held_out: {} of the {} rows of {} (none is left to train on), hold out fewer", kept,
              all.size(), file.string());
  std::vector<bool> out(all.size());
  const std::vector<size_t> order = shuffled(all.size(), config.seed, "held out");
  for (size_t i = 0; i < static_cast<size_t>(kept); ++i) out[order[i]] = true;
  SplitRows rows;
  if (config.test) rows.held_out = task::read_examples(*config.test);
  for (size_t i = 0; i < all.size(); ++i) (out[i] ? rows.held_out : rows.train).push_back(all[i]);
  return rows;
}

void round_to_half(const Trainable& trained) {
  for (const at::Tensor& value : values(trained)) value.copy_(value.to(at::kHalf));
}

class Work {
 public:
  Work(const TrainingConfig& config, const OneTraining& training,
       const TrainingResources& resources)
      : config_(config),
        training_(training),
        resources_(resources),
        folder_(checkpoint::resolve(config.model_path)),
        identity_(identity_of(config, folder_, training.data)) {}

  bool is_done() const {
    const std::string finished = finished_identity(training_.out);
    base::check(finished.empty() || finished == identity_,
                "{}: holds another training (its settings or its data differ), choose another out "
                "or remove it",
                training_.out.string());
    return !finished.empty();
  }

  void run() {
    rows_ = split(config_, training_.data);
    ModelPointer model = load();
    auto tokenizer = objective::load_tokenizer(folder_, model->architecture());
    loaded_.emplace(objective::LoadedModel{.model = std::move(model),
                                           .tokenizer = std::move(tokenizer),
                                           .device = resources_.device,
                                           .threads = resources_.threads});
    std::error_code error;
    fs::create_directories(training_.out, error);
    base::check(!error, "{}: can't be made ({}), choose another out", training_.out.string(),
                error.message());
    std::vector<model::Tokens> pairs = evaluator().tokens(rows_.train);
    settings_ = training_settings(pairs);
    Trainer trainer(make(), std::move(pairs), settings_);
    card_.before = evaluate(trainer.trainable());
    trainer.load(checkpoint_file(), identity_);
    try {
      train(trainer);
      finish(trainer);
    } catch (const base::FileError& failed) {
      throw base::since_the_beginning(failed);
    }
  }

 private:
  fs::path checkpoint_file() const { return training_.out / kCheckpointFile; }

  bool every_weight() const { return config_.what == What::full || config_.what == What::base; }

  at::ScalarType dtype() const { return objective::number_type(config_.precision); }

  ModelPointer load() const {
    if (config_.what == What::base)
      return model::initial_model(folder_, config_.seed, resources_.device);
    return model::load(
        folder_, {.dtype = every_weight() ? at::kFloat : dtype(), .device = resources_.device});
  }

  LoraShape shape() const {
    return {.rank = config_.rank, .alpha = config_.alpha, .targets = config_.targets};
  }

  Trainable make() const {
    switch (config_.what) {
      case What::lora:
        return lora(loaded_->model, shape(), config_.seed);
      case What::ia3:
        return ia3(loaded_->model);
      case What::full:
      case What::base:
        break;
    }
    return full(loaded_->model, dtype());
  }

  Settings training_settings(std::span<const model::Tokens> pairs) const {
    Settings s{
        .batch = static_cast<size_t>(config_.batch),
        .batch_tokens = static_cast<size_t>(config_.batch_tokens),
        .accumulate = config_.accumulate,
        .rule = {.beta1 = config_.betas.first,
                 .beta2 = config_.betas.second,
                 .weight_decay = config_.weight_decay},
        .factors = config_.lr_factors,
        .clip = config_.clip,
        .model_dropout = config_.model_dropout.value_or(loaded_->model->architecture().dropout()),
        .dropout = config_.what == What::lora ? config_.dropout : 0,
        .seed = config_.seed,
        .threads = resources_.threads};
    const int64_t steps =
        config_.steps > 0 ? config_.steps : course(pairs, s).first_step(config_.epochs);
    const auto part = [&](double count) {  // of all steps, where below 1
      return std::lround(count < 1 ? count * static_cast<double>(steps) : count);
    };
    s.rate = {.peak = config_.lr,
              .schedule = config_.schedule,
              .warmup = part(config_.warmup),
              .steps = steps,
              .hold = part(config_.hold)};
    return s;
  }

  std::optional<HeldOutEvaluation> evaluate(const Trainable& trainable) const {
    if (rows_.held_out.empty()) return std::nullopt;
    return evaluator().evaluate(trained_model(trainable), rows_.held_out);
  }

  Evaluator evaluator() const {
    return Evaluator(
        *loaded_, {.source_length = config_.source_length, .target_length = config_.target_length});
  }

  // FLOP per second that the device could do. A CPU that has no bf16 would take long to find out
  // how slow it is at that, so f32 counts there.
  double peak() const {
    if (resources_.device == base::Device::cpu)
      return objective::gemm_flops_per_second({}) * resources_.threads;
    return objective::gemm_flops_per_second(
        {.placement = {.dtype = dtype(), .device = resources_.device}});
  }

  void train(Trainer& trainer) {
    const double peak = this->peak();
    base::Stopwatch since_saved, speed;
    double tokens = 0, flop = 0;
    while (!trainer.done()) {
      for (const size_t row : trainer.step_rows(trainer.steps())) {
        const model::Tokens& pair = trainer.rows()[row];
        const auto source = static_cast<double>(pair.source.size());
        const auto target = static_cast<double>(pair.target.size());
        tokens += source + target;
        flop += flop_of(source, target);
      }
      try {
        trainer.step();
        base::throw_if_signalled();
      } catch (const base::Interrupted&) {
        trainer.save(checkpoint_file(), identity_);
        throw;
      }
      if (since_saved.seconds() >= config_.checkpoint) {
        trainer.save(checkpoint_file(), identity_);
        since_saved = {};
      }
      const auto steps = static_cast<double>(settings_.rate.steps);
      resources_.progress(
          static_cast<double>(trainer.steps()) / steps,
          base::format("{}: step {} of {}, loss {:.4f}, {:.0f} tokens/s, {:.0f} % "
                       "of peak",
                       training_.name, trainer.steps(), steps, trainer.losses().back(),
                       tokens / speed.seconds(), 100 * flop / speed.seconds() / peak));
    }
  }

  // A backward pass is two forward passes, or one where the weights are frozen (gradients of the
  // activations alone).
  double flop_of(double source, double target) const {
    const double rank = config_.what == What::lora ? config_.rank : 0;
    return (config_.what == What::lora ? 2 : 3) *
           loaded_->model->architecture().forward_flop(
               {.source = source, .target = target, .rank = rank});
  }

  void finish(const Trainer& trainer) {
    const Trainable& trained = trainer.trainable();
    const at::ScalarType stored = config_.half ? at::kHalf : at::kFloat;
    if (config_.half) round_to_half(trained);  // what the card says holds for the file
    if (config_.what == What::lora)
      lora::write_module(training_.out, module(trained, stored), loaded_->model->architecture(),
                         config_.base_name);
    else if (config_.what == What::ia3)
      write_ia3(training_.out, trained,
                {.words = loaded_->model->architecture().peft(), .name = config_.base_name},
                stored);
    else
      write_model(training_.out, trained, folder_, stored);
    fill_card(trainer);
    write_card(training_.out, config_, card_);
    remove_checkpoint(training_.out);
  }

  lora::Module module(const Trainable& trained, at::ScalarType stored) const {
    lora::Module module = lora_module(trained, loaded_->model->architecture(), shape());
    for (auto& [slot, factors] : module.slots)
      factors = {.a = factors.a.to(stored), .b = factors.b.to(stored)};
    return module;
  }

  void fill_card(const Trainer& trainer) {
    const Trainable& trained = trainer.trainable();
    card_.name = training_.name;
    card_.folder = training_.out.filename().string();
    card_.identity = identity_;
    card_.model = config_.model;
    card_.model_sha256 = config_.what == What::base ? "" : checkpoint::hash_model(folder_);
    card_.data = training_.data.filename().string();
    card_.data_sha256 = base::sha256_file(training_.data);
    card_.rows = rows_.train.size();
    card_.held_out_rows = rows_.held_out.size();
    card_.steps = trainer.steps();
    for (const Parameter& p : trained.parameters) card_.parameters += p.value.numel();
    for (int64_t step = 0; step < trainer.steps(); ++step)
      for (const size_t row : trainer.step_rows(step)) {
        const model::Tokens& pair = trainer.rows()[row];
        card_.seen_tokens += static_cast<double>(pair.source.size() + pair.target.size());
      }
    card_.losses = pass_means(trainer);
    card_.after = evaluate(trained);
    card_.self_test = self_test(trained);
  }

  std::vector<double> pass_means(const Trainer& trainer) const {
    RowOrder passes = course(trainer.rows(), settings_);
    const std::vector<double>& all = trainer.losses();
    std::vector<double> means;
    for (int64_t epoch = 0; passes.first_step(epoch) < trainer.steps(); ++epoch) {
      const auto from = all.begin() + passes.first_step(epoch);
      const auto to = all.begin() + std::min(trainer.steps(), passes.first_step(epoch + 1));
      means.push_back(std::accumulate(from, to, 0.0) / static_cast<double>(to - from));
    }
    return means;
  }

  TrainingSelfTest self_test(const Trainable& trained) const {
    const std::vector<task::Example> row{rows_.held_out.empty() ? rows_.train[0]
                                                                : rows_.held_out[0]};
    const TrainedModel model = trained_model(trained);
    const Evaluator evaluator = this->evaluator();
    const std::vector<model::Tokens> pair = evaluator.tokens(row);
    return {.example = row[0],
            .answer = evaluator.answers(model, row).front(),
            .loss_sum = evaluator.loss_sums(model, pair).front(),
            .tokens = static_cast<int>(pair[0].target.size())};
  }

  const TrainingConfig& config_;
  const OneTraining& training_;
  const TrainingResources& resources_;
  fs::path folder_;  // of the model
  std::string identity_;
  SplitRows rows_;
  std::optional<objective::LoadedModel> loaded_;
  Settings settings_;
  TrainingCard card_;
};

}  // namespace

std::vector<OneTraining> trainings(const TrainingConfig& config) {
  std::vector<OneTraining> all;
  for (const fs::path& file : config.data) {
    const std::string name = file.stem().string();
    base::check(base::is_file_name(name),
                "the data file {} gives a training the name '{}' (its folder is called so), rename "
                "the file",
                base::printable_line(file.string()), base::printable_line(name));
    all.push_back(
        {.name = name, .data = file, .out = config.list ? config.out / name : config.out});
  }
  return all;
}

void check_free(const fs::path& out, lora::Force force) {
  const fs::file_type type = lora::own_type(out);
  base::check(type == fs::file_type::not_found || fs::is_directory(out),
              "out {}: is no folder, choose another place", out.string());
  base::check_writable(out / kTrainingFile);
  if (type == fs::file_type::not_found) return;
  if (force == lora::Force::yes || fs::is_empty(out)) return;
  const bool ours = fs::exists(out / kTrainingFile) || !checkpoint_files(out).empty();
  base::check(type == fs::file_type::directory && ours,
              "out {}: holds {}, which no training wrote (it could be lost), choose another folder "
              "or give --force",
              out.string(), fs::directory_iterator(out)->path().filename().string());
}

RowLengths check_rows(const TrainingConfig& config, const OneTraining& training) {
  const std::filesystem::path folder = checkpoint::resolve(config.model_path);
  const auto tokenizer = objective::load_tokenizer(folder, *model::read_architecture(folder));
  const task::Bound bound{.tokens = config.max_input, .remedy = "raise max_input"};
  if (config.test)
    task::check_lengths(*tokenizer, task::read_examples(*config.test), config.test->string(),
                        bound);
  const std::vector<task::Example> rows = task::read_examples(training.data);
  task::check_lengths(*tokenizer, rows, training.data.string(), bound);
  RowLengths lengths;
  size_t cut = 0;
  for (const task::Example& row : rows) {
    const int source = static_cast<int>(task::count_tokens(tokenizer.get(), row.input));
    const int target = static_cast<int>(task::count_tokens(tokenizer.get(), row.target));
    cut += source > config.source_length || target > config.target_length ? 1 : 0;
    lengths.longest_source = std::max(lengths.longest_source, source);
    lengths.longest_target = std::max(lengths.longest_target, target);
  }
  if (cut > 0)
    lengths.cut = base::format(
        "of {} of {} rows of {} the training reads the beginning alone (source_length {}, "
        "target_length {}), raise these if the end matters",
        cut, rows.size(), training.data.string(), config.source_length, config.target_length);
  return lengths;
}

bool train_one(const TrainingConfig& config, const OneTraining& training,
               const TrainingResources& resources) {
  Work work(config, training, resources);
  if (work.is_done()) {
    remove_checkpoint(training.out);  // of a training that was killed behind its card
    return false;
  }
  work.run();
  return true;
}

}  // namespace lorahub::train
