"""The share of equal tokens in two datasets that `asterism tokenize` wrote of the same objects: fp32 beside bf16, a CPU
beside a GPU.

    asterism tokenize CODEC DATASET out/a --modality image_legacy --precision fp32
    asterism tokenize CODEC DATASET out/b --modality image_legacy --precision bf16
    python3 bench/token_agreement.py out/a out/b

Prints, for every column of tokens, how many objects have them and what share is equal, as JSON.
"""
import json
import pathlib
import sys

import numpy
import pyarrow.parquet


def columns(folder):
    """{column: {object: tokens}}"""
    files = sorted(pathlib.Path(folder).rglob("*.parquet"))
    if not files:
        sys.exit(f"{folder}: no Parquet file")
    out = {}
    for file in files:
        if "margin" in str(file):
            continue
        table = pyarrow.parquet.ParquetFile(file).read()
        keys = [k for k in ("survey", "object_id") if k in table.column_names]
        if "object_id" not in keys:
            continue
        objects = list(zip(*(table[k].to_pylist() for k in keys)))
        for name in table.column_names:
            if name.endswith("_tokens"):
                for key, tokens in zip(objects, table[name].to_pylist()):
                    if tokens is not None:
                        out.setdefault(name, {})[key] = tokens
    return out


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    a, b = columns(sys.argv[1]), columns(sys.argv[2])
    report = {}
    for name in sorted(a.keys() & b.keys()):
        both = sorted(a[name].keys() & b[name].keys())
        if not both:
            sys.exit(f"{name}: no object is in both")
        left, right = (numpy.array([of[name][key] for key in both]) for of in (a, b))
        report[name] = {"objects": len(both), "equal": round(float((left == right).mean()), 5)}
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
