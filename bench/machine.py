"""Where and when a figure was measured: what every file of bench/results begins with."""
import datetime
import json
import os
import pathlib
import platform

ROOT = pathlib.Path(__file__).resolve().parent.parent


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def heading(name, sentence, command):
    return {"figure": name, "what": sentence, "date": datetime.date.today().isoformat(),
            "machine": f"{processor()}, {os.cpu_count()} cores", "command": command}


def write(result, out=""):
    """To `out`, or where it belongs."""
    path = pathlib.Path(out or ROOT / "bench" / "results" / f"{result['figure']}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")
