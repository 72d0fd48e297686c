#!/usr/bin/env python3
"""clang-tidy on the files of a build that changed since it last found nothing in them.

    python3 cmake/tidy.py BUILD JOBS FILE...

A file is judged again when .clang-tidy, its compile command or any file of this tree that it includes changed: the
sum of all that names an empty stamp in BUILD/tidy. Findings go to standard output; exit 1 where there are any.
"""
import concurrent.futures
import hashlib
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def included(build):
    """object -> the files of this tree that it was built from, as Ninja knows."""
    table, current, seen = {}, [], {}
    text = subprocess.run(["ninja", "-C", build, "-t", "deps"], check=True, text=True, stdout=subprocess.PIPE).stdout
    for line in text.splitlines():
        if line.startswith("    "):
            if line not in seen:  # millions of lines, few thousand files
                path = pathlib.Path(build, line.strip()).resolve()
                ours = path.is_relative_to(ROOT) and not path.is_relative_to(build)
                seen[line] = path if ours and path.exists() else None  # an object of before may name what is gone
            if seen[line] is not None:
                current.append(seen[line])
        elif ": #deps" in line:
            current = table.setdefault(line.split(": #deps")[0], [])
    return table


def stamp(command, sources):
    h = hashlib.sha256((ROOT / ".clang-tidy").read_bytes() + command.encode())
    for path in sorted(set(sources)):
        h.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return h.hexdigest()


def main():
    build, jobs, wanted = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2]), {str(ROOT / f) for f in sys.argv[3:]}
    stamps = build / "tidy"
    stamps.mkdir(exist_ok=True)
    known, work = included(build), {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if entry["file"] in wanted and entry["file"] not in work:  # a file of two targets is read once
            made = next(w for i, w in enumerate(entry["command"].split()) if entry["command"].split()[i - 1] == "-o")
            mark = stamps / stamp(entry["command"], [pathlib.Path(entry["file"]), *known.get(made, [])])
            if not mark.exists():
                work[entry["file"]] = mark
    print(f"clang-tidy: {len(work)} files", file=sys.stderr, flush=True)

    def judge(item):
        file, mark = item
        done = subprocess.run(["clang-tidy-14", "--quiet", "--warnings-as-errors=*", "-p", build, file], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode == 0:
            mark.touch()
        elif not done.stdout:  # it could not read the file at all
            return done.stderr
        return done.stdout if done.returncode else ""

    bad = 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for text in pool.map(judge, sorted(work.items())):
            if text:
                bad += 1
                print(text, flush=True)
    sys.exit(1 if bad else 0)


main()
