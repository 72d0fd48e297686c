"""The work of bench/loader_bench.cpp in Python, on the same Parquet files: rows with an image to arrays of flux, inverse variance and
mask [n, 4, 96, 96], the variance 0 where masked.

    python3 bench/peers/loader.py DATASET [--seconds 10]      # prints one JSON line

pyarrow   PyArrow and NumPy in one process: a row group at a time, the nested lists flattened and reshaped without a copy where Arrow
          allows it.
datasets  Hugging Face datasets, streaming the same files, each row to NumPy.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

import numpy as np
import pyarrow.parquet as pq

SHAPE = (4, 96, 96)


def flat(column):
    while hasattr(column, "flatten") and str(column.type).startswith(("list", "large_list", "fixed_size_list")):
        column = column.flatten()
    return column


def batches_of(path):
    file = pq.ParquetFile(path)
    for group in range(file.num_row_groups):
        image = file.read_row_group(group, columns=["image.flux", "image.ivar", "image.mask"]).column("image").combine_chunks()
        image = image.filter(image.is_valid())
        n = len(image)
        flux, ivar, mask = (flat(image.field(k)) for k in ("flux", "ivar", "mask"))
        flux = flux.to_numpy(zero_copy_only=False).reshape(n, *SHAPE).astype(np.float32)
        ivar = ivar.to_numpy(zero_copy_only=False).reshape(n, *SHAPE).astype(np.float32)
        mask = mask.to_numpy(zero_copy_only=False).reshape(n, *SHAPE).astype(np.uint8)
        mask |= ~np.isfinite(flux) | ~(ivar > 0)
        flux[~np.isfinite(flux)] = 0
        ivar[mask != 0] = 0
        yield flux, ivar, mask


def rate_pyarrow(files, seconds):
    rows, start = 0, time.time()
    while time.time() - start < seconds:
        for path in files:
            for flux, _, _ in batches_of(path):
                rows += len(flux)
    return rows / (time.time() - start)


def rate_datasets(files, seconds):
    import datasets

    stream = datasets.load_dataset("parquet", data_files=[str(f) for f in files], split="train", streaming=True)
    rows, start = 0, time.time()
    while time.time() - start < seconds:
        for row in stream:
            image = row["image"]
            if image is not None:
                flux, ivar = np.asarray(image["flux"], np.float32), np.asarray(image["ivar"], np.float32)
                mask = np.asarray(image["mask"], np.uint8)
                ivar[mask != 0] = 0
                rows += 1
            if time.time() - start > seconds:
                break
    return rows / (time.time() - start)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", nargs="?", help="default: a mock dataset of 500 objects, made for this once")
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    scratch = None
    if options.dataset is None:  # as ./run peers calls it
        scratch = tempfile.TemporaryDirectory()
        options.dataset = scratch.name + "/mock"
        subprocess.run(["asterism", "data", "mock", "legacy", "--objects", "500", "--seed", "1", options.dataset], check=True)
    files = sorted(p for p in pathlib.Path(options.dataset).glob("*/dataset/Norder=*/Dir=*/Npix=*.parquet") if "_10arcs" not in str(p))
    out = {"pyarrow_objects_per_s": rate_pyarrow(files, options.seconds)}
    out["datasets_objects_per_s"] = rate_datasets(files, options.seconds)
    print(json.dumps(out), flush=True)
    if scratch is not None:
        scratch.cleanup()
    os._exit(0)  # the threads of a stream that was left in the middle may never end
