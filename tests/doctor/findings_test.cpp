#include "doctor/findings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

namespace lorahub::doctor {
namespace {

using testing::HasSubstr;

Machine whole_machine() {
  return {.processor = "A processor",
          .instructions = "AVX512, Intel x86-64-v4",
          .usable_cores = 8,
          .cores = 8,
          .free_memory = 32e9,
          .memory_limit = "the memory of the machine",
          .blas = "oneMKL 2024.2",
          .libtorch = "2.11.0",
          .mpi = "Open MPI v4.1.4",
          .hdf5 = "1.10.8",
          .libraries = {"/lib/libmpi.so.40.30.4", "/torch/lib/libtorch_cpu.so"},
          .built_with_cuda = true,
          .built_with_nccl = true,
          .gpus = {"0"},
          .gpu_driver = "NVRM version: 580.1",
          .two_ranks = Tried{.worked = true, .said = "2"},
          .gnuplot = Tried{.worked = true, .said = "gnuplot 5.4"},
          .sbatch = Tried{.worked = true, .said = "slurm 22.05"},
          .pieces = "/share/lorahub/configs",
          .models = {"mini"},
          .cache = "/home/you/.cache/lorahub",
          .folder = "/home/you",
          .free_disk = 50e9,
          .character_set = "UTF-8"};
}

MachineFinding finding(const std::vector<MachineFinding>& findings, const std::string& subject) {
  for (const MachineFinding& f : findings)
    if (f.subject == subject) return f;
  ADD_FAILURE() << "nothing is said about " << subject;
  return {};
}

TEST(Findings, AWholeMachineHasNothingToMend) {
  const auto findings = examine(whole_machine());
  for (const MachineFinding& f : findings) {
    EXPECT_TRUE(f.is_good) << f.subject;
    EXPECT_EQ(f.suggestion, "") << f.subject;
    EXPECT_NE(f.found, "") << f.subject;
  }
  EXPECT_TRUE(can_adapt(findings));
}

struct Lack {
  std::string subject;
  bool stops_adapt = false;
  std::string found, suggestion;  // parts of them
  std::function<void(Machine&)> take;
};

const std::vector<Lack>& lacks() {
  static const std::vector<Lack> all{
      {"processor", false, "no AVX-512", "AVX-512", [](Machine& m) { m.instructions = "AVX2"; }},
      {"cores", false, "1 of 8", "--bind-to none", [](Machine& m) { m.usable_cores = 1; }},
      {"memory", true, "0.1 GB are free (a control group)", "limit",
       [](Machine& m) {
         m.free_memory = 0.1e9;
         m.memory_limit = "a control group";
       }},
      {"matrix products", false, "no BLAS", "scripts/setup", [](Machine& m) { m.blas = ""; }},
      {"ranks", false, "not in PATH", "openmpi-bin", [](Machine& m) { m.two_ranks.reset(); }},
      {"ranks", false, "did not start two ranks of one run: 1", "mpirun that belongs",
       [](Machine& m) { m.two_ranks = Tried{.worked = false, .said = "1"}; }},
      {"ranks", false, "as root", "OMPI_ALLOW_RUN_AS_ROOT",
       [](Machine& m) {
         m.is_root = true;
         m.two_ranks =
             Tried{.worked = false, .said = "mpirun has detected an attempt to run as root"};
       }},
      {"GPU", false, "driver: none", "driver", [](Machine& m) { m.gpu_driver = ""; }},
      {"GPU", false, "none that this process sees", "CUDA_VISIBLE_DEVICES",
       [](Machine& m) { m.gpus.clear(); }},
      {"GPU", false, "has no CUDA", "scripts/setup --cuda",
       [](Machine& m) { m.built_with_cuda = false; }},
      {"GPU", false, "driver: none; this build has no CUDA", "driver and build the preset cuda",
       [](Machine& m) {
         m.gpu_driver = "";
         m.built_with_cuda = false;
       }},
      {"NCCL", false, "reads the whole model by itself", "scripts/setup --cuda",
       [](Machine& m) { m.built_with_nccl = false; }},
      {"gnuplot", false, "not in PATH", "gnuplot-nox", [](Machine& m) { m.gnuplot.reset(); }},
      {"gnuplot", false, "does not run: no display", "gnuplot-nox",
       [](Machine& m) { m.gnuplot = Tried{.worked = false, .said = "no display"}; }},
      {"Slurm", false, "not in PATH", "submit", [](Machine& m) { m.sbatch.reset(); }},
      {"pieces", true, "configs", "LORAHUB_CONFIGS", [](Machine& m) { m.pieces.clear(); }},
      {"cache", false, "/x: read only", "XDG_CACHE_HOME",
       [](Machine& m) { m.cache_problem = "/x: read only"; }},
      {"disk", true, "/y: read only", "cd", [](Machine& m) { m.folder_problem = "/y: read only"; }},
      {"disk", true, "0.0 GB", "free some space", [](Machine& m) { m.free_disk = 1e6; }},
      {"locale", false, "ANSI_X3.4-1968", "LC_ALL",
       [](Machine& m) { m.character_set = "ANSI_X3.4-1968"; }}};
  return all;
}

TEST(Findings, WhatIsTakenAwayIsFoundAloneAndHasARemedy) {
  for (const Lack& lack : lacks()) {
    SCOPED_TRACE(lack.subject + ": " + lack.found);
    Machine machine = whole_machine();
    lack.take(machine);
    const auto findings = examine(machine);
    const MachineFinding found = finding(findings, lack.subject);
    EXPECT_FALSE(found.is_good);
    EXPECT_THAT(found.found, HasSubstr(lack.found));
    EXPECT_THAT(found.suggestion, HasSubstr(lack.suggestion));
    EXPECT_EQ(can_adapt(findings), !lack.stops_adapt);
    EXPECT_EQ(std::ranges::count(findings, false, &MachineFinding::is_good), 1);
  }
}

TEST(Findings, ALittleMemoryIsEnoughForSmallModels) {
  Machine machine = whole_machine();
  machine.free_memory = 1e9;
  EXPECT_TRUE(finding(examine(machine), "memory").is_good);
  EXPECT_THAT(finding(examine(machine), "memory").found, HasSubstr("small models"));
}

TEST(Findings, ALibraryIsNamedByItsFile) {
  const auto findings = examine(whole_machine());
  EXPECT_THAT(finding(findings, "ranks").found, HasSubstr("/lib/libmpi.so.40.30.4"));
  EXPECT_THAT(finding(findings, "LibTorch").found, HasSubstr("2.11.0, /torch/lib/libtorch_cpu.so"));
  EXPECT_THAT(finding(findings, "libraries").found, HasSubstr("PCRE2, part of the program"));
}

TEST(Findings, TheTextHasOneVerdictASubjectAndTheJsonSaysTheSame) {
  Machine machine = whole_machine();
  machine.pieces.clear();
  machine.gnuplot.reset();
  machine.folder = "/a\x1b[31m";
  const auto findings = examine(machine);
  const std::string text = text_of(findings);
  EXPECT_THAT(text, HasSubstr("no  gnuplot          not in PATH\n"));
  EXPECT_THAT(text, HasSubstr("ok  locale           UTF-8\n"));
  EXPECT_THAT(text, HasSubstr("does not work here"));
  EXPECT_EQ(text.find('\x1b'), text.npos);
  const auto json = nlohmann::json::parse(json_of(findings));
  EXPECT_EQ(json["can_adapt"], false);
  ASSERT_EQ(json["findings"].size(), findings.size());
  for (size_t i = 0; i < findings.size(); ++i) {
    EXPECT_EQ(json["findings"][i]["subject"], findings[i].subject);
    EXPECT_EQ(json["findings"][i]["good"], findings[i].is_good);
    EXPECT_EQ(json["findings"][i]["needed"], findings[i].is_needed);
  }
}

}  // namespace
}  // namespace lorahub::doctor
