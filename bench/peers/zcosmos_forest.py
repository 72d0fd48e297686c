"""The random forest on colours against our posteriors, object by object, on the zCOSMOS test side; and beside it neighbours, a
forest and gradient boosting of settings chosen by cross-validation.

    python3 bench/figures.py zcosmos                               # the figure: three seeds, some 20 minutes
    ./run peers zcosmos_forest                                     # short: one model of 300 steps, some 3 minutes
    ./run peers zcosmos_forest -- REALDATA OUT.0 OUT.1 OUT.2       # of predictions: asterism predict MODEL data/zcosmos OUT.0 ...
    ./run peers zcosmos_forest -- --choose REALDATA                # the settings again (CHOSEN), on the training side; half an hour

Same objects, same split (u < 20 of the SHA-256 of the id) and same forest as realdata/baselines.py; bias is the median of
dz / (1 + z). The difference of sigma_NMAD and of the outlier rate is bootstrapped over objects in pairs. Prints one JSON object.
The short comparison asks of a model that has seen a third of its training to come close (CLOSE), and fails where it does not.
"""
import glob
import hashlib
import json
import os
import pathlib
import sys
import tempfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.ensemble import RandomForestRegressor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tuned  # noqa: E402
from machine import ROOT, asterism, heading, real_data, write  # noqa: E402

CLOSE = {"sigma_NMAD": 0.0171, "outliers": 0.025, "PIT_KS": 0.10}  # 1.25 times the forest's sigma_NMAD; outliers; PIT
# The least sigma_NMAD of three folds of the training side (--choose).
CHOSEN = {
    "neighbours": dict(n_neighbors=15, weights="distance"),
    "random forest": dict(max_features=1.0, min_samples_leaf=1),
    "gradient boosting": dict(loss="absolute_error", learning_rate=0.05, max_leaf_nodes=127, min_samples_leaf=5, max_features=1.0, max_iter=500),
}
BESIDE = {name: settings for name, settings in CHOSEN.items() if name != "random forest"}  # whose settings are the forest's own
BANDS = ["u", "b", "v", "g", "r", "ic", "z", "j", "k"]


def secure(folder):
    """Secure galaxies with nine bands: the catalogue's rows, and which of a hundred parts each falls into."""
    d = pd.read_csv(os.path.join(folder, "zcosmos", "zcosmost_bright20k.csv"))
    d = d[(d.cc >= 3) & (d.cc < 5) & (d.zpec > 0.002)]
    d = d[(d[[f"{b}_photzi25" for b in BANDS]].values > -90).all(1)]
    return d, np.array([int(hashlib.sha256(str(i).encode()).hexdigest()[:8], 16) % 100 for i in d.id_zcosmos])


def magnitudes(d):
    return d[[f"{b}_photzi25" for b in BANDS]].values


def colours(m):
    """Differences of neighbouring bands, and Ic."""
    return np.c_[m[:, :-1] - m[:, 1:], m[:, 5]]


def sides(folder, side):
    """Colours, Ic and redshifts of secure galaxies with nine bands to learn from; the same and the ids of those judged on."""
    d, u = secure(folder)
    x, z = colours(magnitudes(d)), d.zpec.values
    judged = u < 20 if side == "test" else (u >= 20) & (u < 30)
    learned = u >= 20 if side == "test" else u >= 30
    return x[learned], z[learned], x[judged], z[judged], d.id_zcosmos[judged].astype(str)


def forest(folder, side):
    """Redshift, the forest's estimate and those of the other methods of CHOSEN by id."""
    x, z, x_judged, z_judged, ids = sides(folder, side)
    made = {"forest": RandomForestRegressor(200, n_jobs=2, random_state=0).fit(x, z).predict(x_judged)}
    made |= {name: tuned.METHODS[name](**settings).fit(x, z).predict(x_judged) for name, settings in BESIDE.items()}
    return pd.DataFrame({"z": z_judged} | made, index=ids)


def ours(folder):
    """Median and PIT of redshift_posterior by id."""
    tables = [pq.read_table(f) for f in sorted(glob.glob(f"{folder}/**/*.parquet", recursive=True)) if "Npix" in f]
    t = pa.concat_tables(tables)
    edges = np.array(json.loads(t.schema.field("redshift_posterior").metadata[b"asterism:edges"]))
    keep = np.array(t["redshift_posterior"].is_valid())
    p = np.stack(t["redshift_posterior"].filter(keep).to_numpy(zero_copy_only=False))
    out = pd.DataFrame({"model": np.array(t["redshift_median"].filter(keep))})
    out.index = [str(i) for i in t["object_id"].filter(keep).to_pylist()]
    return out, edges, pd.Series(list(p), index=out.index)


