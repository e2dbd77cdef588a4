#include "serve/probe_findings.hpp"

#include "lora/pool.hpp"
#include "run/probe_json.hpp"
#include "study/single_trial.hpp"

namespace lorahub::serve {
namespace {

task::Task examples_of(const ProbeInput& input, const JobFolder& files) {
  const std::string rows = files.examples();
  return task::load({.task = "examples",
                     .task_files = {.pool = rows, .test = rows},
                     .shots = {.count = static_cast<int>(input.examples.size()), .rows = {}},
                     .seed = {.modules = 1, .shots = 1, .search = 1}});
}

}  // namespace

std::string probe_findings(const ProbeInput& input, const Catalog& catalog, const JobFolder& files,
                           run::RankServer& own, const run::ProbeWatch& watch) {
  study::Trial trial;
  trial.model_path = study::named_model(catalog.model(input.model)).path;
  const objective::LoadedModel loaded = own.model_of(trial);
  const task::Task task = examples_of(input, files);
  run::check_shots(loaded, task, {.rows = "the examples", .max_input = study::kUsualMaxInput});
  const std::string folder = catalog.folder(input.library);
  const bool is_all = input.probe.empty();
  run::ProbeFindings found =
      run::probe_library(loaded, task,
                         {.model = trial.model_path,
                          .library = folder,
                          .names = lora::pick(folder, {.count = 0, .names = input.probe}, 0),
                          .misfits = is_all ? run::Misfits::leave_out : run::Misfits::refuse,
                          .similarity = false,
                          .precision = trial.precision,
                          .watch = watch});
  for (std::string& sentence : found.left_out) sentence = without_folder(sentence, folder);
  return run::probe_json(found);
}

}  // namespace lorahub::serve
