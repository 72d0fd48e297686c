#!/usr/bin/env python3
"""A training step of the any-to-any model in Asterism and in PyTorch, in turn, on an otherwise idle machine.

    ninja -C build benches && python3 bench/training_step.py     # by the interpreter that ./run peers set up, or --python
    python3 bench/training_step.py --base      # AION-1's Base shape (width 768, 12 + 12 blocks), eight objects

-> bench/results/training_step.json, training_step_base.json. Counted are tokens given and asked for, without padding, a second. Both draw by the same
rule, so an object has as many tokens here as there.
"""
import argparse
import json
import os
import statistics
import subprocess

from machine import ROOT, heading, peers_python, write


def ours(threads, seconds, base, precision="fp32"):
    shape = ["--batch", "8", "--benchmark_filter=step/(full|mixed)_base"] if base else ["--benchmark_filter=step/(full|mixed)/"]
    text = subprocess.run([ROOT / "build/bin/bench_any_to_any_step_bench", "--precision", precision, "--benchmark_format=json",
                           f"--benchmark_min_time={seconds}", "--benchmark_min_warmup_time=1", *shape],
                          env={**os.environ, "OMP_NUM_THREADS": threads}, check=True, text=True, stdout=subprocess.PIPE).stdout
    return {b["name"].split("/")[1].removesuffix("_base"):
            {"asterism": b["tokens/s"], "share of the product peak": b["GFLOP/s"] / b["peak GFLOP/s"]}
            for b in json.loads(text)["benchmarks"]}


def theirs(python, threads, *more):
    text = subprocess.run([python, ROOT / "bench/peers/any_to_any_step.py", *more], env={**os.environ, "OMP_NUM_THREADS": threads},
                          check=True, text=True, stdout=subprocess.PIPE).stdout
    out = {}
    for line in text.splitlines():  # "mixed ml4m: 1234 tokens/s"
        if line.endswith("tokens/s"):
            batch, way, rate, _ = line.replace(":", "").split()
            out.setdefault(batch, {})[way] = float(rate)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=peers_python(), help="an interpreter that has torch (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", default="8")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--out", default="")
    parser.add_argument("--base", action="store_true", help="the shape of AION-1 Base")
    parser.add_argument("--half", action="store_true", help="in bf16 as well (PyTorch under autocast)")
    options = parser.parse_args()
    rounds = []
    for _ in range(options.rounds):
        base = ["--base"] * options.base
        one, other = ours(options.threads, options.seconds, options.base), theirs(options.python, options.threads, *base)
        rounds.append({batch: {**one[batch], **other[batch]} for batch in one})
        if options.half:
            half = [ours(options.threads, options.seconds, options.base, "bf16"),
                    theirs(options.python, options.threads, "--half", *base)]
            for batch in one:
                rounds[-1][batch] |= {f"{way}, bf16": rate for side in half for way, rate in side[batch].items() if "share" not in way}
    shape = "width 768, 12 + 12 blocks (AION-1 Base), 8 objects" if options.base else "width 256, 6 + 6 blocks, 32 objects"
    result = heading("training_step" + "_base" * options.base, f"tokens a second of one training step, {shape}, fp32 unless said",
                     f"python3 bench/training_step.py --rounds {options.rounds} --seconds {options.seconds} --threads {options.threads}"
                     + " --base" * options.base + " --half" * options.half)
    share = "share of the product peak"
    result[share] = {batch: [round(r[batch].pop(share), 3) for r in rounds] for batch in rounds[0]}
    result["tokens_per_s"] = {batch: {way: [round(r[batch][way]) for r in rounds] for way in rounds[0][batch]}
                              for batch in rounds[0]}
    result["asterism_over"] = {
        batch: {way: round(statistics.median(r[batch]["asterism"] / r[batch][way] for r in rounds), 2)
                for way in rounds[0][batch] if not way.startswith("asterism")} for batch in rounds[0]}
    if options.half:
        result["asterism in bf16 over"] = {
            batch: {way: round(statistics.median(r[batch]["asterism, bf16"] / r[batch][way] for r in rounds), 2)
                    for way in rounds[0][batch] if not way.startswith("asterism")} for batch in rounds[0]}
    write(result, options.out)
    print(json.dumps(result, indent=1))


main()
