"""Redshifts of BOSS quasars from their spectra: a model of mock quasars before any label and after 10, 25, 50, beside trivial answers.

    python3 bench/figures.py boss_redshift                         # the figure
    ./run peers boss_redshift                                      # the baselines alone
    ./run peers boss_redshift -- REALDATA NAME=RUN.predicted ...   # of runs: asterism predict RUN/model data/boss RUN.predicted

Quasars whose redshift the survey trusts (ZWARNING 0), one spectrum of each position (2"): the others of a position are neither learned
from nor judged. Before any label all are judged. With labels: five folds of objects, N labels drawn from the other four by the run's
number, the four numbers of the model's posterior learned on from them; each object is judged in its fold. Baselines: the mean of the
trusted spectra at rest, cross-correlated with the continuum taken off, and the three nearest of ten principal components of normalised
spectra, both from the N labels; templates of the mock sky are the model. Prints one JSON object.
"""
import glob
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsRegressor

from zcosmos_forest import nmad, ours, pit_ks, real_data

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from machine import ROOT, asterism  # noqa: E402

C, LABELS, FOLDS, DRAWS = 299792.458, (10, 25, 50), 5, 3
EDGES = np.exp(np.linspace(np.log(3600), np.log(10000), 1025))
REST = np.arange(np.log(900), np.log(9500), np.log(EDGES[1] / EDGES[0]))


def table(folder):
    files = [f for f in sorted(glob.glob(f"{folder}/**/*.parquet", recursive=True)) if "Npix" in f and "_10arcs" not in f]
    return pa.concat_tables([pq.read_table(f, columns=["object_id", "ra", "dec", "redshift", "object_class", "zwarning", "spectrum"])
                             for f in files]).to_pandas()


def apart(t):
    """Of rows within 2" of each other, the first by id."""
    t = t.sort_values("object_id").reset_index(drop=True)
    x = np.stack([np.cos(np.radians(t.dec)) * np.cos(np.radians(t.ra)), np.cos(np.radians(t.dec)) * np.sin(np.radians(t.ra)),
                  np.sin(np.radians(t.dec))], 1)
    near = np.arccos(np.clip(x @ x.T, -1, 1)) < np.radians(2 / 3600) + 1e-8
    return t[near.argmax(1) == np.arange(len(t))].reset_index(drop=True)


def rebinned(spectrum):
    """Flux over its median noise and brightness, and weights, on EDGES."""
    wavelength, flux, ivar = (np.array(spectrum[k], float) for k in ("lambda", "flux", "ivar"))
    good = (ivar > 0) & ~np.array(spectrum["mask"]) & (wavelength > EDGES[0]) & (wavelength < EDGES[-1])
    cell = np.searchsorted(EDGES, wavelength[good]) - 1
    weight = np.bincount(cell, ivar[good], 1024)
    mean = np.bincount(cell, (ivar * flux)[good], 1024) / np.maximum(weight, 1e-30)
    scale = np.hypot(np.median(mean[weight > 0]), np.median(weight[weight > 0] ** -0.5))
    return mean / scale, weight * scale**2


def no_continuum(flux, weight):
    """What a running mean over a tenth of ln(wavelength) leaves."""
    window = np.ones(int(0.1 / (REST[1] - REST[0])) | 1)
    w = np.minimum(weight, 1e4)
    smooth = np.convolve(w * flux, window, "same") / np.maximum(np.convolve(w, window, "same"), 1e-30)
    return np.where(weight > 0, flux - smooth, 0)


def correlation(flux, weight, z, judged_flux, judged_weight):
    """The redshift at which the mean of labelled spectra at rest correlates best."""
    total, seen = np.zeros(len(REST)), np.zeros(len(REST))
    for f, w, one in zip(flux, weight, z):
        first = int(round((np.log(EDGES[0]) - np.log1p(one) - REST[0]) / (REST[1] - REST[0])))
        at = np.arange(1024) + first
        use = (at >= 0) & (at < len(REST)) & (w > 0)
        total[at[use]] += no_continuum(f, w)[use]
        seen[at[use]] += 1
    mean = np.where(seen > 0, total / np.maximum(seen, 1), 0)
    trials = np.arange(int((np.log(EDGES[0]) - np.log(5.0) - REST[0]) / (REST[1] - REST[0])),
                       int((np.log(EDGES[0]) - np.log(1.1) - REST[0]) / (REST[1] - REST[0])))
    index = np.clip(trials[:, None] + np.arange(1024), 0, len(REST) - 1)
    windows = np.where((trials[:, None] + np.arange(1024) >= 0), mean[index], 0)
    out = []
    for f, w in zip(judged_flux, judged_weight):
        g = no_continuum(f, w)
        w = w / (1 + w * 0.01)
        score = windows @ (w * g) / np.sqrt(np.maximum((windows**2) @ w, 1e-9 + 0.05 * w.sum() * mean.var()))
        best = trials[score.argmax()]
        out.append(np.exp(np.log(EDGES[0]) - REST[0] - best * (REST[1] - REST[0])) - 1)
    return np.array(out)


def neighbours(flux, weight, z, judged_flux, judged_weight):
    pca = PCA(min(10, len(z) - 1), random_state=0).fit(flux)
    return KNeighborsRegressor(min(3, len(z))).fit(pca.transform(flux), z).predict(pca.transform(judged_flux))


def scores(found, z):
    d = (found - z) / (1 + z)
    v = np.abs(d) * C
    return {"within_1000_kms": np.mean(v <= 1000), "within_3000_kms": np.mean(v <= 3000), "median_abs_dv_kms": np.median(v),
            "median_dv_kms": np.median(d) * C, "sigma_NMAD": nmad(d), "outliers": np.mean(np.abs(d) > 0.15)}


