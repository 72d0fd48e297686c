"""What bench/astroclip_bench.cpp times, in PyTorch, with the same shapes and random weights:

vit_large    transformers' Dinov2Model with scaled_dot_product_attention
specformer   plain torch.nn as the reference writes it: a Python list of 778 slices joined, then six blocks with
             scaled_dot_product_attention ("specformer") or with softmax attention by hand ("specformer_by_hand")

Prints "<what> <batch>: <n> objects/s <seconds of processor time an object> cpu_s".

    OMP_NUM_THREADS=2 python3 bench/peers/astroclip_embed.py 6
    python3 bench/peers/astroclip_embed.py 6 --device cuda      # embedding and training, fp32, TF32 and bf16, batches of 256 and less

Needs torch and transformers.
"""
import argparse
import math
import time

import torch
import torch.nn.functional as F
from torch import nn

WARM_UP = 3
PRECISIONS = ("bf16", "tf32", "fp32")


class Block(nn.Module):
    def __init__(self, width, heads, fused):
        super().__init__()
        self.layernorm1, self.layernorm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.projection = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.heads, self.fused = heads, fused

    def forward(self, x):
        q, k, v = (t.view(t.shape[0], t.shape[1], self.heads, -1).transpose(1, 2)
                   for t in self.attention(self.layernorm1(x)).split(x.shape[2], dim=2))
        if self.fused:
            y = F.scaled_dot_product_attention(q, k, v)
        else:
            y = F.softmax(q @ k.transpose(-2, -1) / math.sqrt(k.shape[-1]), dim=-1) @ v
        x = x + self.projection(y.transpose(1, 2).contiguous().view(x.shape))
        return x + self.mlp(self.layernorm2(x))


class SpecFormer(nn.Module):
    def __init__(self, fused, width=768, layers=6, heads=6, section=20, overlap=10, positions=800):
        super().__init__()
        self.section, self.overlap = section, overlap
        self.data_embed, self.position_embed = nn.Linear(section + 2, width), nn.Embedding(positions, width)
        self.blocks = nn.ModuleList(Block(width, heads, fused) for _ in range(layers))
        self.final_layernorm, self.head = nn.LayerNorm(width), nn.Linear(width, section + 2)

    def preprocess(self, x):
        std, mean = x.std(1, keepdim=True).clip_(0.2), x.mean(1, keepdim=True)
        x = (x - mean) / std
        starts = range(0, x.shape[1] - self.overlap, self.section - self.overlap)
        sections = [x[:, i:i + self.section].transpose(1, 2) for i in starts]
        sections.pop(-1)
        x = F.pad(torch.cat(sections, 1), pad=(2, 0, 1, 0))
        x[:, 0, 0] = (mean.squeeze() - 2) / 2
        x[:, 0, 1] = (std.squeeze() - 2) / 8
        return x

    def forward(self, x):
        x = self.preprocess(x)
        tokens = x
        x = self.data_embed(x) + self.position_embed(torch.arange(x.shape[1], device=x.device))
        for block in self.blocks:
            x = block(x)
        x = self.final_layernorm(x)
        return {"reconstructions": self.head(x), "embedding": x, "tokens": tokens}


def vit_large(patch=14, size=224):
    from transformers import Dinov2Config, Dinov2Model
    config = Dinov2Config(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, image_size=size, patch_size=patch)
    config._attn_implementation = "sdpa"
    return Dinov2Model(config).eval()


def rate(work, batch, seconds):
    """Objects a second, and seconds of processor time an object, of `work`, called until `seconds` are over."""
    start, busy, count = time.perf_counter(), time.process_time(), 0
    while count < 2 or time.perf_counter() - start < seconds:
        work()
        count += 1
    done = count * batch
    return f"{done / (time.perf_counter() - start):.3f} objects/s {(time.process_time() - busy) / done:.6f} cpu_s"


def on_cpu(seconds):
    with torch.no_grad():
        def report(name, work, batch):
            work()
            print(f"{name} {batch}: {rate(work, batch, seconds)}", flush=True)
        model = vit_large()
        for batch in (1, 4):
            images = torch.rand(batch, 3, 224, 224)
            report("vit_large", lambda: model(images).pooler_output, batch)
        del model
        for name, fused in (("specformer", True), ("specformer_by_hand", False)):
            model = SpecFormer(fused).eval()
            for batch in (1, 4):
                flux = torch.rand(batch, 7781, 1)
                report(name, lambda: model(flux)["embedding"].mean(1), batch)


def step_of(model, forward, precision, trains, device):
    """One pass, or one step of training, that waits for the device."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=True) if trains else None

    def step():
        with torch.set_grad_enabled(trains), torch.autocast(device, torch.bfloat16, enabled=precision == "bf16"):
            out = forward(trains)
        if trains:
            optimiser.zero_grad(set_to_none=True)
            out.backward()
            optimiser.step()
        torch.cuda.synchronize()
    return step


def on_device(device, seconds):
    def vision(batch):
        model, images = vit_large(12, 144).to(device), torch.rand(batch, 3, 144, 144, device=device)

        def forward(trains):
            cls = model(images).pooler_output
            return cls.float().square().mean() if trains else cls.sum()
        return model, forward

    def spectra(batch, fused=True):
        model, flux = SpecFormer(fused).to(device), torch.rand(batch, 7781, 1, device=device)

        def forward(trains):
            out = model(flux)
            return ((out["reconstructions"].float() - out["tokens"]).square().mean() if trains
                    else out["embedding"].mean(1).sum())
        return model, forward

    print(f"# torch {torch.__version__}, {torch.cuda.get_device_name()}", flush=True)
    for trains in (False, True):
        for precision in PRECISIONS:
            torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
            for name, make, batch in (("vit_large_12", vision, 128 if trains else 256),
                                      ("specformer", spectra, 64 if trains else 256)):
                model, forward = make(batch)
                step = step_of(model, forward, precision, trains, device)
                for _ in range(WARM_UP):
                    step()
                print(f"{name}{'_step' if trains else ''}_{precision} {batch}: {rate(step, batch, seconds)}", flush=True)
                del model, forward, step
                torch.cuda.empty_cache()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seconds", nargs="?", type=float, default=6)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    options = parser.parse_args()
    torch.manual_seed(0)
    if options.device == "cpu":
        on_cpu(options.seconds)
    else:
        on_device(options.device, options.seconds)


if __name__ == "__main__":
    main()
