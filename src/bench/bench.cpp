#include "bench/bench.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/nesting.hpp"
#include "base/random.hpp"
#include "objective/passes.hpp"
#include "objective/phases.hpp"
#include "plan/trial_inputs.hpp"
#include "tensor/cuda/gpu.hpp"
#include "tensor/threads.hpp"

namespace lorahub::bench {
namespace {

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}

double bytes_of(const at::Tensor& tensor) { return static_cast<double>(tensor.nbytes()); }

model::Ids random_ids(const model::Architecture& architecture, int length, base::Stream& stream) {
  model::Ids ids;
  for (int i = 0; i + 1 < length; ++i)
    ids.push_back(2 + static_cast<int64_t>(stream.uniform() *
                                           static_cast<double>(architecture.vocabulary() - 2)));
  ids.push_back(architecture.end_token());
  return ids;
}

std::vector<model::Tokens> random_pairs(const model::Architecture& architecture,
                                        const PassShape& shape) {
  base::Stream stream(1, "bench");
  std::vector<model::Tokens> pairs;
  for (int k = 0; k < shape.examples; ++k)
    pairs.push_back({.source = random_ids(architecture, shape.source, stream),
                     .target = random_ids(architecture, shape.target, stream)});
  return pairs;
}

search::Population random_population(int candidates, int modules) {
  search::Population population{.dim = modules, .weights = {}};
  base::Stream stream(2, "bench");
  for (int i = 0; i < candidates * modules; ++i)
    population.weights.push_back(stream.uniform() - 0.5);
  return population;
}

// One measurement: seconds by the wall clock, busy seconds of the cores, and the rate that a plain
// matrix product reaches right before.
struct Look {
  double wall = 0, busy = 0, peak = 0;
};

class Bencher {
 public:
  explicit Bencher(const BenchSubject& subject)
      : s_(subject),
        compose_(subject.pool, study::Composition::factor, subject.kernels.placement.dtype),
        weights_(subject.model.bytes_of_a_pass()),
        rank_(static_cast<double>(subject.pool.a.front().size(-2))) {}

  BenchResult all() {
    BenchResult b{.weight_bytes = weights_, .module_bytes = bytes_of(s_.pool.flat)};
    measure_peaks(b);
    compositions(b);
    std::vector<PassShape> shapes;
    for (const int source : {128, 256, 512})
      for (const int candidates : {1, 6, 12, 40})
        shapes.push_back({.candidates = candidates, .source = source});
    std::stable_sort(shapes.begin(), shapes.end(),
                     [&](const PassShape& x, const PassShape& y) { return flop(x) < flop(y); });
    const PassShape prompts{.examples = 10};
    left_ = 2 + shapes.size() + kChunks.size();
    b.generation = pass(prompts, [&] { generate(prompts); });
    std::stable_partition(shapes.begin(), shapes.end(),
                          [](const PassShape& shape) { return shape.candidates == 1; });
    for (const PassShape& shape : shapes) {
      if (b.chunks.empty() && shape.candidates > 1) chunks(b);
      b.losses.push_back(loss(shape));
    }
    return b;
  }

 private:
  static constexpr std::array kChunks{2, 5, 10, 20};

  void chunks(BenchResult& b) {
    for (const int examples : kChunks) {
      const PassShape chunk{.examples = examples, .source = 128};
      b.chunks.push_back(pass(chunk, losses(chunk)));
    }
  }

  double flop(const PassShape& shape) const {
    return shape.candidates * shape.examples *
           s_.model.architecture().forward_flop({.source = static_cast<double>(shape.source),
                                                 .target = static_cast<double>(shape.target),
                                                 .rank = rank_});
  }

  void measure_peaks(BenchResult& b) {
    objective::Kernels kernels = s_.kernels;
    kernels.placement.dtype = at::kFloat;
    b.peak_f32 = objective::gemm_flops_per_second(kernels);
    kernels.placement.dtype = at::kBFloat16;
    b.peak_bf16 = objective::gemm_flops_per_second(kernels);
    peak_ = s_.kernels.placement.dtype == at::kFloat ? b.peak_f32 : b.peak_bf16;
  }

  void compositions(BenchResult& b) {
    for (const int candidates : {1, 6, 12, 40}) {
      const search::Population population = random_population(candidates, s_.pool.size());
      double best = 1e9, written = 0;
      for (int i = 0; i < 3; ++i) {
        const double before = objective::busy_seconds(s_.kernels.placement.device);
        written = 0;
        for (const model::LowRank& low : compose_(population.weights).slots)
          if (low.a.defined()) written += bytes_of(low.a) + bytes_of(low.b);
        tensor::wait_for_gpu(s_.kernels.placement.device);
        best = std::min(best, objective::busy_seconds(s_.kernels.placement.device) - before);
      }
      b.compositions.push_back(
          {.candidates = candidates, .seconds = best, .bytes = bytes_of(s_.pool.flat) + written});
    }
  }

  // Computes losses as a run does: in tiles of the usual shape, each by one thread.
  std::function<void()> losses(const PassShape& shape) const {
    const auto pairs = std::make_shared<const std::vector<model::Tokens>>(
        random_pairs(s_.model.architecture(), shape));
    const auto passes = std::make_shared<objective::Passes>(
        objective::Passes::Subject{.model = s_.model}, compose_, *pairs);
    const std::vector<search::Tile> tiles = search::cut(
        shape.candidates, shape.examples,
        plan::tile_shape({.sources = std::vector(pairs->size(), static_cast<size_t>(shape.source)),
                          .generation = shape.candidates,
                          .device = s_.kernels.placement.device}));
    const search::Population population = random_population(shape.candidates, s_.pool.size());
    return [this, pairs, passes, tiles, population] {
      tensor::share(s_.kernels.threads, static_cast<int>(tiles.size()), [&](int t) {
        const search::Tile& tile = tiles[static_cast<size_t>(t)];
        (*passes)(population.rows(tile.first_candidate, tile.candidates),
                  objective::ExampleRun{.first = static_cast<size_t>(tile.first_example),
                                        .count = static_cast<size_t>(tile.examples)});
      });
    };
  }

