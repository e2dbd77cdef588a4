// Sequences of ids in the rows of one matrix, without padding.
#pragma once
#include <span>
#include <vector>

#include "model/llama/layers.hpp"

namespace lorahub::model::llama {

// What all sequences begin with is computed once: it is a sequence of its own behind the others,
// which lack it and see it before their own rows.
struct PackedSequences {
  tensor::Packing rows;       // of what is computed
  tensor::Packing seen;       // of the rows that each of them sees: the shared ones and its own
  at::Tensor seen_rows;       // [seen rows], places in `ids`; undefined where nothing is shared
  at::Tensor ids;             // [rows]
  tensor::Rotation rotation;  // of all rows

  // Keys or values [P, rows, width] as the sequences see them: [P, seen rows, width].
  at::Tensor seen_by_each(const at::Tensor& all) const;
};
// Packs sequences, on the network's device. Of what they all begin with at most `most_shared` rows
// are shared: those behind are of each sequence's own.
PackedSequences pack_sequences(const Network& network, std::span<const Ids> sequences,
                               int64_t most_shared);

}  // namespace lorahub::model::llama
