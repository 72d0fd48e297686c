"""The training step of bench/any_to_any_step_bench.cpp in PyTorch, two ways, with the same shapes:

good   what a competent user writes: choose first and embed after, pad to the longest of the batch, SDPA, fused AdamW;
ml4m   as the authors of 4M do it: embed everything and then select, pad to the largest budget, a loop over modalities,
       softmax attention by hand.

and on the same two batches: full (32 objects that have everything, 128 tokens given and 128 asked for) and mixed (a
quarter has everything, a quarter image and scalars, half scalars alone; budgets uniform from 1 to 128, as 4M draws them).

Prints tokens/s (given and asked for, padding not counted).  OMP_NUM_THREADS=2 python3 bench/peers/any_to_any_step.py
Both work on ready features and codes (the C++ step makes its features from raw pixels inside the measured time).
"""
import time

import torch
import torch.nn.functional as F
from torch import nn

OBJECTS, WIDTH, HEADS, LAYERS, GIVEN, ASKED = 32, 256, 4, 6, 128, 128
# name: (input positions, input features, target tokens, vocabulary, bands)
MODALITIES = {"image": (64, 3 * 64, 256, 1000, 4), "spectrum": (65, 3 * 32, 65, 1024, 1)}
MODALITIES.update({f"scalar_{k}": (1, 43, 1, 256, 1) for k in range(10)})


class Attention(nn.Module):
    def __init__(self, fast):
        super().__init__()
        self.q, self.kv, self.out = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.fast = fast

    def forward(self, x, context, mask=None):  # mask: True = may be seen
        heads = lambda t: t.view(t.shape[0], t.shape[1], HEADS, -1).transpose(1, 2)
        q = heads(self.q(x))
        k, v = (heads(t) for t in self.kv(context).chunk(2, -1))
        if self.fast:
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        else:
            scores = (q @ k.transpose(-2, -1)) * q.shape[-1] ** -0.5
            if mask is not None:
                scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
            y = scores.softmax(-1) @ v
        return self.out(y.transpose(1, 2).reshape(x.shape))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        hidden = int(2 * 4 * WIDTH / 3)
        self.fc1, self.fc3, self.fc2 = nn.Linear(WIDTH, hidden), nn.Linear(WIDTH, hidden), nn.Linear(hidden, WIDTH)

    def forward(self, x):
        return self.fc2(F.silu(self.fc1(x)) * self.fc3(x))


class Block(nn.Module):
    def __init__(self, fast, decoder):
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(4 if decoder else 2))
        self.attention, self.mlp = Attention(fast), Mlp()
        self.cross = Attention(fast) if decoder else None

    def forward(self, x, context=None, mask=None, seen=None):
        h = self.norms[0](x)
        x = x + self.attention(h, h, mask)
        if self.cross is not None:
            x = x + self.cross(self.norms[2](x), self.norms[3](context), seen)
        return x + self.mlp(self.norms[1](x))


