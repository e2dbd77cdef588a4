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
         "tab\there 99", "a <|endoftext|> b", "<|padding|>", "x<FILL_ME>"]
END = ["unk_token", "bos_token", "eos_token", "pad_token"]  # all named: a class adds no token of its own
SETTINGS = [{}, {"legacy": True}, {"add_prefix_space": False}, {"add_prefix_space": True}]
CLASSES = {"": [{}], "PreTrainedTokenizerFast": [{}], "Qwen2Tokenizer": [{}, {"named": END}],
           **{name: SETTINGS for name in ("GPT2TokenizerFast", "LlamaTokenizer")},
           "GPT2Tokenizer": [*SETTINGS, {"named": END}], "CodeLlamaTokenizer": [{}],
           "CodeGenTokenizer": [{"named": END}], "GPTNeoXTokenizer": [{"named": END}, {"named": END, "add_prefix_space": True}]}


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
            if name == "CodeLlamaTokenizer" and "<unk>" not in file["model"]["vocab"]:
                continue  # transformers ends with an error
            for setting in settings:
                setting = {**setting, **{key: variant["config"]["eos_token"] for key in setting.get("named", [])}}
                setting.pop("named", None)
                for model_type in ("llama", "mistral", "qwen2", "qwen3"):
                    config = {**variant["config"], "tokenizer_class": name, **setting}
                    put(folder, "tokenizer_config.json", {key: value for key, value in config.items() if value != ""})
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
