"""Writes tests/golden/tables/: small tables, alerts and arrays by other programs, and tables.json with what is in them.

    pip install astropy numpy fastavro pyarrow && python tests/golden/make_tables.py
"""
import gzip
import io
import json
import pathlib
import zipfile

import fastavro
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy import units as u
from astropy.io import fits
from astropy.io.votable import from_table
from astropy.table import MaskedColumn, Table

here = pathlib.Path(__file__).parent / "tables"
here.mkdir(exist_ok=True)
rng = np.random.default_rng(4)
golden = {}

# --- arrays -----------------------------------------------------------------------------------------------------------
rows = np.zeros(3, dtype=[("id", "<i8"), ("pair", "<f4", (2,)), ("name", "<U4")])
rows["id"], rows["pair"], rows["name"] = [5, -6, 2**53], [[1, 2], [3, 4], [5, 6.5]], ["a", "bcde", "\u03b1"]
arrays = {
    "float": np.arange(6.0).reshape(2, 3) / 4,
    "half": np.array([0, 1.5, -2, 6e-8, 65504], dtype=np.float16),
    "double_big": np.array([1.25, -3e300], dtype=">f8"),
    "small": np.array([-128, 127], dtype=np.int8),
    "long": np.array([2**40, -1], dtype=np.int64),
    "flag": np.array([True, False, True]),
    "column_major": np.asfortranarray(np.arange(24, dtype=np.float32).reshape(2, 3, 4)),
    "text": np.array(["NGC 1", "", "\u00e9toile"]),
    "bytes": np.array([b"ab", b"cdef"]),
    "rows": rows,
    "complex": np.array([1 + 2j]),
    "objects": np.array([{"a": 1}, None], dtype=object),
}
with zipfile.ZipFile(here / "kinds.npz", "w") as archive:
    for i, (name, array) in enumerate(arrays.items()):
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=name == "objects")
        info = zipfile.ZipInfo(name + ".npy", (2026, 1, 1, 0, 0, 0))
        archive.writestr(info, buffer.getvalue(), compress_type=zipfile.ZIP_DEFLATED if i % 2 else zipfile.ZIP_STORED)
golden["npz"] = {"members": len(arrays)}
for name, array in arrays.items():
    if name in ("complex", "objects", "rows"):
        continue
    values = [v.decode() if isinstance(v, bytes) else v for v in array.flatten().tolist()]
    golden["npz"][name] = {"shape": list(array.shape), "values": [float(v) if not isinstance(v, str) else v for v in values]}
golden["npz"]["rows"] = {"id": rows["id"].tolist(), "pair": rows["pair"].flatten().tolist(), "name": rows["name"].tolist()}

# --- a table in five formats ------------------------------------------------------------------------------------------
n = 6
table = Table()
table["source"] = np.array([5853498713190525696, 2, 3, 4, 5, 6], dtype=np.int64)
table["name"] = ["A", "B b", "C,c", "", "E", "F\u00fc"]
table["ra"] = MaskedColumn([10.5, 359.99, 0.0, 180.0, 45.0, 90.0], unit=u.deg)
table["dec"] = MaskedColumn([-89.5, 0.0, 12.25, -45.0, 89.9, 1.0], unit=u.deg)
table["mag"] = MaskedColumn(np.array([20.5, 22.5, 0, 25.0, 18.0, -99], "f4"), unit=u.mag, mask=[0, 0, 1, 0, 0, 0])
table["mag_err"] = MaskedColumn(np.array([0.1, 0.02, 0, 0.5, 0.01, -99], "f4"), unit=u.mag, mask=[0, 0, 1, 0, 0, 0])
table["flux"] = MaskedColumn([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], unit=u.uJy, mask=[0, 0, 0, 1, 0, 0])
table["period"] = MaskedColumn([24.0, 48.0, 1.0, 2.0, 3.0, 12.0], unit=u.hour)
table["count"] = MaskedColumn(np.array([1, -7, 3, 4, 5, 6], np.int16), mask=[0, 0, 0, 0, 1, 0])
table["good"] = np.array([True, False, True, True, False, True])
table["vector"] = rng.integers(-8, 8, (n, 3)).astype("f4") / 4
table["ra"].info.description = "right ascension"
table["ra"].meta["ucd"] = "pos.eq.ra;meta.main"


def cells(column):
    out = []
    for value in column:
        if np.ma.is_masked(value):
            out.append(None)
        elif isinstance(value, np.ndarray):
            out.append([float(v) for v in value])
        else:
            out.append(value.item() if hasattr(value, "item") else value)
    return out


golden["table"] = {name: cells(table[name]) for name in table.colnames}
golden["units"] = {name: "" if table[name].unit is None else table[name].unit.to_string("vounit") for name in table.colnames}
flat = table.copy()
flat.remove_column("vector")
flat.write(here / "table.csv", overwrite=True)
table.write(here / "table.ecsv", overwrite=True)
ascii_names = table.copy()
ascii_names["name"] = ["A", "B b", "C,c", "", "E", "F"]  # FITS knows ASCII only
ascii_names.write(here / "table.fits", overwrite=True)
for form in ("tabledata", "binary", "binary2"):
    tree = from_table(table)
    tree.version = "1.4"
    for field in tree.get_first_table().fields:
        if field.name == "count":
            field.values.null = -32768
    tree.to_xml(str(here / f"table_{form}.vot"), tabledata_format=form)
