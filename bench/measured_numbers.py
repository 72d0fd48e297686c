"""Numbers of bench/results by the name of a score or by their place in the file, and how they are written."""
import collections
import decimal
import json
import re

Found = collections.namedtuple("Found", "values objects")
SCORE = ("data", "question", "of", "method", "measure")


class Fault(Exception):
    """What a table names is not there, or not one thing."""


def number_text(value, style):
    """As one rounds by hand: 0.595 is 0.60, which its binary form falls short of."""
    with decimal.localcontext() as context:
        context.rounding = decimal.ROUND_HALF_UP
        text = format(decimal.Decimal(repr(round(float(value), 12))), style)
    return re.sub(r"^-(0(\.0*)?%?)$", r"\1", text)  # no minus before what is written as nothing


def text_of(values, style):
    """Mean of the seeds and their range, 0.0119 (0.0118-0.0122); one number where all are written alike."""
    mean, low, high = (number_text(one, style) for one in (sum(values) / len(values), min(values), max(values)))
    if low == high:
        return mean
    joint = " to " if low.startswith("-") else "\N{NON-BREAKING HYPHEN}"  # else cells are broken inside a range
    return f"{mean} ({low.removesuffix('%')}{joint}{high})"


def at(node, steps):
    """All values below `node`: a step is a key, an index, '*' for every entry, or 'key=value' for those that have it ('&' for more)."""
    if not steps:
        return node if isinstance(node, list) else [node]
    step, rest = steps[0], steps[1:]
    if isinstance(node, list):
        if step.isdigit():
            return at(node[int(step)], rest) if int(step) < len(node) else []
        asked = [] if step == "*" else [one.split("=", 1) for one in step.split("&")]
        entries = [one for one in node if all(isinstance(one, dict) and str(one.get(key)) == value for key, value in asked)]
        return [found for one in entries for found in at(one, rest)]
    return at(node[step], rest) if isinstance(node, dict) and step in node else []


def numbers_at(table, path, place):
    """Numbers at 'a > b > c'; a path that holds {seed} is asked for every seed."""
    seeds = range(table.get("seeds", 1)) if "{seed}" in path else [""]
    values = [one for seed in seeds for one in at(table, path.replace("{seed}", str(seed)).split(" > "))]
    if not values or not all(isinstance(one, (int, float)) for one in values):
        raise Fault(f"{place}: no numbers at '{path}'")
    return values


class Results:
    """The files of a folder of results, and which of them a table shows."""

    def __init__(self, folder):
        self.folder, self.files, self.shown, self.scores = folder, {}, set(), {}

    def read(self, name):
        if name not in self.files:
            path = self.folder / f"{name}.json"
            if not path.exists():
                raise Fault(f"there is no bench/results/{name}.json")
            self.files[name] = json.loads(path.read_text())
        return self.files[name]

    def of(self, name, where, place, ours):
        """Numbers of one cell; None where there are none and `where` says that there may be none."""
        table, where = self.read(name), dict(where)
        may_lack, times = where.pop("may_lack", False), where.pop("times", "")
        scale = numbers_at(table, times, place)[0] if times else 1
        self.shown.add(name)
        if "at" in where:
            path = where["at"].replace("{seed}", "\0").format(**where).replace("\0", "{seed}")
            try:
                return Found([scale * one for one in numbers_at(table, path, place)], set())
            except Fault:
                if may_lack:
                    return None
                raise
        score = self.score(name, where, place, may_lack)
        if score is None:
            return None
        if ours and score["baseline"]:
            raise Fault(f"{place}: '{score['method']}' is a baseline, not ours")
        return Found(score["values"], {score["test"]})

    def score(self, name, where, place, may_lack):
        unknown = set(where) - set(SCORE)
        if unknown:
            raise Fault(f"{place}: a score has no {', '.join(sorted(unknown))}; it has {', '.join(SCORE)}")
        found = [one for one in self.read(name).get("scores", []) if all(one[key] == value for key, value in where.items())]
        if len(found) == 1 or (not found and may_lack):
            return found[0] if found else None
        raise Fault(f"{place}: {len(found)} scores of {name}.json are {where}; one was wanted")

    def filled(self, text, place):
        """Prose with its numbers: {file > place in it : format}."""
        def number(match):
            name, path, style = match.groups()
            return text_of(numbers_at(self.read(name), path, f"'{place}'"), style)
        return re.sub(r"\{(\w+) > ([^{}]+?) : ([^{}]+)\}", number, text)


def objects_of(told, results, name):
    """'2,212 test objects'; `told` is the counts of the scores, the place of a number in the file, or words."""
    if isinstance(told, str):
        if " > " not in told and told not in results.read(name):
            return told
        told = set(numbers_at(results.read(name), told, "objects"))
    counts = sorted(told)
    if not counts:
        return ""
    return f"{counts[0]:,}{f' to {counts[-1]:,}' if len(counts) > 1 else ''} test objects"


def minutes(seconds):
    low, high = (f"{max(one / 60, 0.1):.{0 if one >= 120 else 1}f}" for one in (min(seconds), max(seconds)))
    return f"{low} min" if low == high else f"{low}-{high} min"


def trained(table):
    """'trained: zcosmos_photoz, 1.1 M parameters, 900 steps, 6-15 min'; runs of folds are told once."""
    runs = {}
    for cost in table.get("cost", []):
        for name, one in cost.items():
            runs.setdefault((re.sub(r"_\d+$", "_*", name), one["parameters"], one["steps"]), []).append(one["train_s"])
    told = []
    for (name, parameters, steps), seconds in runs.items():
        size = f"{parameters / 1e6:.1f} M" if parameters >= 1e5 else f"{parameters:,}"
        told.append(f"`{name}` {size} parameters, {steps:,} step{'s' * (steps != 1)}, {minutes(seconds)}")
    return "trained: " + "; ".join(told) if told else ""
