#!/usr/bin/env python3
"""What trained convolutional codecs lose in eight-bit integers and in bf16: the share of tokens that stay those of fp32, and
the chi^2 of what is rebuilt, encoded and decoded in each, on fresh mock skies. Means of chi^2 are those of a few bright
objects (one star had a sixth of the sum over 200 spectra), so that every object is judged, and the ratio to fp32 has a
standard error: that of five skies.

    python3 bench/codec_precision.py RUN [RUN ...]      # of image_codec_tiny and spectrum_codec_tiny, a seed each

-> bench/results/codec_precision.json
"""
import argparse
import json
import pathlib
import tempfile

import numpy

from machine import asterism, heading, write
from token_agreement import columns

SKIES = {"image_legacy": ["legacy", "--objects", "240"], "spectrum_desi": ["desi", "--objects", "800"]}
SEEDS = {"image_legacy": (61, 161, 261, 361, 461), "spectrum_desi": (62, 162, 262, 362, 462)}
QUESTIONS = {"image_legacy": "image_reconstruction", "spectrum_desi": "spectrum_reconstruction"}
PRECISIONS = ("fp32", "int8", "bf16")
MEDIAN, MEAN = "median chi^2 per pixel", "mean chi^2 per pixel"


def equal_tokens(one, other):
    (mine,), (theirs,) = columns(one).values(), columns(other).values()
    assert mine.keys() == theirs.keys()
    return float(numpy.mean([numpy.mean(numpy.equal(mine[key], theirs[key])) for key in mine]))


def chi2(report):
    """Of every object of a sky: how many, median, mean."""
    answer = json.loads((report / "answers.json").read_text())["answers"][0]
    of = {s["measure"]: s["value"] for s in answer["scores"] if s["method"].startswith("model") and " " not in s["subject"]}
    return answer["test"], of[MEDIAN], 1 + of["excess chi^2 per pixel"]


def judge_sky(run, modality, sky, work):
    """{precision: [share of tokens that are those of fp32, objects, median, mean]}"""
    out, tokens = {}, {}
    for precision in PRECISIONS:
        tokens[precision] = work / f"{run.name}.{sky.name}.{precision}.tokens"
        asterism("tokenize", run / "model", sky, tokens[precision], "--modality", modality, "--precision", precision)
        report = work / f"{run.name}.{sky.name}.{precision}.report"
        asterism("evaluate", run, sky, "--modality", modality, "--question", QUESTIONS[modality], "--test", "all",
                 "--rebuild-limit", "4000", "--precision", precision, "--out", report)
        out[precision] = [equal_tokens(tokens["fp32"], tokens[precision]), *chi2(report)]
    return out


def ratio(mine, theirs, objects):
    """Of two means over all objects, and its standard error by the skies, which are paired."""
    share = objects / objects.sum()
    whole = float((share * mine).sum() / (share * theirs).sum())
    off = (mine - whole * theirs) * share * len(share) / (share * theirs).sum()
    return whole, float(off.std(ddof=1) / len(off) ** 0.5)


def judge(run, work):
    kind = json.loads((run / "model" / "config.json").read_text())["kind"]
    modality = {"image_conv": "image_legacy", "spectrum_conv": "spectrum_desi"}[kind]
    skies = [work / f"{modality}.{seed}" for seed in SEEDS[modality]]
    for sky, seed in zip(skies, SEEDS[modality]):
        if not sky.exists():
            asterism("data", "mock", *SKIES[modality], "--seed", seed, sky)
    parts = [judge_sky(run, modality, sky, work) for sky in skies]
    of = {p: numpy.array([part[p] for part in parts]).T for p in PRECISIONS}  # [4, skies]
    objects, out = of["fp32"][1], {}
    for p in PRECISIONS:
        means = {k: float(numpy.average(of[p][i], weights=objects)) for k, i in (("tokens equal to fp32", 0), (MEDIAN, 2), (MEAN, 3))}
        whole, error = ratio(of[p][3], of["fp32"][3], objects)
        out[p] = {**means, MEDIAN + ", to fp32": means[MEDIAN] / float(numpy.average(of["fp32"][2], weights=objects)),
                  MEAN + ", to fp32": whole, MEAN + ", to fp32, standard error": error}
    return {"run": run.name, "modality": modality, "objects": int(objects.sum()), **out}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--out", default="")
    options = parser.parse_args()
    result = heading("codec_precision", "tokens and chi^2 of trained codecs in int8 and bf16 beside fp32",
                     "python3 bench/codec_precision.py runs/image_codec_tiny.{0,1,2} runs/spectrum_codec_tiny.{0,1,2}")
    with tempfile.TemporaryDirectory() as work:
        result["runs"] = [judge(pathlib.Path(run).resolve(), pathlib.Path(work)) for run in options.runs]
    for one in result["runs"]:
        print(one["run"], *(f"{p}: " + ", ".join(f"{k} {v:.4f}" for k, v in one[p].items()) for p in PRECISIONS), sep="\n  ")
    write(result, options.out)


if __name__ == "__main__":
    main()
