"""Trains spiece.model: a SentencePiece unigram model of 4,000 pieces with T5's settings, for the tokenizer's tests.

The text is the documentation that Python's standard library carries (docstrings, PSF licence) and generated lines of
numbers, brackets, options and letters of other scripts; nothing of a benchmark. Usage: train_spiece.py FOLDER
"""
import ast
import os
import random
import sys
import sysconfig

import sentencepiece as spm

LETTERS = "àáâäçèéêëìíîïñòóôöùúûüßÀÉÖÜčšžłőαβγδεζηθικλμνξοπρστυφχψωАБВГДабвгдежзийклмнопрстуфхцчшщыьэюя" \
          "的一是不了人我在有他这中大来上国个到说们かがきぎさしすせたちつてとなにのはひまもやゆらりるれをん한국어말이다अआकखगमनसह…–—“”‘’€£"


def docstrings():
    """Docstrings of the top modules, sorted by file name."""
    root = sysconfig.get_paths()["stdlib"]
    for name in sorted(n for n in os.listdir(root) if n.endswith(".py")):
        with open(os.path.join(root, name), encoding="utf-8", errors="ignore") as file:
            try:
                tree = ast.parse(file.read())
            except SyntaxError:
                continue
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                text = ast.get_docstring(node)
                if text:
                    yield from (line.strip() for line in text.splitlines() if line.strip())


def generated(rng):
    yield from (" ".join(rng.choices(LETTERS, k=8)) + " " + "".join(rng.choices(LETTERS, k=5)) for _ in range(3000))
    for _ in range(3000):
        yield " ".join(rng.choices(["(A)", "(B)", "(C)", "Options:", "-", "Yes", "No", "True", "False", "Q:", "A:",
                                    "[", "]", "{", "}", "<", ">", "(", ")", "+", "*", "=", "not", "and", "or",
                                    str(rng.randint(-99, 2030)), f"{rng.randint(1, 12):02}/{rng.randint(1, 28):02}"],
                                   k=9))


def main(folder):
    lines = [*docstrings(), *generated(random.Random(1))]
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=os.path.join(folder, "spiece"), model_type="unigram",
        vocab_size=4000, character_coverage=1.0, normalization_rule_name="nmt_nfkc", byte_fallback=False,
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1, num_threads=1, minloglevel=2)
    os.remove(os.path.join(folder, "spiece.vocab"))
    print(f"{len(lines)} lines, sentencepiece {spm.__version__}, Python {sys.version.split()[0]}")


main(sys.argv[1])
