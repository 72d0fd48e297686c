"""Classical regressions (scikit-learn), and settings chosen for them by cross-validation of what they learn from.

Settings are a dict: those of the method, and for gradient boosting "max_iter", of which the least error on the way is taken.
"""
import itertools

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def neighbours(**settings):
    return make_pipeline(StandardScaler(), KNeighborsRegressor(**settings))


def forest(**settings):
    return RandomForestRegressor(n_estimators=200, n_jobs=1, random_state=0, **settings)


def boosting(**settings):
    return HistGradientBoostingRegressor(early_stopping=False, random_state=0, **settings)


METHODS = {"neighbours": neighbours, "random forest": forest, "gradient boosting": boosting}
GRIDS = {
    "neighbours": dict(n_neighbors=[3, 5, 7, 10, 15, 20, 30], weights=["uniform", "distance"]),
    "random forest": dict(max_features=[3, 6, 1.0], min_samples_leaf=[1, 3]),
    "gradient boosting": dict(loss=["squared_error", "absolute_error"], learning_rate=[0.05], max_leaf_nodes=[31, 127],
                              min_samples_leaf=[5], max_features=[0.5, 1.0], max_iter=[600]),
}
STAGE = 100  # iterations of gradient boosting between two looks at the error


def settings_of(grid):
    return [dict(zip(grid, values)) for values in itertools.product(*grid.values())]


def held_out(make, settings, x, y, folds, stage=STAGE):
    """Estimates of every object by models that did not learn from it, by setting: every `stage` iterations of gradient boosting
    are a setting of their own."""
    out = {}
    part = np.random.default_rng(0).permutation(len(y)) % folds
    for k in range(folds):
        model = make(**settings).fit(x[part != k], y[part != k])
        if "max_iter" in settings:
            made = {(i + 1): one for i, one in enumerate(model.staged_predict(x[part == k])) if (i + 1) % stage == 0}
        else:
            made = {None: model.predict(x[part == k])}
        for i, one in made.items():
            out.setdefault(i, np.empty(len(y)))[part == k] = one
    return [(settings if i is None else settings | {"max_iter": i}, one) for i, one in out.items()]


def choose(make, grid, x, y, error, folds=3, stage=STAGE):
    """The settings whose held-out estimates have the least `error` (estimates, truths), and that error."""
    found = [(error(made, y), i, settings) for i, (settings, made) in enumerate(
        one for settings in settings_of(grid) for one in held_out(make, settings, x, y, folds, stage))]
    least, _, settings = min(found)
    return settings, least
