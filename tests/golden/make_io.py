"""Writes tests/golden/io/: small files by other programs, and io.json with what those programs read in them and in real files.

    pip install astropy numpy pillow pyarrow safetensors && ASTERISM_SHARED=../shared python tests/golden/make_io.py
"""
import io
import json
import os
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from PIL import Image
from safetensors.numpy import save_file

here = pathlib.Path(__file__).parent / "io"
real = pathlib.Path(os.environ.get("ASTERISM_SHARED", "../shared")) / "realdata"
here.mkdir(exist_ok=True)
rng = np.random.default_rng(1)
golden = {}


def clean(values):
    """Numbers as JSON: NaN and infinities become null."""
    return [v if isinstance(v, (str, bool)) else (int(v) if isinstance(v, (int, np.integer)) else (float(v) if np.isfinite(v) else None))
            for v in values]


# A FITS file with every kind of column and image that surveys use.
image = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
image[1, 2, 3] = np.nan
scaled = fits.ImageHDU(np.array([[1, 2, -32768], [4, 5, 6]], dtype=np.int16), name="SCALED")
scaled.header["BSCALE"], scaled.header["BZERO"], scaled.header["BLANK"] = 0.5, 10.0, -32768
primary = fits.PrimaryHDU(image)
primary.header["EXPTIME"] = (1.5e3, "seconds")
primary.header["NEXP"] = 3
primary.header["GOOD"] = True
primary.header["OBJECT"] = "it's a star"
primary.header["LONGTEXT"] = "a long text " * 12 + "end"
columns = [
    fits.Column("FLUX", "3E", unit="nanomaggy", array=np.array([[1, 2, 3], [4, np.nan, 6], [7, 8, np.inf], [10, 11, 12]])),
    fits.Column("ID", "K", array=np.array([1, 2**62, -5, 7])),
    fits.Column("COUNT", "J", null=-99, array=np.array([1, -99, 3, 4])),
    fits.Column("SMALL", "I", array=np.array([0, 50, 100, -100])),  # scaled below: TSCAL 0.01, TZERO 5
    fits.Column("UNSIGNED", "J", bzero=2**31, array=np.array([0, 1, 2**32 - 1, 2**31], dtype=np.uint32)),
    fits.Column("FLAG", "L", array=np.array([True, False, True, True])),
    fits.Column("BITS", "10X", array=(np.arange(40).reshape(4, 10) % 3 == 0)),
    fits.Column("BYTE", "B", array=np.array([0, 1, 200, 255], dtype=np.uint8)),
    fits.Column("NAME", "8A", array=np.array(["NGC 1", "", "M 31", "12345678"])),
    fits.Column("GRID", "6D", dim="(3,2)", array=np.arange(24.0).reshape(4, 2, 3)),
    fits.Column("LIST", "PE()", array=np.array([np.array([1, 2], "f4"), np.array([], "f4"), np.array([3, np.nan, 5], "f4"),
                                                np.array([6], "f4")], dtype=object)),
    fits.Column("WORDS", "PA()", array=np.array(["a", "", "longer text", "z"], dtype=object)),
    fits.Column("COMPLEX", "C", array=np.array([1 + 2j, 0, 1, 1j])),
]
ascii_columns = [fits.Column("RA", "F10.5", unit="deg", array=np.array([10.5, 359.99999])), fits.Column("NAME", "A5", array=np.array(["a b", "xyz"])),
                 fits.Column("N", "I6", array=np.array([12, -7]))]
smooth = np.add.outer(np.arange(40), np.arange(50)).astype(np.int32)
fits.HDUList([primary, scaled, fits.BinTableHDU.from_columns(columns, name="TABLE"), fits.TableHDU.from_columns(ascii_columns, name="ASCII"),
              fits.CompImageHDU(smooth, name="RICE", compression_type="RICE_1"), fits.ImageHDU(name="NOTHING")]).writeto(here / "kinds.fits", overwrite=True)
raw = bytearray((here / "kinds.fits").read_bytes())  # astropy refuses to write a scaled short of floats
end = raw.index(b"END" + b" " * 77, raw.index(b"TTYPE1"))
cards = "TSCAL4  =                 0.01".ljust(80) + "TZERO4  =                  5.0".ljust(80) + "END".ljust(80)
assert not raw[end + 3:end + 240].strip()
raw[end:end + 240] = cards.encode()
(here / "kinds.fits").write_bytes(raw)
check = fits.getdata(here / "kinds.fits", "TABLE")["SMALL"]
assert np.allclose(check, [5.0, 5.5, 6.0, 4.0]), check

