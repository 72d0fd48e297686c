#!/usr/bin/env python3
"""Objects a second of the mock sky on one core.

    ./run bench --benchmark_filter=none     # builds build/bin/bench_sky_bench
    python3 bench/sky_rates.py

-> bench/results/mock_sky.json: fluxes and truth alone (the goal is 50,000 a second), and with images and DESI-like spectra.
"""
import json
import os
import subprocess
import sys

from machine import ROOT, heading, write


def main():
    if len(sys.argv) > 1:
        sys.exit(__doc__)
    program = ROOT / "build/bin/bench_sky_bench"
    if not program.exists():
        sys.exit(f"{program} is not there: build it with ./run bench --benchmark_filter=none")
    made = json.loads(subprocess.run(
        [program, "--benchmark_filter=scalars_legacy|full_legacy_desi", "--benchmark_repetitions=5", "--benchmark_format=json"],
        check=True, stdout=subprocess.PIPE, env=os.environ | {"ASTERISM_THREADS": "1"}).stdout)
    result = heading("mock_sky", "objects a second of the mock sky, one thread, five repetitions", "python3 bench/sky_rates.py")
    for name, key in (("scalars_legacy", "scalars_per_s"), ("full_legacy_desi", "with_images_and_spectra_per_s")):
        result[key] = sorted(round(one["items_per_second"]) for one in made["benchmarks"]
                             if one["name"].startswith(name) and one["run_type"] == "iteration")
    result["goal"] = {"scalars_per_s": 50000}
    write(result)
    print(json.dumps(result, indent=1))


main()
