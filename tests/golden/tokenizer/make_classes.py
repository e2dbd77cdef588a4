#!/usr/bin/env python3
"""Tokenizer classes of transformers that cut texts otherwise than tokenizer.json says.

    python tests/golden/tokenizer/make_classes.py     (from the top of the repository; a minute)

Reads bpe/golden.json and writes bpe/classes.json: for each of its tokenizers, class, model_type and setting, how many of
TEXTS get other ids from AutoTokenizer than from `tokenizers` and the file alone.
"""
import copy
import json
import pathlib
import tempfile

import tokenizers
import transformers

HERE = pathlib.Path(__file__).parent / "bpe"
TEXTS = ["the 12345 fox", "DON'T don't I'll", "a\n\nb  c\n", "cafe\u0301", " x", "  x", "</s>the fox</s> x", "<|end|>the <|end|> x",
         "tab\there 99"]
CLASSES = {"PreTrainedTokenizerFast": [{}], "Qwen2Tokenizer": [{}],
           **{name: [{}, {"legacy": True}, {"add_prefix_space": False}, {"add_prefix_space": True}]
              for name in ("GPT2Tokenizer", "GPT2TokenizerFast", "LlamaTokenizer")}}


def put(folder, name, content):
    (folder / name).write_text(json.dumps(content))


def main():
    golden, rows = json.loads((HERE / "golden.json").read_text()), []
    folder = pathlib.Path(tempfile.mkdtemp())
    for variant in golden["variants"]:
        file = copy.deepcopy(variant["file"])
        file["model"].update(golden["vocabularies"][file["model"]["vocab"][1:]])
        put(folder, "tokenizer.json", file)
        plain = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        for name, settings in CLASSES.items():
            for setting in settings:
                for model_type in ("llama", "mistral", "qwen2", "qwen3"):
                    put(folder, "tokenizer_config.json", {**variant["config"], "tokenizer_class": name, **setting})
                    put(folder, "config.json", {"model_type": model_type})
                    taken = transformers.AutoTokenizer.from_pretrained(folder)
                    other = sum(taken(text).input_ids != plain.encode(text).ids for text in TEXTS)
                    rows.append({"variant": variant["name"], "class": name, "setting": setting, "model_type": model_type,
                                 "other": other})
    made = {"made_by": "tests/golden/tokenizer/make_classes.py",
            "versions": {"tokenizers": tokenizers.__version__, "transformers": transformers.__version__}}
    lines = ",\n".join(json.dumps(row) for row in rows)
    (HERE / "classes.json").write_text(json.dumps(made)[:-1] + ', "rows": [\n' + lines + "\n]}\n")


if __name__ == "__main__":
    main()
