"""Seconds of a loss and of an answer of a decoder-only model by `lorahub` and its peers at equal work, side by side.

usage: decoders.py MODEL LORAHUB ROUNDS VECTORS TASK ...
usage: decoders.py MODEL LORAHUB ROUNDS VECTORS --random SHAPE --layers N --numbers f32|bf16 TASK ...

MODEL: a folder with the GGUF file of SmolLM2-135M-Instruct. With --random it gives the tokenizer alone, and the model is N layers of
random weights in the shape of llama-3.2-1b or qwen2.5-7b, which has 16 and 28 of them; bf16 leaves out the sides that hold f32.

TASK: a folder with example.jsonl; the first 5 rows are scored; of the first TASK 20 are answered, with at most 16 tokens. In
every round each side has its turn, so that what else the machine does hits all alike; figures are medians over rounds of
processor seconds of one thread, ratios are medians of the rounds' ratios. The peers compute the base model; lorahub computes VECTORS
mixtures of one module more than one mixture, over VECTORS, so that loading cancels. Ends with 1 where f32 sums of the base differ by more than 2e-4.
"""

import argparse
import copy
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import ctranslate2
import torch
import transformers
from safetensors.torch import save_file

ROWS, PROMPTS, ANSWER, JOINER, RANK = 5, 20, 16, " ", 16
SHAPES = {  # as published, with the plain RoPE that CTranslate2 takes from any config
    "llama-3.2-1b": lambda layers: transformers.LlamaConfig(
        vocab_size=128256, hidden_size=2048, intermediate_size=8192, num_hidden_layers=layers, num_attention_heads=32,
        num_key_value_heads=8, head_dim=64, max_position_embeddings=131072, rms_norm_eps=1e-5, tie_word_embeddings=True),
    "qwen2.5-7b": lambda layers: transformers.Qwen2Config(
        vocab_size=152064, hidden_size=3584, intermediate_size=18944, num_hidden_layers=layers, num_attention_heads=28,
        num_key_value_heads=4, max_position_embeddings=32768, rms_norm_eps=1e-6, tie_word_embeddings=False, eos_token_id=151643),
}


