"""The mock sky beside real sets: colours against redshift (zCOSMOS), the stellar locus (SDSS), lines and breaks (BOSS, DESI,
MaNGA), sizes (Shen et al. 2003) -> bench/results/mock_sky_nature.json and one page of interactive figures.

    python3 bench/peers/mock_sky.py [--page out/mock_sky.html] [--work out/mock_sky] [--out FILE]

Needs the built program and the real data (ASTERISM_SHARED, default ../shared). Data sets are made once, in --work.
"""
import argparse
import html
import json
import os
import pathlib
import sys

import numpy as np
import pyarrow.parquet as pq
from astropy.cosmology import Planck18
from astropy.io import fits

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from machine import ROOT, asterism, heading, real_data, write  # noqa: E402

GALAXIES = ("--set", "star_weight=0", "--set", "quasar_weight=0")
MOCKS = {
    "galaxies": ["hsc", "euclid", "lsst", "--scalars", "-n", "40000", "--seed", "131", *GALAXIES, "--set", "spectroscopic_share=0.1"],
    "near": ["legacy", "--scalars", "-n", "20000", "--seed", "133", *GALAXIES, "--set", "r_spectroscopic=19", "--set",
             "spectroscopic_share=1"],
    "stars": ["sdss", "--scalars", "-n", "6000", "--seed", "132", "--set", "galaxy_weight=0", "--set", "quasar_weight=0", "--set",
              "spectroscopic_share=1", "--set", "r_spectroscopic=18"],
    "field_stars": ["lsst", "euclid", "--scalars", "-n", "6000", "--seed", "135", "--set", "galaxy_weight=0", "--set", "quasar_weight=0", "--set",
                    "spectroscopic_share=0.1"],
    "quasars": ["sdss", "-n", "250", "--seed", "141", "--set", "galaxy_weight=0", "--set", "star_weight=0", "--set", "r_bright=17",
                "--set", "spectroscopic_share=1"],
    "spectra": ["desi", "-n", "1500", "--seed", "134", *GALAXIES, "--set", "spectroscopic_share=1"],
}
REAL, MOCK = "#c2410c", "#1d4ed8"
# Vacuum wavelengths at rest, Angstrom: the name, and whether it is an emission line.
LINES = {"C IV": 1549.06, "C III]": 1908.73, "Mg II": 2798.75}
NARROW = {"[O II]": 3728.5, "H beta": 4862.69, "[O III]": 5008.24, "H alpha": 6564.61}
ABSORPTION = {"Ca K": 3934.78, "Ca H": 3969.59, "G band": 4305.6, "Mg b": 5176.6, "Na D": 5895.6}


def files_of(folder):
    return sorted(p for p in folder.glob("**/*.parquet") if "arcs" not in str(p) and not p.name.startswith("_"))


def columns(folder, *names):
    """Scalars as arrays of float64, NaN where missing."""
    table = [pq.read_table(f, columns=list(names)) for f in files_of(folder)]
    return [np.concatenate([np.asarray(t.column(n).to_numpy(zero_copy_only=False), float) for t in table]) for n in names]


def spectra(folder, *scalars):
    """(wavelength, flux, ivar, scalars) of each row that has a spectrum, pixels of variance 0 left out."""
    for file in files_of(folder):
        names = pq.read_schema(file).names
        table = pq.read_table(file, columns=[n for n in names if n.startswith("spectrum")] + [s for s in scalars if s in names])
        for row in table.to_pylist():
            one = next((v for k, v in row.items() if k.startswith("spectrum") and v is not None and v.get("lambda")), None)
            if one is None:
                continue
            w, f, v = (np.asarray(one[k], float) for k in ("lambda", "flux", "ivar"))
            good = (v > 0) & (w > 0) & ~np.asarray(one["mask"], bool)
            yield w[good], f[good], v[good], [row.get(s) for s in scalars]


def magnitude(flux):
    return 22.5 - 2.5 * np.log10(np.where(flux > 0, flux, np.nan))


def binned(x, y, edges, least=20):
    """Median and half the 16-84 width of y, and the count, in bins of x."""
    out = []
    for low, high in zip(edges[:-1], edges[1:]):
        v = y[(x >= low) & (x < high) & np.isfinite(y)]
        if len(v) >= least:
            a, b, c = np.percentile(v, [16, 50, 84])
            out.append({"from": round(low, 3), "to": round(high, 3), "median": round(b, 4), "half_width": round((c - a) / 2, 4),
                        "count": len(v)})
    return out


