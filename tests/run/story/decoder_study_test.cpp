// A study of a decoder-only model: any ranks, threads and groups, and any kills, give the bits of
// one undisturbed rank.
#include <signal.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/tiny_decoder.hpp"
#include "run/background.hpp"

namespace lorahub {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

// An adapter of rank 2 on q_proj and down_proj of both layers, of values that its name decides.
void write_module(const fs::path& folder) {
  fs::create_directories(folder);
  checkpoint::Tensors factors;
  const auto add = [&](const std::string& layer, int64_t out, int64_t in) {
    const std::string stem = "base_model.model.model.layers." + layer + ".lora_";
    const auto hashed = [&](const char* side, int64_t rows, int64_t columns) {
      const std::string name = stem + side + ".weight";
      factors[name] = test::hashed(folder.filename().string() + name, {rows, columns}, 0.3);
    };
    hashed("A", 2, in);
    hashed("B", out, 2);
  };
  for (const std::string layer : {"0.", "1."}) {
    add(layer + "self_attn.q_proj", 32, 32);
    add(layer + "mlp.down_proj", 32, 48);
  }
  checkpoint::write_safetensors(folder / "adapter_model.safetensors", factors);
  base::write_file(folder / "adapter_config.json", json{{"peft_type", "LORA"},
                                                        {"task_type", "CAUSAL_LM"},
                                                        {"r", 2},
                                                        {"lora_alpha", 4},
                                                        {"target_modules", {"q_proj", "down_proj"}}}
                                                       .dump());
}

// The model, three modules and a task, once for all tests.
const fs::path& pieces() {
  static const fs::path folder = [] {
    const fs::path made = fresh_folder("decoder_pieces");
    const TinyDecoder model(made / "model");
    for (const char* name : {"one", "two", "three"}) write_module(made / "library" / name);
    std::ofstream rows(made / "task.jsonl");
    for (int i = 0; i < 12; ++i)
      rows << json{{"input", "is " + std::to_string(i) + " even? A:"},
                   {"target", i % 2 == 0 ? "yes" : "no"}}
                  .dump()
           << "\n";
    return made;
  }();
  return folder;
}

fs::path fresh_study(const std::string& name) {
  pieces();
  const fs::path folder = fresh_folder(name);
  const json study{{"question", "Does it run?"},
                   {"set",
                    {{"model", (pieces() / "model").string()},
                     {"library", (pieces() / "library").string()},
                     {"task", (pieces() / "task.jsonl").string()},
                     {"modules", "all"},
                     {"shots", 5},
                     {"max_tokens", 6},
                     {"search.method", "cma"},
                     {"search.population", 10},
                     {"search.budget", 60}}},
                   {"vary",
                    {{"method", {"zero_shot", "icl", "uniform", "best_single", "lorahub"}},
                     {"composition", {"factor", "product"}},
                     {"seed", {1, 2}}}}};
  write_study(folder, study.dump());  // JSON is YAML, too
  return folder;
}

const std::string& undisturbed() {
  static const std::string bits = [] {
    const fs::path folder = fresh_study("decoder_alone");
    const Ended ended = run_study(folder, "", "--threads 1");
    EXPECT_EQ(ended.code, 0) << ended.err;
    return payload(folder);
  }();
  return bits;
}

TEST(DecoderStudy, HasTheSameBitsForAnyRanksThreadsAndGroups) {
  ASSERT_NE(undisturbed(), "");
  const fs::path ranks = fresh_study("decoder_ranks"), threads = fresh_study("decoder_threads");
  const Ended three = run_study(ranks, "mpirun -np 3", "--groups 1");
  EXPECT_EQ(three.code, 0) << three.err;
  EXPECT_EQ(payload(ranks), undisturbed());
  const Ended two = run_study(threads, "mpirun -np 2", "--threads 3 --trials-per-rank 2");
  EXPECT_EQ(two.code, 0) << two.err;
  EXPECT_EQ(payload(threads), undisturbed());
}

TEST(DecoderStudy, GoesOnToTheSameBitsAfterKills) {
  const fs::path folder = fresh_study("decoder_kills");
  int kills = 0;
  for (const size_t further : {2, 3, 5}) {
    const size_t target = steps(folder) + further;
    Background run(study_command(folder, "mpirun -np 2", ""), folder / "err");
    if (!wait_until(run, [&] { return steps(folder) >= target; })) break;
    for (const pid_t rank : run.children()) ::kill(rank, SIGKILL);
    run.wait();
    ++kills;
  }
  EXPECT_GE(kills, 1);
  const Ended ended = run_study(folder, "mpirun -np 2");
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(payload(folder), undisturbed());
}

// At a real model's shapes, where a processor with AMX adds a row up otherwise when it is
// multiplied beside more rows. The losses of the search are computed in one tile, those that are
// reported in another.
TEST(DecoderStudy, ARealModelsLossesInBf16AreThoseOfAnyTile) {
  const char* const model = std::getenv("LORAHUB_SMOLLM2");
  if (model == nullptr || *model == '\0') GTEST_SKIP() << "LORAHUB_SMOLLM2 names no model";
  const fs::path folder = fresh_folder("decoder_tiles");
  const json study{{"question", "Does it run?"},
                   {"uses", {{"library", "words"}, {"tasks", "words/unseen"}}},
                   {"set",
                    {{"model", model},
                     {"task", "third_star"},
                     {"method", "best_single"},
                     {"composition", "product"},
                     {"modules", "all"},
                     {"retrieve", "none"},
                     {"shots", 20},
                     {"precision", "bf16"},
                     {"max_tokens", 1},
                     {"seed", 1}}}};
  write_study(folder, study.dump());
  const Ended ended = run_command(study_command(folder, "", "--threads 1"));
  ASSERT_EQ(ended.code, 0) << ended.err;
  const Ended checked = run_command(PROGRAM " check " + quoted(folder / "out/out.h5"));
  EXPECT_EQ(checked.code, 0) << checked.out;
}

}  // namespace
}  // namespace lorahub
