"""Writes mt5/: a small SentencePiece model in the manner of mT5 (byte pieces, sentinels among the pieces, no extra ids),
and the ids that transformers gives with it, for tests/task.

Usage: make_mt5.py   (in any folder)
"""
import json
import pathlib
import random

import sentencepiece as spm
import tokenizers
import transformers
from transformers import AutoTokenizer

HERE = pathlib.Path(__file__).parent / "mt5"
TEXTS = ["abc def", "hello <0x41> \u00e9 z", "  a  b ", "<extra_id_0> x", "a <extra_id_0> b.", "a<extra_id_1>b",
         "\u2581<extra_id_0>", "x \u2581<extra_id_0>y", "Z\u00e9\u4e2d\n x", "<pad> a</s>b<unk>", "lqb ji", "", " "]


def main():
    HERE.mkdir(exist_ok=True)
    rng = random.Random(1)
    words = ["".join(rng.choices("abcdefghijklmnopqrst", k=rng.randint(2, 7))) for _ in range(300)]
    lines = [" ".join(rng.choices(words, k=8)) for _ in range(2000)]
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=str(HERE / "spiece"), model_type="unigram", vocab_size=400,
        character_coverage=1.0, normalization_rule_name="identity", byte_fallback=True, pad_id=0, eos_id=1, unk_id=2,
        bos_id=-1, num_threads=1, minloglevel=2, user_defined_symbols=["\u2581<extra_id_1>", "\u2581<extra_id_0>"])
    (HERE / "spiece.vocab").unlink()
    (HERE / "tokenizer_config.json").write_text(json.dumps({
        "additional_special_tokens": None, "eos_token": "</s>", "extra_ids": 0, "pad_token": "<pad>",
        "tokenizer_class": "T5Tokenizer", "unk_token": "<unk>"}) + "\n")
    (HERE / "config.json").write_text('{"model_type": "mt5"}\n')
    tokenizer = AutoTokenizer.from_pretrained(HERE)
    rows = [{"text": text, "ids": (ids := tokenizer(text).input_ids),
             "decoded": tokenizer.decode(ids, skip_special_tokens=True)} for text in TEXTS]
    (HERE / "golden.json").write_text(json.dumps({
        "made_by": "tests/golden/tokenizer/make_mt5.py", "size": len(tokenizer), "rows": rows,
        "versions": {"sentencepiece": spm.__version__, "tokenizers": tokenizers.__version__,
                     "transformers": transformers.__version__}}) + "\n")


main()
