"""A step of DINO beside PyTorch: ViT-S of DINOv2 at 96 pixels, patches of 8, two global and eight local crops, in fp32,
and in bf16 (PyTorch under autocast) where --half says so.

    ./run peers dino_step        # both in turn, alone on the machine -> bench/results/dino_step.json

PyTorch's step is written as the released code has it where xFormers is not: the global crops of all images through the
student in one batch, the local ones in another, scaled_dot_product_attention, drop path by zeros, heads on CLS tokens and on hidden
patches, targets by a running centre, KoLeo, gradients clipped, fused AdamW, the teacher's average by foreach. Its crops lie
ready in memory; those of Asterism are drawn, warped and blurred within the step.
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

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench"))
PROGRAM = pathlib.Path(os.environ.get("ASTERISM_BUILD", ROOT / "build")) / "bin" / "bench_dino_step_bench"
IMAGES, SIZE, LOCAL, PATCH, WIDTH, HEADS, LAYERS, PROTOTYPES, HIDDEN, BOTTLENECK = 8, 96, 48, 8, 384, 6, 12, 16384, 1024, 256
DROP_PATH, CROPS = 0.1, 8


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, eps=1e-6), nn.LayerNorm(WIDTH, eps=1e-6)
        self.qkv, self.proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.fc1, self.fc2 = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.scale1, self.scale2 = nn.Parameter(torch.full((WIDTH,), 1e-5)), nn.Parameter(torch.full((WIDTH,), 1e-5))

    def drop(self, x):
        if not self.training:
            return x
        keep = torch.empty(x.shape[0], 1, 1).bernoulli_(1 - DROP_PATH).div_(1 - DROP_PATH)
        return x * keep

    def forward(self, x):
        B, T, D = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(B, T, 3, HEADS, D // HEADS).permute(2, 0, 3, 1, 4).unbind(0)
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(B, T, D)
        x = x + self.drop(self.scale1 * self.proj(y))
        return x + self.drop(self.scale2 * self.fc2(F.gelu(self.fc1(self.norm2(x)))))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, WIDTH, PATCH, PATCH)
        side = SIZE // PATCH
        self.cls, self.hidden = nn.Parameter(torch.zeros(1, 1, WIDTH)), nn.Parameter(torch.zeros(1, WIDTH))
        self.place = nn.Parameter(0.02 * torch.randn(1, 1 + side * side, WIDTH))
        self.blocks, self.norm = nn.ModuleList(Block() for _ in range(LAYERS)), nn.LayerNorm(WIDTH, eps=1e-6)

    def places(self, side):
        whole = SIZE // PATCH
        if side == whole:
            return self.place
        grid = self.place[:, 1:].view(1, whole, whole, WIDTH).permute(0, 3, 1, 2)
        grid = F.interpolate(grid, size=(side, side), mode="bicubic").permute(0, 2, 3, 1).flatten(1, 2)
        return torch.cat([self.place[:, :1], grid], 1)

    def forward(self, images, masks=None):
        side = images.shape[-1] // PATCH
        x = self.patch(images).flatten(2).transpose(1, 2)
        if masks is not None:
            x = torch.where(masks.unsqueeze(-1), self.hidden.unsqueeze(0), x)
        x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1) + self.places(side)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(WIDTH, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, BOTTLENECK))
        self.prototypes = nn.Parameter(torch.randn(PROTOTYPES, BOTTLENECK))

    def forward(self, x):
        return F.normalize(self.mlp(x), dim=-1) @ F.normalize(self.prototypes, dim=-1).t()


def koleo(x):
    x = F.normalize(x, dim=-1)
    with torch.no_grad():
        products = x @ x.t()
        products.fill_diagonal_(-1)
        nearest = products.argmax(1)
    return -torch.log(nn.PairwiseDistance(2, 1e-8)(x, x[nearest]) + 1e-8).mean()


class Dino:
    def __init__(self, half):
        torch.manual_seed(1)
        self.half = half
        self.student, self.teacher = (nn.ModuleList([Encoder(), Head()]) for _ in range(2))
        self.teacher.load_state_dict(self.student.state_dict())
        self.teacher.eval().requires_grad_(False)
        self.optimiser = torch.optim.AdamW(self.student.parameters(), lr=1e-5, fused=True)
        self.centre, self.patch_centre = torch.zeros(PROTOTYPES), torch.zeros(PROTOTYPES)
        self.large = torch.rand(2 * IMAGES, 3, SIZE, SIZE)
        self.small = torch.rand(CROPS * IMAGES, 3, LOCAL, LOCAL)

    def masks(self):
        """As ours draws them: half of the global crops, of those 10 to 50% of the patches."""
        count = (SIZE // PATCH) ** 2
        masks = torch.zeros(2 * IMAGES, count, dtype=torch.bool)
        for i in range(IMAGES):
            share = 0.1 + 0.4 * (i + 0.5) / IMAGES
            masks[2 * i, torch.randperm(count)[:int(share * count)]] = True
        return masks

    def loss(self):
        (encoder, head), (teacher, teacher_head) = self.student, self.teacher
        masks = self.masks()
        with torch.no_grad():
            seen = teacher(self.large)
            logits, patch_logits = teacher_head(seen[:, 0]), teacher_head(seen[:, 1:][masks])
            wanted = F.softmax((logits - self.centre) / 0.07, -1).chunk(2)
            patch_wanted = F.softmax((patch_logits - self.patch_centre) / 0.07, -1)
            self.centre.lerp_(logits.float().mean(0), 0.1)
            self.patch_centre.lerp_(patch_logits.float().mean(0), 0.1)
        large, small = encoder(self.large, masks), encoder(self.small)
        says = [F.log_softmax(x / 0.1, -1) for x in (*head(large[:, 0]).chunk(2), *head(small[:, 0]).chunk(CROPS))]
        terms = [-(t * s).sum(-1).mean() for j, t in enumerate(wanted) for i, s in enumerate(says) if i != j]
        weight = (1 / masks.sum(1).clamp(min=1)).unsqueeze(1).expand_as(masks)[masks] / len(masks)
        patches = -((patch_wanted * F.log_softmax(head(large[:, 1:][masks]) / 0.1, -1)).sum(-1) * weight).sum()
        return sum(terms) / len(terms) + patches + 0.1 * sum(koleo(x) for x in large[:, 0].chunk(2))

    def step(self):
        self.optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            loss = self.loss()
        loss.backward()
        nn.utils.clip_grad_norm_(self.student.parameters(), 3, foreach=True)
        self.optimiser.step()
        with torch.no_grad():
            torch._foreach_lerp_(list(self.teacher.parameters()), list(self.student.parameters()), 0.008)


def theirs(seconds, half=False):
    dino = Dino(half)
    dino.step()
    start, count = time.perf_counter(), 0
    while count < 2 or time.perf_counter() - start < seconds:
        dino.step()
        count += 1
    return count * IMAGES / (time.perf_counter() - start)


def ours(seconds, precision="fp32"):
    text = subprocess.run([PROGRAM, "--precision", precision, "--benchmark_format=json", f"--benchmark_min_time={seconds}"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    return json.loads(text)["benchmarks"][0]["images/s"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--half", action="store_true", help="in bf16 as well")
    parser.add_argument("--out", default="")
    options = parser.parse_args()
    import machine
    torch.set_num_threads(options.threads)
    os.environ |= {"OMP_NUM_THREADS": str(options.threads), "OMP_WAIT_POLICY": "passive"}
    rounds = [(ours(options.seconds), theirs(options.seconds)) for _ in range(options.rounds)]
    halves = [(ours(options.seconds, "bf16"), theirs(options.seconds, True)) for _ in range(options.rounds)] if options.half else []
    result = machine.heading("dino_step", "a step of DINO, ViT-S/8 of 96 pixels, 2 + 8 crops of 8 images, fp32 unless said: images a second beside PyTorch "
                             + torch.__version__, f"./run peers dino_step -- --rounds {options.rounds} --seconds {options.seconds:g}" + " --half" * options.half)
    result |= {"threads": options.threads, "asterism": [round(a, 3) for a, _ in rounds], "pytorch": [round(b, 3) for _, b in rounds],
               "asterism_over_pytorch": round(statistics.median(a / b for a, b in rounds), 2)}
    if halves:
        middle = [statistics.median(x) for x in (*zip(*rounds), *zip(*halves))]
        result |= {"asterism, bf16": [round(a, 3) for a, _ in halves], "pytorch, bf16 autocast": [round(b, 3) for _, b in halves],
                   "asterism_over_pytorch, bf16": round(statistics.median(a / b for a, b in halves), 2),
                   "asterism in bf16 over pytorch in fp32": round(middle[2] / middle[1], 2)}
    print(json.dumps(result, indent=1))
    machine.write(result, options.out)


if __name__ == "__main__":
    main()
