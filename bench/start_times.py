#!/usr/bin/env python3
"""How long a command takes before it does its work, on an otherwise idle machine.

    python3 bench/start_times.py MODEL        # a model folder

-> bench/results/start_times.json: seconds of `asterism data inspect --help` and of `asterism model inspect MODEL`, which
loads libtorch.
"""
import json
import statistics
import subprocess
import sys
import time

from machine import ROOT, heading, write


def seconds(words, runs=20):
    out = []
    for _ in range(runs + 2):  # the first two fill the page cache
        began = time.perf_counter()
        subprocess.run([ROOT / "build/bin/asterism", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        out.append(time.perf_counter() - began)
    return sorted(out[2:])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    result = heading("start_times", "seconds from start to end of a command that does next to nothing, 20 runs",
                     "python3 bench/start_times.py MODEL")
    for name, words in (("data", ["data", "inspect", "--help"]), ("model", ["model", "inspect", sys.argv[1]])):
        s = seconds(words)
        result[name] = {"median": round(statistics.median(s), 3), "least": round(s[0], 3), "most": round(s[-1], 3)}
    write(result)
    print(json.dumps(result, indent=1))


main()
