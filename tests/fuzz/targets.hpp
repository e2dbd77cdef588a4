// The parsers of files that come from others, each as a function of the file's bytes: what
// libFuzzer drives (fuzzer.cpp) and what the default tests replay the corpus through (replay.cpp).
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace lorahub::fuzz {

// Each reads the bytes as the program reads such a file, and uses what it read. base::Error for
// what it refuses.
void safetensors(const std::string& bytes);
void pytorch_bin(const std::string& bytes);
void gguf(const std::string& bytes);
void config(const std::string& bytes);
void generation_config(const std::string& bytes);
void weight_index(const std::string& bytes);
void adapter_config(const std::string& bytes);
void task(const std::string& bytes);
void index(const std::string& bytes);
void card(const std::string& bytes);
void study(const std::string& bytes);
void settings(const std::string& bytes);  // KEY=VALUE words of a command line
void journal(const std::string& bytes);
void tokenizer_json(const std::string& bytes);
void bpe_json(const std::string& bytes);  // tokenizer.json of byte-pair encoding
void spiece(const std::string& bytes);
void gguf_tokenizer(const std::string& bytes);  // the tokenizer within a GGUF file
void message(const std::string& bytes);         // between ranks
void http_request(const std::string& bytes);    // all that a client sends on one connection
void service_input(const std::string& bytes);   // of a job, as JSON
void commit(const std::string& bytes);  // files of a module, as Hugging Face's clients send them

// A folder in memory of this process, empty at first; removed at the end.
std::filesystem::path scratch();
void put(const std::filesystem::path& file, std::string_view bytes);  // in place, no fsync

}  // namespace lorahub::fuzz
