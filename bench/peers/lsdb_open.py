"""Opens a dataset that asterism wrote with LSDB and hats, as a stranger would, and compares it with the Parquet files.

    asterism data mock legacy desi --objects 40 --seed 1 mock
    python3 bench/peers/lsdb_open.py mock

Prints one line a check and leaves with status 1 if one fails.
"""
import glob
import subprocess
import sys
import tempfile

import dask
import hats
import lsdb
import numpy as np
import pyarrow.parquet as pq
from hats.io.skymap import read_skymap
from hats.io.validation import is_valid_catalog

dask.config.set(scheduler="synchronous")
if len(sys.argv) > 1:
    path = sys.argv[1]
else:  # as ./run peers calls it
    scratch = tempfile.TemporaryDirectory()
    path = scratch.name + "/mock"
    subprocess.run(["asterism", "data", "mock", "legacy", "desi", "--objects", "40", "--seed", "1", path], check=True)
failures = 0


def check(what, good):
    global failures
    failures += not good
    print("ok  " if good else "FAIL", what)


collection = hats.read_hats(path)
main = collection.main_catalog if hasattr(collection, "main_catalog") else collection
name = main.catalog_name
check("hats finds the collection valid", is_valid_catalog(path, strict=True))
check("hats finds the catalogue valid", is_valid_catalog(f"{path}/{name}", strict=True))

files = sorted(glob.glob(f"{path}/{name}/dataset/Norder=*/Dir=*/Npix=*.parquet"))
truth = pq.read_table(files, columns=["object_id", "ra", "dec"]).to_pandas()
catalog = lsdb.open_catalog(path)
check(f"{len(catalog)} rows", len(catalog) == len(truth))
check("its margin cache is found", catalog.margin is not None)

frame = catalog[["object_id", "ra", "dec"]].compute()
check("the same ids and positions",
      set(frame["object_id"]) == set(truth["object_id"]) and np.isclose(np.sort(frame["ra"]), np.sort(truth["ra"])).all())

first = truth.iloc[0]
cone = catalog.cone_search(ra=first.ra, dec=first.dec, radius_arcsec=5).compute()
check("a cone search finds the object at its centre", first.object_id in set(cone["object_id"]))

matches = catalog[["object_id", "ra", "dec"]].crossmatch(catalog[["object_id", "ra", "dec"]], radius_arcsec=1, suffixes=("_a", "_b")).compute()
check("a cross-match with itself finds every object", len(matches) == len(truth))

columns = set(catalog.columns)
for nested in sorted(columns & {"spectrum", "image", "spectrum_desi", "spectrum_sdss"}):
    part = catalog.cone_search(ra=first.ra, dec=first.dec, radius_arcsec=3600)[["object_id", nested]].compute()
    row = part[part[nested].notna()] if hasattr(part[nested], "notna") else part
    check(f"'{nested}' opens as {catalog.dtypes[nested]!s:.60}", len(row) > 0)
if "spectrum" in columns:
    waves = lsdb.open_catalog(path, columns=["object_id", "spectrum.lambda", "spectrum.flux"]).partitions[0].compute() \
        if hasattr(catalog, "partitions") else None
    check("one field of a nested column can be read alone", waves is None or len(waves) > 0)
sky = read_skymap(main, None)
check("skymap.fits counts every row", int(np.sum(sky)) == len(truth))
sys.exit(1 if failures else 0)
