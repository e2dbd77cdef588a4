"""A script for the original `lorahub` package with an objective of its own, the share of wrong answers, which runs with this
package as it stands.

usage: accuracy_script.py MODEL LIBRARY POOL.jsonl MODULES STEPS     (prints one line of JSON last)
"""
import json
import pathlib
import sys

import torch
from transformers import AutoTokenizer

from lorahub.algorithm import lorahub_inference, lorahub_learning

MODEL, LIBRARY, POOL = sys.argv[1:4]
TOKENIZER = AutoTokenizer.from_pretrained(MODEL)
SEEN = []


def wrong_answers(example_dataset, model, batch_size):
    wrong = 0
    for row in example_dataset:
        read = TOKENIZER(row["input"], return_tensors="pt").to(model.device)
        with torch.no_grad():
            answer = model.generate(**read, max_new_tokens=20)[0]
        wrong += TOKENIZER.decode(answer, skip_special_tokens=True).strip() != row["output"].strip()
    SEEN.append(wrong / len(example_dataset))
    return SEEN[-1]


def main():
    modules = [str(folder) for folder in sorted(pathlib.Path(LIBRARY).iterdir()) if folder.is_dir()][: int(sys.argv[4])]
    rows = [json.loads(line) for line in pathlib.Path(POOL).read_text().splitlines()[:5]]
    inputs, outputs = [row["context"] for row in rows], [row["completion"] for row in rows]
    weights, model, tokenizer = lorahub_learning(
        lora_module_list=modules, example_inputs=inputs, example_outputs=outputs, max_inference_step=int(sys.argv[5]),
        model_name_or_path=MODEL, batch_size=2, get_loss=wrong_answers)
    _, accuracy = lorahub_inference(inputs, model, tokenizer, 5, outputs)
    print(json.dumps({"weights": list(weights), "seen": SEEN, "accuracy": accuracy}))


main()
