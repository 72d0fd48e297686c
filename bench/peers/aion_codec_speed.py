"""AION-1's codecs beside the package of its authors (PyPI polymathic-aion 0.0.2): the same weights, objects and threads.

    ./run peers aion_codec_speed                  # writes bench/results/aion_codecs.json

The published shapes with random weights, as the package's constructors draw them, are made once in a temporary folder.
Each program encodes and decodes 8 images of four bands (96 x 96) and 8 DESI-like spectra (7,781 pixels), and encodes
32 scalars and 55 Gaia coefficients of 65,536 objects; both in turn, the best of every round. Seconds to the first token
are those of a process that encodes one image and ends, imports and loading included.

    bench/peers/aion_codec_speed.py --device cuda --batch 8,256        # writes bench/results/aion_codecs_gpu.json

compares on a GPU: the package as it ships (fp32; PyTorch runs its convolutions in TF32) and under bf16 autocast, asterism
in fp32, tf32 and bf16. A rate is that from arrays in memory to tokens in memory; "ready" is the package's with its inputs
on the GPU already and its tokens left there. The program is that of $ASTERISM_BUILD/bin.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench"))
BUILD = pathlib.Path(os.environ.get("ASTERISM_BUILD", ROOT / "build"))
PROGRAM = BUILD / "bin" / "bench_aion_codec_bench"
THREADS, SCALARS, ROWS = 2, 32, 65536
NARROW = ("bf16", "int8")  # on CPUs, of images and spectra
# multiplications and additions of one object, of the published networks' convolutions and products alone, as torch's
# FlopCounterMode counts them in the package: what we compose to fewer counts as much
WORK_GFLOP = {"image_encode": 63.06, "image_decode": 44.37, "spectrum_encode": 20.43, "spectrum_decode": 4.99}
NETWORKS = tuple(WORK_GFLOP)

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


def make(folder, networks_alone=False):
    import torch
    from safetensors.torch import save_file
    torch.manual_seed(0)
    for name, (cls, config) in classes().items():
        if networks_alone and name not in ("image", "spectrum"):
            continue
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


def tasks(folder, batch=8):
    import torch
    from aion.modalities import DESISpectrum, ScalarModalities
    image, spectrum, xp = (load(folder, n) for n in ("image", "spectrum", "xp"))
    scalars = [load(folder, f"scalar_{i}") for i in range(SCALARS)]
    picture = an_image(batch)
    shape = (batch, 7781)
    spectra = DESISpectrum(flux=3 + torch.randn(shape), ivar=torch.ones(shape), mask=torch.zeros(shape, dtype=torch.bool),
                           wavelength=(3600 + 0.8 * torch.arange(7781)).expand(shape).contiguous())
    values = [ScalarModalities["SHAPE_E1"](value=torch.randn(ROWS)) for _ in scalars]
    vector = ScalarModalities["bp_coefficients"](value=torch.randn(ROWS, 55))
    image_tokens, spectrum_tokens = image.encode(picture), spectrum.encode(spectra)
    return {"image_encode": (batch, lambda: image.encode(picture)),
            "image_decode": (batch, lambda: image.decode(image_tokens, bands=picture.bands)),
            "spectrum_encode": (batch, lambda: spectrum.encode(spectra)),
            "spectrum_decode": (batch, lambda: spectrum.decode(spectrum_tokens)),
            "many_scalars": (ROWS, lambda: [codec.encode(value) for codec, value in zip(scalars, values)]),
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


def moved(x, device):
    """Tensors of anything a codec takes or gives, there; a new object."""
    import dataclasses
    import torch
    if isinstance(x, torch.Tensor):
        return x.to(device)
    if isinstance(x, (list, tuple)):
        return type(x)(moved(y, device) for y in x)
    if dataclasses.is_dataclass(x):
        return dataclasses.replace(x, **{f.name: moved(getattr(x, f.name), device) for f in dataclasses.fields(x)})
    return x


def device_tasks(folder, batch, device):
    """name: (objects, inputs on the CPU, what a codec makes of them on the device)."""
    import torch
    from aion.modalities import DESISpectrum, ScalarModalities
    image, spectrum = (load(folder, n).to(device) for n in ("image", "spectrum"))
    picture = an_image(batch)
    shape = (batch, 7781)
    spectra = DESISpectrum(flux=3 + torch.randn(shape), ivar=torch.ones(shape), mask=torch.zeros(shape, dtype=torch.bool),
                           wavelength=(3600 + 0.8 * torch.arange(7781)).expand(shape).contiguous())
    networks = {"image_encode": (batch, picture, image.encode),
                "image_decode": (batch, torch.randint(4375, (batch, 576)), lambda t: image.decode(t, bands=picture.bands)),
                "spectrum_encode": (batch, spectra, spectrum.encode),
                "spectrum_decode": (batch, torch.randint(1024, (batch, 273)), spectrum.decode)}
    if not (folder / "codecs" / "xp").exists():
        return networks
    xp = load(folder, "xp").to(device)
    scalars = [load(folder, f"scalar_{i}").to(device) for i in range(SCALARS)]
    value = ScalarModalities["SHAPE_E1"](value=torch.randn(ROWS))
    vector = ScalarModalities["bp_coefficients"](value=torch.randn(ROWS, 55))
    return networks | {"many_scalars": (ROWS, value, lambda x: [codec.encode(x) for codec in scalars]),
                       "gaia_xp": (ROWS, vector, xp.encode)}


def run_peer_on_device(folder, seconds, batch, device, precision):
    import torch

    def wait():
        if device != "cpu":
            torch.cuda.synchronize()

    def rate(objects, work):
        for _ in range(2):
            work()
        wait()
        best, begin = 1e9, time.perf_counter()
        while time.perf_counter() - begin < seconds or best == 1e9:
            once = time.perf_counter()
            work()
            wait()
            best = min(best, time.perf_counter() - once)
        return objects / best

    result = {}
    with torch.no_grad(), torch.autocast(device.split(":")[0], torch.bfloat16, enabled=precision == "bf16"):
        for name, (objects, given, codec) in device_tasks(folder, batch, device).items():
            try:
                result[name] = rate(objects, lambda: moved(codec(moved(given, device)), "cpu"))
                there = moved(given, device)
                result[f"{name} ready"] = rate(objects, lambda: codec(there))
            except Exception as error:  # what the package cannot do there is said, not hidden
                result[f"{name} error"] = f"{type(error).__name__}: {error}"[:200]
    print(json.dumps(result))


def ours_on_device(folder, seconds, batch, device, precision):
    tables = precision == "fp32" and (pathlib.Path(folder) / "codecs" / "xp").exists()  # looked up in fp32 whatever is asked for
    some = "" if tables else "image|spectrum|product|memory"
    out = subprocess.run([PROGRAM, "--device", device, "--precision", precision, "--batch", str(batch),
                          "--benchmark_format=json", f"--benchmark_min_time={seconds}", f"--benchmark_filter={some or '.'}"],
                         check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "ASTERISM_AION_FOLDER": folder})
    return {b["name"].split("/")[0]: b.get("objects/s", b.get("GFLOP/s", b.get("GB/s", 0)))
            for b in json.loads(out.stdout)["benchmarks"] if b["run_type"] == "iteration"}


def compare_on_device(folder, seconds, batches, device, precisions):
    report, roofs = {}, {}
    for batch in batches:
        ours = {p: ours_on_device(folder, seconds, batch, device, p) for p in precisions}
        words = ["--peer", "--device", device, "--batch", str(batch), "--seconds", str(seconds)]
        theirs = {p: peer(folder, *words, "--precision", p, on_device=True)
                  for p in ("fp32", "bf16") if p == "fp32" or "fp32" in precisions}
        for p, rates in ours.items():
            roofs[f"product, {p}, TFLOP/s"] = round(rates["product"] / 1e3, 1)
        roofs["copy, GB/s"] = round(ours[precisions[0]]["memory"], 1)
        table = report[f"batch {batch}"] = {}
        for name in (*NETWORKS, "many_scalars", "gaia_xp"):
            if not any(name in rates for rates in ours.values()):
                continue
            row = table[name] = {f"asterism, {p}": round(rates[name], 1) for p, rates in ours.items() if name in rates}
            for p, rates in theirs.items():
                who = "package" if p == "fp32" else "package, bf16 autocast"
                for more in ("", " ready", " error"):
                    if name + more in rates:
                        value = rates[name + more]
                        row[who + ("," if more else "") + more] = value if more == " error" else round(value, 1)
            if "package" in row:
                row["best of asterism to the package"] = round(max(r.get(name, 0) for r in ours.values()) / row["package"], 2)
            if name in WORK_GFLOP:
                row["share of the product peak"] = {
                    p: round(rates[name] * WORK_GFLOP[name] / rates["product"], 3) for p, rates in ours.items()}
    return {"objects_per_second": report, "roofs": roofs}


def run_peer_once(folder, start):
    import torch
    torch.set_num_threads(THREADS)
    with torch.no_grad():
        load(folder, "image").encode(an_image(1))
    print(json.dumps({"first_token_s": time.perf_counter() - start}))


def environment(**more):
    return {**os.environ, "OMP_NUM_THREADS": str(THREADS), **more}


def peer(folder, *words, on_device=False):
    out = subprocess.run([sys.executable, __file__, "--folder", folder, *words], check=True, stdout=subprocess.PIPE, text=True,
                         env=os.environ if on_device else environment())
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


def compare(folder, seconds, rounds, narrow_ones):
    best, theirs = {}, {}
    for _ in range(rounds):
        for into, one in ((best, ours(folder, seconds)), *((best, ours(folder, seconds, narrow)) for narrow in narrow_ones),
                          (theirs, peer(folder, "--peer", "--seconds", str(seconds)) | peer(folder, "--once"))):
            for key, value in one.items():
                less = key == "first_token_s"
                into[key] = value if key not in into else (min if less else max)(into[key], value)
    table = {}
    for name in ("image_encode", "image_decode", "spectrum_encode", "spectrum_decode", "many_scalars", "gaia_xp"):
        table[name] = {"asterism": round(best[name], 2), "package": round(theirs[name], 2),
                       "ratio": round(best[name] / theirs[name], 2)}
        if name in NETWORKS:
            for narrow in narrow_ones:
                rate = best[f"{name} {narrow}"]
                table[name] |= {f"asterism, {narrow}": round(rate, 2), f"ratio, {narrow}": round(rate / theirs[name], 2)}
        if name in WORK_GFLOP:
            for who, rates in (("asterism", best), ("package", theirs)):
                table[name][f"share of the product peak, {who}"] = round(rates[name] * WORK_GFLOP[name] / best["product"], 3)
    return {"objects_per_second": table, "product_peak_gflops": round(best["product"], 1),
            "first_token_s": {"asterism": round(best["first_token_s"], 2), "package": round(theirs["first_token_s"], 2)}}


def main():
    start = time.perf_counter()
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", default="", type=str)
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--out", default="")
    parser.add_argument("--device", default="", help="cuda, or cpu to try the comparison of a GPU without one")
    parser.add_argument("--ours", default="", help="precisions of asterism, by commas (fp32,bf16,int8; with --device fp32,tf32,bf16, where "
                        "without fp32 the package has its own alone)")
    parser.add_argument("--networks", action="store_true", help="images and spectra alone; with --device")
    parser.add_argument("--batch", default="8,256", help="images and spectra at once, by commas; with --device")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32", help="of --peer with --device")
    a = parser.parse_args()
    if a.peer and a.device:
        return run_peer_on_device(pathlib.Path(a.folder), a.seconds, int(a.batch), a.device, a.precision)
    if a.peer:
        return run_peer(pathlib.Path(a.folder), a.seconds)
    if a.once:
        return run_peer_once(pathlib.Path(a.folder), start)
    if a.networks and not a.device:
        parser.error("--networks goes with --device: on CPUs the scalars are measured too")
    precisions = (a.ours or ("fp32,tf32,bf16" if a.device else ",".join(["fp32", *NARROW]))).split(",")
    import machine
    result = machine.heading("aion_codecs", "AION-1's codecs (published shapes, random weights, 2 threads; fp32 unless said) beside "
                             "polymathic-aion 0.0.2", f"./run peers aion_codec_speed -- --rounds {a.rounds} --seconds {a.seconds:g}" + f" --ours {a.ours}" * bool(a.ours))
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(a.folder or scratch)
        if not (folder / "codecs").exists():
            make(folder, a.networks)
        if a.device:
            import torch
            batches = [int(b) for b in a.batch.split(",")]
            result = machine.heading("aion_codecs_gpu", "AION-1's codecs on a GPU (published shapes, random weights) beside "
                                     f"polymathic-aion 0.0.2, torch {torch.__version__}",
                                     f"bench/peers/aion_codec_speed.py --device {a.device} --batch {a.batch}" + f" --ours {','.join(precisions)}" + a.networks * " --networks")
            if a.device != "cpu":
                result["machine"] += f", {torch.cuda.get_device_name()}"
            result |= compare_on_device(str(folder), a.seconds, batches, a.device, precisions)
        else:
            result |= compare(str(folder), a.seconds, a.rounds, [p for p in precisions if p != "fp32"])
    print(json.dumps(result, indent=1))
    machine.write(result, a.out)


if __name__ == "__main__":
    main()