def line(bins, name, colour, axis):
    return {"x": [(b["from"] + b["to"]) / 2 for b in bins], "y": [b["median"] for b in bins], "name": name, "mode": "lines+markers",
            "line": {"color": colour}, "marker": {"color": colour},
            "error_y": {"type": "data", "array": [b["half_width"] for b in bins], "color": colour, "thickness": 1, "width": 3}, **axis}


def points(x, y, name, colour, axis, size=3, opacity=0.35):
    return {"x": [round(float(v), 4) for v in x], "y": [round(float(v), 4) for v in y], "name": name, "mode": "markers",
            "marker": {"color": colour, "size": size, "opacity": opacity}, **axis}


def layout(title, x, y, **more):
    return {"title": {"text": title, "font": {"size": 15}, "x": 0.01, "xanchor": "left"}, "xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}},
            "height": 430, "margin": {"t": 46, "l": 62, "r": 16, "b": 52}, "legend": {"orientation": "h", "y": -0.2}, **more}


def galaxies(work, result, figures):
    z, cc = columns(work / "zcosmos", "redshift", "redshift_confidence")
    bands = dict(zip("ugriz", (magnitude(v) for v in columns(work / "zcosmos", *[f"flux_cosmos_{b}" for b in "ugriz"]))))
    bands["j"] = magnitude(columns(work / "zcosmos", "flux_cosmos_j")[0])
    good = (cc >= 3) & (cc < 5)
    mock_z, = columns(work / "galaxies", "redshift")
    names = ["hsc_g", "hsc_r", "hsc_i", "hsc_z", "euclid_j", "lsst_u", "lsst_g", "lsst_i"]
    mock = dict(zip(names, (magnitude(v) for v in columns(work / "galaxies", *[f"flux_{n}" for n in names]))))
    seen = mock["hsc_i"] < 22.5
    edges = np.arange(0.1, 1.11, 0.1)
    result["colour_redshift"] = {}
    for blue, red, mock_blue, mock_red in (("u", "g", "lsst_u", "lsst_g"), ("g", "r", "hsc_g", "hsc_r"), ("r", "i", "hsc_r", "hsc_i"),
                                           ("i", "z", "hsc_i", "hsc_z"), ("i", "j", "lsst_i", "euclid_j")):
        real_bins = binned(z[good], (bands[blue] - bands[red])[good], edges)
        mock_bins = binned(mock_z[seen], (mock[mock_blue] - mock[mock_red])[seen], edges)
        off = {round(r["from"], 1): round(m["median"] - r["median"], 3) for r in real_bins for m in mock_bins if r["from"] == m["from"]}
        result["colour_redshift"][f"{blue} - {red}"] = {"mock_bands": f"{mock_blue} - {mock_red}", "zcosmos": real_bins,
                                                        "mock": mock_bins, "mock_minus_zcosmos": off}
        figures.append(([line(real_bins, "zCOSMOS (COSMOS bands)", REAL, {}), line(mock_bins, f"mock ({mock_blue} - {mock_red})", MOCK, {})],
                        layout(f"{blue} - {red} against redshift, I &lt; 22.5", "redshift", f"{blue} - {red} (mag)"),
                        "Medians; bars are half of the range that holds 68%."))
    rng = np.random.default_rng(1)
    some, more = rng.choice(np.flatnonzero(good), 2500, False), rng.choice(np.flatnonzero(seen), 2500, False)
    edges = np.arange(0, 2.01, 0.2)
    real_bins = binned((bands["g"] - bands["r"])[good], (bands["r"] - bands["i"])[good], edges)
    mock_bins = binned((mock["hsc_g"] - mock["hsc_r"])[seen], (mock["hsc_r"] - mock["hsc_i"])[seen], edges)
    result["colour_colour"] = {"x": "g - r", "y": "r - i", "zcosmos": real_bins, "mock": mock_bins}
    figures.append(([points((bands["g"] - bands["r"])[some], (bands["r"] - bands["i"])[some], "zCOSMOS", REAL, {}),
                     points((mock["hsc_g"] - mock["hsc_r"])[more], (mock["hsc_r"] - mock["hsc_i"])[more], "mock", MOCK, {}),
                     line(real_bins, "zCOSMOS, medians", REAL, {}), line(mock_bins, "mock, medians", MOCK, {})],
                    layout("Galaxies: r - i against g - r", "g - r (mag)", "r - i (mag)",
                           xaxis={"title": {"text": "g - r (mag)"}, "range": [-0.5, 2.3]},
                           yaxis={"title": {"text": "r - i (mag)"}, "range": [-0.5, 1.8]}), "2,500 galaxies of each, I &lt; 22.5."))


