// Training tokens per second of lorahub on a Flan-T5 shape with random weights; see compare.py.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/clock.hpp"
#include "model/t5/initial.hpp"
#include "model/t5/model.hpp"
#include "train/trainer.hpp"

namespace {

using namespace lorahub;

model::t5::T5Config shape(const std::string& name) {
  model::t5::T5Config c{.d_model = 512,
                        .d_kv = 64,
                        .d_ff = 1024,
                        .heads = 6,
                        .encoder_layers = 8,
                        .decoder_layers = 8,
                        .vocabulary = 32128,
                        .gated = true,
                        .gelu = true};
  if (name == "base") {
    c.d_model = 768;
    c.d_ff = 2048;
    c.heads = c.encoder_layers = c.decoder_layers = 12;
  }
  return c;
}

// The rows are those of compare.py: lengths by a fixed rule, ids of ordinary words.
std::vector<model::Tokens> rows(const std::string& lengths, int64_t count) {
  std::vector<model::Tokens> all;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t source = lengths == "equal" ? 128 : 32 + i * 97 % 225;
    const int64_t target = 4 + i * 7 % 13;
    model::Tokens pair;
    for (int64_t k = 0; k < source; ++k) pair.source.push_back(3 + (i * 1009 + k * 31) % 32000);
    for (int64_t k = 0; k < target; ++k) pair.target.push_back(3 + (i * 2003 + k * 17) % 32000);
    all.push_back(std::move(pair));
  }
  return all;
}

}  // namespace

// train_bench small|base f32|bf16 equal|mixed SECONDS THREADS: prints source and target tokens a
// second, and a second of processor time.
int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const std::string precision = argv[2];
  const model::t5::T5Config config = shape(argv[1]);
  train::ModelPointer model = model::t5::as_model(model::t5::initial_network(config, 1));
  if (precision == "bf16") model = train::trained_model(train::full(model, at::kBFloat16)).model;
  const auto data = rows(argv[3], 10);
  train::Settings settings{.batch = 10,
                           .rate = {.peak = 2e-4, .steps = 1 << 20},
                           .model_dropout = 0.1,
                           .dropout = 0.1,
                           .threads = std::atoi(argv[5])};
  train::Trainer trainer(train::lora(model, {}, 1), data, settings);
  trainer.step();
  double tokens = 0, a_step = 0;
  for (const auto& pair : data)
    a_step += static_cast<double>(pair.source.size() + pair.target.size());
  const base::Stopwatch clock;
  const double cpu = base::process_seconds(), limit = std::atof(argv[4]);
  for (; clock.seconds() < limit; tokens += a_step) trainer.step();
  std::printf("%.1f %.1f\n", tokens / clock.seconds(), tokens / (base::process_seconds() - cpu));
}