def folds(n):
    return np.random.default_rng(0).permutation(n) % FOLDS


def drawn(fold, of, count, number):
    """Which objects are labels: `count` of those outside the fold."""
    return np.random.default_rng([number, of]).permutation(np.flatnonzero(fold != of))[:count]


def baselines(t):
    spectra = [rebinned(s) for s in t.spectrum]
    flux, weight, z = np.array([s[0] for s in spectra]), np.array([s[1] for s in spectra]), t.redshift.values
    flux = np.clip(flux, -5, 20)
    fold, out = folds(len(t)), {}
    for name, method in (("mean spectrum, cross-correlated", correlation), ("neighbours of principal components", neighbours)):
        for count in LABELS:
            of_draws = []
            for draw in range(DRAWS):
                found = np.full(len(t), np.nan)
                for of in range(FOLDS):
                    a, b = drawn(fold, of, count, draw), fold == of
                    found[b] = method(flux[a], weight[a], z[a], flux[b], weight[b])
                of_draws.append(scores(found, z))
            out[f"{name}, {count} labels"] = {k: [one[k] for one in of_draws] for k in of_draws[0]}
    out["mean redshift"] = scores(np.full(len(t), z.mean()), z)
    return out


def of_model(model, data, out, ids):
    """Medians, edges and posteriors by id; what is there is used."""
    if not os.path.exists(out):
        asterism("predict", model, data, out, "--given", "spectrum_sdss", "--target", "redshift")
    made, edges, posterior = ours(out)
    p = np.stack(posterior.loc[ids].values)
    middle = np.sqrt((1 + edges[1:]) * (1 + edges[:-1])) - 1
    # a mode, as redshifts are read off: the middle of what the densest cell and its neighbours hold
    near = np.stack([np.pad(p, ((0, 0), (1, 1)))[:, i:i + p.shape[1]] for i in range(3)])
    best = near.sum(0).argmax(1)
    share = near[:, np.arange(len(p)), best]
    about = np.log1p(middle)[np.clip(best + np.array([[-1], [0], [1]]), 0, p.shape[1] - 1)]
    return np.expm1((share * about).sum(0) / share.sum(0)), edges, p


def judged(mode, edges, p, z):
    cell = np.searchsorted(edges, z) - 1
    density = p[np.arange(len(z)), cell] / np.diff(np.log1p(edges))[cell]
    return scores(mode, z) | {"PIT_KS": pit_ks(z, edges, p), "log_likelihood": np.mean(np.log(np.maximum(density, 1e-30)))}


def adapt(run, recipe, folder, data, ids, labels, files):
    """The run's model with labels: their files are a dataset of their own; its predictions of everything."""
    if not (folder / "predicted").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        asterism("data", "import", "boss", *[files[i] for i in labels], folder / "labels")
        codec = run / "model" / "codecs" / "spectrum_sdss"
        asterism("train", recipe, "--out", folder / "run", "--set", f"data.datasets=['{folder / 'labels'}']", "--set",
                 f"model.codec='{codec}'", "--set", f"train.init='{run / 'model'}'", "--set", "data.split='all'", "--set",
                 "data.validation='none'", "--set", f"data.batch_size={len(labels)}", "--set", "model.learn_means=true")
        shutil.rmtree(folder / "labels")
        shutil.rmtree(folder / "run" / "checkpoints", ignore_errors=True)
    return of_model(folder / "run" / "model", data, folder / "predicted", ids)


def compare(folder, named):
    with tempfile.TemporaryDirectory() as work:
        data = pathlib.Path(work) / "boss"
        asterism("data", "import", "boss", os.path.join(folder, "boss"), data)
        t = table(data)
        t = apart(t[(t.object_class == 2) & (t.zwarning == 0)])
        ids, z, fold = [str(i) for i in t.object_id], t.redshift.values, folds(len(t))
        files = {i: sorted(glob.glob(os.path.join(folder, "boss", f"*{i.replace('spec-', '')}*")))[:1] for i in ids}
        result = {"objects": len(t), "folds": FOLDS, "baselines": baselines(t), "models": {}}
        for number, run in enumerate(pathlib.Path(one.split("=", 1)[1].removesuffix(".predicted")) for one in named):
            mode, edges, p = of_model(run / "model", data, run.parent / f"{run.name}.predicted", ids)
            result["models"][f"{run.name}, no label"] = judged(mode, edges, p, z)
            for count in LABELS:
                mode, p = np.full(len(t), np.nan), np.zeros((len(t), len(edges) - 1))
                for of in range(FOLDS):
                    labels = [ids[i] for i in drawn(fold, of, count, number)]
                    one = adapt(run, ROOT / "recipes" / "boss_redshift.toml", run.parent / f"{run.name}.labels{count}.{of}", data, ids,
                                labels, {i: f[0] for i, f in files.items()})
                    mode[fold == of], p[fold == of] = one[0][fold == of], one[2][fold == of]
                result["models"][f"{run.name}, {count} labels"] = judged(mode, edges, p, z)
    return result


def main():
    if not sys.argv[1:] and not real_data():
        return print("SKIPPED boss_redshift: there are no real data; set ASTERISM_SHARED to the folder that holds realdata/")
    data, named = (sys.argv[1], sys.argv[2:]) if sys.argv[1:] else (real_data(), [])
    result = compare(data, named)
    print(json.dumps(result, indent=1, default=float))
    if result["baselines"]["mean spectrum, cross-correlated, 50 labels"]["within_3000_kms"][0] < 0.3:
        sys.exit("boss_redshift: the mean spectrum finds less than it can: are spectra and redshifts still in step?")


if __name__ == "__main__":
    main()
