#!/usr/bin/env python3
"""Embedding images and spectra in Asterism and in PyTorch, in turn, on an otherwise idle machine.

    ninja -C build bench_astroclip_bench && python3 bench/astroclip.py --python VENV/bin/python   # torch, transformers

    python3 bench/astroclip.py --device cuda --python ...    # the encoders of AstroCLIP on a GPU, embedding and training

-> bench/results/astroclip.json (astroclip_gpu.json): objects a second and seconds of processor time an object, and how many times faster
Asterism is by either (on a machine that others use as well, trust the second).
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

from machine import ROOT, heading, write


def ours(threads, seconds, device, cosines):
    text = subprocess.run([ROOT / "build/bin/bench_astroclip_bench", "--device", device, "--benchmark_format=json",
                           f"--benchmark_min_time={seconds}", "--benchmark_min_warmup_time=1"],
                          env={**os.environ, "OMP_NUM_THREADS": threads}, check=True, text=True, stdout=subprocess.PIPE).stdout
    cosines.update({" ".join(b["name"].split("/")[:2]): round(b["cosine"], 6) for b in json.loads(text)["benchmarks"] if "cosine" in b})
    return {" ".join(b["name"].split("/")[:2]): (b["objects/s"], b["cpu_time"] / 1e3 / int(b["name"].split("/")[1]))
            for b in json.loads(text)["benchmarks"]}


def theirs(python, threads, seconds, device):
    text = subprocess.run([python, ROOT / "bench/peers/astroclip_embed.py", seconds, "--device", device], check=True, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": threads}, stdout=subprocess.PIPE).stdout
    out = {}
    for line in text.splitlines():  # "specformer 4: 1.234 objects/s 0.987 cpu_s"
        if line.endswith(" cpu_s"):
            name, rest = line.split(": ")
            out[name] = (float(rest.split()[0]), float(rest.split()[2]))
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has torch and transformers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", default="6")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda: a GPU")
    parser.add_argument("--out", default="")
    options = parser.parse_args()
    cosines = {}
    rounds = [(ours(options.threads, options.seconds, options.device, cosines),
               theirs(options.python, options.threads, options.seconds, options.device)) for _ in range(options.rounds)]
    on_gpu = options.device != "cpu"
    result = heading("astroclip_gpu" if on_gpu else "astroclip",
                     "objects a second on a GPU, random weights, inputs on the device: DINOv2 ViT-L/12 of 144 pixels beside "
                     "transformers (SDPA); SpecFormer 43 M of 7,781 pixels beside plain torch.nn; _step: forward, backward "
                     "and AdamW; the number behind the name is the batch" if on_gpu else
                     "objects a second, random weights, fp32 and (asterism alone) int8 and bf16: DINOv2 ViT-L/14 of 224 pixels beside transformers "
                     "(SDPA); SpecFormer 43 M of 7,781 pixels beside plain torch.nn; the number behind the name is the batch",
                     f"python3 bench/astroclip.py --rounds {options.rounds} --seconds {options.seconds} "
                     f"--threads {options.threads}" + (f" --device {options.device}" if on_gpu else ""))
    for k, figure in enumerate(("objects_per_s", "processor_s_an_object")):
        result[figure] = {who: {name: [round(r[i][name][k], 3 + 3 * k) for r in rounds] for name in rounds[0][i]}
                          for i, who in enumerate(("asterism", "pytorch"))}
    ours_of = lambda r, name: r[0][name.replace("_by_hand", "")]  # there is one of ours for both of theirs
    result["asterism_over"] = {name: round(statistics.median(ours_of(r, name)[0] / r[1][name][0] for r in rounds), 2)
                               for name in rounds[0][1]}
    result["processor_time_over"] = {
        name: round(statistics.median(r[1][name][1] / ours_of(r, name)[1] for r in rounds), 2) for name in rounds[0][1]}
    if not on_gpu:
        for kind in ("int8", "bf16"):
            in_kind = lambda name: name.replace("_by_hand", "").replace(" ", f"_{kind} ")  # noqa: B023
            result[f"asterism_in_{kind}_over"] = {
                name: round(statistics.median(r[0][in_kind(name)][0] / r[1][name][0] for r in rounds), 2) for name in rounds[0][1]}
            result[f"least_cosine_of_{kind}_and_fp32"] = {name: c for name, c in cosines.items() if kind in name}
    write(result, options.out)
    print(json.dumps(result, indent=1))


main()
