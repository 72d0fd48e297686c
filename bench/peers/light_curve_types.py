"""Types of what varies on the mock sky from its light curves: scikit-learn's forest and boosted trees on summary features.

    python3 bench/figures.py light_curve_types                # the figure: three seeds
    ./run peers light_curve_types                             # short: 2,000 objects
    PYTHON bench/peers/light_curve_types.py REALDATA MOCK     # MOCK: asterism data mock ztf ... MOCK; REALDATA is not read

Learned from the objects of the training and validation side (which chooses the number of trees), judged on the test side, those with at least one point that is no upper
limit, as the model is. Features: of each band and of all together the number of points, quantiles of the flux over its error-weighted
mean size, scatter over the errors, skewness; colours; how long it was seen, when and how fast it rose and fell; the best period of a
Lomb-Scargle periodogram and its power. Scores are those of the question class_posteriors: log-loss with a floor of 1e-6, Brier score,
balanced accuracy, expected calibration error in 15 bins of as many objects; intervals of 95% from 1,000 resamples. Prints one JSON
object; fails where a method knows no more than the shares of the classes.
"""
import glob
import hashlib
import json
import pathlib
import sys
import tempfile
import warnings

import numpy as np
import pyarrow.parquet as pq
from astropy.timeseries import LombScargle
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.metrics import recall_score

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from machine import asterism  # noqa: E402

BANDS = ["ztf-g", "ztf-r", "ztf-i"]
LEAST, BINS, RESAMPLES = 1e-6, 15, 1000
POPULATION = ["supernova_ia_share=0.25", "core_collapse_share=0.45", "rr_lyrae_share=0.5", "eclipsing_share=0.4",
              "variable_quasar_share=0.9", "star_weight=0.6", "galaxy_weight=1.6", "quasar_weight=0.2", "r_spectroscopic=18.9", "r_faint=19"]


def shape(flux, error):
    """Seven numbers of one band's points."""
    if len(flux) == 0:
        return [0.0] + [np.nan] * 6
    low, quarter, middle, three, high = np.percentile(flux, [0, 25, 50, 75, 100])
    spread = flux.std()
    skew = ((flux - flux.mean()) ** 3).mean() / spread ** 3 if spread > 0 else 0.0
    return [len(flux), low, middle, high, three - quarter, spread / np.median(error), skew]


def in_time(time, flux):
    """How long it was seen, when it was brightest, how long it was above half of that, how long it rose and fell."""
    peak = int(np.argmax(np.abs(flux)))
    bright = time[np.abs(flux) > 0.5 * np.abs(flux[peak])]
    return [np.ptp(time), time[peak] - time[0], time[-1] - time[peak], np.ptp(bright), time[peak] - bright[0], (flux < 0).mean()]


def period(time, flux, error, band):
    """log10 of the best period in days, and its power: all bands about their means."""
    if len(time) < 10 or np.ptp(time) < 2:
        return [np.nan, np.nan]
    level = np.array([flux[band == name].mean() for name in band])
    frequency = np.arange(0.005, 5, 0.2 / np.ptp(time))
    power = LombScargle(time, flux - level, error).power(frequency, method="fast")
    return [-np.log10(frequency[np.argmax(power)]), float(power.max())]


def features(curve):
    """Numbers of one light curve; None where all of its points are upper limits."""
    keep = ~np.asarray(curve["mask"], bool)
    if not keep.any():
        return None
    band = np.asarray(curve["band"])[keep]
    time, flux, error = (np.asarray(curve[name], float)[keep] for name in ("time", "flux", "flux_err"))
    row, middle = [], {}
    for name in BANDS:
        row += shape(flux[band == name], error[band == name])
        middle[name] = row[-5]
    row += [middle["ztf-g"] - middle["ztf-r"], middle["ztf-r"] - middle["ztf-i"]]
    return row + shape(flux, error) + in_time(time, flux) + period(time, flux, error, band)


def table(folder):
    """Features [N, F], types [N], names [N] of the objects that were seen."""
    rows, types, names = [], [], []
    for file in sorted(glob.glob(f"{folder}/mock/dataset/**/Npix*.parquet", recursive=True)):
        for batch in pq.ParquetFile(file).iter_batches(256, columns=["object_id", "lightcurve", "variable_class"]):
            for one in batch.to_pylist():
                row = features(one["lightcurve"]) if one["lightcurve"] else None
                if row is not None:
                    rows.append(row)
                    types.append(int(one["variable_class"]))
                    names.append(one["object_id"])
    return np.array(rows), np.array(types), names


