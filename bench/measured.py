#!/usr/bin/env python3
"""Writes docs/measured.md and the pages under docs/measured from bench/results, or says whether they are what it would write.

    python3 bench/measured.py            # writes the pages
    python3 bench/measured.py --check    # fails where a page is not what it would write, naming the table

What the tables show is in bench/measured: one TOML file a page, and index.toml; its README says how a table is told.
"""
import argparse
import itertools
import json
import pathlib
import re
import sys
import tomllib

from measured_numbers import Fault, Results, objects_of, text_of, trained

KINDS = {"ours": "**{}**", "beside": "{}", "after": "*{}*"}


def anchor_of(heading):
    """As code hosts make them: lower case, spaces to hyphens, punctuation dropped."""
    return "".join("-" if c == " " else c for c in heading.lower() if c.isalnum() or c in " _-")


def folded(text):
    """Prose without the line ends of its TOML; an empty line and a list stay."""
    parts = [re.sub(r"\n(?![-|])", " ", one.strip()) for one in text.strip().split("\n\n")]
    return "\n\n".join(one for one in parts if one)


def arrow_kept(text):
    """An arrow never stands alone on a line."""
    return re.sub(" (?=[↓↑])", "\N{NO-BREAK SPACE}", text)


class Table:
    """One table of a figure: its rows, of numbers, and how they are written."""

    def __init__(self, told, results):
        self.told, self.results = told, results
        self.objects, self.numbers, self.files = set(), {}, []
        self.columns = told["columns"]
        for kind in KINDS:
            for row in told.get(kind, []):
                self.numbers[row[0]] = [self.cell(kind, row, i) for i in range(len(self.columns))]

    def cell(self, kind, row, i):
        """Numbers of one cell, None where it is empty, and their format."""
        where = dict(self.told.get("where", {}))
        for one in (self.columns[i][1], row[1][i] if isinstance(row[1], list) else row[1]):
            where |= one
        style = row[2] if len(row) > 2 else self.columns[i][2]
        place = f"row '{row[0]}', column '{self.columns[i][0]}'"
        for word in ("difference", "ratio"):
            if word in where:
                return self.computed(word, *where[word], i), style
        name = where.pop("file", self.told.get("file"))
        if name not in self.files:
            self.files.append(name)
        found = self.results.of(name, where, place, ours=kind == "ours")
        if found is None:
            return None, style
        self.objects |= found.objects
        return found.values, style

    def computed(self, word, first, second, i):
        """Of two rows above: seed by seed where both have the same seeds, else of their means."""
        for label in (first, second):
            if label not in self.numbers:
                raise Fault(f"there is no row '{label}' above")
        a, b = self.numbers[first][i][0], self.numbers[second][i][0]
        if a is None or b is None:
            return None
        if len(a) != len(b):
            a, b = [sum(a) / len(a)], [sum(b) / len(b)]
        return [x - y if word == "difference" else x / y for x, y in zip(a, b)]

    def wanted(self, label, bounds):
        """The row that says which bounds ('least 0.85', 'most 2.5%') were wanted of row `label`, or of all of ours ('*'), and whether
        they were reached."""
        if label != "*" and label not in self.numbers:
            raise Fault(f"a bound is wanted of row '{label}', which is not there")
        ours = [one[0] for one in self.told["ours"]]
        rows = ours if label == "*" else [label]
        bounds = bounds if isinstance(bounds, list) else [bounds] * len(self.columns)
        cells = []
        for i, bound in enumerate(bounds):
            values = [one for row in rows for one in self.numbers[row][i][0] or []]
            if not bound or not values:
                cells.append("")
                continue
            word, text = bound.split()
            limit = float(text.removesuffix("%").replace(",", "")) / (100 if text.endswith("%") else 1)
            good = [{"least": v >= limit, "most": v <= limit}[word] for v in values]
            verdict = "reached" if all(good) else f"reached by {sum(good)} of {len(good)}" if any(good) else "not reached"
            cells.append(f"{'≥' if word == 'least' else '≤'} {text}: {verdict}")
        return ["*wanted*" if rows == ours else f"*wanted, {label}*", *cells]

    def lines(self):
        rows = [[self.told.get("rows", ""), *(label for label, *_ in self.columns)]]
        for kind, style in KINDS.items():
            for label, *_ in self.told.get(kind, []):
                cells = [text_of(values, form) if values is not None else "" for values, form in self.numbers[label]]
                rows.append([style.format(label), *cells])
        rows += [self.wanted(*one) for one in self.told.get("wanted", [])]
        out = ["| " + " | ".join(arrow_kept(one.replace("|", "\\|")) for one in row) + " |" for row in rows]
        return [out[0], "| --- |" + " ---: |" * len(self.columns), *out[1:]]

    def origin(self, up, told_before):
        """The line below a table: objects, seeds, day, machine, file, and what was trained where no table before told it."""
        parts = [objects_of(self.told["objects"] if "objects" in self.told else self.objects, self.results, self.told.get("file"))]
        for name in self.files:
            one = self.results.read(name)
            repeats = self.told.get("repeats") or (f"{one['seeds']} seed{'s' * (one['seeds'] != 1)}" if "seeds" in one else "")
            machine = re.sub(r"\(R\)| Processor", "", one["machine"])
            parts += [repeats, one["date"], machine, f"[{name}.json]({up}bench/results/{name}.json)"]
            parts.append("" if name in told_before or name not in self.told.get("trained", self.files) else trained(one))
            told_before.add(name)
        return "<sub>" + " · ".join(one for one in dict.fromkeys(parts) if one) + "</sub>"

    def headline(self, told):
        """What the index says: a measure, ours, and what stands beside it: the cells that `told` names, else the first column and in it
        the first row of each that has a number."""
        labels = [label for label, *_ in self.columns]
        i = labels.index(self.known(told["column"], labels, "column")) if told else 0

        def cell(kind):
            rows = [label for label, *_ in self.told.get(kind, [])]
            for label in [self.known(told[kind], rows, f"row of '{kind}'")] if kind in told else rows:
                values, style = self.numbers[label][i]
                if values is not None:
                    return label, text_of([sum(values) / len(values)], style)
            return "", ""
        rows, measure = self.told.get("rows", ""), labels[i]
        if "↓" in rows or "↑" in rows:
            measure = f"{rows[:-2]}, {measure} {rows[-1]}"
        return [told.get("words", measure), f"**{cell('ours')[1]}**", " ".join(cell("beside")).strip()]

    @staticmethod
    def known(label, labels, what):
        if label not in labels:
            raise Fault(f"the headline names the {what} '{label}', which the first table does not have")
        return label


