#!/usr/bin/env python3
"""Writes the seed corpus: tests/fuzz/corpus/TARGET/{valid,hostile}/ (make_bpe_corpus.py writes that of bpe_json).

    python3 tests/fuzz/make_corpus.py

Valid files are those of tests/golden and configs (as transformers, PEFT and torch wrote them) and small ones written
here; hostile ones are cut, changed or made to lie. Reproducers that fuzzing found are added by hand, `found_*`.
"""
import base64
import hashlib
import json
import pathlib
import pickle
import struct
import zipfile
import io
import zlib

TESTS = pathlib.Path(__file__).resolve().parents[1]
CORPUS = TESTS / "fuzz" / "corpus"
FILES = TESTS / "golden" / "files"
KEPT = "found_"
DEEP = "[" * 20000 + "]" * 20000  # well-formed


def put(target, kind, name, content):
    folder = CORPUS / target / kind
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


# Messages between ranks, as base/bytes.hpp writes them: numbers as they lie in memory, a count before texts and lists.

def counted(part):
    part = part if isinstance(part, bytes) else part.encode()
    return struct.pack("<Q", len(part)) + part


def texts(*parts):
    return struct.pack("<Q", len(parts)) + b"".join(counted(part) for part in parts)


def pairs(*pairs):
    return struct.pack("<Q", len(pairs)) + b"".join(counted(part) for pair in pairs for part in pair)


def doubles(*values):
    return struct.pack(f"<Q{len(values)}d", len(values), *values)


def trial(*settings):
    return pairs(*settings) + counted("model") + counted("library") + counted("pool") + counted("test") + counted("seed=1")


def request(kind, body=b"", trial=b"", kept=()):
    return b"q" + kind + struct.pack("<Q", 3) + counted(trial) + struct.pack(f"<Q{len(kept)}I", len(kept), *kept) + counted(body)


def tile(shape, weights, centre=()):
    """shape: dim, candidates, first_example, examples."""
    return struct.pack("<4i", *shape) + doubles(*weights) + doubles(*centre)


def result(steps=2, backwards=10):
    return b"r" + struct.pack("<d", 1) + texts("yes", "") + doubles(1, 1) + struct.pack("<qq", steps, backwards)


def rank_message():
    """What lead and ranks say to each other (tests/fuzz/messages.cpp)."""
    known = trial(("method", "lorahub"), ("shots", "7"), ("task", "E1_isa_letter"))
    measure = request(b"M", tile((2, 2, 0, 5), [0.5, -1.0, 0.25, 3.0]), trial=known, kept=(0, 7))
    slope = b"s" + struct.pack("<d", 0.5) + doubles(0.25, -1)
    loaded = b"l" + struct.pack("<q", 32) + texts("find_letter", "max_letter")
    agree = struct.pack("<Q", 1) + counted(known) + counted("files") + counted("shots") + counted("") + pairs(("state", "hash"))
    put("message", "valid", "join", request(b"J", b"hashes of rows", trial=known))
    put("message", "valid", "measure", measure)
    put("message", "valid", "search_around_a_centre", request(b"S", tile((2, 1, 0, 5), [0.5, -1.0], centre=[0.5, 0.5]), trial=known))
    put("message", "valid", "search_of_nothing", request(b"S", tile((0, 0, 0, 0), [])))
    put("message", "valid", "answer", request(b"A", struct.pack("<Q", 4) + doubles(0.5, 0.25), trial=known))
    put("message", "valid", "probe", request(b"P", struct.pack("<I", 4), trial=known))
    put("message", "valid", "agree", request(b"E", agree))
    put("message", "valid", "loaded", loaded)
    put("message", "valid", "difference", b"d\2" + struct.pack("<Q", 1) + pairs(("shots", "5")))
    put("message", "valid", "result", result())
    put("message", "valid", "ask_slope", request(b"G", tile((2, 1, 0, 5), [0.5, -1.0]), trial=known))
    put("message", "valid", "slope", slope)
    put("message", "hostile", "nothing", b"")
    put("message", "hostile", "unknown", b"x")
    put("message", "hostile", "unknown_kind", request(b"?"))
    put("message", "hostile", "cut", measure[:-9])
    put("message", "hostile", "too_long", measure + b"x")
    put("message", "hostile", "huge_kept", b"qJ" + struct.pack("<QQQ", 0, 0, 2**62))
    put("message", "hostile", "huge_dim", request(b"M", tile((2**31 - 1, 2**31 - 1, 0, 1), [0.5])))
    put("message", "hostile", "negative_tile", request(b"M", tile((2, 1, -3, 5), [0.5, 1.0])))
    put("message", "hostile", "other_candidates", request(b"M", tile((2, 2, 0, 5), [0.5, 1.0])))
    put("message", "hostile", "torn_weights", request(b"A", struct.pack("<QQ", 4, 1) + b"12345"))
    put("message", "hostile", "centre_of_other_modules", request(b"S", tile((2, 1, 0, 5), [0.5, -1.0], centre=[0.5])))
    put("message", "hostile", "unknown_knob", request(b"J", trial=trial(("shotz", "7"))))
    put("message", "hostile", "knob_twice", request(b"J", trial=trial(("shots", "7"), ("shots", "7"))))
    put("message", "hostile", "trial_without_end", request(b"J", trial=known[:-1]))
    put("message", "hostile", "loaded_without_end", loaded[:-1])
    put("message", "hostile", "huge_text", b"l" + struct.pack("<qQQ", 0, 1, 2**63))
    put("message", "hostile", "huge_list", b"l" + struct.pack("<qQ", 0, 2**63))
    put("message", "hostile", "unknown_difference", b"d\7" + struct.pack("<Q", 1) + pairs())
    put("message", "hostile", "result_of_negative_steps", result(steps=-1))
    put("message", "hostile", "result_of_negative_backwards", result(backwards=-1))
    put("message", "hostile", "slope_cut", slope[:-4])
    put("message", "hostile", "ask_slope_without_weights", request(b"G", tile((2, 1, 0, 5), [])))


def safetensors_file(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def safetensors():
    whole = (FILES / "types.safetensors").read_bytes()
    put("safetensors", "valid", "types", whole)
    one = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}
    put("safetensors", "valid", "one", safetensors_file({"a": one}, bytes(24)))
    put("safetensors", "valid", "empty_tensor", safetensors_file({"a": {**one, "shape": [0, 3], "data_offsets": [0, 0]}}))
    put("safetensors", "valid", "metadata", safetensors_file({"__metadata__": {"format": "pt"}, "a": one}, bytes(24)))
    lies = {
        "overlap": {"a": one, "b": one},
        "hole": {"a": {**one, "data_offsets": [4, 28]}},
        "backwards": {"a": {**one, "data_offsets": [24, 0]}},
        "huge_shape": {"a": {**one, "shape": [2**62, 2**62]}},
        "overflow": {"a": {**one, "shape": [2**32, 2**32, 6]}},
        "negative": {"a": {**one, "shape": [-2, -3]}},
        "many_sizes": {"a": {**one, "shape": [1] * 70 + [6]}},
        "no_dtype": {"a": {"shape": [2, 3], "data_offsets": [0, 24]}},
        "float_offsets": {"a": {**one, "data_offsets": [0.0, 24.0]}},
        "unknown_dtype": {"a": {**one, "dtype": "F8_E5M2"}},
        "not_object": [1, 2],
    }
    for name, header in lies.items():
        put("safetensors", "hostile", name, safetensors_file(header, bytes(28)))
    put("safetensors", "hostile", "cut", whole[: len(whole) // 2])
    put("safetensors", "hostile", "none", b"")
    put("safetensors", "hostile", "long_header", struct.pack("<Q", 2**63) + b"{}")
    put("safetensors", "hostile", "deep", safetensors_file(b'{"a":' + b"[" * 20000))
    put("safetensors", "hostile", "deep_shape", safetensors_file(('{"a":{"dtype":"F32","shape":%s,"data_offsets":[0,24]}}' % DEEP).encode(), bytes(24)))
    put("safetensors", "hostile", "lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")


def member(name):
    return zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))  # the same bytes each time


