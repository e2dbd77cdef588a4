"""Training speed of lorahub and of transformers + PEFT, on the same processor, in turns.

    cmake --build build/dev --target train_bench
    python tests/bench/train/compare.py build/dev/tests/train_bench [--rounds 5] [--seconds 10] [--threads 2]

LoRA r=16 on q and v, dropout 0.1, batches of 10 rows, AdamW, random weights. Rows of `equal` batches have 128 source
tokens, of `mixed` ones 32 to 256. Prints the medians, and the median of the ratios of rounds, of tokens (source and
target, without padding) a second, and a second of processor time (less sensitive to what else runs; where much else runs, use --threads 1: OpenMP's threads
burn processor time while they wait for each other).

Measured 2026-11-22 on a busy virtual machine (2 cores of an AMD EPYC, load 4 to 6), one thread, three rounds of six seconds; times
the speed of transformers 5.23 + PEFT 0.21.2, wall clock (processor time):

              f32 equal     f32 mixed     bf16 equal    bf16 mixed
    small     1.16 (1.15)   1.55 (1.79)   1.20 (1.29)   1.92 (1.82)
    base      1.47 (1.17)   1.58 (1.65)   1.40 (1.20)   1.71 (1.82)

That was with MKL for the reference's f32 products and f32 in bf16's attention. With oneDNN, attention's products in the
type of the weights, and nothing else running (which is harder: the other side suffers more from neighbours), three
rounds, base f32 two:

    small f32 equal 1.28 (1.28), bf16 equal 1.29 and 1.40 (two runs)
    base  f32 equal 1.31 (1.31), bf16 equal 1.27 (1.27)
"""

import argparse
import statistics
import subprocess
import sys
import time

CASES = [(shape, precision, lengths) for shape in ("small", "base") for precision in ("f32", "bf16")
         for lengths in ("equal", "mixed")]


def theirs(shape, precision, lengths, seconds, threads):
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import T5Config, T5ForConditionalGeneration

    torch.set_num_threads(threads)
    d, ff, heads, layers = {"small": (512, 1024, 6, 8), "base": (768, 2048, 12, 12)}[shape]
    config = T5Config(vocab_size=32128, d_model=d, d_kv=64, d_ff=ff, num_heads=heads, num_layers=layers,
                      num_decoder_layers=layers, feed_forward_proj="gated-gelu", tie_word_embeddings=False,
                      decoder_start_token_id=0)
    model = T5ForConditionalGeneration(config).to(torch.bfloat16 if precision == "bf16" else torch.float32)
    model = get_peft_model(model, LoraConfig(task_type="SEQ_2_SEQ_LM", r=16, lora_alpha=32, lora_dropout=0.1,
                                             target_modules=["q", "v"])).train()
    rows = []
    for i in range(10):
        source = 128 if lengths == "equal" else 32 + i * 97 % 225
        target = 4 + i * 7 % 13
        rows.append(([3 + (i * 1009 + k * 31) % 32000 for k in range(source)],
                     [3 + (i * 2003 + k * 17) % 32000 for k in range(target)]))

    def pad(lists, filler):
        longest = max(map(len, lists))
        return torch.tensor([x + [filler] * (longest - len(x)) for x in lists])

    batch = {"input_ids": pad([s for s, _ in rows], 0), "labels": pad([t for _, t in rows], -100),
             "attention_mask": pad([[1] * len(s) for s, _ in rows], 0)}
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=2e-4)
    a_step = sum(len(s) + len(t) for s, t in rows)

    def step():
        optimizer.zero_grad()
        model(**batch, use_cache=False).loss.backward()
        optimizer.step()

    step()
    tokens, start, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - start < seconds:
        step()
        tokens += a_step
    print(tokens / (time.perf_counter() - start), tokens / (time.process_time() - cpu))


def measured(command):
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return tuple(map(float, out.split()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--theirs", nargs=3)
    args = parser.parse_args()
    if args.theirs:
        return theirs(*args.theirs, args.seconds, args.threads)
    print("shape precision lengths | lorahub, theirs: tokens/s | ratio | ratio of processor time")
    for case in CASES:
        if args.only and args.only not in " ".join(case):
            continue
        pairs = []
        for _ in range(args.rounds):
            ours = measured([args.program, *case, str(args.seconds), str(args.threads)])
            other = measured([sys.executable, __file__, args.program, "--seconds", str(args.seconds), "--threads",
                              str(args.threads), "--theirs", *case])
            pairs.append((ours, other))
        ratio = [statistics.median(o[k] / t[k] for o, t in pairs) for k in (0, 1)]
        middle = [statistics.median(p[k][0] for p in pairs) for k in (0, 1)]
        print(" ".join(case), f"| {middle[0]:.0f}, {middle[1]:.0f} | {ratio[0]:.2f} | {ratio[1]:.2f}", flush=True)


if __name__ == "__main__":
    main()