def used(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def timed(work, who=resource.RUSAGE_SELF):
    before = used(who)
    result = work()
    return result, used(who) - before


class Rows:
    """Prompt and answer as one text, cut where the prompt alone ends; the end token counts."""

    def __init__(self, tokenizer, task):
        self.rows = [json.loads(line) for line in task.read_text().splitlines()]
        ids = lambda text: tokenizer(text, add_special_tokens=False).input_ids
        self.prompts = [ids(row["context"]) for row in self.rows[:PROMPTS]]
        self.whole, self.lengths = [], []
        for row in self.rows[:ROWS]:
            whole = ids(row["context"] + JOINER + row["completion"]) + [tokenizer.eos_token_id]
            self.whole.append(whole)
            self.lengths.append(len(whole) - len(ids(row["context"])))


class Transformers:
    def __init__(self, model, head):
        self.model, self.head = model, head  # head: of all rows (as labels ask for it), or of target rows

    @torch.inference_mode()
    def sums(self, rows):
        most = max(map(len, rows.whole))
        ids = torch.tensor([whole + [0] * (most - len(whole)) for whole in rows.whole])
        mask = torch.tensor([[1] * len(whole) + [0] * (most - len(whole)) for whole in rows.whole])
        if self.head == "all rows":
            hidden = self.model(input_ids=ids, attention_mask=mask).logits
        else:
            hidden = self.model.model(input_ids=ids, attention_mask=mask).last_hidden_state
        sums = []
        for i, (whole, length) in enumerate(zip(rows.whole, rows.lengths)):
            own = hidden[i, len(whole) - length - 1:len(whole) - 1]
            logits = own if self.head == "all rows" else self.model.lm_head(own)
            targets = torch.tensor(whole[-length:])
            sums.append(float(torch.nn.functional.cross_entropy(logits.float(), targets, reduction="sum")))
        return sums

    @torch.inference_mode()
    def answer(self, rows, stop):
        for prompt in rows.prompts:
            self.model.generate(torch.tensor([prompt]), max_new_tokens=ANSWER, do_sample=False, eos_token_id=stop, pad_token_id=0)


class CTranslate2:
    def __init__(self, folder, tokenizer, kind):
        self.generator = ctranslate2.Generator(str(folder), device="cpu", compute_type=kind, intra_threads=1)
        self.pieces = tokenizer.convert_ids_to_tokens

    def sums(self, rows):
        results = self.generator.score_batch([self.pieces(whole) for whole in rows.whole])
        return [-sum(result.log_probs[-length:]) for result, length in zip(results, rows.lengths)]

    def answer(self, rows, stop):
        self.generator.generate_batch([self.pieces(prompt) for prompt in rows.prompts], max_batch_size=10, sampling_topk=1,
                                      max_length=ANSWER, end_token=stop, include_prompt_in_result=False)


class Ours:
    def __init__(self, program, model, folder, task):
        self.program, self.model, self.folder, self.task = program, model, folder, task
        lines = task.read_text().splitlines()
        (folder / "prompts.jsonl").write_text("".join(line + "\n" for line in lines[:PROMPTS]))
        (folder / "few.jsonl").write_text(lines[0] + "\n")

    def run(self, *words):
        common = ["--model", str(self.model), "--threads", "1", "--json"]
        return json.loads(subprocess.run([self.program, words[0], *common, *words[1:]], stdout=subprocess.PIPE, check=True).stdout)

    def sums(self, precision, weights):
        return self.run("score", "--task", str(self.task), "--rows", f"0:{ROWS}", "--precision", precision, "--library",
                        str(self.folder / "library"), "--weights", str(self.folder / weights))["loss_sum"]

    def answer(self, precision, prompts):
        return self.run("infer", "--task", str(self.folder / prompts), "--precision", precision, "--max-tokens", str(ANSWER))


def write_model(folder, model):
    """save_pretrained() refuses what was read from a GGUF file."""
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.config.save_pretrained(folder)
    tied = model.config.tie_word_embeddings
    save_file({name: value for name, value in model.state_dict().items() if not (tied and name == "lm_head.weight")},
              folder / "model.safetensors", metadata={"format": "pt"})


def write_module(folder, model):
    """A module of rank 16 on q and v, of about a hundredth of the weights."""
    folder.mkdir(parents=True)
    tensors = {}
    for name, weight in model.named_parameters():
        if name.endswith(("q_proj.weight", "v_proj.weight")):
            key = "base_model.model." + name.removesuffix(".weight")
            down = torch.randn(RANK, weight.shape[1]) / weight.shape[1]**0.5
            up = torch.randn(weight.shape[0], RANK)
            tensors[f"{key}.lora_A.weight"] = down
            tensors[f"{key}.lora_B.weight"] = up * 0.01 * weight.norm() / (up @ down).norm()
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": RANK, "lora_alpha": RANK,
                                                            "target_modules": ["q_proj", "v_proj"]}))


def table(title, seconds, ours):
    print(f"\n| {title} | CPU s | x {ours} (least to greatest round) |\n| --- | ---: | ---: |")
    for name, rounds in seconds.items():
        ratios = [one / mine for one, mine in zip(rounds, seconds[ours])]
        print(f"| {name} | {statistics.median(rounds):.4f} | {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) |")


def compare(task, sides, ours, rounds, vectors, answered):
    rows, seconds, answers, sums = Rows(sides["tokenizer"], task), {}, {}, {}
    newline = sides["tokenizer"]("\n", add_special_tokens=False).input_ids[0]
    for turn in range(rounds + 1):  # the first one warms up
        if turn == 1:
            seconds.clear(), answers.clear()
        for name, side in sides["peers"].items():
            sums[name], cpu = timed(lambda: side.sums(rows))
            seconds.setdefault(name, []).append(cpu)
            if answered and "all rows" not in name:
                stop = newline if isinstance(side, Transformers) else sides["tokenizer"].convert_ids_to_tokens(newline)
                answers.setdefault(name, []).append(timed(lambda: side.answer(rows, stop))[1] / PROMPTS)
        for precision in ours["precisions"]:
            name, side = f"lorahub {precision}", ours["make"](task)
            few = timed(lambda: side.sums(precision, "one.json"), resource.RUSAGE_CHILDREN)
            many = timed(lambda: side.sums(precision, "many.json"), resource.RUSAGE_CHILDREN)
            sums[name] = few[0][0]
            seconds.setdefault(name, []).append((many[1] - few[1]) / vectors)
            if answered and precision != "delta-int8":
                few = timed(lambda: side.answer(precision, "few.jsonl"), resource.RUSAGE_CHILDREN)
                many = timed(lambda: side.answer(precision, "prompts.jsonl"), resource.RUSAGE_CHILDREN)
                answers.setdefault(name, []).append((many[1] - few[1]) / (PROMPTS - 1))
    print(f"\n{task.parent.name}: rows of {[len(whole) for whole in rows.whole]} tokens, {rows.lengths} of them targets; {rounds} rounds, "
          f"{vectors} vectors, load average {os.getloadavg()[0]:.1f}")
    table(f"loss, {ROWS} rows", seconds, f"lorahub {ours['precisions'][0]}")
    if answered:
        table(f"one answer, at most {ANSWER} tokens", answers, f"lorahub {ours['precisions'][0]}")
    sys.stdout.flush()
    exact = next(iter(sums.values()))
    print("\n| side | greatest difference of a sum, nats |\n| --- | ---: |")
    for name, own in sums.items():
        print(f"| {name} | {max(abs(a - b) for a, b in zip(own, exact)):.6f} |")
    f32 = [name for name in ("CTranslate2 f32", "lorahub f32") if name in sums]
    return max((abs(a - b) for name in f32 for a, b in zip(sums[name], exact)), default=0) <= 2e-4


