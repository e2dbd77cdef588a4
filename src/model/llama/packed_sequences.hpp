// Sequences of ids in the rows of one matrix, without padding.
#pragma once
#include <span>
#include <vector>

#include "model/llama/layers.hpp"

namespace lorahub::model::llama {

// The rows with which all sequences begin are computed once. They form one more sequence, which
// stands last; the others are stored without these rows, and their attention sees them before their
// own.
struct PackedSequences {
  tensor::Packing rows;       // of what is computed
  tensor::Packing seen;       // of the rows that each of them sees: the shared ones and its own
  at::Tensor seen_rows;       // [seen rows], places in `ids`; undefined where nothing is shared
  at::Tensor ids;             // [rows]
  tensor::Rotation rotation;  // of all rows

  // Keys or values [P, rows, width] as the sequences see them: [P, seen rows, width].
  at::Tensor seen_by_each(const at::Tensor& all) const;
};
// Packs sequences, on the network's device. Of the rows with which all begin, at most `most_shared`
// are shared; each sequence keeps rows of its own for the rest. Nothing is shared where that would
// not pay.
PackedSequences pack_sequences(const Network& network, std::span<const Ids> sequences,
                               int64_t most_shared);

}  // namespace lorahub::model::llama
