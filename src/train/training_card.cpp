#include "train/training_card.hpp"

#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/files.hpp"
#include "base/nesting.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "lora/module_card.hpp"

namespace lorahub::train {
namespace {

using nlohmann::ordered_json;

constexpr const char* kFile = kTrainingFile;

ordered_json as_json(const std::optional<HeldOutEvaluation>& evaluation) {
  if (!evaluation) return nullptr;
  return {{"loss", evaluation->loss}, {"accuracy", evaluation->accuracy}};
}

ordered_json as_json(const TrainingConfig& config, const TrainingCard& card) {
  ordered_json settings;
  for (const auto& [key, value] : train::settings(config)) settings[key] = value;
  const TrainingSelfTest& test = card.self_test;
  return {{"identity", card.identity},
          {"model", card.model},
          {"model_sha256", card.model_sha256},
          {"data", card.data},
          {"data_sha256", card.data_sha256},
          {"rows", card.rows},
          {"held_out_rows", card.held_out_rows},
          {"settings", settings},
          {"parameters", card.parameters},
          {"steps", card.steps},
          {"tokens", card.seen_tokens},
          {"losses", card.losses},
          {"before", as_json(card.before)},
          {"after", as_json(card.after)},
          {"self_test",
           {{"input", test.example.input},
            {"target", test.example.target},
            {"answer", test.answer},
            {"loss_sum", test.loss_sum},
            {"tokens", test.tokens}}}};
}

bool is_adapter(const TrainingConfig& config) {
  return config.what == What::lora || config.what == What::ia3;
}

// A JSON string is a literal of Python's.
std::string literal(const std::string& text) { return base::json_text(ordered_json(text)); }

std::string how_to_load(const TrainingConfig& config, const std::string& folder) {
  if (is_adapter(config))
    return base::format(
        "model = PeftModel.from_pretrained(AutoModelForSeq2SeqLM.from_pretrained({}), {})",
        literal(config.base_name), literal(folder));
  return base::format("model = AutoModelForSeq2SeqLM.from_pretrained({})", literal(folder));
}

// The fields that a hub of modules shows and tests (lora/module_card.hpp).
lora::ModuleCard front(const TrainingConfig& config, const TrainingCard& card) {
  return {.base = config.base_name,
          .library = is_adapter(config) ? "peft" : "transformers",
          .tag = is_adapter(config) ? name(config.what) : "",
          .task = card.name,
          .data = base::format("{} (sha256 {})", card.data, card.data_sha256),
          .prompt = base::format(
              "the row's input as it stands, cut to {} tokens; the answer is the row's target, cut "
              "to {}",
              config.source_length, config.target_length),
          .provenance = base::format("lorahub train, {}, seed {}", name(config.what), config.seed),
          .tests = {{.input = card.self_test.example.input,
                     .answer = card.self_test.answer,
                     .max_tokens = config.target_length}}};
}

// A piece of code within a line.
std::string code(const std::string& text) {
  return text.find('`') == std::string::npos ? "`" + base::printable_line(text) + "`"
                                             : base::markdown_text(text);
}

std::string body(const TrainingConfig& config, const TrainingCard& card) {
  std::string text = base::format(
      "# {}\n\nTrained by `lorahub train` ({} parameters) on {} rows of {}.\n{} steps, {:.0f} "
      "tokens; loss a token (nats), mean of each pass over the data: first {:.4f}, last {:.4f}.\n",
      base::markdown_text(card.name), card.parameters, card.rows, code(card.data), card.steps,
      card.seen_tokens, card.losses.front(), card.losses.back());
  if (card.before && card.after)
    text += base::format(
        "\n| {} rows held out | before | after |\n|---|---|---|\n| loss a token | {:.4f} | {:.4f} "
        "|\n| accuracy, % | {:.1f} | {:.1f} |\n",
        card.held_out_rows, card.before->loss, card.after->loss, card.before->accuracy,
        card.after->accuracy);
  text += "\n## Settings\n\n| | |\n|---|---|\n";
  for (const auto& [key, value] : settings(config))
    text += base::format("| {} | {} |\n", key, base::markdown_text(value));
  const TrainingSelfTest& test = card.self_test;
  text += base::format(
      "\n## Self-test\n\n```python\n{}\n```\n\nFor this input\n\n{}\nthe greedy answer "
      "is\n\n{}\nand "
      "the target\n\n{}\nhas a cross entropy of {:.4f} nats in all ({} tokens, `</s>` counted; in "
      "f32).\n",
      how_to_load(config, card.folder), base::markdown_block(test.example.input),
      base::markdown_block(test.answer), base::markdown_block(test.example.target), test.loss_sum,
      test.tokens);
  return text;
}

}  // namespace

void write_card(const std::filesystem::path& folder, const TrainingConfig& config,
                const TrainingCard& card) {
  lora::write_card(folder, front(config, card), body(config, card));
  // Last: a folder with this file is complete.
  base::write_file(folder / kFile, base::json_text(as_json(config, card), 1) + "\n");
}

std::string finished_identity(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder / kFile)) return "";
  const auto json =
      nlohmann::json::parse(base::shallow_json(base::read_file(folder / kFile)), nullptr, false);
  return json.is_object() ? json.value("identity", "") : "";
}

}  // namespace lorahub::train