def archive(body, storage=bytes(24)):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as members:
        members.writestr(member("x/data.pkl"), body)
        members.writestr(member("x/data/0"), storage)
    return out.getvalue()


def text(word):
    return b"\x8c" + bytes([len(word)]) + word.encode()


def number(value):
    return b"J" + struct.pack("<i", value)


def tensor(count=6, offset=0, size=(2, 3), stride=(3, 1)):
    name = lambda module, word: b"c" + module + b"\n" + word + b"\n"
    listed = lambda values: b"(" + b"".join(number(v) for v in values) + b"t"
    storage = b"(" + text("storage") + name(b"torch", b"FloatStorage") + text("0") + text("cpu") + number(count) + b"tQ"
    return (name(b"torch._utils", b"_rebuild_tensor_v2") + b"(" + storage + number(offset) + listed(size) + listed(stride)
            + b"\x89" + name(b"collections", b"OrderedDict") + b")R" + b"tR")


def saved(body):
    return archive(b"\x80\x04}(" + text("a") + body + b"u.")


class Attack:
    def __reduce__(self):
        import os
        return os.system, ("true",)


def pytorch_bin():
    for file in sorted(FILES.glob("*.bin")):
        put("pytorch_bin", "hostile" if file.stem == "legacy" else "valid", file.stem, file.read_bytes())
    put("pytorch_bin", "valid", "by_hand", saved(tensor()))
    put("pytorch_bin", "hostile", "repeated", saved(tensor(size=(2**20, 2**20), stride=(0, 0))))
    whole = (FILES / "state_dict.bin").read_bytes()
    put("pytorch_bin", "hostile", "attack", archive(pickle.dumps({"a": Attack()}, 2)))
    put("pytorch_bin", "hostile", "cut", whole[: len(whole) // 2])
    put("pytorch_bin", "hostile", "outside", saved(tensor(size=(200, 300))))
    put("pytorch_bin", "hostile", "negative_offset", saved(tensor(offset=-1)))
    put("pytorch_bin", "hostile", "negative_stride", saved(tensor(stride=(-3, 1))))
    put("pytorch_bin", "hostile", "negative_size", saved(tensor(size=(-2, 3))))
    put("pytorch_bin", "hostile", "more_than_there_is", saved(tensor(count=2**31 - 1)))
    put("pytorch_bin", "hostile", "deep", archive(b"\x80\x04" + b"](" * 30000 + b"."))
    put("pytorch_bin", "hostile", "holds_itself", archive(b"\x80\x04]\x94h\x00a."))
    put("pytorch_bin", "hostile", "no_dict", archive(b"\x80\x04K\x01."))
    put("pytorch_bin", "hostile", "no_pickle", b"PK\5\6" + bytes(18))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr(member("x/data.pkl"), b"\x80\x04}.", zipfile.ZIP_DEFLATED)
    put("pytorch_bin", "hostile", "compressed", packed.getvalue())


def gguf_file(tensors=None, values=(), count=None, version=3, data=bytes(256)):
    """tensors: name, sizes, type, offset; values: key, type, bytes."""
    tensors = [("a", [32], 0, 0)] if tensors is None else tensors
    out = b"GGUF" + struct.pack("<IQQ", version, len(tensors) if count is None else count, len(values))
    for key, kind, value in values:
        out += counted(key) + struct.pack("<I", kind) + value
    for name, sizes, kind, offset in tensors:
        out += counted(name) + struct.pack(f"<I{len(sizes)}QIQ", len(sizes), *sizes, kind, offset)
    return out + bytes(-len(out) % 32) + data


def gguf():
    golden = TESTS / "golden" / "gguf"
    for name in ("types", "llama"):
        put("gguf", "valid", name, (golden / f"{name}.gguf").read_bytes())
    put("gguf", "valid", "one", gguf_file())
    put("gguf", "valid", "nothing", gguf_file(tensors=[], data=b""))
    put("gguf", "valid", "version2", gguf_file(version=2))
    put("gguf", "valid", "block_vectors", gguf_file([("a", [32], 8, 0), ("b", [32], 8, 64)]))
    llama = [("general.architecture", 8, counted("llama")), ("llama.attention.head_count", 4, struct.pack("<I", 2))]
    whole = (golden / "types.gguf").read_bytes()
    number = struct.pack("<I", 7)
    hostile = {
        "none": b"", "cut_header": whole[:20], "cut_metadata": whole[:200], "cut_data": whole[:-32], "version1": gguf_file(version=1),
        "big_endian": gguf_file(version=3 << 24), "count": gguf_file(count=2**60), "k_quant": gguf_file([("a", [256], 12, 0)]),
        "iq_quant": gguf_file([("a", [256], 16, 0)]), "unknown_type": gguf_file([("a", [32], 77, 0)]), "rows": gguf_file([("a", [33], 2, 0)]),
        "overflow": gguf_file([("a", [2**40, 2**40], 0, 0)]), "negative": gguf_file([("a", [2**64 - 1], 0, 0)]), "no_values": gguf_file([("a", [0], 0, 0)]),
        "dimensions": gguf_file([("a", [1] * 5, 0, 0)]), "no_dimensions": gguf_file([("a", [], 0, 0)]), "unaligned": gguf_file([("a", [32], 0, 4)]),
        "beyond": gguf_file([("a", [32], 0, 2**62)]), "last_byte": gguf_file([("a", [32], 0, 160)]),
        "overlap": gguf_file([("a", [32], 0, 0), ("b", [32], 0, 64)]), "twice": gguf_file([("a", [8], 0, 0), ("a", [8], 0, 32)]),
        "alignment": gguf_file(values=[("general.alignment", 4, struct.pack("<I", 48))]),
        "alignment_0": gguf_file(values=[("general.alignment", 4, struct.pack("<I", 0))]),
        "alignment_text": gguf_file(values=[("general.alignment", 8, counted("32"))]), "kind": gguf_file(values=[("k", 13, bytes(8))]),
        "list_of_lists": gguf_file(values=[("k", 9, struct.pack("<IQ", 9, 1))]), "huge_list": gguf_file(values=[("k", 9, struct.pack("<IQ", 0, 2**63))]),
        "huge_texts": gguf_file(values=[("k", 9, struct.pack("<IQ", 8, 2**40))]), "huge_text": gguf_file(values=[("k", 8, struct.pack("<Q", 2**63))]),
        "huge_number": gguf_file(values=[("k", 10, struct.pack("<Q", 2**63))]), "key_twice": gguf_file(values=[("k", 4, number), ("k", 4, number)]),
        "heads": gguf_file([("blk.0.attn_q.weight", [2, 6], 0, 0)], llama),
        "huge_heads": gguf_file([("blk.0.attn_q.weight", [2, 6], 0, 0)], [llama[0], ("llama.attention.head_count", 10, struct.pack("<Q", 2**62))]),
        "heads_of_blocks": gguf_file([("blk.0.attn_q.bias", [32], 8, 0)], llama),
        "two_names": gguf_file([("blk.0.attn_q.weight", [64, 2], 8, 0), ("model.layers.0.self_attn.q_proj.weight", [32], 8, 160)]),
        "no_heads": gguf_file([("blk.0.attn_q.weight", [2, 6], 0, 0)], [("general.architecture", 8, counted("llama"))]),
        "lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 3\n",
    }
    for name, content in hostile.items():
        put("gguf", "hostile", name, content)


def gguf_tokenizer():
    """A file without tensors: tokens, their types and what joins them."""
    numbers = lambda kind, form, parts: struct.pack(f"<IQ{len(parts)}{form}", kind, len(parts), *parts)
    words = lambda parts: struct.pack("<I", 8) + texts(*parts)

    def file(**values):
        kinds = {str: lambda value: (8, counted(value)), int: lambda value: (11, struct.pack("<q", value)),
                 bool: lambda value: (7, struct.pack("<?", value)), bytes: lambda value: (9, value)}
        return gguf_file([], [("tokenizer.ggml." + key, *kinds[type(value)](value)) for key, value in values.items() if value is not None], data=b"")

    def bytes_of(**changed):
        return file(**{"model": "gpt2", "pre": "gpt-2", "tokens": words(["</s>", "<s>", "a", "b", "\u0120", "ab", "\u0120ab", "1", "zorp"]),
                       "token_type": numbers(5, "i", [3, 3, 1, 1, 1, 1, 1, 1, 4]), "merges": words(["a b", "\u0120 ab"]), "bos_token_id": 1,
                       "eos_token_id": 0, **changed})

    def pieces_of(**changed):
        return file(**{"model": "llama", "tokens": words(["<unk>", "<s>", "</s>", "<0x0A>", "<0xE4>", "\u2581", "a", "b", "ab", "\u2581ab"]),
                       "token_type": numbers(5, "i", [2, 3, 3, 6, 6, 1, 1, 1, 1, 1]), "scores": numbers(6, "f", [0, 0, 0, 0, 0, -1, -2, -3, -4, -5]),
                       "unknown_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, **changed})

    put("gguf_tokenizer", "valid", "bytes", bytes_of())
    for pre in ("smollm", "llama-bpe", "qwen2", "tekken"):
        put("gguf_tokenizer", "valid", pre, bytes_of(pre=pre))
    put("gguf_tokenizer", "valid", "pieces", pieces_of())
    put("gguf_tokenizer", "valid", "flags", pieces_of(add_bos_token=False, add_eos_token=True, add_space_prefix=False))
    put("gguf_tokenizer", "valid", "unused", bytes_of(token_type=numbers(5, "i", [3, 3, 1, 1, 1, 1, 1, 5, 5])))
    put("gguf_tokenizer", "valid", "nothing_joined", bytes_of(merges=words([])))
    nine = numbers(5, "i", [1] * 9)
    hostile = {
        "none": file(), "no_tokens": bytes_of(tokens=words([])), "tokens_number": bytes_of(tokens=3), "tokens_of_numbers": bytes_of(tokens=nine),
        "not_utf8": bytes_of(tokens=words([b"\xff"] * 9)), "twice": bytes_of(tokens=words(["a"] * 9)), "few_types": bytes_of(token_type=numbers(5, "i", [1])),
        "no_types": bytes_of(token_type=None), "types_of_text": bytes_of(token_type=words(["1"] * 9)), "type": bytes_of(token_type=numbers(5, "i", [7] * 9)),
        "model": bytes_of(model="bert"), "no_model": bytes_of(model=None), "pre": bytes_of(pre="deepseek-llm"), "pre_number": bytes_of(pre=1),
        "no_merges": bytes_of(merges=None), "no_pair": bytes_of(merges=words(["ab"])), "triple": bytes_of(merges=words(["a b a"])),
        "absent": bytes_of(merges=words(["b a"])), "empty_half": bytes_of(merges=words([" a"])), "eos_far": bytes_of(eos_token_id=9),
        "eos_negative": bytes_of(eos_token_id=-2), "no_eos": bytes_of(eos_token_id=None), "bos_text": bytes_of(bos_token_id="1"),
        "empty_added": bytes_of(tokens=words(["</s>", "", "a", "b", "\u0120", "ab", "\u0120ab", "1", "zorp"])), "flag_text": pieces_of(add_bos_token="yes"),
        "few_scores": pieces_of(scores=numbers(6, "f", [0])), "no_scores": pieces_of(scores=None), "whole_scores": pieces_of(scores=numbers(5, "i", [0] * 10)),
        "nan": pieces_of(scores=numbers(6, "f", [float("nan")] * 10)), "infinite": pieces_of(scores=numbers(6, "f", [float("inf")] * 10)),
        "unknown_far": pieces_of(unknown_token_id=10), "huge_tokens": bytes_of(tokens=struct.pack("<IQ", 8, 2**60)), "cut": bytes_of()[:200],
        "long_piece": pieces_of(tokens=words(["<unk>", "<s>", "</s>", "<0x0A>", "<0xE4>", "\u2581", "a", "b", "ab", "a" * 100000])),
    }
    for name, content in hostile.items():
        put("gguf_tokenizer", "hostile", name, content)


def adapter_config():
    plain = {"peft_type": "LORA", "task_type": "SEQ_2_SEQ_LM", "base_model_name_or_path": "base", "r": 4, "lora_alpha": 8,
             "lora_dropout": 0.0, "bias": "none", "fan_in_fan_out": False, "inference_mode": True, "target_modules": ["q", "v"]}
    valid = {
        "peft_0_4": {**plain, "init_lora_weights": True, "layers_pattern": None, "layers_to_transform": None,
                     "modules_to_save": None, "revision": None},
        "patterns": {**plain, "rank_pattern": {"decoder.*k": 2, "q": 3}, "alpha_pattern": {"v": 16.5}, "use_rslora": True},
        "expression": {**plain, "target_modules": r".*decoder.*\.(SelfAttention|EncDecAttention)\.(q|v)$"},
        "all_linear": {**plain, "target_modules": "all-linear", "exclude_modules": ["wo"]},
        "some_layers": {**plain, "layers_to_transform": [0]},
        "gaussian": {**plain, "init_lora_weights": "gaussian", "bias": "lora_only"},
        "patterns_in_order": {**plain, "rank_pattern": {"q": 2, ".*q": 3}, "alpha_pattern": {"wi_.": 64, "[qv]$": 3}},
        "of_python": {**plain, "target_modules": r"(?P<side>encoder|decoder)\.[^q]*.{,9}\.(?:q|v)\Z"},
        "depths": {**plain, "layers_to_transform": [0, 1], "layers_pattern": ["block"]},
        "dora": {**plain, "use_dora": True}, "bias": {**plain, "bias": "all"},
        "modules_to_save": {**plain, "modules_to_save": ["lm_head"]},
        "unused": {**plain, "use_dora": False, "modules_to_save": [], "loftq_config": {}, "layer_replication": None},
    }
    for name, config in valid.items():
        put("adapter_config", "valid", name, json.dumps(config, indent=1))
    hostile = {
        "pissa": {"init_lora_weights": "pissa"}, "ia3": {"peft_type": "IA3"}, "unknown": {"new_method": 0.5},
        "rank_zero": {"r": 0}, "rank_negative": {"r": -4}, "rank_text": {"r": "4"}, "rank_huge": {"r": 1e300},
        "rank_part": {"r": 1.5}, "alpha_null": {"lora_alpha": None}, "targets_number": {"target_modules": 7},
        "targets_mixed": {"target_modules": ["q", 7]}, "targets_object": {"target_modules": {"q": 1}},
        "targets_none": {"target_modules": ["nothing"]}, "targets_empty": {"target_modules": []},
        "expression_open": {"target_modules": "(((q"}, "expression_slow": {"target_modules": "(.*.*)*" * 40 + "x"},
        "expression_deep": {"target_modules": "(" * 5000 + ")" * 5000},
        "pattern_list": {"rank_pattern": [1, 2]}, "pattern_text": {"rank_pattern": {"q": "two"}},
        "look_behind": {"target_modules": "(?<=a)q"}, "back_reference": {"alpha_pattern": {"(.)\\2": 3}},
        "class_open": {"target_modules": "[q"}, "class_backwards": {"target_modules": "[z-a]q"},
        "class_escape": {"target_modules": "[\\d-z]q"}, "escape_last": {"target_modules": "q\\"},
        "repeats_many": {"target_modules": "(q{999}){999}"}, "repeats_of_repeats": {"target_modules": "q{2}{3}"},
        "repeats_huge": {"target_modules": "q{99999999999999999999}"}, "group_open": {"target_modules": "(?P<q"},
        "pattern_textual": {"alpha_pattern": {"q)|(v": 3}}, "depths_word": {"layers_to_transform": ["0"]},
        "depths_beside_expression": {"target_modules": ".*q", "layers_to_transform": [0]},
        "depths_pattern_alone": {"layers_pattern": "block"}, "depths_pattern_odd": {"layers_to_transform": [0], "layers_pattern": "b.*"},
    }
    for name, change in hostile.items():
        put("adapter_config", "hostile", name, json.dumps({**plain, **change}))
    put("adapter_config", "hostile", "cut", json.dumps(plain)[:60])
    put("adapter_config", "hostile", "none", b"")
    put("adapter_config", "hostile", "number_too_large", json.dumps(plain).replace('"r": 4', '"r": 1e999'))
    put("adapter_config", "hostile", "deep", b"[" * 20000)
    put("adapter_config", "hostile", "deep_unknown", json.dumps(plain)[:-1] + ', "new": %s}' % DEEP)
    put("adapter_config", "hostile", "deep_targets", json.dumps(plain)[:-1] + ', "target_modules": %s}' % DEEP)
    put("adapter_config", "hostile", "not_utf8", b'{"peft_type": "LORA", "\xff": 1}')


def config():
    plain = {"model_type": "t5", "d_model": 16, "d_kv": 4, "d_ff": 32, "num_heads": 2, "num_layers": 2, "vocab_size": 50,
             "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}
    valid = {
        "t5": plain, "defaults": {"model_type": "mt5"},
        "transformers_5": {**plain, "dense_act_fn": "gelu_new", "is_gated_act": True, "scale_decoder_outputs": False,
                           "dtype": "float32", "eos_token_id": [1], "quantization_config": None},
        "old": {"model_type": "t5", "n_positions": 512, "output_past": True,
                "task_specific_params": {"summarization": {"num_beams": 4, "prefix": "summarize: "}}},
        "beams": {**plain, "num_beams": 4, "early_stopping": True}, "aliases": {**plain, "hidden_size": 16, "head_dim": 4},
    }
    for name, fields in valid.items():
        put("config", "valid", name, json.dumps(fields, indent=1))
    for name in ("llama", "mistral", "qwen2", "qwen3_yarn"):
        put("config", "valid", name, json.dumps(json.loads((TESTS / "golden" / "llama" / f"{name}.json").read_text())["config"]))
    hostile = {
        "bert": {"model_type": "bert"}, "no_type": {"model_type": None}, "type_number": {"model_type": 5},
        "layers_zero": {"num_layers": 0}, "layers_many": {"num_layers": 10**9}, "layers_huge": {"num_layers": 2**63},
        "width_text": {"d_model": "16"}, "width_part": {"d_model": 16.5}, "width_list": {"d_model": [16, 16]},
        "vocabulary_negative": {"vocab_size": -1}, "token_outside": {"pad_token_id": 50}, "tokens": {"eos_token_id": [1, 2]},
        "epsilon": {"layer_norm_epsilon": 2}, "dropout": {"dropout_rate": 1.5}, "buckets": {"relative_attention_num_buckets": 1},
        "distance": {"relative_attention_max_distance": 1}, "activation": {"feed_forward_proj": "gated-silu"},
        "other_activation": {"dense_act_fn": "gelu"}, "gated_word": {"is_gated_act": "yes"}, "alias": {"hidden_size": 17},
        "quantised": {"quantization_config": {"load_in_8bit": True}}, "code": {"auto_map": {"AutoModel": "own.Code"}},
        "decoder_only": {"is_encoder_decoder": False}, "pruned": {"pruned_heads": {"0": [1]}},
    }
    for name, change in hostile.items():
        put("config", "hostile", name, json.dumps({**plain, **change}))
    put("config", "hostile", "cut", json.dumps(plain)[:60])
    put("config", "hostile", "none", b"")
    put("config", "hostile", "list", "[1]")
    put("config", "hostile", "number_too_large", json.dumps(plain).replace('"d_kv": 4', '"d_kv": 1e999'))
    put("config", "hostile", "deep", b"[" * 20000)
    put("config", "hostile", "deep_field", json.dumps(plain)[:-1] + ', "quantization_config": %s}' % DEEP)
    put("config", "hostile", "not_utf8", b'{"model_type": "t5", "caf\xe9": 1}')
    put("config", "hostile", "utf16", json.dumps(plain).encode("utf-16"))
    put("config", "hostile", "lfs", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")


def generation_config():
    plain = {"decoder_start_token_id": 0, "eos_token_id": 1, "pad_token_id": 0}
    for name, change in {"plain": {}, "beams": {"num_beams": 4, "length_penalty": 2.0}, "sampling": {"do_sample": True},
                         "odd": {"num_beams": "four", "suppress_tokens": {"a": 1}, "min_length": True},
                         "list": {"eos_token_id": [1]}, "null": {"eos_token_id": None}}.items():
        put("generation_config", "valid", name, json.dumps({**plain, **change}))
    for name, change in {"end": {"eos_token_id": 2}, "ends": {"eos_token_id": [1, 2]}, "start": {"decoder_start_token_id": 5},
                         "word": {"eos_token_id": "1"}, "end_huge": {"eos_token_id": 2**63}}.items():
        put("generation_config", "hostile", name, json.dumps({**plain, **change}))
    put("generation_config", "hostile", "deep", '{"num_beams": %s}' % DEEP)
    put("generation_config", "hostile", "cut", '{"num_beams": ')
    put("generation_config", "hostile", "none", b"")
    put("generation_config", "hostile", "array", "[]")


def weight_index():
    put("weight_index", "valid", "one", json.dumps({"weight_map": {"a": "one.safetensors"}}))
    put("weight_index", "valid", "two", json.dumps({"metadata": {"total_size": 9}, "weight_map": {
        "a": "one.safetensors", "b": "two.safetensors", "c": "one.safetensors"}}))
    hostile = {"missing": {"weight_map": {"a": "three.safetensors"}}, "up": {"weight_map": {"a": "../one.safetensors"}},
               "folder": {"weight_map": {"a": "x/one.safetensors"}}, "root": {"weight_map": {"a": "/etc/passwd"}},
               "dots": {"weight_map": {"a": ".."}}, "name_none": {"weight_map": {"a": ""}}, "number": {"weight_map": {"a": 1}},
               "list": {"weight_map": ["one.safetensors"]}, "empty": {"weight_map": {}}, "other": {"map": {}},
               "zero": {"weight_map": {"a": "one.safetensors\0x"}}}
    for name, content in hostile.items():
        put("weight_index", "hostile", name, json.dumps(content))
    put("weight_index", "hostile", "none", b"")
    put("weight_index", "hostile", "deep", '{"weight_map": %s}' % DEEP)


def task():
    rows = '{"context": "1 + 1 =", "completion": "2"}\n\n{"input": "a", "target": "b", "adapter": "x"}\n'
    put("task", "valid", "lines", rows)
    put("task", "valid", "mark", b"\xef\xbb\xbf" + rows.encode())
    put("task", "valid", "flan", '{"inputs": "\\u00e4\\ud83d\\ude00", "targets": "\\n"}\r\n')
    put("task", "valid", "bbh", json.dumps({"canary": "x", "examples": [{"input": "a", "target": "(B)"}]}, indent=1))
    hostile = {"none": b"", "cut": rows[:20], "number": '{"input": 3, "target": "b"}', "no_target": '{"input": "a"}',
               "list": "[1, 2]\n", "examples_object": '{"examples": {"input": "a"}}', "examples_cut": '{"examples": [{"in',
               "examples_empty": '{"examples": []}', "deep": "[" * 50000, "deep_row": '{"input": ' + "[" * 50000,
               "deep_extra": '{"input": "a", "target": "b", "x": %s}' % DEEP,
               "not_utf8": b'{"input": "\xff", "target": "\xc3"}', "zeros": bytes(64), "half_pair": '{"input": "\\ud83d", "target": "b"}'}
    for name, content in hostile.items():
        put("task", "hostile", name, content)


def index():
    stamp = "76@6437664000.0;7@6437664000.0;4@6437664000.0;"  # of tests/fuzz/adapters.cpp's library
    details = {"base": "", "rank": 4, "alpha": 8.0, "targets": ["q", "v"], "bytes": 7, "sha256": "0" * 64, "problem": "",
               "card": {"task": "adds", "self_test": [{"input": "1 + 1 =", "answer": "2", "max_tokens": 16}]}}

    def line(details, name="a", stamp=stamp, task="adds"):
        details = details if isinstance(details, bytes) else json.dumps(details).encode()
        head = f'",{len(details)},{json.dumps(name)},{json.dumps(stamp)},{json.dumps(task)},true,'.encode()
        return b'["%08x%08x%b%b]\n' % (zlib.crc32(head), zlib.crc32(details), head, details)

    first, one = b'{"lorahub_index":4}\n', line(details)
    put("index", "valid", "one", first + one)
    put("index", "valid", "two", first + one + line(details, "gone"))
    put("index", "valid", "later", first + line(details, stamp="old") + line(details, "b") + one)
    put("index", "valid", "torn_before", first + one[:90] + b"\n" + one)
    put("index", "valid", "escaped", first + line(details, task='a "b" \\ \n \u00e9'))
    put("index", "valid", "odd_fields", first + line({"rank": "x", "alpha": None, "targets": 3, "card": {"self_test": {"a": 1}, "task": []}}))
    hostile = {"none": b"", "cut": (first + one)[:80], "version": first.replace(b"4", b"9") + one, "list": "[]", "no_line": first,
               "earlier_form": '{"version": 3, "modules": [{"name": "a"}]}', "number": first + line(b"3"), "head": first + one.replace(b"adds", b"subs", 1),
               "details": first + one.replace(b"0000", b"0001"), "length": first + one.replace(b'",', b'",9', 1),
               "length_huge": first + one.replace(b'",', b'",99999999999999999999', 1), "gone": first + one + line(b"{}", stamp=""),
               "deep_card": first + line(b'{"card": %s}' % DEEP.encode()), "other_stamp": first + line(details, stamp=stamp.replace("76@", "77@")),
               "deep": "[" * 50000, "quotes": first + b'["' * 5000, "not_utf8": first + line(details, "b").replace(b'"b"', b'"\xff"')}
    for name, content in hostile.items():
        put("index", "hostile", name, content)


def card():
    own = {"task": "adds", "data": "sums", "prompt": "1 + 1 =", "provenance": "here", "contamination": "none",
           "self_test": [{"input": "1 + 1 =", "answer": "2"}]}
    front = lambda body: f"---\n{body}\n---\n# a\n"
    put("card", "valid", "own", front("base_model: google/flan-t5-large\nlibrary_name: peft\nlorahub: " + json.dumps(own)))
    put("card", "valid", "hugging_face", front("base_model:\n- a/b\ndatasets:\n- x\n- y\ntags: [lora]\nlicense: mit"))
    put("card", "valid", "plain", "# A module\n\n---\n")
    put("card", "valid", "none", b"")
    hostile = {"yaml": front("a: [1, 2"), "twice": front("base_model: a\nbase_model: b"), "list_key": front("[a, b]: c"),
               "empty_list": front("base_model: []"), "number": front("3"), "self_test": front("lorahub: {self_test: 3}"),
               "no_input": front("lorahub: {self_test: [{answer: x}]}"), "own_list": front("lorahub: [a]"),
               "deep": front("a: " + "[" * 5000), "base_object": front("base_model: {a: b}")}
    for name, content in hostile.items():
        put("card", "hostile", name, content)


def study():
    root = TESTS.parent / "experiments"
    for name in ("quickstart", "rq4_rank", "fig3_shots"):
        put("study", "valid", name, (root / f"{name}.yaml").read_bytes())
    small = "question: q\nuses: {model: mini, library: mini, tasks: mini/unseen}\nset: {task: E1_isa_letter}\n"
    put("study", "valid", "small", small + "vary: {seed: [1, 2]}\n")
    put("study", "valid", "zip", small + "zip: {shots: [1, 2], modules: [[find_letter], 5]}\n")
    put("study", "hostile", "no_task_file", "question: q\nset: {model: /m, library: /l, task: [/t.jsonl], method: zero_shot}\n")
    bomb = "".join(f"{chr(97 + i)}: &{chr(97 + i)} [{', '.join(['*' + chr(96 + i)] * 9) if i else 'x'}]\n" for i in range(12))
    hostile = {"none": b"", "unknown_key": small + "vary: {sed: [1]}\n", "no_list": small + "vary: {seed: 1}\n",
               "empty_list": small + "vary: {seed: []}\n", "twice": small + "set: {shots: 3}\n", "list": "- a\n",
               "open": "question: [", "tab": "question:\n\t- a\n", "bomb": bomb, "bomb_value": bomb + "question: *l\n",
               "negative": small.replace("task:", "shots: -1, task:"), "huge_number": small.replace("task:", "shots: 99999999999999999999, task:"),
               "nan": small.replace("task:", "search.sigma0: .nan, task:"), "no_piece": "question: q\nuses: {model: absent}\n",
               "upwards": "question: q\nuses: {model: ../../../../etc/passwd}\n", "zip_lengths": small + "zip: {shots: [1], seed: [1, 2]}\n",
               "deep": "question: " + "[" * 5000, "alias": "question: *nothing\n", "itself": "question: &a [*a]\n",
               "long_grid": small + "vary:\n" + "".join(
                   f"  {key}: [{', '.join(str(i + 1) for i in range(50))}]\n"
                   for key in ("seed.shots", "seed.modules", "seed.search", "shots", "modules", "search.budget", "max_tokens", "batch"))}
    for name, content in hostile.items():
        put("study", "hostile", name, content)


def settings():
    """Words of --set, and after an empty line of --only."""
    valid = {"none": "", "numbers": "shots=2\nsearch.budget=40\nsearch.sigma0=2.5e-1", "list": "modules=[find_letter, max_letter]\nseed=3",
             "only": "shots=2\n\nseed=1", "piece": "model=mini\nlibrary=mini\n\nseed=2", "retrieve": "retrieve=probe 5\nmethod=best_single"}
    hostile = {"no_value": "shots", "unknown": "shot=2", "empty": "shots=", "twice": "shots=2\nshots=3", "open": "modules=[a", "map": "shots={a: 1}",
               "negative": "shots=-1", "huge": "seed=99999999999999999999", "nan": "search.sigma0=.nan", "octal": "shots=010", "no_trial": "\nseed=9",
               "unknown_only": "\nsed=1", "tag": "shots=!!int 2", "alias": "shots=*a", "second": "shots=2 --- 3", "no_key": "=2", "nul": "shots=2\0",
               "not_utf8": b"model=\xff", "deep": "modules=" + "[" * 3000, "up": "uses.model=../../etc/passwd"}
    for kind, files in (("valid", valid), ("hostile", hostile)):
        for name, content in files.items():
            put("settings", kind, name, content)


def framed(entry):
    text = entry if isinstance(entry, str) else json.dumps(entry, separators=(",", ":"))
    return '{"crc":"%08x","record":%s}\n' % (zlib.crc32(text.encode()), text)


def journal():
    digest = lambda text: hashlib.sha256(text.encode()).hexdigest()
    trial = digest("task=E1\nseed=1\n")[:16]  # of its knobs
    header = {"kind": "header", "study": "small", "question": "Does it run?", "yaml": "question: ...\n", "command_line": "lorahub run small.yaml",
              "started_utc": "2026-01-01T00:00:00Z", "environment": {"version": "0.1.0", "ranks": "1"}, "planned": [trial]}
    start = {"kind": "start", "trial": trial, "inputs": {"model": digest("m"), "shots": digest("s")}, "seconds": 1e9}
    told = {"kind": "generation", "trial": trial, "index": 0,
            "generation": {"dim": 2, "weights": [0.0, 0.5, 1.0, -1.5], "losses": [0.25, "inf"], "faults": [[1, "not finite"]]}}
    record = {"trial": trial, "knobs": [["task", "E1"], ["seed", "1"]], "resolved": [["search.population", "2"]], "modules": ["a", "b"],
              "shot_rows": [0, 1], "dropped_rows": [], "shot_tokens": [2, 3], "shot_sha256": [digest("x"), digest("y")], "weights": [0.0, 0.5],
              "best_loss": 0.25, "zero_loss": "nan", "shot_sums": [1.0, 2.5], "accuracy": 0.0,
              "counts": {"evaluations": 2, "rounds": 1, "example_forwards": 4, "search_tokens": 40, "answer_tokens": 20},
              "seconds": {"load": 0.5, "search": 1.25, "answer": 0.125}, "waits": 1,
              "answers": [{"row": 3, "input": digest("i"), "target": "b", "answer": "c", "hit": False}]}
    finish = {"kind": "finish", "record": {**record, "told": 1}}
    whole = {"kind": "finish", "record": {**record, "generations": [told["generation"]]}}
    fail = {"kind": "fail", "trial": trial, "message": "a module is damaged"}
    lines = lambda *entries: "".join(map(framed, entries))
    put("journal", "valid", "finished", lines(header, start, told, finish))
    put("journal", "valid", "inside", lines(header, start, whole))
    put("journal", "valid", "failed", lines(header, start, told, fail, start))
    put("journal", "valid", "torn", lines(header, start) + framed(told)[:60])
    put("journal", "valid", "zeros", lines(header, start).encode() + bytes(100))
    put("journal", "valid", "none", b"")
    hostile = {
        "damaged_line": lines(header) + framed(start).replace("start", "stort", 1)[1:] + lines(told),
        "kind": lines(header, {"kind": "other"}), "no_kind": framed({"a": 1}), "list": framed([1]), "deep": framed("[" * 50000),
        "index_negative": lines(header, start, {**told, "index": "x"}), "weights_object": lines(header, start, {**told, "generation": {
            "dim": 2, "weights": {"a": "b"}, "losses": []}}), "number_word": lines(header, start, {**told, "generation": {
            "dim": 2, "weights": ["infinite"], "losses": []}}), "record_number": lines(header, {"kind": "finish", "record": 3}),
        "pairs": lines(header, {"kind": "finish", "record": {**record, "knobs": [["a"]]}}),
        "faults": lines(header, start, {**told, "generation": {**told["generation"], "faults": [[1]]}}),
        "text": "this is no journal\nat all\n",
        "not_begun": lines(header, told), "ends_twice": lines(header, start, told, finish, finish), "gap": lines(header, start, {**told, "index": 1}),
        "other_knobs": lines(header, start, told, {**finish, "record": {**finish["record"], "knobs": [["task", "E2"]]}}),
        "other_accuracy": lines(header, start, told, {**finish, "record": {**finish["record"], "accuracy": 50.0}}),
        "id_of_a_path": lines(header, {**start, "trial": "../../etc/passwd"}), "no_hash": lines(header, {**start, "inputs": {"model": "ab"}}),
        "negative_count": lines(header, start, told, {**finish, "record": {**finish["record"], "counts": {
            "evaluations": -2, "rounds": 1, "example_forwards": 4, "search_tokens": 40, "answer_tokens": 20}}}),
        "fault_with_loss": lines(header, start, {**told, "generation": {**told["generation"], "faults": [[0, "x"]]}}),
        "trials_word": lines({**header, "environment": {"trials": "many"}}),
    }
    for name, content in hostile.items():
        put("journal", "hostile", name, content)


PIECES = [("<pad>", 0.0, 3), ("</s>", 0.0, 3), ("<unk>", 0.0, 2), ("\u2581", -2.0, 1), ("\u2581a", -3.5, 1), ("b", -4.0, 1), ("zo", -5.0, 1), ("rp", -6.0, 4)]
# One entry of a compiled normaliser: a double array in which "\t" leads to the text at 0.
CHARSMAP = struct.pack("<I", 4 * 512) + b"".join(struct.pack("<I", {0: 256 << 10, 256 ^ 9: 0x109 | 3 << 10, 256 ^ 9 ^ 3: 1 << 31}.get(i, 0))
                                               for i in range(512)) + b" \0"


def tokenizer_json():
    added = lambda i, content, **more: {"id": i, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
                                        "special": True, **more}
    metaspace = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
    end = {"SpecialToken": {"id": "</s>", "type_id": 0}}
    whole = {"version": "1.0", "truncation": None, "padding": None,
             "added_tokens": [added(0, "<pad>"), added(1, "</s>"), added(2, "<unk>"),
                              added(8, "zorp", normalized=True, special=False, single_word=True, lstrip=True, rstrip=True)],
             "normalizer": None, "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]},
             "post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}, end], "pair": [],
                                "special_tokens": {"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}}},
             "decoder": metaspace,
             "model": {"type": "Unigram", "unk_id": 2, "vocab": [[text, score] for text, score, _ in PIECES], "byte_fallback": False}}
    compiled = {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(CHARSMAP).decode()}
    model = lambda **more: {**whole, "model": {**whole["model"], **more}}
    put("tokenizer_json", "valid", "plain", json.dumps(whole))
    put("tokenizer_json", "valid", "normalizer", json.dumps({**whole, "normalizer": compiled}))
    put("tokenizer_json", "valid", "sequence", json.dumps({**whole, "normalizer": {"type": "Sequence", "normalizers": [compiled, {
        "type": "Strip", "strip_left": False, "strip_right": True}]}, "pre_tokenizer": metaspace}))
    put("tokenizer_json", "valid", "nothing_added", json.dumps({**whole, "added_tokens": []}))
    hostile = {
        "list": [], "no_model": {**whole, "model": None}, "bpe": model(type="BPE"), "unknown_field": model(temperature=1), "unk_id": model(unk_id=0),
        "byte_fallback": model(byte_fallback=True), "vocab_object": model(vocab={"a": 1}), "vocab_short": model(vocab=[["a", 0]]),
        "vocab_triple": model(vocab=[["a", 0, 1]] * 4), "no_end": model(vocab=[["a", 0]] * 4), "lowercase": {**whole, "normalizer": {"type": "Lowercase"}},
        "charsmap_letters": {**whole, "normalizer": {**compiled, "precompiled_charsmap": "#"}},
        "charsmap_cut": {**whole, "normalizer": {**compiled, "precompiled_charsmap": "AAAA"}},
        "bytelevel": {**whole, "pre_tokenizer": {"type": "ByteLevel"}}, "no_pre_tokenizer": {**whole, "pre_tokenizer": None},
        "replacement": {**whole, "decoder": {**metaspace, "replacement": "_"}}, "post_processor": {**whole, "post_processor": {"type": "BertProcessing"}},
        "template": {**whole, "post_processor": {"type": "TemplateProcessing", "single": {"a": 1}, "special_tokens": []}},
        "begin": {**whole, "post_processor": {**whole["post_processor"], "single": [end, end]}}, "part": {**whole, "stemmer": {}},
        "added_object": {**whole, "added_tokens": {}}, "added_word": {**whole, "added_tokens": ["a"]},
        "added_id": {**whole, "added_tokens": [added(3, "zorp")]}, "added_negative": {**whole, "added_tokens": [added(-1, "zorp")]},
        "added_twice": {**whole, "added_tokens": [added(8, "zorp"), added(9, "zorp")]}, "added_flag": {**whole, "added_tokens": [added(8, "z", lstrip=2)]},
        "added_key": {**whole, "added_tokens": [added(8, "z", color="red")]},
    }
    for name, content in hostile.items():
        put("tokenizer_json", "hostile", name, json.dumps(content))
    put("tokenizer_json", "hostile", "number", json.dumps(whole).replace("-2.0", "1e999"))
    put("tokenizer_json", "hostile", "cut", json.dumps(whole)[:400])
    put("tokenizer_json", "hostile", "deep", '{"model": ' + DEEP + "}")
    put("tokenizer_json", "hostile", "utf16", json.dumps(whole).encode("utf-16"))
    put("tokenizer_json", "hostile", "latin1", json.dumps(whole).replace("zorp", "zürp").encode("latin-1"))
    put("tokenizer_json", "hostile", "half_pair", json.dumps(whole).replace("zorp", "\\ud800"))


def varint(value):
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def message(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def spiece():
    piece = lambda text, score, kind: message(1, message(1, text if isinstance(text, bytes) else text.encode()) + b"\x15" + struct.pack("<f", score)
                                              + b"\x18" + varint(kind))
    pieces = b"".join(piece(*p) for p in PIECES)
    put("spiece", "valid", "plain", pieces)
    put("spiece", "valid", "trainer", pieces + message(2, b"\x18\x01") + message(3, message(1, b"nmt")))
    put("spiece", "valid", "charsmap", pieces + message(3, message(2, CHARSMAP)))
    hostile = {
        "none": b"", "bpe": pieces + message(2, b"\x18\x02"), "no_unknown": piece("a", 0, 1), "unknown_first": piece("<unk>", 0, 2) + piece("</s>", 0, 3) + piece("a", -1, 1),
        "nan": pieces + piece("c", float("nan"), 1), "infinite": pieces + piece("c", float("inf"), 1), "not_utf8": pieces + piece(b"\xff", 0, 1),
        "cut": pieces[:-3], "long": b"\x0a" + b"\xff" * 9 + b"\x7f", "kind": pieces + b"\x0b", "varint": pieces + b"\x08" + b"\xff" * 12,
        "charsmap_cut": pieces + message(3, message(2, CHARSMAP[:100])), "lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 3\n",
        "gzip": b"\x1f\x8b\x08\0" + bytes(20), "html": b"<!DOCTYPE html><html></html>", "text": b"no model at all",
    }
    for name, content in hostile.items():
        put("spiece", "hostile", name, content)


def http_request():
    """What a client sends on one connection (tests/fuzz/requests.cpp answers it)."""
    def ask(line, *fields, body="", **changed):
        given = {"Host": "localhost", "Authorization": "Bearer secret", **{key.replace("_", "-"): value for key, value in changed.items()}}
        fields = [*(f"{key}: {value}" for key, value in given.items() if value is not None), *fields]
        if body and not any(field.lower().startswith(("content-length", "transfer-encoding")) for field in fields):
            fields.append(f"Content-Length: {len(body.encode())}")
        return ("\r\n".join([line + " HTTP/1.1", *fields]) + "\r\n\r\n" + body).encode()

    post = lambda body, **more: ask("POST /predictions", body=body, **{"Content_Type": "application/json", **more})
    commit = json.dumps({"key": "file", "value": {"path": "README.md", "content": "IyBhCg==", "encoding": "base64"}}) + "\n"
    rows = json.dumps({"model": "model", "library": "library", "examples": [{"input": "a", "target": "b"}]})
    valid = {
        "root": ask("GET /", Authorization=None), "query": ask("GET /files/a%20b?limit=3&search=%C3%A4+b"), "range": ask("GET /files/a", Range="bytes=2-5"),
        "end": ask("GET /files/a", Range="bytes=-3"), "other_unit": ask("GET /files/a", Range="rows=1-2"), "token": ask("GET /files/a", Authorization="token secret"),
        "input": post(rows), "charset": post(rows, Content_Type="application/json; charset=utf-8"),
        "chunked": ask("POST /predictions", Content_Type="application/json", Transfer_Encoding="chunked", body=f"{len(rows):x}\r\n{rows}\r\n0\r\n\r\n"),
        "commit": ask("POST /commit/open/new", body=commit), "two": ask("GET /") + ask("GET /files/a"), "origin": ask("GET /", Origin="http://localhost:8000"),
        "ipv6": ask("GET /", Host="[::1]:8000"), "echo": post(json.dumps({"origin": "x", "input": [1, "a"]})), "head": ask("HEAD /files/a"),
    }
    hostile = {
        "none": b"", "line": b"GET /\r\n\r\n", "binary": bytes(range(256)), "cut": ask("GET /")[:-3], "cut_body": post(rows)[:-5], "version": b"GET / HTTP/9.9\r\n\r\n",
        "method": ask("BREW /"), "absolute": ask("GET http://evil/"), "parent": ask("GET /../etc/passwd"), "encoded_parent": ask("GET /%2e%2E/x"),
        "encoded_slash": ask("GET /files%2fa"), "backslash": ask("GET /files/..%5cb"), "wrong_escape": ask("GET /files/%zz"), "zero": ask("GET /files/a%00b"),
        "line_break": ask("GET /?a=%0d%0aSet-Cookie:x"), "space": ask("GET /a b"), "no_host": ask("GET /", Host=None), "other_host": ask("GET /", Host="evil.example"),
        "hosts": ask("GET /", "Host: localhost"), "other_origin": ask("GET /", Origin="http://evil.example"), "null_origin": ask("GET /", Origin="null"),
        "cross_site": ask("POST /predictions", Sec_Fetch_Site="cross-site"), "no_token": ask("GET /files/a", Authorization=None),
        "wrong_token": ask("GET /files/a", Authorization="Bearer Secret"), "scheme": ask("GET /files/a", Authorization="Basic secret"),
        "tokens": ask("GET /files/a", "Authorization: Bearer x"), "beyond": ask("GET /files/a", Range="bytes=10-"), "backwards": ask("GET /files/a", Range="bytes=5-2"),
        "length_twice": ask("POST /predictions", "Content-Length: 1", "Content-Length: 2"), "length_negative": ask("POST /predictions", "Content-Length: -1"),
        "length_hex": ask("POST /predictions", "Content-Length: 0x1"), "length_huge": ask("POST /predictions", f"Content-Length: {2**63}"),
        "length_and_chunked": ask("POST /predictions", "Content-Length: 4", "Transfer-Encoding: chunked", body="0\r\n\r\n"),
        "chunk_negative": ask("POST /predictions", "Transfer-Encoding: chunked", body="-2\r\nxx\r\n"),
        "chunk_huge": ask("POST /predictions", "Transfer-Encoding: chunked", body="ffffffffffffffff\r\nxx\r\n"), "folded": ask("GET /", "X: a\r\n b\r\n: c"),
        "fields": ask("GET /", *[f"X{i}: y" for i in range(150)]), "long_field": ask("GET /", "X: " + "y" * 9000), "type": post(rows, Content_Type="text/plain"),
        "no_type": post(rows, Content_Type=None), "no_json": post("{"), "list": post("[1]"), "no_list": post('{"origin": "x", "input": 1}'),
        "origin_number": post('{"origin": 1}'), "name_twice": post('{"origin": "x", "input": [{"a": 1, "a": 2}]}'), "no_commit": ask("POST /commit/open/new", body="x"), "closed": ask("POST /commit/library/new", body=commit),
        "no_library": ask("POST /commit/none/new", body=commit), "name": ask("POST /commit/open/a--b", body=commit), "nothing": ask("GET /nothing"),
        "not_allowed": ask("DELETE /"), "second": ask("GET /") + b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n",
    }
    for kind, files in (("valid", valid), ("hostile", hostile)):
        for name, content in files.items():
            put("http_request", kind, name, content)


def service_input():
    rows = [{"input": "a\nb", "target": "c"}, {"input": "d", "target": "e"}]
    given = lambda **more: {"model": "model", "library": "library", "examples": rows, **more}
    ask = lambda **more: {"model": "model", "prompts": ["a"], **more}
    adapt = {"plain": given(), "names": given(modules=["a"]), "number": given(modules=3), "all": given(modules="all", shots="all", test=rows),
             "search": given(search="official", budget=12, shots=1, seed=2**63 - 1), "null": given(test=None),
             "demo": {"model": "model", "library": "library", "example_inputs": "a\nb", "example_outputs": ["c", "d"], "lora_modules_specified": "a, b",
                                 "num_random_lora_modules": 3, "max_inference_step": 40}}
    infer = {"base": ask(), "module": ask(library="library", module="a"), "weights": ask(library="library", weights={"a": -0.5}, composition="product"),
             "job": {"prompts": ["a", "b"], "job": "x", "max_tokens": 2048}}
    for name, content in {**adapt, **infer}.items():
        put("service_input", "valid", name, json.dumps(content))
    hostile = {
        "list": [], "number": 1, "no_examples": given(examples=None), "unknown": given(budgett=3),
        "empty": given(examples=[]), "row": given(examples=["a"]), "column": given(examples=[{**rows[0], "x": 1}]),
        "row_number": given(examples=[{"input": 1, "target": "a"}]), "row_empty": given(examples=[{"input": " ", "target": "a"}]),
        "model": given(model="modle"), "model_path": given(model="/etc"), "library": given(library=3),
        "module_name": given(modules=["../a"]), "module_comma": given(modules=["a,b"]), "modules_none": given(modules=[]),
        "modules_zero": given(modules=0), "modules_text": given(modules="some"), "modules_half": given(modules=1.5),
        "seed_negative": given(seed=-1), "seed_huge": given(seed=2**64 - 1), "seed_text": given(seed="1"),
        "budget": given(budget=10001), "search": given(search="best"), "steps": given(max_inference_step=9),
        "both": given(example_inputs="a", example_outputs="b"), "pairs": {"model": "model", "library": "library", "example_inputs": "a\nb",
                                                                                 "example_outputs": "c"},
        "prompts": ask(prompts=[]), "prompts_many": ask(prompts=["a"] * 101), "prompt_number": ask(prompts=[1]),
        "tokens": ask(max_tokens=0), "tokens_half": ask(max_tokens=1.5), "tokens_huge": ask(max_tokens=2**64 - 1),
        "job_and_module": ask(job="x", module="a"), "library_alone": ask(library="library"), "weights_none": ask(weights={}),
        "weight_text": ask(library="library", weights={"a": "1"}), "weight_absent": ask(library="library", weights={"z": 1}),
        "module_absent": ask(library="library", module="z"), "composition": ask(library="library", weights={"a": 1}, composition="sum"),
        "prompts_unknown": ask(temperature=1),
    }
    for name, content in hostile.items():
        put("service_input", "hostile", name, json.dumps(content))
    whole = json.dumps(given())
    put("service_input", "hostile", "none", "")
    put("service_input", "hostile", "deep", '{"examples": ' + DEEP + "}")
    put("service_input", "hostile", "cut", whole[:-5])
    put("service_input", "hostile", "latin1", whole.encode().replace(b'"d"', b'"\xfc"'))
    put("service_input", "hostile", "half_pair", whole.replace('"d"', '"\\ud800"'))
    put("service_input", "hostile", "infinite", json.dumps(ask(library="library", weights={"a": 1})).replace("1}", "1e999}"))


def commit():
    line = lambda key, **value: json.dumps({"key": key, "value": value}) + "\n"
    head = line("header", summary="s", description="", parentCommit="0" * 40)
    file = line("file", path="README.md", content="IyBhCg==", encoding="base64")
    put("commit", "valid", "upload", head + file + line("file", path="adapter_config.json", content="e30=", encoding="base64"))
    put("commit", "valid", "text", head + line("file", path="README.md", content="# a", encoding="utf-8"))
    put("commit", "valid", "deletion", head + line("deletedFile", path="README.md") + "\n")
    put("commit", "valid", "nothing", "")
    hostile = {"no_json": "x", "list": "[1]\n", "no_value": '{"key": "file"}', "number": line("file", path=3, content="", encoding="base64"),
               "base64": line("file", path="a", content="%%%", encoding="base64"), "encoding": line("file", path="a", content="", encoding="gzip"),
               "lfs": line("lfsFile", path="a", algo="sha256", oid="0", size=1), "folder": line("deletedFolder", path="a/"),
               "key": line("copyFile", path="a"), "deep": DEEP, "cut": file[:-9], "object": '{"key": {}, "value": {}}',
               "value_twice": '{"key": "file", "value": {"path": "a", "path": "b", "content": ""}}'}
    for name, content in hostile.items():
        put("commit", "hostile", name, content)


def main():
    for file in CORPUS.rglob("*"):
        if file.is_file() and not file.name.startswith(KEPT) and CORPUS / "bpe_json" not in file.parents:
            file.unlink()
    for make in (safetensors, pytorch_bin, gguf, config, generation_config, weight_index, adapter_config, task, index, card, study, settings, journal, tokenizer_json, spiece,
                 gguf_tokenizer, rank_message, http_request, service_input, commit):
        make()


main()
