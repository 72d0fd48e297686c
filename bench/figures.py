#!/usr/bin/env python3
"""The figures of docs/measured.md, again: data, training and judgement, seed by seed, and one JSON file with what came out.

    python3 bench/figures.py                            # names and what each costs
    python3 bench/figures.py zcosmos                    # -> bench/results/zcosmos.json
    python3 bench/figures.py mock_photoz --seeds 1 --set train.steps=100 --out out/short.json

Needs the built program; real data are found as the tests find them (ASTERISM_SHARED, default ../shared; or --realdata), and
figures that compare with a peer call a script of bench/peers by the interpreter that ./run peers set up (or --python).
Everything is made in --work (default out/figures) and made once: what is there is used. bench/measured.py then writes the pages again.
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import resource
import shlex
import subprocess
import sys
import time

from figure_table import FIGURES, OTHERS
from machine import ROOT, heading, peers_python, real_data, write
from pooled import pooled


class Bench:
    def __init__(self, options):
        self.options = options
        self.work = pathlib.Path(options.work)
        self.data = self.work / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        # Runs with other settings are other runs: "train.steps=100" -> ".train.steps=100", with a hash where that is no name.
        text = "".join("." + one for one in options.set)
        plain = len(text) <= 60 and re.fullmatch(r"[\w.=+-]*", text)
        self.variant = text if plain else "." + hashlib.sha256(repr(options.set).encode()).hexdigest()[:12]

    def fill(self, words, **more):
        return [w.format(data=self.data, real=self.options.realdata or "", **more) for w in words]

    def run(self, words, out=None):
        """One command of asterism and what it cost, in seconds; None where `out` is there already."""
        if out is not None and out.exists():
            return None
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
        print("+ asterism", *words, file=sys.stderr, flush=True)
        subprocess.run([self.options.asterism, *map(str, words)], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {"wall_s": round(time.time() - began, 1), "cpu_s": round(cpu, 1)}

    def script(self, words, out):
        """One of bench/peers, by the interpreter that has what it imports."""
        if not out.exists():
            print("+", *words, file=sys.stderr, flush=True)
            subprocess.run([self.options.python, ROOT / words[0], *map(str, words[1:])], check=True, stdout=subprocess.DEVNULL)

    def make_data(self, figure):
        for name, words in figure.get("data", {}).items():
            if any("{real}" in w for w in words) and not self.options.realdata:
                sys.exit("this figure needs the real data sets: set ASTERISM_SHARED, or name their folder with --realdata")
            if words[0].endswith(".py"):
                self.script(self.fill(words) + [self.data / name], self.data / name)
            else:
                self.run(self.fill(words) + [self.data / name], self.data / name)

    def recipes(self, figure):
        """Name of the run, recipe, and settings of its own: those in order, and what is trained beside them."""
        yield from ((recipe, recipe, []) for recipe in figure["train"])
        for name, (recipe, own) in figure.get("beside", {}).items():
            yield name, recipe, self.fill(own)

    def train(self, figure, seed):
        """The runs of one seed; returns the last and what each cost. A codec that an earlier recipe made is handed on."""
        costs, made = {}, {}
        for name, recipe, own in self.recipes(figure):
            out = self.work / f"{name}.{seed}{self.variant}"
            words = ["train", ROOT / "recipes" / f"{recipe}.toml", "--out", out, "--set", f"train.seed={seed}"]
            for (table, key), value in settings_of(recipe).items():  # data sets and codecs are where this program made them
                if key == "datasets" and not any(one.startswith("data.datasets=") for one in own):
                    names = [pathlib.Path(name).name for name in value.split('"')[1::2]]
                    words += ["--set", f"data.datasets={[str(self.data / name) for name in names]}"]
                if key in ("codec", "backbone", "init") and not any(one.startswith(f"{table}.{key}=") for one in own):
                    earlier = pathlib.Path(value.split('"')[1]).parent.name
                    words += ["--set", f"{table}.{key}='{made[earlier] / 'model'}'"]
            for one in [*own, *self.options.set]:
                words += ["--set", one]
            cost = self.run(words, out / "model")
            record = json.loads((out / "run.json").read_text())
            costs[name] = {**(cost or {"reused": True}), "steps": record["result"]["steps"],
                             "parameters": record["parameters"], "train_s": round(record["result"]["seconds"], 1),
                             "threads": record["threads"]}
            made[name] = out
        return made, costs

    def judge(self, figure, made):
        answers, folds = [], {}
        for i, entry in enumerate(figure.get("judge", [])):
            entry = entry if isinstance(entry, dict) else {"words": entry}
            if self.options.only and not any(text in entry.get("name", str(i)) for text in self.options.only):
                continue
            run = made[entry["run"] if "run" in entry else figure["train"][-1]]
            out = self.work / f"{run.name}.{self.options.figure}.judged{i}"  # figures share runs
            self.run(self.fill(entry["words"], run=run) + ["--out", out], out)
            for answer in json.loads((out / "answers.json").read_text())["answers"]:
                if "pool" in entry:  # of several folds: their objects together are judged
                    folds.setdefault(entry["pool"], []).append(answer)
                    continue
                answers += [{**score, "question": answer["question"], "data": entry.get("name", i), "test": answer["test"]}
                            for score in answer["scores"] if entry.get("trivial", True) or not score["baseline"]]
        return answers + [score for name, one in folds.items() for score in pooled(one, name)]

    def peer(self, figure, runs):
        made = [str(self.data / name) for name in figure.get("reads", [])]
        for run in runs if "reads" not in figure else ():
            how = figure.get("curves", {}).get(run.name.split(".")[0], figure)
            for part in how.get("parts", [""]):  # models of one run: those of a label curve
                out = self.work / f"{run.name}.{part.replace('/', '.')}{'.' * (part != '')}{figure.get('predicted', 'predicted')}"
                self.run(self.fill(how["predict"], run=run / part, out=out), out)
                made.append(f"{run.name}/{part}={out}".replace("/=", "=") if figure.get("named") else str(out))
        script = ROOT / "bench" / "peers" / f"{figure['peer']}.py"
        text = subprocess.run([self.options.python, script, self.options.realdata, *made], check=True, text=True,
                              stdout=subprocess.PIPE).stdout
        return json.loads(text)


def settings_of(recipe):
    """What a recipe says, by table and key; of what it extends (one step), all that it does not say itself."""
    table, out = "", {}
    for line in (ROOT / "recipes" / f"{recipe}.toml").read_text().splitlines():
        if line.startswith("["):
            table = line.strip("[] ")
        elif re.match(r"\w+ *=", line):
            key, value = line.split("=", 1)
            out[table, key.strip()] = value
    base = out.pop(("", "extends"), None)
    return out if base is None else settings_of(base.split('"')[1].removesuffix(".toml")) | out


def by_score(seeds, stored):
    """One entry a score: its value for every seed, after those that are stored, the mean and the range."""
    names = ("data", "question", "of", "method", "measure")
    table = {tuple(one[name] for name in names): one for one in stored}
    for answers in seeds:
        for s in answers:
            key = (s["data"], s["question"], s["subject"], s["method"], s["measure"])
            one = table.setdefault(key, {"data": s["data"], "question": s["question"], "of": s["subject"],
                                         "method": s["method"], "measure": s["measure"], "baseline": s["baseline"],
                                         "test": s["test"], "values": [], "intervals": []})
            one["values"].append(s["value"])
            one["intervals"].append([s["low"], s["high"]])
    for one in table.values():
        one["mean"] = sum(one["values"]) / len(one["values"])
    return list(table.values())


def listing():
    for name, figure in FIGURES.items():
        needs = ["the real data sets"] * any("{real}" in w for words in figure.get("data", {}).values() for w in words)
        needs += ["./run peers once"] * ("peer" in figure)
        print(f"{name:20} {figure['sentence']}\n{'':20} python3 bench/figures.py {name}"
              + (f"   (needs {' and '.join(needs)})" if needs else ""))
    for name, words in OTHERS.items():
        print(f"{name:20} {words}")


def command(options):
    """How to make the file again; folders of this machine are not told."""
    words = ["python3 bench/figures.py", options.figure, f"--seeds {options.seeds}"]
    words += [f"--only {shlex.quote(one)}" for one in options.only]
    words += [f"--set {one}" for one in options.set]
    words += ["--realdata REALDATA"] * (options.realdata != real_data()) + ["--python PYTHON"] * (options.python != peers_python())
    return " ".join(words)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figure", nargs="?", choices=sorted(FIGURES), help="none: lists them")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--append", action="store_true", help="make only the seeds that the file of results lacks")
    parser.add_argument("--work", default="out/figures")
    parser.add_argument("--realdata", default=real_data(), help="the real data sets (default: %(default)s)")
    parser.add_argument("--asterism", default=str(ROOT / "build" / "bin" / "asterism"))
    parser.add_argument("--python", default=peers_python(), help="has what bench/peers imports (default: %(default)s)")
    parser.add_argument("--only", action="append", default=[], help="judgements whose name holds this text; may be repeated")
    parser.add_argument("--set", action="append", default=[], help="of every recipe, as of asterism train")
    parser.add_argument("--out", default="")
    options = parser.parse_args()
    if options.figure is None:
        return listing()
    figure, bench = FIGURES[options.figure], Bench(options)
    if "peer" in figure and subprocess.run([options.python, "-c", "import sklearn, pandas, pyarrow, PIL"],
                                           stderr=subprocess.DEVNULL).returncode != 0:
        sys.exit(f"{options.python} lacks what bench/peers/{figure['peer']}.py imports: let './run peers {figure['peer']}' "
                 "set up an interpreter, or name one with --python")
    bench.make_data(figure)
    stored = json.loads((ROOT / "bench" / "results" / f"{options.figure}.json").read_text()) if options.append else {}
    if stored and "peer" in figure:
        sys.exit("a figure with a peer judges all its seeds in one run: leave --append out")
    if stored and stored["overrides"] != options.set:
        sys.exit(f"the stored seeds were made with --set {stored['overrides']}: give the same, or leave --append out")
    runs, costs, seeds = [], stored.get("cost", []), []
    for seed in range(stored.get("seeds", 0), options.seeds):
        made, cost = bench.train(figure, seed)
        runs += [made[name] for name, _, _ in bench.recipes(figure) if name in (*figure["train"][-1:], *figure.get("beside", {}))]
        costs.append(cost)
        seeds.append(bench.judge(figure, made))
    result = heading(options.figure, figure["sentence"], command(options))
    result |= {"seeds": options.seeds, "overrides": options.set, "cost": costs}
    if any(seeds):
        result["scores"] = by_score(seeds, stored.get("scores", []))
    if "peer" in figure:
        result["peer"] = bench.peer(figure, runs)
    result = json.loads(json.dumps(result).replace(str(bench.work), "out/figures"))
    write(result, options.out)
    for one in result.get("scores", []):
        print(f"{one['data'] if isinstance(one['data'], str) else ''} {one['of']:32} {one['method']:52} {one['measure']:24} {one['mean']:.4g}  {[round(v, 4) for v in one['values']]}")
    if "peer" in result:
        print(json.dumps(result["peer"], indent=1))


main()
