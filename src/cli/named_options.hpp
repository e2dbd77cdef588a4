// The options that name a model, a library or rows: by a piece of configs/, as in a study, or by a
// folder, a file or a published name.
#pragma once
#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace lorahub::cli {

// --model and --library, whose `word` becomes what the piece means.
CLI::Option* add_model(CLI::App& command, std::string& word);
CLI::Option* add_library(CLI::App& command, std::string& word, const std::string& what);
// The word of any option becomes the library that the piece means.
void name_library(CLI::Option& option, const std::string& called);

// --task, whose `word` becomes a file of rows. Where the word names a task of a piece, it is the
// task's file of that part.
enum class RowsOfTask { pool, test };
CLI::Option* add_task(CLI::App& command, std::string& word, RowsOfTask part,
                      const std::string& what);

}  // namespace lorahub::cli
