#include "doctor/findings.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/printable.hpp"

namespace lorahub::doctor {
namespace {

namespace fs = std::filesystem;

constexpr double kGigabyte = 1e9;
constexpr double kLeastMemory = 0.3e9;  // bytes, by which the mini-lab is adapted
constexpr double kMuchMemory = 8e9;     // bytes: flan-t5-large in f32 with its modules
constexpr double kLeastDisk = 0.1e9;    // bytes: an adapter and a journal

MachineFinding good(const std::string& subject, const std::string& found) {
  return {.subject = subject, .found = found};
}

MachineFinding bad(const std::string& subject, const std::string& found,
                   const std::string& suggestion) {
  return {.subject = subject, .is_good = false, .found = found, .suggestion = suggestion};
}

MachineFinding needed(MachineFinding finding) {
  finding.is_needed = true;
  return finding;
}

// The file of a loaded library whose name begins so; "" where there is none (it is linked in).
std::string file_of(const Machine& machine, const std::string& name) {
  for (const fs::path& file : machine.libraries)
    if (file.filename().string().starts_with(name)) return file.string();
  return "";
}

std::string linked(const Machine& machine, const std::string& name) {
  const std::string file = file_of(machine, name);
  return file.empty() ? "part of the program" : file;
}

MachineFinding processor(const Machine& m) {
  const std::string found = base::format("{}: {}", m.processor, m.instructions);
  if (m.instructions.find("AVX512") != std::string::npos) return good("processor", found);
  return bad("processor", found + "; no AVX-512, for which the fast kernels are written",
             "expect a search to take several times as long, or use a processor with AVX-512");
}

MachineFinding cores(const Machine& m) {
  const std::string found = base::format("{} of {} may be used", m.usable_cores, m.cores);
  if (m.usable_cores == m.cores) return good("cores", found);
  return bad("cores", found + " (the affinity of this process)",
             "ask the batch system, the container or mpirun (--bind-to none) for more");
}

MachineFinding memory(const Machine& m) {
  const std::string found =
      base::format("{:.1f} GB are free ({})", m.free_memory / kGigabyte, m.memory_limit);
  if (m.free_memory >= kMuchMemory) return needed(good("memory", found));
  if (m.free_memory >= kLeastMemory)
    return good("memory", found + ", enough for small models; `plan` says what a study takes");
  return needed(bad("memory", found + ", too little for any model",
                    "end other programs, or raise "
                    "the limit"));
}

MachineFinding blas(const Machine& m) {
  if (!m.blas.empty()) return good("matrix products", m.blas);
  return bad("matrix products", "LibTorch has no BLAS library (products are several times slower)",
             "build with a LibTorch that has one, as scripts/setup fetches it");
}

MachineFinding libtorch(const Machine& m) {
  return needed(good("LibTorch", base::format("{}, {}", m.libtorch, linked(m, "libtorch_cpu."))));
}

MachineFinding libraries(const Machine& m) {
  return good("libraries", base::format("HDF5 {}, {}; PCRE2, {}; SentencePiece, {}", m.hdf5,
                                        linked(m, "libhdf5"), linked(m, "libpcre2"),
                                        linked(m, "libsentencepiece.")));
}

std::string gpus_of(const Machine& m) {
  return m.gpus.empty() ? "none that this process sees"
                        : base::format("{} visible ({})", m.gpus.size(), base::join(m.gpus, ", "));
}

MachineFinding gpu(const Machine& m) {
  const std::string found = base::format("{}; driver: {}; this build {} CUDA", gpus_of(m),
                                         m.gpu_driver.empty() ? "none" : m.gpu_driver,
                                         m.built_with_cuda ? "has" : "has no");
  std::vector<std::string> wanted;
  if (m.gpu_driver.empty()) wanted.emplace_back("install NVIDIA's driver");
  if (!m.built_with_cuda)
    wanted.emplace_back("build the preset cuda (scripts/setup --cuda fetches what it needs)");
  if (!wanted.empty())
    return bad("GPU", found, "none is needed; for --device cuda " + base::join(wanted, " and "));
  if (m.gpus.empty()) return bad("GPU", found, "ask for a GPU, and look at CUDA_VISIBLE_DEVICES");
  return good("GPU", found);
}

MachineFinding nccl(const Machine& m) {
  if (m.built_with_nccl) return good("NCCL", "this build has it");
  return bad("NCCL", "this build has none (each rank on a GPU reads the whole model by itself)",
             "needed for many GPUs alone: build where nccl.h and its library are, which "
             "scripts/setup --cuda fetches");
}

MachineFinding two_ranks(const Machine& m) {
  const std::string library = base::format("{}, {}", m.mpi, linked(m, "libmpi."));
  if (!m.two_ranks)
    return bad("ranks", library + "; mpirun is not in PATH",
               "one process works without; for ranks install openmpi-bin, or load your site's MPI");
  if (m.two_ranks->worked) return good("ranks", library + "; mpirun has started two");
  const std::string found =
      base::format("{}; mpirun did not start two ranks of one run: {}", library, m.two_ranks->said);
  if (m.is_root && m.two_ranks->said.find("root") != std::string::npos)
    return bad("ranks", found,
               "set OMPI_ALLOW_RUN_AS_ROOT=1 and OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1, or be no root");
  return bad("ranks", found, "use the mpirun that belongs to this MPI");
}

MachineFinding optional_program(const std::string& subject, const std::optional<Tried>& tried,
                                const std::string& suggestion) {
  if (tried && tried->worked) return good(subject, tried->said);
  return bad(subject,
             tried ? base::format("it does not run: {}", tried->said) : std::string("not in PATH"),
             suggestion);
}

MachineFinding pieces(const Machine& m) {
  if (!m.pieces.empty())
    return needed(
        good("pieces", base::format("{}, {} models", m.pieces.string(), m.models.size())));
  return needed(bad("pieces",
                    "no folder `configs` with search/gradient.yaml was found (adapt takes its "
                    "search from there)",
                    "set LORAHUB_CONFIGS to one, or work in a checkout"));
}

MachineFinding cache(const Machine& m) {
  if (m.cache_problem.empty()) return good("cache", m.cache.string());
  return bad("cache", m.cache_problem, "set XDG_CACHE_HOME to a folder that you may write to");
}

MachineFinding folder(const Machine& m) {
  const std::string found =
      base::format("{:.1f} GB are free in {}", m.free_disk / kGigabyte, m.folder.string());
  if (!m.folder_problem.empty())
    return needed(bad("disk", m.folder_problem, "cd to a folder that you may write to"));
  if (m.free_disk < kLeastDisk)
    return needed(bad("disk", found, "free some space, or cd to another disk"));
  return needed(good("disk", found));
}

MachineFinding locale(const Machine& m) {
  if (m.character_set == "UTF-8") return good("locale", m.character_set);
  return bad("locale", m.character_set + " (tables and names are printed in UTF-8)",
             "export LC_ALL=C.UTF-8");
}

}  // namespace

std::vector<MachineFinding> examine(const Machine& machine) {
  return {processor(machine),
          cores(machine),
          memory(machine),
          blas(machine),
          libtorch(machine),
          libraries(machine),
          pieces(machine),
          folder(machine),
          cache(machine),
          two_ranks(machine),
          gpu(machine),
          nccl(machine),
          optional_program("gnuplot", machine.gnuplot,
                           "figures of reports need it: install gnuplot-nox"),
          optional_program("Slurm", machine.sbatch,
                           "only `submit` needs it, on a machine of the cluster"),
          locale(machine)};
}

bool can_adapt(const std::vector<MachineFinding>& findings) {
  return std::ranges::all_of(findings,
                             [](const MachineFinding& f) { return f.is_good || !f.is_needed; });
}

std::string text_of(const std::vector<MachineFinding>& findings) {
  std::string text;
  for (const MachineFinding& f : findings) {
    text += base::format("{}  {:<16} {}\n", f.is_good ? "ok" : "no", f.subject,
                         base::printable_line(f.found));
    if (!f.suggestion.empty()) text += base::format("{:<21}-> {}\n", "", f.suggestion);
  }
  return text + (can_adapt(findings)
                     ? "`lorahub adapt` works here.\n"
                     : "`lorahub adapt` does not work here before what it needs is mended.\n");
}

std::string json_of(const std::vector<MachineFinding>& findings) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const MachineFinding& f : findings)
    list.push_back({{"subject", f.subject},
                    {"good", f.is_good},
                    {"needed", f.is_needed},
                    {"found", f.found},
                    {"suggestion", f.suggestion}});
  return base::json_text(
      nlohmann::ordered_json{{"can_adapt", can_adapt(findings)}, {"findings", list}});
}

}  // namespace lorahub::doctor
