"""What asterism trains loads in the package of AION-1's authors (PyPI polymathic-aion 0.0.2), by the package's own door.

    ./run peers aion_trained

Trains a codec of every published kind for some steps on the mock sky (the lists of sources are measured on its images),
puts the folders as they were saved where the package's CodecManager looks for those of its hub, has it load them, encode
and decode other objects, and has `asterism model verify` replay what came out. Tables of numbers the package makes again
from our reservoirs. Writes bench/results/aion_trained.json; exits with 1 where anything differs.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "bench" / "peers")]
HUB = tempfile.TemporaryDirectory()  # the cache of a hub that is not asked: read where huggingface_hub is imported
os.environ |= {"HF_HUB_CACHE": HUB.name, "HF_HUB_OFFLINE": "1"}
import aion_codecs as cases  # noqa: E402
import machine  # noqa: E402
import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
import scipy.ndimage as nd  # noqa: E402
import torch  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from aion.codecs.manager import CodecManager  # noqa: E402
from aion.modalities import (DESISpectrum, GaiaXpBp, LegacySurveyCatalog, LegacySurveyEBV, LegacySurveyFluxG,  # noqa: E402
                             LegacySurveyImage, LegacySurveySegmentationMap, Z)

GALAXIES = [x for key in ("star_weight=0", "quasar_weight=0", "spiral_share=1", "r_spectroscopic=18", "r_faint=19") for x in ("--set", key)]
# words, objects to learn from, objects to show
SKIES = {"galaxies": (["legacy", "desi", *GALAXIES], 300, 24), "gaia": (["gaia"], 1500, 400), "numbers": (["legacy", "--scalars"], 4000, 1000)}
FIELDS = ("X", "Y", "SHAPE_E1", "SHAPE_E2", "SHAPE_R")
SOURCES = 20  # an object, as in the package's own lists

RECIPE = """[about]
question = "Does the package load it?"
command = "./run peers aion_trained"
cost = "see bench/results/aion_trained.json"
expected = "the same tokens"
paper = "AION-1 (Parker et al. 2025)"
last_run = "never"
[data]
batch_size = {batch}
datasets = ["{data}"]
[objective]
kind = "tokenizer"
[tokenizer]
kind = "{kind}"
modality = "{modality}"
{more}
[train]
steps = {steps}
log_every = 1
learning_rate = 1e-3
prepare_objects = 3000
threads = 1
"""
SMALL_IMAGE = "hidden_dims = 32\nmultisurvey_projection_dims = 16\nn_compressions = 2\nnum_consecutive = 1"  # as aion_image_tiny
SMALL_SPECTRUM = ("encoder_dims = [16, 32, 64, 128]\nencoder_depths = [1, 1, 2, 1]\ndecoder_dims = [64, 32, 16, 2]\n"
                  "decoder_depths = [1, 1, 2, 1]\nlatent_channels = 128")  # as aion_spectrum_tiny
SMALL_MAP = "encoder_output_dim = 32\nembedding_dim = 4\nres_hidden_dims = 16"

# name in the package -> kind, modality, data, steps, settings
CODECS = {"image": ("aion_image", "image_legacy", "galaxies", 20, SMALL_IMAGE),
          "spectrum": ("aion_spectrum", "spectrum_desi", "galaxies", 20, SMALL_SPECTRUM),
          "segmentation_map": ("aion_segmentation_map", "maps_arms", "sources", 60, SMALL_MAP),
          "catalog": ("aion_catalog", "catalog_legacy", "sources", 1, ""),
          "bp_coefficients": ("aion_multi_scalar", "bp_coefficients", "gaia", 1, "reservoir_size = 900\ncodebook_size = 200"),
          "FLUX_G": ("aion_log_scalar", "flux_g", "numbers", 1, "reservoir_size = 5000"),
          "EBV": ("aion_scalar", "dust_av", "numbers", 1, "published_as = 'EBV'\nreservoir_size = 1500\ncodebook_size = 300"),
          "Z": ("aion_grid_scalar", "redshift", "numbers", 1, "high = 6")}


def asterism(*words):
    return subprocess.run([cases.PROGRAM, *map(str, words)], check=True, stdout=subprocess.PIPE, text=True).stdout


def rows_of(folder, columns):
    return pq.read_table(sorted(folder.glob("mock/dataset/Norder=*/**/*.parquet")), columns=columns)


def sources(flux, ivar):
    """What lies above the noise of an image, as the numbers of a source: place, ellipticity by second moments, radius."""
    labels, count = nd.label(nd.gaussian_filter(flux * np.sqrt(ivar), 1) > 2)
    out = []
    for label in range(1, count + 1):
        y, x = np.nonzero(labels == label)
        if len(x) < 6:
            continue
        weight = np.clip(flux[y, x], 1e-6, None)
        cx, cy = np.average(x, weights=weight), np.average(y, weights=weight)
        xx, yy, xy = (np.average(a, weights=weight) for a in ((x - cx) ** 2, (y - cy) ** 2, (x - cx) * (y - cy)))
        size = xx + yy + 1 / 6  # with the width of a pixel, so that none is zero
        out.append((round(cx), round(cy), (xx - yy) / size, 2 * xy / size, 0.262 * (size / 2) ** 0.5))
    return out[:SOURCES]


def lists_of(rows):
    found = [sources(np.array(row["image"]["flux"][1]), np.array(row["image"]["ivar"][1])) for row in rows]
    return [{name: [float(one[i]) for one in some] for i, name in enumerate(FIELDS)} for some in found]


def add_sources(galaxies, folder):
    """The same objects with the first of their maps and a list of sources: a folder that asterism trains on."""
    table = rows_of(galaxies, ["object_id", "ra", "dec", "survey", "image", "maps"])
    rows = table.to_pylist()
    units = ("pixel", "pixel", "", "", "arcsec")
    words = {"asterism:modality": "catalog_legacy", "asterism:kind": "catalog", "asterism:role": "value",
             "asterism:columns": json.dumps([{"name": n, "unit": u} for n, u in zip(FIELDS, units)])}
    maps, kind = table.schema.field("maps"), pa.struct([(name, pa.list_(pa.float32())) for name in FIELDS])
    layer = maps.metadata | {b"asterism:modality": b"maps_arms", b"asterism:layers": b'[{"name":"arms","unit":""}]'}
    first = [{k: v[:1] for k, v in row["maps"].items()} if row["maps"] else None for row in rows]
    keep = [table.schema.field(name) for name in ("object_id", "ra", "dec", "survey")]
    schema = pa.schema([*keep, maps.with_metadata(layer), pa.field("catalog", kind, metadata=words)])
    columns = [table[field.name] for field in keep] + [pa.array(first, maps.type), pa.array(lists_of(rows), kind)]
    folder.mkdir()
    pq.write_table(pa.Table.from_arrays([c.combine_chunks() if isinstance(c, pa.ChunkedArray) else c for c in columns], schema=schema),
                   folder / "part.parquet")


def train(folder, name, kind, modality, data, steps, more):
    recipe = folder / f"{name}.toml"
    recipe.write_text(RECIPE.format(kind=kind, modality=modality, data=folder / "sky" / data, steps=steps, more=more,
                                    batch=16 if steps > 1 else 100))  # what is made before the first step reports once
    asterism("train", recipe, "--out", folder / "runs" / name)
    (folder / "codecs").mkdir(exist_ok=True)
    (folder / "runs" / name / "model").rename(folder / "codecs" / name)


def padded(lists):
    """Lists of sources as the package holds them: 9999 where there is none."""
    columns = {}
    for i, name in enumerate(FIELDS):
        column = torch.full((len(lists), SOURCES), 9999.0)
        for row, one in enumerate(lists):
            column[row, :len(one[name])] = torch.tensor(one[name])
        columns[name] = column.long() if i < 2 else column
    return LegacySurveyCatalog(**columns)


def objects_of(sky):
    """What the package is shown: objects of another sky than the training's."""
    rows = rows_of(sky / "other_galaxies", ["image", "spectrum", "maps"]).to_pylist()
    rows = [row for row in rows if all(row[key] is not None for key in row)]  # no spectrum of the faintest
    truth = rows_of(sky / "other_numbers", ["flux_g", "dust_av", "redshift"]).to_pydict()
    numbers = lambda key: torch.tensor([x for x in truth[key] if x is not None])
    part = lambda column, key: torch.tensor([row[column][key] for row in rows], dtype=torch.bool if key == "mask" else torch.float32)
    xp = rows_of(sky / "other_gaia", ["bp_coefficients"]).to_pylist()
    return {"image": LegacySurveyImage(flux=part("image", "flux"), bands=[band.upper() for band in rows[0]["image"]["band"]]),
            "spectrum": DESISpectrum(flux=part("spectrum", "flux"), ivar=part("spectrum", "ivar"), mask=part("spectrum", "mask"),
                                     wavelength=part("spectrum", "lambda")),
            "segmentation_map": LegacySurveySegmentationMap(field=part("maps", "flux")[:, 0]), "catalog": padded(lists_of(rows)),
            "FLUX_G": LegacySurveyFluxG(value=numbers("flux_g").float()), "EBV": LegacySurveyEBV(value=numbers("dust_av").float()),
            "Z": Z(value=numbers("redshift").float()),
            "bp_coefficients": GaiaXpBp(value=torch.tensor([row["bp_coefficients"] for row in xp if row["bp_coefficients"] is not None]))}


