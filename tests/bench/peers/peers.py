"""Seconds per evaluation and per answer of `lorahub` and its peers at equal work, side by side.

usage: peers.py FOLDER TASK LORAHUB ROUNDS [--no-bf16] [--no-answers]    (FOLDER: made by official/make_model.py)

TASK: JSON lines; the first 5 rows are scored, up to 50 are answered. In every round each side has its turn, so that
what else the machine does hits all alike; figures are medians over rounds of processor and wall seconds, ratios are
medians of the rounds' ratios. Prints a table and writes FOLDER/peers.json.
"""

import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time

import ctranslate2
import torch
import transformers

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "official"))
import official_loop as official

ROWS, BATCH, ANSWER = 5, 10, 16
FEW, MANY = 10, 50  # prompts answered; loading cancels in the difference


def used(who=resource.RUSAGE_SELF):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def timed(work, who=resource.RUSAGE_SELF):
    """(result, processor seconds, wall seconds)"""
    wall, cpu = time.perf_counter(), used(who)
    result = work()
    return result, used(who) - cpu, time.perf_counter() - wall


class Rows:
    def __init__(self, folder, task):
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder / "model")
        rows = [json.loads(line) for line in task.read_text().splitlines()][:MANY]
        self.count, self.prompts = len(rows), [row["context"] for row in rows]
        self.sources = [self.tokenizer(row["context"]).input_ids for row in rows[:ROWS]]
        self.targets = [self.tokenizer(row["completion"]).input_ids for row in rows[:ROWS]]
        pad = lambda all, value: torch.tensor([ids + [value] * (max(map(len, all)) - len(ids)) for ids in all])
        sources = pad(self.sources, self.tokenizer.pad_token_id)
        self.batch = {"input_ids": sources, "labels": pad(self.targets, -100),
                      "attention_mask": (sources != self.tokenizer.pad_token_id).long()}

    def pieces(self, ids):
        return self.tokenizer.convert_ids_to_tokens(ids)


def objective(loss, weights):
    return loss / ROWS + 0.05 * sum(map(abs, weights)) / len(weights)


class Tuned:
    """The official loop done well: modules stacked once, one product composes, parameters written in place."""

    def __init__(self, model, cache, dtype):
        self.model, self.names = model.to(dtype), list(cache[0])
        self.stack = torch.stack([torch.cat([module[name].flatten() for name in self.names]) for module in cache])
        saved = dict(model.named_parameters())
        self.places = [saved[name.replace(".weight", ".default.weight")] for name in self.names]

    @torch.inference_mode()
    def evaluate(self, weights, rows):
        mixed = torch.tensor(weights, dtype=torch.float32) @ self.stack
        for place, part in zip(self.places, mixed.split([place.numel() for place in self.places])):
            place.copy_(part.view_as(place))
        return objective(float(self.model(**rows.batch).loss), weights)


def merged(folder, cache, weights):
    """The folder of a CTranslate2 model with the mixture in its weights."""
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(folder / "model", dtype=torch.float32)
    mixed, parameters = official.combine(weights, cache), dict(model.named_parameters())
    with torch.no_grad():
        for name in [name for name in mixed if name.endswith("lora_A.weight")]:
            base = name.removeprefix("base_model.model.").replace("lora_A.", "")
            parameters[base] += 2 * mixed[name.replace("lora_A", "lora_B")] @ mixed[name]
    model.save_pretrained(folder / "merged")
    transformers.AutoTokenizer.from_pretrained(folder / "model").save_pretrained(folder / "merged")
    # transformers 5 says of every T5 that its head is tied, and the converter then scales the outputs.
    loader = ctranslate2.converters.transformers.T5Loader
    original = loader.get_model_spec

    def untied(self, model):
        model.config.tie_word_embeddings = False
        return original(self, model)

    loader.get_model_spec = untied
    out = folder / "ctranslate2"
    ctranslate2.converters.TransformersConverter(str(folder / "merged")).convert(str(out), force=True)
    return out


class CTranslate2:
    def __init__(self, folder, kind):
        self.translator = ctranslate2.Translator(str(folder), device="cpu", compute_type=kind, intra_threads=1)

    def score(self, rows, weights):
        results = self.translator.score_batch([rows.pieces(ids) for ids in rows.sources],
                                              [rows.pieces(ids[:-1]) for ids in rows.targets])
        logs = [value for result in results for value in result.log_probs]
        assert len(logs) == sum(map(len, rows.targets))
        return objective(-sum(logs) / len(logs), weights)

    def answer(self, rows, count):
        prompts = [rows.pieces(rows.tokenizer(prompt).input_ids) for prompt in rows.prompts[:count]]
        results = self.translator.translate_batch(prompts, max_batch_size=BATCH, beam_size=1,
                                                  max_decoding_length=ANSWER)
        return sum(len(result.hypotheses[0]) for result in results)


class Ours:
    def __init__(self, program, folder, task, precision):
        self.base = [program, "--model", str(folder / "model"), "--library", str(folder / "library"), "--threads", "1",
                     "--precision", precision, "--json"]
        self.folder, self.task = folder, task

    def run(self, command, *more):
        words = [self.base[0], command, *self.base[1:], *more]
        return json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout)

    def score(self, weights):
        return self.run("score", "--task", str(self.task), "--rows", f"0:{ROWS}", "--weights",
                        str(self.folder / weights))["objective"]

    def answer(self, count):
        prompts = self.folder / f"prompts{count}.jsonl"
        lines = self.task.read_text().splitlines()[:count]
        prompts.write_text("".join(line + "\n" for line in lines))
        return self.run("infer", "--task", str(prompts), "--weights", str(self.folder / "weights_one.json"),
                        "--batch", str(BATCH), "--max-tokens", str(ANSWER))


