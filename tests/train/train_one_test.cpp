#include "train/train_one.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../process.hpp"
#include "base/check.hpp"
#include "base/fault.hpp"
#include "base/files.hpp"
#include "checkpoint/weights.hpp"
#include "lora/module_card.hpp"
#include "model/families.hpp"
#include "objective/objective.hpp"
#include "train/trained_folders.hpp"

namespace lorahub::train {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = SOURCE_DIR;
const fs::path kModel = kSource / "configs/model/mini";

TrainingConfig config(What what, const fs::path& out) {
  TrainingConfig c{.what = what,
                   .model = "mini",
                   .model_path = kModel.string(),
                   .base_name = kModel.string(),
                   .data = {kSource / "configs/tasks/mini/upstream/find_letter.jsonl"},
                   .out = out};
  c.rank = 4;
  c.alpha = 8;
  c.targets = {"q", "v", "wo"};
  c.steps = 6;
  c.lr = 5e-3;
  c.held_out = 0.2;
  return c;
}

std::vector<model::Tokens> rows(const TrainingConfig& c) {
  return objective::tokenize(*text::load_tokenizer(kModel), task::read_examples(c.data[0]));
}

// The loss sums of all rows, computed from the folder as a user loads it.
std::vector<double> losses_of_folder(const TrainingConfig& c) {
  if (c.what == What::full || c.what == What::base)
    return model::load(c.out, {})->loss_sums({}, rows(c));
  const ModelPointer base = model::load(kModel, {});
  if (c.what == What::ia3) {
    Trainable factors = ia3(base);
    read_ia3(c.out, factors);
    return trained_model(factors).model->loss_sums({}, rows(c));
  }
  const lora::Module module = lora::read_module(c.out, "m", base->architecture());
  const lora::Pool pool = lora::stack({module}, base->architecture(), base::Device::cpu);
  return base->loss_sums(
      lora::compose(pool, std::vector<double>{1}, study::Composition::product, at::kFloat),
      rows(c));
}

double held_out_loss(const TrainingConfig& c) {
  const std::string json = read_all(c.out / "training.json");
  const auto at = json.find("\"loss_sum\": ");
  return std::stod(json.substr(at + 12));
}

TEST(TrainOne, what_is_written_has_the_losses_of_what_was_trained) {
  for (const What what : {What::lora, What::ia3, What::full, What::base}) {
    const TrainingConfig c = config(what, fresh_folder("training") / "out");
    ASSERT_TRUE(train_one(c, trainings(c)[0], {.threads = 2}));
    // The card's self-test is by the trained parameters in memory; one row of the file is it.
    double nearest = 1e9;
    for (const double sum : losses_of_folder(c))
      nearest = std::min(nearest, std::abs(sum - held_out_loss(c)));
    EXPECT_LT(nearest, 1e-5 * std::max(1.0, held_out_loss(c))) << name(what);
    EXPECT_FALSE(fs::exists(c.out / "checkpoint.safetensors"));
    EXPECT_FALSE(train_one(c, trainings(c)[0], {}));  // done already
    TrainingConfig other = c;
    other.seed = 2;
    EXPECT_THROW(train_one(other, trainings(other)[0], {}), base::Error);
  }
}

TEST(TrainOne, a_folder_that_vanishes_is_the_machines_fault) {
  TrainingConfig c = config(What::lora, fresh_folder("training") / "out");
  c.checkpoint = 0;  // after each step
  const auto vanish = [&](double, const std::string&) {
    fs::remove_all(c.out);
    std::ofstream(c.out) << "a file";
  };
  EXPECT_THROW(train_one(c, trainings(c)[0], {.threads = 2, .progress = vanish}),
               base::MachineFault);
}

// Each writer names its own, so that they are known by their beginning.
TEST(TrainOne, a_folder_with_a_half_written_checkpoint_is_gone_on_with) {
  const TrainingConfig c = config(What::lora, fresh_folder("training") / "out");
  base::write_file(c.out / "checkpoint.safetensors.host-1-1.tmp", "half");
  EXPECT_NO_THROW(train::check_free(c.out, lora::Force::no));
  ASSERT_TRUE(train_one(c, trainings(c)[0], {.threads = 2}));
  for (const auto& entry : fs::directory_iterator(c.out))
    EXPECT_THAT(entry.path().filename().string(), testing::Not(testing::StartsWith("checkpoint")));
}

TEST(TrainOne, learns) {
  TrainingConfig c = config(What::lora, fresh_folder("training") / "out");
  c.steps = 30;
  c.target_length = 24;  // more than any target has
  c.precision = study::Precision::bf16;
  train_one(c, trainings(c)[0], {.threads = 2});
  const std::string card = read_all(c.out / "README.md");
  EXPECT_NE(card.find("| accuracy, % | 0.0 | 100.0 |"), std::string::npos) << card;
  EXPECT_EQ(lora::read_card(c.out).tests.at(0).max_tokens, 24);  // where it would have been cut
}

TEST(TrainOne, stored_as_f16_with_a_test_file_of_its_own) {
  TrainingConfig c = config(What::lora, fresh_folder("training") / "out");
  c.held_out = 0;
  c.test = kSource / "configs/tasks/mini/upstream/find_index.jsonl";
  c.half = true;
  train_one(c, trainings(c)[0], {.threads = 2});
  const ModelPointer base = model::load(kModel, {});
  const lora::Module module = lora::read_module(c.out, "m", base->architecture());
  for (const auto& [slot, factors] : module.slots)
    EXPECT_TRUE(at::equal(factors.a.to(at::kFloat), factors.a.to(at::kHalf).to(at::kFloat)));
  const auto bytes = fs::file_size(c.out / "adapter_model.safetensors");
  EXPECT_LT(bytes, module.slots.size() * 4 * (128 + 256) * 2 + 6000);  // two bytes a value
  // The card's self-test is a row of the test file, by the rounded factors.
  const lora::Pool pool = lora::stack({module}, base->architecture(), base::Device::cpu);
  const auto tested =
      objective::tokenize(*text::load_tokenizer(kModel), task::read_examples(*c.test));
  const double sum = base->loss_sums(lora::compose(pool, std::vector<double>{1},
                                                   study::Composition::product, at::kFloat),
                                     std::span(tested).first(1))
                         .front();
  EXPECT_NEAR(sum, held_out_loss(c), 1e-5 * std::max(1.0, sum));
  TrainingConfig other = c;
  other.test = kSource / "configs/tasks/mini/upstream/max_index.jsonl";
  EXPECT_THROW(train_one(other, trainings(other)[0], {}),
               base::Error);  // its card would say otherwise
}

// What the card says holds for the rounded file, and the card loads the folder by its own name.
TEST(TrainOne, a_model_stored_as_f16) {
  TrainingConfig c = config(What::full, fresh_folder("training") / "rounded");
  c.held_out = 0;
  c.test = kSource / "configs/tasks/mini/upstream/find_index.jsonl";
  c.half = true;
  train_one(c, trainings(c)[0], {.threads = 2});
  for (const auto& [name, value] : checkpoint::read_model_weights(c.out))
    EXPECT_EQ(value.scalar_type(), at::kHalf) << name;
  EXPECT_NE(read_all(c.out / "config.json").find("\"dtype\": \"float16\""), std::string::npos);
  const auto tested =
      objective::tokenize(*text::load_tokenizer(kModel), task::read_examples(*c.test));
  const double sum = model::load(c.out, {})->loss_sums({}, std::span(tested).first(1)).front();
  EXPECT_NEAR(sum, held_out_loss(c), 1e-5 * std::max(1.0, sum));
  EXPECT_NE(read_all(c.out / "README.md").find("from_pretrained(\"rounded\")"), std::string::npos);
}

TEST(TrainOne, a_base_for_a_gpu_is_not_trained_on_the_cpu) {
  if (at::hasCUDA()) GTEST_SKIP() << "a GPU is there";
  const TrainingConfig c = config(What::base, fresh_folder("training") / "on_gpu");
  try {
    train_one(c, trainings(c)[0], {.device = base::Device::cuda});
    ADD_FAILURE() << "it was trained";
  } catch (const base::Error& error) {
    EXPECT_NE(std::string(error.what()).find("device cuda was asked for"), std::string::npos);
  }
  EXPECT_FALSE(fs::exists(c.out));
}

TEST(TrainOne, a_base_from_scratch_starts_near_the_uniform_loss) {
  const ModelPointer fresh = model::initial_model(kModel, 1);
  const TrainingConfig c = config(What::base, "");
  double sum = 0, tokens = 0;
  const std::vector<double> sums = fresh->loss_sums({}, rows(c));
  for (size_t k = 0; k < sums.size(); ++k) {
    sum += sums[k];
    tokens += static_cast<double>(rows(c)[k].target.size());
  }
  EXPECT_NEAR(sum / tokens, std::log(static_cast<double>(fresh->architecture().vocabulary())), 2);
}

std::string refusal(const std::string& text) {
  const fs::path file = fresh_folder("config") / "c.yaml";
  std::ofstream(file) << text;
  try {
    read_config(file, {});
  } catch (const base::Error& error) {
    return std::string(error.what()).substr(file.string().size());
  }
  return "";
}

TEST(TrainConfig, says_what_is_wrong_and_where) {
  const std::string good = "train: lora\nmodel: " + kModel.string() +
                           "\ndata: " + (kSource / "configs/train/example.jsonl").string() +
                           "\nout: x\n";
  EXPECT_EQ(refusal(good), "");
  EXPECT_EQ(refusal(good + "rnak: 3\n").substr(0, 60),
            ":5: unknown key 'rnak' (a training has: train, model, data, ");
  EXPECT_EQ(refusal(good + "rank: 0\n"), ":5: rank 0 is too small, it must be at least 1");
  EXPECT_EQ(refusal(good + "dropout: 1\n"),
            ":5: dropout 1 is too large, a rate of dropout is below 1");
  EXPECT_EQ(refusal(good + "schedule: liner\n"),
            ":5: 'liner' is not known (there are: linear, constant), did you mean 'linear'?");
  EXPECT_EQ(refusal(good + "steps: 5\nepochs: 2\n"),
            ":1: both steps and epochs are given (which one ends the training?), keep one");
  EXPECT_EQ(refusal(good + "betas: [0.9]\n"),
            ":5: AdamW has two betas, write them as [0.9, 0.999]");
  EXPECT_EQ(refusal(good + "held_out: 3\ntest: c.yaml\n"),
            ":1: both held_out and test are given (which rows evaluate it?), keep one");
  EXPECT_EQ(refusal(good + "lr_factors: {lora_B: -1}\n").substr(0, 3), ":5:");
  EXPECT_EQ(refusal("train: lora\nout: x\n"),
            ":1: the config does not say 'model', add a line `model: ...`");
}

// "...jsonl" would be trained into "out/..".
TEST(TrainConfig, names_of_data_files_stay_in_the_folder) {
  for (const std::string name : {"...jsonl", "..jsonl", "a\nb.jsonl", "\x1b[2J.jsonl"}) {
    TrainingConfig c = config(What::lora, "out");
    c.data = {fs::path("/data") / name};
    c.list = true;
    EXPECT_THROW(trainings(c), base::Error) << name;
  }
}

TEST(TrainConfig, the_shipped_one_is_loras_authors) {
  const TrainingConfig c = read_config(kSource / "configs/train/lorahub.yaml", {});
  EXPECT_EQ(c.rank, 16);
  EXPECT_EQ(c.alpha, 32);
  EXPECT_EQ(c.dropout, 0.1);
  EXPECT_EQ(c.targets, (std::vector<std::string>{"q", "v"}));
  EXPECT_EQ(c.lr, 2e-4);
  EXPECT_EQ(c.epochs, 20);
  EXPECT_EQ(c.batch, 10);
  EXPECT_EQ(c.source_length, 1024);
  EXPECT_EQ(c.target_length, 256);
}

TEST(TrainConfig, targets_that_no_layer_has_are_refused) {
  const ModelPointer base = model::load(kModel, {});
  EXPECT_THROW(lora(base, {.targets = {"q", "wi"}}, 1), base::Error);  // gated: wi_0, wi_1
  EXPECT_EQ(lora(base, {.rank = 2, .targets = {"wi_0"}}, 1).parameters.size(), 2U * 6);
}

}  // namespace
}  // namespace lorahub::train
