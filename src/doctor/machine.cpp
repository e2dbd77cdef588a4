#include "doctor/machine.hpp"

#include <langinfo.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <fstream>
#include <limits>

#include "base/check.hpp"
#include "base/cores.hpp"
#include "base/files.hpp"
#include "base/free_memory.hpp"
#include "base/gpus.hpp"
#include "base/home.hpp"
#include "base/process.hpp"
#include "base/shell.hpp"
#include "plan/environment.hpp"
#include "study/pieces.hpp"
#include "tensor/cuda/gpu_memory.hpp"
#include "tensor/libtorch_version.hpp"
#include "workers/nccl.hpp"

namespace lorahub::doctor {
namespace {

namespace fs = std::filesystem;

constexpr double kPatience = 60;  // seconds, for mpirun

std::string first_line(const std::string& text) {
  const std::string stripped = base::strip(text);
  return stripped.substr(0, stripped.find('\n'));
}

std::optional<Tried> version_of(const std::vector<std::string>& words) {
  try {
    const auto output = base::run_program(words);
    if (!output) return std::nullopt;
    return Tried{.worked = output->code == 0,
                 .said = first_line(output->out.empty() ? output->err : output->out)};
  } catch (const base::Error& error) {
    return Tried{.worked = false, .said = error.what()};
  }
}

// Lines of mpirun's own frames say nothing.
std::string first_words(const std::string& text) {
  for (const std::string& line : base::split(text, '\n'))
    if (base::strip(line).find_first_not_of('-') != std::string::npos) return base::strip(line);
  return "";
}

std::optional<Tried> try_two_ranks(const std::string& self) {
  if (!version_of({"mpirun", "--version"})) return std::nullopt;
  const base::ShellOutput ran = base::run_shell(
      base::format("OMPI_MCA_rmaps_base_oversubscribe=1 "
                   "PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe mpirun -np 2 {}",
                   self),
      "", kPatience);
  if (!ran.in_time)
    return Tried{.worked = false,
                 .said = base::format("mpirun had not ended after {:.0f} s", kPatience)};
  const std::vector<std::string> lines = base::split(ran.text, '\n');
  return Tried{.worked = ran.code == 0 && std::ranges::count(lines, "2") == 2,
               .said = first_words(ran.text)};
}

std::vector<fs::path> loaded_libraries() {
  std::vector<fs::path> files;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const size_t at = line.find('/');
    if (at == std::string::npos) continue;
    const fs::path file = fs::path(line.substr(at)).lexically_normal();
    if (file.filename().string().find(".so") != std::string::npos &&
        std::ranges::find(files, file) == files.end())
      files.push_back(file);
  }
  return files;
}

// "" where a file could be written there.
std::string problem_of(const fs::path& folder) {
  try {
    base::check_writable(folder / "lorahub_doctor");
    return "";
  } catch (const std::exception& error) {
    return error.what();
  }
}

std::string driver_version() {
  std::ifstream file("/proc/driver/nvidia/version");
  std::string line;
  std::getline(file, line);
  return base::strip(line);
}

void look_at_processor(Machine& machine) {
  const auto environment = plan::environment();
  machine.processor = environment.at("cpu");
  machine.instructions = environment.at("cpu_capability");
  machine.libtorch = environment.at("libtorch");
  machine.mpi = environment.at("mpi");
  machine.hdf5 = environment.at("hdf5");
  machine.usable_cores = base::usable_cores();
  machine.cores = base::online_cores();
  machine.free_memory = base::physical_memory();
  machine.memory_limit = "the memory of the machine";
  for (const base::MemoryLimit& limit : base::memory_limits())
    if (limit.free < machine.free_memory) {
      machine.free_memory = limit.free;
      machine.memory_limit = limit.name;
    }
}

void look_at_folders(Machine& machine) {
  const study::ConfigPath configs{fs::path()};
  if (const auto usual = configs.find("search", study::kGradientSearch))
    machine.pieces = usual->parent_path().parent_path();
  machine.models = configs.names("model");
  machine.cache = base::cache_home() / "lorahub";
  machine.cache_problem = problem_of(machine.cache);
  std::error_code gone;
  machine.folder = fs::current_path(gone);
  machine.folder_problem = problem_of(machine.folder);
  machine.free_disk = static_cast<double>(fs::space(machine.folder, gone).available);
  if (gone) machine.free_disk = std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Machine look(const std::string& self) {
  Machine machine;
  look_at_processor(machine);
  look_at_folders(machine);
  machine.blas = tensor::matrix_library();
  machine.libraries = loaded_libraries();
  machine.built_with_cuda = tensor::built_with_cuda();
  machine.built_with_nccl = workers::has_nccl();
  machine.gpus = base::visible_gpus();
  machine.gpu_driver = driver_version();
  machine.is_root = ::geteuid() == 0;
  if (!self.empty()) machine.two_ranks = try_two_ranks(self);
  machine.gnuplot = version_of({"gnuplot", "--version"});
  machine.sbatch = version_of({"sbatch", "--version"});
  std::setlocale(LC_CTYPE, "");
  machine.character_set = ::nl_langinfo(CODESET);
  std::setlocale(LC_CTYPE, "C");
  return machine;
}

}  // namespace lorahub::doctor
