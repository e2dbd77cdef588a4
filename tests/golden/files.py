"""Weight files and configs as torch, safetensors and transformers write them, and what they read back.

  python tests/golden/files.py    # writes tests/golden/files/; versions stand in expected.json
"""
import collections
import json
import pathlib
import platform
import sys

import safetensors
import safetensors.torch
import torch
import transformers

OUT = pathlib.Path(__file__).parent / "files"
OUT.mkdir(exist_ok=True)
torch.manual_seed(1)

TYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
    "U8": torch.uint8, "BOOL": torch.bool,
}


def described(tensors):
    """Values of bf16, f16 and f32 are exact in double, and so in JSON."""
    names = {dtype: name for name, dtype in TYPES.items()}
    return {
        name: {"dtype": names[t.dtype], "shape": list(t.shape),
               "values": t.detach().flatten().to(torch.float64).tolist()}
        for name, t in tensors.items()
    }


def every_type():
    tensors = {}
    for name, dtype in TYPES.items():
        values = torch.arange(6).reshape(2, 3)
        tensors["of." + name] = (values % 2 == 0) if name == "BOOL" else \
            ((values - 2.25) * 1.7).to(dtype) if dtype.is_floating_point or name[0] == "I" else values.to(dtype)
    tensors["number"] = torch.tensor(2.5)
    tensors["empty"] = torch.zeros(0, 4)
    tensors['quote"d and ünï'] = torch.tensor([1.0, -1.0])
    return tensors


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.wi = torch.nn.Linear(3, 2)
        self.wo = torch.nn.Linear(2, 3, bias=False)
        self.register_buffer("steps", torch.tensor(7))


def bins():
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    shared = torch.arange(5, dtype=torch.float32)
    views = {
        "transposed": base.t(), "column": base[:, 2], "part": base[1:3, 1:5], "every_second": base[::2, ::3],
        "expanded": torch.tensor([[1.0], [2.0]]).expand(2, 3), "shared": shared, "again": shared, "tail": shared[3:],
        "scalar": torch.tensor(-0.5), "empty": torch.zeros(0, 3),
    }
    model = Small()
    parameter = {"p": torch.nn.Parameter(torch.randn(2, 2)), "frozen": torch.nn.Parameter(torch.ones(3), False)}
    checkpoint = {"state_dict": model.state_dict(), "epoch": 3, "lr": 1e-4, "name": "x", "best": None, "on": True,
                  "big": 1 << 40, "steps": [1, -70000, (2, 3)], "shape": torch.Size([2, 3])}
    yield "state_dict.bin", model.state_dict(), model.state_dict(), {}
    yield "ordered.bin", collections.OrderedDict(every_type()), every_type(), {}
    yield "views.bin", views, views, {}
    yield "parameters.bin", parameter, parameter, {}
    yield "checkpoint.bin", checkpoint, model.state_dict(), {}
    for protocol in (3, 4, 5):
        yield f"protocol{protocol}.bin", checkpoint, model.state_dict(), {"pickle_protocol": protocol}
    yield "legacy.bin", model.state_dict(), {}, {"_use_new_zipfile_serialization": False}


def config_cases():
    t5, mt5 = transformers.T5Config, transformers.MT5Config
    given = [
        {"model_type": "t5"},
        {"model_type": "mt5"},
        {"model_type": "t5", "num_layers": 3},
        {"model_type": "t5", "num_layers": 3, "num_decoder_layers": 2, "feed_forward_proj": "gated-gelu"},
        {"model_type": "t5", "num_decoder_layers": None, "pad_token_id": 3, "decoder_start_token_id": 3},
        # google/flan-t5-large, google-t5/t5-small as published
        {"architectures": ["T5ForConditionalGeneration"], "d_ff": 2816, "d_kv": 64, "d_model": 1024,
         "decoder_start_token_id": 0, "dropout_rate": 0.1, "eos_token_id": 1, "feed_forward_proj": "gated-gelu",
         "initializer_factor": 1.0, "is_encoder_decoder": True, "layer_norm_epsilon": 1e-06, "model_type": "t5",
         "n_positions": 512, "num_decoder_layers": 24, "num_heads": 16, "num_layers": 24, "output_past": True,
         "pad_token_id": 0, "relative_attention_max_distance": 128, "relative_attention_num_buckets": 32,
         "tie_word_embeddings": False, "transformers_version": "4.23.1", "use_cache": True, "vocab_size": 32128},
        {"architectures": ["T5ForConditionalGeneration"], "d_ff": 2048, "d_kv": 64, "d_model": 512,
         "decoder_start_token_id": 0, "dropout_rate": 0.1, "eos_token_id": 1, "initializer_factor": 1.0,
         "is_encoder_decoder": True, "layer_norm_epsilon": 1e-06, "model_type": "t5", "n_positions": 512,
         "num_heads": 8, "num_layers": 6, "output_past": True, "pad_token_id": 0,
         "relative_attention_num_buckets": 32, "vocab_size": 32128,
         "task_specific_params": {"summarization": {"max_length": 200, "num_beams": 4, "prefix": "summarize: "}}},
        t5(d_model=24, feed_forward_proj="gated-relu", relative_attention_num_buckets=8,
           relative_attention_max_distance=20, layer_norm_epsilon=1e-5).to_dict(),
        mt5(num_heads=4, d_kv=16).to_dict(),
    ]
    for fields in given:
        config = (mt5 if fields["model_type"] == "mt5" else t5).from_dict(fields)
        start = getattr(config, "decoder_start_token_id", None)
        yield {"given": fields, "expected": {
            "d_model": config.d_model, "d_kv": config.d_kv, "d_ff": config.d_ff, "heads": config.num_heads,
            "encoder_layers": config.num_layers, "decoder_layers": config.num_decoder_layers,
            "vocabulary": config.vocab_size, "buckets": config.relative_attention_num_buckets,
            "max_distance": config.relative_attention_max_distance, "epsilon": config.layer_norm_epsilon,
            "gated": config.is_gated_act, "gelu": config.dense_act_fn == "gelu_new",
            "pad": config.pad_token_id, "eos": config.eos_token_id, "decoder_start": 0 if start is None else start}}


def main():
    expected = {"versions": {"python": platform.python_version(), "torch": torch.__version__,
                             "safetensors": safetensors.__version__, "transformers": transformers.__version__},
                "tensors": {}}
    safetensors.torch.save_file(every_type(), OUT / "types.safetensors", metadata={"format": "pt"})
    expected["tensors"]["types.safetensors"] = described(every_type())
    for name, value, tensors, options in bins():
        torch.save(value, OUT / name, **options)
        expected["tensors"][name] = described(tensors)
    expected["configs"] = list(config_cases())
    (OUT / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