def calibration_error(said, right):
    order = np.argsort(said, kind="stable")
    n, bins = len(order), min(BINS, len(order))
    parts = [order[n * b // bins:n * (b + 1) // bins] for b in range(bins)]
    return sum(len(part) * abs(right[part].mean() - said[part].mean()) for part in parts) / n


def scores(probability, truth):
    """probability: [N, K]; truth: [N]. Every score with its interval."""
    best = probability.argmax(1)
    loss = -np.log(np.maximum(probability[np.arange(len(truth)), truth], LEAST))
    brier = ((probability - np.eye(probability.shape[1])[truth]) ** 2).sum(1)
    said, right = probability.max(1), best == truth
    measures = {
        "log-loss [nats]": lambda rows: loss[rows].mean(),
        "Brier score": lambda rows: brier[rows].mean(),
        "accuracy": lambda rows: right[rows].mean(),
        "balanced accuracy": lambda rows: recall_score(truth[rows], best[rows], average="macro", labels=np.unique(truth[rows]),
                                                       zero_division=0),
        "expected calibration error": lambda rows: calibration_error(said[rows], right[rows])}
    drawn = [np.random.default_rng(i).integers(0, len(truth), len(truth)) for i in range(RESAMPLES)]
    return {name: [float(of(np.arange(len(truth)))), *np.percentile([of(rows) for rows in drawn], [2.5, 97.5]).tolist()]
            for name, of in measures.items()}


def numbers(names):
    """[N]: 0 to 99, by which an object is of the test (below 20), validation (below 30) or training side."""
    return np.array([int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 100 for name in names])


def boosted(x, y, number):
    """Boosted trees of the training side, as many as the validation side likes best; [N, K] of all objects, by classes_."""
    method = HistGradientBoostingClassifier(max_iter=150, learning_rate=0.06, early_stopping=False, random_state=0)
    learn, choose = number >= 30, (number >= 20) & (number < 30)
    method.fit(x[learn], y[learn])
    place = {kind: i for i, kind in enumerate(method.classes_)}
    rows = np.array([i for i in np.flatnonzero(choose) if y[i] in place])
    truth = np.array([place[kind] for kind in y[rows]])
    losses = [-np.log(np.maximum(p[np.arange(len(rows)), truth], LEAST)).mean() for p in method.staged_predict_proba(x[rows])]
    best = int(np.argmin(losses))
    return next(p for i, p in enumerate(method.staged_predict_proba(x)) if i == best), method.classes_


def compare(folder):
    x, y, names = table(folder)
    if not names:
        sys.exit(f"{folder}: no light curve with a point that is no upper limit; give what 'asterism data mock ztf' wrote")
    number = numbers(names)
    test = number < 20
    kinds = int(y.max()) + 1
    shares = (np.bincount(y[~test], minlength=kinds) + 0.5) / ((~test).sum() + 0.5 * kinds)
    filled = np.where(np.isfinite(x), x, -1e3)  # a forest takes no gaps
    forest = RandomForestClassifier(500, min_samples_leaf=2, random_state=0, n_jobs=1).fit(filled[~test], y[~test])
    found = {"forest": (forest.predict_proba(filled), forest.classes_), "boosted trees": boosted(x, y, number)}
    said = {"shares of the classes": np.tile(shares, (int(test.sum()), 1))}
    for name, (probability, classes) in found.items():
        said[name] = np.zeros((int(test.sum()), kinds))
        said[name][:, classes] = probability[test]
    return {"learned from": int((~test).sum()), "judged": int(test.sum()),
            "of each type": np.bincount(y[test], minlength=kinds).tolist(),
            "scores": {name: scores(p, y[test]) for name, p in said.items()}}


def main():
    warnings.filterwarnings("ignore")
    if len(sys.argv) > 2:
        result = compare(sys.argv[2])
    else:
        with tempfile.TemporaryDirectory() as work:
            data = pathlib.Path(work) / "mock_types"
            asterism("data", "mock", "ztf", data, "--objects", 2000, "--seed", 43, *(w for one in POPULATION for w in ("--set", one)))
            result = compare(data)
    print(json.dumps(result, indent=1))
    nothing = result["scores"]["shares of the classes"]["log-loss [nats]"][0]
    bad = [name for name, one in result["scores"].items() if "shares" not in name and one["log-loss [nats]"][0] > 0.9 * nothing]
    if bad:
        sys.exit(f"light_curve_types: {', '.join(bad)} know next to nothing: are features and types still in step?")


if __name__ == "__main__":
    main()
