"""Writes folders.json: model folders as several versions of transformers save them, with tokens that users added, and
the ids and texts that AutoTokenizer gives with each, for tests/task.

Usage: make_folders.py   (in any folder; reads ../../../configs/tasks/bbh and the spiece.model files here)
A folder is stored as its JSON files; "@pieces" and "@charsmap" in its tokenizer.json stand for what its spiece.model
holds (with the sentinels behind the pieces where "sentinels" says so), and "@sentinels" for the hundred sentinels of a
list or an object; the test fills these in.
"""
import base64
import copy
import glob
import hashlib
import json
import os
import random
import shutil
import sys
import tempfile

import sentencepiece
import tokenizers
import transformers
from tokenizers import AddedToken
from transformers import AutoTokenizer
from transformers.convert_slow_tokenizer import import_protobuf

transformers.logging.set_verbosity_error()
HERE = os.path.dirname(os.path.abspath(__file__))
BBH = os.path.join(HERE, "../../../configs/tasks/bbh")
SPIECE = {"t5": os.path.join(HERE, "spiece.model"), "mt5": os.path.join(HERE, "mt5/spiece.model")}
PIECES = {"t5": 4000, "mt5": 400}
SENTINELS = [f"<extra_id_{i}>" for i in range(100)]
FLAN = {"additional_special_tokens": SENTINELS, "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
MT5 = {"additional_special_tokens": None, "eos_token": "</s>", "extra_ids": 0, "pad_token": "<pad>",
       "tokenizer_class": "T5Tokenizer", "unk_token": "<unk>"}
WORDS = ["zorp", "{", "New York", "\ufb01ne", "\u00c9", "\u00e9", "<sep>", "tion", "the", "a", "[MASK]", " x", "x ", "  ", "\n", "\u2581",
         "\u2581the", "the\u2581", "foo", "foobar", "foobarbaz", "bar", "<extra_id_0>x", "</s", "</s>>", "\uff1csep\uff1e", "\u4e2d", "\U0001f600",
         "\U0001f468\u200d\U0001f469\u200d\U0001f467", "e\u0301", "{{", "}", "<n>", "Q:", "A B C", "ab", "abab", "_w_", "w1", "A", "\u2028", "#"]
REST = ["</s>", "<pad>", "<unk>", "<extra_id_0>", "<extra_id_99>", "<extra_id_100>", "<extra_id_", " ", "  ", "\n", "\t", "\r\n", "\u00a0",
        "\u3000", "\u2009", "", "", "word", "zor", "rp", "zorpzorp", "fooba", "ba", "x", "X", "1", "_", "-", ".", "'s", "don't", "n't", " ,", "?",
        "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627", "\u202e", "\ud55c\uad6d\uc5b4", "\u0e01\u0e47", "\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fd", "\ufffd",
        "\ue000", "\U000e0001", "\U0010ffff", "\u0378", "a" * 70, "\x00", "\x1f", "\x7f", "\u00ad", "\u200b", "\u2060", "\ufeff", "\u2460", "\u2122",
        "\u2167", "\u00bd\u0301", "\u0301", "(A)", "- Yes", "1,000"]
rng = random.Random(19)
work = tempfile.mkdtemp()


def write(folder, name, content):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(content, file)


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return json.load(file)


def packed(content, first):
    """Content without the hundred sentinels, whose ids count up from `first` with <extra_id_99>."""
    by_id = [str(first + i) for i in range(100)]
    if isinstance(content, list):
        contents = [x.get("content") if isinstance(x, dict) else x for x in content]
        for names in (SENTINELS, SENTINELS[::-1]):
            if names[0] in contents and contents[(at := contents.index(names[0])):at + 100] == names:
                one = content[at]
                assert not isinstance(one, dict) or content[at:at + 100] == [
                    {**one, "content": name, **({"id": first + i} if "id" in one else {})} for i, name in enumerate(names)]
                return [*content[:at], ["@sentinels", one], *content[at + 100:]]
    elif isinstance(content, dict):
        if all(i in content for i in by_id):
            one = content[by_id[0]]
            assert all(content[i] == {**one, "content": SENTINELS[99 - n]} for n, i in enumerate(by_id))
            content = {"@sentinels": one, **{k: v for k, v in content.items() if k not in by_id}}
        elif all(name in content for name in SENTINELS):
            assert all(content[name] == first + 99 - i for i, name in enumerate(SENTINELS))
            content = {"@sentinels": first, **{k: v for k, v in content.items() if k not in SENTINELS}}
        return {k: packed(v, first) for k, v in content.items()}
    return content


class Folder:
    def __init__(self, name, kind="t5", spiece=True, files=None):
        self.name, self.kind, self.spiece = name, kind, spiece
        self.files = {"config.json": {"model_type": kind}, **(files or {})}

    def path(self):
        path = tempfile.mkdtemp(dir=work)
        if self.spiece:
            shutil.copy(SPIECE[self.kind], os.path.join(path, "spiece.model"))
        for name, content in self.files.items():
            write(path, name, content)
        return path

    def stored(self):
        """The files with placeholders, which must be what the spiece.model holds."""
        files = copy.deepcopy(self.files)
        first = PIECES[self.kind]
        out = {"name": self.name, "kind": self.kind, "spiece": self.spiece, "files": files, "sentinels": 0}
        if "tokenizer.json" not in files:
            out["files"] = packed(files, first)
            return out
        proto = import_protobuf().ModelProto()
        with open(SPIECE[self.kind], "rb") as file:
            proto.ParseFromString(file.read())
        model, vocab = files["tokenizer.json"]["model"], [[p.piece, p.score] for p in proto.pieces]
        out["sentinels"] = len(model["vocab"]) - len(vocab)
        assert model["vocab"] == vocab + [[f"<extra_id_{i}>", 0.0] for i in reversed(range(out["sentinels"]))]
        model["vocab"] = "@pieces"
        normalizer = files["tokenizer.json"]["normalizer"]
        for step in (normalizer or {}).get("normalizers", [normalizer]) if normalizer else []:
            if step["type"] == "Precompiled":
                assert base64.b64decode(step["precompiled_charsmap"]) == proto.normalizer_spec.precompiled_charsmap
                step["precompiled_charsmap"] = "@charsmap"
        out["files"] = packed(files, first)
        return out


def saved(name, tokens=(), kind="t5", extra=()):
    """As transformers 5 saves it: no spiece.model."""
    tokenizer = AutoTokenizer.from_pretrained(Folder("", kind, files={"tokenizer_config.json": MT5} if kind == "mt5" else {}).path())
    tokenizer.add_tokens(list(tokens))
    if extra:
        tokenizer.add_special_tokens({"extra_special_tokens": list(extra)})
    path = tempfile.mkdtemp(dir=work)
    tokenizer.save_pretrained(path)
    return Folder(name, kind, False, {name: read(path, name) for name in ("tokenizer.json", "tokenizer_config.json")})


def version_2020(folder):
    """tokenizer.json as it lies beside t5-base."""
    fast = folder.files["tokenizer.json"]
    metaspace = {"type": "Metaspace", "replacement": "\u2581", "add_prefix_space": True}
    fast["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]}
    fast["decoder"] = metaspace
    del fast["model"]["byte_fallback"]
    return folder


def version_4(folder, config=None):
    """tokenizer.json and added_tokens_decoder as transformers 4.4x writes them."""
    fast = folder.files["tokenizer.json"]
    fast["normalizer"] = {"type": "Sequence", "normalizers": ([fast["normalizer"]] if fast["normalizer"] else []) + [
        {"type": "Strip", "strip_left": False, "strip_right": True},
        {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "\u2581"}]}
    fast["pre_tokenizer"] = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
    decoder = {str(t["id"]): {k: v for k, v in t.items() if k != "id"} for t in fast["added_tokens"]}
    folder.files["tokenizer_config.json"] = {
        "added_tokens_decoder": decoder, "additional_special_tokens": SENTINELS, "clean_up_tokenization_spaces": True, "eos_token": "</s>",
        "extra_ids": 100, "model_max_length": 512, "pad_token": "<pad>", "tokenizer_class": "T5Tokenizer", "unk_token": "<unk>", **(config or {})}
    folder.files["special_tokens_map.json"] = FLAN
    folder.spiece = True
    return folder


def flags(token):
    return {"content": token.content, "lstrip": token.lstrip, "normalized": token.normalized, "rstrip": token.rstrip,
            "single_word": token.single_word, "special": token.special}


def slow_4(name, tokens=(), cleans=True):
    """As the slow T5Tokenizer of 4.34 and later saves it: white space around sentinels is theirs."""
    decoder = {0: AddedToken("<pad>", special=True), 1: AddedToken("</s>", special=True), 2: AddedToken("<unk>", special=True)}
    for i in range(100):
        decoder[4099 - i] = AddedToken(f"<extra_id_{i}>", lstrip=True, rstrip=True, special=True, normalized=False)
    for i, token in enumerate(tokens):
        decoder[4100 + i] = token
    plain = lambda content: {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
    config = {**FLAN, "add_prefix_space": True, "added_tokens_decoder": {str(i): flags(t) for i, t in sorted(decoder.items())},
              "clean_up_tokenization_spaces": cleans, "extra_ids": 100, "extra_special_tokens": {}, "legacy": True, "sp_model_kwargs": {},
              "tokenizer_class": "T5Tokenizer"}
    specials = {k: [plain(t) for t in v] if isinstance(v, list) else plain(v) for k, v in FLAN.items()}
    return Folder(name, files={"tokenizer_config.json": config, "special_tokens_map.json": specials,
                               "added_tokens.json": {t.content: i for i, t in decoder.items() if i > 2}})


def old(name, tokens, specials=()):
    """added_tokens.json and special_tokens_map.json, as versions before 4.34 save them."""
    names = {**FLAN, "additional_special_tokens": SENTINELS + list(specials)}
    return Folder(name, files={"tokenizer_config.json": {**names, "extra_ids": 100, "tokenizer_class": "T5Tokenizer"},
                               "special_tokens_map.json": names, "added_tokens.json": {t: 4100 + i for i, t in enumerate(tokens)}})


def configured(name, **config):
    return Folder(name, files={"tokenizer_config.json": config})


def folders():
    typed = {"__type": "AddedToken", "content": "<sep>", "lstrip": True, "rstrip": True, "normalized": False, "single_word": False, "special": True}
    some = [AddedToken("zorp"), AddedToken("{"), AddedToken("New York", single_word=True), AddedToken("\ufb01ne", rstrip=True), AddedToken("<sep>", special=True)]
    yield Folder("spiece.model alone")
    yield Folder("flan-t5", files={"special_tokens_map.json": FLAN, "tokenizer_config.json": {
        **FLAN, "extra_ids": 100, "model_max_length": 512, "sp_model_kwargs": {}, "tokenizer_class": "T5Tokenizer"}})
    yield Folder("mt5", "mt5", files={"tokenizer_config.json": MT5, "special_tokens_map.json": {"eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}})
    yield saved("transformers 5")
    yield saved("transformers 5, mt5", kind="mt5")
    yield saved("transformers 5, tokens", some)
    yield saved("transformers 5, special tokens", some, extra=["<n>", "the"])
    base = version_2020(saved("t5-base"))
    base.files["tokenizer_config.json"] = {"model_max_length": 512}
    base.spiece = True
    yield base
    yield version_4(saved("fast tokenizer of 4.4x", some))
    backend = saved("PreTrainedTokenizerFast", some)
    backend.files["tokenizer_config.json"]["tokenizer_class"] = "PreTrainedTokenizerFast"
    yield backend
    yield slow_4("slow tokenizer of 4.4x")
    yield slow_4("slow tokenizer of 4.4x, tokens", [t for t in some if t.content != "{"], cleans=False)
    yield old("before 4.34", ["zorp", "<n>", "foo bar"])
    yield old("before 4.34, special", ["zorp", "<n>"], ["<n>"])
    yield configured("extra_special_tokens", extra_special_tokens=["<sep>", "zorp"])
    yield configured("extra_special_tokens by name", extra_special_tokens={"image_token": "<img>"})
    yield configured("typed tokens", extra_special_tokens=[typed], eos_token={**typed, "content": "</s>"})
    yield configured("names", image_token="<n>", bos_token="<s>", mask_token="[MASK]")
    yield configured("extra_ids 0", extra_ids=0)
    yield configured("extra_ids 3", extra_ids=3)
    yield configured("another end", eos_token="the")
    yield configured("no unk_token", unk_token=None, pad_token=None)
    yield configured("additional_special_tokens", additional_special_tokens=SENTINELS + ["<sep>"])
    for i in range(30):
        flag = lambda share: rng.random() < share
        tokens = []
        for content in rng.sample(WORDS, rng.randint(1, 8)):
            special = flag(.3)
            tokens.append(AddedToken(content, single_word=flag(.25), lstrip=flag(.25), rstrip=flag(.25), special=special,
                                     normalized=flag(.5) if flag(.7) else not special))
        kind = rng.choice(["t5", "t5", "t5", "mt5"])
        one = saved(f"random {i}", tokens, kind, rng.sample(WORDS, 2) if flag(.2) else ())
        if kind == "t5" and flag(.3):
            one = version_4(one, {"clean_up_tokenization_spaces": flag(.5)})
        elif flag(.3):
            one = version_2020(one)
        elif flag(.3):
            one.files["tokenizer_config.json"]["tokenizer_class"] = "PreTrainedTokenizerFast"
        yield one


def texts(tokens):
    fragments = WORDS + tokens * 2 + REST
    for _ in range(7):
        yield "".join(rng.choice(fragments) for _ in range(rng.randint(1, 14)))
    for token in rng.sample(tokens, min(4, len(tokens))):
        form = rng.choice(["{0}", "a{0}b", "a {0} b", "{0}{0}", "{0} ", " {0}", "\u2581{0}", "{0}\u2581", "_{0}", "{0}1", ".{0}."])
        yield form.replace("{0}", token)
        yield token[:-1]


def digest(tokenizer, rows):
    return hashlib.sha256("\n".join(",".join(map(str, tokenizer(row).input_ids)) for row in rows).encode()).hexdigest()


def main():
    out, count = [], 0
    rows = []
    for path in sorted(glob.glob(os.path.join(BBH, "*.json"))):
        rows += [example["input"] for example in json.load(open(path, encoding="utf-8"))["examples"]]
    for folder in folders():
        tokenizer = AutoTokenizer.from_pretrained(folder.path())
        again = AutoTokenizer.from_pretrained(folder.path())
        tokens = [t.content for t in tokenizer.added_tokens_decoder.values() if not t.content.startswith("<extra_id")]
        stored = folder.stored()
        stored["size"] = len(tokenizer)
        stored["rows"] = []
        for text in texts(tokens):
            ids = tokenizer(text).input_ids
            assert ids == again(text).input_ids, (folder.name, text)
            stored["rows"].append([text, ids, tokenizer.decode(ids, skip_special_tokens=True)])
        count += len(stored["rows"])
        ids = [[rng.randrange(len(tokenizer) + 5) if rng.random() < .5 else max(0, len(tokenizer) - 1 - rng.randrange(20)) for _ in range(6)] for _ in range(4)]
        stored["decoded"] = [[x, tokenizer.decode(x, skip_special_tokens=True)] for x in ids]
        if folder.name in ("transformers 5", "transformers 5, tokens", "t5-base", "fast tokenizer of 4.4x"):
            stored["bbh"] = digest(tokenizer, rows)
        out.append(stored)
    versions = {"python": sys.version.split()[0], "sentencepiece": sentencepiece.__version__, "tokenizers": tokenizers.__version__,
                "transformers": transformers.__version__}
    with open(os.path.join(HERE, "folders.json"), "w", encoding="ascii") as file:
        json.dump({"made_by": "tests/golden/tokenizer/make_folders.py", "versions": versions, "folders": out}, file, separators=(",", ":"))
        file.write("\n")
    shutil.rmtree(work)
    print(len(out), "folders,", count, "texts,", len(rows), "inputs of BBH")


main()
