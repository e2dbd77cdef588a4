"""Writes what both sides of the comparison read: FOLDER/{model,library,task.jsonl,weights*.json}.

usage: make_model.py SIZE FOLDER VECTORS      (SIZE: small, base, large or tiny, the shapes of Flan-T5)

Weights are random at the scales of a trained T5: unit activations after each norm, logits of a few
nats. Tokenizer: the stand-in model of the tests, 4,000 of the 32,128 ids.
"""

import json
import pathlib
import shutil
import sys

import torch
from safetensors.torch import save_file

SPIECE = pathlib.Path(__file__).parents[2] / "golden" / "tokenizer" / "spiece.model"
VOCABULARY, HEAD, RANK, ALPHA, MODULES, EXAMPLES, SOURCE_TOKENS = 32128, 64, 16, 32, 20, 5, 128
RATIO = 0.03  # |dW| / |W| (Frobenius) of one module at weight 1
SIZES = {  # d_model, d_ff, heads, layers on each side
    "tiny": (128, 256, 2, 2),
    "small": (512, 1024, 6, 8),
    "base": (768, 2048, 12, 12),
    "large": (1024, 2816, 16, 24),
}


def attention(width, heads, prefix):
    inner = heads * HEAD
    normal = lambda rows, columns, deviation: torch.randn(rows, columns) * deviation
    return {
        f"{prefix}.q.weight": normal(inner, width, (width * HEAD) ** -0.5),
        f"{prefix}.k.weight": normal(inner, width, width**-0.5),
        f"{prefix}.v.weight": normal(inner, width, width**-0.5),
        f"{prefix}.o.weight": normal(width, inner, inner**-0.5),
    }


def stack(side, size):
    width, hidden, heads, layers = SIZES[size]
    norm = lambda: 1 + 0.1 * torch.randn(width)
    tensors = {f"{side}.final_layer_norm.weight": norm()}
    kinds = ["SelfAttention"] + (["EncDecAttention"] if side == "decoder" else [])
    for block in range(layers):
        for i, kind in enumerate(kinds):
            tensors |= attention(width, heads, f"{side}.block.{block}.layer.{i}.{kind}")
            tensors[f"{side}.block.{block}.layer.{i}.layer_norm.weight"] = norm()
        feed = f"{side}.block.{block}.layer.{len(kinds)}"
        for name in ("wi_0", "wi_1"):
            tensors[f"{feed}.DenseReluDense.{name}.weight"] = torch.randn(hidden, width) * width**-0.5
        tensors[f"{feed}.DenseReluDense.wo.weight"] = torch.randn(width, hidden) * hidden**-0.5
        tensors[f"{feed}.layer_norm.weight"] = norm()
    bias = f"{side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
    tensors[bias] = torch.randn(32, heads)
    return tensors


def write_model(folder, size):
    width, hidden, heads, layers = SIZES[size]
    folder.mkdir(parents=True)
    tensors = {"shared.weight": torch.randn(VOCABULARY, width),
               "lm_head.weight": torch.randn(VOCABULARY, width) * 3 * width**-0.5,
               **stack("encoder", size), **stack("decoder", size)}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = {"architectures": ["T5ForConditionalGeneration"], "model_type": "t5", "d_model": width,
              "d_ff": hidden, "d_kv": HEAD, "num_heads": heads, "num_layers": layers,
              "num_decoder_layers": layers, "vocab_size": VOCABULARY, "dropout_rate": 0.1,
              "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False,
              "layer_norm_epsilon": 1e-6, "relative_attention_num_buckets": 32,
              "relative_attention_max_distance": 128, "is_encoder_decoder": True, "use_cache": True,
              "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0}
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    shutil.copy(SPIECE, folder / "spiece.model")
    return {name: tensor for name, tensor in tensors.items() if name.endswith((".q.weight", ".v.weight"))}


def write_module(folder, targets):
    folder.mkdir(parents=True)
    tensors = {}
    for name, weight in targets.items():
        key = "base_model.model." + name.removesuffix(".weight")
        down = torch.randn(RANK, weight.shape[1]) * (3 * weight.shape[1]) ** -0.5
        up = torch.randn(weight.shape[0], RANK)
        change = torch.linalg.matrix_norm(up @ down) * ALPHA / RANK
        tensors[f"{key}.lora_A.weight"] = down
        tensors[f"{key}.lora_B.weight"] = up * (RATIO * torch.linalg.matrix_norm(weight) / change)
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    config = {"peft_type": "LORA", "task_type": "SEQ_2_SEQ_LM", "base_model_name_or_path": "base",
              "r": RANK, "lora_alpha": ALPHA, "lora_dropout": 0.0, "bias": "none",
              "fan_in_fan_out": False, "inference_mode": True, "target_modules": ["q", "v"]}
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=1))


def fields(message):
    """(number, value) of each field of a protobuf message; values of four bytes as they are."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
            continue
        length = 4 if tag & 7 == 5 else varint()
        yield tag >> 3, message[at:at + length]
        at += length


def words_of(spiece):
    """The pieces of a SentencePiece model that are whole words, each of which is one id."""
    pieces = [dict(fields(value))[1].decode() for number, value in fields(spiece.read_bytes()) if number == 1]
    return [piece[1:] for piece in sorted(pieces)
            if piece.startswith("\u2581") and piece[1:].isascii() and piece[1:].isalpha()]


def text_of(words, tokens):
    """Random words of `tokens` ids, </s> included."""
    return " ".join(words[int(torch.randint(len(words), ()))] for _ in range(tokens - 1))


def main():
    size, folder, vectors = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    torch.manual_seed(1)
    targets = write_model(folder / "model", size)
    for i in range(MODULES):
        write_module(folder / "library" / f"module_{i:02}", targets)
    words = words_of(SPIECE)
    rows = [{"context": text_of(words, SOURCE_TOKENS), "completion": text_of(words, 4)}
            for _ in range(EXAMPLES)]
    (folder / "task.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    weights = (torch.rand(1 + vectors, MODULES, dtype=torch.float64) - 0.5).tolist()
    (folder / "weights.json").write_text(json.dumps(weights))
    (folder / "weights_one.json").write_text(json.dumps(weights[:1]))


main()
