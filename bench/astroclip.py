#!/usr/bin/env python3
"""Embedding images and spectra in Asterism and in PyTorch, in turn, on an otherwise idle machine.

    ninja -C build bench_astroclip_bench && python3 bench/astroclip.py --python VENV/bin/python   # torch, transformers

-> bench/results/astroclip.json: objects a second, and how many times as many Asterism does.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

from machine import ROOT, heading, write


def ours(threads, seconds):
    text = subprocess.run([ROOT / "build/bin/bench_astroclip_bench", "--benchmark_format=json",
                           f"--benchmark_min_time={seconds}"],
                          env={**os.environ, "OMP_NUM_THREADS": threads}, check=True, text=True, stdout=subprocess.PIPE).stdout
    return {" ".join(b["name"].split("/")[:2]): b["objects/s"] for b in json.loads(text)["benchmarks"]}


def theirs(python, threads, seconds):
    text = subprocess.run([python, ROOT / "bench/peers/astroclip_embed.py", seconds], check=True, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": threads}, stdout=subprocess.PIPE).stdout
    out = {}
    for line in text.splitlines():  # "specformer 4: 1.234 objects/s"
        if line.endswith(" objects/s"):
            name, value = line.removesuffix(" objects/s").split(": ")
            out[name] = float(value)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has torch and transformers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", default="6")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--out", default="")
    options = parser.parse_args()
    rounds = [(ours(options.threads, options.seconds), theirs(options.python, options.threads, options.seconds))
              for _ in range(options.rounds)]
    result = heading("astroclip", "objects a second, random weights, fp32: DINOv2 ViT-L/14 of 224 pixels beside transformers "
                     "(SDPA); SpecFormer 43 M of 7,781 pixels beside plain torch.nn; the number behind the name is the batch",
                     f"python3 bench/astroclip.py --rounds {options.rounds} --seconds {options.seconds} "
                     f"--threads {options.threads}")
    result["objects_per_s"] = {"asterism": {k: [round(r[0][k], 3) for r in rounds] for k in rounds[0][0]},
                               "pytorch": {k: [round(r[1][k], 3) for r in rounds] for k in rounds[0][1]}}
    result["asterism_over"] = {
        name: round(statistics.median(r[0][name.replace("_by_hand", "")] / r[1][name] for r in rounds), 2)
        for name in rounds[0][1]}
    write(result, options.out)
    print(json.dumps(result, indent=1))


main()
