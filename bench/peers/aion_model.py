"""AION-1 beside the package of its authors (PyPI polymathic-aion 0.0.2): the same weights, tokens and threads.

1. Weights that asterism writes load in the package and give the same vectors and logits there; so does a model that
   `asterism train` made (recipes/aion_tiny.toml, shortened).
2. Speed: encode image + DESI spectrum (849 tokens), image alone, four fluxes, and redshift from image and spectrum, each
   program in turn; peak memory and seconds to the first result, each in a process of its own.

    ./run peers aion_model                        # writes bench/results/aion_model.json
    bench/peers/aion_model.py --only weights      # or speed; --folder takes a published folder instead of random weights

The Base shape with random weights is made once by the package, in a temporary folder (1.3 GB).

    bench/peers/aion_model.py --device cuda --batch 64 --size base,large     # writes bench/results/aion_model_gpu.json

compares on a GPU: the package as it ships (fp32) and under bf16 autocast, asterism in fp32, tf32 and bf16. Tokens come
from memory, vectors stay on the GPU. The program is that of $ASTERISM_BUILD/bin.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench"))
BUILD = pathlib.Path(os.environ.get("ASTERISM_BUILD", ROOT / "build"))
PROGRAM = BUILD / "bin" / "bench_aion_encode_bench"
THREADS = 2
IMAGE, SPECTRUM = ("tok_image", 576, 4375), ("tok_spectrum_desi", 273, 1024)
FLUXES = [(f"tok_flux_{b}", 1, 1024) for b in "griz"]
SIZES = {"base": dict(dim=768, encoder_depth=12, decoder_depth=12, num_heads=12),
         "large": dict(dim=1024, encoder_depth=24, decoder_depth=24, num_heads=16),
         "xlarge": dict(dim=2048, encoder_depth=24, decoder_depth=24, num_heads=32)}


def tasks_of(batch):
    """name: (modalities, objects, what is asked for)."""
    both = [IMAGE, SPECTRUM]
    return {"image_and_spectrum/1": (both, 1, None), f"image_and_spectrum/{batch}": (both, batch, None),
            f"image/{batch}": ([IMAGE], batch, None), f"fluxes/{4 * batch}": (FLUXES, 4 * batch, None),
            f"forward_to_redshift/{batch}": (both, batch, "tok_z")}


TASKS = {"image_and_spectrum/1": ([IMAGE, SPECTRUM], 1, None), "image_and_spectrum/4": ([IMAGE, SPECTRUM], 4, None),
         "image/4": ([IMAGE], 4, None), "fluxes/256": (FLUXES, 256, None),
         "forward_to_redshift/4": ([IMAGE, SPECTRUM], 4, "tok_z")}


def package():
    import torch
    from aion.model import AION
    torch.set_num_threads(THREADS)
    return torch, AION


def base_config(**changes):
    from aion.fourm.modality_info import MODALITY_INFO
    keys = sorted(k for k in MODALITY_INFO)
    return dict(domains_in=keys, domains_out=keys, dim=768, encoder_depth=12, decoder_depth=12, num_heads=12, mlp_ratio=4,
                qkv_bias=False, proj_bias=False, mlp_bias=False, norm_bias=False, gated_mlp=True, qk_norm=True,
                act_layer="SiLU") | changes


def random_model(config, seed=0):
    torch, AION = package()
    torch.manual_seed(seed)
    model = AION(config).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.endswith("norm.weight") or ".norm" in name:
                p.add_(0.1 * torch.randn_like(p))
    return model


def tokens(modalities, objects, seed=1):
    torch, _ = package()
    generator = torch.Generator().manual_seed(seed)
    return {key: torch.randint(0, codes, (objects, count), generator=generator) for key, count, codes in modalities}


class Target:
    def __init__(self, key, count):
        self.token_key, self.num_tokens = key, count


def work(model, inputs, target):
    torch, _ = package()
    with torch.no_grad():
        if target:
            return model(inputs, Target(target, 1))[target]
        return model.encode(inputs, num_encoder_tokens=sum(t.shape[1] for t in inputs.values()))


# --- weights ---------------------------------------------------------------------------------------------------------

def check_weights():
    """The package's folder through asterism and back: every tensor, and what the package makes of it."""
    torch, AION = package()
    from safetensors.torch import load_model
    worst = {}
    for name, changes in {"published": {}, "gelu, biases, no QK-norm": dict(
            gated_mlp=False, act_layer="GELU", qkv_bias=True, proj_bias=True, mlp_bias=True, norm_bias=True,
            qk_norm=False)}.items():
        with tempfile.TemporaryDirectory() as folder:
            config = base_config(dim=32, encoder_depth=2, decoder_depth=2, num_heads=2, **changes)
            model = random_model(config)
            model.save_pretrained(f"{folder}/theirs", config=config)
            environment = {**os.environ, "ASTERISM_AION_FOLDER": f"{folder}/theirs", "ASTERISM_AION_SAVE": f"{folder}/ours"}
            subprocess.run([PROGRAM], check=True, env=environment)
            saved = json.loads(pathlib.Path(f"{folder}/ours/config.json").read_text())
            again = AION(saved).eval()
            missing, unexpected = load_model(again, f"{folder}/ours/model.safetensors", strict=False)
            assert not missing and not unexpected, (missing, unexpected)
            for key, tensor in model.state_dict().items():
                assert torch.equal(tensor, again.state_dict()[key]), key
            inputs = tokens([IMAGE, SPECTRUM], 2)
            worst[name] = max(float((work(model, inputs, t) - work(again, inputs, t)).abs().max())
                              for t in (None, "tok_z"))
            assert worst[name] == 0, worst
    print(json.dumps({"weights written by asterism and read by the package: largest difference": worst}))
    return worst


