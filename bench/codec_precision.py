#!/usr/bin/env python3
"""What trained convolutional codecs lose in eight-bit integers and in bf16: the share of tokens that stay those of fp32, and
the chi^2 of what is rebuilt, encoded and decoded in each, on a fresh mock sky.

    python3 bench/codec_precision.py RUN [RUN ...]      # of image_codec_tiny and spectrum_codec_tiny, a seed each

-> bench/results/codec_precision.json
"""
import json
import pathlib
import sys
import tempfile

import numpy

from machine import asterism, heading, write
from token_agreement import columns

SKIES = {"image_legacy": ["legacy", "--objects", "1200", "--seed", "61"], "spectrum_desi": ["desi", "--objects", "4000", "--seed", "62"]}
QUESTIONS = {"image_legacy": "image_reconstruction", "spectrum_desi": "spectrum_reconstruction"}
PRECISIONS = ("fp32", "int8", "bf16")


def equal_tokens(one, other):
    (mine,), (theirs,) = columns(one).values(), columns(other).values()
    assert mine.keys() == theirs.keys()
    return float(numpy.mean([numpy.mean(numpy.equal(mine[key], theirs[key])) for key in mine]))


def chi2(report):
    scores = json.loads((report / "answers.json").read_text())["answers"][0]["scores"]
    of = {s["measure"]: s["value"] for s in scores if s["method"].startswith("model") and " " not in s["subject"]}
    return {"median chi^2 per pixel": of["median chi^2 per pixel"], "mean chi^2 per pixel": 1 + of["excess chi^2 per pixel"]}


def judge(run, work):
    kind = json.loads((run / "model" / "config.json").read_text())["kind"]
    modality = {"image_conv": "image_legacy", "spectrum_conv": "spectrum_desi"}[kind]
    sky = work / modality
    if not sky.exists():
        asterism("data", "mock", *SKIES[modality], sky)
    out, tokens = {}, {}
    for precision in PRECISIONS:
        tokens[precision] = work / f"{run.name}.{precision}.tokens"
        asterism("tokenize", run / "model", sky, tokens[precision], "--modality", modality, "--precision", precision)
        report = work / f"{run.name}.{precision}.report"
        asterism("evaluate", run, sky, "--modality", modality, "--question", QUESTIONS[modality], "--rebuild-limit", "1000",
                 "--precision", precision, "--out", report)
        out[precision] = {"tokens equal to fp32": equal_tokens(tokens["fp32"], tokens[precision]), **chi2(report)}
    for precision in PRECISIONS:
        for measure in ("median chi^2 per pixel", "mean chi^2 per pixel"):
            out[precision][measure + ", to fp32"] = out[precision][measure] / out["fp32"][measure]
    return {"run": run.name, "modality": modality, **out}


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    result = heading("codec_precision", "tokens and chi^2 of trained codecs in int8 and bf16 beside fp32",
                     "python3 bench/codec_precision.py runs/image_codec_tiny.{0,1,2} runs/spectrum_codec_tiny.{0,1,2}")
    with tempfile.TemporaryDirectory() as work:
        result["runs"] = [judge(pathlib.Path(run).resolve(), pathlib.Path(work)) for run in sys.argv[1:]]
    for one in result["runs"]:
        print(one["run"], *(f"{p}: " + ", ".join(f"{k} {v:.4f}" for k, v in one[p].items()) for p in PRECISIONS), sep="\n  ")
    write(result)


if __name__ == "__main__":
    main()
