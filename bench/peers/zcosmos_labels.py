"""Redshifts of zCOSMOS from few labels: our models beside a random forest and nearest neighbours, on the test side.

    python3 bench/figures.py zcosmos_labels                        # the figure
    ./run peers zcosmos_labels                                     # the baselines alone
    ./run peers zcosmos_labels -- REALDATA NAME=OUT NAME=OUT       # of predictions: asterism predict MODEL data/zcosmos OUT

Secure galaxies with nine bands, split by the hash of the id as asterism splits. Forest (of zcosmos_forest), neighbours and gradient
boosting learn from 10, 50, 250, 1,000 and all labels of the other side, 20 draws each: mean over draws, and their 16th and 84th
percentile. The settings of gradient boosting are chosen by cross-validation of the labels of each draw (of all: zcosmos_forest's).
Ours are judged as they were predicted, one a seed (the seed draws the labels). Names end in the number of labels: NAME.seed_10.
Prints one JSON object.
"""
import json
import pathlib
import sys

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tuned  # noqa: E402
from zcosmos_forest import CHOSEN, ours, pit_ks, points, real_data, sides  # noqa: E402

LABELS, DRAWS = (10, 50, 250, 1000), 20
FEW = [dict(loss=[loss], max_leaf_nodes=[leaves], min_samples_leaf=[least], learning_rate=[0.1], max_iter=[200])
       for loss in ("squared_error", "absolute_error") for leaves, least in ((4, 2), (31, 5))]


def forest(x, z, judged):
    return RandomForestRegressor(200, n_jobs=1, random_state=0).fit(x, z).predict(judged)


def neighbours(x, z, judged):
    scale = StandardScaler().fit(x)
    k = max(1, min(15, len(z) // 3))
    return KNeighborsRegressor(k, weights="distance").fit(scale.transform(x), z).predict(scale.transform(judged))


def boosting(x, z, judged):
    settings = CHOSEN["gradient boosting"]
    if len(z) <= LABELS[-1]:
        settings, _ = min((tuned.choose(tuned.boosting, grid, x, z, mean_error, stage=50) for grid in FEW), key=lambda one: one[1])
    return tuned.boosting(**settings).fit(x, z).predict(judged)


def mean_error(made, z):
    return np.mean(np.abs(made - z) / (1 + z))


def scores(made, z):
    return points(made, z) | {"MAE": np.mean(np.abs(made - z))}


def baselines(x, z, x_judged, z_judged):
    out = {}
    for name, method in (("forest", forest), ("neighbours", neighbours), ("gradient boosting", boosting)):
        for count in LABELS + (len(z),):
            drawn = []
            for draw in range(DRAWS if count < len(z) else 1):
                chosen = np.random.default_rng(draw).permutation(len(z))[:count]
                drawn.append(scores(method(x[chosen], z[chosen], x_judged), z_judged))
            out[f"{name}, {count} labels"] = {
                key: {"mean": np.mean(all_of), "low": np.percentile(all_of, 16), "high": np.percentile(all_of, 84)}
                for key in drawn[0] for all_of in [[one[key] for one in drawn]]}
    return out


def compare(folder, named):
    x, z, x_judged, z_judged, ids = sides(folder, "test")
    result = {"objects": {"train": len(z), "test": len(z_judged)}, "draws": DRAWS,
              "baselines": baselines(x, z, x_judged, z_judged), "models": {}}
    for one in named:
        name, out = one.split("=", 1)
        made, edges, posterior = ours(out)
        assert made.index.isin(ids).sum() == len(ids), f"{out}: an object of the test side has no prediction"
        result["models"][name] = scores(made.model.loc[ids].values, z_judged) | {
            "PIT_KS": pit_ks(z_judged, edges, np.stack(posterior.loc[ids].values))}
    return result


def main():
    if not sys.argv[1:] and not real_data():
        return print("SKIPPED zcosmos_labels: there are no real data; set ASTERISM_SHARED to the folder that holds realdata/")
    data, named = (sys.argv[1], sys.argv[2:]) if sys.argv[1:] else (real_data(), [])
    result = compare(data, named)
    print(json.dumps(result, indent=1, default=float))
    if result["baselines"][f"forest, {LABELS[-1]} labels"]["sigma_NMAD"]["mean"] > 0.05:
        sys.exit("zcosmos_labels: the forest is worse than it can be: are bands and redshifts still in step?")


if __name__ == "__main__":
    main()
