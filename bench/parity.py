#!/usr/bin/env python3
"""How far published codecs and models are from the programs that they come from, and how many contract tests hold.

    python3 bench/parity.py ../shared/fixtures      # a folder of fixtures: inputs and outputs of the reference programs

Replays the fixtures (asterism model verify) and runs build/bin/test_contracts -> bench/results/parity.json. Exits with 1 where a
case or a test fails; the file is written all the same.
"""
import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from machine import ROOT, heading, write

BUILD = pathlib.Path(os.environ.get("ASTERISM_BUILD") or ROOT / "build") / "bin"
# What a case is of, by what its name begins with.
KINDS = {"image_": "image codec", "spectrum_": "spectrum codec", "scalar_": "scalar codecs", "catalog": "catalogue codec",
         "segmap_": "segmentation map codec", "model_enc_": "AION-1 encoder", "model_fwd_": "AION-1 logits",
         "model_train_": "AION-1 loss and gradients", "astroclip_dino": "AstroDINO", "astroclip_spec": "SpecFormer",
         "astroclip_clip": "AstroCLIP", "astroclip_torgb": "AstroCLIP"}


def kind_of(case):
    for start, kind in KINDS.items():
        if case.startswith(start):
            return kind
    return "other"


def replayed(folder):
    """Cases of a folder of fixtures: name, kind, whether it passed; of each output the largest error, its share of what is allowed
    where that is more than nothing, and the share of equal values where they are whole numbers."""
    done = subprocess.run([BUILD / "asterism", "model", "verify", folder, "--json"], stdout=subprocess.PIPE, text=True)
    cases, outputs = [], []
    for line in map(json.loads, done.stdout.splitlines()):
        if "output" in line:
            names = ("output", "passed", "largest_error", "of_allowed", "equal_share", "count")
            outputs.append({name: line[name] for name in names if name in line})
        elif "kind" in line:
            cases.append({"case": line["case"], "kind": kind_of(line["case"]), "passed": line["passed"], "outputs": outputs})
            outputs = []
        elif "cases" in line and line["cases"] == len(cases):
            return cases
    sys.exit(f"'asterism model verify' did not come to its end after {len(cases)} cases: {done.stdout[-300:]}")


def by_kind(cases):
    out = {}
    for kind in dict.fromkeys(one["kind"] for one in cases):
        mine = [one for one in cases if one["kind"] == kind]
        outputs = [o for one in mine for o in one["outputs"]]
        out[kind] = {"cases": len(mine), "failed": sum(not one["passed"] for one in mine), "outputs": len(outputs)}
        tokens = [o["equal_share"] for o in outputs if o["output"].endswith("tokens") and "equal_share" in o]
        if tokens:
            out[kind]["least share of equal tokens"] = min(tokens)
        others = [o for o in outputs if "largest_error" in o and "equal_share" not in o]
        if others:
            out[kind]["largest error"] = max(o["largest_error"] for o in others)
            out[kind]["largest error, of what is allowed"] = max(o["of_allowed"] for o in others)
    return out


def contracts():
    """Tests of build/bin/test_contracts by suite: passed, failed, left out."""
    with tempfile.TemporaryDirectory() as work:
        report = pathlib.Path(work) / "contracts.json"
        subprocess.run([BUILD / "test_contracts", f"--gtest_output=json:{report}", "--gtest_brief=1"], stdout=sys.stderr)
        table = collections.defaultdict(lambda: {"passed": 0, "failed": 0, "left out": 0})
        for suite in json.loads(report.read_text())["testsuites"]:
            for test in suite["testsuite"]:
                how = "failed" if test.get("failures") else "left out" if test["result"] != "COMPLETED" else "passed"
                table[suite["name"].split("/")[-1]][how] += 1
    return dict(table)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fixtures", help="folder of fixtures: io/, codecs/, model/")
    parser.add_argument("--out", default="")
    options = parser.parse_args()
    result = heading("parity", "outputs of published codecs and models beside those of the programs they come from, on random weights; "
                               "contract tests by suite", "python3 bench/parity.py FIXTURES")
    cases, tests = replayed(options.fixtures), contracts()
    result |= {"kinds": by_kind(cases), "contracts": tests,
               "contracts in all": {how: sum(one[how] for one in tests.values()) for how in ("passed", "failed", "left out")}, "cases": cases}
    write(result, options.out)
    failed = sum(not one["passed"] for one in cases) + result["contracts in all"]["failed"]
    print(f"{len(cases)} cases, {sum(one['passed'] for one in cases)} passed; contracts: {result['contracts in all']}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
