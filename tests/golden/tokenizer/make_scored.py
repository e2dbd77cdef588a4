"""Writes bpe/scored.json: the ids of SentencePiece's pieces whose merges follow from their scores, as transformers converts
a model that has no merges (a GGUF file's), for tests/text.

Usage: make_scored.py     (in any folder)
The pieces are the vocabulary "pieces" of bpe/golden.json; the score of each is the negative of its id.
"""
import json
import os

import tokenizers
import transformers
from transformers.tokenization_utils_base import generate_merges

from make_bpe import HERE, reference, tokenizer_of


def main():
    with open(os.path.join(HERE, "bpe", "golden.json"), encoding="utf-8") as file:
        golden = json.load(file)
    vocab = golden["vocabularies"]["pieces"]["vocab"]
    merges = generate_merges(vocab, {piece: -float(id) for piece, id in sorted(vocab.items(), key=lambda item: item[1])})
    variant = next(variant for variant in golden["variants"] if variant["name"] == "llama2")
    content = {"pieces": {"vocab": vocab, "merges": [list(pair) for pair in merges]}}
    with open(os.path.join(HERE, "bpe", "scored.json"), "w", encoding="utf-8") as file:
        json.dump({"by": f"make_scored.py, transformers {transformers.__version__}, tokenizers {tokenizers.__version__}",
                   "merges": len(merges), "reference": reference(tokenizer_of(variant, content))}, file, separators=(",", ":"))
        file.write("\n")


main()