def stars(work, result, figures):
    letters = "griz"  # of the real stars there is no u
    real = [magnitude(v) for v in columns(work / "sdss_stars", *[f"flux_sdss_{b}" for b in letters])]
    mock = [magnitude(v) for v in columns(work / "stars", *[f"flux_sdss_{b}" for b in letters])]
    real, mock = ([m[k] - m[k + 1] for k in range(3)] for m in (real, mock))
    away = np.array([np.min(np.sqrt(sum((m - real[k][i]) ** 2 for k, m in enumerate(mock)))) for i in range(len(real[0]))])
    keep = np.isfinite(away)
    result["stars"] = {"real": int(keep.sum()), "median_distance_from_locus_mag": round(float(np.median(away[keep])), 4),
                       "largest_distance_mag": round(float(away[keep].max()), 3),
                       "mock_r_minus_i_by_g_minus_r": binned(mock[0], mock[1], np.arange(0, 1.61, 0.2))}
    for a, b in ((0, 1), (1, 2)):
        x, y = f"{letters[a]} - {letters[a + 1]}", f"{letters[b]} - {letters[b + 1]}"
        figures.append(([points(mock[a][::3], mock[b][::3], "mock", MOCK, {}),
                         points(real[a], real[b], "SDSS stars (white dwarfs among them)", REAL, {}, 8, 1)],
                        layout(f"Stars: {y} against {x}", f"{x} (mag)", f"{y} (mag)"),
                        "30 stars of the SDSS, of which three are white dwarfs, which the mock sky lacks."))


def cosmos_j(work, result):
    """How much fainter J of the zCOSMOS table is than it should be: i - J of its own F stars against ours, whose Euclid J and COSMOS's J
    agree within 0.02 mag."""
    z, cc, *flux = columns(work / "zcosmos", "redshift", "redshift_confidence", *[f"flux_cosmos_{b}" for b in ("g", "r", "ic", "j")])
    g, r, i, j = (magnitude(v) for v in flux)
    real = (z < 0.002) & (cc >= 3) & (cc < 5) & (g - r > 0.2) & (g - r < 0.4) & np.isfinite(i - j)
    mg, mr, mi, mj = (magnitude(v) for v in columns(work / "field_stars", *[f"flux_{n}" for n in ("lsst_g", "lsst_r", "lsst_i", "euclid_j")]))
    mock = (mg - mr > 0.2) & (mg - mr < 0.4) & np.isfinite(mi - mj)
    ours, theirs = float(np.median((mi - mj)[mock])), float(np.median((i - j)[real]))
    result["cosmos_j"] = {"stars": int(real.sum()), "i_minus_j": round(theirs, 3), "mock_i_minus_j": round(ours, 3),
                          "too_faint_mag": round(ours - theirs, 3),
                          "note": "stars of the table with 0.2 < g - r < 0.4; not taken off the i - j above"}


def stack(found, grid, window):
    """Mean of spectra on a grid at rest, each divided by its median within the window."""
    total, count = np.zeros(len(grid)), np.zeros(len(grid))
    for w, f, _, (z, *_) in found:
        rest = w / (1 + z)
        inside = (rest > window[0]) & (rest < window[1])
        level = np.median(f[inside]) if inside.sum() > 20 else 0
        if level <= 0:
            continue
        on = (grid > rest[0]) & (grid < rest[-1])
        total[on] += np.interp(grid[on], rest, f) / level
        count[on] += 1
    return np.where(count > 0, total / np.maximum(count, 1), np.nan), count


