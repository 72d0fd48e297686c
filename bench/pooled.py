"""Retrieval of several folds as one: every object judged once, by the model that never saw it.

Vectors of different models are not compared: an object's own is looked for among the objects of its fold, and chance is
counted fold by fold. Intervals: 95%, bootstrapped over all objects; of recalls Wilson's, as asterism gives them.
"""
import math
import random
import statistics

KS, RESAMPLES, Z = (1, 5, 10), 1000, 1.959964


def wilson(n, share):
    middle, spread = share + Z * Z / (2 * n), Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return [(middle - spread) / (1 + Z * Z / n), (middle + spread) / (1 + Z * Z / n)]


def bootstrap(n, statistic):
    draw = random.Random(0)
    drawn = sorted(statistic([draw.randrange(n) for _ in range(n)]) for _ in range(RESAMPLES))
    return [drawn[int(0.025 * RESAMPLES)], drawn[int(0.975 * RESAMPLES)]]


def recall(ranks, k, rows=None):
    rows = range(len(ranks)) if rows is None else rows
    return sum(ranks[i] <= k for i in rows) / len(rows)


def pooled(answers, data):
    """Scores, as asterism's with "question" and "data", of the answers ("retrieval") of the folds."""
    found = {}
    for answer in answers:
        for one in answer.get("ranks", []):
            ranks, among, _ = found.setdefault((one["subject"], one["method"]), ([], [], one["baseline"]))
            ranks += one["rank"]
            among += [one["among"]] * len(one["rank"])
    out = []
    for (subject, method), (ranks, among, baseline) in found.items():
        n = len(ranks)

        def add(name, measure, value, interval, of_baseline, lower=False):
            out.append({"subject": subject, "method": name, "measure": measure, "value": value, "low": interval[0],
                        "high": interval[1], "baseline": of_baseline, "lower_is_better": lower, "question": "retrieval",
                        "data": data, "test": n})

        for k in KS:
            add(method, f"recall@{k}", recall(ranks, k), wilson(n, recall(ranks, k)), baseline)
        middle = bootstrap(n, lambda rows: statistics.median(ranks[i] for i in rows))
        add(method, "median rank", statistics.median(ranks), middle, baseline, True)
        if baseline:
            model = found[subject, "vectors"][0]
            if len(model) == n:  # of a fold too small for the baseline there are none
                for k in KS:
                    add(f"vectors less {method}", f"recall@{k}, difference", recall(model, k) - recall(ranks, k),
                        bootstrap(n, lambda rows: recall(model, k, rows) - recall(ranks, k, rows)), False)
        else:
            for k in KS:
                chance = sum(min(1, k / m) for m in among) / n
                add("chance", f"recall@{k}", chance, [chance, chance], True)
            rank = statistics.median((m + 1) / 2 for m in among)
            add("chance", "median rank", rank, [rank, rank], True, True)
    return out
