"""Votes of Galaxy Zoo from frozen vectors and a linear head, against pixels and hand-made features: five folds of all 750.

    python3 bench/figures.py galaxy_zoo                            # the figure: three seeds, some 45 minutes
    ./run peers galaxy_zoo_folds                                   # short: one model of 100 steps, some 3 minutes
    ./run peers galaxy_zoo_folds -- REALDATA OUT.0 OUT.1 OUT.2     # of vectors: asterism embed MODEL data/zoo OUT.0 ...

Every method sees the same folds (by a hash of the id); the strength of the ridge is chosen within the training folds. The
baselines are those of realdata/baselines.py. Differences of R^2 are bootstrapped over objects in pairs. Prints one JSON
object. The short comparison asks that the vectors of a model that has hardly begun to learn are not clearly worse than
principal components and neighbours, and fails where they are.
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
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from machine import ROOT, asterism, heading, real_data, write  # noqa: E402

FOLDS = 5
PIXELS = "principal components + neighbours"


def pictures(folder, names):
    """32 x 32 RGB pixels, and ring brightness with a colour: the features of realdata/baselines.py."""
    pixels, rings = [], []
    yy, xx = np.mgrid[:424, :424]
    r = np.hypot(yy - 211.5, xx - 211.5)
    for name in names:
        image = Image.open(os.path.join(folder, "legacy_galaxy_zoo", name))
        pixels.append(np.asarray(image.crop((84, 84, 340, 340)).resize((32, 32), Image.BOX), float).ravel() / 255)
        a = np.asarray(image, float)
        m = np.array([[a[(r >= lo) & (r < hi), c].mean() for lo, hi in ((0, 8), (8, 24), (24, 60), (60, 120))]
                      for c in range(3)])
        rings.append(np.r_[m.ravel(), m[0] - m[2]])
    return np.array(pixels), np.array(rings)


def vectors(folder):
    tables = [pq.read_table(f) for f in sorted(glob.glob(f"{folder}/**/*.parquet", recursive=True)) if "Npix" in f]
    t = pa.concat_tables(tables)
    name = [n for n in t.schema.names if n.startswith("vector") or n == "embedding"][0]
    return pd.Series([np.array(v, float) for v in t[name].to_pylist()], index=[str(i) for i in t["object_id"].to_pylist()])


def predicted(make, x, y, fold):
    out = np.empty(len(y))
    for k in range(FOLDS):
        out[fold == k] = make().fit(x[fold != k], y[fold != k]).predict(x[fold == k])
    return out


def compare(data, folders):
    d = pd.read_csv(os.path.join(data, "legacy_galaxy_zoo", "labels.csv"), dtype={"OBJID": str})
    y = d.P_CS_DEBIASED.values
    fold = np.array([int(hashlib.sha256(("fold" + i).encode()).hexdigest()[:8], 16) % FOLDS for i in d.OBJID])
    pixels, rings = pictures(data, d.jpg)
    ridge = lambda: make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 5, 22)))
    baseline = {
        PIXELS: predicted(
            lambda: make_pipeline(PCA(32, random_state=0), KNeighborsRegressor(15, weights="distance")), pixels, y, fold),
        "rings + ridge": predicted(ridge, rings, y, fold),
        "rings + random forest": predicted(lambda: RandomForestRegressor(300, random_state=0, n_jobs=2), rings, y, fold),
    }
    result = {"objects": len(d), "R2": {k: r2_score(y, v) for k, v in baseline.items()}, "seeds": []}
    rng = np.random.default_rng(0)
    draws = [rng.integers(0, len(y), len(y)) for _ in range(2000)]
    for folder in folders:
        v = vectors(folder)
        p = predicted(ridge, np.stack([v.loc[i] for i in d.OBJID]), y, fold)
        one = {"vectors": os.path.basename(folder), "R2": r2_score(y, p), "minus": {}}
        for name, other in baseline.items():
            gain = [r2_score(y[k], p[k]) - r2_score(y[k], other[k]) for k in draws]
            one["minus"][name] = list(np.percentile(gain, [2.5, 97.5]))
        result["seeds"].append(one)
    return result


def short(data):
    with tempfile.TemporaryDirectory() as scratch:
        zoo, codec, run, out = (os.path.join(scratch, name) for name in ("zoo", "codec", "run", "vectors"))
        asterism("data", "import", "legacy_galaxy_zoo", os.path.join(data, "legacy_galaxy_zoo"), zoo, "--picture-size", "106")
        asterism("train", ROOT / "recipes" / "rgb_codec.toml", "--out", codec, "--set", f"data.datasets=['{zoo}']",
                 "--set", "train.steps=60")
        asterism("train", ROOT / "recipes" / "galaxy_zoo.toml", "--out", run, "--set", f"data.datasets=['{zoo}']",
                 "--set", "train.steps=100", "--set", f"model.modalities.rgb_image.codec='{codec}/model'")
        asterism("embed", os.path.join(run, "model"), zoo, out, "--layer", "0", "--symmetries", "--rings", "3")
        result = heading("peer_galaxy_zoo_folds", "votes of Galaxy Zoo: vectors of a model of 100 steps beside pixels",
                         "./run peers galaxy_zoo_folds") | compare(data, [out])
    result["asked"] = f"R^2 minus that of {PIXELS}: the upper end of its interval above zero"
    result["failed"] = result["seeds"][0]["minus"][PIXELS][1] <= 0
    return result


def main():
    arguments = sys.argv[1:]
    if len(arguments) == 1:
        sys.exit(__doc__)
    if arguments:
        return print(json.dumps(compare(arguments[0], arguments[1:]), indent=1, default=float))
    if not real_data():
        return print("SKIPPED galaxy_zoo_folds: there are no real data; set ASTERISM_SHARED to the folder that holds realdata/")
    result = short(real_data())
    print(json.dumps(result, indent=1, default=float))
    if result["failed"]:
        sys.exit("galaxy_zoo_folds: the vectors are clearly worse than principal components of the pixels")
    write(json.loads(json.dumps(result, default=float)))


if __name__ == "__main__":
    main()