def depth(grid, flux, centre, half=12, far=40):
    """Equivalent width of absorption in Angstrom against the mean on both sides."""
    near, side = np.abs(grid - centre) < half, (np.abs(grid - centre) > 18) & (np.abs(grid - centre) < far)
    return float(np.sum(1 - flux[near] / np.mean(flux[side])) * (grid[1] - grid[0])) if np.isfinite(flux[near | side]).all() else None


def profile(found, centre):
    """Mean profile of a broad line: place of its peak from the line at rest, and equivalent width, both in Angstrom."""
    bins = np.arange(-80, 81, 4)
    total, count, used = np.zeros(len(bins) - 1), np.zeros(len(bins) - 1), 0
    for w, f, _, (z, *_) in found:
        rest = w / (1 + z) - centre
        near, side = np.abs(rest) < 80, (np.abs(rest) > 60) & (np.abs(rest) < 80)
        if rest[0] > -80 or rest[-1] < 80 or side.sum() < 10 or f[side].mean() <= 0:
            continue
        total += np.histogram(rest[near], bins, weights=f[near] / f[side].mean() - 1)[0]
        count += np.histogram(rest[near], bins)[0]
        used += 1
    mean = total / np.maximum(count, 1)
    smooth = np.convolve(mean, np.ones(3) / 3, "same")
    return {"quasars": used, "peak_angstrom": round(float(bins[np.argmax(smooth)] + 2), 1),
            "equivalent_width_angstrom": round(float(np.sum(mean) * 4), 1)}


def quasars(work, result, figures):
    def all_of(folder):
        return [s for s in spectra(work / folder, "redshift", "object_class", "redshift_ok")
                if s[3][0] is not None and s[3][1] == 2 and s[3][2] in (None, 1)]
    real, mock, grid = all_of("boss"), all_of("quasars"), np.arange(1150, 3200, 4.0)
    result["quasar_lines"] = {name: {"rest_angstrom": at, "boss": profile(real, at), "mock": profile(mock, at)} for name, at in LINES.items()}
    traces = [{"x": grid.tolist(), "y": [None if not np.isfinite(v) else round(float(v), 4) for v in stack(found, grid, (1680, 1780))[0]],
               "name": f"{name}, {len(found)} spectra", "mode": "lines", "line": {"color": colour, "width": 1.3}}
              for found, name, colour in ((real, "BOSS", REAL), (mock, "mock", MOCK))]
    figures.append((traces, layout("Quasars at rest, mean of spectra", "rest wavelength (Angstrom)", "flux over that at 1680-1780",
                                   shapes=marks(LINES), annotations=names_of(LINES)), "Each over its median between 1680 and 1780 Angstrom."))


def marks(lines):
    return [{"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": {"color": "#888", "width": 1, "dash": "dot"}}
            for at in lines.values()]


def names_of(lines):
    return [{"x": at, "yref": "paper", "y": 1.02 + 0.05 * (i % 2), "text": name, "showarrow": False, "font": {"size": 10}}
            for i, (name, at) in enumerate(lines.items())]


def red_galaxies(work, real, result, figures):
    with fits.open(f"{real}/desi/stack-LRG.fits") as file:
        wave, flux = np.asarray(file["WAVE"].data, float).ravel(), np.asarray(file["FLUX"].data, float).ravel()
    old = [s for s in spectra(work / "spectra", "redshift", "log_ssfr", "r_magnitude")
           if s[3][1] is not None and s[3][1] < -11 and 0.3 < s[3][0] < 0.55]
    grid = np.arange(2700, 6400, 2.0)
    theirs = np.interp(grid, wave, flux)
    theirs /= np.median(theirs[(grid > 4500) & (grid < 5000)])
    ours, _ = stack(old, grid, (4500, 5000))
    result["red_galaxies"] = {"desi": "stack of five LRGs, median redshift 0.43", "mock_spectra": len(old), "absorption_angstrom": {
        name: {k: None if v is None else round(v, 2) for k, v in (("desi", depth(grid, theirs, at)), ("mock", depth(grid, ours, at)))}
        for name, at in ABSORPTION.items()}}

    def jump(f):
        return round(float(np.mean(f[(grid > 4050) & (grid < 4250)]) / np.mean(f[(grid > 3750) & (grid < 3950)])), 3)
    result["red_galaxies"]["d4000"] = {"desi": jump(theirs), "mock": jump(ours)}
    traces = [{"x": grid.tolist(), "y": [None if not np.isfinite(v) else round(float(v), 4) for v in np.convolve(f, np.ones(3) / 3, "same")],
               "name": name, "mode": "lines", "line": {"color": colour, "width": 1.3}}
              for f, name, colour in ((theirs, "DESI, five LRGs", REAL), (ours, f"mock, {len(old)} old galaxies", MOCK))]
    figures.append((traces, layout("Old galaxies at rest", "rest wavelength (Angstrom)", "flux over that at 4500-5000",
                                   yaxis={"title": {"text": "flux over that at 4500-5000"}, "range": [0, 1.8]},
                                   shapes=marks(ABSORPTION), annotations=names_of(ABSORPTION)),
                    "Redshifts 0.3 to 0.55. The mean of the mock is over many more spectra, hence smoother."))


