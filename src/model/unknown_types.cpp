#include "model/unknown_types.hpp"

#include <array>

#include "base/check.hpp"

namespace lorahub::model {
namespace {

struct UnknownType {
  const char* type;
  const char* reason;
};
constexpr const char* kExperts = "it is a mixture of experts, which no network here is";
constexpr const char* kFused = "its projections are fused into one matrix, and none here are";
constexpr const char* kHybrid = "some of its layers are recurrent, and none here are";
constexpr const char* kGemma = "its norms, embeddings and scores are scaled otherwise than here";
constexpr std::array kUnknown{
    UnknownType{"mixtral", kExperts},
    UnknownType{"qwen2_moe", kExperts},
    UnknownType{"qwen3_moe", kExperts},
    UnknownType{"gpt_oss", kExperts},
    UnknownType{"llama4", kExperts},
    UnknownType{"llama4_text", kExperts},
    UnknownType{"granitemoe", kExperts},
    UnknownType{"olmoe", kExperts},
    UnknownType{"deepseek_v2", "its keys and values are latent (MLA), which none here are"},
    UnknownType{"deepseek_v3", "its keys and values are latent (MLA), which none here are"},
    UnknownType{"smollm3", "some of its layers have no position embeddings (NoPE)"},
    UnknownType{"phi3", kFused},
    UnknownType{"phi", "its blocks compute attention and feed-forward side by side"},
    UnknownType{"falcon", kFused},
    UnknownType{"gpt_neox", kFused},
    UnknownType{"gpt2", kFused},
    UnknownType{"chatglm", kFused},
    UnknownType{"gemma", kGemma},
    UnknownType{"gemma2", kGemma},
    UnknownType{"gemma3", kGemma},
    UnknownType{"gemma3_text", kGemma},
    UnknownType{"qwen3_next", kHybrid},
    UnknownType{"qwen3_5", kHybrid},
    UnknownType{"qwen3_5_text", kHybrid},
    UnknownType{"jamba", kHybrid},
    UnknownType{"bamba", kHybrid},
    UnknownType{"falcon_h1", kHybrid},
    UnknownType{"lfm2", kHybrid},
    UnknownType{"mamba", kHybrid},
    UnknownType{"mamba2", kHybrid},
};

}  // namespace

void refuse_known_others(const std::string& file, const std::string& model_type) {
  for (const UnknownType& each : kUnknown)
    base::check(model_type != each.type,
                "{}: model_type is '{}' ({}), choose a T5, Llama, Mistral, Qwen2 or Qwen3 model",
                file, model_type, each.reason);
}

}  // namespace lorahub::model
