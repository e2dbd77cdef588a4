"""GGUF files as llama.cpp's Python package writes them, and the values that it reads back.

  python tests/golden/gguf_golden.py    # writes tests/golden/gguf/; versions stand in expected.json

types.gguf has a tensor of each type and values of each kind of metadata. llama.gguf has the tensors of one block as
llama.cpp stores them, among them q and k in its own order of rows; expected are those of the model it was made from.
"""
import importlib.metadata
import json
import pathlib

import gguf
import numpy

OUT = pathlib.Path(__file__).parent / "gguf"
OUT.mkdir(exist_ok=True)
RANDOM = numpy.random.default_rng(1)
QuantType = gguf.GGMLQuantizationType
PLAIN = {"F32": QuantType.F32, "F16": QuantType.F16, "BF16": QuantType.BF16}
BLOCKS = {name: QuantType[name] for name in ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0")}


def described(values):
    """f32 is exact in double, and so in JSON."""
    return {"shape": list(values.shape), "values": values.astype(numpy.float64).flatten().tolist()}


def add(writer, name, values, kind):
    """Adds values in a type, and gives those that are read back."""
    stored = gguf.quants.quantize(values.astype(numpy.float32), kind)
    shape = None if kind in (QuantType.F32, QuantType.F16) else stored.shape
    writer.add_tensor(name, stored, raw_shape=shape, raw_dtype=kind)
    return described(gguf.quants.dequantize(stored, kind).reshape(values.shape))


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def every_type():
    writer = gguf.GGUFWriter(OUT / "types.gguf", "test")
    add_value = {"u8": writer.add_uint8, "i8": writer.add_int8, "u16": writer.add_uint16, "i16": writer.add_int16,
                 "u32": writer.add_uint32, "i32": writer.add_int32, "u64": writer.add_uint64, "i64": writer.add_int64}
    for name, function in add_value.items():
        function(f"test.{name}", -5 if name[0] == "i" else 2**int(name[1:]) - 1 if name != "u64" else 2**40)
    writer.add_float32("test.f32", 0.1)
    writer.add_float64("test.f64", 0.1)
    writer.add_bool("test.flag", True)
    writer.add_string("test.text", "ünï")
    writer.add_array("test.texts", ["a", "", "ü"])
    writer.add_array("test.whole", [3, -1, 2])
    writer.add_array("test.floats", [0.5, -1.25])
    expected = {}
    for name, kind in {**PLAIN, **BLOCKS}.items():
        values = RANDOM.normal(size=(3, 64)) * numpy.array([[1], [1e-3], [100]])
        values[2, :32] = 0  # a block whose scale is nothing
        expected[name] = add(writer, name, values, kind)
    expected["vector"] = add(writer, "vector", RANDOM.normal(size=5), QuantType.F32)
    finish(writer)
    return expected


def stored_rows(values, heads):
    """As convert_hf_to_gguf.py of llama.cpp permutes q and k."""
    return values.reshape(heads, 2, values.shape[0] // heads // 2, *values.shape[1:]).swapaxes(1, 2).reshape(values.shape)


def llama():
    d, heads, kv_heads, width, ff, words = 32, 4, 2, 8, 32, 7
    writer = gguf.GGUFWriter(OUT / "llama.gguf", "llama")
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    here = "model.layers.0."
    tensors = [  # stored name, name, shape, heads whose rows are stored in pairs
        ("token_embd", "model.embed_tokens", (words, d), 0), ("output_norm", "model.norm", (d,), 0),
        ("output", "lm_head", (words, d), 0), ("blk.0.attn_norm", here + "input_layernorm", (d,), 0),
        ("blk.0.ffn_norm", here + "post_attention_layernorm", (d,), 0),
        ("blk.0.attn_q", here + "self_attn.q_proj", (heads * width, d), heads),
        ("blk.0.attn_k", here + "self_attn.k_proj", (kv_heads * width, d), kv_heads),
        ("blk.0.attn_v", here + "self_attn.v_proj", (kv_heads * width, d), 0),
        ("blk.0.attn_output", here + "self_attn.o_proj", (d, heads * width), 0),
        ("blk.0.ffn_gate", here + "mlp.gate_proj", (ff, d), 0), ("blk.0.ffn_up", here + "mlp.up_proj", (ff, d), 0),
        ("blk.0.ffn_down", here + "mlp.down_proj", (d, ff), 0)]
    expected = {}
    for name, name_here, shape, paired in tensors:
        values = RANDOM.normal(size=shape).astype(numpy.float32)
        kind = QuantType.F32 if len(shape) == 1 else QuantType.F16 if name == "blk.0.attn_k" else QuantType.Q4_1
        rounded = gguf.quants.dequantize(gguf.quants.quantize(values, kind), kind).reshape(shape)
        expected[name_here + ".weight"] = described(rounded)
        add(writer, name + ".weight", stored_rows(values, paired) if paired else values, kind)
    bias = RANDOM.normal(size=heads * width).astype(numpy.float32)
    expected[here + "self_attn.q_proj.bias"] = described(bias)
    add(writer, "blk.0.attn_q.bias", stored_rows(bias, heads), QuantType.F32)
    add(writer, "rope_freqs.weight", numpy.ones(width // 2), QuantType.F32)
    add(writer, "blk.0.other.weight", numpy.ones(2), QuantType.F32)
    expected["blk.0.other.weight"] = described(numpy.ones(2))
    finish(writer)
    return expected


expected = {"versions": {"gguf": importlib.metadata.version("gguf"), "numpy": numpy.__version__},
            "types.gguf": every_type(), "llama.gguf": llama()}
(OUT / "expected.json").write_text(json.dumps(expected) + "\n")
