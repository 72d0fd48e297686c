#!/usr/bin/env python3
"""The figures of README.md, again: data, training and judgement, seed by seed, and one JSON file with what came out.

    python3 bench/figures.py                            # names and what each costs
    python3 bench/figures.py zcosmos                    # -> bench/results/zcosmos.json
    python3 bench/figures.py mock_photoz --seeds 1 --set train.steps=100 --out out/short.json

Needs the built program; real data are found as the tests find them (ASTERISM_SHARED, default ../shared; or --realdata), and
figures that compare with a peer call a script of bench/peers by the interpreter that ./run peers set up (or --python).
Everything is made in --work (default out/figures) and made once: what is there is used.
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

from machine import ROOT, heading, peers_python, real_data, write

COSMOS = [f"flux_cosmos_{b}" for b in "u b v g r ic z j k".split()]


JOINT_PAIRS = ["flux_r,redshift", "flux_g,flux_r", "flux_r,flux_z", "flux_g,redshift"]
NEIGHBOURS = ["--mock", "1250000", "--mock-scalars", "--mock-sky", "77", "--test-limit", "10000", "--question", "calibration", "--batch-size",
              "4096"]
IMAGES = ["--question", "image_reconstruction"]
CUBES = ["--question", "cube_reconstruction"]
BANDS = {f"{sky}_{survey}": ["data", "mock", survey, "--objects", str(objects), "--seed", str(first + i)]
         for sky, objects, first in (("bands", 1200, 21), ("fresh", 300, 121)) for i, survey in enumerate(("legacy", "sdss", "hsc", "euclid"))}
SDSS = {"mock_sdss": ["data", "mock", "sdss", "--objects", "20000", "--seed", "3"], "boss": ["data", "import", "boss", "{real}/boss"]}
MOCK_STARS = {"mock_stars": ["data", "mock", "sdss", "--objects", "8000", "--seed", "4", "--set", "galaxy_weight=0", "--set",
                             "quasar_weight=0", "--set", "r_spectroscopic=18", "--set", "spectroscopic_share=1"]}
STARS = {"stars": ["data", "import", "sdss_stars", "{real}/sdss_stars"]}
CURVES = ["--question", "light_curve_reconstruction", "--question", "linear_probe"]


def bands_judged(kind, by_name, sky="bands", test="test"):
    """How tokenizers of several surveys are judged: run, name of the judgement, words."""
    judged = []

    def add(run, what, survey, *more):
        judged.append(dict(run=f"{kind}_{run}", name=f"{run}: {what}", trivial=False, words=[
            "evaluate", "{run}", f"{{data}}/{sky}_{survey}", "--modality", f"image_{survey}", "--limit", "240", "--rebuild-limit", "240",
            "--train", "validation", "--test", test, *IMAGES, *more]))

    def posing(bands, names):
        return [x for band, name in zip(bands, names) for x in ("--read-as", f"{band}={name}")]

    euclid, stand_ins = [f"euclid-{b}" for b in ("vis", "y", "j", "h")], {"des": "griz", "hsc": "grzy"}
    for run in ("all", "physical", *by_name):
        add(run, "legacy, seen", "legacy")
        add(run, "legacy, pixels joined 2 x 2", "legacy", "--bin", "2")
    for run in ("all", "physical"):
        add(run, "hsc, i as it is", "hsc")
        add(run, "euclid as it is", "euclid")
    for run in by_name:
        for name in ("des-i", "sdss-i"):
            add(run, f"hsc, i read as {name}", "hsc", *posing(["hsc-i"], [name]))
        for survey, bands in stand_ins.items():
            add(run, f"euclid read as {survey}", "euclid", *posing(euclid, [f"{survey}-{b}" for b in bands]))
    return judged


# name -> (sentence, data sets to make, recipes to train in order, how to judge, peer)
# {run} is the last run of the seed, {data} the folder of the data sets, {real} that of the real data. A judgement is the words
# of a command, or a dict of these, a name, the recipe whose run is judged, and whether trivial codecs are judged beside it.
FIGURES = {
    "mock_photoz": dict(
        sentence="p(z | g r i z) of the mock sky against neighbours among 10^6 draws, 20,000 held-out objects of another sky",
        train=["scalars_redshift"],
        judge=[["evaluate", "{run}", "--mock", "1250000", "--mock-scalars", "--mock-sky", "77", "--test-limit", "20000",
                "--label", "redshift", "--question", "calibration", "--batch-size", "4096"]]),
    "scalars_joint": dict(
        sentence="four fluxes, redshift and mass of the mock sky as one joint distribution: pairs factored both ways; each given any others, "
                 "beside neighbours among 10^6 draws, objects of another sky",
        train=["scalars_joint"],
        judge=[dict(name="pairs", words=["evaluate", "{run}", "--mock", "60000", "--mock-scalars", "--mock-sky", "78", "--label", "redshift",
                                         "--question", "joint", "--batch-size", "4096",
                                         *[x for pair in JOINT_PAIRS for x in ("--pair", pair)]]),
               dict(name="redshift and mass", words=["evaluate", "{run}", *NEIGHBOURS, "--label", "redshift", "--label", "log_stellar_mass",
                                                     "--given", "flux_r", "--given", "flux_g,flux_r", "--given", "flux_g,flux_r,flux_i"]),
               dict(name="flux_i", words=["evaluate", "{run}", *NEIGHBOURS, "--label", "flux_i", "--label", "redshift", "--label",
                                          "log_stellar_mass", "--given", "flux_r", "--given", "flux_r,flux_z"])]),
    "spectrum_redshift": dict(
        sentence="redshift of mock galaxies from DESI-like spectra, by signal-to-noise",
        data={"mock_desi": ["data", "mock", "desi", "--objects", "30000", "--seed", "2"]},
        train=["spectrum_redshift"],
        judge=[["evaluate", "{run}", "{data}/mock_desi", "--label", "redshift", "--label", "object_class", "--require",
                "object_class=0", "--question", "signal_to_noise", "--question", "calibration"]]),
    "retrieval": dict(
        sentence="image and spectrum of the same mock object among 1,000 pairs, and among 10,000 of another sky",
        data={"mock": ["data", "mock", "legacy", "desi", "--objects", "12000", "--seed", "1"]},
        train=["contrastive_small"],
        judge=[dict(name="1,000 pairs", words=["evaluate", "{run}", "{data}/mock", "--label", "redshift", "--question", "retrieval"]),
               dict(name="10,000 pairs", words=["evaluate", "{run}", "--mock", "72000", "--mock-survey", "legacy,desi", "--mock-sky",
                                                "77", "--pairs", "10000", "--label", "redshift", "--question", "retrieval"])]),
    "any_to_any": dict(
        sentence="one model of images, spectra, fluxes and redshifts: retrieval by its vectors, redshift from the spectrum",
        data={"mock": ["data", "mock", "legacy", "desi", "--objects", "12000", "--seed", "1"]},
        train=["image_codec_tiny", "spectrum_codec_tiny", "any_to_any_tiny"],
        judge=[["evaluate", "{run}", "{data}/mock", "--label", "redshift", "--given", "spectrum_desi", "--given",
                "image_legacy", "--question", "retrieval", "--question", "signal_to_noise", "--question", "photo_z"]]),
    "zcosmos": dict(
        sentence="photometric redshifts of secure zCOSMOS galaxies from nine bands, and with each band left out",
        data={"zcosmos": ["data", "import", "zcosmos", "{real}/zcosmos"]},
        train=["zcosmos_photoz"],
        judge=[["evaluate", "{run}", "{data}/zcosmos", "--label", "redshift", "--label", "redshift_ok", "--require",
                "redshift_ok=1", "--question", "photo_z", "--question", "calibration"]
               + [x for b in COSMOS for x in ("--given", ",".join(c for c in COSMOS if c != b))]],
        predict=["predict", "{run}/model", "{data}/zcosmos", "{out}", "--given", ",".join(COSMOS), "--target", "redshift"],
        peer="zcosmos_forest"),
    "galaxy_zoo": dict(
        sentence="votes of Galaxy Zoo from frozen vectors of colour pictures and a linear head, five folds of 750",
        data={"zoo": ["data", "import", "legacy_galaxy_zoo", "{real}/legacy_galaxy_zoo", "--picture-size", "106"]},
        train=["rgb_codec", "galaxy_zoo"],
        predict=["embed", "{run}/model", "{data}/zoo", "{out}", "--layer", "0", "--symmetries", "--rings", "3"],
        peer="galaxy_zoo_folds"),
    "dino": dict(
        sentence="votes of Galaxy Zoo from 10, 50 and 250 labels: vectors learned from views without labels, beside pixels, an encoder "
                 "that learned nothing, and a masked autoencoder; 135 pictures that nothing was trained on",
        data={"zoo": ["data", "import", "legacy_galaxy_zoo", "{real}/legacy_galaxy_zoo", "--picture-size", "80"],
              "mock_pictures": ["data", "mock", "legacy", "--objects", "1000", "--seed", "31"]},
        train=["dino_tiny"],
        beside={"random": ("dino_tiny", ["train.steps=1", "train.learning_rate=0", "train.validate_every=0"]),
                "masked": ("masked_image_tiny", ["data.datasets=['{data}/zoo']", "model.modality='rgb_image'", "model.width=128",
                                                 "model.heads=4", "model.layers=6", "model.size=48", "train.steps=300", "data.batch_size=32"])},
        predict=["embed", "{run}/model", "{data}/zoo", "{out}", "--given", "rgb_image", "--symmetries"],
        peer="galaxy_zoo_labels"),
    "spectrum_codec": dict(
        sentence="BOSS and SDSS star spectra through a codec trained on mock spectra alone",
        data=SDSS | STARS,
        train=["sdss_codec"],
        judge=[["evaluate", "{run}", "{data}/boss", "--modality", "spectrum_sdss", "--question",
                "spectrum_reconstruction"],
               ["evaluate", "{run}", "{data}/stars", "--modality", "spectrum_sdss", "--question",
                "spectrum_reconstruction", "--test", "all", "--label", "redshift", "--learn-from", "{data}/mock_sdss",
                "--rebuild-limit", "2000"]]),
    "spectrum_templates": dict(
        sentence="DESI-like spectra of the mock sky as redshift and coefficients, beside trivial codecs of as many bits",
        data={"mock_desi_12k": ["data", "mock", "desi", "--objects", "12000", "--seed", "15"]},
        train=["spectrum_templates"],
        judge=[["evaluate", "{run}", "{data}/mock_desi_12k", "--modality", "spectrum_desi", "--rebuild-limit", "2000",
                "--label", "redshift", "--question", "spectrum_reconstruction"]]),
    "sdss_templates": dict(
        sentence="BOSS and SDSS star spectra through templates learned from mock spectra alone, and the redshifts they find",
        data=SDSS | STARS,
        train=["sdss_templates"],
        judge=[["evaluate", "{run}", "{data}/boss", "--modality", "spectrum_sdss", "--label", "redshift", "--question",
                "spectrum_reconstruction"],
               ["evaluate", "{run}", "{data}/stars", "--modality", "spectrum_sdss", "--question",
                "spectrum_reconstruction", "--test", "all", "--label", "redshift", "--learn-from", "{data}/mock_sdss",
                "--rebuild-limit", "2000"]]),
    "sdss_templates_real": dict(
        sentence="BOSS spectra through templates learned from mock spectra and from the training side of the BOSS spectra",
        data=SDSS,
        train=["sdss_templates_real"],
        judge=[["evaluate", "{run}", "{data}/boss", "--modality", "spectrum_sdss", "--label", "redshift", "--question",
                "spectrum_reconstruction"]]),
    "star_images": dict(
        sentence="real SDSS stamps of stars through templates of mock stars alone",
        data=MOCK_STARS | STARS,
        train=["star_images"],
        judge=[["evaluate", "{run}", "{data}/stars", "--modality", "image_sdss", "--test", "all", *IMAGES]]),
    "image_templates": dict(
        sentence="g r i z images of the mock sky as a pose and coefficients of templates, beside trivial codecs of as many bits",
        data={"mock_images": ["data", "mock", "legacy", "--objects", "5000", "--seed", "11"]},
        train=["image_templates"],
        judge=[["evaluate", "{run}", "{data}/mock_images", "--modality", "image_legacy", "--rebuild-limit", "4000", *IMAGES]]),
    "spectrum_codec_mock": dict(
        sentence="DESI-like spectra of the mock sky through a codec, beside trivial codecs of as many bits",
        data={"mock_desi_small": ["data", "mock", "desi", "--objects", "4000", "--seed", "15"]},
        train=["spectrum_codec_mock"],
        judge=[["evaluate", "{run}", "{data}/mock_desi_small", "--modality", "spectrum_desi", "--rebuild-limit", "1000",
                "--label", "redshift", "--question", "spectrum_reconstruction"]]),
    "light_curve_codec_eros": dict(
        sentence="EROS light curves through their tokens: points held back, and classes by a linear head",
        data={"eros": ["data", "import", "eros", "{real}/eros_lightcurves"]},
        train=["light_curve_codec_eros"],
        judge=[["evaluate", "{run}", "{data}/eros", "--modality", "lightcurve_eros", "--rebuild-limit", "3000", "--label",
                "variable_class", *CURVES]]),
    "light_curve_process_supernovae": dict(
        sentence="supernova light curves through their tokens: points held back, and classes by a linear head",
        data={"supernovae": ["data", "import", "supernovae", "{real}/supernovae"]},
        train=["light_curve_process_supernovae"],
        judge=[["evaluate", "{run}", "{data}/supernovae", "--modality", "lightcurve_supernova", "--rebuild-limit", "6000",
                "--label", "supernova_class", *CURVES]]),
    "cube_templates": dict(
        sentence="MaNGA-like cubes of the mock sky as maps of templates, beside components of spaxels of as many bits; and a real MUSE cube",
        data={"mock_cubes": ["data", "mock", "manga", "--objects", "480", "--seed", "31", *(x for key in (
            "star_weight=0", "quasar_weight=0", "r_spectroscopic=17", "r_faint=17", "spectroscopic_share=1") for x in ("--set", key))],
            "muse": ["data", "import", "muse", "{real}/muse_udf/subcub_mosaic.fits"]},
        train=["cube_templates"],
        judge=[dict(name="mock", words=["evaluate", "{run}", "{data}/mock_cubes", "--modality", "cube_manga", "--rebuild-limit", "300",
                                        "--batch-size", "16", "--label", "redshift", *CUBES]),
               dict(name="MUSE, real", words=["evaluate", "{run}", "{data}/muse", "--modality", "cube_muse", "--test", "all", *CUBES])]),
    "band_embedding": dict(
        sentence="bands known by name, by field or by what they are: seen, never seen, at another pixel scale",
        data=BANDS, train=["bands_all", "bands_physical", "bands_name", "bands_field"], judge=bands_judged("bands", ("name", "field"))),
    "image_scenes": dict(
        sentence="sources of several surveys as tokens: bands seen, never seen and read as others, another pixel scale",
        data=BANDS, train=["scenes_physical", "scenes_all", "scenes_name"], judge=bands_judged("scenes", ("name",), "fresh", "all")),
    "star_retrieval": dict(
        sentence="stamps of thirty real stars find their spectra, by a model trained on the mock sky alone",
        data=MOCK_STARS | STARS,
        train=["sdss_pairs"],
        judge=[["evaluate", "{run}", "{data}/stars", "--question", "retrieval", "--test", "all"]]),
}


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

    def make_data(self, figure):
        for name, words in figure.get("data", {}).items():
            if any("{real}" in w for w in words) and not self.options.realdata:
                sys.exit("this figure needs the real data sets: set ASTERISM_SHARED, or name their folder with --realdata")
            self.run(self.fill(words) + [self.data / name], self.data / name)

    def recipes(self, figure):
        """Name of the run, recipe, and settings of its own: those in order, and what is trained beside them."""
        yield from ((recipe, recipe, []) for recipe in figure["train"])
        for name, (recipe, own) in figure.get("beside", {}).items():
            yield f"{figure['train'][-1]}_{name}", recipe, self.fill(own)

    def train(self, figure, seed):
        """The runs of one seed; returns the last and what each cost. A codec that an earlier recipe made is handed on."""
        costs, made = {}, {}
        for name, recipe, own in self.recipes(figure):
            out = self.work / f"{name}.{seed}{self.variant}"
            text = (ROOT / "recipes" / f"{recipe}.toml").read_text()
            words = ["train", ROOT / "recipes" / f"{recipe}.toml", "--out", out, "--set", f"train.seed={seed}"]
            if "\nextends" in text:  # at most one step, and its keys stand unless these set them again
                base = (ROOT / "recipes" / re.search(r'\nextends = "(.*)"', text)[1]).read_text()
                keys = [line.split("=")[0] for line in text.splitlines()]
                text += "\n".join(line for line in base.splitlines() if line.split("=")[0] not in keys)
            for line in text.splitlines():  # data sets and codecs are where this program made them
                if line.startswith("datasets") and not any(one.startswith("data.datasets=") for one in own):
                    names = [pathlib.Path(name).name for name in line.split('"')[1::2]]
                    words += ["--set", f"data.datasets={[str(self.data / name) for name in names]}"]
                if line.startswith("[model.modalities."):
                    table = line.strip("[] \n")
                if line.startswith("codec"):
                    codec = pathlib.Path(line.split('"')[1]).parent.name
                    words += ["--set", f"{table}.codec='{made[codec] / 'model'}'"]
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
        answers = []
        for i, entry in enumerate(figure.get("judge", [])):
            entry = entry if isinstance(entry, dict) else {"words": entry}
            if self.options.only and not any(text in entry.get("name", str(i)) for text in self.options.only):
                continue
            run = made[entry.get("run", figure["train"][-1])]
            out = self.work / f"{run.name}.judged{i}"
            self.run(self.fill(entry["words"], run=run) + ["--out", out], out)
            for answer in json.loads((out / "answers.json").read_text())["answers"]:
                answers += [{**score, "question": answer["question"], "data": entry.get("name", i), "test": answer["test"]}
                            for score in answer["scores"] if entry.get("trivial", True) or not score["baseline"]]
        return answers

    def peer(self, figure, runs):
        made = []
        for run in runs:
            out = self.work / f"{run.name}.predicted"
            self.run(self.fill(figure["predict"], run=run, out=out), out)
            made.append(f"{run.name}={out}" if "beside" in figure else str(out))
        script = ROOT / "bench" / "peers" / f"{figure['peer']}.py"
        text = subprocess.run([self.options.python, script, self.options.realdata, *made], check=True, text=True,
                              stdout=subprocess.PIPE).stdout
        return json.loads(text)


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


# Figures that are measured, not trained for, by scripts of their own.
OTHERS = {"training_step": "python3 bench/training_step.py   (needs ./run bench and ./run peers once)",
          "start_times": "python3 bench/start_times.py MODEL   (a model folder)",
          "mock_sky": "python3 bench/sky_rates.py   (needs ./run bench once)",
          "gpu_models": "build/bin/bench_device_bench   (needs a GPU and ./run bench once; its rows are copied by hand)",
          "aion_codecs_gpu": "./run peers aion_codec_speed -- --device cuda   (needs a GPU)",
          "aion_model_gpu": "./run peers aion_model -- --device cuda   (needs a GPU)"}


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
        runs += [made[name] for name, recipe, own in bench.recipes(figure) if recipe == figure["train"][-1] or own]
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