def difference(few, many, count):
    """Per unit: (processor, wall)"""
    return (many[1] - few[1]) / count, (many[2] - few[2]) / count


def main():
    folder, task, program, rounds = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    bf16 = "--no-bf16" not in sys.argv
    torch.set_num_threads(1)
    rows = Rows(folder, task)
    vectors = json.loads((folder / "weights.json").read_text())
    model, cache = official.load(folder)
    ct2 = merged(folder, cache, vectors[0])
    floats, ints = CTranslate2(ct2, "float32"), CTranslate2(ct2, "int8")
    tuned = Tuned(model, cache, torch.float32)
    half = Tuned(official.load(folder)[0], cache, torch.bfloat16) if bf16 else None
    delta = "avx512_vnni" in pathlib.Path("/proc/cpuinfo").read_text()
    names = ["f32"] + ["bf16"] * bf16 + ["delta-int8"] * delta
    ours = {name: Ours(program, folder, task, name) for name in names}
    one = vectors[0]
    seconds, values, answers, tokens = {}, {}, {}, {}

    def take(name, work, into=seconds):
        value, cpu, wall = timed(work)
        into.setdefault(name, []).append((cpu, wall))
        return value

    for round in range(rounds + 1):  # the first one warms up
        if round == 1:
            seconds.clear(), answers.clear()
        values["official f32"] = take("official f32", lambda: official.evaluate(one, model, cache, rows.batch)[0])
        values["tuned f32"] = take("tuned f32", lambda: tuned.evaluate(one, rows))
        if half:
            values["tuned bf16"] = take("tuned bf16", lambda: half.evaluate(one, rows))
        for kind, peer in (("f32", floats), ("int8", ints)):
            values[f"CTranslate2 {kind}"] = take(f"CTranslate2 {kind}", lambda: peer.score(rows, one))
        for name, side in ours.items():
            few = timed(lambda: side.score("weights_one.json"), resource.RUSAGE_CHILDREN)
            many = timed(lambda: side.score("weights.json"), resource.RUSAGE_CHILDREN)
            seconds.setdefault(f"lorahub {name}", []).append(difference(few, many, len(vectors) - 1))
            values[f"lorahub {name}"] = many[0][0]
        if rows.count < MANY or "--no-answers" in sys.argv:
            continue
        for kind, peer in (("f32", floats), ("int8", ints)):
            few, many = timed(lambda: peer.answer(rows, FEW)), timed(lambda: peer.answer(rows, MANY))
            answers.setdefault(f"CTranslate2 {kind}", []).append(difference(few, many, MANY - FEW))
            tokens[f"CTranslate2 {kind}"] = many[0] / MANY
        for name, side in ours.items():
            if name == "delta-int8":  # for a search alone
                continue
            few = timed(lambda: side.answer(FEW), resource.RUSAGE_CHILDREN)
            many = timed(lambda: side.answer(MANY), resource.RUSAGE_CHILDREN)
            answers.setdefault(f"lorahub {name}", []).append(difference(few, many, MANY - FEW))

    def table(title, all, note):
        print(f"\n| {title} | CPU s | wall s | x lorahub f32, CPU (least to greatest round) | wall | {note[0]} |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        mine = all["lorahub f32"]
        for name, rounds in all.items():
            middle = [statistics.median(column) for column in zip(*rounds)]
            cpu, wall = ([a[i] / b[i] for a, b in zip(rounds, mine)] for i in (0, 1))
            print(f"| {name} | {middle[0]:.4f} | {middle[1]:.4f} | {statistics.median(cpu):.2f} ({min(cpu):.2f} to "
                  f"{max(cpu):.2f}) | {statistics.median(wall):.2f} | {note[1](name)} |")

    lengths = [len(ids) for ids in rows.sources]
    print(f"{folder.name}, {task.parent.name}: {lengths} source and {[len(ids) for ids in rows.targets]} target tokens, "
          f"{rounds} rounds, load average {os.getloadavg()[0]:.1f}")
    table("loss, 5 rows", seconds, ("objective", lambda name: f"{values[name]:.7f}"))
    if answers:
        table(f"one answer, {ANSWER} tokens", answers, ("tokens", lambda name: f"{tokens.get(name, ANSWER):.1f}"))
    result = {"folder": folder.name, "task": task.parent.name, "source_tokens": lengths, "loss": seconds,
              "answers": answers, "objective": values,
              "versions": {module.__name__: module.__version__ for module in (torch, transformers, ctranslate2)}}
    (folder / f"peers_{task.parent.name}.json").write_text(json.dumps(result) + "\n")
    exact = values["official f32"]
    for name in ("tuned f32", "CTranslate2 f32", "lorahub f32"):
        if abs(values[name] - exact) > 1e-5 * abs(exact):
            sys.exit(f"{name} and the official loop disagree by more than 1e-5: the times do not compare equal work")


main()
