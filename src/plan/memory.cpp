#include "plan/memory.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "model/t5/delta_layers.hpp"
#include "tensor/matmul.hpp"
#include "train/gradients.hpp"

namespace lorahub::plan {
namespace {

constexpr int kPublishedRank = 16;   // of modules that are not here to be read
constexpr double kProgram = 0.17e9;  // the program and its libraries, of each rank
constexpr double kCudaContext = 0.6e9;
constexpr double kFloat = 4;          // bytes
constexpr double kLogitRows = 128;    // t5/loss.cpp
constexpr double kRowsAtOnce = 1280;  // t5/layers.cpp

// Sizes of the network as numbers of any size.
struct Sizes {
  explicit Sizes(const model::t5::Config& c)
      : d(static_cast<double>(c.d_model)),
        inner(static_cast<double>(c.inner())),
        ff(static_cast<double>(c.d_ff)),
        hidden(c.gated ? 2 * ff : ff),
        heads(static_cast<double>(c.heads)),
        vocabulary(static_cast<double>(c.vocabulary)),
        encoder(static_cast<double>(c.encoder_layers)),
        decoder(static_cast<double>(c.decoder_layers)) {}
  double d, inner, ff, hidden, heads, vocabulary, encoder, decoder;

  double encoder_weights() const { return encoder * (4 * d * inner + d * (hidden + ff)); }
  double weights() const {
    return encoder_weights() + decoder * (8 * d * inner + d * (hidden + ff)) + 2 * vocabulary * d;
  }
  double module_values(double rank) const {  // q and v of every attention
    return (2 * encoder + 4 * decoder) * rank * (d + inner);
  }
};

struct Batch {                                            // rows that are computed together
  double rows = 0, longest = 0, sum = 0;                  // sources
  double target_longest = 0, target_sum = 0, scores = 0;  // targets; sum of source times target
  void add(double source, double target) {
    ++rows;
    sum += source;
    longest = std::max(longest, source);
    target_sum += target;
    target_longest = std::max(target_longest, target);
    scores += source * target;
  }
};

double bias(const Sizes& s, double length) { return kFloat * s.heads * length * length; }

class Estimate {
 public:
  explicit Estimate(const Shapes& shapes)
      : shapes_(shapes), trial_(shapes.trial), s_(shapes.config) {}

  Memory all() const {
    Memory memory{.shared = shared(), .held = held(), .computed = 0};
    if (has_loss(trial_) && !shapes_.lengths.shots.empty())
      memory.computed = study::trains(trial_.method) ? training() : searching();
    memory.computed = std::max(memory.computed, answering());
    return memory;
  }

 private:
  bool on_cpu() const { return shapes_.device == base::Device::cpu; }
  bool is_bf16() const { return trial_.precision == study::Precision::bf16; }
  double rank() const { return trial_.rank > 0 ? trial_.rank : kPublishedRank; }

  // Weights (the encoder's twice, where a kernel wants them turned), and modules as read and, where
  // their files are not alike, as stacked (base::NodeMemory).
  double shared() const {
    const double bytes = is_bf16() ? 2 : 4;
    const bool turned = on_cpu() && tensor::wants_turned(is_bf16() ? at::kBFloat16 : at::kFloat);
    return bytes * (s_.weights() + (turned ? s_.encoder_weights() : 0)) +
           2 * kFloat * shapes_.candidates * s_.module_values(rank());
  }

  Batch all_shots() const {
    Batch all;
    for (const Lengths::Row& shot : shapes_.lengths.shots) all.add(shot.source, shot.target);
    return all;
  }

  double held() const {
    double bytes = kProgram + (on_cpu() ? 0 : kCudaContext);
    if (!has_loss(trial_)) return bytes;
    const Batch shots = all_shots();
    if (trial_.engine == study::Engine::reference) return bytes + trained();
    // Of the losses that are reported, and of the search's.
    const int passes = study::uses_search(trial_.method) ? 2 : 1;
    bytes += passes * (bias(s_, shots.longest) + bias(s_, shots.target_longest));
    if (trial_.method == study::Method::random_lora)
      bytes += kFloat * shapes_.modules * s_.module_values(rank());
    return bytes + trained() + delta();
  }

  // What a full fine-tuning holds in f32: values, gradients, their sum, moments.
  double trained() const {
    return trial_.method == study::Method::full ? 5 * kFloat * s_.weights() : 0;
  }

  // Narrow weights, and the base model's own pass over the shots.
  double delta() const {
    if (trial_.precision == study::exact(trial_.precision)) return 0;
    if (!study::uses_search(trial_.method)) return 0;
    double bytes = (trial_.precision == study::Precision::delta_int8 ? 1 : 2) *
                   model::t5::narrow_values(shapes_.config);
    for (const Lengths::Row& shot : shapes_.lengths.shots)
      bytes += model::t5::trajectory_bytes(shapes_.config, shot.source, shot.target);
    return bytes;
  }

  // The encoder's pass over a batch by `population` candidates: rows in residual stream, normed,
  // queries, keys, values, what they see, and the feed-forward's hidden ones; where the population
  // is computed in parts, the parts' results and then these side by side.
  double encoding(const Batch& batch, double population) const {
    const double together =
        on_cpu() ? std::clamp(std::floor(kRowsAtOnce / batch.sum), 1.0, population) : population;
    const double begun = batch.sum * (2 * s_.d + 3 * s_.inner);
    const double block =
        together * batch.sum * (2 * s_.d + 4 * s_.inner + std::max(s_.hidden, 3 * s_.inner));
    const double parts = together < population ? population * batch.sum * s_.d : 0;
    return kFloat * (begun + std::max(block + parts, 2 * parts));
  }

