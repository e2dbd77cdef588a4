// Which trials read a knob: the conditions that the table of knobs names (knobs.cpp).
#pragma once
#include "study/knobs.hpp"
#include "study/trial.hpp"

namespace lorahub::study {

bool always(const Trial& trial);
bool mixes_modules(const Trial& trial);
bool composes(const Trial& trial);
bool prunes(const Trial& trial);
bool cuts_rank(const Trial& trial);
bool routes(const Trial& trial);
bool weighs_each_input(const Trial& trial);
bool weighs_by_signal(const Trial& trial);
bool sets_uniform_weight(const Trial& trial);
bool draws_modules(const Trial& trial);
bool learns_from_shots(const Trial& trial);
bool depends_on_shots(const Trial& trial);
bool draws_shots(const Trial& trial);
bool shuffles_labels(const Trial& trial);
bool searches(const Trial& trial);
bool searches_by_cma(const Trial& trial);
bool stops_where_flat(const Trial& trial);
bool stops_by_time(const Trial& trial);
bool searches_in_generations(const Trial& trial);
bool draws_search(const Trial& trial);
bool trains_mixture(const Trial& trial);
bool trains_adapter(const Trial& trial);
bool descends_otherwise(const Trial& trial);
bool smooths(const Trial& trial);
bool has_rate(const Trial& trial);
bool trains_anything(const Trial& trial);
bool trains_in_batches(const Trial& trial);
bool measures_weights(const Trial& trial);
bool chooses_weights(const Trial& trial);
bool weighs_penalty(const Trial& trial);
bool never(const Trial& trial);
bool asks_program(const Trial& trial);
bool holds_out_shots(const Trial& trial);
bool answers_shots(const Trial& trial);

// Some of these conditions together with the words for people that say what must hold besides the
// method.
inline constexpr ReadBy kDrawsModules{draws_modules, "where `modules` is a count"};
inline constexpr ReadBy kDependsOnShots{
    depends_on_shots,
    "and every method where one file is pool and test, or `retrieve` is probe, slope or text"};
inline constexpr ReadBy kDrawsShots{
    draws_shots,
    "and every method where one file is pool and test, or `retrieve` is "
    "probe, slope or text; where `shots` is a count"};
inline constexpr ReadBy kShufflesLabels{shuffles_labels, "where `labels` is shuffled"};
inline constexpr ReadBy kSearchesByCma{searches_by_cma, "where `search.method` is cma"};
inline constexpr ReadBy kSearchesInGenerations{searches_in_generations,
                                               "where `search.method` is cma or random"};
inline constexpr ReadBy kDrawsSearch{draws_search,
                                     "lorahub where `search.method` is cma or random; uniform "
                                     "where `composition` is dare_*; gradient where "
                                     "`train.smoothing` is not 0"};
inline constexpr ReadBy kPrunes{
    prunes, "where `composition` is magnitude_prune, ties, dare_linear or dare_ties"};
inline constexpr ReadBy kCutsRank{cuts_rank, "where `composition` is svd"};
inline constexpr ReadBy kRoutes{routes, "where `composition` is arrow"};
inline constexpr ReadBy kSetsUniformWeight{sets_uniform_weight, "where it is not 0"};
inline constexpr ReadBy kAsksProgram{asks_program, "where `loss` is ask"};
inline constexpr ReadBy kHoldsOutShots{holds_out_shots,
                                       "where it is not 0, and `search.method` is cma"};
inline constexpr ReadBy kStopsWhereFlat{stops_where_flat,
                                        "where it is not 0, `search.method` is cma, and `loss` is "
                                        "a cross-entropy"};
inline constexpr ReadBy kStopsByTime{stops_by_time, "where it is not none"};
inline constexpr ReadBy kSmooths{smooths, "where `train.smoothing` is not 0"};
inline constexpr ReadBy kHasRate{has_rate, "gradient only where `train.descent` is adam"};
inline constexpr ReadBy kDescendsOtherwise{descends_otherwise, "where it is not adam"};
inline constexpr ReadBy kWeighsPenalty{weighs_penalty, "where `penalty.kind` is not none"};

}  // namespace lorahub::study
