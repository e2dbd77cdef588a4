// An adapter's model card: README.md, with the fields of this program under `lorahub` in the YAML
// between its first two lines `---`, where Hugging Face keeps a card's fields.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace lorahub::lora {

struct SelfTest {
  std::string input, answer;  // what the base with this adapter answers greedily
  std::string target = {};    // what it should answer; "": not known
  int max_tokens = 256;       // of the answer
};
struct ModuleCard {
  std::string base;              // base_model
  std::string library = "peft";  // library_name: peft or transformers
  std::string tag = "lora";      // among the tags: what kind of weights this is; "": none
  std::string task, data, prompt, provenance, contamination;
  std::string recipe;  // of a composition (claim.hpp); "": not known
  std::vector<SelfTest> tests;
  std::vector<std::string> tags;  // besides `tag` and lorahub
  std::string others;             // the fields that this program does not read (license, language,
                                  // datasets, ...), as lines of YAML
  std::string problem;            // why the front matter could not be read; "" when it could
};

// An empty card where there is none. data falls back to Hugging Face's `datasets`.
ModuleCard read_card(const std::filesystem::path& folder);
// The same of a card's text; `file` stands in messages.
ModuleCard parse_card(const std::string& text, const std::filesystem::path& file);

// The Markdown that follows the front matter; "" where there is no card.
std::string card_body(const std::filesystem::path& folder);

// The front matter, then `body` (Markdown).
void write_card(const std::filesystem::path& folder, const ModuleCard& card,
                const std::string& body);

}  // namespace lorahub::lora