def check_trained():
    """A model that `asterism train` made: the package loads it, and both give the same logits."""
    torch, AION = package()
    from safetensors.torch import load_model, save_file
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        program = BUILD / "bin" / "asterism"
        subprocess.run([program, "train", ROOT / "recipes" / "aion_tiny.toml", "--out", folder / "run", *(word for one in (
            "train.steps=30", "train.validate_every=30", "train.prepare_objects=3000", "data.mock.objects=4000") for word in
            ("--set", one))], check=True, stdout=subprocess.DEVNULL)
        (folder / "run" / "model").rename(folder / "model")
        model = AION(json.loads((folder / "model" / "config.json").read_text())).eval()
        missing, unexpected = load_model(model, folder / "model" / "model.safetensors", strict=False)
        assert not missing and not unexpected, (missing, unexpected)
        inputs = tokens(FLUXES, 5)
        with torch.no_grad():
            logits = model(inputs, Target("tok_z", 1))["tok_z"]
        (folder / "io").mkdir()
        info = {"order": list(inputs), "targets": ["tok_z"]}
        save_file({**{f"in.{key}": ids for key, ids in inputs.items()}, "out.logits.tok_z": logits.contiguous()},
                  folder / "io" / "model_fwd_trained.safetensors", metadata={"info": json.dumps(info)})
        subprocess.run([program, "model", "verify", folder, "--case", "model_fwd_trained"], check=True)


# --- speed -----------------------------------------------------------------------------------------------------------

def peer_rates(folder, seconds):
    """Objects per second of the package, a process of its own: python3 aion_model.py --peer FOLDER."""
    out = subprocess.run([sys.executable, __file__, "--peer", folder, "--seconds", str(seconds)], check=True,
                         capture_output=True, text=True, env=environment())
    return json.loads(out.stdout.strip().splitlines()[-1])


def environment(**more):
    return {**os.environ, "OMP_NUM_THREADS": str(THREADS), "OMP_WAIT_POLICY": "passive", **more}


def run_peer(folder, seconds):
    start = time.perf_counter()
    torch, AION = package()
    from safetensors.torch import load_model
    model = AION(json.loads(pathlib.Path(folder, "config.json").read_text())).eval()
    load_model(model, f"{folder}/model.safetensors", strict=False)
    work(model, tokens([IMAGE, SPECTRUM], 1), None)
    first = time.perf_counter() - start
    result = {"first_result_s": first, "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}
    for name, (modalities, objects, target) in TASKS.items():
        inputs = tokens(modalities, objects)
        work(model, inputs, target)
        best, begin = 1e9, time.perf_counter()
        while time.perf_counter() - begin < seconds or best == 1e9:
            once = time.perf_counter()
            work(model, inputs, target)
            best = min(best, time.perf_counter() - once)
        result[name] = objects / best
    print(json.dumps(result))


def random_folder(size):
    folder = os.path.join(tempfile.gettempdir(), f"asterism_aion_{size}")
    if not os.path.exists(folder):
        config = base_config(**SIZES[size])
        random_model(config).save_pretrained(folder + ".part", config=config)
        shutil.move(folder + ".part", folder)
    return folder


def run_peer_on_device(folder, seconds, batch, device, precision):
    torch, AION = package()
    from safetensors.torch import load_model
    torch.set_num_threads(os.cpu_count())

    def wait():
        if device != "cpu":
            torch.cuda.synchronize()

    model = AION(json.loads(pathlib.Path(folder, "config.json").read_text())).eval()
    load_model(model, f"{folder}/model.safetensors", strict=False)
    model = model.to(device)
    result = {}
    with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=precision == "bf16"):
        for name, (modalities, objects, target) in tasks_of(batch).items():
            here = tokens(modalities, objects)
            try:
                def once():
                    work(model, {key: ids.to(device) for key, ids in here.items()}, target)
                    wait()
                for _ in range(2):
                    once()
                best, begin = 1e9, time.perf_counter()
                while time.perf_counter() - begin < seconds or best == 1e9:
                    start = time.perf_counter()
                    once()
                    best = min(best, time.perf_counter() - start)
                result[name] = objects / best
            except Exception as error:  # what the package cannot do there is said, not hidden
                result[f"{name} error"] = f"{type(error).__name__}: {error}"[:200]
    print(json.dumps(result))


