"""Cross-match beside scipy's cKDTree, astropy, STILTS and LSDB: the same pairs, and how fast.

    python3 bench/peers/match.py --rows 0 --pairs 1e6 --write bench/results/match.json
    python3 bench/peers/match.py --rows 1e7 --pairs 0 --folder scratch --prepare       # tables and LSDB's catalogues
    python3 bench/peers/match.py --rows 1e7 --pairs 0 --folder scratch --write bench/results/match.json
    python3 bench/peers/match.py --rows 1e7 --pairs 0 --folder scratch --ours --write bench/results/match.json

First the pairs: 10^6 x 10^6 positions (a tenth of them with --rows 100000) with crowded poles, RA 0 and exact ties
planted, against astropy (search_around_sky, match_to_catalog_sky) and STILTS (tmatch2). At ties separations are
compared, since any of the tied rows is right. Then the times on uniform positions, one thread each: of asterism the
whole command and, in its own words, what reading, matching and writing took; of cKDTree and astropy the match alone out
of memory (the tree is built anew, as ours is); of STILTS the whole command on FITS tables; of LSDB the search on
catalogues that it made before, in one process. `asterism` must be in the PATH; `stilts` too, or STILTS=command; what
is missing is left out and said. With --ours the others keep the times of the run before. Leaves with status 1 when pairs
differ, asterism is not the fastest, or its tiled form takes longer than reading and 1.3 times the match in memory.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import astropy.units as u
import dask
import lsdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.coordinates import SkyCoord, match_coordinates_sky, search_around_sky
from astropy.table import Table
from scipy.spatial import cKDTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from machine import heading, write as write_result  # noqa: E402

failures = []


def check(what, good):
    print("ok  " if good else "FAIL", what, flush=True)
    if not good:
        failures.append(what)


def uniform(rng, n):
    return rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))


def planted(rng, n):
    """Half uniform, half within minutes of arc of the poles, RA 0 and two places; every tenth repeats the one before."""
    ra, dec = uniform(rng, n)
    places = np.array([[0, 90], [0, -90], [0, 0], [120, 45], [359.99999, -30]])
    half = n // 2
    centre = SkyCoord(*(places[rng.integers(0, 5, half)].T * u.deg))
    near = centre.directional_offset_by(rng.uniform(0, 360, half) * u.deg, rng.uniform(0, 0.3, half) * u.deg)
    ra[:half], dec[:half] = near.ra.deg, near.dec.deg
    order = rng.permutation(n)
    ra, dec = ra[order], dec[order]
    ra[9::10], dec[9::10] = ra[8::10], dec[8::10]
    return ra, dec


def write(folder, name, ra, dec, fits=True):
    ids = np.arange(len(ra), dtype=np.int64)
    pq.write_table(pa.table({"object_id": ids, "ra": ra, "dec": dec}), f"{folder}/{name}.parquet")
    if fits:
        Table({"object_id": ids, "ra": ra, "dec": dec}).write(f"{folder}/{name}.fits", overwrite=True)


def asterism(folder, radius, *options, threads=1):
    """Seconds of the whole command, its own report, and the pairs."""
    out = f"{folder}/out.parquet"
    command = ["asterism", "data", "match", f"{folder}/a.parquet", f"{folder}/b.parquet", out, "--radius", str(radius),
               "--replace", "--json", *options]
    start = time.perf_counter()
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, env={**os.environ, "ASTERISM_THREADS": str(threads)},
                          text=True).stdout
    seconds = time.perf_counter() - start
    return seconds, json.loads(text.splitlines()[-1]), pq.read_table(out)


def stilts(folder, radius, find):
    command = os.environ.get("STILTS") or shutil.which("stilts")
    if not command:
        return None, None
    out = f"{folder}/stilts.fits"
    start = time.perf_counter()
    done = subprocess.run([command, "tmatch2", f"in1={folder}/a.fits", f"in2={folder}/b.fits", "matcher=sky",
                           f"params={radius}", "values1=ra dec", "values2=ra dec", f"find={find}", "join=1and2",
                           f"out={out}"], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        print(done.stderr[-500:])
        return None, None
    return seconds, Table.read(out)


def pair_set(a, b):
    return np.sort(np.asarray(a, dtype=np.int64) << 32 | np.asarray(b, dtype=np.int64))


def separations(a, b, i, j):
    """float128 haversine: the judge at the border."""
    ra1, dec1, ra2, dec2 = (np.radians(x.astype(np.longdouble)) for x in (a[0][i], a[1][i], b[0][j], b[1][j]))
    h = np.sin((dec1 - dec2) / 2) ** 2 + np.cos(dec1) * np.cos(dec2) * np.sin((ra1 - ra2) / 2) ** 2
    return np.degrees(2 * np.arcsin(np.sqrt(h))) * 3600


def same_pairs(what, ours, theirs, a, b, radius):
    odd = np.setxor1d(ours, theirs)
    border = np.abs(separations(a, b, odd >> 32, odd & 0xFFFFFFFF) - radius) < 1e-8 if len(odd) else np.array([])
    check(f"{what}: {len(ours)} pairs, {len(odd)} in one set alone, all of these within 1e-8\" of the radius",
          len(ours) > 0 and bool(np.all(border)))


def compare(folder, n, radius, result):
    rng = np.random.default_rng(1)
    a, b = planted(rng, n), planted(rng, n)
    half = n // 20  # exact copies, so that there are ties at separation 0 as well
    b[0][:half], b[1][:half] = a[0][:half], a[1][:half]
    write(folder, "a", *a)
    write(folder, "b", *b)
    ca, cb = SkyCoord(*(a * u.deg)), SkyCoord(*(b * u.deg))
    _, _, table = asterism(folder, radius, "--how", "all")
    ours = pair_set(table["object_id_a"], table["object_id_b"])
    given = table["separation_arcsec"].to_numpy()
    exact = separations(a, b, table["object_id_a"].to_numpy(), table["object_id_b"].to_numpy())
    worst = float(np.max(np.abs(given - exact)))
    check(f"separations differ from float128 by at most {worst:.1e}\"", worst < 1e-10)
    i, j, _, _ = search_around_sky(ca, cb, radius * u.arcsec)
    same_pairs("all, astropy", ours, pair_set(i, j), a, b, radius)
    _, theirs = stilts(folder, radius, "all")
    if theirs is not None:
        theirs = pair_set(theirs["object_id_1"], theirs["object_id_2"])
        # STILTS 3.4.7 loses some pairs across RA 0, which astropy has and the judge confirms.
        lost = np.setdiff1d(ours, theirs)
        lost = lost[np.abs(a[0][lost >> 32] - b[0][lost & 0xFFFFFFFF]) > 180]
        same_pairs(f"all, STILTS (it loses {len(lost)} pairs across RA 0)", ours, np.union1d(theirs, lost), a, b, radius)
        result["stilts_loses_across_ra_0"] = len(lost)
    _, _, table = asterism(folder, radius)
    row_a, row_b = table["object_id_a"].to_numpy(), table["object_id_b"].to_numpy()
    nearest, distance, _ = match_coordinates_sky(ca, cb)
    within = np.flatnonzero(distance.arcsec <= radius)
    same = len(row_a) == len(within) and bool(np.all(row_a == within))
    check(f"nearest, astropy: the same {len(row_a)} rows have a match", same)
    if same:
        other = nearest[within] != row_b
        apart = np.abs(separations(a, b, row_a[other], row_b[other]) - separations(a, b, within[other], nearest[within][other]))
        check(f"nearest, astropy: the same row of B, or one as near ({int(other.sum())} ties)", bool(np.all(apart < 1e-9)))
    _, theirs = stilts(folder, radius, "best1")
    if theirs is not None:
        order = np.argsort(np.asarray(theirs["object_id_1"]))
        sa, sb = np.asarray(theirs["object_id_1"])[order], np.asarray(theirs["object_id_2"])[order]
        same = len(sa) == len(row_a) and bool(np.all(sa == row_a))
        other = sb != row_b if same else []
        check("nearest, STILTS: the same rows, and rows of B as near", same and bool(np.all(np.abs(
            separations(a, b, row_a[other], row_b[other]) - separations(a, b, sa[other], sb[other])) < 1e-9)))
    return len(ours)


def prepare(folder, n):
    rng = np.random.default_rng(2)
    a, b = uniform(rng, n), uniform(rng, n)
    write(folder, "a", *a)
    write(folder, "b", *b)
    frames = [pd.DataFrame({"object_id": np.arange(len(x[0])), "ra": x[0], "dec": x[1]}) for x in (a, b)]
    for name, frame in zip("ab", frames):
        catalog = lsdb.from_dataframe(frame, catalog_name=name, lowest_order=0, margin_threshold=5 if name == "b" else None)
        catalog.write_catalog(f"{folder}/lsdb_{name}", catalog_name=name, overwrite=True)


def lsdb_seconds(folder, radius):
    dask.config.set(scheduler="synchronous")
    left, right = lsdb.open_catalog(f"{folder}/lsdb_a"), lsdb.open_catalog(f"{folder}/lsdb_b")
    start = time.perf_counter()
    found = left.crossmatch(right, radius_arcsec=radius, suffixes=("_a", "_b")).compute()
    return time.perf_counter() - start, len(found)


def tiles(folder, n, radius, report, table):
    tiled = [asterism(folder, radius, "--memory", str(n * 2 * 96 / 2**30 / 4)) for _ in range(3)]
    whole, outside, tiled_table = min(tiled, key=lambda run: run[0])
    allowed = report["read_s"] + 1.3 * report["match_s"]
    check("the tiled form writes the same table", tiled_table.equals(table))
    check(f"the tiled form takes {whole:.2f} s; reading and 1.3 times the match in memory {allowed:.2f} s", whole <= allowed)
    return {"tiles": outside["tiles"], "command_s": whole, "pairs": outside["pairs"], "reading_and_1.3_match_s": allowed}


def times(folder, n, radius, ours_alone, save):
    result = {"rows": n, "radius_arcsec": radius}
    asterism(folder, radius)  # the files are in the page cache from here on, for everyone
    runs = [asterism(folder, radius) for _ in range(3)]
    whole, report, table = min(runs, key=lambda run: run[1]["match_s"])
    result["asterism"] = {"match_s": report["match_s"], "read_s": report["read_s"], "write_s": report["write_s"],
                          "command_s": min(run[0] for run in runs), "pairs": report["pairs"]}
    whole2, _, _ = min((asterism(folder, radius, threads=os.cpu_count()) for _ in range(2)), key=lambda run: run[0])
    result["asterism"]["command_all_threads_s"] = whole2
    result["asterism_tiles"] = tiles(folder, n, radius, report, table)
    if ours_alone:
        return rated(result, n)
    counts = {"asterism": report["pairs"]}
    tables = [pq.read_table(f"{folder}/{name}.parquet") for name in "ab"]
    a, b = ((t["ra"].to_numpy(), t["dec"].to_numpy()) for t in tables)

    start = time.perf_counter()
    xyz = [np.column_stack([np.cos(np.radians(d)) * np.cos(np.radians(r)), np.cos(np.radians(d)) * np.sin(np.radians(r)),
                            np.sin(np.radians(d))]) for r, d in (a, b)]
    tree = cKDTree(xyz[1])
    distance, _ = tree.query(xyz[0], distance_upper_bound=2 * np.sin(np.radians(radius / 3600) / 2), workers=1)
    result["ckdtree"] = {"match_s": time.perf_counter() - start}
    counts["ckdtree"] = int(np.isfinite(distance).sum())
    del tree, xyz
    ca, cb = SkyCoord(*(a * u.deg)), SkyCoord(*(b * u.deg))
    start = time.perf_counter()
    _, distance, _ = match_coordinates_sky(ca, cb)
    result["astropy"] = {"match_s": time.perf_counter() - start}
    counts["astropy"] = int((distance.arcsec <= radius).sum())
    del ca, cb
    seconds, found = stilts(folder, radius, "best1")
    if seconds:
        result["stilts"] = {"command_s": seconds}
        counts["stilts"] = len(found)
    save(result)  # LSDB takes the longest
    seconds, found = lsdb_seconds(folder, radius)
    result["lsdb"] = {"search_s": seconds}
    counts["lsdb"] = found
    check(f"everyone finds as many pairs: {counts}", len(set(counts.values())) == 1)
    return rated(result, n)


def rated(result, n):
    """Adds rows a second and how long each took beside ours."""
    for name, entry in result.items():
        if not isinstance(entry, dict):
            continue
        seconds = entry.get("match_s") or entry.get("command_s") or entry.get("search_s")
        entry["million_rows_per_s"] = n / seconds / 1e6
        ours = result["asterism"]["match_s"] if "match_s" in entry else result["asterism"]["command_s"]
        entry["times_as_long_as_asterism"] = seconds / ours
        print(f"{name:15} {seconds:8.2f} s  {n / seconds / 1e6:6.2f} M rows/s  {seconds / ours:6.1f} x ours", flush=True)
        if not name.startswith("asterism"):
            check(f"{name} is not faster", seconds >= 0.999 * ours)
    return result


parser = argparse.ArgumentParser()
parser.add_argument("--rows", type=lambda text: int(float(text)), default=1000000, help="of each table in the timing; 0: none")
parser.add_argument("--pairs", type=lambda text: int(float(text)), default=None, help="rows of each table in the comparison; 0: none")
parser.add_argument("--radius", type=float, default=1.0)
parser.add_argument("--write", help="result file, JSON")
parser.add_argument("--folder", help="where the tables of the timing lie; kept")
parser.add_argument("--ours", action="store_true", help="time asterism alone")
parser.add_argument("--prepare", action="store_true", help="make these tables and stop")
options = parser.parse_args()
result = heading("match", __doc__.splitlines()[0], "python3 " + " ".join(sys.argv))
if options.write and os.path.exists(options.write):
    result = {**json.load(open(options.write)), **result}
n = options.pairs if options.pairs is not None else min(options.rows, 1000000)
with tempfile.TemporaryDirectory() as scratch:
    if n:
        result["compared_rows"] = n
        result["compared_pairs"] = compare(scratch, n, options.radius, result)
with tempfile.TemporaryDirectory() as scratch:
    folder = options.folder or scratch
    os.makedirs(folder, exist_ok=True)
    if options.rows and (options.prepare or not options.folder):
        prepare(folder, options.rows)
    if options.rows and not options.prepare:
        result.update(times(folder, options.rows, options.radius, options.ours,
                            lambda part: options.write and write_result({**result, **part}, options.write)))
if options.write:
    write_result({**result, "failures": failures}, options.write)
sys.exit(1 if failures else 0)
