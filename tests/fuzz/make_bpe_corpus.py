#!/usr/bin/env python3
"""Writes the seed corpus of the target bpe_json: tests/fuzz/corpus/bpe_json/{valid,hostile}/.

    python3 tests/fuzz/make_bpe_corpus.py

Reproducers that fuzzing found are added by hand, `found_*`.
"""
import copy
import json
import pathlib

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus" / "bpe_json"
WORD = "\u2581"  # SentencePiece's sign of a word
SPACE = "\u0120"  # the letter of the byte 32
QWEN2 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def added(id, content, **more):
    return {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True, **more}


def template(*pieces):
    return {"type": "TemplateProcessing", "single": list(pieces), "pair": [],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}}


BEGIN = {"SpecialToken": {"id": "<s>", "type_id": 0}}
TEXT = {"Sequence": {"id": "A", "type_id": 0}}
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
METASPACE = {"type": "Metaspace", "replacement": WORD, "prepend_scheme": "first", "split": False}
BYTES = {"version": "1.0", "truncation": None, "padding": None,
         "added_tokens": [added(0, "</s>"), added(1, "<s>"),
                          added(9, "zorp", special=False, normalized=True, single_word=True, lstrip=True, rstrip=True)],
         "normalizer": {"type": "NFC"}, "pre_tokenizer": BYTE_LEVEL, "post_processor": None, "decoder": BYTE_LEVEL,
         "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                   "fuse_unk": False, "byte_fallback": False,
                   "vocab": {"</s>": 0, "<s>": 1, "a": 2, "b": 3, SPACE: 4, "ab": 5, SPACE + "ab": 6, "1": 7, "e": 8},
                   "merges": ["a b", SPACE + " ab"]}}
PIECES = {**BYTES, "added_tokens": [added(0, "</s>"), added(1, "<s>"), added(2, "<unk>")], "pre_tokenizer": None,
          "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": WORD},
                                                             {"type": "Replace", "pattern": {"String": " "}, "content": WORD}]},
          "post_processor": template(BEGIN, TEXT),
          "decoder": {"type": "Sequence", "decoders": [
              {"type": "Replace", "pattern": {"String": WORD}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
              {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
          "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
                    "vocab": {"</s>": 0, "<s>": 1, "<unk>": 2, "<0x0A>": 3, "<0xE4>": 4, "<0xB8>": 5, "<0xAD>": 6, WORD: 7, "a": 8, "b": 9,
                              "ab": 10, WORD + "ab": 11}, "merges": [["a", "b"], [WORD, "ab"]]}}


def put(kind, name, content):
    folder = CORPUS / kind
    folder.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, (bytes, str)) else json.dumps(content)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())


def changed(base, path, value):
    """A copy of `base` in which the value at "a.b.0" is another one."""
    out = copy.deepcopy(base)
    *folders, last = path.split(".")
    part = out
    for name in folders:
        part = part[int(name) if isinstance(part, list) else name]
    part[int(last) if isinstance(part, list) else last] = value
    return out


