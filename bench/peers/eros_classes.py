"""Classes of variable stars from the tokens of their light curves, beside the features and the forest of realdata/baselines.py.

    python3 bench/figures.py light_curve_codec_eros               # the figure
    ./run peers eros_classes                                      # the forest alone
    ./run peers eros_classes -- REALDATA OUT.0 OUT.1 OUT.2        # of vectors: asterism embed MODEL out/eros OUT.0

The test side that asterism splits off has some forty stars of the rarest class: the difference of two methods there is half
noise. Here all stars are judged in five folds: nine statistics of the magnitudes with the catalogue's period
and a random forest (as realdata/baselines.py, classes alike and not; and without that period), and a linear head with classes alike on
the vectors, alone and with that period beside them as the forest has it (in bumps, by itself and with the level), its strength chosen within the training folds.
The codec saw the curves of most of these stars, never their classes. Balanced accuracy over the four classes, recall of each, and the difference from the better forest,
bootstrapped over stars in pairs. The same heads and forests are then learned once more from the training side and judged on the
test side, with and without that period. Prints one JSON object.
"""
import ast
import json
import os
import sys
import warnings

import numpy as np
import pandas as pd

from galaxy_zoo_folds import real_data, vectors
from class_folds import best_forest, compare


PERIOD = "the catalogue's period"


def features(data):
    """Ten numbers a star by name, and its class: median, two ranges and skewness in both bands, colour, log period."""
    stars = pd.read_csv(os.path.join(data, "eros_lightcurves", "train.csv"), index_col=0)
    curves = pd.read_csv(os.path.join(data, "eros_lightcurves", "train_varlength_features.csv.gz"), index_col=0)
    rows = []
    for name in stars.index:
        row = []
        for band in "br":
            q = np.percentile(np.array(ast.literal_eval(curves.at[name, f"light_points_{band}"])), [5, 25, 50, 75, 95])
            row += [q[2], q[4] - q[0], q[3] - q[1], (q[4] + q[0] - 2 * q[2]) / (q[4] - q[0] + 1e-6)]
        rows.append(row + [row[0] - row[4], np.log10(stars.at[name, "period"])])
    index = stars.index.astype(str)
    return pd.DataFrame(rows, index=index, columns=[*range(9), PERIOD]), pd.Series([f"type {int(t)}" for t in stars.type], index=index)


def main():
    warnings.filterwarnings("ignore")
    if not sys.argv[1:] and not real_data():
        return print("SKIPPED eros_classes: there are no real data; set ASTERISM_SHARED to the folder that holds realdata/")
    data, folders = (sys.argv[1], sys.argv[2:]) if sys.argv[1:] else (real_data(), [])
    result = compare(*features(data), [vectors(folder) for folder in folders], draws=1, without=PERIOD)
    print(json.dumps(result, indent=1))
    if best_forest(result) < 0.7:
        sys.exit("eros_classes: the forests know next to nothing: are features and classes still in step?")


if __name__ == "__main__":
    main()
