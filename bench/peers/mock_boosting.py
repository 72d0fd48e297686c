"""Redshift and stellar mass of the mock sky by gradient boosting of quantiles, from what the baselines of `evaluate` are given: the
yardstick of scikit-learn for any_to_any_small.

    python3 bench/figures.py mock_boosting --seeds 1               # the figure; draws the sky first
    ./run peers mock_boosting -- REALDATA DATASET                  # DATASET: asterism data mock legacy desi --objects 12000 DATASET

The same objects, sides (u < 20 of the SHA-256 of the id is judged) and features as bench/results/any_to_any_small.json: magnitudes and
colours of four fluxes, the same of the image's aperture, spectra in 64 bins; and all of these. One model a quantile
(HistGradientBoostingRegressor), twenty at the middles of twenty equal shares, which are judged as the values of neighbours are: a CRPS of
twenty draws. Settings by cross-validation of three quantiles on the learning side. Neighbours are judged beside, as `evaluate` judges them: where
they agree with its own, features and sides do. Prints one JSON object.
"""
import glob
import hashlib
import json
import pathlib
import sys

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tuned  # noqa: E402

BANDS, LABELS = "griz", ("redshift", "log_stellar_mass")
BINS, LOWEST, HIGHEST = 64, 3000.0, 11000.0  # Angstrom
LEVELS = (np.arange(20) + 0.5) / 20
GRID = dict(loss=["quantile"], learning_rate=[0.1], max_leaf_nodes=[15, 63], max_iter=[300])
LOOKED_AT = (0.1, 0.5, 0.9)  # quantiles that choose the settings of all


def numbers(column):
    """Of a column or list of lists, all its numbers in one array."""
    while hasattr(column, "flatten") and "list" in str(column.type):
        column = column.flatten()
    return column.to_numpy(zero_copy_only=False)


def apertures(image):
    """Sum of the flux within an eighth of the width of the middle, and its error, [N, band]; pixels that are masked or have no weight left
    out."""
    n = len(image)
    names = pc.struct_field(image, "band").to_pylist()
    assert all(one == names[0] for one in names), "the images have several lists of bands"
    flux, ivar, mask = (numbers(pc.struct_field(image, one)).reshape(n, len(names[0]), -1) for one in ("flux", "ivar", "mask"))
    side = int(round(flux.shape[2] ** 0.5))
    assert side * side == flux.shape[2], "the images are not square"
    y, x = np.mgrid[:side, :side] - 0.5 * (side - 1)
    good = (np.hypot(y, x) <= side / 8).ravel() & ~mask.astype(bool) & (ivar > 0)
    none = ~good.any(2)
    weight = np.where(good, ivar, 1).astype(float)
    return np.where(none, np.nan, (flux * good).sum(2, dtype=float)), np.sqrt((good / weight).sum(2))


def binned(spectrum):
    """Mean flux in bins over the median |flux|, and the logarithm of that: [N, BINS + 1]."""
    out = np.full((len(spectrum), BINS + 1), np.nan)
    columns = [pc.struct_field(spectrum, one) for one in ("flux", "lambda", "mask")]
    for i, (flux, wavelength, mask) in enumerate(zip(*columns)):
        flux, wavelength, mask = (np.asarray(one.values.to_numpy(zero_copy_only=False)) for one in (flux, wavelength, mask))
        good = ~mask.astype(bool) & (wavelength >= LOWEST) & (wavelength < HIGHEST)
        if not good.any():
            continue
        flux = flux[good].astype(float)
        place = ((wavelength[good] - LOWEST) / (HIGHEST - LOWEST) * BINS).astype(int)
        count, scale = np.bincount(place, minlength=BINS), max(np.median(np.abs(flux)), 1e-12)
        with np.errstate(invalid="ignore"):
            out[i, :BINS] = np.bincount(place, flux, BINS) / np.where(count > 0, count, np.nan) / scale
        out[i, BINS] = np.log(scale)
    return out


def photometry(flux, error):
    """asinh of the flux in units of its band's median error, and differences of neighbouring bands."""
    soft = np.array([np.median(e[np.isfinite(f) & (e > 0)]) for f, e in zip(flux.T, error.T)])
    m = np.arcsinh(flux / soft)
    return np.c_[m, m[:, :-1] - m[:, 1:]]


