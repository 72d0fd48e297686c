#!/usr/bin/env python3
"""What a trace of one step says (device_bench's ASTERISM_TRACE_..., or any of PyTorch's profiler): how long it took, how long
the GPU worked in it, which kernels and which of the CPU's operators took longest.

    python3 bench/read_trace.py out/step.json [--top 15] [--json out/summary.json]
"""
import argparse
import collections
import gzip
import json
import pathlib
import re


def opened(path):
    return gzip.open(path, "rt") if path.suffix == ".gz" else path.open()


def union_us(spans):
    """Length of what the spans cover together."""
    total, end = 0.0, float("-inf")
    for begin, stop in sorted(spans):
        total += max(0.0, stop - max(begin, end))
        end = max(end, stop)
    return total


def self_us(events):
    """Time of each CPU operator without those that it calls, by name."""
    out, count = collections.Counter(), collections.Counter()
    threads = collections.defaultdict(list)
    for e in events:
        threads[e["tid"]].append(e)
    for own in threads.values():
        stack = []
        for e in sorted(own, key=lambda e: (e["ts"], -e["dur"])):
            while stack and e["ts"] >= stack[-1]["ts"] + stack[-1]["dur"]:
                stack.pop()
            if stack:
                out[stack[-1]["name"]] -= e["dur"]
            out[e["name"]] += e["dur"]
            count[e["name"]] += 1
            stack.append(e)
    return out, count


def short(kernel):
    return re.sub(r"^void |<.*|\(.*", "", kernel) + ("" if "<" not in kernel else " " + kernel[kernel.index("<"):][:60])


def summary(trace, top):
    events = [e for e in trace["traceEvents"] if e.get("ph") == "X" and "dur" in e]
    gpu = [e for e in events if e.get("cat") in ("kernel", "gpu_memcpy", "gpu_memset")]
    operators = [e for e in events if e.get("cat") == "cpu_op"]
    begin, end = min(e["ts"] for e in events), max(e["ts"] + e["dur"] for e in events)
    kernels, launches = collections.Counter(), collections.Counter()
    for e in gpu:
        kernels[short(e["name"])] += e["dur"]
        launches[short(e["name"])] += 1
    cpu, calls = self_us(operators)
    return {"ms": round((end - begin) / 1e3, 2), "gpu_busy_ms": round(union_us((e["ts"], e["ts"] + e["dur"]) for e in gpu) / 1e3, 2),
            "launches": len(gpu), "operators": len(operators),
            "kernels": [{"name": k, "ms": round(us / 1e3, 2), "launches": launches[k]} for k, us in kernels.most_common(top)],
            "cpu_operators": [{"name": k, "ms": round(us / 1e3, 2), "calls": calls[k]} for k, us in cpu.most_common(top)]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trace", type=pathlib.Path)
    parser.add_argument("--top", type=int, default=15)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    with opened(options.trace) as file:
        found = summary(json.load(file), options.top)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    print(f"{found['ms']} ms, the GPU busy for {found['gpu_busy_ms']}; {found['operators']} operators, {found['launches']} launches")
    for what, times in (("kernels", "launches"), ("cpu_operators", "calls")):
        print(what)
        for one in found[what]:
            print(f"  {one['ms']:9.2f} ms {one[times]:6d} x {one['name']}")


main()
