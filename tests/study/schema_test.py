"""The JSON schema of studies (lorahub knobs --json-schema), held against a schema validator and against the program: what
ships is valid, what is wrong is refused by both, and the file that editors read is what the program prints.

schema_test.py SOURCE PROGRAM
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import jsonschema
import ruamel.yaml

source, program = pathlib.Path(sys.argv[1]), sys.argv[2]

# Each stands in the place of HERE in a study that is right without it.
RIGHT = {
    "nested": "set: {search: {budget: 40, sigma0: 0.25}, task: all}",
    "dotted": "set: {search.budget: 40, task: all}",
    "task_and_its_limit": "set: {task: E1_isa_letter, task.max_input: 9000}",
    "task_group": "set: {task: {max_input: 9000}}\nvary: {task: all}",
    "seeds": "set: {seed: {shots: 42}, task: all}\nvary: {seed: [1, 18446744073709551615]}",
    "draws_by_name": "set: {task: all}\nvary: {modules: [[max_letter, find_letter], all, 5]}",
    "rows": "set: {task: all, shots: [0, 4, 7]}",
    "zip": "set: {task: all}\nzip: {modules: [5, 10], shots: [5, 6]}",
    "empty_sections": "set: {task: all}\nzip: {}\nvary:",
    "retrieval": "set: {task: all, retrieve: probe 20}",
    "retrieval_by_slope": "set: {task: all, retrieve: slope 20}",
    "defaults_by_name": "set: {task: all, search.sigma0: auto}\nvary: {search.budget: [auto, 400], method: [auto, icl]}",
    "no_question": "set: {task: all}\nuses: {model: mini, library: mini, tasks: mini/unseen, search: cma}",
    "exponent": "set: {task: all, train.lr: 1e-3}\nvary: {method: [lora_tuning]}",
}
WRONG = {
    "unknown_key": "sets: {task: all}",
    "unknown_knob": "set: {task: all, shotz: 5}",
    "unknown_nested": "set: {task: all, search: {budgets: 40}}",
    "group_left_away": "set: {task: all, budget: 40}",
    "word": "set: {task: all, method: lorahubb}",
    "list_under_set": "set: {task: all, search.budget: [40, 400]}",
    "value_under_vary": "set: {task: all}\nvary: {seed: 3}",
    "empty_list": "set: {task: all}\nvary: {seed: []}",
    "too_small": "set: {task: all, search.budget: 0}",
    "too_large": "set: {task: all, search.budget: 1000001}",
    "fraction": "set: {task: all, batch: 1.5}",
    "negative_seed": "set: {task: all, seed: -1}",
    "negative": "set: {task: all, penalty.weight: -0.5}",
    "dropout_of_one": "set: {task: all, train.dropout: 1}",
    "number_as_word": "set: {task: all, max_tokens: many}",
    "no_count": "set: {task: all, retrieve: probe}",
    "count_of_none": "set: {task: all, retrieve: none 5}",
    "row_twice": "set: {task: all, shots: [1, 1]}",
    "module_twice": "set: {task: all, modules: [max_letter, max_letter]}",
    "no_modules": "set: {task: all, modules: 0}",
    "kind_of_piece": "set: {task: all}\nuses: {models: mini}",
    "section_of_words": "set: [shots, 5]",
    "question_of_nothing": "question:\nset: {task: all}",
}


def text_of(name, part):
    head = "" if "question" in name else "question: Is it so?\n"
    head += "" if "uses" in part else "uses: {model: mini, library: mini, tasks: mini/unseen}\n"
    return head + part + "\n"


def program_takes(text, folder):
    file = folder / "study.yaml"
    file.write_text(text)
    ended = subprocess.run([program, "plan", file], capture_output=True, text=True,
                           env={**os.environ, "LORAHUB_CONFIGS": str(source / "configs")})
    assert ended.returncode in (0, 2), ended
    return ended.returncode == 0


def main():
    printed = subprocess.run([program, "knobs", "--json-schema"], capture_output=True, text=True, check=True).stdout
    schema = json.loads(printed)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    yaml = ruamel.yaml.YAML(typ="safe", pure=True)  # YAML 1.2, as editors and the program read it
    complaints = []

    committed = source / "configs" / "study.schema.json"
    if committed.read_text() != printed:
        complaints.append(f"{committed} is out of date: lorahub knobs --json-schema > configs/study.schema.json")
    studies = sorted((source / "experiments").glob("*.yaml"))
    assert len(studies) > 20, studies
    for study in studies:
        text = study.read_text()
        complaints += [f"{study}: {error.message}" for error in validator.iter_errors(yaml.load(text))]
        named = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
        if (study.parent / named).resolve() != committed.resolve():
            complaints.append(f"{study}: its first line does not name {committed} for editors")
    with tempfile.TemporaryDirectory() as folder:
        for name, part in (RIGHT | WRONG).items():
            text, right = text_of(name, part), name in RIGHT
            if validator.is_valid(yaml.load(text)) != right:
                complaints.append(f"{name}: the schema says {'wrong' if right else 'right'}\n{text}")
            if program_takes(text, pathlib.Path(folder)) != right:
                complaints.append(f"{name}: the program says {'wrong' if right else 'right'}\n{text}")
    sys.exit("\n".join(complaints) or None)


main()