def read(folder):
    """Ids, labels [N] and features [N, F] by name, NaN where missing."""
    parts = []
    for file in sorted(f for f in glob.glob(f"{folder}/**/*.parquet", recursive=True) if "Npix" in f and "arcs" not in f):
        for table in pq.ParquetFile(file).iter_batches(512):
            part = {"ids": table["object_id"].to_pylist()}
            part |= {one: table[one].to_numpy(zero_copy_only=False).astype(float) for one in LABELS}
            for kind in ("", "_error"):
                part[f"flux{kind}"] = np.stack([table[f"flux_{b}{kind}"].to_numpy(zero_copy_only=False).astype(float) for b in BANDS], 1)
            part["aperture"], part["aperture_error"] = apertures(table["image"])
            seen = np.asarray(table["spectrum"].is_valid())
            part["spectrum"] = np.full((len(seen), BINS + 1), np.nan)
            part["spectrum"][seen] = binned(table["spectrum"].filter(table["spectrum"].is_valid()))
            parts.append(part)
    all_of = {key: np.concatenate([one[key] for one in parts]) for key in parts[0]}
    x = {"magnitudes and colours": photometry(all_of["flux"], all_of["flux_error"]),
         "aperture colours": photometry(all_of["aperture"], all_of["aperture_error"]),
         "binned spectra": all_of["spectrum"][:, np.isfinite(all_of["spectrum"]).any(0)]}
    return all_of["ids"], {one: all_of[one] for one in LABELS}, x | {"everything": np.concatenate(list(x.values()), 1)}


def scores(draws, y, share):
    """Of draws [N, K] of equal weight: CRPS, and how even the shares below the truth are; `share` says where among equal ones."""
    draws = np.sort(draws, 1)
    spread = np.abs(draws[:, :, None] - draws[:, None, :]).mean((1, 2)) / 2
    below, equal = (draws < y[:, None]).mean(1), (draws == y[:, None]).mean(1)
    return {"CRPS": np.mean(np.abs(draws - y[:, None]).mean(1) - spread)} | evenness(below + share * equal)


def evenness(pit):
    n, pit = len(pit), np.sort(pit)
    ks = max((np.arange(1, n + 1) / n - pit).max(), (pit - np.arange(n) / n).max())
    return {"PIT KS": ks} | {f"coverage of {level}%": np.mean(np.abs(pit - 0.5) <= level / 200) for level in (68, 95)}


def between(quantiles, y, share):
    """Share of the probability below the truth, linear between quantiles; `share` of what lies outside the outermost."""
    q = np.maximum.accumulate(np.sort(quantiles, 1) + 1e-9 * np.arange(len(LEVELS)), 1)
    inside = np.array([np.interp(one, row, LEVELS) for one, row in zip(y, q)])
    return np.where(y < q[:, 0], LEVELS[0] * share, np.where(y > q[:, -1], 1 - LEVELS[0] * share, inside))


def pinball(made, y, level):
    return np.mean(np.where(y > made, level, level - 1) * (y - made))


def chosen(x, y):
    """The settings with the least loss of objects that were held back, added up over LOOKED_AT."""
    lost = {}
    for level in LOOKED_AT:
        for one in tuned.settings_of(GRID):
            for settings, made in tuned.held_out(tuned.boosting, one | {"quantile": level}, x, y, folds=2, stage=50):
                key = tuple((name, value) for name, value in settings.items() if name != "quantile")
                lost[key] = lost.get(key, 0) + pinball(made, y, level)
    return dict(min(lost, key=lost.get))


def boosted(x, y, judged):
    settings = chosen(x, y)
    made = [tuned.boosting(**settings | {"quantile": level}).fit(x, y).predict(judged) for level in LEVELS]
    return np.stack(made, 1), settings


def neighbours(x, y, judged):
    filled = [np.where(np.isnan(one), np.nanmean(np.r_[x, judged], 0), one) for one in (x, judged)]
    scale = StandardScaler().fit(filled[0])
    k = int(np.clip(int(len(y) ** 0.5), 10, 100))
    return y[NearestNeighbors(n_neighbors=k).fit(scale.transform(filled[0])).kneighbors(scale.transform(filled[1]))[1]]


def compare(folder):
    ids, labels, features = read(folder)
    u = np.array([int(hashlib.sha256(one.encode()).hexdigest()[:8], 16) % 100 for one in ids])
    share = np.random.default_rng(0).random(len(ids))
    result = {"objects": {}, "levels": len(LEVELS), "boosting": {}, "neighbours": {}}
    for label, y in labels.items():
        for name, x in features.items():
            there = np.isfinite(y) & np.isfinite(x).any(1)
            learned, test = there & (u >= 20), there & (u < 20)
            quantiles, settings = boosted(x[learned], y[learned], x[test])
            one = scores(quantiles, y[test], share[test]) | evenness(between(quantiles, y[test], share[test]))
            result["boosting"].setdefault(label, {})[name] = one | {"settings": settings}
            values = neighbours(x[learned], y[learned], x[test])
            result["neighbours"].setdefault(label, {})[name] = scores(values, y[test], share[test]) | {"k": values.shape[1]}
            result["objects"].setdefault(label, {})[name] = {"train": int(learned.sum()), "test": int(test.sum())}
            print(label, name, result["boosting"][label][name], result["neighbours"][label][name], file=sys.stderr, flush=True)
    return result


def main():
    if len(sys.argv) != 3:
        return print("SKIPPED mock_boosting: name a data set of the mock sky (--help of this file says how it is made)")
    print(json.dumps(compare(sys.argv[2]), indent=1, default=float))


if __name__ == "__main__":
    main()
