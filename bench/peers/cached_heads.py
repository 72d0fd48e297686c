"""Training AstroCLIP's heads over frozen encoders, beside PyTorch doing it as the reference does: encoders run again in every step.

    ./run peers cached_heads        # both in turn, alone on the machine -> bench/results/cached_heads.json

PyTorch: DINOv2 ViT-L/12 of 144 pixels by transformers (SDPA) and SpecFormer by plain torch.nn, both without gradients, over
them the published heads (one query, multi-head attention of four heads over the tokens, MLP of 4096), InfoNCE, AdamW; 16 pairs,
random weights, fp32. Asterism: the same, with what the encoders make of each object read from its cache file, and without a cache.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

from astroclip_embed import SpecFormer, vit_large

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench"))
PROGRAM = pathlib.Path(os.environ.get("ASTERISM_BUILD", ROOT / "build")) / "bin" / "bench_cached_heads_bench"
PAIRS, WIDTH, HIDDEN = 16, 1024, 4096


class Head(nn.Module):
    def __init__(self, tokens_width):
        super().__init__()
        self.query = nn.Parameter(0.02 * torch.randn(1, 1, WIDTH))
        self.attention = nn.MultiheadAttention(WIDTH, 4, kdim=tokens_width, vdim=tokens_width, batch_first=True)
        self.norm = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, WIDTH))

    def forward(self, tokens):
        pooled = self.attention(self.query.expand(len(tokens), -1, -1), tokens, tokens, need_weights=False)[0][:, 0]
        return pooled + self.mlp(self.norm(pooled))


class AstroClip:
    def __init__(self):
        torch.manual_seed(1)
        self.image, self.spectrum = vit_large(12, 144), SpecFormer(True).eval()
        self.heads = nn.ModuleList([Head(1024), Head(768)])
        self.optimiser = torch.optim.AdamW(self.heads.parameters(), lr=1e-4, fused=True)
        self.images, self.flux = torch.rand(PAIRS, 3, 144, 144), torch.rand(PAIRS, 7781, 1)

    def step(self):
        with torch.no_grad():
            tokens = self.image(self.images).last_hidden_state[:, 1:], self.spectrum(self.flux)["embedding"]
        a, b = (F.normalize(head(x), dim=-1) for head, x in zip(self.heads, tokens))
        scores, own = 15.5 * a @ b.t(), torch.arange(PAIRS)
        self.optimiser.zero_grad(set_to_none=True)
        ((F.cross_entropy(scores, own) + F.cross_entropy(scores.t(), own)) / 2).backward()
        nn.utils.clip_grad_norm_(self.heads.parameters(), 1, foreach=True)
        self.optimiser.step()


def theirs(seconds):
    model = AstroClip()
    model.step()
    start, count = time.perf_counter(), 0
    while count < 1 or time.perf_counter() - start < seconds:
        model.step()
        count += 1
    return count * PAIRS / (time.perf_counter() - start)


def ours(seconds):
    text = subprocess.run([PROGRAM, "--benchmark_format=json", f"--benchmark_min_time={seconds}"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    return [b["pairs/s"] for b in json.loads(text)["benchmarks"]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", default="")
    options = parser.parse_args()
    import machine
    torch.set_num_threads(options.threads)
    os.environ |= {"OMP_NUM_THREADS": str(options.threads), "OMP_WAIT_POLICY": "passive"}
    rounds = [(*ours(options.seconds), theirs(options.seconds)) for _ in range(options.rounds)]
    result = machine.heading("cached_heads", "a step of AstroCLIP's heads over frozen ViT-L/12 (144 pixels) and SpecFormer, 16 pairs, fp32: pairs a "
                             "second, features from the cache file and encoders run again, beside PyTorch " + torch.__version__ +
                             " running them again", f"./run peers cached_heads -- --rounds {options.rounds} --seconds {options.seconds:g}")
    names = ("asterism_cached", "asterism_again", "pytorch_again")
    result |= {"threads": options.threads} | {name: [round(r[k], 3) for r in rounds] for k, name in enumerate(names)}
    result["cached_over_pytorch"] = round(statistics.median(r[0] / r[2] for r in rounds), 1)
    print(json.dumps(result, indent=1))
    machine.write(result, options.out)


if __name__ == "__main__":
    main()
