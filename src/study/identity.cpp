// How a trial is identified: by the knobs that its method reads, their hash, and a label for
// people.
#include <algorithm>
#include <map>
#include <set>

#include "base/check.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "study/fields.hpp"
#include "study/study.hpp"

namespace lorahub::study {

namespace {

using NamedColumns = std::vector<std::pair<std::string, std::string>>;

const std::string& column(const NamedColumns& all, const std::string& name) {
  return std::find_if(all.begin(), all.end(), [&](const auto& c) { return c.first == name; })
      ->second;
}

// The seeds that the trial reads, as "3", or as "7/42/1" where they differ; "" when it reads none.
std::string seeds(const NamedColumns& all) {
  std::vector<std::string> read;
  for (const auto& [name, value] : all)
    if (name.starts_with("seed.") && !value.empty()) read.push_back(value);
  if (std::set<std::string>(read.begin(), read.end()).size() == 1) return read.front();
  return base::join(read, "/");
}

// A column has no `auto`: the number of a default is written (0, which a study may not say).
bool is_given(const Knob& knob, const std::string& text) {
  return !text.empty() && text != default_text(knob);
}

// The text of a column is one word and not YAML. A list, as [a,b], is cut at its commas.
YAML::Node column_node(const Knob& knob, const std::string& text) {
  const bool is_list =
      std::holds_alternative<PhraseKind>(knob.kind) && text.starts_with("[") && text.ends_with("]");
  if (!is_list) return YAML::Node(text);
  YAML::Node list(YAML::NodeType::Sequence);
  for (const std::string& item : base::split(text.substr(1, text.size() - 2), ','))
    list.push_back(item);
  return list;
}

}  // namespace

const std::vector<std::string>& column_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Knob& knob : knobs())
      if (knob.is_column) list.emplace_back(knob.name);
    return list;
  }();
  return names;
}

std::vector<std::pair<std::string, std::string>> columns(const Trial& trial) {
  NamedColumns list;
  for (const Knob& knob : knobs())
    if (knob.is_column)
      list.emplace_back(knob.name, knob.read_by(trial) ? write(knob, trial) : std::string());
  return list;
}

Trial trial_of(const std::map<std::string, std::string>& columns) {
  Values values;
  for (const auto& [name, text] : columns)
    if (const Knob* const knob = find_knob(name); knob != nullptr && is_given(*knob, text))
      values[name] = {.node = column_node(*knob, text), .file = "column " + name, .folder = {}};
  Trial trial;
  assign(values, trial);
  return trial;
}

std::string loss_identity(const Trial& trial) {
  std::string text;
  for (const auto& [name, value] : columns(trial))
    if (find_knob(name)->changes_loss(trial)) text += base::format("{}={}\n", name, value);
  return text;
}

std::string id(const Trial& trial) { return id_of_columns(columns(trial)); }

std::string id_of_columns(const std::vector<std::pair<std::string, std::string>>& columns) {
  std::string text;  // without knobs that are not read, so that adding a knob keeps ids
  for (const auto& [name, value] : columns)
    if (!value.empty()) text += base::format("{}={}\n", name, value);
  return base::sha256(text).substr(0, 16);
}

std::string label(const Trial& trial) {
  const auto all = columns(trial);
  std::string text = column(all, "task") + " " + column(all, "method");
  if (!trial.varied.empty()) text += " " + trial.varied;
  if (const auto seed = seeds(all); !seed.empty()) text += " seed " + seed;
  return text;
}

void tell_apart(std::vector<Trial>& trials) {
  std::map<Method, std::map<std::string, std::set<std::string>>> values;  // by column
  for (const Trial& trial : trials)
    for (const auto& [name, value] : columns(trial)) values[trial.method][name].insert(value);
  for (Trial& trial : trials) {
    std::vector<std::string> settings;
    for (const auto& [name, value] : columns(trial))
      if (!value.empty() && values[trial.method][name].size() > 1 && name != "task" &&
          !name.starts_with("seed."))
        settings.push_back(name + "=" + value);
    trial.varied = base::join(settings, " ");
  }
}

namespace {

std::string text_of(const Trial& trial, const std::string& key) {
  const auto all = columns(trial);
  return key == "seed" ? seeds(all) : column(all, key);
}

// Names the first `only` that no trial fulfils, and what the study has instead.
[[noreturn]] void fail_nothing_left(const std::vector<Trial>& trials,
                                    const std::map<std::string, std::set<std::string>>& wishes) {
  for (const auto& [key, values] : wishes) {
    std::vector<std::string> offered;
    bool met = false;
    for (const auto& trial : trials) {
      const auto text = text_of(trial, key);
      met = met || values.contains(text);
      if (!text.empty() && std::find(offered.begin(), offered.end(), text) == offered.end())
        offered.push_back(text);
    }
    if (!met)
      base::fail("--only {}={}: no trial of the study has it, choose among {}", key,
                 *values.begin(),
                 offered.empty() ? "other knobs (no method of the study reads this one)"
                                 : base::join(offered, ", "));
  }
  base::fail("--only: no trial of the study fulfils all the conditions together, leave one out");
}

}  // namespace

std::vector<Trial> only(const std::vector<Trial>& trials, const std::vector<Setting>& only) {
  auto known = column_names();
  known.push_back("seed");
  std::map<std::string, std::set<std::string>> wishes;
  for (const auto& [key, value] : only) {
    base::check(std::find(known.begin(), known.end(), key) != known.end(), "--only {}: {}", key,
                unknown_knob(key));
    wishes[key].insert(value);
  }
  std::vector<Trial> kept;
  std::copy_if(trials.begin(), trials.end(), std::back_inserter(kept), [&](const Trial& trial) {
    return std::all_of(wishes.begin(), wishes.end(), [&](const auto& wish) {
      return wish.second.contains(text_of(trial, wish.first));
    });
  });
  if (kept.empty()) fail_nothing_left(trials, wishes);
  return kept;
}

}  // namespace lorahub::study
