"""Opens a dataset that asterism wrote with LSDB, hats, datasets, astropy and mlcroissant, as strangers would, and compares
what they find with the Parquet files and with what `asterism data select` and `asterism data match` find.

    asterism data mock legacy desi --objects 40 --seed 1 mock
    python3 bench/peers/lsdb_open.py mock

Prints one line a check and leaves with status 1 if one fails.
"""
import glob
import io
import json
import subprocess
import sys
import tempfile

import astropy.units as u
import dask
import datasets
import hats
import lsdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.coordinates import Latitude, Longitude, SkyCoord
from astropy.io import votable
from hats.io.skymap import read_skymap
from hats.io.validation import is_valid_catalog
from mocpy import MOC

try:
    import mlcroissant  # one of its dependencies comes as source only, which ./run peers does not build
except ImportError:
    mlcroissant = None

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

# The same searches, by us.
work = tempfile.mkdtemp()


def ids_of_select(*options):
    subprocess.run(["asterism", "data", "select", path, f"{work}/s.parquet", *options, "--columns", "object_id", "--replace"],
                   check=True, stdout=subprocess.DEVNULL)
    return sorted(pq.read_table(f"{work}/s.parquet")["object_id"].to_pylist())


far = SkyCoord(first.ra * u.deg, first.dec * u.deg).separation(SkyCoord(truth.ra.to_numpy() * u.deg, truth.dec.to_numpy() * u.deg))
third = float(np.quantile(far.arcsec, 0.34))  # a circle that holds a third of the objects
for ra, dec, radius in [(first.ra, first.dec, 5), (first.ra, first.dec, third)]:
    theirs = catalog.cone_search(ra=ra, dec=dec, radius_arcsec=radius)[["object_id"]].compute()["object_id"]
    check(f"select --cone finds what LSDB's cone search finds: {len(theirs)} rows",
          ids_of_select("--cone", f"{ra},{dec},{radius}") == sorted(theirs))
south, north = truth.dec.quantile([0.3, 0.6])
west, east = truth.ra.quantile([0.2, 0.9])
theirs = catalog.box_search(ra=(west, east), dec=(south, north))[["object_id"]].compute()["object_id"]
check(f"select --box finds what LSDB's box search finds: {len(theirs)} rows",
      ids_of_select("--box", f"{west},{east},{south},{north}") == sorted(theirs))
moc = MOC.load(f"{path}/{name}/moc.fits", "fits")
inside = moc.contains_lonlat(truth.ra.to_numpy() * u.deg, truth.dec.to_numpy() * u.deg)
check(f"mocpy reads moc.fits, and it holds every row ({moc.sky_fraction:.2g} of the sky)", bool(inside.all()))
part = MOC.from_cone(Longitude(first.ra * u.deg), Latitude(first.dec * u.deg), radius=0.5 * u.deg, max_depth=12)
part.save(f"{work}/part.fits", "fits")
inside = part.contains_lonlat(truth.ra.to_numpy() * u.deg, truth.dec.to_numpy() * u.deg)
check(f"select --moc takes mocpy's file: {int(inside.sum())} rows",
      ids_of_select("--moc", f"{work}/part.fits") == sorted(truth.object_id[inside]))

# A second catalogue a little off, so that the pairs are not all trivial.
rng = np.random.default_rng(1)
other = truth.assign(dec=truth.dec + rng.normal(0, 0.4, len(truth)) / 3600, object_id=truth.object_id + "-b")
pq.write_table(pa.Table.from_pandas(other, preserve_index=False), f"{work}/other.parquet")
subprocess.run(["asterism", "data", "match", path, f"{work}/other.parquet", f"{work}/m.parquet", "--radius", "1"], check=True,
               stdout=subprocess.DEVNULL)
ours = pq.read_table(f"{work}/m.parquet").to_pandas()
right = lsdb.from_dataframe(other, catalog_name="other", margin_threshold=5)
theirs = catalog[["object_id", "ra", "dec"]].crossmatch(right, radius_arcsec=1, suffixes=("_a", "_b")).compute()
check(f"data match finds LSDB's {len(theirs)} pairs", sorted(zip(ours.object_id_a, ours.object_id_b))
      == sorted(zip(theirs.object_id_a, theirs.object_id_b)))
merged = ours.merge(theirs, on=["object_id_a", "object_id_b"])
check("with the same separations", bool(np.allclose(merged.separation_arcsec, merged._dist_arcsec, atol=1e-9)))

# HF datasets: the folder of Parquet files is a dataset as it is, streamed or not.
loaded = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=f"{work}/hf")
check("datasets opens the partitions", sorted(loaded["object_id"]) == sorted(truth["object_id"]))
stream = next(iter(datasets.load_dataset("parquet", data_files=files, split="train", streaming=True)))
check("datasets streams them", stream["object_id"] in set(truth["object_id"]))

# What columns mean.
flat = [c for c in pq.read_schema(files[0]).names if not pa.types.is_nested(pq.read_schema(files[0]).field(c).type)]
content = pq.read_schema(files[0]).metadata[b"IVOA.VOTable-Parquet.content"]
fields = {f.name: f for f in votable.parse_single_table(io.BytesIO(content)).fields}
check("the VOTable in the Parquet files names every column", list(fields) == pq.read_schema(files[0]).names)
check("with unit and UCD", str(fields["ra"].unit) == "deg" and "pos.eq.ra" in fields["ra"].ucd)
card = json.load(open(f"{path}/croissant.json"))
if mlcroissant is None:
    print("SKIPPED: mlcroissant is not installed; croissant.json was not read by it")
else:
    described = mlcroissant.Dataset(jsonld=card)
    check("mlcroissant accepts croissant.json",
          len(described.metadata.record_sets[0].fields) == len(pq.read_schema(files[0]).names))
sys.exit(1 if failures else 0)
