"""Which layers an adapter_config.json names, with which rank and scaling, as PEFT reads it from its file.

    python tests/golden/peft_names.py        # writes tests/golden/peft_names.json

The base is tiny_gated of t5_golden.py, without values. `layers` are [rank, scaling, numbers of the linear layers], null
where PEFT does not load the file. `unread` are expressions that are refused here though PEFT takes them.
"""
import json
import pathlib
import tempfile
import warnings

import peft
import torch
import transformers
from transformers import T5Config, T5ForConditionalGeneration

import t5_golden

HERE = pathlib.Path(__file__).parent
FFN = {"target_modules": ["q", "wi_0", "wi_1", "wo"]}
CASES = [
    {**FFN, "alpha_pattern": {"wi_.": 64}},
    {**FFN, "alpha_pattern": {"wi.0": 5, "w.": 7}},
    {**FFN, "alpha_pattern": {"w.*": 5, "wi_0": 7}},
    {**FFN, "alpha_pattern": {"wi_0": 7, "w.*": 5}},
    {**FFN, "alpha_pattern": {"wi_[01]": 3, "DenseReluDense.wo": 9, "SelfAttention.q": 2}},
    {**FFN, "alpha_pattern": {"encoder.block.1.layer.0.SelfAttention.q": 11}},
    {**FFN, "alpha_pattern": {"encoder": 11, "q": 3}},
    {**FFN, "alpha_pattern": {"^encoder.*q": 11}},
    {**FFN, "alpha_pattern": {"^q": 11, "^.*q": 12}},
    {**FFN, "alpha_pattern": {"q$": 11, "wo$|wi_1$": 12}},
    {**FFN, "alpha_pattern": {"q|encoder": 11}},
    {**FFN, "alpha_pattern": {"block.[0-1].*.q": 11, "block.2.*": 12}},
    {**FFN, "alpha_pattern": {r"block\.\d+\.layer\.\d\.SelfAttention\.q": 11}},
    {**FFN, "alpha_pattern": {r"(encoder|decoder)\.block\.[^0]\..*": 11}},
    {**FFN, "alpha_pattern": {r"\w+Dense\.wi_\d": 11, r"\S*wo": 12}},
    {**FFN, "alpha_pattern": {r"(?!.*encoder).*q": 11}},
    {**FFN, "alpha_pattern": {r"(?P<side>encoder)\..*": 11}},
    {**FFN, "alpha_pattern": {r"(?:encoder)\..*?q": 11}},
    {**FFN, "alpha_pattern": {r"w[io](_[0-9])?": 11}},
    {**FFN, "alpha_pattern": {r"w.{1}": 11, r"w.{2,}": 12}},
    {**FFN, "alpha_pattern": {r".{,2}": 11}},
    {**FFN, "alpha_pattern": {r"w{1}i_0": 11, r"{q}": 12, r"q{}": 13}},
    {**FFN, "alpha_pattern": {r"[]wi]+_0": 11, r"[^]w]": 12}},
    {**FFN, "alpha_pattern": {r"[\w.]*wi_0": 11, r"[\d_a-z]+": 12}},
    {**FFN, "alpha_pattern": {r"wi[-_]0": 11, r"[+--z]i_1": 12, "[[:alpha:]]": 13}},
    {**FFN, "alpha_pattern": {r"\bq": 11, r".*\bwo\b": 12}},
    {**FFN, "alpha_pattern": {r"\Aencoder.*q\Z": 11}},
    {**FFN, "alpha_pattern": {r".*Q": 11, "": 12, ".": 13}},
    {**FFN, "rank_pattern": {"wi_.": 2, "decoder.*": 3}},
    {**FFN, "rank_pattern": {"decoder.*": 3, "wi_.": 2}, "alpha_pattern": {".*0.*": 1, ".*": 30}, "use_rslora": True},
    {**FFN, "alpha_pattern": {r"(.)\.block\..*": 4, r"[^.]+\.block\.1\..*": 6}},
    {**FFN, "alpha_pattern": {"wi_0": 4, "wi_0$": 6}, "rank_pattern": {r".*\.0\..*": 5}},
    {"target_modules": ".*q"},
    {"target_modules": "q"},
    {"target_modules": "encoder.*(q|v)"},
    {"target_modules": r"^decoder\.block\.(?:0|2)\..*Attention\.[qv]$"},
    {"target_modules": r".*(?!Dense).*w.*"},
    {"target_modules": r"(?!.*encoder).*EncDecAttention\.k"},
    {"target_modules": r"lm_head|.*\.o"},
    {"target_modules": "ALL-Linear"},
    {"target_modules": "all-linear", "exclude_modules": ["q", "DenseReluDense.wo"]},
    {"target_modules": "all-linear", "exclude_modules": r".*\.block\.0\..*"},
    {"target_modules": ["q", "v"], "exclude_modules": "q"},
    {"target_modules": ["q", "v"], "exclude_modules": ["encoder.block.0.layer.0.SelfAttention.q"]},
    {"target_modules": ["q", "lm_head"], "layers_to_transform": 1},
    {"target_modules": ["q", "lm_head"], "layers_to_transform": [0, 2]},
    {"target_modules": ["q", "wo"], "layers_to_transform": [0]},
    {"target_modules": ["q", "wo"], "layers_to_transform": []},
    {"target_modules": ["q", "wo"], "layers_to_transform": [0], "layers_pattern": "layer"},
    {"target_modules": ["q", "wo"], "layers_to_transform": [2], "layers_pattern": ["layer"]},
    {"target_modules": ["q", "wo"], "layers_to_transform": [1], "layers_pattern": ["blocks", "block"]},
    {"target_modules": ["q", "wo"], "layers_to_transform": [1], "layers_pattern": []},
    {"target_modules": ["q", "wo", "decoder.block.0.layer.0.SelfAttention.v"], "layers_to_transform": [1]},
    {"target_modules": ["q", "nonsense"]},
    {"target_modules": ["SelfAttention.q", "layer.1.EncDecAttention.v"]},
    {"target_modules": ".*q", "layers_to_transform": [1]},
    {"target_modules": ["q"], "layers_pattern": "block"},
    {"target_modules": ["nonsense"]},
    {"target_modules": ["q"], "layers_to_transform": [9]},
    {**FFN, "alpha_pattern": {"*": 4}},
    {**FFN, "alpha_pattern": {"(q": 4}},
    {**FFN, "alpha_pattern": {"w**": 4}},
    {**FFN, "alpha_pattern": {"w[o": 4}},
    {**FFN, "alpha_pattern": {r"\Q": 4}},
    {"target_modules": "(q"},
]
UNREAD = [
    {**FFN, "alpha_pattern": {r"(?<=_)0": 4}},
    {**FFN, "alpha_pattern": {r"(?<!i_)[a-z0-9]": 4}},
    {**FFN, "alpha_pattern": {r"(.)\2": 4}},
    {**FFN, "alpha_pattern": {r"w.++": 4}},
    {**FFN, "alpha_pattern": {r"(?>w.*)": 4}},
    {**FFN, "alpha_pattern": {r"(?i:WO)": 4}},
    {**FFN, "alpha_pattern": {"q(?#query)": 4}},
    {**FFN, "alpha_pattern": {"qü?": 4}},
    {**FFN, "alpha_pattern": {r"q\u0041?": 4}},
    {**FFN, "alpha_pattern": {"q)|(wo": 4}},
    {"target_modules": "(?i).*Q"},
    {"target_modules": ["q"], "layers_to_transform": [1], "layers_pattern": "bl.ck"},
]


