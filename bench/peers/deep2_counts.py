"""DEEP2 galaxies' Hubble cutouts and DEIMOS spectra matched by colour and brightness alone, beside our vectors.

    python3 bench/figures.py deep2_retrieval                 # the figure: three seeds
    PYTHON bench/peers/deep2_counts.py REALDATA MOCK         # MOCK: asterism data mock hst deimos ... MOCK

The rank of V - I among the galaxies against that of their red to blue counts (realdata/baselines.py; it knows the whole set);
and linear fits from the fluxes within 1" to the counts in two windows, learned from the mock galaxies: colour to colour, both
fluxes to both counts; a spectrum is as near as its residuals over the fit's scatter. All twenty galaxies and the sixteen of
grade A, both ways; intervals as asterism gives them. Prints one JSON object.
"""
import csv
import glob
import json
import os
import pathlib
import statistics
import sys

import numpy as np
import pyarrow.parquet as pq
from astropy.io import fits

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from pooled import KS, bootstrap, recall, wilson  # noqa: E402

RADIUS = 33  # pixels: 1"
BLUE, RED = (6650, 7550), (7950, 8950)  # Angstrom that every slit sees


def distances_from_middle(height, width):
    y, x = np.mgrid[:height, :width]
    return np.hypot(y - (height - 1) / 2, x - (width - 1) / 2)


def windows(wavelength, flux, good):
    return [np.median(flux[good & (wavelength > low) & (wavelength < high)]) for low, high in (BLUE, RED)]


def mock(folder):
    """ln of the two fluxes and of the two counts, of the mock galaxies where all four are positive: [N, 2] each."""
    fluxes, counts = [], []
    for file in sorted(glob.glob(f"{folder}/mock/dataset/**/Npix*.parquet", recursive=True)):
        for batch in pq.ParquetFile(file).iter_batches(64, columns=["image", "spectrum"]):
            for image, spectrum in zip(batch["image"], batch["spectrum"]):
                if not spectrum.is_valid or not image.is_valid:
                    continue
                planes = [np.array(plane.as_py()) for plane in image["flux"]]
                near = distances_from_middle(*planes[0].shape) < RADIUS
                fluxes.append([plane[near].sum() for plane in planes])
                wavelength, flux, ivar = (spectrum[name].values.to_numpy() for name in ("lambda", "flux", "ivar"))
                counts.append(windows(wavelength, flux, ivar > 0))
    fluxes, counts = np.array(fluxes), np.array(counts)
    keep = (fluxes > 0).all(1) & (counts > 0).all(1)
    return np.log(fluxes[keep]), np.log(counts[keep])


def real(folder):
    """The same of the real galaxies, the red to blue ratio of the boxcar extractions over each detector, and their grades."""
    fluxes, counts, ratios, grades = [], [], [], []
    with open(os.path.join(folder, "pairs.csv")) as file:
        for row in csv.DictReader(file):
            planes = [fits.getdata(os.path.join(folder, row[name])).astype(float) for name in ("img_V", "img_I")]
            r = distances_from_middle(*planes[0].shape)
            fluxes.append([(plane[r < RADIUS] - np.median(plane[r > 85])).sum() for plane in planes])
            with fits.open(os.path.join(folder, row["spec1d"])) as hdus:
                arms = [hdus[name].data[0] for name in ("Horne-B", "Horne-R")]
                wavelength, flux, ivar = (np.concatenate([arm[name] for arm in arms]) for name in ("LAMBDA", "SPEC", "IVAR"))
                counts.append(windows(wavelength, flux, ivar > 0))
                blue, red = (hdus[name].data[0] for name in ("Bxspf-B", "Bxspf-R"))
                ratios.append(np.log(np.median(red["SPEC"][red["IVAR"] > 0]) / np.median(blue["SPEC"][blue["IVAR"] > 0])))
            grades.append(row["q_ours"])
    return np.log(fluxes), np.log(counts), np.array(ratios), np.array(grades)


def by_rank(fluxes, ratios):
    place = lambda x: np.argsort(np.argsort(x))  # noqa: E731
    return abs(place(fluxes[:, 1] - fluxes[:, 0])[:, None] - place(ratios)[None])


def by_fit(x, y, x_judged, y_judged):
    """Squared distance of each judged y from what a linear fit makes of each judged x, over the scatter about the fit."""
    with_one = lambda a: np.c_[a, np.ones(len(a))]  # noqa: E731
    fit = np.linalg.lstsq(with_one(x), y, rcond=None)[0]
    inverse = np.linalg.inv(np.atleast_2d(np.cov((y - with_one(x) @ fit).T)))
    apart = y_judged[None] - (with_one(x_judged) @ fit)[:, None]
    return np.einsum("ijk,kl,ijl->ij", apart, inverse, apart)


def scores(distance):
    """Both ways; a tie counts against what is looked for by half."""
    own, n = np.diag(distance), len(distance)
    out = {}
    for name, d in (("image_hst -> spectrum_deimos", distance), ("spectrum_deimos -> image_hst", distance.T)):
        ranks = 1 + (d < own[:, None]).sum(1) + 0.5 * ((d == own[:, None]).sum(1) - 1)
        one = out[name] = {f"recall@{k}": [recall(ranks, k), wilson(n, recall(ranks, k))] for k in KS}
        one["median rank"] = [statistics.median(ranks), bootstrap(n, lambda rows, ranks=ranks: statistics.median(ranks[i] for i in rows))]
    return out


def main():
    fluxes, counts, ratios, grades = real(os.path.join(sys.argv[1], "deep2_hst"))
    x, y = mock(sys.argv[2])
    colour = lambda a: a[:, 1:] - a[:, :1]  # noqa: E731
    out = {"mock_galaxies": len(x)}
    for name, keep in (("all", grades != ""), ("grade A", grades == "A")):
        f, c = fluxes[keep], counts[keep]
        out[name] = {"galaxies": int(keep.sum()), "rank of V - I, rank of red to blue counts": scores(by_rank(f, ratios[keep])),
                     "linear fit of mock galaxies, colour": scores(by_fit(colour(x), colour(y), colour(f), colour(c))),
                     "linear fit of mock galaxies, fluxes": scores(by_fit(x, y, f, c))}
    print(json.dumps(out))


main()