def nmad(d):
    return 1.4826 * np.median(np.abs(d - np.median(d)))


def outliers(d):
    return np.mean(np.abs(d) > 0.15)


def points(made, z):
    """How far estimates of redshifts lie from them."""
    d = np.asarray((made - z) / (1 + z))
    return {"sigma_NMAD": nmad(d), "outliers": outliers(d), "bias": np.median(d)}


def pit_ks(z, edges, p):
    """How far the distribution function's values at the truth are from even, of posteriors on bins."""
    cdf = np.c_[np.zeros(len(p)), np.cumsum(p, 1) / p.sum(1, keepdims=True)]
    pit = np.sort([np.interp(one, edges, c) for one, c in zip(z, cdf)])
    n = len(pit)
    return max((np.arange(1, n + 1) / n - pit).max(), (pit - np.arange(n) / n).max())


def compare(folder, side, predictions):
    truth = forest(folder, side)
    result = {"objects": len(truth), "side": side, "seeds": []}
    d_forest = ((truth.forest - truth.z) / (1 + truth.z)).values
    result["forest"] = points(truth.forest, truth.z)
    result["beside"] = {name: points(truth[name], truth.z) | {"settings": settings} for name, settings in BESIDE.items()}
    rng = np.random.default_rng(0)
    for folder in predictions:
        made, edges, posterior = ours(folder)
        both = truth.join(made, how="inner")
        assert len(both) == len(truth), f"{folder}: {len(both)} of {len(truth)} objects have a prediction"
        d = ((both.model - both.z) / (1 + both.z)).values
        n, ks = len(both), pit_ks(both.z, edges, np.stack(posterior.loc[both.index].values))
        resampled = [(nmad(d[k]) - nmad(d_forest[k]), outliers(d[k]) - outliers(d_forest[k]))
                     for k in (rng.integers(0, n, n) for _ in range(2000))]
        low, high = np.percentile(resampled, [2.5, 97.5], axis=0)
        result["seeds"].append({"predictions": os.path.basename(folder)} | points(both.model, both.z) | {
            "PIT_KS": ks, "sigma_NMAD_minus_forest": [low[0], high[0]], "outliers_minus_forest": [low[1], high[1]]})
    return result


def choose(folder):
    """Settings of every method with the least sigma_NMAD of objects of the training side that were held back."""
    x, z, *_ = sides(folder, "test")
    for name, make in tuned.METHODS.items():
        settings, least = tuned.choose(make, tuned.GRIDS[name], x, z, lambda made, truth: points(made, truth)["sigma_NMAD"])
        print(json.dumps({name: settings, "sigma_NMAD": least}), flush=True)


def short(folder):
    with tempfile.TemporaryDirectory() as scratch:
        data, run, out = (os.path.join(scratch, name) for name in ("zcosmos", "run", "predicted"))
        asterism("data", "import", "zcosmos", os.path.join(folder, "zcosmos"), data)
        asterism("train", ROOT / "recipes" / "zcosmos_photoz.toml", "--out", run, "--set", f"data.datasets=['{data}']",
                 "--set", "train.steps=300")
        asterism("predict", os.path.join(run, "model"), data, out, "--given",
                 ",".join(f"flux_cosmos_{b}" for b in BANDS), "--target", "redshift")
        result = heading("peer_zcosmos_forest", "redshifts of zCOSMOS from nine bands: a model of 300 steps beside the forest",
                         "./run peers zcosmos_forest") | compare(folder, "test", [out])
    result["asked"] = CLOSE
    result["failed"] = [name for name, most in CLOSE.items() if not result["seeds"][0][name] <= most]
    return result


def main():
    side = "test"
    arguments = sys.argv[1:]
    if len(arguments) == 2 and arguments[0] == "--choose":
        return choose(arguments[1])
    if arguments and arguments[0] == "--validation":
        side, arguments = "validation", arguments[1:]
    if len(arguments) == 1:
        sys.exit(__doc__)
    if arguments:
        return print(json.dumps(compare(arguments[0], side, arguments[1:]), indent=1, default=float))
    if not real_data():
        return print("SKIPPED zcosmos_forest: there are no real data; set ASTERISM_SHARED to the folder that holds realdata/")
    result = short(real_data())
    print(json.dumps(result, indent=1, default=float))
    if result["failed"]:
        sys.exit(f"zcosmos_forest: worse than asked for: {', '.join(result['failed'])}")
    write(json.loads(json.dumps(result, default=float)))


if __name__ == "__main__":
    main()