def layers(settings):
    with torch.device("meta"):
        model = T5ForConditionalGeneration(T5Config(**t5_golden.SHAPES["tiny_gated"]))
    plain = {"peft_type": "LORA", "r": 4, "lora_alpha": 8}
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "adapter_config.json").write_text(json.dumps({**plain, **settings}))
        try:
            peft.get_peft_model(model, peft.LoraConfig.from_pretrained(folder))
        except Exception as error:
            print("refused by PEFT:", settings, type(error).__name__, str(error)[:80])
            return None
    groups = {}
    for i, (name, module) in enumerate(linears(model)):
        if hasattr(module, "lora_A") and module.lora_A:
            groups.setdefault((module.r["default"], module.scaling["default"]), []).append(i)
    return [[r, scaling, numbers] for (r, scaling), numbers in groups.items()]


def linears(model):
    """In the order of the model, which is that of t5::linears."""
    found = [(n, m) for n, m in model.named_modules() if isinstance(m, (torch.nn.Linear, peft.tuners.lora.Linear))]
    return [(n, m) for n, m in found if not n.endswith(("base_layer", ".default"))]


def main():
    warnings.simplefilter("ignore")
    rows = [{"config": case, "layers": layers(case)} for case in CASES]
    rows += [{"config": case, "layers": layers(case), "unread": True} for case in UNREAD]
    body = ",\n  ".join(json.dumps(row) for row in rows)
    versions = json.dumps({"transformers": transformers.__version__, "peft": peft.__version__})
    (HERE / "peft_names.json").write_text(
        f'{{"made_by": "tests/golden/peft_names.py", "versions": {versions}, "r": 4, "lora_alpha": 8,\n'
        f' "cases": [\n  {body}\n ]}}\n')
    print(len(rows), sum(row["layers"] is None for row in rows))


if __name__ == "__main__":
    main()
