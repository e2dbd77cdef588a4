#include <CLI/App.hpp>
#include <memory>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "doctor/findings.hpp"
#include "workers/session.hpp"

namespace lorahub::cli {
namespace {

constexpr int kCannotAdapt = 2;

struct DoctorOptions {
  bool json = false, count_ranks = false;
};

// The command by which mpirun starts this program to count its ranks.
std::string counting_command() {
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  return base::shell_word(self.string()) + " doctor --count-ranks";
}

int doctor(const DoctorOptions& options) {
  if (options.count_ranks) {
    fmt::print("{}\n", workers::count_ranks());
    return 0;
  }
  workers::check_started_once("doctor");
  const auto findings = doctor::examine(doctor::look(counting_command()));
  fmt::print("{}\n",
             base::strip(options.json ? doctor::json_of(findings) : doctor::text_of(findings)));
  return doctor::can_adapt(findings) ? 0 : kCannotAdapt;
}

}  // namespace

void add_doctor(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "doctor", "what this machine and this build can do, and what to do about what is missing");
  command->footer(
      "Ends with 0 where `adapt` would work on the processors here, else with 2.\n\nExample: "
      "lorahub doctor");
  const auto options = std::make_shared<DoctorOptions>();
  command->add_flag("--json", options->json, "as JSON");
  command
      ->add_flag("--count-ranks", options->count_ranks,
                 "only print how many ranks a launcher has started together")
      ->group("");  // for the program itself
  command->callback([options, &action] { action = [options] { return doctor(*options); }; });
}

}  // namespace lorahub::cli