def our_rates_on_device(folder, seconds, batch, device, precision):
    out = subprocess.run([PROGRAM, "--device", device, "--precision", precision, "--batch", str(batch),
                          "--benchmark_format=json", f"--benchmark_min_time={seconds}"], check=True, stdout=subprocess.PIPE,
                         text=True, env={**os.environ, "ASTERISM_AION_FOLDER": folder})
    result = {}
    for b in json.loads(out.stdout)["benchmarks"]:
        name = b["name"].replace("/real_time", "").replace("encode/", "")
        result[name] = b.get("objects/s", b.get("GFLOP/s", b.get("GB/s", 0)))
        result[name + " GFLOP/s"] = b.get("GFLOP/s", 0)
    return result


def compare_on_device(seconds, batch, device, sizes, precisions):
    report = {}
    for size in sizes:
        folder = random_folder(size)
        ours = {p: our_rates_on_device(folder, seconds, batch, device, p) for p in precisions}
        theirs = {}
        for p in [p for p in ("fp32", "bf16") if p == "fp32" or "fp32" in precisions]:
            out = subprocess.run([sys.executable, __file__, "--peer", folder, "--seconds", str(seconds), "--device", device,
                                  "--batch", str(batch), "--precision", p], check=True, stdout=subprocess.PIPE, text=True)
            theirs[p] = json.loads(out.stdout.strip().splitlines()[-1])
        peaks = {p: max(v for k, v in rates.items() if k.startswith("product/")) for p, rates in ours.items()}
        table = report[size] = {"product peak, TFLOP/s": {p: round(v / 1e3, 1) for p, v in peaks.items()},
                                "copy, GB/s": round(max(v for k, v in ours[precisions[0]].items() if k.startswith("memory/")), 1)}
        for name in tasks_of(batch):
            row = table[name] = {f"asterism, {p}": round(rates[name], 1) for p, rates in ours.items()}
            for p, who in (("fp32", "package"), ("bf16", "package, bf16 autocast")):
                if p not in theirs:
                    continue
                row[who] = round(theirs[p][name], 1) if name in theirs[p] else theirs[p][f"{name} error"]
            if name in theirs["fp32"]:
                row["best of asterism to the package"] = round(max(r[name] for r in ours.values()) / theirs["fp32"][name], 2)
            shares = {p: round(r[name + " GFLOP/s"] / peaks[p], 3) for p, r in ours.items() if r[name + " GFLOP/s"]}
            if shares:
                row["share of the product peak"] = shares
    return {"objects_per_second": report}


def our_rates(folder, seconds, precision="fp32"):
    out = subprocess.run([PROGRAM, "--precision", precision, "--benchmark_format=json", f"--benchmark_min_time={seconds / 3}",
                          "--benchmark_repetitions=3"], check=True, capture_output=True, text=True,
                         env=environment(ASTERISM_AION_FOLDER=folder))
    result = {}
    for b in json.loads(out.stdout)["benchmarks"]:
        if b["run_type"] != "iteration":
            continue
        name = b["name"].split("/repeats")[0].replace("/real_time", "").replace("encode/", "")
        for key, counter in ((name, "objects/s"), (name + " GFLOP/s", "GFLOP/s")):
            result[key] = max(result.get(key, 0), b.get(counter, 0))
    once = subprocess.run([PROGRAM, "--precision", precision], check=True, capture_output=True, text=True,
                          env=environment(ASTERISM_AION_FOLDER=folder, ASTERISM_AION_ONCE="1"))
    result.update(json.loads(once.stdout))
    return result


