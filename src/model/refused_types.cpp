#include "model/refused_types.hpp"

#include <array>

#include "base/check.hpp"

namespace lorahub::model {
namespace {

struct RefusedType {
  const char* type;
  const char* reason;
};
constexpr const char* kExperts = "it is a mixture of experts, which no network here is";
constexpr const char* kFused = "its projections are fused into one matrix, and none here are";
constexpr const char* kHybrid = "some of its layers are recurrent, and none here are";
constexpr const char* kGemma = "its norms, embeddings and scores are scaled otherwise than here";
constexpr std::array kRefused{
    RefusedType{"mixtral", kExperts},
    RefusedType{"qwen2_moe", kExperts},
    RefusedType{"qwen3_moe", kExperts},
    RefusedType{"gpt_oss", kExperts},
    RefusedType{"llama4", kExperts},
    RefusedType{"llama4_text", kExperts},
    RefusedType{"granitemoe", kExperts},
    RefusedType{"olmoe", kExperts},
    RefusedType{"deepseek_v2", "its keys and values are latent (MLA), which none here are"},
    RefusedType{"deepseek_v3", "its keys and values are latent (MLA), which none here are"},
    RefusedType{"smollm3", "some of its layers have no position embeddings (NoPE)"},
    RefusedType{"phi3", kFused},
    RefusedType{"phi", "its blocks compute attention and feed-forward side by side"},
    RefusedType{"falcon", kFused},
    RefusedType{"gpt_neox", kFused},
    RefusedType{"gpt2", kFused},
    RefusedType{"chatglm", kFused},
    RefusedType{"gemma", kGemma},
    RefusedType{"gemma2", kGemma},
    RefusedType{"gemma3", kGemma},
    RefusedType{"gemma3_text", kGemma},
    RefusedType{"qwen3_next", kHybrid},
    RefusedType{"qwen3_5", kHybrid},
    RefusedType{"qwen3_5_text", kHybrid},
    RefusedType{"jamba", kHybrid},
    RefusedType{"bamba", kHybrid},
    RefusedType{"falcon_h1", kHybrid},
    RefusedType{"lfm2", kHybrid},
    RefusedType{"mamba", kHybrid},
    RefusedType{"mamba2", kHybrid},
};

}  // namespace

void refuse_known_others(const std::string& file, const std::string& model_type) {
  for (const RefusedType& each : kRefused)
    base::check(model_type != each.type,
                "{}: model_type is '{}' ({}), choose a T5, Llama, Mistral, Qwen2 or Qwen3 model",
                file, model_type, each.reason);
}

}  // namespace lorahub::model