def split(expression, **more):
    return {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated", "invert": False, **more}, {**BYTE_LEVEL, "use_regex": False}]}


put("valid", "bytes", BYTES)
put("valid", "pieces", PIECES)
put("valid", "qwen2", changed(BYTES, "pre_tokenizer", split(QWEN2)))
put("valid", "ignores_merges", changed(BYTES, "model.ignore_merges", True))
put("valid", "digits", changed(BYTES, "pre_tokenizer", {"type": "Sequence", "pretokenizers": [
    {"type": "Digits", "individual_digits": True}, {**BYTE_LEVEL, "add_prefix_space": True}]}))
put("valid", "metaspace", {**PIECES, "normalizer": None, "pre_tokenizer": METASPACE})
put("valid", "words", {**PIECES, "normalizer": None, "pre_tokenizer": {**METASPACE, "split": True, "prepend_scheme": "always"},
                       "decoder": METASPACE})
put("valid", "few_bytes", changed(PIECES, "model.fuse_unk", False))
put("valid", "nothing_added", changed(BYTES, "added_tokens", []))
put("valid", "no_merges", changed(BYTES, "model.merges", []))

for name, path, value in [
        ("no_model", "model", None), ("wordpiece_field", "model.max_input_chars_per_word", 100), ("dropout", "model.dropout", 0.5),
        ("prefix", "model.continuing_subword_prefix", "##"), ("suffix", "model.end_of_word_suffix", "</w>"), ("flag", "model.fuse_unk", 1),
        ("vocab_list", "model.vocab", [["a", 1]]), ("vocab_empty", "model.vocab", {}), ("id_text", "model.vocab.a", "2"),
        ("id_negative", "model.vocab.a", -1), ("id_huge", "model.vocab.a", 2**63), ("id_far", "model.vocab.a", 16000000),
        ("id_twice", "model.vocab.a", 3), ("unk_absent", "model.unk_token", "<none>"), ("unk_number", "model.unk_token", 1),
        ("merges_object", "model.merges", {"a": "b"}), ("merge_absent", "model.merges.0", "b a"), ("merge_of_one", "model.merges.0", "ab"),
        ("merge_of_three", "model.merges.0", "a b a"), ("merge_number", "model.merges.0", 3), ("merge_triple", "model.merges.0", ["a", "b", "a"]),
        ("lowercase", "normalizer", {"type": "Lowercase"}), ("normalizer_word", "normalizer", "NFC"), ("prepend_number", "normalizer",
                                                                                                        {"type": "Prepend", "prepend": 1}),
        ("replace_growing", "normalizer", {"type": "Sequence", "normalizers": [{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}] * 60}),
        ("decode_growing", "decoder", {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}] * 60}),
        ("replace_nothing", "normalizer", {"type": "Replace", "pattern": {"String": ""}, "content": "x"}),
        ("replace_regex", "normalizer", {"type": "Replace", "pattern": {"Regex": "(a+)+$"}, "content": "x"}),
        ("no_steps", "normalizer", {"type": "Sequence"}), ("whitespace", "pre_tokenizer", {"type": "Whitespace"}),
        ("other_expression", "pre_tokenizer", split("(a+)+$")), ("behavior", "pre_tokenizer", split(QWEN2, behavior="MergedWithNext")),
        ("text_pattern", "pre_tokenizer", {"type": "Split", "pattern": {"String": " "}, "behavior": "Isolated", "invert": False}),
        ("bytes_twice", "pre_tokenizer", {"type": "Sequence", "pretokenizers": [BYTE_LEVEL, BYTE_LEVEL]}),
        ("scheme", "pre_tokenizer", {**METASPACE, "prepend_scheme": "last"}), ("no_sign", "pre_tokenizer", {"type": "Metaspace"}),
        ("empty_sign", "pre_tokenizer", {**METASPACE, "replacement": "", "split": True}), ("strip_nothing", "decoder", {
            "type": "Strip", "content": "", "start": 1, "stop": 0}),
        ("space_against_scheme", "pre_tokenizer", {**METASPACE, "add_prefix_space": False}),
        ("roberta", "post_processor", {"type": "RobertaProcessing"}), ("template_twice", "post_processor", template(TEXT, TEXT)),
        ("template_empty", "post_processor", template()), ("template_object", "post_processor", {"type": "TemplateProcessing", "single": {"a": 1}}),
        ("template_absent", "post_processor", changed(template(BEGIN, TEXT), "special_tokens.<s>.ids", [99])),
        ("ctc", "decoder", {"type": "CTC"}), ("no_decoder", "decoder", None), ("strip_negative", "decoder",
                                                                              {"type": "Strip", "content": " ", "start": -1, "stop": 0}),
        ("added_object", "added_tokens", {}), ("added_id", "added_tokens.2.id", 11), ("added_twice", "added_tokens.1", added(0, "</s>")),
        ("added_empty", "added_tokens.2.content", ""), ("part", "stemmer", {})]:
    put("hostile", name, changed(BYTES, path, value))
whole = json.dumps(BYTES)
put("hostile", "cut", whole[:400])
put("hostile", "list", [])
put("hostile", "deep", '{"model": ' + "[" * 20000 + "]" * 20000 + "}")
put("hostile", "utf16", whole.encode("utf-16"))
put("hostile", "latin1", whole.replace("zorp", "z\u00fcrp").encode("latin-1"))
put("hostile", "half_pair", whole.replace("zorp", "\\ud800"))
