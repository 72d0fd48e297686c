"""Types of supernovae from the tokens of their light curves, beside the features and the forest of realdata/baselines.py.

    python3 bench/figures.py light_curve_process_supernovae            # the figure
    ./run peers supernova_classes                                      # the forest alone
    ./run peers supernova_classes -- REALDATA OUT.0 OUT.1 OUT.2        # of vectors: asterism embed MODEL out/supernovae OUT.0

The test side that asterism splits off has two supernovae of type Ibc and two superluminous ones: a class there is a matter of
one object. Here all objects with a type and five good points are judged in five folds, drawn four times: ten features and a
random forest (as realdata/baselines.py, classes alike and not), and a linear head with classes alike on the vectors, its
strength chosen within the training folds. The codec saw the curves of most of these objects, never their types. Balanced
accuracy over Ia, II, Ibc and superluminous, recall of each, and the difference from the better forest, bootstrapped over
objects in pairs. The same heads and forests are then learned once more from the training side and judged on the test side.
Prints one JSON object.
"""
import json
import os
import sys
import warnings

import numpy as np
import pandas as pd

from galaxy_zoo_folds import real_data, vectors
from class_folds import best_forest, compare

COLOURS = (("g", "r"), ("r", "i"), ("i", "z"), ("B", "R"))


def broad(claimed):
    claimed = str(claimed)
    if "?" in claimed or "/" in claimed:
        return None
    return next((name for name, start in (("Ia", "Ia"), ("II", "II"), ("SLSN", "SLSN"), ("Ibc", ("Ib", "Ic")))
                 if claimed.startswith(start)), None)


def features(data):
    """Ten numbers an object by name, and its type: peak, amplitude, length, three declines, four colours at the peak."""
    objects = pd.read_csv(os.path.join(data, "supernovae", "objects.csv")).set_index("name")
    types = objects.claimedtype.map(broad)
    points = pd.read_csv(os.path.join(data, "supernovae", "photometry.csv.gz"), low_memory=False)
    points = points[(points.upperlimit == 0) & points.mag.between(5, 30)].copy()
    first = points.band.fillna("o").astype(str).str[0]
    points["b"] = first.map(lambda c: c if c in "griz" else "B" if c in "UBu" else "R" if c in "VRIC" else "o")
    rows = {}
    for name, one in points.groupby("name"):
        if not isinstance(types.get(name), str) or len(one) < 5:
            continue
        peak = one.loc[one.mag.idxmin()]
        row = [peak.mag, one.mag.max() - one.mag.min(), np.log10(1 + one.mjd.max() - one.mjd.min())]
        for days in (10, 20, 40):
            later = one[(one.mjd > peak.mjd + days - 7) & (one.mjd < peak.mjd + days + 7)]
            row.append(later.mag.min() - peak.mag if len(later) else -1)
        near = one[abs(one.mjd - peak.mjd) < 5].groupby("b").mag.min()
        rows[name] = row + [near.get(a, np.nan) - near.get(c, np.nan) for a, c in COLOURS]
    table = pd.DataFrame.from_dict(rows, orient="index").fillna(-9)
    return table, types.reindex(table.index)


def main():
    warnings.filterwarnings("ignore")
    if not sys.argv[1:] and not real_data():
        return print("SKIPPED supernova_classes: there are no real data; set ASTERISM_SHARED to the folder that holds realdata/")
    data, folders = (sys.argv[1], sys.argv[2:]) if sys.argv[1:] else (real_data(), [])
    result = compare(*features(data), [vectors(folder) for folder in folders])
    print(json.dumps(result, indent=1))
    if best_forest(result) < 0.35:
        sys.exit("supernova_classes: the forests know next to nothing: are features and types still in step?")


if __name__ == "__main__":
    main()