def narrow_lines(work, result, figures):
    """Where emission lines peak, observed, from where the redshift puts them."""
    def offsets(found):
        out = {name: [] for name in NARROW}
        for w, f, v, (z, *_) in found:
            for name, at in NARROW.items():
                near, side = np.abs(w - at * (1 + z)) < 10, (np.abs(w - at * (1 + z)) > 20) & (np.abs(w - at * (1 + z)) < 60)
                if near.sum() < 8 or side.sum() < 15:
                    continue
                level, sigma = np.median(f[side]), 1 / np.sqrt(np.median(v[near]))
                smooth = np.convolve(f[near] - level, np.ones(3) / 3, "same")
                if smooth.max() > 5 * sigma:
                    over = np.maximum(smooth - smooth.max() / 2, 0)
                    out[name].append(float(np.sum(over * w[near]) / np.sum(over) - at * (1 + z)))
        return out
    mock = offsets([s for s in spectra(work / "spectra", "redshift", "log_ssfr") if s[3][1] is not None and s[3][1] > -10.5])
    real = offsets([s for s in spectra(work / "manga", "redshift") if s[3][0]] +
                   [s for s in spectra(work / "desi", "redshift") if s[3][0]])
    result["narrow_lines"] = {name: {who: {"count": len(v), "median_offset_angstrom": round(float(np.median(v)), 2) if v else None,
                                           "half_width": round(float(np.subtract(*np.percentile(v, [84, 16])) / 2), 2) if len(v) > 4 else None}
                                     for who, v in (("mock", mock[name]), ("manga_and_desi", real[name]))} for name in NARROW}
    traces = [{"type": "box", "y": [v for n in NARROW for v in found[n]], "x": [n for n in NARROW for _ in found[n]], "name": name,
               "marker": {"color": colour}, "boxpoints": boxpoints} for found, name, colour, boxpoints in
              ((real, "MaNGA and DESI", REAL, "all"), (mock, "mock", MOCK, False))]
    figures.append((traces, layout("Emission lines: found, from where the redshift puts them", "", "Angstrom, observed", boxmode="group"),
                    "Lines of more than five sigma. Vacuum wavelengths; eight MaNGA spectra are of gas that turns with its galaxy."))


def sizes(work, result, figures):
    z, ssfr, r, half = columns(work / "near", "redshift", "log_ssfr", "r_magnitude", "half_light_radius")
    near = z < 0.12
    absolute = r - Planck18.distmod(np.maximum(z, 1e-4)).value - 0.6 * z
    kpc = half / 206264.806 * Planck18.angular_diameter_distance(np.maximum(z, 1e-4)).value * 1e3
    edges = np.arange(-23, -16.9, 0.5)
    result["sizes"] = {"relation": "Shen et al. 2003, MNRAS 343, 978, eq. 14 and 15, table 1, r band (log10 kpc)"}
    traces = []
    for name, rows, relation, symbol in (
            ("star-forming", near & (ssfr > -10.8),
             lambda m: -0.4 * 0.26 * m + (0.51 - 0.26) * np.log10(1 + 10 ** (-0.4 * (m + 20.91))) - 1.71, "circle"),
            ("old", near & (ssfr < -11), lambda m: -0.4 * 0.65 * m - 5.06, "square")):
        bins = binned(absolute[rows], np.log10(kpc[rows]), edges)
        for b in bins:
            b["relation"] = round(float(relation((b["from"] + b["to"]) / 2)), 4)
        result["sizes"][name] = bins
        traces.append(line(bins, f"mock, {name}", MOCK, {}))
        traces[-1]["marker"].update(symbol=symbol, size=8)
        m = np.arange(-23, -16.9 if name == "star-forming" else -18.9, 0.1)
        traces.append({"x": m.round(2).tolist(), "y": relation(m).round(4).tolist(), "name": f"Shen et al. 2003, {'late' if name != 'old' else 'early'}",
                       "mode": "lines", "line": {"color": REAL, "dash": "dash" if name == "old" else "solid"}})
    figures.append((traces, layout("Half-light radius against magnitude, z &lt; 0.12", "absolute r (mag)", "log10 kpc"),
                    "The relation is of single fitted Sersic profiles; the mock's radius is that of bulge and disc together."))


PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>The mock sky beside real sets</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;max-width:1180px;margin:24px auto;padding:0 16px;color:#111}}
.figures{{display:grid;grid-template-columns:repeat(auto-fit,minmax(520px,1fr));gap:18px}}
.figure{{min-width:0;overflow:hidden;border:1px solid #ddd;border-radius:6px;padding:6px}}.figure p{{margin:0 8px 6px;color:#555;font-size:13px}}
pre{{background:#f6f6f6;padding:12px;overflow:auto;font-size:12px;max-height:420px}}</style>
<script>{plotly}</script></head><body>
<h1>The mock sky beside real sets</h1>
<p>Blue: the mock sky. Orange: zCOSMOS, SDSS, BOSS, DESI, MaNGA, and the relation of Shen et al. 2003. {about}</p>
<div class="figures">{figures}</div>
<h2>Numbers</h2><pre>{numbers}</pre></body></html>
"""


def write_page(path, result, figures):
    deps = next(line.split("=", 1)[1] for line in (pathlib.Path(os.environ.get("ASTERISM_BUILD") or ROOT / "build") / "CMakeCache.txt")
                .read_text().splitlines() if line.startswith("ASTERISM_DEPS:"))
    plotly = (pathlib.Path(deps) / "plotly/package_data/plotly.min.js").read_text()
    parts = []
    for i, (traces, frame, note) in enumerate(figures):
        data = json.dumps([traces, frame]).replace("</", "<\\/")
        parts.append(f'<div class="figure"><div id="f{i}"></div><p>{note}</p><script>addEventListener("load",()=>'
                     f'Plotly.newPlot("f{i}",...{data},{{responsive:true,displaylogo:false}}))</script></div>')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PAGE.format(plotly=plotly, figures="\n".join(parts), numbers=html.escape(json.dumps(result, indent=1)),
                                about=f"Made {result['date']} by <code>./run peers mock_sky</code>."))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", type=pathlib.Path, default=ROOT / "out" / "mock_sky.html")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "out" / "mock_sky")
    parser.add_argument("--out", default="")
    options = parser.parse_args()
    real = real_data()
    if not real:
        print("no real data: set ASTERISM_SHARED; nothing was compared")
        return
    options.work.mkdir(parents=True, exist_ok=True)
    for survey in ("zcosmos", "boss", "desi", "sdss_stars", "manga"):
        if not (options.work / survey).exists():
            asterism("data", "import", survey, f"{real}/{survey}", options.work / survey)
    for name, words in MOCKS.items():
        if not (options.work / name).exists():
            asterism("data", "mock", *words, options.work / name)
    result = heading("mock_sky_nature", "the mock sky beside zCOSMOS, SDSS stars, BOSS, DESI, MaNGA and Shen et al. 2003: medians and half "
                     "widths (68%) by bin", "./run peers mock_sky")
    figures = []
    galaxies(options.work, result, figures)
    cosmos_j(options.work, result)
    stars(options.work, result, figures)
    quasars(options.work, result, figures)
    red_galaxies(options.work, real, result, figures)
    narrow_lines(options.work, result, figures)
    sizes(options.work, result, figures)
    write(result, options.out)
    write_page(options.page, result, figures)
    print(f"{options.page}: {len(figures)} figures; numbers in {options.out or 'bench/results/mock_sky_nature.json'}")


if __name__ == "__main__":
    main()
