"""Counts test cases after a run of ctest and prints 'N passed, N failed[, N skipped]'; the exit code says whether all is well.

usage: count_results.py FOLDER CTEST_STATUS

FOLDER holds ctest.xml (what ctest says of each program) and, for every GoogleTest program, test_<name>.xml. A program that
crashed, is missing, wrote nothing or holds no test counts as one failure, whatever its cases say. An entry whose
name has a dot ('example.01_read') is no GoogleTest program but one case.
"""

import pathlib
import sys
import xml.etree.ElementTree as xml


def count_cases(report):
    """(passed, failed, skipped, messages) of one GoogleTest report; None where it cannot be read."""
    try:
        cases = list(xml.parse(report).getroot().iter("testcase"))
    except (OSError, xml.ParseError):
        return None
    passed = failed = skipped = 0
    messages = []
    for case in cases:
        name = f"{case.get('classname')}.{case.get('name')}"
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
            messages.append(f"failed: {name}")
        elif skip is not None:
            skipped += 1
            sentence = (skip.get("message") or "").strip().split("\n")[-1]
            messages.append(f"skipped: {name}: {sentence}")
        elif case.get("status") == "run":
            passed += 1
    return passed, failed, skipped, messages


def main():
    folder, ctest_status = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    passed = failed = skipped = 0
    try:
        programs = list(xml.parse(folder / "ctest.xml").getroot().iter("testcase"))
    except (OSError, xml.ParseError) as error:
        print(f"failed: ctest left no report: {error}")
        programs = []
        failed += 1
    for program in programs:
        name, status = program.get("name"), program.get("status")
        if "." in name:
            skipped_here = program.find("skipped") is not None and status != "fail"
            passed, failed, skipped = passed + (status == "run"), failed, skipped + skipped_here
            if status != "run" and not skipped_here:
                failed += 1
                print(f"failed: {name}")
            continue
        counts = count_cases(folder / f"test_{name}.xml") or (0, 0, 0, [])
        for message in counts[3]:
            print(message)
        passed, failed, skipped = passed + counts[0], failed + counts[1], skipped + counts[2]
        if counts[1] == 0 and (status != "run" or sum(counts[:3]) == 0):
            failed += 1
            print(f"failed: the program test_{name} crashed, ran out of time, is missing or holds no test")
    if ctest_status != 0 and failed == 0:
        print(f"failed: ctest itself ended with {ctest_status}")
        failed += 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
