"""How seconds of AION-1's encoder grow with tokens, objects, modalities and the model: slopes, and a picture of them.

    python3 bench/scaling.py            # writes bench/results/scaling.json and docs/pictures/scaling.svg
    python3 bench/scaling.py --picture  # draws the picture again from the file

Needs ./run bench once (bench_aion_scaling_bench), and ./run peers once for the authors' package on the same tokens.
Random weights, fp32, two threads; the least of `--rounds` measurements, minutes apart. A slope is that of a straight line through all
points in log time against log size; `from_half` is that of the upper half of the points alone.
"""
import argparse
import json
import math
import os
import pathlib
import subprocess

import machine

ROOT = machine.ROOT
BUILD = pathlib.Path(os.environ.get("ASTERISM_BUILD") or ROOT / "build")
PROGRAM = BUILD / "bin" / "bench_aion_scaling_bench"
PICTURE = ROOT / "docs" / "pictures" / "scaling.svg"
THREADS = 2
TOKENS = (64, 128, 256, 512, 1024, 1696)  # of one object: as bench/aion_scaling_bench.cpp has them
# title, label of the axis, its series: (benchmark, name, what the axis shows)
PANELS = [("One object", "tokens of the object", [("tokens", "ours", "size"), ("tokens, package", "authors' package", "size")]),
          ("Spectra of 273 tokens", "objects in the batch", [("objects", "ours", "size")]),
          ("Four objects, 50 tokens a modality", "modalities", [("modalities", "ours", "size")]),
          ("One object of 512 tokens", "parameters of the blocks, million",
           [("width", "width 192 to 1024, 12 blocks", "parameters"), ("depth", "4 to 24 blocks, width 768", "parameters")])]
COLOURS = ["#1f5fa8", "#c4572b"]
WIDE, HIGH, LEFT, TOP, GAP_X, GAP_Y = 440, 270, 80, 60, 110, 120


def environment():
    return {**os.environ, "OMP_NUM_THREADS": str(THREADS), "OMP_WAIT_POLICY": "passive"}


def measure_ours():
    out = subprocess.run([PROGRAM, "--benchmark_format=json", "--benchmark_min_time=0.05"], check=True, stdout=subprocess.PIPE,
                         text=True, env=environment())
    series = {}
    for b in json.loads(out.stdout)["benchmarks"]:
        name, size = b["name"].split("/")[:2]
        series.setdefault(name, []).append({"size": int(size), "seconds": b["real_time"] / 1e3,
                                            "parameters": round(b["parameters"] / 1e6, 2)})
    return series


def measure_package():
    words = [machine.peers_python(), ROOT / "bench/peers/aion_generation.py", "--peer-tokens", ",".join(map(str, TOKENS)),
             "--repeats", "1"]
    out = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, env=environment())
    return {"tokens, package": [{"size": int(size), "seconds": seconds}
                                for size, seconds in json.loads(out.stdout.splitlines()[-1]).items()]}


def measure(rounds, package):
    best = {}
    for _ in range(rounds):
        for name, points in (measure_ours() | (measure_package() if package else {})).items():
            for old, new in zip(best.setdefault(name, points), points):
                old["seconds"] = round(min(old["seconds"], new["seconds"]), 5)
    return best


def slope(points, axis):
    x, y = [math.log(p[axis]) for p in points], [math.log(p["seconds"]) for p in points]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y)) / sum((a - mx) ** 2 for a in x)


