#include "run/infer.hpp"

#include <algorithm>
#include <list>
#include <map>

#include "base/check.hpp"
#include "checkpoint/hub_cache.hpp"
#include "lora/dora.hpp"
#include "lora/peft.hpp"
#include "objective/alone.hpp"
#include "plan/memory.hpp"
#include "plan/memory_check.hpp"
#include "task/count_tokens.hpp"
#include "tensor/threads.hpp"
#include "text/same_tokens.hpp"
#include "train/trained_folders.hpp"

namespace lorahub::run {

train::TrainedModel adapted_model(const objective::LoadedModel& loaded,
                                  const std::filesystem::path& folder, const std::string& name) {
  text::check_same_tokens(loaded.tokenizer->folder(), folder);
  if (train::is_ia3(folder)) {
    train::Trainable ia3 = train::ia3(loaded.model);
    train::read_ia3(folder, ia3);
    return train::trained_model(ia3);
  }
  const lora::BaseWeights base(loaded.model->architecture(), loaded.tokenizer->folder());
  lora::DoraModule read = lora::read_dora_module(folder, name, base);
  if (!read.lengths.empty()) return {.model = lora::with_dora(*loaded.model, read), .adapter = {}};
  return {.model = loaded.model, .adapter = objective::alone(loaded, std::move(read.module))};
}

namespace {

// The adapters that rows name. Those that were used last stay loaded.
class Adapters {
 public:
  Adapters(const objective::LoadedModel& loaded, train::TrainedModel usual, std::string library)
      : library_(std::move(library)), base_(loaded), usual_(std::move(usual)) {}

  const train::TrainedModel& get(const task::Row& row) {
    if (row.adapter.empty()) return usual_;
    const auto found = std::ranges::find(loaded_, row.adapter, &Named::name);
    if (found != loaded_.end()) {
      loaded_.splice(loaded_.begin(), loaded_, found);
    } else {
      try {
        loaded_.push_front({row.adapter, read(row.adapter)});
      } catch (const base::Error& error) {
        base::fail("{}: {}", row.place, error.what());
      }
      if (loaded_.size() > kLoaded) loaded_.pop_back();
    }
    return loaded_.front().model;
  }

 private:
  struct Named {
    std::string name;
    train::TrainedModel model;
  };
  static constexpr size_t kLoaded = 32;

  train::TrainedModel read(const std::string& name) const {
    const auto folder = library_.empty() ? checkpoint::resolve(name, lora::kConfigFile)
                                         : lora::module_folder(library_, name);
    return adapted_model(base_, folder, name);
  }

  std::string library_;
  const objective::LoadedModel& base_;
  train::TrainedModel usual_;  // it answers the rows that name no adapter
  std::list<Named> loaded_;
};

// Refuses a row that is too long, and warns once where the window may end the answer to it.
class LengthCheck {
 public:
  LengthCheck(const InferOptions& options, const objective::LoadedModel& loaded,
              const InferStreams& streams)
      : options_(options),
        tokenizer_(*loaded.tokenizer),
        window_(loaded.model->architecture().window()),
        streams_(streams) {}

  void check(const task::Row& row) {
    const double tokens = task::count_tokens(&tokenizer_, row.example.input);
    task::check_length(
        tokens, row.place,
        {.tokens = options_.max_input, .remedy = options_.remedy, .window = window_});
    const double room = static_cast<double>(window_) - tokens;
    if (window_ == 0 || room >= options_.max_tokens || warned_) return;
    warned_ = true;
    streams_.warn(
        base::format("{}: the answer may have {:.0f} tokens, not {}, since the model reads and "
                     "writes at most {} "
                     "(max_position_embeddings; {}), shorten the prompt if the end matters; others "
                     "are not named",
                     row.place, room, options_.max_tokens, window_, plan::kWritesOn));
  }

