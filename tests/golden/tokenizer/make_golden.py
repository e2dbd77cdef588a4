"""Writes golden.json: what transformers' T5 tokenizer and Python's str methods give, for tests/task.

Usage: make_golden.py   (in any folder; reads ../../../configs/tasks/bbh and spiece.model beside this file)
"""
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
from transformers import AutoTokenizer, T5Tokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
BBH = os.path.join(HERE, "../../../configs/tasks/bbh")

HAND = [
    "", " ", "  ", "\n", "\t", "\r\n", "\n\n\n", "\u00a0", "\u3000", "\u200b", "\ufeff", "\u2028", "\u0085", "\x00", "\x1f", "\x7f",
    "a", " a", "a ", "  a  b  ", "a\nb", "a\r\nb\rc", "a\tb\t\tc", "one\n\ntwo", "\u2581", "\u2581a", "a\u2581b", "a \u2581 b",
    "Q: 1 + 1 =\nA:", "not True or ( False and not not True ) is", "[ { < ( ) > } ]", "(A) (B)(C)", "- Yes\n- No", "I'm, you're; it's.",
    "0", "-7", "3.14159", "1,000,000", "12/25/1937", "100%", "$5.00", "#tag @name", "https://example.org/a?b=c&d=e", "__init__.py", "x" * 50,
    "\uff21\uff22\uff23 \uff11\uff12\uff13", "\uff08\uff21\uff09", "\uff1cpad\uff1e", "\uff1c/s\uff1e", "\uff1cunk\uff1e", "\uff1cextra_id_5\uff1e",
    "\uff1cunk\uff1e\u4e2d", "\u4e2d\uff1cunk\uff1e", "</s>", "<pad>", "<unk>", "</s></s>", "a</s>b", "a </s> b", "<pad>a", "a<unk>", "<unk><unk>",
    "< /s>", "</S>", "<PAD>", "<s>", "<mask>", "<extra_id_>", "<extra_id_100>", "<extra_id_-1>", "<extra_id_00>", "<extra_id_0", "extra_id_0>",
    "<<extra_id_0>>", "<extra_id_0><extra_id_1>", "<extra_id_0> <extra_id_1>", "The <extra_id_0> walks in <extra_id_1> park", "\n<extra_id_0>\n",
    "caf\u00e9", "cafe\u0301", "cafe\u0301\u0301", "e\u0301\u0323", "e\u0323\u0301", "\u00bd\u0301", "\u00bd\u0903", "\u2460\u0301", "\u2122\u0301", "n\u0303o",
    "A\u030a", "\u212b", "\u1e9b\u0323", "\u0600e\u0301", "e\u0301\u200d", "e\u0301\U0001d165", "\u304b\u3099", "\u304c", "\u30ab\u3099", "\uff76\uff9e", "\u0301", "\u0301\u0301a",
    "\ufb01ne o\ufb03ce", "\u0132\u0133", "\u2167", "\u00b2\u00b3", "x\u2074", "\u33a5", "\u3392", "\u2026", "\u2018a\u2019 \u201cb\u201d", "\u2013\u2014\u2212", "\u00ad", "a\u00adb",
    "\U0001f600", "a\U0001f600b", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fd", "\u2764\ufe0f", "\u2122\u200d\u24c2\u0324",
    "\u2122\u0903\u200d\u2122\u0348", "\u00a9\u200d\u2122\u0301", "\u0438\u0306", "\u0439", "\u03a3\u03c2\u03c3", "\u00b5\u03bc", "\u0130i\u0131I", "\u00df\u1e9e", "\u05d0\u05b8", "\u0628\u0650",
    "\u0915\u094d\u0937", "\ud55c\uad6d\uc5b4", "\u1112\u1161\u11ab", "\uac00\u11a8", "\u4e2d\u6587 \u4e2d", "\ufffd", "\ufffe", "\U0010ffff", "\ue000", "\u202eabc", "\u2066a\u2069",
    "\u200ca", "a\u200db", "a\u2060b", "a\u180eb", "a\u1680b", "a\u2003b", "a\u202fb", "a\u205fb", "zero\u200bwidth",
    "word " * 400, "a" * 3000, "ab " * 700, "\u4e2d" * 500, "e\u0301" * 300, " " * 2000 + "x", "\n" * 300, "<extra_id_7>" * 60, "</s> " * 50, "antidisestablishmentarianism" * 20,
]


def generated(rng, words):
    """Words, marks, sentinels, spaces and single code points glued together at random."""
    sentinel = [f"<extra_id_{i}>" for i in (0, 1, 9, 10, 50, 98, 99)] + ["</s>", "<pad>", "<unk>", "<extra_id_100>"]
    spaces = [" ", "  ", "\n", "\t", "\r\n", "\u00a0", "\u200b", "\u3000", "\u2009", ""]
    folds = [chr(c) for c in (0x2460, 0xBD, 0xB2, 0xAA, 0x2122, 0x2139, 0x24C2, 0x3297, 0xFF21, 0xFF1C, 0xFB01, 0x132, 0xB5)]
    marks = [chr(c) for c in (0x301, 0x308, 0x323, 0x348, 0x903, 0x3099, 0x200D, 0xFE0F, 0x20DD, 0x1D165, 0x600, 0x1F3FB)]
    every = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]

    def part():
        kind = rng.random()
        if kind < 0.35:
            return rng.choice(words) + rng.choice(spaces)
        if kind < 0.55:
            return rng.choice(spaces) + rng.choice(sentinel) + rng.choice(spaces)
        if kind < 0.75:
            return rng.choice("aeounAEO" + "".join(folds)) + "".join(rng.choices(marks, k=rng.randint(0, 3)))
        return rng.choice(every[:0x3100] if kind < 0.9 else every)

    while True:
        yield "".join(part() for _ in range(rng.randint(1, 16)))


