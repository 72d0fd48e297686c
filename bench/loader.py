#!/usr/bin/env python3
"""The loader beside a plain copy, PyArrow + NumPy and Hugging Face datasets, in one run -> bench/results/loader.json.

    python3 bench/loader.py --python VENV/bin/python [--rounds 3] [--objects 3000] [--out FILE]

--python: an interpreter with the packages of bench/peers/requirements.txt. Needs build/bin/asterism and
build/bin/bench_loader_bench (ninja -C build bench_loader_bench). The dataset is made once, in out/loader.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

from machine import ROOT, heading, write

WORK = ROOT / "out" / "loader"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--objects", type=int, default=3000)
    parser.add_argument("--seconds", type=float, default=6, help="of each Python peer")
    parser.add_argument("--out", default="")
    options = parser.parse_args()
    data = WORK / "mock"
    if not data.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        subprocess.run([ROOT / "build/bin/asterism", "data", "mock", "legacy", "--objects", str(options.objects), "--seed", "1", data],
                       check=True, cwd=ROOT)
    ours = {k: [] for k in ("plain_copy", "cached_gather", "cached_loader", "from_parquet")}
    peers = {"pyarrow_objects_per_s": [], "datasets_objects_per_s": []}
    environment = {**os.environ, "ASTERISM_BENCH_DATASET": str(data)}
    for _ in range(options.rounds):
        done = subprocess.run([ROOT / "build/bin/bench_loader_bench", "--benchmark_format=json"], check=True, capture_output=True,
                              env=environment, cwd=ROOT)
        for bench in json.loads(done.stdout)["benchmarks"]:
            ours[bench["name"].split("/")[0]].append(bench.get("bytes_per_second") or bench["items_per_second"])
        done = subprocess.run([options.python, ROOT / "bench/peers/loader.py", data, "--seconds", str(options.seconds)], check=True,
                              capture_output=True, timeout=60 + 10 * options.seconds)  # its reader was seen to stand still
        for name, rate in json.loads(done.stdout).items():
            peers[name].append(rate)
    middle = {k: statistics.median(v) for k, v in {**ours, **peers}.items() if v}
    result = heading("loader", "images of 96 px x 4 bands with inverse variance and mask: from the cache beside a plain copy of as many "
                     "bytes, from Parquet beside PyArrow + NumPy and Hugging Face datasets (medians of the rounds)",
                     "python3 bench/loader.py --python VENV/bin/python")
    result.update(objects=options.objects, rounds=options.rounds,
                  plain_copy_gb_per_s=middle["plain_copy"] / 1e9, cached_gather_gb_per_s=middle["cached_gather"] / 1e9,
                  cached_loader_gb_per_s=middle["cached_loader"] / 1e9,
                  gather_over_copy=middle["cached_gather"] / middle["plain_copy"],
                  loader_over_copy=middle["cached_loader"] / middle["plain_copy"],
                  parquet_objects_per_s=middle["from_parquet"], pyarrow_objects_per_s=middle["pyarrow_objects_per_s"],
                  parquet_over_pyarrow=middle["from_parquet"] / middle["pyarrow_objects_per_s"],
                  every_round={**ours, **peers})
    result.update(datasets_objects_per_s=middle["datasets_objects_per_s"],
                  parquet_over_datasets=middle["from_parquet"] / middle["datasets_objects_per_s"],
                  cached_over_datasets=middle["cached_loader"] / (4 * 96 * 96 * 9) / middle["datasets_objects_per_s"])
    write(result, options.out)
    print(json.dumps({k: v for k, v in result.items() if k != "every_round"}, indent=1))


if __name__ == "__main__":
    main()
