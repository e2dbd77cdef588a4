#include "plan/memory.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "plan/slope_tiles.hpp"
#include "plan/trial_inputs.hpp"
#include "study/trial.hpp"
#include "tensor/matmul.hpp"
#include "train/gradients.hpp"

namespace lorahub::plan {
namespace {

constexpr double kProgram = 0.17e9;  // the program and its libraries, of each rank
constexpr double kCudaContext = 0.6e9;
constexpr double kFloat = 4;  // bytes

class MemoryEstimate {
 public:
  explicit MemoryEstimate(const Shapes& shapes)
      : shapes_(shapes), trial_(shapes.trial), terms_(shapes.architecture.memory()) {}

  Memory all() const {
    Memory memory{.shared = shared(), .held = held(), .computed = 0};
    if (has_loss(trial_) && !shapes_.lengths.shots.empty())
      memory.computed = study::mixes_by_gradient(trial_.method)
                            ? sloping(trial_.loss, shapes_.modules, one_adapter_each())
                        : study::trains(trial_.method) ? training()
                                                       : searching();
    if (probe_backwards(trial_, shapes_.candidates) > 0)
      memory.computed =
          std::max(memory.computed, sloping(study::LossKind::official, shapes_.candidates, false));
    memory.computed = std::max(memory.computed, answering());
    return memory;
  }

 private:
  bool on_cpu() const { return shapes_.device == base::Device::cpu; }
  bool is_bf16() const { return trial_.precision == study::Precision::bf16; }
  double rank() const { return trial_.rank > 0 ? trial_.rank : kPublishedRank; }

  // Weights (those of the encoder twice, where a kernel wants them transposed) and modules, as they
  // were read and, where their files differ in layout, once more as stacked (base::NodeMemory).
  double shared() const {
    const double bytes = is_bf16() ? 2 : 4;
    const bool turned =
        on_cpu() && tensor::wants_transposed(is_bf16() ? at::kBFloat16 : at::kFloat);
    return bytes * (terms_.weights() + (turned ? terms_.transposed_weights() : 0)) +
           2 * kFloat * shapes_.candidates * terms_.module_values(rank());
  }

  model::RowSums all_shots() const {
    model::RowSums all;
    for (const Lengths::RowLengths& shot : shapes_.lengths.shots) all.add(shot.source, shot.target);
    return all;
  }

  double held() const {
    double bytes = kProgram + (on_cpu() ? 0 : kCudaContext);
    if (!has_loss(trial_)) return bytes;
    const model::RowSums shots = all_shots();
    if (trial_.engine == study::Engine::reference) return bytes + trained();
    // One pass is for the losses that are reported, the other for those of the search.
    const int passes = study::uses_search(trial_.method) ? 2 : 1;
    bytes +=
        passes * (terms_.position_bias(shots.longest) + terms_.position_bias(shots.target_longest));
    if (trial_.method == study::Method::random_lora)
      bytes += kFloat * shapes_.modules * terms_.module_values(rank());
    return bytes + trained() + delta() + prepared();
  }

  // PEFT's compositions mix a pruned copy of the modules, svd one in f64 and turned. A gradient
  // reads the modules side by side in f32; on a CPU an f32 model's losses read the same block.
  double prepared() const {
    const study::CompositionInfo& composed = study::info(trial_.composition);
    int copies = composed.as_in_peft ? 1 : composed.mixes == study::Mixes::cut ? 4 : 0;
    const bool beside = is_bf16() || !on_cpu();
    if (study::mixes_by_gradient(trial_.method) && !one_adapter_each() && beside) copies = 1;
    const bool slopes = beside && probe_backwards(trial_, shapes_.candidates) > 0;
    return kFloat * std::max(copies * shapes_.modules, slopes ? shapes_.candidates : 0) *
           terms_.module_values(rank());
  }

  // A full fine-tuning holds values, gradients, their sum and two moments, all in f32.
  double trained() const {
    return trial_.method == study::Method::full ? 5 * kFloat * terms_.weights() : 0;
  }

  // Delta evaluation holds narrow weights and, for each run of the search, a recorded pass over the
  // shots.
  double delta() const {
    if (trial_.precision == study::exact(trial_.precision)) return 0;
    if (!study::uses_search(trial_.method)) return 0;
    double bytes =
        (trial_.precision == study::Precision::delta_int8 ? 1 : 2) * terms_.narrow_weights();
    for (const Lengths::RowLengths& shot : shapes_.lengths.shots)
      bytes += trial_.search.runs * terms_.trajectory(shot.source, shot.target);
    return bytes;
  }

