#include "store/provenance.hpp"

#include <hdf5.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <fstream>

#include "base/clock.hpp"
#include "base/cores.hpp"
#include "base/text.hpp"

#ifndef LORAHUB_VERSION
#define LORAHUB_VERSION "0.2.0"
#endif
#ifdef __clang__
#define LORAHUB_COMPILER __VERSION__
#else
#define LORAHUB_COMPILER "g++ " __VERSION__
#endif
namespace lorahub::store {
namespace {

// The value of the first line "key : value" of a file of /proc; "" when there is none.
std::string proc(const char* file, std::string_view key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    const size_t colon = line.find(':');
    if (colon != std::string::npos && base::strip(line.substr(0, colon)) == key)
      return base::strip(line.substr(colon + 1));
  }
  return "";
}

}  // namespace

std::string version() { return LORAHUB_VERSION; }

std::string commit() {
  return
#include "commit.inc"  // written at each build: cmake/commit.cmake
      ;
}

std::map<std::string, std::string> environment() {
  utsname system{};
  ::uname(&system);
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  std::map<std::string, std::string> values{
      {"version", version()},
      {"commit", commit()},
      {"compiler", LORAHUB_COMPILER},
      {"hdf5", base::format("{}.{}.{}", major, minor, release)},
      {"fmt",
       base::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
      {"host", system.nodename},
      {"system", base::format("{} {} {}", system.sysname, system.release, system.machine)},
      {"cpu", proc("/proc/cpuinfo", "model name")},
      {"cores", base::format("{}", base::usable_cores())},
      {"memory", base::format("{:.1f} GiB", base::physical_memory() / (1 << 30))},
      {"started_utc", base::utc_now()}};
  for (const char* name :
       {"OMP_NUM_THREADS", "OMP_PROC_BIND", "OMP_PLACES", "SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID",
        "SLURM_ARRAY_TASK_ID", "SLURM_JOB_NODELIST", "SLURM_RESTART_COUNT"})
    if (const char* value = std::getenv(name)) values[name] = value;
  return values;
}

}  // namespace lorahub::store
