// Names of tensors in files, as the training programs that wrote them left them.
#pragma once
#include <string>
#include <string_view>

#include "checkpoint/weights.hpp"

namespace lorahub::checkpoint {

// The name "encoder.block..." without the parts that programs wrap around it: torch.compile
// (_orig_mod), FSDP and checkpointed layers anywhere in it; PEFT (base_model.model), DDP and
// DeepSpeed (module) and trainers (model, transformer) before it, as often as they stand there. The
// body of a decoder-only model has "model." before its names: "model.layers.0...", whether the file
// has it or not.
std::string unwrapped(std::string_view name);

// The same tensors by their unwrapped names. Error naming the file where two get one name, and for
// a tensor without elements, which ZeRO-3 and FSDP leave behind.
Tensors unwrapped(const Tensors& tensors, const std::filesystem::path& file);

// A clause that says what a tensor without elements is; "" for a tensor that has some.
std::string empty_reason(const at::Tensor& tensor);

}  // namespace lorahub::checkpoint