class Model(nn.Module):
    def __init__(self, fast):
        super().__init__()
        self.fast = fast
        self.embed = nn.ModuleDict({m: nn.Linear(f, WIDTH) for m, (_, f, _, _, _) in MODALITIES.items()})
        self.heads = nn.ModuleDict({m: nn.Linear(WIDTH, v) for m, (_, _, _, v, _) in MODALITIES.items()})
        self.position_in = nn.ParameterDict({m: nn.Parameter(0.02 * torch.randn(n, WIDTH)) for m, (n, *_) in MODALITIES.items()})
        self.position_out = nn.ParameterDict({m: nn.Parameter(0.02 * torch.randn(t, WIDTH)) for m, (_, _, t, _, _) in MODALITIES.items()})
        self.mask_token = nn.Parameter(0.02 * torch.randn(WIDTH))
        self.encoder = nn.ModuleList(Block(fast, False) for _ in range(LAYERS))
        self.decoder = nn.ModuleList(Block(fast, True) for _ in range(LAYERS))
        self.encoder_norm, self.decoder_norm = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)

    def patches(self, m, x):  # [..., bands, features] -> [..., width], summed over bands
        return self.embed[m](x).sum(-2)

    def select_then_embed(self, values, given, asked):
        """given, asked: [objects, tokens] of flat positions over all modalities; -1: none."""
        x = torch.zeros(OBJECTS * given.shape[1], WIDTH)
        y = torch.zeros(OBJECTS * asked.shape[1], WIDTH)
        start_in = start_out = 0
        for m, (n, _, t, _, _) in MODALITIES.items():
            obj, slot = torch.nonzero((given >= start_in) & (given < start_in + n), as_tuple=True)
            place = given[obj, slot] - start_in
            x = x.index_copy(0, obj * given.shape[1] + slot, self.patches(m, values[m][obj, place]) + self.position_in[m][place])
            obj, slot = torch.nonzero((asked >= start_out) & (asked < start_out + t), as_tuple=True)
            y = y.index_copy(0, obj * asked.shape[1] + slot, self.mask_token + self.position_out[m][asked[obj, slot] - start_out])
            start_in, start_out = start_in + n, start_out + t
        return x.view(OBJECTS, -1, WIDTH), y.view(OBJECTS, -1, WIDTH)

    def embed_then_select(self, values, given, asked):
        everything = torch.cat([self.patches(m, values[m]) + self.position_in[m] for m in MODALITIES], 1)
        queries = torch.cat([(self.mask_token + self.position_out[m]).expand(OBJECTS, -1, -1) for m in MODALITIES], 1)
        pick = lambda t, i: t.gather(1, i.clamp_min(0).unsqueeze(-1).expand(-1, -1, WIDTH))
        return pick(everything, given), pick(queries, asked)

    def forward(self, values, codes, given, asked):
        x, y = (self.select_then_embed if self.fast else self.embed_then_select)(values, given, asked)
        seen = (given >= 0)[:, None, None, :]
        for block in self.encoder:
            x = block(x, mask=seen)
        x = self.encoder_norm(x)
        owner = torch.bucketize(asked, ENDS_OUT, right=True).masked_fill(asked < 0, -1)
        mask = (owner.unsqueeze(1) == owner.unsqueeze(2)).unsqueeze(1)
        for block in self.decoder:
            y = block(y, x, mask, seen)
        y = self.decoder_norm(y)
        target = codes.gather(1, asked.clamp_min(0))
        losses = []
        for k, m in enumerate(MODALITIES):
            chosen = owner == k
            if chosen.any():
                losses.append(F.cross_entropy(self.heads[m](y[chosen]), target[chosen]))
        return torch.stack(losses).mean()


ENDS_OUT = torch.tensor([t for _, _, t, _, _ in MODALITIES.values()]).cumsum(0)


def has(name, mixed):
    """[objects]: which objects have this modality."""
    i = torch.arange(OBJECTS) % 4
    return i >= 0 if not mixed or name.startswith("scalar") else i < (2 if name == "image" else 1)


def draw(available, budget, longest):
    """available [objects, positions], budget [objects] -> positions chosen at random, -1 where fewer than `longest`."""
    score = torch.rand(available.shape).masked_fill(~available, 2)
    order = score.argsort(1)[:, :longest]
    count = torch.minimum(budget, available.sum(1))
    return torch.where(torch.arange(longest) < count[:, None], order, -1)


def measure(fast, mixed, steps=5):
    torch.manual_seed(0)
    model = Model(fast)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=fast)
    values = {m: torch.randn(OBJECTS, n, bands, f) for m, (n, f, _, _, bands) in MODALITIES.items()}
    codes = torch.cat([torch.randint(v, (OBJECTS, t)) for _, _, t, v, _ in MODALITIES.values()], 1)
    sides = [torch.cat([has(m, mixed)[:, None].expand(-1, v[k]) for m, v in MODALITIES.items()], 1) for k in (0, 2)]
    seconds, tokens = [], []
    for _ in range(steps + 2):
        start = time.perf_counter()
        chosen = []
        for available, most in zip(sides, (GIVEN, ASKED)):
            budget = torch.randint(1, most + 1, (OBJECTS,)) if mixed else torch.full((OBJECTS,), most)
            longest = int(torch.minimum(budget, available.sum(1)).max()) if fast else most
            chosen.append(draw(available, budget, longest))
        optimiser.zero_grad(set_to_none=True)
        model(values, codes, *chosen).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        seconds.append(time.perf_counter() - start)
        tokens.append(int(sum((c >= 0).sum() for c in chosen)))
    return sum(tokens[2:]) / sum(seconds[2:])


if __name__ == "__main__":
    print(f"threads {torch.get_num_threads()}, torch {torch.__version__}")
    for batch, mixed in (("full", False), ("mixed", True)):
        for name, fast in (("good", True), ("ml4m", False)):
            print(f"{batch} {name}: {measure(fast, mixed):.0f} tokens/s")
