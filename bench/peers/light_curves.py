"""Tokens of EROS light curves beside Gaussian processes of scikit-learn and the forests of realdata/baselines.py.

    ./run peers light_curves                              # short: one codec of 150 steps, some 8 minutes
    ./run peers light_curves -- REALDATA DATASET RUN.0 RUN.1 RUN.2    # of runs of recipes/light_curve_codec_eros.toml, or of
                                                          # what `asterism evaluate` made of them (bench/figures.py does)

The codec is judged by `asterism evaluate` on the test side (u < 20 of the SHA-256 of the id) at the fifth of the points that
it did not see (src/eval/held_out.h); here scikit-learn fits a Gaussian process to the other points of the first 150 of those stars
(Matern 3/2 in time, a correlation between the bands, white noise beside the given errors, parameters by the marginal
likelihood) and is asked for the same ones. The forests are those of realdata/baselines.py, on the same objects. Prints one
JSON object. The short comparison asks that the codec beats a constant and that the two Gaussian processes, scikit-learn's and
the one of `asterism evaluate`, agree to within the scatter of those 150 stars, and fails where not.
"""
import ast
import csv
import gzip
import hashlib
import json
import multiprocessing
import os
import pathlib
import sys
import tempfile
import warnings

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel
from sklearn.metrics import balanced_accuracy_score

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from machine import ROOT, asterism, heading, real_data, write  # noqa: E402

warnings.filterwarnings("ignore")  # parameters at their bounds

MASK = (1 << 64) - 1
STARS = 150  # of the test side get a Gaussian process here: one takes 0.7 s
AGREE = 0.15  # three standard errors of the mean of as many


def held_out(time, value):
    h = 0xCBF29CE484222325
    for c in f"{time:.5f} {float(np.float32(value)):.4f}".encode():
        h = ((h ^ c) * 0x100000001B3) & MASK
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        h = ((h ^ (h >> 33)) * factor) & MASK
    return (h ^ (h >> 33)) % 5 == 0


def curves(folder):
    """time, magnitude, error and band of each star's good points."""
    csv.field_size_limit(10 ** 9)
    out = {}
    with gzip.open(os.path.join(folder, "train_varlength_features.csv.gz"), "rt") as lines:
        for row in csv.DictReader(lines):
            points = []
            for b, band in enumerate("br"):
                t, m, e = (ast.literal_eval(row[f"{what}_points_{band}"].replace("nan", "None"))
                           for what in ("time", "light", "error"))
                points += [(a, x, s, b) for a, x, s in zip(t, m, e) if x is not None and s is not None and s > 0]
            out[row[""]] = np.array(sorted(points))
    return out


def process(points):
    """chi^2 of the held-out points of one star by a Gaussian process through the others; None: too few."""
    held = np.array([held_out(t, m) for t, m, _, _ in points])
    if not held.any() or (~held).sum() < 5:
        return None
    shown, asked = points[~held], points[held]
    means = np.array([np.average(shown[shown[:, 3] == b, 1], weights=shown[shown[:, 3] == b, 2] ** -2)
                      if (shown[:, 3] == b).any() else np.average(shown[:, 1], weights=shown[:, 2] ** -2) for b in (0, 1)])
    y = shown[:, 1] - means[shown[:, 3].astype(int)]
    spread, span = max(y.std(), 1e-6), np.ptp(shown[:, 0])

    # Matern sees the first column, the time, and the correlation of the bands the second
    class Both(Matern):
        def __call__(self, X, Y=None, eval_gradient=False):
            Y1 = None if Y is None else Y[:, :1]
            return super().__call__(X[:, :1], Y1, eval_gradient)

    class Band(RBF):
        def __call__(self, X, Y=None, eval_gradient=False):
            Y1 = None if Y is None else Y[:, 1:]
            return super().__call__(X[:, 1:], Y1, eval_gradient)

    best = None
    for start in (span / 12, span / 150):
        kernel = (ConstantKernel(spread ** 2, (spread ** 2 * 1e-4, spread ** 2 * 1e3)) * Both(start, (span * 5e-5, span * 20), nu=1.5)
                  * Band(1.0, (0.05, 50)) + WhiteKernel((0.05 * spread) ** 2, (spread ** 2 * 1e-8, spread ** 2 * 10)))
        fitted = GaussianProcessRegressor(kernel, alpha=shown[:, 2] ** 2, random_state=0).fit(shown[:, [0, 3]], y)
        if best is None or fitted.log_marginal_likelihood_value_ > best.log_marginal_likelihood_value_:
            best = fitted
    drawn = best.predict(asked[:, [0, 3]]) + means[asked[:, 3].astype(int)]
    return ((drawn - asked[:, 1]) / asked[:, 2]) ** 2