arrow = {}
for name in table.colnames:
    values = cells(table[name])
    kind = pa.list_(pa.float32()) if name == "vector" else None
    arrow[name] = pa.array(values, kind)
pq.write_table(pa.table(arrow), here / "table.parquet")

# --- alerts as the ZTF brokers send them ------------------------------------------------------------------------------
cutout = {"type": "record", "name": "cutout", "fields": [{"name": "fileName", "type": "string"}, {"name": "stampData", "type": "bytes"}]}
common = [("jd", "double"), ("fid", "int"), ("diffmaglim", ["float", "null"]), ("candid", ["long", "null"]), ("isdiffpos", ["string", "null"]),
          ("ra", ["double", "null"]), ("dec", ["double", "null"]), ("magpsf", ["float", "null"]), ("sigmapsf", ["float", "null"]),
          ("rb", ["float", "null"]), ("magzpsci", ["float", "null"])]
alert = fastavro.parse_schema({
    "namespace": "ztf", "type": "record", "name": "alert", "doc": "avro alert schema for ZTF (www.ztf.caltech.edu)", "fields": [
        {"name": "schemavsn", "type": "string"}, {"name": "publisher", "type": "string"}, {"name": "objectId", "type": "string"},
        {"name": "candid", "type": "long"},
        {"name": "candidate", "type": {"type": "record", "name": "candidate", "namespace": "ztf.alert",
                                       "fields": [{"name": k, "type": v[0] if isinstance(v, list) and k in ("candid", "ra", "dec", "magpsf", "sigmapsf", "isdiffpos") else v}
                                                  for k, v in common] + [{"name": "drb", "type": ["null", "float"], "default": None},
                                                                         {"name": "scale", "type": {"type": "map", "values": "int"}},
                                                                         {"name": "quality", "type": {"type": "enum", "name": "quality", "symbols": ["GOOD", "BAD"]}}]}},
        {"name": "prv_candidates", "type": [{"type": "array", "items": {"type": "record", "name": "prv_candidate", "namespace": "ztf.alert",
                                                                        "fields": [{"name": k, "type": v} for k, v in common]}}, "null"]},
        {"name": "cutoutScience", "type": [dict(cutout, namespace="ztf.alert"), "null"], "default": None},
        {"name": "cutoutTemplate", "type": ["ztf.alert.cutout", "null"], "default": None},
        {"name": "cutoutDifference", "type": ["ztf.alert.cutout", "null"], "default": None}]})


def stamp(value, size=63):
    y, x = np.mgrid[:size, :size]
    data = np.round(value * np.exp(-((x - 31) ** 2 + (y - 31) ** 2) / 20)).astype("f4")
    data[:, 60:] = np.nan  # the edge of a detector
    raw = io.BytesIO()
    fits.PrimaryHDU(data).writeto(raw)
    return gzip.compress(raw.getvalue(), mtime=0)


def one(candid, object_id, sign, history, magpsf=19.0, cut=True):
    c = dict(jd=2459000.75, fid=1, diffmaglim=20.5, candid=candid, isdiffpos=sign, ra=150.0 + candid % 7, dec=2.5, magpsf=magpsf, sigmapsf=0.1,
             rb=0.9, magzpsci=26.2, drb=None, scale={"a": 1, "b": -2}, quality="BAD")
    stamps = {"cutout" + k: {"fileName": f"{candid}_{k}.fits.gz", "stampData": stamp(v)} if cut else None
              for k, v in [("Science", 900), ("Template", 600), ("Difference", 300)]}
    return dict(schemavsn="3.3", publisher="ZTF (www.ztf.caltech.edu)", objectId=object_id, candid=candid, candidate=c, prv_candidates=history, **stamps)


seen = dict(jd=2458990.75, fid=2, diffmaglim=20.0, candid=11, isdiffpos="f", ra=150.0, dec=2.5, magpsf=19.5, sigmapsf=0.2, rb=0.5, magzpsci=26.0)
limit = dict(jd=2458980.75, fid=1, diffmaglim=20.25, candid=None, isdiffpos=None, ra=None, dec=None, magpsf=None, sigmapsf=None, rb=None, magzpsci=None)
packets = [one(1001, "ZTF20aaaaaaa", "t", [seen, limit]), one(1002, "ZTF20aaaaaaa", "0", None), one(1003, "ZTF20bbbbbbb", "f", [], 17.5, cut=False)]
with open(here / "alerts_deflate.avro", "wb") as out:
    fastavro.writer(out, alert, packets, codec="deflate", sync_interval=20000)
with open(here / "alert.avro", "wb") as out:
    fastavro.writer(out, alert, packets[:1], codec="null")


def plain(value):
    if isinstance(value, bytes):
        return {"bytes": len(value)}
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value


with open(here / "alerts_deflate.avro", "rb") as f:
    golden["alerts"] = [plain(p) for p in fastavro.reader(f)]
(here / "tables.json").write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n")
