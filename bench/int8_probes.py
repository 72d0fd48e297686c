#!/usr/bin/env python3
"""What a trained any-to-any model's vectors tell in eight-bit integers and in fp32: R^2 of redshift and stellar mass by a linear
map and by neighbours, on held-out mock galaxies.

    python3 bench/int8_probes.py DATASET RUN [RUN ...]      # runs of any_to_any_small, a seed each, and the mock sky they learned from

-> bench/results/int8_probes.json
"""
import json
import pathlib
import sys
import tempfile

from machine import asterism, heading, write

PRECISIONS = ("fp32", "int8")
ASKED = ["--label", "redshift,log_stellar_mass,object_class", "--require", "object_class=0", "--limit", "6000",
         "--question", "knn,linear_probe"]


def probes(run, dataset, precision, report):
    asterism("evaluate", run, dataset, *ASKED, "--precision", precision, "--out", report)
    answers = json.loads((report / "answers.json").read_text())["answers"]
    return {f"{s['subject']}: {s['method']}": s["value"] for a in answers for s in a["scores"]
            if s["measure"] == "R2" and s["method"].startswith("vectors")}


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    dataset, runs = pathlib.Path(sys.argv[1]).resolve(), [pathlib.Path(run).resolve() for run in sys.argv[2:]]
    result = heading("int8_probes", "R^2 of redshift and stellar mass from the vectors of any_to_any_small, in fp32 and in int8",
                     "python3 bench/int8_probes.py data/mock runs/any_to_any_small.{0,1,2}")
    result["runs"] = []
    with tempfile.TemporaryDirectory() as work:
        for run in runs:
            of = {p: probes(run, dataset, p, pathlib.Path(work) / f"{run.name}.{p}") for p in PRECISIONS}
            change = {name: of["int8"][name] - of["fp32"][name] for name in of["fp32"]}
            result["runs"].append({"run": run.name, **of, "int8 less fp32": change})
            print(run.name, *(f"{name}: {of['fp32'][name]:.4f}, int8 {d:+.4f}" for name, d in change.items()), sep="\n  ")
    changes = [d for one in result["runs"] for d in one["int8 less fp32"].values()]
    result |= {"largest loss": -min(changes), "largest gain": max(changes)}
    write(result)


if __name__ == "__main__":
    main()