def forests(folder, names):
    """Balanced accuracy on the test side of the forests of realdata/baselines.py."""
    d = pd.read_csv(os.path.join(folder, "train.csv"), index_col=0)
    rows = []
    for name in d.index:
        f = []
        for b in (0, 1):
            q = np.percentile(names[name][names[name][:, 3] == b, 1], [5, 25, 50, 75, 95])
            f += [q[2], q[4] - q[0], q[3] - q[1], (q[4] + q[0] - 2 * q[2]) / (q[4] - q[0] + 1e-6)]
        rows.append(f + [f[0] - f[4]])
    x, y = np.array(rows), d.type.astype(int).values
    test = np.array([is_test(name) for name in d.index])
    period = np.log10(d.period.values)[:, None]
    out = {}
    for what, columns in (("forest", x), ("forest_with_catalogue_period", np.c_[x, period])):
        made = RandomForestClassifier(300, random_state=0, n_jobs=1).fit(columns[~test], y[~test]).predict(columns[test])
        out[what] = balanced_accuracy_score(y[test], made)
    return out


def is_test(name):
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 100 < 20


def judged(run, dataset, work):
    """What `asterism evaluate` says of one run."""
    out = os.path.join(work, pathlib.Path(run).name + "_judged")
    if pathlib.Path(run, "answers.json").exists():
        out = run
    else:
        asterism("evaluate", run, dataset, "--modality", "lightcurve_eros", "--label", "variable_class", "--rebuild-limit", 3000,
                 "--question", "light_curve_reconstruction", "--question", "linear_probe", "--out", out, "--replace")
    said = {"run": pathlib.Path(run).name}
    for answer in json.loads(pathlib.Path(out, "answers.json").read_text())["answers"]:
        for score in answer["scores"]:
            said.setdefault(score["method"], {})[score["measure"]] = [score["value"], score["low"], score["high"]]
    return said


def compare(data, dataset, runs, work, command):
    folder = os.path.join(data, "eros_lightcurves")
    stars = curves(folder)
    with multiprocessing.Pool() as pool:
        chi = [c for c in pool.imap(process, [points for name, points in stars.items() if is_test(name)][:STARS], 2) if c is not None]
    each = np.array([c.mean() for c in chi])
    seeds = [judged(run, dataset, work) for run in runs]
    result = heading("peer_light_curves", "EROS light curves: held-out points and classes from tokens, beside Gaussian processes and forests", command)
    result |= {"process_objects": len(chi), "held_out_points": int(sum(map(len, chi))), "seeds": seeds, "scikit_learn_process": {
        "chi^2 per held-out point": each.mean(), "median chi^2 of objects": float(np.median(each)),
        "chi^2, at most 25 each": float(np.mean([np.minimum(c, 25).mean() for c in chi]))},
        "forests_balanced_accuracy": forests(folder, stars)}
    return result


def main(arguments):
    data = real_data() if not arguments else arguments[0]
    if not data:
        sys.exit("no real data: set ASTERISM_SHARED")
    if len(arguments) > 2:
        result = compare(data, arguments[1], arguments[2:], tempfile.mkdtemp(), "./run peers light_curves -- REALDATA DATASET RUN ...")
        write(result)
        print(json.dumps(result, indent=1))
        return
    with tempfile.TemporaryDirectory() as work:
        dataset, run = os.path.join(work, "eros"), os.path.join(work, "run")
        asterism("data", "import", "eros", os.path.join(data, "eros_lightcurves"), dataset)
        asterism("train", ROOT / "recipes/light_curve_codec_eros.toml", "--out", run, "--set", f'data.datasets=["{dataset}"]', "--set", "train.steps=150")
        result = compare(data, dataset, [run], work, "./run peers light_curves")
    said = result["seeds"][0]
    ours = [v for k, v in said.items() if k.startswith("Gaussian")][0]["chi^2, at most 25 each"][0]
    model = [v for k, v in said.items() if k.startswith("model, ") and "chi^2 per held-out point" in v][0]
    theirs = result["scikit_learn_process"]["chi^2, at most 25 each"]
    failed = []
    if abs(ours / theirs - 1) > AGREE:
        failed.append(f"Gaussian processes: {ours} here, {theirs} by scikit-learn")
    if model["chi^2 per held-out point"][0] > said["constant in each band"]["chi^2 per held-out point"][0]:
        failed.append("the codec is worse than a constant")
    result["failed"] = failed
    write(result)
    print(json.dumps(result, indent=1))
    if failed:
        sys.exit("; ".join(failed))


if __name__ == "__main__":
    main(sys.argv[1:])