class Figure:
    """One question: heading, what was done, tables, what else is to be said."""

    def __init__(self, told, results):
        self.told = told
        self.tables = []
        for one in told.get("table", [told]):
            try:
                self.tables.append((one, Table(one, results)))
            except Fault as fault:
                raise Fault(f"'{told['ask']}': {fault}") from None
        self.results = results

    def text(self, up):
        out, told_before = [f"## {self.told['ask']}", self.prose("about")], set()
        for told, table in self.tables:
            if told is not self.told and "caption" in told:
                out.append(f"**{told['caption']}**")
            try:
                out += ["\n".join(table.lines()), table.origin(up, told_before)]
            except Fault as fault:
                raise Fault(f"'{self.told['ask']}': {fault}") from None
        out.append(self.prose("notes"))
        return "\n\n".join(one for one in out if one) + "\n"

    def prose(self, name):
        return self.results.filled(folded(self.told.get(name, "")), self.told["ask"])

    def index_row(self, page):
        told = self.told.get("headline", {})
        try:
            if told and not {"words", "column", "ours"} <= told.keys():
                raise Fault("a headline says in its own `words` which cell it is: give `column` and `ours`, and `beside`")
            measure, *head = self.tables[0][1].headline(told)
        except Fault as fault:
            raise Fault(f"'{self.told['ask']}': {fault}") from None
        return "| " + " | ".join([f"[{self.told['ask']}]({page}#{anchor_of(self.told['ask'])})", arrow_kept(measure), *head]) + " |"


def pages_of(root):
    """Path below docs -> sections of the page, each with the heading it begins with."""
    results = Results(root / "bench" / "results")
    spec = root / "bench" / "measured"
    index = tomllib.loads((spec / "index.toml").read_text())
    pages, listed = {}, [folded(f"# {index['title']}\n\n{index['intro']}")]
    for name in index["pages"]:
        told = tomllib.loads((spec / f"{name}.toml").read_text())
        try:
            figures = [Figure(one, results) for one in told["figure"]]
            intro = results.filled(folded(told["intro"]), told["title"])
            sections = [f"# {told['title']}\n\n{intro}\n\n{index['of_page']}\n"]
            sections += [one.text("../../") for one in figures]
            rows = [one.index_row(f"measured/{name}.md") for one in figures]
        except Fault as fault:
            raise Fault(f"bench/measured/{name}.toml: {fault}") from None
        pages[f"measured/{name}.md"] = sections
        listed += [f"## [{told['title']}](measured/{name}.md)", folded(told["said"]),
                   "\n".join(["| question | measure | ours | beside it |", "| --- | --- | ---: | --- |", *rows])]
    listed.append(folded(index["end"]))
    pages["measured.md"] = ["\n\n".join(listed) + "\n"]
    return pages, results


def unshown(root, results):
    return [f"bench/results/{path.name}: no table shows it; tell one in bench/measured"
            for path in sorted((root / "bench" / "results").iterdir()) if path.stem not in results.shown]


def differences(root, pages):
    """One sentence a section of the committed pages that is not what would be written."""
    faults = []
    strays = {f"measured/{path.name}" for path in (root / "docs" / "measured").glob("*")} - set(pages)
    faults += [f"docs/{name}: no file of bench/measured tells this page" for name in sorted(strays)]
    for name, sections in pages.items():
        path = root / "docs" / name
        there = path.read_text() if path.exists() else ""
        if there == "\n".join(sections):
            continue
        lines = iter(enumerate(there.splitlines(), 1))
        for section in sections:
            heading = section.split("\n", 1)[0]
            wanted = [*section.splitlines(), *[""] * (section is not sections[-1])]
            wrong = next(((number, line, found) for line, (number, found) in itertools.zip_longest(
                wanted, itertools.islice(lines, len(wanted)), fillvalue=(0, ""))if line != found), None)
            if wrong:
                faults.append(f"docs/{name}:{wrong[0]}: '{heading.lstrip('# ')}' is not what bench/results gives: '{wrong[2]}' should be "
                              f"'{wrong[1]}'")
                break
        else:
            faults.append(f"docs/{name}: more stands there than bench/measured tells")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a page is not what would be written")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent, help="default: this tree")
    options = parser.parse_args()
    try:
        pages, results = pages_of(options.root)
    except Fault as fault:
        sys.exit(str(fault))
    faults = unshown(options.root, results)
    if options.check:
        faults += differences(options.root, pages)
        if faults:
            faults.append("python3 bench/measured.py writes the pages again")
    else:
        for name, sections in pages.items():
            path = options.root / "docs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(sections))
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