def words():
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("lorahub")
    parser.add_argument("rounds", type=int)
    parser.add_argument("vectors", type=int)
    parser.add_argument("tasks", nargs="+", type=pathlib.Path)
    parser.add_argument("--random", choices=SHAPES)
    parser.add_argument("--layers", type=int, default=0)
    parser.add_argument("--numbers", choices=["f32", "bf16"], default="f32")
    return parser.parse_args()


def loaded_model(asked, file, dtype):
    if asked.random:
        torch.manual_seed(1)
        return transformers.AutoModelForCausalLM.from_config(SHAPES[asked.random](asked.layers), dtype=dtype).eval()
    return transformers.AutoModelForCausalLM.from_pretrained(asked.model, gguf_file=file, dtype=dtype).eval()


def peers(asked, folder, model, tokenizer):
    int8 = {"CTranslate2 int8": CTranslate2(folder / "ctranslate2", tokenizer, "int8")}
    if asked.numbers == "bf16":
        return {"transformers bf16": Transformers(model, "target rows")} | int8
    return {"transformers f32, head on all rows": Transformers(model, "all rows"),
            "transformers f32": Transformers(model, "target rows"),
            "transformers bf16": Transformers(copy.deepcopy(model).to(torch.bfloat16), "target rows"),
            "CTranslate2 f32": CTranslate2(folder / "ctranslate2", tokenizer, "float32")} | int8


def main():
    asked = words()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    file = next(asked.model.glob("*.gguf")).name
    tokenizer = transformers.AutoTokenizer.from_pretrained(asked.model, gguf_file=file)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        model = loaded_model(asked, file, torch.float32 if asked.numbers == "f32" else torch.bfloat16)
        write_model(folder / "model", model)
        tokenizer.save_pretrained(folder / "model")
        write_module(folder / "library" / "module", model)
        kind = None if asked.numbers == "f32" else "int8"
        ctranslate2.converters.TransformersConverter(str(folder / "model")).convert(str(folder / "ctranslate2"), quantization=kind)
        (folder / "one.json").write_text("[[0]]")
        (folder / "many.json").write_text(json.dumps([[0.1 * i / asked.vectors] for i in range(asked.vectors + 1)]))
        sides = {"tokenizer": tokenizer, "peers": peers(asked, folder, model, tokenizer)}
        vnni = "avx512_vnni" in pathlib.Path("/proc/cpuinfo").read_text()
        ours = {"precisions": ["f32", "bf16"] + ["delta-int8"] * vnni if asked.numbers == "f32" else ["bf16"],
                "make": lambda task: Ours(asked.lorahub, folder / "model" if asked.random else asked.model, folder, task)}
        started = time.time()
        equal = [compare(task / "example.jsonl", sides, ours, asked.rounds, asked.vectors, answered=number == 0 and not asked.random)
                 for number, task in enumerate(asked.tasks)]
        print(f"\n{time.time() - started:.0f} s, torch {torch.__version__}, transformers {transformers.__version__}, "
              f"CTranslate2 {ctranslate2.__version__}")
        if not all(equal):
            sys.exit("sums of the f32 sides differ by more than 2e-4: the times do not compare equal work")


main()
