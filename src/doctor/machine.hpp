// What this machine and this build have, as far as a run depends on it.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lorahub::doctor {

// A program that ours starts: what it printed when it was asked for its version or for a trial, and
// whether that went well. Nothing where there is no such program.
struct Tried {
  bool worked = false;
  std::string said;  // the first line
};

struct Machine {
  std::string processor, instructions;  // "AVX512, Intel x86-64-v4 avx512vnni"
  int usable_cores = 0, cores = 0;      // by this process's affinity; of the node
  double free_memory = 0;               // bytes that this process may still take
  std::string memory_limit;             // what sets that number: "the memory of the machine"
  std::string blas;                     // LibTorch's library of matrix products; "": none
  std::string libtorch, mpi, hdf5;      // versions
  std::vector<std::filesystem::path> libraries;  // that are loaded into this process
  bool built_with_cuda = false, built_with_nccl = false;
  std::vector<std::string> gpus;   // that this process would see
  std::string gpu_driver;          // "": no NVIDIA driver is loaded
  std::optional<Tried> two_ranks;  // mpirun starts two ranks of this program
  bool is_root = false;
  std::optional<Tried> gnuplot, sbatch;
  std::filesystem::path pieces;     // the folder of configs that was found; empty: none
  std::vector<std::string> models;  // of these pieces
  std::filesystem::path cache;      // where caches lie
  std::string cache_problem;        // why nothing can be written there; "": it can
  std::filesystem::path folder;     // the current one
  std::string folder_problem;       // as for the cache
  double free_disk = 0;             // bytes, in the current folder
  std::string character_set;        // of the locale: "UTF-8"
};

// Looks at this machine; it computes nothing, and writes nothing but what it removes again. `self`
// is the command whose copies, started by mpirun, each print how many ranks they are; "": that is
// not tried.
Machine look(const std::string& self);

}  // namespace lorahub::doctor