def make_case(folder, name, codec, x):
    if name == "image":
        cases.image_case(folder, name, codec, x)
    elif name == "spectrum":
        cases.spectrum_case(folder, name, codec, x)
    elif name == "segmentation_map":
        cases.segmentation_case(folder, name, codec, x)
    elif name == "catalog":
        cases.catalog_case(folder, codec, x, codec.encode(x)[:2, :16])
    else:
        cases.scalar_case(folder, name, codec, x)


def same_tables(codec):
    """The package makes the tables of our reservoirs again, to the roundings of floats. None where it has none."""
    same = None
    for module in codec.modules():
        if hasattr(module, "_reservoir"):
            before = module._index_to_val.clone()
            module._generate_index_to_val()
            same = same is not False and torch.allclose(module._index_to_val.float(), before, rtol=1e-5, atol=2e-5)
    return same


def about_case(folder, name):
    """What the package made: how many different tokens, and how large the numbers are that it drew from them."""
    tensors = load_file(next((folder / "io").glob(f"*{name}*")))
    drawn = [v.abs().max().item() for k, v in tensors.items() if "decoded" in k and v.is_floating_point()]
    return {"different tokens": tensors["out.tokens"].unique().numel(), "largest number drawn": max(drawn)}


def replayed(folder):
    """Name of the codec -> what asterism made of the package's inputs and tokens, beside what the package made."""
    done = subprocess.run([cases.PROGRAM, "model", "verify", folder, "--json"], stdout=subprocess.PIPE, text=True)
    out = {}
    for line in map(json.loads, done.stdout.splitlines()):
        if "output" not in line:
            continue
        codec = next(n for n in CODECS if n in line["case"])
        mine = out.setdefault(codec, {"passed": True, "largest error": {}})
        mine["passed"] &= line["passed"]
        if line["output"] == "out.tokens":
            mine["tokens"] = line["count"]
            if "equal_share" in line or line["largest_error"] == 0:  # of tables asterism tells the largest difference alone
                mine["equal tokens"] = line.get("equal_share", 1)
        elif "decode" in line["output"]:
            mine["largest error"][line["output"][4:]] = line["largest_error"]
    return out