def slopes(series):
    out = {}
    for _, _, lines in PANELS:
        for name, _, axis in lines:
            if name in series:
                points = series[name]
                out[name] = {"against": axis, "slope": round(slope(points, axis), 2),
                             "from_half": round(slope(points[len(points) // 2:], axis), 2)}
    return out


# --- the picture -----------------------------------------------------------------------------------------------------

def text(x, y, words, size=14, anchor="middle", more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"{more}>{words}</text>'


def shown(value):
    return f"{value:g}" if value >= 1e-2 else f"{value:.3f}"


def ticks(low, high):
    """1, 2 and 5 of each power of ten inside; only powers where there would be many."""
    all_ = [m * 10.0 ** e for e in range(-4, 6) for m in (1, 2, 5)]
    inside = [t for t in all_ if low <= t <= high]
    return inside if len(inside) <= 8 else [t for t in inside if abs(math.log10(t) % 1) < 1e-9]


class Axis:
    def __init__(self, values, begin, end):
        self.low, self.high = min(values) / 1.25, max(values) * 1.25
        self.begin, self.end = begin, end

    def at(self, value):
        share = (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        return self.begin + share * (self.end - self.begin)


def frame(x0, y0, title, label, across, up):
    out = [f'<rect x="{x0}" y="{y0}" width="{WIDE}" height="{HIGH}" fill="none" stroke="#444"/>',
           text(x0 + WIDE / 2, y0 - 14, title, 16, more=' font-weight="bold"'),
           text(x0 + WIDE / 2, y0 + HIGH + 44, label),
           text(x0 - 56, y0 + HIGH / 2, "seconds to encode", more=f' transform="rotate(-90 {x0 - 56} {y0 + HIGH / 2})"')]
    for t in ticks(across.low, across.high):
        x = across.at(t)
        out += [f'<path d="M{x:.1f} {y0}v{HIGH}" stroke="#e4e4e4"/>', text(x, y0 + HIGH + 20, shown(t), 13)]
    for t in ticks(up.low, up.high):
        y = up.at(t)
        out += [f'<path d="M{x0} {y:.1f}h{WIDE}" stroke="#e4e4e4"/>', text(x0 - 8, y + 4, shown(t), 13, "end")]
    return out


def panel(result, number, title, label, lines):
    x0, y0 = LEFT + (number % 2) * (WIDE + GAP_X), TOP + (number // 2) * (HIGH + GAP_Y)
    lines = [line for line in lines if line[0] in result["series"]]
    points = [(p[axis], p["seconds"]) for name, _, axis in lines for p in result["series"][name]]
    across = Axis([x for x, _ in points], x0, x0 + WIDE)
    up = Axis([y for _, y in points], y0 + HIGH, y0)
    out = frame(x0, y0, title, label, across, up)
    for k, (name, who, axis) in enumerate(lines):
        places = [(across.at(p[axis]), up.at(p["seconds"])) for p in result["series"][name]]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        out.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[k]}" stroke-width="2"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{COLOURS[k]}"/>' for x, y in places]
        words = f"{who}: slope {result['slopes'][name]['slope']:.2f}"
        out.append(text(x0 + 14, y0 + 24 + 20 * k, words, 14, "start", f' fill="{COLOURS[k]}"'))
    return out


def draw(result, picture):
    width, height = LEFT + 2 * WIDE + GAP_X + 30, TOP + 2 * HIGH + GAP_Y + 100
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
           f'<rect width="{width}" height="{height}" fill="#fff"/>']
    for number, (title, label, lines) in enumerate(PANELS):
        out += panel(result, number, title, label, lines)
    out.append(text(width / 2, height - 16, f"AION-1's encoder, fp32, {THREADS} threads, {result['machine']}, {result['date']}. "
                    "Base shape unless an axis says otherwise.", 13))
    picture.write_text("\n".join(out + ["</svg>"]) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3, help="times that the programs take turns")
    parser.add_argument("--picture", action="store_true", help="only draw what the file holds")
    parser.add_argument("--no-package", action="store_true")
    parser.add_argument("--out", default="")
    a = parser.parse_args()
    path = pathlib.Path(a.out or ROOT / "bench" / "results" / "scaling.json")
    picture = path.with_suffix(".svg") if a.out else PICTURE
    if a.picture:
        return draw(json.loads(path.read_text()), picture)
    series = measure(a.rounds, not a.no_package)
    result = machine.heading("scaling", f"seconds of AION-1's encoder (random weights, fp32, {THREADS} threads) against tokens, "
                             "objects, modalities and model size, and the slopes of their logarithms",
                             f"python3 bench/scaling.py --rounds {a.rounds}" + " --no-package" * a.no_package)
    result |= {"slopes": slopes(series), "series": series}
    machine.write(result, a.out)
    draw(result, picture)


if __name__ == "__main__":
    main()