  double decoding(const Batch& batch, double population) const {
    const double block = population * batch.target_sum * (3 * s_.d + 4 * s_.inner + s_.hidden);
    const double projected = 4 * population * batch.sum * s_.inner;
    const double absorbed = population * (4 * s_.heads * batch.target_sum * s_.d +
                                          2 * s_.heads * batch.scores / batch.rows);
    const double one = std::min(projected, absorbed);
    return kFloat * (population * batch.sum * s_.d + block + one);
  }

  double logits(double rows) const { return 3 * kFloat * rows * s_.vocabulary; }

  double searching() const {
    const auto population = static_cast<double>(std::max(1, shapes_.tile.candidates));
    const Batch batch = largest_tile();
    // A composed adapter for each candidate of the tile, and flat as they come of one product.
    const double adapters = trial_.composition == study::Composition::factor
                                ? 2 * kFloat * population * s_.module_values(rank())
                                : 2 * kFloat * shapes_.modules * s_.module_values(rank());
    const double pass =
        adapters + std::max(encoding(batch, population),
                            decoding(batch, population) +
                                logits(std::min(kLogitRows, population * batch.target_sum)));
    if (trial_.engine == study::Engine::reference) return plain(batch);
    return pass;
  }

  // Rows next to each other, as a search's tiles have them.
  Batch largest_tile() const {
    const std::vector<Lengths::Row>& shots = shapes_.lengths.shots;
    const auto step = static_cast<size_t>(std::max(1, shapes_.tile.examples));
    Batch largest;
    for (size_t first = 0; first < shots.size(); first += step) {
      Batch batch;
      for (size_t i = first; i < std::min(shots.size(), first + step); ++i)
        batch.add(shots[i].source, shots[i].target);
      if (batch.sum > largest.sum) largest = batch;
    }
    return largest;
  }

  // t5/reference.cpp: rows padded to the longest, all scores of a layer, mask and bias for each.
  double plain(const Batch& batch) const {
    const double places = batch.rows * batch.longest;
    const double scores = batch.rows * s_.heads * batch.longest * batch.longest;
    const double rows = places * (4 * s_.d + 4 * s_.inner + s_.hidden + s_.ff);
    return kFloat * (3 * scores + rows) + logits(batch.target_sum) + bias(s_, batch.longest);
  }

  // The same, kept for the gradient: of each layer its scores before and behind dropout, its
  // activations.
  double training() const {
    Batch largest;
    std::vector<Lengths::Row> rows = shapes_.lengths.shots;
    std::ranges::sort(rows, std::greater(), &Lengths::Row::source);
    const double most = std::max(1.0, std::floor(train::kTileTokens / rows.front().source));
    const double together = trial_.method == study::Method::gradient
                                ? static_cast<double>(rows.size())
                                : trial_.train.batch;
    for (const Lengths::Row& row : rows)
      if (largest.rows < std::min(most, together)) largest.add(row.source, row.target);
    return kept(largest);
  }

  double kept(const Batch& batch) const {
    const bool drops = trial_.method != study::Method::gradient && shapes_.config.dropout > 0;
    const auto layer = [&](double queries, double keys, double attentions) {
      const double scores = batch.rows * s_.heads * queries * keys * (drops ? 2 : 1);
      return attentions * scores;
    };
    const double source = batch.rows * batch.longest, target = batch.rows * batch.target_longest;
    const double row = 6 * s_.d + 4 * s_.inner + 2 * s_.hidden + s_.ff;
    const double encoder = s_.encoder * (layer(batch.longest, batch.longest, 1) + source * row);
    const double decoder =
        s_.decoder * (layer(batch.target_longest, batch.target_longest, 1) +
                      layer(batch.target_longest, batch.longest, 1) +
                      target * (row + 3 * s_.d + 3 * s_.inner) + source * 2 * s_.inner);
    const double adapters =
        trial_.method == study::Method::full ? s_.weights() : 0;  // gradients of a tile
    return kFloat * (encoder + decoder + adapters) + logits(batch.target_sum) + plain(batch);
  }

  // Batches of test rows: the encoder's pass, then the keys and values of all the decoder's layers.
  double answering() const {
    const std::vector<Lengths::Row>& rows = shapes_.lengths.prompts;
    const auto step = static_cast<size_t>(std::max(1, trial_.batch));
    double largest = 0;
    for (size_t first = 0; first < rows.size(); first += step) {
      const auto some = std::span(rows).subspan(first, std::min(step, rows.size() - first));
      largest = std::max(largest, answering(some));
    }
    return largest;
  }

  double answering(std::span<const Lengths::Row> rows) const {
    Batch open;
    double largest = 0;
    for (const Lengths::Row& row : rows) {
      if (row.options == 0) {
        open.add(row.source, std::max(row.target, 8.0));
        continue;
      }
      Batch options;  // of one row, together
      for (int i = 0; i < row.options; ++i) options.add(row.source, 8);
      largest = std::max(largest, of_pass(options, encoding(options, 1) + decoding(options, 1)));
    }
    if (open.rows == 0) return largest;
    const double tokens = std::min<double>(trial_.max_tokens, 2 * open.target_longest);
    const double keys = 2 * kFloat * open.rows * s_.inner * s_.decoder;
    const double writing =
        keys * (open.longest + tokens) + logits(open.rows) + kFloat * open.sum * s_.d;
    return std::max(largest, of_pass(open, std::max(encoding(open, 1), writing)));
  }

  double of_pass(const Batch& batch, double bytes) const { return bias(s_, batch.longest) + bytes; }

  const Shapes& shapes_;
  const study::Trial& trial_;
  const Sizes s_;
};

}  // namespace

Memory memory(const Shapes& shapes) { return Estimate(shapes).all(); }

}  // namespace lorahub::plan
