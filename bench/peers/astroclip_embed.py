"""The embeddings of bench/astroclip_bench.cpp in PyTorch, with the same shapes and random weights, fp32:

vit_large    transformers' Dinov2Model with scaled_dot_product_attention
specformer   plain torch.nn as the reference writes it: a Python list of 778 slices joined, then six blocks with
             scaled_dot_product_attention ("specformer") or with softmax attention by hand ("specformer_by_hand")

Prints "<what> <batch>: <n> objects/s <seconds of processor time an object> cpu_s".  OMP_NUM_THREADS=2 python3 bench/peers/astroclip_embed.py
"""
import math
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 6


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
        x = self.data_embed(x) + self.position_embed(torch.arange(x.shape[1]))
        for block in self.blocks:
            x = block(x)
        x = self.final_layernorm(x)
        return {"reconstructions": self.head(x), "embedding": x}


def vit_large():
    from transformers import Dinov2Config, Dinov2Model
    config = Dinov2Config(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, image_size=224, patch_size=14)
    config._attn_implementation = "sdpa"
    return Dinov2Model(config).eval()


def rate(work, batch):
    with torch.no_grad():
        work()
        start, busy, count = time.perf_counter(), time.process_time(), 0
        while count < 2 or time.perf_counter() - start < SECONDS:
            work()
            count += 1
        done = count * batch
        return f"{done / (time.perf_counter() - start):.3f} objects/s {(time.process_time() - busy) / done:.3f} cpu_s"


def main():
    torch.manual_seed(0)
    model = vit_large()
    for batch in (1, 4):
        images = torch.rand(batch, 3, 224, 224)
        print(f"vit_large {batch}: {rate(lambda: model(images).pooler_output, batch)}", flush=True)
    del model
    for name, fused in (("specformer", True), ("specformer_by_hand", False)):
        model = SpecFormer(fused).eval()
        for batch in (1, 4):
            flux = torch.rand(batch, 7781, 1)
            print(f"{name} {batch}: {rate(lambda: model(flux)['embedding'].mean(1), batch)}", flush=True)


main()
