"""Votes of Galaxy Zoo from few labels: frozen vectors beside pixels and hand-made features, on objects held out of everything.

    python3 bench/figures.py dino                                  # the figure
    ./run peers galaxy_zoo_labels                                  # the baselines alone
    ./run peers galaxy_zoo_labels -- REALDATA NAME=OUT NAME=OUT    # of vectors: asterism embed MODEL out/zoo OUT

The test side (by the hash of the id, as asterism splits; no encoder was trained on it) is predicted from 10, 50, 250 and all
labels of the other side: the same 20 draws for every method, by a linear probe (ridge, its strength by leave-one-out on the
labels) and by nearest neighbours. R^2 of the debiased share of votes for a spiral: mean over draws, and its 16th and 84th
percentile. Names that begin alike up to a dot are seeds of one encoder. A folder that asterism predict wrote of
spiral_fraction is judged as it is: the answers of a network trained on labels. Prints one JSON object.
"""
import glob
import hashlib
import json
import os
import sys
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.preprocessing import StandardScaler

from galaxy_zoo_folds import pictures, real_data, vectors

LABELS, DRAWS, COMPONENTS = (10, 50, 250), 20, 32


def linear(x, y, test):
    scale = StandardScaler().fit(x)
    return RidgeCV(np.logspace(-2, 5, 22)).fit(scale.transform(x), y).predict(scale.transform(test))


def neighbours(x, y, test):
    scale = StandardScaler().fit(x)
    k = max(1, min(15, len(y) // 3))
    return KNeighborsRegressor(k, weights="distance").fit(scale.transform(x), y).predict(scale.transform(test))


def judged(x, y, train, test):
    """R^2 by number of labels, for both probes."""
    out = {}
    for name, probe in (("linear", linear), ("neighbours", neighbours)):
        for count in LABELS + (len(train),):
            scores = []
            for draw in range(DRAWS if count < len(train) else 1):
                chosen = np.random.default_rng(draw).permutation(train)[:count]
                scores.append(r2_score(y[test], probe(x[chosen], y[chosen], x[test])))
            low, high = np.percentile(scores, [16, 84])
            out[f"{name}, {count} labels"] = {"R2": float(np.mean(scores)), "low": float(low), "high": float(high)}
    return out


def answers(folder):
    """Mean of spiral_fraction by id, where the folder holds predictions; else None."""
    files = [f for f in sorted(glob.glob(f"{folder}/**/*.parquet", recursive=True)) if "Npix" in f]
    t = pa.concat_tables([pq.read_table(f) for f in files])
    if "spiral_fraction_mean" not in t.schema.names:
        return None
    return pd.Series(np.array(t["spiral_fraction_mean"], float), index=[str(i) for i in t["object_id"].to_pylist()])


def compare(data, named):
    table = pd.read_csv(os.path.join(data, "legacy_galaxy_zoo", "labels.csv"), dtype={"OBJID": str})
    y = table.P_CS_DEBIASED.values
    u = np.array([int(hashlib.sha256(i.encode()).hexdigest()[:8], 16) % 100 for i in table.OBJID])
    train, test = np.flatnonzero(u >= 30), np.flatnonzero(u < 20)
    pixels, rings = pictures(data, table.jpg)
    components = PCA(COMPONENTS, random_state=0).fit(pixels[train]).transform(pixels)
    inputs = {"principal components of pixels": components, "ring brightness and colour": rings}
    networks = {}
    for one in named:
        name, folder = one.split("=", 1)
        made = answers(folder)
        if made is not None:
            networks[name] = {"R2": float(r2_score(y[test], made.loc[table.OBJID[test]].values))}
            continue
        found = vectors(folder)
        inputs[name] = np.stack([found.loc[i] for i in table.OBJID])
    return {"objects": {"train": len(train), "test": len(test)}, "draws": DRAWS,
            "scores": {name: judged(x, y, train, test) for name, x in inputs.items()}, "networks": networks}


def main():
    warnings.filterwarnings("ignore", category=RuntimeWarning)
    if not sys.argv[1:] and not real_data():
        return print("SKIPPED galaxy_zoo_labels: there are no real data; set ASTERISM_SHARED to the folder that holds realdata/")
    data, named = (sys.argv[1], sys.argv[2:]) if sys.argv[1:] else (real_data(), [])
    result = compare(data, named)
    print(json.dumps(result, indent=1))
    if min(s["R2"] for s in result["scores"]["ring brightness and colour"].values() if s is not None) < -5:
        sys.exit("galaxy_zoo_labels: the baselines are worse than nonsense: are labels and pictures still in step?")


main()
