"""A library of many modules of real shape, of which few help: the word lab's own, and others made of their parts.

usage: make_library.py MODULES NAMES OUT [COUNT]      (needs numpy and safetensors; COUNT: 1000)

MODULES is a library such as configs/library/words/r4, NAMES a list such as configs/library/lorahub_196.txt. OUT has MODULES' folders as
they are, and copies whose layers stand some places further on, later ones with the sign of B changed: their values, norms and shapes are
those of trained modules, but no layer reads what it was trained on. The copies' cards have a name of NAMES, and its words as the input of a self-test.
"""

import json
import pathlib
import re
import shutil
import sys

from safetensors.numpy import load_file, save_file


def shifted(tensors, turn):
    """The same values, `turn` layers further on; from a whole turn on with the sign of each B changed."""
    layers = 1 + max(int(re.search(r"layers\.(\d+)\.", name)[1]) for name in tensors)
    places, sign = 1 + turn % (layers - 1), 1 if turn < layers - 1 else -1
    return {re.sub(r"layers\.(\d+)\.", lambda found: f"layers.{(int(found[1]) + places) % layers}.", name):
            value * value.dtype.type(sign if ".lora_B." in name else 1) for name, value in tensors.items()}


def card(base, task):
    words = task.replace("_", " ")
    return (f"---\nbase_model: {json.dumps(base)}\nlibrary_name: peft\ntags: [lora, lorahub]\nlorahub:\n  task: {json.dumps(words)}\n"
            f"  self_test:\n    - {{input: {json.dumps(words)}, answer: \"none\", max_tokens: 16}}\n---\n# {task}\n")


def main():
    modules, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[3])
    names = [line.strip().split("-", 1)[-1] for line in pathlib.Path(sys.argv[2]).read_text().splitlines() if not line.startswith("#")]
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 1000
    real = sorted(file.parent for file in modules.glob("*/adapter_config.json"))
    for folder in real:
        shutil.copytree(folder, out / folder.name)
    for i in range(count - len(real)):
        source, turn = real[i % len(real)], i // len(real)
        name = f"{names[i % len(names)]}_{i:04}"
        (out / name).mkdir()
        shutil.copy(source / "adapter_config.json", out / name)
        save_file(shifted(load_file(source / "adapter_model.safetensors"), turn), out / name / "adapter_model.safetensors")
        base = json.loads((source / "adapter_config.json").read_text())["base_model_name_or_path"]
        (out / name / "README.md").write_text(card(base, names[i % len(names)]))


main()