def as_a_hub(folder):
    """The codecs where CodecManager finds those of its hub once they are fetched."""
    repository = pathlib.Path(HUB.name) / "models--polymathic-ai--aion-base"
    commit = repository / "snapshots" / ("0" * 40)
    commit.mkdir(parents=True)
    (commit / "codecs").symlink_to(folder / "codecs")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit.name)


def compare(folder):
    sky = folder / "sky"
    for name, (words, learned, shown) in SKIES.items():
        asterism("data", "mock", *words, "--objects", learned, "--seed", 11, sky / name)
        asterism("data", "mock", *words, "--objects", shown, "--seed", 12, sky / f"other_{name}")
    add_sources(sky / "galaxies", sky / "sources")
    for name, about in CODECS.items():
        train(folder, name, *about)
    as_a_hub(folder)
    manager, tables = CodecManager(), {}
    for name, x in objects_of(sky).items():
        codec = manager._load_codec(type(x))
        make_case(folder, name, codec, x)
        again = manager.encode(x)[x.token_key]
        assert torch.equal(again, codec.encode(x)), name
        tables[name] = same_tables(codec)
    out = replayed(folder)
    for name, (kind, modality, _, steps, _) in CODECS.items():
        mine = out.setdefault(name, {"passed": False})
        out[name] = {"kind": kind, "modality": modality, "steps": steps} | mine | about_case(folder, name)
        if tables[name] is not None:
            out[name]["the package makes the same table"] = tables[name]
            out[name]["passed"] &= tables[name]
        print(f"{'ok' if out[name]['passed'] else 'FAILED'}: {name}: {out[name]}", flush=True)
    return out


def main():
    torch.set_grad_enabled(False)
    result = machine.heading("aion_trained", "codecs of every published kind, trained here for some steps, loaded by polymathic-aion 0.0.2: tokens and what "
                             "they decode to, of other objects, there and here", "./run peers aion_trained")
    with tempfile.TemporaryDirectory() as scratch:
        result["codecs"] = compare(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else scratch))
    machine.write(result)
    sys.exit(not all(one["passed"] for one in result["codecs"].values()))


if __name__ == "__main__":
    main()
