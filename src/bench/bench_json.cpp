#include "bench/bench_json.hpp"

#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "plan/environment.hpp"

namespace lorahub::bench {
namespace {

using nlohmann::json;

json to_json(const MeasuredPass& pass) {
  json j{{"candidates", pass.shape.candidates},
         {"examples", pass.shape.examples},
         {"source", pass.shape.source},
         {"target", pass.shape.target},
         {"repeats", pass.repeats},
         {"tflop", 1e-12 * pass.flop}};
  if (pass.repeats == 0) return j;
  j["seconds"] = pass.seconds;
  j["flops_per_second"] = pass.rate;
  j["share_of_peak"] = pass.share;
  j["bytes"] = pass.bytes;
  if (pass.base_speed > 0) j["speed_of_base"] = pass.base_speed;
  if (!pass.phases.empty()) {
    j["phases"] = json::object();
    for (const auto& [name, share] : pass.phases)
      j["phases"][name.empty() ? "other" : name] = share;
  }
  return j;
}

json to_json(const std::vector<MeasuredPass>& passes) {
  json all = json::array();
  for (const MeasuredPass& pass : passes) all.push_back(to_json(pass));
  return all;
}

}  // namespace

std::string bench_json(const MeasuredOn& on, const BenchResult& b) {
  json compositions = json::array();
  for (const CompositionTime& c : b.compositions)
    compositions.push_back(
        {{"candidates", c.candidates}, {"seconds", c.seconds}, {"bytes", c.bytes}});
  const json all{{"model", on.model},
                 {"precision", on.precision},
                 {"device", on.device},
                 {"threads", on.threads},
                 {"environment", plan::environment()},
                 {"peak", {{"f32", b.peak_f32}, {"bf16", b.peak_bf16}}},
                 {"weight_bytes", b.weight_bytes},
                 {"module_bytes", b.module_bytes},
                 {"composition", compositions},
                 {"loss", to_json(b.losses)},
                 {"generation", to_json(b.generation)},
                 {"chunks", to_json(b.chunks)},
                 {"best_rows", b.best_rows()},
                 {"flops_per_second", b.expected_rate()}};
  return base::json_text(all, 1) + "\n";
}

}  // namespace lorahub::bench
