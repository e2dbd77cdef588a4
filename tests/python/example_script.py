"""A script for the original `lorahub` package, which runs with this one as it stands: only the installed package differs.

usage: example_script.py MODEL LIBRARY POOL.jsonl TEST.jsonl MODULES STEPS     (prints one line of JSON last)
"""
import json
import pathlib
import sys

from lorahub.algorithm import lorahub_inference, lorahub_learning


def get_examples(file, count):
    rows = [json.loads(line) for line in pathlib.Path(file).read_text().splitlines()[:count]]
    return [row["context"] for row in rows], [row["completion"] for row in rows]


def main():
    model, library, pool, test = sys.argv[1:5]
    modules = [str(folder) for folder in sorted(pathlib.Path(library).iterdir()) if folder.is_dir()][: int(sys.argv[5])]
    inputs, outputs = get_examples(pool, 5)
    weights, adapted, tokenizer = lorahub_learning(
        lora_module_list=modules, example_inputs=inputs, example_outputs=outputs, max_inference_step=int(sys.argv[6]),
        model_name_or_path=model, batch_size=1)
    print("module_weights:", weights)
    test_inputs, test_outputs = get_examples(test, 20)
    answers, accuracy = lorahub_inference(
        example_inputs=test_inputs, model_or_name_path=adapted, tokenizer_or_tokenizer_path=tokenizer, batch_size=10,
        example_outputs=test_outputs)
    print(json.dumps({"weights": list(weights), "accuracy": accuracy, "answers": answers}))


main()
