"""AION-1's codecs beside the package of its authors (PyPI polymathic-aion 0.0.2): the same weights, objects and threads.

    ./run peers aion_codec_speed                  # writes bench/results/aion_codecs.json

The published shapes with random weights, as the package's constructors draw them, are made once in a temporary folder.
Each program encodes and decodes 8 images of four bands (96 x 96) and 8 DESI-like spectra (7,781 pixels), and encodes
32 scalars and 55 Gaia coefficients of 65,536 objects; both in turn, the best of every round. Seconds to the first token
are those of a process that encodes one image and ends, imports and loading included.
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench"))
BUILD = pathlib.Path(os.environ.get("ASTERISM_BUILD", ROOT / "build"))
PROGRAM = BUILD / "bin" / "bench_aion_codec_bench"
THREADS, SCALARS, ROWS = 2, 32, 65536
# multiplications and additions of one object: the published encoder and decoder, of their convolutions and products
NETWORKS = ("image_encode", "image_decode", "spectrum_encode", "spectrum_decode")
WORK_GFLOP = {"image_encode": 63.0, "spectrum_encode": 20.0}

IMAGE = dict(quantizer_levels=[7, 5, 5, 5, 5], hidden_dims=512, multisurvey_projection_dims=54, n_compressions=2,
             num_consecutive=4, embedding_dim=5, range_compression_factor=0.01, mult_factor=10.0)
SPECTRUM = dict(encoder_depths=[3, 3, 27, 3], encoder_dims=[64, 128, 256, 512], decoder_depths=[3, 9, 3, 3],
                decoder_dims=[256, 128, 64, 2], lambda_min=3500.0, resolution=0.8, num_pixels=8704, latent_channels=512,
                embedding_dim=10, clip_ivar=100, clip_flux=None, input_scaling=0.2, normalization_range=[-1, 5],
                codebook_size=1024, dim=10)
SCALAR = dict(modality="SHAPE_E1", codebook_size=1024, reservoir_size=100000)
XP = dict(modality="bp_coefficients", compression_fns=["arcsinh"], decompression_fns=["sinh"], codebook_size=1024,
          reservoir_size=100000, num_quantizers=55)


def classes():
    from aion.codecs.image import ImageCodec
    from aion.codecs.scalar import MultiScalarCodec, ScalarCodec
    from aion.codecs.spectrum import SpectrumCodec
    return {"image": (ImageCodec, IMAGE), "spectrum": (SpectrumCodec, SPECTRUM), "xp": (MultiScalarCodec, XP)} | {
        f"scalar_{i}": (ScalarCodec, SCALAR) for i in range(SCALARS)}


def make(folder):
    import torch
    from safetensors.torch import save_file
    torch.manual_seed(0)
    for name, (cls, config) in classes().items():
        codec = cls(**config)
        for module in codec.modules():
            if hasattr(module, "_reservoir"):
                module._reservoir.copy_(torch.randn(module._reservoir.shape))
                module._generate_index_to_val()
        place = folder / "codecs" / name
        place.mkdir(parents=True)
        (place / "config.json").write_text(json.dumps(config))
        save_file({k: v.contiguous().clone() for k, v in codec.state_dict().items()}, place / "model.safetensors")


def load(folder, name):
    from safetensors.torch import load_file
    cls, config = classes()[name]
    codec = cls(**config)
    codec.load_state_dict(load_file(folder / "codecs" / name / "model.safetensors"), strict=True)
    return codec.eval()


def an_image(n):
    import torch
    from aion.modalities import LegacySurveyImage
    return LegacySurveyImage(flux=0.3 * torch.randn(n, 4, 96, 96), bands=["DES-G", "DES-R", "DES-I", "DES-Z"])


def tasks(folder):
    import torch
    from aion.modalities import DESISpectrum, ScalarModalities
    image, spectrum, xp = (load(folder, n) for n in ("image", "spectrum", "xp"))
    scalars = [load(folder, f"scalar_{i}") for i in range(SCALARS)]
    picture = an_image(8)
    shape = (8, 7781)
    spectra = DESISpectrum(flux=3 + torch.randn(shape), ivar=torch.ones(shape), mask=torch.zeros(shape, dtype=torch.bool),
                           wavelength=(3600 + 0.8 * torch.arange(7781)).expand(shape).contiguous())
    value = ScalarModalities["SHAPE_E1"](value=torch.randn(ROWS))
    vector = ScalarModalities["bp_coefficients"](value=torch.randn(ROWS, 55))
    image_tokens, spectrum_tokens = image.encode(picture), spectrum.encode(spectra)
    return {"image_encode": (8, lambda: image.encode(picture)),
            "image_decode": (8, lambda: image.decode(image_tokens, bands=picture.bands)),
            "spectrum_encode": (8, lambda: spectrum.encode(spectra)),
            "spectrum_decode": (8, lambda: spectrum.decode(spectrum_tokens)),
            "many_scalars": (ROWS, lambda: [codec.encode(value) for codec in scalars]),
            "gaia_xp": (ROWS, lambda: xp.encode(vector))}


def run_peer(folder, seconds):
    import torch
    torch.set_num_threads(THREADS)
    result = {}
    with torch.no_grad():
        for name, (objects, work) in tasks(folder).items():
            work()
            best, begin = 1e9, time.perf_counter()
            while time.perf_counter() - begin < seconds or best == 1e9:
                once = time.perf_counter()
                work()
                best = min(best, time.perf_counter() - once)
            result[name] = objects / best
    print(json.dumps(result))


def run_peer_once(folder, start):
    import torch
    torch.set_num_threads(THREADS)
    with torch.no_grad():
        load(folder, "image").encode(an_image(1))
    print(json.dumps({"first_token_s": time.perf_counter() - start,
                      "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}))


def environment(**more):
    return {**os.environ, "OMP_NUM_THREADS": str(THREADS), **more}


def peer(folder, *words):
    out = subprocess.run([sys.executable, __file__, "--folder", folder, *words], check=True, capture_output=True, text=True,
                         env=environment())
    return json.loads(out.stdout.strip().splitlines()[-1])


def ours(folder, seconds, precision="fp32"):
    out = subprocess.run([PROGRAM, "--benchmark_format=json", f"--benchmark_min_time={seconds / 3}",
                          "--benchmark_repetitions=3"], check=True, capture_output=True, text=True,
                         env=environment(ASTERISM_AION_FOLDER=folder, ASTERISM_AION_PRECISION=precision))
    result = {}
    for b in json.loads(out.stdout)["benchmarks"]:
        if b["run_type"] == "iteration":
            name = b["name"].split("/")[0]
            result[name] = max(result.get(name, 0), b.get("objects/s", b.get("GFLOP/s", 0)))
    if precision != "fp32":
        return {f"{name} {precision}": rate for name, rate in result.items() if name in NETWORKS}
    once = subprocess.run([PROGRAM], check=True, capture_output=True, text=True,
                          env=environment(ASTERISM_AION_FOLDER=folder, ASTERISM_AION_ONCE="1"))
    return result | json.loads(once.stdout)


def compare(folder, seconds, rounds):
    best, theirs = {}, {}
    for _ in range(rounds):
        for into, one in ((best, ours(folder, seconds)), (best, ours(folder, seconds, "bf16")),
                          (theirs, peer(folder, "--peer", "--seconds", str(seconds)) | peer(folder, "--once"))):
            for key, value in one.items():
                less = key in ("first_token_s", "peak_gib")
                into[key] = value if key not in into else (min if less else max)(into[key], value)
    table = {}
    for name in ("image_encode", "image_decode", "spectrum_encode", "spectrum_decode", "many_scalars", "gaia_xp"):
        table[name] = {"asterism": round(best[name], 2), "package": round(theirs[name], 2),
                       "ratio": round(best[name] / theirs[name], 2)}
        if name in NETWORKS:
            half = best[f"{name} bf16"]
            table[name] |= {"asterism, bf16": round(half, 2), "ratio, bf16": round(half / theirs[name], 2)}
        if name in WORK_GFLOP:
            for who, rates in (("asterism", best), ("package", theirs)):
                table[name][f"share of the product peak, {who}"] = round(rates[name] * WORK_GFLOP[name] / best["product"], 3)
    return {"objects_per_second": table, "product_peak_gflops": round(best["product"], 1),
            "first_token_s": {"asterism": round(best["first_token_s"], 2), "package": round(theirs["first_token_s"], 2)},
            "peak_gib": {"asterism": round(best["peak_gib"], 2), "package": round(theirs["peak_gib"], 2)}}


def main():
    start = time.perf_counter()
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", default="", type=str)
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--out", default="")
    a = parser.parse_args()
    if a.peer:
        return run_peer(pathlib.Path(a.folder), a.seconds)
    if a.once:
        return run_peer_once(pathlib.Path(a.folder), start)
    import machine
    result = machine.heading("aion_codecs", "AION-1's codecs (published shapes, random weights, 2 threads; fp32 unless said) beside "
                             "polymathic-aion 0.0.2", "./run peers aion_codec_speed")
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(a.folder or scratch)
        if not a.folder:
            make(folder)
        result |= compare(str(folder), a.seconds, a.rounds)
    print(json.dumps(result, indent=1))
    machine.write(result, a.out)


if __name__ == "__main__":
    main()
