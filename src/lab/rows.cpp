#include "lab/rows.hpp"

#include <algorithm>
#include <map>

#include "base/check.hpp"
#include "lab/prompt.hpp"

namespace lorahub::lab {
namespace {

constexpr size_t kOptions = 4;  // of the tasks
constexpr int kPatience = 100;  // draws a row before a task counts as exhausted

// Accepts a prompt once, and none of those in `seen`.
class Fresh {
 public:
  explicit Fresh(const Prompts& seen) : seen_(seen) {}

  bool take(const std::string& prompt) {
    return !seen_.contains(prompt) && mine_.insert(prompt).second;
  }

 private:
  const Prompts& seen_;
  Prompts mine_;
};

template <class Make>
Rows collect(size_t count, Fresh& fresh, const std::string& name, const Make& make) {
  Rows rows;
  for (size_t tries = 0; rows.size() < count; ++tries) {
    base::check(tries < count * kPatience,
                "{}: only {} different prompts found (the world has too few), ask for fewer rows",
                name, rows.size());
    task::Example row = make();
    if (fresh.take(row.input)) rows.push_back(std::move(row));
  }
  return rows;
}

size_t count(int rows) { return static_cast<size_t>(rows); }

// Forms that the base is trained on.
std::vector<Form> allowed(const Recipe& recipe, const Skill& skill) {
  std::vector<Form> all = forms(skill.kind);
  std::erase_if(all, [&](Form form) { return recipe.held_out.contains({skill.name, form}); });
  return all;
}

// Draws a form; where the skill has options, the letter comes more often than the others.
Form trained_form(Draw& draw, const std::vector<Form>& allowed, double letters) {
  const bool has_letter = std::ranges::count(allowed, Form::letter) > 0;
  return has_letter && draw.chance(letters) ? Form::letter : draw.one(allowed);
}

const Skill& trained_skill(Draw& draw) {
  static const std::vector<double> weights = [] {
    std::vector<double> all;
    for (const Skill& skill : skills()) all.push_back(skill.weight);
    return all;
  }();
  return skills()[draw.weighted(weights)];
}

Question ask_any(Draw& draw, const Recipe& recipe, const Skill& skill) {
  return skill.ask({.draw = draw, .options = 2 + draw.below(3), .refused = &recipe.refused});
}

task::Example mixed_row(Draw& draw, const Recipe& recipe) {
  const Skill& skill = trained_skill(draw);
  const Question question = ask_any(draw, recipe, skill);
  const bool silent = draw.chance(.42);
  const Form form = silent ? skill.own : trained_form(draw, allowed(recipe, skill), .35);
  const Wording wording{.ask = draw.one(skill.wordings), .cue = silent ? "" : cue(form)};
  return {.input = free_prompt(draw, wording, question), .target = answer(question, form)};
}

task::Example few_shot(Draw& draw, const Recipe& recipe) {
  const Skill& skill = trained_skill(draw);
  const Form form = trained_form(draw, allowed(recipe, skill), .3);
  std::vector<Question> questions(static_cast<size_t>(draw.between(1, 5)) + 1);
  for (Question& question : questions) question = ask_any(draw, recipe, skill);
  return few_shot_row(draw, skill, form, questions);
}

task::Example lookup_row(Draw& draw, const Recipe& recipe) {
  using enum Form;
  const Skill& asked =
      skill(draw.chance(.6) ? "find" : draw.one<std::string>({"isa", "kind", "opp", "after"}));
  Form form = draw.one<Form>({letter, letter, letter, letter, both, both, index, word});
  if (recipe.held_out.contains({asked.name, form})) form = word;
  const Question question = asked.ask({.draw = draw, .options = 2 + draw.below(2)});
  const Wording wording{.ask = draw.one(asked.wordings), .cue = cue(form)};
  return {.input = free_prompt(draw, wording, question), .target = answer(question, form)};
}

// Rows of a training: prompts may come twice, but never an unseen one.
template <class Make>
void append(Rows& rows, size_t more, const Prompts& unseen, const Make& make) {
  for (const size_t end = rows.size() + more; rows.size() < end;) {
    task::Example row = make();
    if (!unseen.contains(row.input)) rows.push_back(std::move(row));
  }
}

}  // namespace

Asked ask(Draw& draw, const LabTask& task, const std::set<std::string>& refused) {
  const Skill& asked = skill(task.skill);
  const Question question = asked.ask({.draw = draw, .options = kOptions, .refused = &refused});
  // Numbers alone have few questions: both wordings double them.
  const bool any = task.text.empty() || asked.kind == AnswerKind::number;
  const std::string wording = any ? draw.one(asked.wordings) : asked.wordings[1];
  const std::string prompt = task.text.empty()
                                 ? free_prompt(draw, {.ask = wording, .cue = ""}, question)
                                 : filled(task.text, wording, question);
  return {.body = question.body,
          .row = {.input = prompt, .target = answer(question, task.form)},
          .own = answer(question, asked.own)};
}

Target target_rows(const Recipe& recipe, const LabTask& task) {
  Draw draw(recipe.seed, "lab/target/" + task.name);
  const bool has_options = skill(task.skill).kind == AnswerKind::choice;
  Prompts none, bodies;
  Fresh fresh(none);
  Target target;
  target.pool = collect(count(recipe.rows.pool), fresh, task.name, [&] {
    const Asked asked = ask(draw, task, recipe.refused);
    bodies.insert(asked.body);
    return asked.row;
  });
  std::map<std::string, std::string> own;
  target.test = collect(count(recipe.rows.test), fresh, task.name, [&] {
    Asked asked = ask(draw, task, recipe.refused);
    while (!has_options && bodies.contains(asked.body)) asked = ask(draw, task, recipe.refused);
    own[asked.row.input] = asked.own;
    return asked.row;
  });
  for (const task::Example& row : target.test) target.own.push_back(own.at(row.input));
  return target;
}

Prompts unseen_prompts(const Recipe& recipe) {
  Prompts all;
  for (const LabTask& task : recipe.targets()) {
    const Target target = target_rows(recipe, task);
    for (const Rows* rows : {&target.pool, &target.test})
      for (const task::Example& row : *rows) all.insert(row.input);
  }
  return all;
}

Upstream module_rows(const Recipe& recipe, const LabTask& task, const Prompts& unseen) {
  Draw draw(recipe.seed, "lab/module/" + task.name);
  Fresh fresh(unseen);
  const auto make = [&] { return ask(draw, task, recipe.refused).row; };
  Upstream rows;
  rows.train = collect(count(recipe.rows.module), fresh, task.name, make);
  rows.card = collect(count(recipe.rows.card), fresh, task.name, make);
  return rows;
}

Rows lookup_rows(const Recipe& recipe, const Prompts& unseen) {
  Draw draw(recipe.seed, "lab/lookups");
  Rows rows;
  append(rows, count(recipe.rows.lookups), unseen, [&] { return lookup_row(draw, recipe); });
  return rows;
}

Rows mix_rows(const Recipe& recipe, const Prompts& unseen) {
  Draw draw(recipe.seed, "lab/mix");
  Rows rows;
  append(rows, count(recipe.rows.mix), unseen, [&] { return mixed_row(draw, recipe); });
  append(rows, count(recipe.rows.few_shot), unseen, [&] { return few_shot(draw, recipe); });
  return rows;
}

Rows cued_rows(const Recipe& recipe, const Skill& skill, Form form) {
  Draw draw(recipe.seed, base::format("lab/check/{}/{}", skill.name, name(form)));
  Rows rows;
  append(rows, count(recipe.rows.check), {}, [&] {
    const Question q = skill.ask({.draw = draw, .options = kOptions, .refused = &recipe.refused});
    return task::Example{
        .input = base::format("{} {} . {}", skill.wordings[0], cue(form), shown(q)),
        .target = answer(q, form)};
  });
  return rows;
}

Rows silent_rows(const Recipe& recipe, const Skill& skill) {
  Draw draw(recipe.seed, "lab/check/" + skill.name);
  Rows rows;
  append(rows, count(recipe.rows.check), {}, [&] {
    const Question q = skill.ask({.draw = draw, .options = kOptions, .refused = &recipe.refused});
    return task::Example{.input = base::format("{} : {}", skill.wordings[1], shown(q)),
                         .target = answer(q, skill.own)};
  });
  return rows;
}

}  // namespace lorahub::lab