  double searching() const {
    const auto population = static_cast<double>(std::max(1, shapes_.tile.candidates));
    const model::RowSums batch = largest_tile();
    // A composed adapter for each candidate of the tile, and the same once more as the flat result
    // of one matrix product.
    const double adapters = 2 * kFloat * terms_.module_values(rank()) *
                            (one_adapter_each() ? population : shapes_.modules);
    if (trial_.engine == study::Engine::reference) return terms_.reference_losses(batch);
    return adapters +
           std::max(terms_.losses(batch, population, on_cpu()), answering(batch, population));
  }

  // Not modules side by side, which all candidates share.
  bool one_adapter_each() const {
    const study::Mixes mixes = study::info(trial_.composition).mixes;
    return mixes == study::Mixes::factors || mixes == study::Mixes::cut;
  }

  // The answers of the shots by all candidates of a tile, where the loss reads them.
  double answering(const model::RowSums& batch, double population) const {
    if (!study::reads_answers(trial_.loss)) return 0;
    model::RowSums all = batch;
    all.rows *= population;
    all.sum *= population;
    all.target_sum *= population;
    return terms_.answers(all, 2 * batch.target_longest + 8, on_cpu());
  }

  // The largest tile of a search, whose rows are next to each other in the task.
  model::RowSums largest_tile() const {
    const std::vector<Lengths::RowLengths>& shots = shapes_.lengths.shots;
    const auto step = static_cast<size_t>(std::max(1, shapes_.tile.examples));
    model::RowSums largest;
    for (size_t first = 0; first < shots.size(); first += step) {
      model::RowSums batch;
      for (size_t i = first; i < std::min(shots.size(), first + step); ++i)
        batch.add(shots[i].source, shots[i].target);
      if (batch.sum > largest.sum) largest = batch;
    }
    return largest;
  }

  // A training takes the gradient of some rows together; the longest ones count.
  double training() const {
    model::RowSums largest;
    std::vector<Lengths::RowLengths> rows = shapes_.lengths.shots;
    std::ranges::sort(rows, std::greater(), &Lengths::RowLengths::source);
    const double most = std::max(1.0, std::floor(train::kTileTokens / rows.front().source));
    for (const Lengths::RowLengths& row : rows)
      if (largest.rows < std::min<double>(most, trial_.train.batch))
        largest.add(row.source, row.target);
    return terms_.training(largest, {.drops = shapes_.architecture.dropout() > 0,
                                     .all_weights = trial_.method == study::Method::full,
                                     .wide_head = is_bf16()});
  }

  // The gradient of the mixing weights: the rows of a tile, beside the composed adapter in the
  // factor form, as the network reads it and as it was composed, with its gradient; in the product
  // form, beside what all modules' A make of the rows, before and behind the weights.
  double sloping(study::LossKind kind, int modules, bool as_one_adapter) const {
    const std::vector<Lengths::RowLengths>& shots = shapes_.lengths.shots;
    double most = 0;
    for (const SlopeTile& tile :
         slope_tiles(objective::loss_parts({.kind = kind}, shots.size()), shots, shapes_.device)) {
      model::RowSums rows;
      for (size_t i = tile.first; i < tile.first + tile.count; ++i)
        rows.add(shots[i].source, shots[i].target);
      const double tokens = rows.rows * std::max(rows.longest, rows.target_longest);
      const double adapted = as_one_adapter
                                 ? 3 * terms_.module_values(rank())
                                 : 2 * tokens * modules * rank() * terms_.adapted_layers();
      most = std::max(most, kFloat * adapted + terms_.training(rows, {.wide_head = is_bf16()}));
    }
    return most;
  }

  // The largest batch of test rows.
  double answering() const {
    const std::vector<Lengths::RowLengths>& rows = shapes_.lengths.prompts;
    const auto step = static_cast<size_t>(std::max(1, trial_.batch));
    double largest = 0;
    for (size_t first = 0; first < rows.size(); first += step) {
      const auto some = std::span(rows).subspan(first, std::min(step, rows.size() - first));
      largest = std::max(largest, answering(some));
    }
    return largest;
  }

  double answering(std::span<const Lengths::RowLengths> rows) const {
    model::RowSums open;
    double largest = 0;
    for (const Lengths::RowLengths& row : rows) {
      if (row.options == 0) {
        open.add(row.source, std::max(row.target, 8.0));
        continue;
      }
      model::RowSums options;  // of one row, together
      for (int i = 0; i < row.options; ++i) options.add(row.source, 8);
      largest = std::max(largest, terms_.options(options, on_cpu()));
    }
    if (open.rows == 0) return largest;
    const double tokens = std::min<double>(trial_.max_tokens, 2 * open.target_longest);
    return std::max(largest, terms_.answers(open, tokens, on_cpu()));
  }

  const Shapes& shapes_;
  const study::Trial& trial_;
  const model::MemoryTerms& terms_;
};

}  // namespace

Memory memory(const Shapes& shapes) { return MemoryEstimate(shapes).all(); }

}  // namespace lorahub::plan
