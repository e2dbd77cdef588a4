"""What transformers computes with SmolLM2-135M-Instruct from its GGUF file: smollm2.json, for tests with the real model.

  python tests/golden/smollm2_golden.py "$(dirname "$(scripts/fetch-smollm2)")"    # needs transformers, gguf, torch

tensors: SHA-256 of each tensor's f32 bytes. rows: cross-entropy sums of the first five examples of three tasks (the answer
behind a space, and the end), and of a paragraph behind its first sentence, in f64 from f32 logits. greedy: the first line
of a prompt's answer.
"""
import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:] = [path for path in sys.path if pathlib.Path(path or ".").resolve() != HERE]  # its modules hide others
import torch
import transformers

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
END = 2
TASKS = HERE.parents[1] / "configs" / "tasks" / "lorahub_bbh"
PARAGRAPH = ("The river rises in the hills north of the town.",
             " In spring it carries the water of the melting snow, and the meadows beside it are flooded for weeks. Farmers "
             "have learned to live with this: their houses stand on low mounds, and the cattle are driven to higher ground "
             "before the first warm days. In summer the river is so shallow that children walk across it, and the mills that "
             "once stood along its banks could only work until June. Today two of them are museums, and the third is a small "
             "power station that lights about forty homes.")
PROMPTS = ["The capital of France is", "hot => cold ; big => small ; up =>", "2 + 3 ="]


def loss_sum(model, tokenizer, prompt, answer):
    begin = len(tokenizer(prompt).input_ids)
    ids = tokenizer(prompt + answer).input_ids + [END]
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0].double()
    losses = -torch.log_softmax(logits, -1)
    return {"tokens": len(ids) - begin, "sum": sum(losses[i - 1, ids[i]].item() for i in range(begin, len(ids)))}


def greedy(model, tokenizer, prompt):
    ids = tokenizer(prompt, return_tensors="pt").input_ids
    with torch.no_grad():
        answer = model.generate(ids, max_new_tokens=12, do_sample=False, num_beams=1)[0, ids.shape[1]:]
    return {"prompt": prompt, "line": tokenizer.decode(answer, skip_special_tokens=True).removeprefix(" ").split("\n")[0]}


def main():
    folder = sys.argv[1]
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=FILE, dtype=torch.float32).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, gguf_file=FILE)
    rows = {}
    for task in ("boolean_expressions", "date_understanding", "web_of_lies"):
        lines = (TASKS / task / "example.jsonl").read_text().splitlines()[:5]
        rows[task] = [loss_sum(model, tokenizer, row["context"], " " + row["completion"]) for row in map(json.loads, lines)]
    paragraph = {"prompt": PARAGRAPH[0], "answer": PARAGRAPH[1][1:], **loss_sum(model, tokenizer, *PARAGRAPH)}
    tensors = {name: hashlib.sha256(value.numpy().tobytes()).hexdigest() for name, value in model.state_dict().items()}
    content = {"versions": {"transformers": transformers.__version__, "torch": torch.__version__}, "rows": rows,
               "paragraph": paragraph, "greedy": [greedy(model, tokenizer, prompt) for prompt in PROMPTS], "tensors": tensors}
    (HERE / "smollm2.json").write_text(json.dumps(content, indent=1) + "\n")


main()
