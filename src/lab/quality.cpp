#include "lab/quality.hpp"

#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/files.hpp"
#include "base/json_file.hpp"
#include "base/signals.hpp"
#include "lab/lab_folders.hpp"
#include "model/families.hpp"
#include "objective/objective.hpp"
#include "task/score.hpp"

namespace lorahub::lab {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr int kAnswerTokens = 16;

class Measuring {
 public:
  Measuring(const Lab& lab, const train::TrainingResources& resources)
      : recipe_(lab.recipe),
        folders_{lab.folder},
        resources_(resources),
        loaded_{.model = model::load(folders_.model(), {.device = resources.device}),
                .tokenizer = text::load_tokenizer(folders_.model()),
                .device = resources.device,
                .threads = resources.threads} {}

  ordered_json skills() const {
    ordered_json all;
    for (const Skill& skill : lab::skills()) {
      if (skill.weight == 0) continue;
      resources_.progress(0, "measuring the base: " + skill.name);
      ordered_json of{{"unasked", accuracy(silent_rows(recipe_, skill))}};
      for (const Form form : forms(skill.kind)) {
        const bool held_out = recipe_.held_out.contains({skill.name, form});
        of[name(form) + (held_out ? " (held out)" : "")] =
            accuracy(cued_rows(recipe_, skill, form));
      }
      all[skill.name] = of;
    }
    return all;
  }

  ordered_json targets() const {
    ordered_json all;
    for (const LabTask& task : recipe_.targets()) {
      resources_.progress(0, "measuring the base: " + task.name);
      const Target target = target_rows(recipe_, task);
      Rows own = target.test, cued = target.test;
      for (size_t i = 0; i < own.size(); ++i) {
        own[i].target = target.own[i];
        cued[i].input += " " + cue(task.form) + " .";
      }
      all[task.name] = {{"zero_shot", accuracy(target.test)}, {"own_form", accuracy(own)}};
      if (!cue(task.form).empty()) all[task.name]["form_named"] = accuracy(cued);
    }
    return all;
  }

 private:
  double accuracy(const Rows& rows) const {
    base::throw_if_signalled();
    std::vector<std::string> prompts;
    for (const task::Example& row : rows) prompts.push_back(row.input);
    const std::vector<std::string> said =
        objective::answer(loaded_, {}, prompts, {.max_tokens = kAnswerTokens, .batch = 50});
    double hits = 0;
    for (size_t i = 0; i < rows.size(); ++i) hits += task::is_hit(said[i], rows[i].target) ? 1 : 0;
    return std::round(1000 * hits / static_cast<double>(rows.size())) / 10;
  }

  const Recipe& recipe_;
  Folders folders_;
  const train::TrainingResources& resources_;
  objective::LoadedModel loaded_;
};

ModuleFigures figures_of(const std::string& module, const fs::path& card) {
  constexpr const char* kAdvice = "remove the module's folder and make it again";
  const auto json = ordered_json::parse(base::read_json_object(card, kAdvice));
  const auto figure = [&](const std::string& place) {
    const auto at = ordered_json::json_pointer(place);
    base::check(json.contains(at) && json.at(at).is_number(),
                "{}: has no number at {} (it was cut short or changed), {}", card.string(), place,
                kAdvice);
    return json.at(at).get<double>();
  };
  return {.module = module,
          .before = figure("/before/accuracy"),
          .after = figure("/after/accuracy"),
          .loss = figure("/after/loss")};
}

ordered_json modules(const Lab& lab) {
  ordered_json all;
  for (const ModuleFigures& of : figures_of_modules(lab))
    all[of.module] = {{"before", of.before}, {"after", of.after}, {"loss", of.loss}};
  return all;
}

double mean(const ordered_json& of, const char* field) {
  double sum = 0;
  for (const auto& [name, values] : of.items()) sum += values.at(field).get<double>();
  return sum / static_cast<double>(of.size());
}

}  // namespace

std::vector<ModuleFigures> figures_of_modules(const Lab& lab) {
  std::vector<ModuleFigures> all;
  for (const int rank : lab.recipe.ranks)
    for (const LabTask& task : lab.recipe.modules) {
      const std::string module = base::format("r{}/{}", rank, task.name);
      all.push_back(figures_of(module, Folders{lab.folder}.library() / module / "training.json"));
    }
  return all;
}

std::string write_measured(const Lab& lab, const train::TrainingResources& resources) {
  const Measuring measuring(lab, resources);
  const ordered_json json{
      {"skills", measuring.skills()}, {"targets", measuring.targets()}, {"modules", modules(lab)}};
  base::write_file(lab.folder / "measured.json", base::json_text(json, 1) + "\n");
  return base::format(
      "mean accuracy, %: skills unasked {:.1f}; targets zero-shot {:.1f}, in the own form {:.1f}; "
      "modules {:.1f}, before their training {:.1f}",
      mean(json.at("skills"), "unasked"), mean(json.at("targets"), "zero_shot"),
      mean(json.at("targets"), "own_form"), mean(json.at("modules"), "after"),
      mean(json.at("modules"), "before"));
}

}  // namespace lorahub::lab
