// Every file of the corpus through its target: what lies in `valid` loads, what lies in `hostile`
// is refused with one sentence. Built with AddressSanitizer.
//   fuzz_replay CORPUS
#include <fstream>
#include <iterator>

#include "base/check.hpp"
#include "targets.hpp"

namespace lorahub::fuzz {
namespace {

namespace fs = std::filesystem;

struct Target {
  const char* name;
  void (*read)(const std::string&);
};
constexpr Target kTargets[] = {{"safetensors", safetensors},
                               {"pytorch_bin", pytorch_bin},
                               {"gguf", gguf},
                               {"config", config},
                               {"generation_config", generation_config},
                               {"weight_index", weight_index},
                               {"adapter_config", adapter_config},
                               {"task", task},
                               {"index", index},
                               {"card", card},
                               {"study", study},
                               {"settings", settings},
                               {"journal", journal},
                               {"tokenizer_json", tokenizer_json},
                               {"bpe_json", bpe_json},
                               {"spiece", spiece},
                               {"gguf_tokenizer", gguf_tokenizer},
#ifdef LORAHUB_SERVE
                               {"http_request", http_request},
                               {"service_input", service_input},
                               {"commit", commit},
#endif
                               {"message", message}};

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// "" when loaded.
std::string refusal(const Target& target, const std::string& bytes) {
  try {
    target.read(bytes);
    return "";
  } catch (const base::Error& error) {
    return error.what();
  }
}

// What is wrong with how the file was taken; "" when nothing is.
std::string fault(const Target& target, const fs::path& file, bool valid) {
  const std::string said = refusal(target, content(file));
  if (valid) return said.empty() ? "" : "is refused: " + said;
  if (said.empty()) return "is not refused";
  return said.find('\n') == std::string::npos && said.size() < 2000 ? ""
                                                                    : "no one sentence: " + said;
}

int replay(const fs::path& corpus) {
  int files = 0, faults = 0;
  for (const Target& target : kTargets) {
    for (const char* kind : {"valid", "hostile"}) {
      const int before = files;
      for (const auto& file : fs::directory_iterator(corpus / target.name / kind)) {
        ++files;
        const std::string wrong = fault(target, file, kind == std::string_view("valid"));
        if (wrong.empty()) continue;
        ++faults;
        fmt::print("{} {}\n", file.path().string(), wrong);
      }
      if (files == before) fmt::print("{}/{}: no files\n", target.name, kind), ++faults;
    }
  }
  fmt::print("{} files, {} taken wrongly\n", files, faults);
  return faults == 0 ? 0 : 1;
}

}  // namespace
}  // namespace lorahub::fuzz

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  return lorahub::fuzz::replay(argv[1]);
}