  // Computes losses of the same examples by the model without adapters.
  std::function<void()> base_losses(const PassShape& shape) const {
    const std::vector<model::Tokens> pairs = random_pairs(s_.model.architecture(), shape);
    const auto pass = std::make_shared<tensor::CudaGraph>(
        s_.kernels.placement.device,
        [this, batch = std::shared_ptr(s_.model.batcher(pairs)->batch(pairs))](const at::Tensor&) {
          return s_.model.token_losses({}, *batch);
        });
    const at::Tensor unused = compose_.matrix(random_population(1, s_.pool.size()).weights);
    return [pass, unused] { (*pass)(unused); };
  }

  void generate(const PassShape& shape) const {
    std::vector<model::Ids> sources;
    for (model::Tokens& pair : random_pairs(s_.model.architecture(), shape))
      sources.push_back(std::move(pair.source));
    const search::Population one = random_population(1, s_.pool.size());
    s_.model.generate(compose_(one.weights), sources, {.max_tokens = shape.target});
  }

  // A GPU records a pass at its second call (tensor::CudaGraph), so two calls come first.
  void warm_up(const std::function<void()>& work) const {
    for (int i = 0; i < 2 && s_.kernels.placement.device == base::Device::cuda; ++i) work();
  }

  Look look(const std::function<void()>& work) const {
    const base::Device device = s_.kernels.placement.device;
    Look look{.peak = objective::gemm_flops_per_second(s_.kernels, 1)};
    const base::Stopwatch wall;
    const double before = objective::busy_seconds(device);
    work();
    look.busy = objective::busy_seconds(device) - before;
    look.wall = wall.seconds();
    return look;
  }

  // How often a pass is repeated within its share of the time that is left; 0 where once would take
  // too long.
  int repeats(double expected) const {
    const double left = s_.seconds - clock_.seconds();
    if (expected > left) return 0;
    const double mine = left / static_cast<double>(left_);
    return std::clamp(static_cast<int>(mine / expected), 1, s_.repeats);
  }

  MeasuredPass pass(const PassShape& shape, const std::function<void()>& work) {
    MeasuredPass pass{.shape = shape, .flop = flop(shape)};
    pass.repeats = repeats(pass.flop / (0.6 * peak_) + 0.2);
    left_ = std::max<size_t>(2, left_) - 1;
    if (pass.repeats == 0) return pass;
    warm_up(work);
    std::vector<double> rates, shares;
    pass.seconds = 1e9;
    for (int i = 0; i < pass.repeats; ++i) {
      const Look seen = look(work);
      rates.push_back(pass.flop / seen.busy);
      shares.push_back(rates.back() / seen.peak);
      pass.seconds = std::min(pass.seconds, seen.wall);
    }
    pass.rate = median(rates);
    pass.share = median(shares);
    pass.bytes = bytes_of(s_.pool.flat) + weights_;
    return pass;
  }

  MeasuredPass loss(const PassShape& shape) {
    const std::function<void()> work = losses(shape);
    MeasuredPass p = pass(shape, work);
    p.bytes *= shape.candidates;  // a tile holds few candidates: nearly one reading each
    if (p.repeats > 0 && shape.candidates == 1) {
      p.base_speed = base_speed(work, base_losses(shape), p.repeats);
      if (s_.kernels.placement.device == base::Device::cpu) p.phases = phases(work);
    }
    return p;
  }

  // Measures with and without adapters in turns.
  double base_speed(const std::function<void()>& adapted, const std::function<void()>& base,
                    int repeats) const {
    warm_up(base);
    std::vector<double> ratios;
    for (int i = 0; i < repeats; ++i) {
      const double with = look(adapted).busy;
      const double without = look(base).busy;
      ratios.push_back(without / with);
    }
    return median(ratios);
  }

  static std::map<std::string, double> phases(const std::function<void()>& work) {
    std::map<std::string, double> seconds = objective::phase_seconds(work);
    double total = 0;
    for (const auto& [name, value] : seconds) total += value;
    for (auto& [name, value] : seconds) value /= total;
    return seconds;
  }

  const BenchSubject& s_;
  lora::Composer compose_;
  double weights_, rank_, peak_ = 0;
  size_t left_ = 1;  // passes to come
  base::Stopwatch clock_;
};

}  // namespace

double BenchResult::expected_rate() const {
  std::vector<double> rates;
  for (const MeasuredPass& pass : losses)
    if (pass.repeats > 0) rates.push_back(pass.rate);
  return median(rates);
}

int BenchResult::best_rows() const {
  int rows = 0;
  double best = 0;
  for (const MeasuredPass& pass : chunks) {
    if (pass.repeats == 0 || pass.share <= best) continue;
    best = pass.share;
    rows = pass.shape.examples * pass.shape.source;
  }
  return rows;
}

BenchResult bench(const BenchSubject& subject) { return Bencher(subject).all(); }

double read_rate(const std::string& file) {
  const auto json =
      nlohmann::json::parse(base::shallow_json(base::read_file(file)), nullptr, false);
  const auto rate =
      json.is_object() ? json.value("flops_per_second", nlohmann::json()) : nlohmann::json();
  base::check(rate.is_number() && rate.get<double>() > 0,
              "{}: holds no flops_per_second above 0 (the plan's seconds follow from it), "
              "write it with lorahub bench --json FILE",
              file);
  return rate.get<double>();
}

}  // namespace lorahub::bench
