"""The training step of bench/any_to_any_step_bench.cpp in PyTorch, two ways, with the same shapes:

good   what a competent user writes: choose first and embed after, pad to the longest of the batch, SDPA, fused AdamW;
ml4m   as the authors of 4M do it: embed everything and then select, pad to the largest budget, a loop over modalities,
       softmax attention by hand.

and on the same two batches: full (32 objects that have everything, budgets of 128 tokens) and mixed (a quarter has
everything, a quarter image and scalars, half scalars alone; budgets uniform from 1 to 128). Tokens are drawn by the rule of
the C++ step: first those that are asked for, shared out by a Dirichlet draw over image, spectrum and all scalars together;
then those given, out of what does not show them. So an object has as many tokens here as there.

Prints tokens/s (given and asked for, padding not counted); --half: under autocast in bf16; --base: eight objects and
AION-1's Base shape, width 768 and 12 + 12 blocks.  OMP_NUM_THREADS=2 python3 bench/peers/any_to_any_step.py
Both work on ready features, codes and draws (the C++ step makes its features from raw pixels, and draws, inside the
measured time).
"""
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

OBJECTS, WIDTH, HEADS, LAYERS = (8, 768, 12, 12) if "--base" in sys.argv else (32, 256, 4, 6)
GIVEN, ASKED = 128, 128
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


# Members of a draw: image, spectrum, all scalars together. First flat position and number, given and asked for.
SCALARS = len(MODALITIES) - 2
MEMBERS_IN, MEMBERS_OUT = ((0, 64), (64, 65), (129, SCALARS)), ((0, 256), (256, 65), (321, SCALARS))


def share_out(rng, budget, capacity):
    """A budget over members: Dirichlet(10), what is over a member's capacity drawn again over the others."""
    taken = np.zeros(len(capacity), int)
    budget = min(budget, capacity.sum())
    while taken.sum() < budget:
        free = np.flatnonzero(taken < capacity)
        part = rng.multinomial(budget - taken.sum(), rng.dirichlet(np.full(len(free), 10.0)))
        taken[free] = np.minimum(capacity[free], taken[free] + part)
    return taken


def choose(rng, budget, available):
    """Positions out of the lists of the members."""
    counts = share_out(rng, budget, np.array([len(a) for a in available]))
    return np.concatenate([rng.permutation(a)[:n] for a, n in zip(available, counts)]).astype(int)


def hides(asked):
    """Input positions that show something of what is asked for: four image tokens lie in a patch, else one to one."""
    image, rest = asked[asked < 256], asked[asked >= 256]
    return np.concatenate([(image // 32) * 8 + (image % 16) // 2, rest - 256 + 64])


def draw(rng, mixed):
    """[objects, longest] of flat positions given and asked for; -1: none."""
    rows = ([], [])
    for i in range(OBJECTS):
        members = [k for k, there in enumerate((not mixed or i % 4 < 2, not mixed or i % 4 < 1, True)) if there]
        budgets = rng.integers(1, [GIVEN + 1, ASKED + 1]) if mixed else (GIVEN, ASKED)
        asked = choose(rng, budgets[1], [np.arange(n) + first for first, n in (MEMBERS_OUT[k] for k in members)])
        left = [np.setdiff1d(np.arange(n) + first, hides(asked)) for first, n in (MEMBERS_IN[k] for k in members)]
        rows[0].append(choose(rng, budgets[0], left))
        rows[1].append(asked)
    return rows


def padded(rows, longest):
    return torch.tensor(np.array([np.r_[r, np.full(longest - len(r), -1)] for r in rows]), dtype=torch.int64)


def measure(fast, mixed, half, steps=3 if "--base" in sys.argv else 5):
    torch.manual_seed(0)
    model = Model(fast)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=fast)
    values = {m: torch.randn(OBJECTS, n, bands, f) for m, (n, f, _, _, bands) in MODALITIES.items()}
    codes = torch.cat([torch.randint(v, (OBJECTS, t)) for _, _, t, v, _ in MODALITIES.values()], 1)
    rng = np.random.default_rng(0)
    seconds, tokens = [], []
    for _ in range(steps + 2):
        rows = draw(rng, mixed)
        chosen = [padded(r, max(map(len, r)) if fast else most) for r, most in zip(rows, (GIVEN, ASKED))]
        start = time.perf_counter()
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            loss = model(values, codes, *chosen)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        seconds.append(time.perf_counter() - start)
        tokens.append(int(sum((c >= 0).sum() for c in chosen)))
    return sum(tokens[2:]) / sum(seconds[2:])


if __name__ == "__main__":
    half = "--half" in sys.argv
    print(f"threads {torch.get_num_threads()}, torch {torch.__version__}")
    for batch, mixed in (("full", False), ("mixed", True)):
        for name, fast in (("good", True), ("ml4m", False)):
            print(f"{batch} {name}: {measure(fast, mixed, half):.0f} tokens/s")
        rng = np.random.default_rng(0)
        given, asked = np.mean([[sum(map(len, side)) for side in draw(rng, mixed)] for _ in range(20)], 0) / OBJECTS
        print(f"{batch}: {given:.1f} given, {asked:.1f} asked for, an object")
