"""Writes golden.json: sentence chrF of pairs of texts by sacrebleu with its default settings, for tests/task.

python make_golden.py   (sacrebleu 2.6.0)
"""
import json
import pathlib
import random

import sacrebleu

rng = random.Random(20240131)
PAIRS = [("the cat sat on the mat", "the cat sat on a mat"), ("(A)", "(B)"), ("( A )", "(A)"), ("yes", "Yes"), ("", "yes"), ("yes", ""),
         ("", ""), (" ", "a"), ("aaaaaaaa", "aa"), ("aa", "aaaaaaaa"), ("[ 5 26 63 ]", "5 26 63"), ("a b c d e f g", "abcdefg"),
         ("Größe über alles", "Grösse über alles"), ("日本語の文です", "日本語の文でした"), ("x\u00a0y\u2003z", "xyz"), ("a\x1cb\x1dc", "abc"),
         ("naïve 🙂 café", "naive 🙂 cafe"), ("longer answer that goes on and on and on", "short"), ("dog cat", "cat dog"), ("1.5", "15")]
ALPHABET = "ab c\n\tdé日🙂."
for _ in range(60):
    PAIRS.append(tuple("".join(rng.choice(ALPHABET) for _ in range(rng.randrange(0, 14))) for _ in range(2)))

out = {"sacrebleu": sacrebleu.__version__,
       "pairs": [{"answer": a, "target": t, "chrf": sacrebleu.sentence_chrf(a, [t]).score} for a, t in PAIRS]}
pathlib.Path(__file__).with_name("golden.json").write_text(json.dumps(out, indent=0) + "\n")
