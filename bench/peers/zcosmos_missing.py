"""Redshifts of zCOSMOS where one to six of the nine bands are missing, other ones for every object: our models beside neighbours,
a forest and gradient boosting.

    python3 bench/figures.py zcosmos_missing                       # the figure
    ./run peers zcosmos_missing                                    # the classical methods alone
    ./run peers zcosmos_missing -- REALDATA OUT.0 OUT.1            # of predictions: asterism predict MODEL data/zcosmos_missing OUT.0
    python3 bench/peers/zcosmos_missing.py --hide REALDATA/zcosmos OUT    # writes the catalogue without the bands that are hidden

Objects and split of zcosmos_forest. Of each object hashes of its id say how many bands are hidden and which. Methods that know all bands
learn from whole objects, and what is missing is filled in (median of the training side, 5 neighbours, iterated regressions); gradient
boosting, which may be given objects with gaps, learns from whole ones and from three copies with gaps drawn in the same way. Settings are
those of zcosmos_forest. Prints one JSON object; bias is the median of dz / (1 + z).
"""
import csv
import hashlib
import itertools
import json
import os
import pathlib
import sys

import numpy as np
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tuned  # noqa: E402
from zcosmos_forest import BANDS, CHOSEN, colours, magnitudes, ours, pit_ks, points, real_data, secure  # noqa: E402

MOST, COPIES, TABLE = 6, 3, "zcosmost_bright20k.csv"


def number(text):
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)


def hidden(name, draw=""):
    """Which of BANDS are hidden of an object: one to MOST, as often each, and any as often as any other."""
    order = sorted(BANDS, key=lambda band: number(f"{draw}{name} {band}"))
    return order[:1 + number(f"{draw}{name} missing") % MOST]


def hide(folder, out):
    """The catalogue again, with -99 for what is hidden."""
    os.makedirs(out)
    with open(os.path.join(folder, TABLE), newline="") as read, open(os.path.join(out, TABLE), "w", newline="") as made:
        rows = csv.DictReader(read)
        table = csv.DictWriter(made, rows.fieldnames)
        table.writeheader()
        for row in rows:
            gaps = {f"{kind}{band}_photzi25": "-99" for band in hidden(row["id_zcosmos"]) for kind in ("", "e")}
            assert gaps.keys() <= row.keys(), f"{TABLE} lacks {', '.join(sorted(gaps.keys() - row.keys()))}"
            table.writerow(row | gaps)


def with_gaps(m, names, draw=""):
    """Magnitudes [N, 9] of objects, NaN where hidden."""
    gaps = [[band in gone for band in BANDS] for gone in (hidden(name, draw) for name in names)]
    return np.where(gaps, np.nan, m)


def all_colours(m):
    """Magnitudes and every difference of two, so that each pair that is there is seen."""
    return np.c_[m, np.stack([m[:, i] - m[:, j] for i, j in itertools.combinations(range(m.shape[1]), 2)], 1)]


def estimates(learned, z, names, judged):
    """Redshifts of `judged` by method; magnitudes [N, 9], NaN where missing."""
    fill = {"median": SimpleImputer(strategy="median"), "5 neighbours": KNNImputer(n_neighbors=5),
            "iterated regressions": IterativeImputer(max_iter=30, random_state=0)}
    filled = {how: imputer.fit(learned).transform(judged) for how, imputer in fill.items()}
    out = {}
    for name, settings in CHOSEN.items():
        model = tuned.METHODS[name](**settings).fit(colours(learned), z)
        out |= {f"{name}, filled by {how}": model.predict(colours(one)) for how, one in filled.items()}
    copies = np.concatenate([learned, *(with_gaps(learned, names, f"{k} ") for k in range(COPIES))])
    model = tuned.boosting(**CHOSEN["gradient boosting"]).fit(all_colours(copies), np.tile(z, COPIES + 1))
    return out | {"gradient boosting, learned with gaps": model.predict(all_colours(judged))}


def by_gaps(made, z, count):
    """Over all objects, and by how many bands are hidden."""
    return points(made, z) | {"missing": {str(n): points(made[count == n], z[count == n]) for n in range(1, MOST + 1)}}


def compare(folder, predictions):
    d, u = secure(folder)
    m, z, names, test = magnitudes(d), d.zpec.values, d.id_zcosmos.astype(str).values, u < 20
    ids, z_judged, judged = names[test], z[test], with_gaps(m[test], names[test])
    count = np.isnan(judged).sum(1)
    result = {"objects": len(ids), "objects_by_missing": {str(n): int((count == n).sum()) for n in range(1, MOST + 1)},
              "baselines": {name: by_gaps(made, z_judged, count)
                            for name, made in estimates(m[~test], z[~test], names[~test], judged).items()}, "seeds": []}
    for out in predictions:
        made, edges, posterior = ours(out)
        assert made.index.isin(ids).sum() == len(ids), f"{out}: an object of the test side has no prediction"
        result["seeds"].append({"predictions": os.path.basename(out)} | by_gaps(made.model.loc[ids].values, z_judged, count) | {
            "PIT_KS": pit_ks(z_judged, edges, np.stack(posterior.loc[ids].values))})
    return result


def main():
    arguments = sys.argv[1:]
    if len(arguments) == 3 and arguments[0] == "--hide":
        return hide(*arguments[1:])
    if not arguments and not real_data():
        return print("SKIPPED zcosmos_missing: there are no real data; set ASTERISM_SHARED to the folder that holds realdata/")
    result = compare(arguments[0] if arguments else real_data(), arguments[1:])
    print(json.dumps(result, indent=1, default=float))
    if min(one["sigma_NMAD"] for one in result["baselines"].values()) > 0.05:
        sys.exit("zcosmos_missing: every method is worse than it can be: are bands and redshifts still in step?")


if __name__ == "__main__":
    main()
