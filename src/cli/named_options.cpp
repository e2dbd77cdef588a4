#include "cli/named_options.hpp"

#include <CLI/App.hpp>

#include "study/single_trial.hpp"

namespace lorahub::cli {

CLI::Option* add_model(CLI::App& command, std::string& word) {
  return command
      .add_option("--model", word, "a piece of configs/model, a Hugging Face folder or name")
      ->transform([](const std::string& name) { return study::named_model(name).path; });
}

void name_library(CLI::Option& option, const std::string& called) {
  option.transform([called](const std::string& name) {
    const study::LibraryPiece library = study::named_library(name, called);
    return study::library_path(library, library.rank, called);
  });
}

CLI::Option* add_library(CLI::App& command, std::string& word, const std::string& what) {
  CLI::Option* option =
      command.add_option("--library", word, "a piece of configs/library, or " + what);
  name_library(*option, "--library");
  return option;
}

CLI::Option* add_task(CLI::App& command, std::string& word, RowsOfTask part,
                      const std::string& what) {
  return command
      .add_option("--task", word, what + "; or a task of a piece, as mini/unseen/E1_isa_letter")
      ->transform([part](const std::string& name) {
        const study::TaskFiles files = study::single_task(name).named.files;
        return part == RowsOfTask::pool ? files.pool : files.test;
      });
}

}  // namespace lorahub::cli
