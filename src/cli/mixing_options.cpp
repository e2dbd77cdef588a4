#include "cli/mixing_options.hpp"

#include <CLI/App.hpp>

#include "base/check.hpp"
#include "base/text.hpp"
#include "study/trial.hpp"

namespace lorahub::cli {
namespace {

using study::CompositionInfo;
using CompositionTest = bool (*)(const CompositionInfo&);

bool prunes(const CompositionInfo& row) { return row.pruning != study::Pruning::none; }
bool draws(const CompositionInfo& row) { return row.pruning == study::Pruning::random; }
bool cuts(const CompositionInfo& row) { return row.mixes == study::Mixes::cut; }
bool routes(const CompositionInfo& row) { return row.mixes == study::Mixes::routed; }

std::string words(CompositionTest reads) {
  std::vector<std::string> list;
  for (const CompositionInfo& row : study::kCompositions)
    if (reads(row)) list.emplace_back(row.word);
  return base::join(list, ", ");
}

template <class Value>
void set(Value& setting, const std::optional<Value>& given) {
  if (given) setting = *given;
}

void check_read(const CompositionInfo& composed, bool given, const char* option,
                CompositionTest reads) {
  base::check(!given || reads(composed),
              "composition {} reads no {} (it would change nothing), leave it out, or give a "
              "--composition of {}",
              std::string_view(composed.word), option, words(reads));
}

}  // namespace

void add_mixing(CLI::App& command, MixingOptions& options) {
  const study::CompositionSettings usual;
  command
      .add_option("--composition", options.composition,
                  "what is mixed: A and B each (factor, the default), their products (product), as "
                  "PEFT merges (linear, ties, svd, ...), or modules chosen for each token (arrow)")
      ->check(CLI::IsMember(study::words<study::Composition>()));
  command
      .add_option("--density", options.density,
                  base::format("share of the values of each A and B that is kept by {} "
                               "(default: {})",
                               words(prunes), usual.density))
      ->check(CLI::Range(1e-9, 1.0));
  command.add_option("--draw", options.draw,
                     base::format("seed of the values that {} keep (default: 1)", words(draws)));
  command
      .add_option("--svd-rank", options.svd_rank,
                  base::format("rank that {} cuts the mixture to (default: the modules' largest)",
                               words(cuts)))
      ->check(CLI::Range(1, study::kMostRank));
  command
      .add_option("--experts", options.experts,
                  base::format("modules that a token takes part of, by {} (default: {})",
                               words(routes), usual.experts))
      ->check(CLI::Range(1, study::kMostOfMany));
  command
      .add_option("--temperature", options.temperature,
                  base::format("by which {} divides similarities before their softmax "
                               "(default: {})",
                               words(routes), usual.temperature))
      ->check(CLI::PositiveNumber);
}

study::MixingRule rule(const MixingOptions& options) {
  study::MixingRule rule = study::Composition::factor;
  if (!options.composition.empty())
    rule.composition = study::parse<study::Composition>(options.composition, "--composition");
  const CompositionInfo& composed = study::info(rule.composition);
  check_read(composed, options.density.has_value(), "--density", prunes);
  check_read(composed, options.draw.has_value(), "--draw", draws);
  check_read(composed, options.svd_rank.has_value(), "--svd-rank", cuts);
  check_read(composed, options.experts.has_value(), "--experts", routes);
  check_read(composed, options.temperature.has_value(), "--temperature", routes);
  set(rule.settings.density, options.density);
  set(rule.seed, options.draw);
  set(rule.settings.rank, options.svd_rank);
  set(rule.settings.experts, options.experts);
  set(rule.settings.temperature, options.temperature);
  return rule;
}

}  // namespace lorahub::cli
