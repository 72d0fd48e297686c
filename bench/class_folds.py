"""Classes from vectors and a linear head beside forests on features, all objects judged in folds that did not see them."""
import hashlib

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import recall_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDS, BOOTSTRAPS = 5, 1000
FORESTS = {"forest": dict(), "forest, classes alike": dict(class_weight="balanced", min_samples_leaf=3)}


def linear():
    return make_pipeline(StandardScaler(), LogisticRegressionCV(
        Cs=np.logspace(-3, 0, 4), class_weight="balanced", scoring="neg_log_loss", cv=4, max_iter=500))


def out_of_fold(make, x, y, draws):
    """[draws, N]: what each object is taken for by a method that did not see it."""
    out = np.empty((draws, len(y)), dtype=object)
    for draw in range(draws):
        for learn, judge in StratifiedKFold(FOLDS, shuffle=True, random_state=draw).split(x, y):
            out[draw, judge] = make().fit(x[learn], y[learn]).predict(x[judge])
    return out


def on_test_side(names):
    """[N]: the split of realdata/README.md."""
    return np.array([int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 100 < 20 for name in names])


def test_side(methods, test, y, kinds):
    """Once more as realdata/README.md judges: learned from its training side, judged on its test side."""
    out = {"objects": {name: int((y[test] == name).sum()) for name in kinds}, "scores": {}}
    for name, (make, x) in methods.items():
        found = make().fit(x[~test], y[~test]).predict(x[test])
        recalls = recall_score(y[test], found, labels=kinds, average=None, zero_division=0)
        out["scores"][name] = {"balanced accuracy": float(np.mean(recalls)), "recall": dict(zip(kinds, recalls.tolist()))}
    return out


def bumps(values, count=8):
    """[N, count]: one number as smooth bumps over its own range, so that a linear head can follow any curve of it."""
    low, high = np.percentile(values, [1, 99])
    at = (np.clip(values, low, high) - low) / max(high - low, 1e-9) * (count - 1)
    return np.exp(-0.5 * (at[:, None] - np.arange(count)) ** 2)


def balanced(y, found, types):
    return float(np.mean([recall_score(y, one, labels=types, average="macro", zero_division=0) for one in found]))


def best_forest(result):
    return max(result["scores"][name]["balanced accuracy"] for name in FORESTS)


def forest(**more):
    return lambda: RandomForestClassifier(200, random_state=0, n_jobs=1, **more)


def compare(table, types, given, draws=4, without=None):
    """table: features by name; types: text by name; given: vectors by name, a series for each model; without: a column that a
    further forest does not get and that stands beside the vectors of further heads, by itself and with the first column."""
    names = [name for name in table.index if all(name in one.index for one in given)]
    x, y = table.loc[names].values, types.loc[names].values.astype(str)
    kinds = sorted(set(y))
    made = {name: (forest(**more), x) for name, more in FORESTS.items()}
    if without is not None:
        made[f"forest, classes alike, without {without}"] = (forest(**FORESTS["forest, classes alike"]),
                                                             table.loc[names].drop(columns=without).values)
        column, first = bumps(table.loc[names, without].values), bumps(x[:, 0], 6)
        told = np.hstack([column, (column[:, :, None] * first[:, None, :]).reshape(len(names), -1)])
    for i, one in enumerate(given):
        known = np.stack(one.loc[names].values)
        made[f"vectors {i}, linear, classes alike"] = (linear, known)
        if without is not None:
            made[f"vectors {i} and {without}, linear, classes alike"] = (linear, np.hstack([known, told]))
    methods = {name: out_of_fold(make, of, y, draws) for name, (make, of) in made.items()}
    best = max((name for name in methods if name.startswith("forest")), key=lambda name: balanced(y, methods[name], kinds))
    scores = {}
    for name, found in methods.items():
        recalls = np.mean([recall_score(y, one, labels=kinds, average=None, zero_division=0) for one in found], axis=0)
        scores[name] = {"balanced accuracy": balanced(y, found, kinds), "recall": dict(zip(kinds, recalls.tolist()))}
        if name.startswith("vectors"):
            drawn = [np.random.default_rng(i).integers(0, len(y), len(y)) for i in range(BOOTSTRAPS)]
            minus = [balanced(y[rows], found[:1, rows], kinds) - balanced(y[rows], methods[best][:1, rows], kinds) for rows in drawn]
            scores[name]["minus the better forest"] = np.percentile(minus, [16, 84]).tolist()
    return {"objects": {name: int((y == name).sum()) for name in kinds}, "folds": FOLDS, "draws": draws, "scores": scores,
            "test side": test_side(made, on_test_side(names), y, kinds)}