def folder_with(**files):
    folder = tempfile.mkdtemp()
    shutil.copy(os.path.join(HERE, "spiece.model"), folder)
    for name, content in {"config": {"model_type": "t5"}, **files}.items():
        with open(os.path.join(folder, name + ".json"), "w", encoding="utf-8") as file:
            json.dump(content, file)
    return folder


def main():
    rng = random.Random(7)
    plain = folder_with()
    t5 = AutoTokenizer.from_pretrained(plain)
    ids = lambda text, tokenizer=t5: tokenizer(text).input_ids

    inputs = {}
    for path in sorted(glob.glob(os.path.join(BBH, "*.json"))):
        with open(path, encoding="utf-8") as file:
            inputs[os.path.basename(path)[:-5]] = [e["input"] for e in json.load(file)["examples"]]
    words = " ".join(inputs["sports_understanding"] + inputs["date_understanding"]).split()

    glued = [form.format(f"<extra_id_{i}>") for i in range(0, 100, 7) for form in ("a{}b", "a {} b", " {}", "{} ", "a{} b", "a {}b")]
    texts = [*HAND, *glued]
    source = generated(rng, words)
    while len(texts) < 600:
        texts.append(next(source))

    # Every kind of folder that this tokenizer is found in gives the same ids.
    names = [f"<extra_id_{i}>" for i in range(100)]
    flan = {"additional_special_tokens": names, "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    config = {**flan, "extra_ids": 100, "model_max_length": 512, "sp_model_kwargs": {}, "tokenizer_class": "T5Tokenizer"}
    flan_folder = folder_with(tokenizer_config=config, special_tokens_map=flan)
    saved = tempfile.mkdtemp()
    t5.save_pretrained(saved)
    with open(os.path.join(saved, "config.json"), "w", encoding="utf-8") as file:
        json.dump({"model_type": "t5"}, file)
    same = {"T5Tokenizer": T5Tokenizer.from_pretrained(plain), "flan-t5": AutoTokenizer.from_pretrained(flan_folder),
            "saved": AutoTokenizer.from_pretrained(saved)}
    for kind, tokenizer in same.items():
        assert all(ids(t, tokenizer) == ids(t) for t in texts), kind
    assert not t5.clean_up_tokenization_spaces

    spm = sentencepiece.SentencePieceProcessor(model_file=os.path.join(HERE, "spiece.model"))
    differ = {task: [i for i, text in enumerate(rows) if spm.encode(text) + [1] != ids(text)] for task, rows in inputs.items()}

    lists = [[], [1], [0, 0, 1], [3], [2], [4099, 4000, 1], [5000, 4100, 100000, 7]]
    lists += [[rng.choice([rng.randrange(0, 4130), rng.randrange(3, 40)]) for _ in range(rng.randint(1, 12))] for _ in range(200)]
    answers = ["(A)", " (a) ", "Yes.", "yes .", ".", "..", "", "No\n", "U.S.A.", "\u00c9COLE.", "\u0130.", "\x1cTrue\x1f", "\u00a0valid\u3000", "a . b", "3.5"]
    letters = "".join(chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000 and chr(c).lower() != chr(c) and chr(c) != "\u03a3")
    answers += ["x" + chr(c) + "y" + chr(c) for c in range(0x3100) if chr(c).isspace()]
    answers += [letters[i:i + 200] for i in range(0, len(letters), 200)]

    golden = {
        "made_by": {"python": sys.version.split()[0], "transformers": transformers.__version__, "tokenizers": tokenizers.__version__,
                    "sentencepiece": sentencepiece.__version__, "class": type(t5).__name__},
        "size": len(t5),
        "sentinels": ids("".join(names))[:-1],
        "texts": [{"text": t, "ids": ids(t), "decoded": t5.decode(ids(t), skip_special_tokens=True)} for t in texts],
        "cut": [{"text": t, "limit": n, "ids": t5(t, truncation=True, max_length=n).input_ids}
                for t, n in [("one two three four", 1), ("one two three four", 2), ("one two three four", 4), ("a</s>b", 3), ("a", 9)]],
        "bbh": {task: [hashlib.sha256(",".join(map(str, ids(t))).encode()).hexdigest()[:12] for t in rows] for task, rows in inputs.items()},
        "sentencepiece_differs": {task: rows for task, rows in differ.items() if rows},  # for information: its own cut
        "decode": [{"ids": x, "text": t5.decode(x, skip_special_tokens=True)} for x in lists],
        "normalised": [[a, a.strip().lower().replace(".", "")] for a in answers],
    }
    with open(os.path.join(HERE, "golden.json"), "w", encoding="ascii") as file:
        json.dump(golden, file, separators=(",", ":"))
    print({k: len(v) for k, v in golden.items() if k not in ("size",)}, golden["sentencepiece_differs"])


main()