 private:
  const InferOptions& options_;
  const text::Tokenizer& tokenizer_;
  int64_t window_;
  const InferStreams& streams_;
  bool warned_ = false;
};

// Error where a batch of these rows can't fit into the memory.
void check_memory(const InferOptions& options, const objective::LoadedModel& loaded,
                  const std::vector<task::Row>& rows) {
  if (options.memory_check == MemoryCheck::skip) return;
  study::Trial trial{.method = study::Method::zero_shot};
  trial.batch = options.batch;
  trial.max_tokens = options.max_tokens;
  plan::Lengths lengths;
  for (const task::Row& row : rows)
    lengths.prompts.push_back(
        {.source = task::count_tokens(loaded.tokenizer.get(), row.example.input)});
  const plan::Memory memory = plan::memory({.trial = trial,
                                            .architecture = loaded.model->architecture(),
                                            .lengths = lengths,
                                            .tile = {},
                                            .device = loaded.device});
  const auto batches =
      (rows.size() + static_cast<size_t>(options.batch) - 1) / static_cast<size_t>(options.batch);
  plan::check_own_room(
      {.what = base::format("a batch of {} rows up to {}", options.batch, rows.back().place),
       .own = memory.computed *
              static_cast<double>(std::min<size_t>(batches, static_cast<size_t>(loaded.threads))),
       .device = loaded.device,
       .remedies = "use a smaller --batch, fewer --threads, shorter inputs (--max-input bounds "
                   "them), or --no-memory-check"});
}

std::vector<std::string> by_batches(const InferOptions& options, int threads,
                                    const std::vector<std::string>& prompts) {
  const auto batch = static_cast<size_t>(options.batch);
  std::vector<std::string> all(prompts.size());
  const size_t batches = (prompts.size() + batch - 1) / batch;
  tensor::share(threads, static_cast<int>(batches), [&](int number) {
    const size_t first = static_cast<size_t>(number) * batch;
    std::ranges::move(options.answer_batch(std::span(prompts).subspan(
                          first, std::min(batch, prompts.size() - first))),
                      all.begin() + static_cast<ptrdiff_t>(first));
  });
  return all;
}

std::vector<std::string> by_adapter(const InferOptions& options, objective::LoadedModel& worker,
                                    const train::TrainedModel& model,
                                    const std::vector<std::string>& prompts) {
  worker.model = model.model;
  return objective::answer(worker, model.adapter, prompts,
                           {.max_tokens = options.max_tokens,
                            .batch = options.batch,
                            .not_finite = model::AnswerLimit::NotFinite::is_an_error,
                            .after_token = options.after_token});
}

// Returns the answers in the order of the rows. Rows of one adapter are computed together, in the
// network of `worker`.
std::vector<std::string> answers(const InferOptions& options, objective::LoadedModel& worker,
                                 const std::vector<task::Row>& rows, Adapters& adapters) {
  std::map<std::string, std::vector<size_t>> groups;
  for (size_t i = 0; i < rows.size(); ++i) groups[rows[i].adapter].push_back(i);
  std::vector<std::string> all(rows.size());
  for (const auto& [unused, which] : groups) {
    std::vector<std::string> prompts;
    for (const size_t i : which) prompts.push_back(rows[i].example.input);
    const bool own = options.answer_batch && rows[which.front()].adapter.empty();
    const std::vector<std::string> some =
        own ? by_batches(options, worker.threads, prompts)
            : by_adapter(options, worker, adapters.get(rows[which.front()]), prompts);
    for (size_t i = 0; i < which.size(); ++i) all[which[i]] = some[i];
  }
  return all;
}

}  // namespace

void infer(const objective::LoadedModel& loaded, const train::TrainedModel& usual,
           const InferOptions& options, const InferStreams& streams) {
  Adapters adapters(loaded, usual, options.library);
  objective::LoadedModel worker = loaded;
  LengthCheck length(options, loaded, streams);
  const size_t at_once =
      8 * static_cast<size_t>(options.batch) * static_cast<size_t>(loaded.threads);
  for (bool more = true; more;) {  // a chunk is read, answered and given out before the next
    std::vector<task::Row> rows;
    for (task::Row row; rows.size() < at_once && (more = streams.next(row));) {
      length.check(row);
      rows.push_back(std::move(row));
    }
    if (!rows.empty()) check_memory(options, loaded, rows);
    const std::vector<std::string> given = answers(options, worker, rows, adapters);
    for (size_t i = 0; i < rows.size(); ++i) streams.give(rows[i], given[i]);
    streams.flush();
  }
}

}  // namespace lorahub::run
