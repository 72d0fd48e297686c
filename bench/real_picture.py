#!/usr/bin/env python3
"""Real observations, what came back of them through their tokens, and the difference in units of the noise, as one picture: taken
from the pages that the figure real_surveys leaves behind.

    python3 bench/real_picture.py out/figures docs/pictures/real_surveys.svg     # the folder is --work of bench/figures.py
"""
import json
import pathlib
import re
import sys

from figure_parts import real_judged

# Judgement, its column of the gallery, heading, bands whose residuals are shown. Of each gallery the third of six, by brightness.
IMAGES = [("SDSS stamps", 2, "a star, SDSS", ["sdss-g", "sdss-i"]),
          ("HST cutouts, pixels joined 3 x 3", 3, "a galaxy, Hubble ACS", ["hst-acs-f606w", "hst-acs-f814w"]),
          ("HSC blends", 2, "a blend, HSC (simulated)", ["hsc-g", "hsc-i"])]
SPECTRA = [("BOSS", 1, "a quasar, BOSS"), ("DEIMOS", 1, "a galaxy, DEIMOS (counts)"), ("MaNGA", 1, "a galaxy, MaNGA")]
TILE, GAP, LEFT, TOP, WIDTH, FLUX, RESIDUAL = 160, 10, 96, 26, 660, 104, 44
POINTS = 380  # of a line


def page(work, name):
    place = [one["name"] for one in real_judged()].index(name)
    run = real_judged()[place]["run"]
    return (work / f"{run}.0.real_surveys.judged{place}" / "report.html").read_text()


def text(x, y, words, anchor="middle", size=12, colour="#222"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">{words}</text>'


def tiles_of(html):
    """{label of a row: [(picture, caption)]}"""
    rows = re.findall(r'<div class="label">([^<]*)</div><div class="tiles">(.*?)</div></div>', html, re.S)
    tile = re.compile(r'<img[^>]*src="([^"]+)"[^>]*>(?:<figcaption>([^<]*))?')
    return {label: tile.findall(row) for label, row in rows}


def images(work, top):
    out, x = [], LEFT
    for name, column, title, bands in IMAGES:
        rows = tiles_of(page(work, name))
        out.append(text(x + TILE / 2, top + 12, title))
        for k, label in enumerate(["observed", "from tokens", *(f"residual, {band}" for band in bands)]):
            picture, caption = rows[label][column]
            y = top + 20 + k * (TILE + GAP + 14)
            out.append(f'<image x="{x}" y="{y}" width="{TILE}" height="{TILE}" href="{picture}" preserveAspectRatio="none" '
                       'style="image-rendering:pixelated"/>')
            if k > 1:
                out.append(text(x + TILE / 2, y + TILE + 11, f"{label.split(', ')[1]}, {caption}", size=10, colour="#555"))
        x += TILE + 2.5 * GAP
    for k, words in enumerate(["observed", "from tokens", "difference", "difference"]):
        out.append(text(LEFT - 10, top + 20 + TILE / 2 + k * (TILE + GAP + 14), words, anchor="end"))
    return out, top + 20 + 4 * (TILE + GAP + 14)


def joined(values, size):
    """Means of neighbours; none where more than half are missing."""
    groups = [values[i:i + size] for i in range(0, len(values), size)]
    there = [[v for v in g if v is not None] for g in groups]
    return [sum(a) / len(a) if 2 * len(a) >= len(g) else None for a, g in zip(there, groups)]


def line(x, y, colour, width):
    path, pen = "", "M"
    for a, b in zip(x, y):
        if a is None or b is None:
            pen = "M"
            continue
        path += f"{pen}{a:.1f} {b:.1f}"
        pen = "L"
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def spectrum(work, top, name, place, title):
    figure = re.findall(r'<figure class="drawn wide">(.*?)</figure>', page(work, name), re.S)[place]
    traces = json.loads(re.search(r'<script type="application/json">(.*?)</script>', figure, re.S)[1])["data"]
    of = {one["line"]["color"]: one for one in traces if one.get("mode") == "lines" and one["line"].get("dash") == "solid"}
    traces = [of["@muted"], of["@series0"], of["@ink"]]
    chi2 = re.search(r"chi2/px ([\d.]+)", figure)[1]
    wavelengths = [v for v in traces[0]["x"] if v]
    size = -(-len(traces[0]["x"]) // POINTS)
    low, high = min(wavelengths), max(wavelengths)
    at = [None if v is None else LEFT + (v - low) / (high - low) * (WIDTH - LEFT - 20) for v in joined(traces[0]["x"], size)]
    flux = [joined(one["y"], size) for one in traces]
    seen = sorted(v for v in flux[0] if v is not None)
    bottom, peak = min(0, seen[len(seen) // 100]), 1.15 * seen[-1 - len(seen) // 100]

    def up(v):
        return None if v is None else top + 20 + FLUX * (1 - (max(min(v, peak), bottom) - bottom) / (peak - bottom))

    base = top + 20 + FLUX + 8 + RESIDUAL / 2
    out = [text(LEFT, top + 12, f"{title}: chi2/px {chi2}", anchor="start"),
           line(at, [up(v) for v in flux[0]], "#999", 0.8), line(at, [up(v) for v in flux[1]], "#c33", 1),
           f'<path d="M{LEFT} {base}H{WIDTH - 20}" stroke="#ccc" stroke-width="0.8"/>',
           line(at, [None if v is None else base - max(min(v, 10), -10) * RESIDUAL / 20 for v in flux[2]], "#222", 0.6),
           text(LEFT - 10, top + 20 + FLUX / 2, "flux", anchor="end"), text(LEFT - 10, base + 4, "10 sigma", anchor="end", size=10)]
    foot = base + RESIDUAL / 2 + 14
    return out + [text(LEFT, foot, f"{low:,.0f} A", anchor="start", size=10), text(WIDTH - 20, foot, f"{high:,.0f} A", anchor="end", size=10)], foot + 10


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    work, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    parts, top = images(work, TOP - 16)
    for name, place, title in SPECTRA:
        more, top = spectrum(work, top + 8, name, place, title)
        parts += more
    out.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top:.0f}" width="{WIDTH}" height="{top:.0f}" '
                   'font-family="sans-serif"><rect width="100%" height="100%" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n")


if __name__ == "__main__":
    main()