# Real files, as astropy reads them.
golden["fits"] = []
for name, hdu, column in [("boss/spec-3655-55240-0026.fits", 1, "flux"), ("boss/spec-3655-55240-0026.fits", 1, "and_mask"),
                          ("boss/spec-3655-55240-0026.fits", 2, "PSFFLUX"), ("boss/spec-3655-55240-0026.fits", 2, "CLASS"),
                          ("boss/spec-3655-55240-0026.fits", 2, "Z"), ("boss/spec-3655-55240-0026.fits", 2, "THING_ID"),
                          ("sdss_stars/spectra/spec-0.910335--4.45586.fits.gz", 1, "loglam"),
                          ("desi/coadd-4-80613-thru20210324.fits", 1, "TARGETID"), ("desi/tractor-1054p567.fits", 1, "flux_g")]:
    table = fits.getdata(real / name, hdu)
    values = np.atleast_1d(table[column]).ravel()
    text = values.dtype.kind in "SU"
    golden["fits"].append({"file": name, "hdu": hdu, "column": column, "rows": len(table), "count": len(values),
                           "first": clean(values[:3]), "last": clean(values[-3:]), "sum": None if text else float(values.astype("f8").sum())})
golden["fits_images"] = []
for name, hdu in [("sdss_stars/stamps/stamp-r-0.9103--4.4559.fits.gz", 0), ("sdss_stars/stamps/stamp-r-0.9103--4.4559.fits.gz", 1),
                  ("desi/coadd-4-80613-thru20210324.fits", "B_FLUX"), ("desi/coadd-4-80613-thru20210324.fits", "Z_RESOLUTION"),
                  ("manga/MaNGA_test_spectra.fits.gz", "MASK"), ("muse_udf/subcub_mosaic.fits", "FIELDMAP"), ("muse_udf/segmap.fits", 0)]:
    data = fits.getdata(real / name, hdu)
    golden["fits_images"].append({"file": name, "hdu": hdu, "shape": list(data.shape), "first": clean(data.ravel()[:3]),
                                  "last": clean(data.ravel()[-3:]), "sum": float(np.nansum(data.astype("f8")))})
header = fits.getheader(real / "boss/spec-3655-55240-0026.fits", 0)
golden["header"] = {"file": "boss/spec-3655-55240-0026.fits", "BUNIT": header["BUNIT"], "PLUG_RA": float(header["PLUG_RA"]), "PLATEID": int(header["PLATEID"])}

# safetensors by its own library.
tensors = {"b.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "a": np.array(7, dtype=np.int64), "empty": np.zeros((0, 4), dtype=np.float16),
           "flags": np.array([True, False, True]), "bytes": np.arange(5, dtype=np.uint8)}
save_file(tensors, here / "library.safetensors", metadata={"format": "np", "text": "naïve"})

# Pictures by Pillow.
pixels = (np.add.outer(np.arange(13), 3 * np.arange(17)) % 256).astype(np.uint8)
colours = np.stack([pixels, 255 - pixels, pixels // 2], -1)
Image.fromarray(pixels).save(here / "grey.png")
Image.fromarray(colours).save(here / "colour.png")
Image.fromarray(colours).quantize(16).save(here / "palette.png")
Image.fromarray(np.dstack([colours, np.full_like(pixels, 255)])).save(here / "clear.png")
Image.fromarray((pixels.astype(np.uint16) * 257 + 3)).save(here / "deep.png")
Image.fromarray(colours).save(here / "plain.jpg", quality=95, subsampling=0)
Image.fromarray(colours).save(here / "progressive.jpg", quality=80, progressive=True)
Image.fromarray(pixels).save(here / "grey.jpg", quality=95)
Image.fromarray(np.dstack([colours, pixels])).convert("CMYK").save(here / "print.jpg")
golden["pictures"] = {}
for name in ["grey.png", "colour.png", "palette.png", "plain.jpg", "progressive.jpg", "grey.jpg"]:
    data = np.asarray(Image.open(here / name).convert("L" if name.startswith("grey") else "RGB")).astype(int)
    golden["pictures"][name] = {"shape": list(data.shape), "sum": int(data.sum()), "middle": np.atleast_1d(data[6, 8]).tolist()}
with Image.open(real / "legacy_galaxy_zoo/images/277442_4328.jpg") as picture:
    data = np.asarray(picture.convert("RGB")).astype(int)
golden["galaxy"] = {"shape": list(data.shape), "sum": int(data.sum()), "middle": data[212, 212].tolist()}

# Parquet by pyarrow: nested, with nulls, several row groups.
table = pa.table({"id": pa.array(range(10), pa.int64()), "name": pa.array(["a", None, "c"] + ["x"] * 7),
                  "spectrum": pa.array([{"flux": [float(i), i + 0.5], "mask": [True, False]} for i in range(10)],
                                       pa.struct([("flux", pa.list_(pa.float32())), ("mask", pa.list_(pa.bool_()))])),
                  "vector": pa.array([[i, i + 1, i + 2] for i in range(10)], pa.list_(pa.float32(), 3))})
pq.write_table(table, here / "pyarrow.parquet", row_group_size=4)

(here / "io.json").write_text(json.dumps(golden, indent=1) + "\n")
