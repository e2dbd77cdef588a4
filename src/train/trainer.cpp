#include "train/trainer.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/check.hpp"
#include "checkpoint/weights.hpp"

namespace lorahub::train {
namespace {

at::Tensor text_tensor(const std::string& text) {
  at::Tensor bytes = at::empty({static_cast<int64_t>(text.size())}, at::kByte);
  std::copy(text.begin(), text.end(), reinterpret_cast<char*>(bytes.mutable_data_ptr<uint8_t>()));
  return bytes;
}

std::string tensor_text(const at::Tensor& bytes) {
  return {reinterpret_cast<const char*>(bytes.const_data_ptr<uint8_t>()),
          static_cast<size_t>(bytes.numel())};
}

}  // namespace

RowOrder course(std::span<const model::Tokens> rows, const Settings& settings) {
  return {rows,
          {.batch = settings.batch, .batch_tokens = settings.batch_tokens, .seed = settings.seed},
          settings.accumulate};
}

Trainer::Trainer(Trainable what, std::vector<model::Tokens> rows, Settings settings)
    : what_(std::move(what)),
      rows_(std::move(rows)),
      settings_(std::move(settings)),
      moments_(no_moments(what_)),
      course_(course(rows_, settings_)),
      factors_(rate_factors(what_, settings_.factors)) {
  assert(!rows_.empty() && settings_.batch > 0 && settings_.accumulate > 0);
}

void Trainer::step() {
  std::vector<model::Tokens> batch;
  for (const size_t row : step_rows(steps())) batch.push_back(rows_[row]);
  Gradients found = gradients(what_, batch,
                              {.model = settings_.model_dropout,
                               .adapter = settings_.dropout,
                               .seed = settings_.seed,
                               .step = steps()},
                              settings_.threads);
  const double loss = found.loss_sum / static_cast<double>(found.tokens);
  const double norm = clip(found.of_mean, settings_.clip);
  base::check(std::isfinite(loss) && std::isfinite(norm),
              "step {} of the training has loss {} and a gradient of norm {} (it has diverged), "
              "lower lr, or set clip: 1",
              steps() + 1, loss, norm);
  train::step(what_, moments_, found.of_mean,
              {.rule = settings_.rule,
               .rate = rate_at(settings_.rate, steps()),
               .factors = factors_,
               .threads = settings_.threads});
  losses_.push_back(loss);
}

void Trainer::save(const std::filesystem::path& file, const std::string& identity) const {
  checkpoint::Tensors tensors{{"identity", text_tensor(identity)},
                              {"losses", at::tensor(losses_, at::kDouble)}};
  for (size_t i = 0; i < what_.parameters.size(); ++i) {
    const Parameter& parameter = what_.parameters[i];
    tensors["value/" + parameter.name] = parameter.value;
    tensors["first/" + parameter.name] = moments_.first[i];
    tensors["second/" + parameter.name] = moments_.second[i];
  }
  checkpoint::write_safetensors(file, tensors);
}

bool Trainer::load(const std::filesystem::path& file, const std::string& identity) {
  if (!std::filesystem::exists(file)) return false;
  const checkpoint::Tensors tensors = checkpoint::read_safetensors(file);
  const auto found = tensors.find("identity");
  base::check(found != tensors.end() && found->second.scalar_type() == at::kByte &&
                  tensor_text(found->second) == identity,
              "{}: is a checkpoint of another training (its settings or its data differ), remove "
              "it or choose another out",
              file.string());
  for (size_t i = 0; i < what_.parameters.size(); ++i) {
    const std::string& name = what_.parameters[i].name;
    what_.parameters[i].value.copy_(tensors.at("value/" + name));
    moments_.first[i].copy_(tensors.at("first/" + name));
    moments_.second[i].copy_(tensors.at("second/" + name));
  }
  const at::Tensor losses = tensors.at("losses").contiguous();
  losses_.assign(losses.const_data_ptr<double>(), losses.const_data_ptr<double>() + losses.numel());
  moments_.steps = steps();
  return true;
}

}  // namespace lorahub::train
