"""Where and when a figure was measured: what every file of bench/results begins with; and where what it needs is."""
import datetime
import hashlib
import json
import os
import pathlib
import platform
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def processor():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    for line in text.splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip() + " (AMX)" * ("amx_tile" in text)
    return platform.processor()


def real_data():
    """The folder of the real data sets beside this tree, as the tests find it (ASTERISM_SHARED); "" where there is none."""
    folder = pathlib.Path(os.environ.get("ASTERISM_SHARED") or ROOT / ".." / "shared") / "realdata"
    return str(folder.resolve()) if folder.is_dir() else ""


def peers_python():
    """The interpreter that ./run peers set up; this one where it has not yet."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "asterism"
    wanted = hashlib.sha256((ROOT / "bench/peers/requirements.txt").read_bytes()).hexdigest()[:16]
    for folder in (cache, ROOT / ".deps"):
        if (folder / f"peers-{wanted}" / ".whole").exists():
            return str(folder / f"peers-{wanted}" / "bin" / "python")
    return sys.executable


def asterism(*words):
    """One command of the built program, as ./run puts it on PATH; what it prints goes to standard error."""
    print("+ asterism", *words, file=sys.stderr, flush=True)
    program = pathlib.Path(os.environ.get("ASTERISM_BUILD") or ROOT / "build") / "bin" / "asterism"
    subprocess.run([program, *map(str, words)], check=True, stdout=sys.stderr)


def heading(name, sentence, command):
    return {"figure": name, "what": sentence, "date": datetime.date.today().isoformat(),
            "machine": f"{processor()}, {os.cpu_count()} cores", "command": command}


def write(result, out=""):
    """To `out`, or where it belongs."""
    path = pathlib.Path(out or ROOT / "bench" / "results" / f"{result['figure']}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")