def compare_speed(folder, seconds, rounds):
    """Both programs in turn, `rounds` times; the best of each."""
    ours, bytes_, half, theirs = {}, {}, {}, {}
    for _ in range(rounds):
        for best, one in ((ours, our_rates(folder, seconds)), (bytes_, our_rates(folder, seconds, "int8")),
                          (half, our_rates(folder, seconds, "bf16")), (theirs, peer_rates(folder, seconds))):
            for key, value in one.items():
                less = key in ("seconds", "peak_gib", "first_result_s")
                best[key] = value if key not in best else (min if less else max)(best[key], value)
    peak = max(v for k, v in ours.items() if k.startswith("product/") and k.endswith("GFLOP/s"))
    table = {}
    for name in TASKS:
        table[name] = {"asterism": round(ours[name], 3), "package": round(theirs[name], 3),
                       "ratio": round(ours[name] / theirs[name], 2)}
        for kind, rates in (("int8", bytes_), ("bf16", half)):
            table[name] |= {f"asterism, {kind}": round(rates[name], 3), f"ratio, {kind}": round(rates[name] / theirs[name], 2)}
        rate = ours.get(name + " GFLOP/s", 0)
        if rate:
            table[name]["share of the product peak"] = round(rate / peak, 3)
    cosine = {kind: json.loads(subprocess.run([PROGRAM], check=True, capture_output=True, text=True, env=environment(
        ASTERISM_AION_FOLDER=folder, ASTERISM_AION_COSINE=kind)).stdout) for kind in ("int8", "bf16")}
    return {"objects_per_second": table, "product_peak_gflops": round(peak, 1),
            "least_cosine_of_int8_and_fp32": cosine["int8"], "least_cosine_of_bf16_and_fp32": cosine["bf16"],
            "first_result_s": {"asterism": round(ours["seconds"], 2), "asterism, int8": round(bytes_["seconds"], 2),
                               "package": round(theirs["first_result_s"], 2)},
            "peak_gib": {"asterism": round(ours["peak_gib"], 2), "asterism, int8": round(bytes_["peak_gib"], 2), "package": round(theirs["peak_gib"], 2)}}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", default="")
    parser.add_argument("--only", choices=["weights", "speed"], default="")
    parser.add_argument("--peer", default="")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--out", default="")
    parser.add_argument("--device", default="", help="cuda, or cpu to try the comparison of a GPU without one")
    parser.add_argument("--batch", type=int, default=64, help="objects at once; with --device")
    parser.add_argument("--size", default="base", help="base, large, xlarge, by commas; with --device")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32", help="of --peer with --device")
    parser.add_argument("--ours", default="fp32,tf32,bf16", help="precisions of asterism, by commas; without fp32 the package has its own alone")
    a = parser.parse_args()
    if a.peer and a.device:
        return run_peer_on_device(a.peer, a.seconds, a.batch, a.device, a.precision)
    if a.peer:
        return run_peer(a.peer, a.seconds)
    import machine
    if a.device:
        torch, _ = package()
        result = machine.heading("aion_model_gpu", "AION-1 on a GPU (random weights) beside polymathic-aion 0.0.2, "
                                 f"torch {torch.__version__}",
                                 f"bench/peers/aion_model.py --device {a.device} --batch {a.batch} --size {a.size} --ours {a.ours}")
        if a.device != "cpu":
            result["machine"] += f", {torch.cuda.get_device_name()}"
        result.update(compare_on_device(a.seconds, a.batch, a.device, a.size.split(","), a.ours.split(",")))
        print(json.dumps(result, indent=1))
        return machine.write(result, a.out)
    result = machine.heading("aion_model", "AION-1 (Base shape, random weights, fp32, int8 and bf16, 2 threads) beside polymathic-aion 0.0.2",
                             f"./run peers aion_model -- --rounds {a.rounds} --seconds {a.seconds:g}")
    if a.only != "speed":
        result["weights_largest_difference"] = check_weights()
        check_trained()
    if a.only != "weights":
        folder = a.folder
        folder = folder or random_folder("base")
        result.update(compare_speed(folder, a.seconds, a.rounds))
        print(json.dumps(result, indent=1))
    if not a.only or a.out:
        machine.write(result, a.out)


if __name__ == "__main__":
    main()
