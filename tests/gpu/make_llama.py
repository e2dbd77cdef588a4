"""Writes a decoder-only model of random weights and what goes with it: FOLDER/{model,library,task.jsonl}.

usage: make_llama.py FOLDER      (with torch and safetensors; 0.5 GB)

The shape is SmolLM2-135M's: grouped heads, tied embeddings. The tokenizer gives each byte of a text a token of its own. Weights have the scales
of a trained model: unit activations after each norm, logits of a few nats.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

WIDTH, HIDDEN, LAYERS, HEAD, HEADS, KEY_HEADS, VOCABULARY = 576, 1536, 30, 64, 9, 3, 49152
END = VOCABULARY - 1
RANK, ALPHA, MODULES, EXAMPLES, LETTERS = 8, 16, 20, 5, 200


def normal(rows, columns, scale=1.0):
    return torch.randn(rows, columns) * scale * columns**-0.5


def weights():
    tensors = {"model.embed_tokens.weight": normal(VOCABULARY, WIDTH, 2), "model.norm.weight": torch.ones(WIDTH)}
    for i in range(LAYERS):
        at = f"model.layers.{i}"
        tensors |= {f"{at}.input_layernorm.weight": torch.ones(WIDTH), f"{at}.post_attention_layernorm.weight": torch.ones(WIDTH)}
        for name, rows in (("q", HEADS), ("k", KEY_HEADS), ("v", KEY_HEADS)):
            tensors[f"{at}.self_attn.{name}_proj.weight"] = normal(rows * HEAD, WIDTH)
        tensors[f"{at}.self_attn.o_proj.weight"] = normal(WIDTH, HEADS * HEAD)
        for name in ("gate", "up"):
            tensors[f"{at}.mlp.{name}_proj.weight"] = normal(HIDDEN, WIDTH)
        tensors[f"{at}.mlp.down_proj.weight"] = normal(WIDTH, HIDDEN)
    return tensors


def byte_names():
    """The letter by which byte-level tokenizers name each byte."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("\xa1"), ord("\xac") + 1), *range(ord("\xae"), ord("\xff") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {byte: chr(256 + i) for i, byte in enumerate(others)}


def vocabulary():
    """What no byte has is a word that a model can say and no text is cut into, since there are no merges."""
    names = byte_names()
    return {name: byte for byte, name in names.items()} | {f"{names[32]}{token}": token for token in range(256, END)}


def tokenizer():
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    end = {"id": END, "content": "<|endoftext|>", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
           "special": True}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [end], "normalizer": None, "pre_tokenizer": level,
            "post_processor": None, "decoder": level,
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                      "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                      "vocab": vocabulary(), "merges": []}}


def write(file, content):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=1))


def write_model(folder, tensors):
    write(folder / "config.json", {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": WIDTH, "intermediate_size": HIDDEN,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "num_key_value_heads": KEY_HEADS, "vocab_size": VOCABULARY,
        "max_position_embeddings": 2048, "rms_norm_eps": 1e-5, "rope_theta": 100000.0, "hidden_act": "silu",
        "tie_word_embeddings": True, "bos_token_id": None, "eos_token_id": END, "pad_token_id": END})
    write(folder / "tokenizer.json", tokenizer())
    write(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|endoftext|>"})
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def write_module(folder, tensors):
    factors = {}
    for name, weight in tensors.items():
        if name.endswith(("q_proj.weight", "v_proj.weight")):
            key = "base_model.model." + name.removesuffix(".weight")
            factors[f"{key}.lora_A.weight"] = normal(RANK, weight.shape[1])
            factors[f"{key}.lora_B.weight"] = torch.randn(weight.shape[0], RANK) * 0.02
    write(folder / "adapter_config.json", {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": "base", "r": RANK, "lora_alpha": ALPHA,
        "lora_dropout": 0.0, "bias": "none", "fan_in_fan_out": False, "inference_mode": True, "target_modules": ["q_proj", "v_proj"]})
    save_file(factors, folder / "adapter_model.safetensors", metadata={"format": "pt"})


def letters(count):
    return "".join(chr(ord("a") + int(torch.randint(26, ()))) for _ in range(count))


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.manual_seed(1)
    tensors = weights()
    write_model(folder / "model", tensors)
    for i in range(MODULES):
        write_module(folder / "library" / f"module_{i:02}", tensors)
    rows = [{"context": letters(LETTERS + i), "completion": letters(4)} for i in range(EXAMPLES)]
    (folder / "task.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


main()
