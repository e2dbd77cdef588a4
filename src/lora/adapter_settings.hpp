// The settings of adapter_config.json by what is done with them. One that is in neither list is
// refused where it is in use.
#pragma once

namespace lorahub::lora {

struct RefusedSetting {
  const char* key;
  const char* reason;
};
// Refused where they are in use.
inline constexpr RefusedSetting kRefusedSettings[] = {
    {"layer_replication", "it changes the depth of the base model"},
    {"megatron_config", "its layers are split over devices"},
    {"trainable_token_indices", "it replaces rows of the embedding"},
    {"target_parameters", "it adapts parameters outside linear layers"},
    {"alora_invocation_tokens", "it acts on a part of each sequence only"},
    {"arrow_config", "it routes every token to other modules"},
    {"use_qalora", "it pools the inputs by groups"},
    {"use_bdlora", "its factors are block-diagonal"},
    {"kasa_config", "it changes the weights of the base model"},
    {"monteclora_config", "its factors are random"},
    {"velora_config", "it is not known to leave the numbers alone"},
    {"lora_bias", "it adds a bias that no mixture has"},
    {"loftq_config", "it changes the weights of the base model"},
};

// The settings that adapter_config.cpp reads, or that play no part in the forward pass (PEFT itself
// turns fan_in_fan_out off for the linear layers of all families here).
inline constexpr const char* kKnownSettings[] = {"alpha_pattern",
                                                 "auto_mapping",
                                                 "base_model_name_or_path",
                                                 "bias",
                                                 "corda_config",
                                                 "ensure_weight_tying",
                                                 "eva_config",
                                                 "exclude_modules",
                                                 "fan_in_fan_out",
                                                 "inference_mode",
                                                 "init_lora_weights",
                                                 "layers_pattern",
                                                 "layers_to_transform",
                                                 "lora_alpha",
                                                 "lora_dropout",
                                                 "lora_ga_config",
                                                 "megatron_core",
                                                 "merge_weights",
                                                 "modules_to_save",
                                                 "modules_to_tie",
                                                 "peft_type",
                                                 "peft_version",
                                                 "qalora_group_size",
                                                 "r",
                                                 "rank_pattern",
                                                 "revision",
                                                 "runtime_config",
                                                 "target_modules",
                                                 "task_type",
                                                 "use_dora",
                                                 "use_rslora"};

}  // namespace lorahub::lora
