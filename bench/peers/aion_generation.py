"""Drawing and end to end: AION-1 beside the package of its authors (PyPI polymathic-aion 0.0.2), same weights, threads.

1. generation: an image (576 tokens) drawn given a DESI spectrum (273 tokens) in eight rounds of MaskGIT, cosine schedule,
   temperature 1, no guidance; one object and four. The package by its GenerationSampler.
2. end_to_end: images of four bands (96 x 96) and spectra (7,781 pixels) to tokens by the codecs, encoded by the model, in
   one process; one object and four. The package without its budget of 256 tokens.

    ./run peers aion_generation                   # writes bench/results/aion_generation.json and aion_end_to_end.json
    bench/peers/aion_generation.py --only generation --objects 1

The Base shape with random weights and the published codecs' shapes, as the package's constructors draw them, are made
once in a temporary folder (1.7 GB). The programs take turns; the best time of each counts. The program is that of
$ASTERISM_BUILD/bin.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "bench" / "peers")]
import aion_codec_speed as codecs  # noqa: E402
import aion_model as shapes  # noqa: E402
import machine  # noqa: E402

PROGRAM = shapes.BUILD / "bin" / "bench_aion_sample_bench"
ROUNDS_OF_MASKGIT, TARGET, GIVEN = 8, shapes.IMAGE, shapes.SPECTRUM
NAMES = {"generation": "sample", "end_to_end": "end_to_end"}  # of the program's benchmarks
WHAT = {"generation": "an image of 576 tokens drawn given a DESI spectrum, 8 rounds of MaskGIT: AION-1 (Base shape, random "
                      "weights, 2 threads) beside GenerationSampler of polymathic-aion 0.0.2",
        "end_to_end": "image and DESI spectrum to tokens by the codecs and encoded: AION-1 (published shapes, random weights, "
                      "2 threads) beside polymathic-aion 0.0.2"}


def folder_of_model():
    folder = pathlib.Path(shapes.random_folder("base"))
    if not (folder / "codecs" / "spectrum" / "model.safetensors").exists():
        codecs.make(folder, networks_alone=True)
    return folder


def model_of(folder):
    _, AION = shapes.package()
    from safetensors.torch import load_model
    model = AION(json.loads((folder / "config.json").read_text())).eval()
    load_model(model, str(folder / "model.safetensors"), strict=False)
    return model


def schedule(rounds):
    from aion.fourm.generate import build_chained_generation_schedules
    return build_chained_generation_schedules(
        cond_domains=[GIVEN[0]], target_domains=[TARGET[0]], tokens_per_target=[TARGET[1]],
        autoregression_schemes=["maskgit"], decoding_steps=[rounds], token_decoding_schedules=["cosine"], temps=[1.0],
        temp_schedules=["constant"], cfg_scales=[1.0], cfg_schedules=["constant"])


def drawing(model, objects):
    """What draws the image of so many objects in so many rounds."""
    import torch
    from aion.fourm.generate import GenerationSampler, init_empty_target_modality
    from aion.fourm.modality_info import MODALITY_INFO
    sampler, ids = GenerationSampler(model), shapes.tokens([GIVEN], objects)[GIVEN[0]]
    given = {GIVEN[0]: {"tensor": ids, "input_mask": torch.zeros(ids.shape, dtype=torch.bool),
                        "target_mask": torch.ones(ids.shape, dtype=torch.bool)}}
    given = init_empty_target_modality(given, MODALITY_INFO, TARGET[0], objects, TARGET[1], "cpu")

    def draw(rounds):
        drawn = sampler.generate(given, schedule(rounds), seed=1)[TARGET[0]]
        assert not drawn["input_mask"].any() and drawn["tensor"].max() > 0
    return draw


def end_to_end(model, folder, objects):
    import torch
    from aion.modalities import DESISpectrum
    image, spectrum = codecs.load(folder, "image"), codecs.load(folder, "spectrum")
    picture, shape = codecs.an_image(objects), (objects, 7781)
    spectra = DESISpectrum(flux=3 + torch.randn(shape), ivar=torch.ones(shape), mask=torch.zeros(shape, dtype=torch.bool),
                           wavelength=(3600 + 0.8 * torch.arange(7781)).expand(shape).contiguous())

    def work():
        ids = {TARGET[0]: image.encode(picture), GIVEN[0]: spectrum.encode(spectra)}
        assert shapes.work(model, ids, None).shape[1] == TARGET[1] + GIVEN[1]
    return work


def seconds_of(work, rounds):
    best = 1e9
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def names_of(only, objects):
    return [f"{NAMES[only]}/{n}" for n in objects.split(",")]


def run_peer(repeats):
    """Loads, says so, and then answers each line of standard input (a benchmark's name) with its least seconds."""
    import torch
    folder = folder_of_model()
    model = model_of(folder)
    print("ready", flush=True)
    with torch.no_grad():
        for line in sys.stdin:
            name, objects = line.strip().split("/")
            if name == NAMES["generation"]:
                draw = drawing(model, int(objects))
                draw(1)
                work = lambda: draw(ROUNDS_OF_MASKGIT)  # noqa: E731
            else:
                work = end_to_end(model, folder, int(objects))
                work()
            print(seconds_of(work, repeats), flush=True)


def peer_tokens(counts, repeats):
    """Seconds that the package takes to encode one object of so many tokens: what bench/scaling.py sets beside ours."""
    from aion.fourm.modality_info import MODALITY_INFO
    torch, _ = shapes.package()
    model, result = model_of(folder_of_model()), {}
    grids = {k: model.encoder_embeddings[k].num_patches for k, v in MODALITY_INFO.items() if v["type"] == "img"}
    with torch.no_grad():
        for count in counts:
            inputs, left = {}, count
            for key in sorted(grids, key=lambda k: (-grids[k], k)):
                if left > 0:
                    inputs[key] = torch.randint(0, 1000, (1, grids[key]))
                    left -= grids[key]
            work = lambda: model.encode(inputs, num_encoder_tokens=count)  # noqa: E731
            assert work().shape[1] == count
            result[count] = seconds_of(work, repeats)
    print(json.dumps(result))


def ours(name, repeats, precision):
    out = subprocess.run([PROGRAM, "--precision", precision, "--benchmark_format=json", "--benchmark_min_time=0.01",
                          f"--benchmark_repetitions={repeats}", f"--benchmark_filter=^{name}/"], check=True,
                         stdout=subprocess.PIPE, text=True,
                         env=shapes.environment(ASTERISM_AION_FOLDER=str(folder_of_model())))
    return min(b["real_time"] / 1e3 for b in json.loads(out.stdout)["benchmarks"] if b["run_type"] == "iteration")


class Peer:
    """The package in a process of its own, which loads its weights once."""

    def __init__(self, repeats):
        self.process = subprocess.Popen([sys.executable, __file__, "--peer", "--repeats", str(repeats)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=shapes.environment())
        while self.process.stdout.readline() != "ready\n":
            assert self.process.poll() is None, "the package did not load"

    def seconds(self, name):
        print(name, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())


def compare(name, peer, rounds, repeats):
    best = {}
    for _ in range(rounds):
        for who, measure in (("asterism", lambda: ours(name, repeats, "fp32")), ("package", lambda: peer.seconds(name)),
                             ("asterism, int8", lambda: ours(name, repeats, "int8")),
                             ("asterism, bf16", lambda: ours(name, repeats, "bf16"))):
            best[who] = min(best.get(who, 1e9), measure())
            print(name, who, f"{best[who]:.3f} s", file=sys.stderr, flush=True)
    return {who: round(s, 3) for who, s in best.items()} | {
        "ratio": round(best["package"] / best["asterism"], 2),
        "ratio, int8": round(best["package"] / best["asterism, int8"], 2),
        "ratio, bf16": round(best["package"] / best["asterism, bf16"], 2)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=list(NAMES), default="")
    parser.add_argument("--rounds", type=int, default=1, help="times that the programs take turns")
    parser.add_argument("--repeats", type=int, default=2, help="measurements of each in its turn; the least time counts")
    parser.add_argument("--objects", default="1,4", help="at once, by commas")
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--peer-tokens", default="", help="64,128: the package alone, one object of so many tokens")
    parser.add_argument("--prepare", action="store_true", help="make the folder of random weights, and end")
    parser.add_argument("--hold", action="store_true", help="once all is loaded, wait for a line on standard input")
    parser.add_argument("--out", default="")
    a = parser.parse_args()
    if a.prepare:
        return print(folder_of_model())
    if a.peer:
        return run_peer(a.repeats)
    if a.peer_tokens:
        return peer_tokens([int(n) for n in a.peer_tokens.split(",")], a.repeats)
    peer = Peer(a.repeats)
    if a.hold:
        print("loaded", file=sys.stderr, flush=True)
        input()
    for only in [a.only] if a.only else list(NAMES):
        result = machine.heading(f"aion_{only}", WHAT[only], "./run peers aion_generation -- "
                                 f"--only {only} --objects {a.objects} --rounds {a.rounds} --repeats {a.repeats}")
        result |= {"rounds": a.rounds, "repeats": a.repeats, "seconds": {}}
        for objects in a.objects.split(","):
            name = f"{NAMES[only]}/{objects}"
            result["seconds"][name] = compare(name, peer, a.rounds, a.repeats)
            machine.write(result, a.out)
        print(json.dumps(result, indent=1))
    peer.process.stdin.close()


if __name__ == "__main__":
    main()
