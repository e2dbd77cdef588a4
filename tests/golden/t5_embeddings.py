"""What transformers computes with model files that hold several embeddings, in f64, for tests/model/t5.

    python tests/golden/t5_embeddings.py            # writes tests/golden/t5/embeddings.json

Each case is a model of t5_golden.py whose file holds the embeddings that the case lists (file name: the name that its
values are hashed from, with the scale of shared.weight); transformers loads the file and ties what is not in it.
"""

import json
import math
import pathlib
import tempfile

import safetensors.torch
import torch
import transformers
from transformers import T5Config, T5ForConditionalGeneration
from transformers.models.t5 import modeling_t5

import hash_weights
import t5_golden

HERE = pathlib.Path(__file__).parent
S, E, D, H = "shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight"
CASES = [
    ("copies", {S: "one", E: "one", D: "one", H: "one"}),
    ("three", {S: "one", E: "two", D: "three"}),
    ("three_and_a_head", {S: "one", E: "two", D: "three", H: "head"}),
    ("the_decoders_own", {S: "one", D: "three"}),
    ("the_encoders_own", {S: "one", E: "two"}),
    ("the_encoders_own_and_a_head", {S: "one", E: "two", D: "one", H: "head"}),
    ("sides_without_shared", {E: "two", D: "three"}),
    ("the_decoders_alone", {D: "three"}),
    ("the_head_alone", {H: "one"}),
]
EXAMPLES = 4


def load(base, embeddings):
    c = t5_golden.SHAPES[base]
    with torch.device("meta"):
        names = {n: tuple(p.shape) for n, p in T5ForConditionalGeneration(T5Config(**c)).state_dict().items()}
    tensors = {n: torch.from_numpy(hash_weights.weight(n, s, c)) for n, s in names.items() if n not in (S, E, D, H)}
    for name, values in embeddings.items():
        u = hash_weights.hashes(values, c["vocab_size"] * c["d_model"]) % 2**24 / 2.0**23 - 1.0
        width = math.sqrt(3.0) if name != H else 3.0 * math.sqrt(3.0 / c["d_model"])
        if values == "one":
            width = math.sqrt(3.0)
        tensors[name] = torch.from_numpy((width * u).astype("float32").reshape(c["vocab_size"], c["d_model"]))
    with tempfile.TemporaryDirectory() as folder:
        safetensors.torch.save_file(tensors, folder + "/model.safetensors", {"format": "pt"})
        T5Config(**c).save_pretrained(folder)
        return T5ForConditionalGeneration.from_pretrained(folder, attn_implementation="eager").double().eval()


@torch.no_grad()
def main():
    torch.set_num_threads(1)
    modeling_t5.T5LayerNorm.forward = t5_golden.exact_norm
    cases = []
    for base in ("tiny_gated", "tiny_relu"):
        words = t5_golden.SHAPES[base]["vocab_size"]
        rows = [(hash_weights.token_ids(f"{base}.source.{i}", s, words), hash_weights.token_ids(f"{base}.target.{i}", t, words))
                for i, (s, t) in enumerate(t5_golden.LENGTHS[base][:EXAMPLES])]
        for name, embeddings in CASES:
            model = load(base, embeddings)
            written = [t5_golden.greedy(model, source, 8) for source, _ in rows]
            cases.append({"name": name, "base": base, "tensors": embeddings,
                          "loss_sum": [t5_golden.loss_sum(model, *row) for row in rows],
                          "greedy": [ids for ids, _ in written], "gap": min(min(gaps) for _, gaps in written)})
            print(base, name, [round(x, 3) for x in cases[-1]["loss_sum"]], cases[-1]["gap"])
    body = ",\n  ".join(json.dumps(case) for case in cases)
    versions = json.dumps({"torch": torch.__version__, "transformers": transformers.__version__})
    (HERE / "t5" / "embeddings.json").write_text(
        f'{{"made_by": "tests/golden/t5_embeddings.py", "versions": {versions},\n "cases": [\n  {body}\n ]}}\n')


if __name__ == "__main__":
    main()
