"""Our codecs beside the Python package that AION-1 is published with (PyPI polymathic-aion 0.0.2), on random weights.

    ./run peers aion_codecs

Makes a folder of fixtures with widths, levels, bands, grids, dimensions and prefixes that no published file has, every
random path switched on; has `asterism model verify` replay it; has `asterism model rewrite` load and save every codec,
and the package load what was saved: its outputs must be the same, bit by bit. Prints one line a check; exits with 1
where one failed. What recipes train is compared by aion_trained.py.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file

try:
    from aion.codecs.catalog import CatalogCodec
    from aion.codecs.image import ImageCodec
    from aion.codecs.preprocessing.image import BAND_TO_INDEX
    from aion.codecs.scalar import GridScalarCodec, LogScalarCodec, MultiScalarCodec, ScalarCodec
    from aion.codecs.scalar_field import ScalarFieldCodec
    from aion.codecs.spectrum import SpectrumCodec
    from aion.modalities import (DESISpectrum, HSCImage, LegacySurveyCatalog, LegacySurveyImage,
                                 LegacySurveySegmentationMap, ScalarModalities)
except ImportError:
    subprocess.check_call([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "polymathic-aion==0.0.2"])
    os.execv(sys.executable, [sys.executable] + sys.argv)

PROGRAM = os.environ.get("ASTERISM", "asterism")


def wake(module, seed):
    """Weights of order one wherever the constructor leaves zeros: gates, norms, running means."""
    g = torch.Generator().manual_seed(seed)
    draw = lambda x: torch.randn(x.shape, generator=g)
    with torch.no_grad():
        for name, p in module.named_parameters():
            leaf = name.split(".")[-1]
            if name.endswith("net.4.net.2.bias"):
                p.copy_(draw(p))
            elif name.endswith("net.4.net.2.weight"):
                p.copy_(draw(p) * 0.3)
            elif leaf in ("gamma", "beta") or leaf == "bias":
                p.copy_(draw(p) * 0.1)
            elif p.dim() == 1:
                p.copy_(1 + 0.2 * draw(p))
            elif name.startswith("subsample_out"):
                p.copy_(draw(p) * (0.1 / p.shape[1] ** 0.5))
            elif not name.startswith("ema"):
                fan_in = p[0].numel()
                p.copy_(draw(p) * (1.4 / fan_in ** 0.5))
        for name, b in module.named_buffers():
            if name.endswith("running_mean"):
                b.copy_(0.3 * draw(b))
            if name.endswith("running_var"):
                b.copy_(0.5 + torch.rand(b.shape, generator=g))
    return module.eval()


def keep(folder, name, codec, config):
    out = folder / "codecs" / name
    out.mkdir(parents=True)
    (out / "config.json").write_text(json.dumps(config, indent=2))
    save_file({k: v.contiguous().clone() for k, v in codec.state_dict().items()}, out / "model.safetensors")


def case(folder, name, info, tensors):
    (folder / "io").mkdir(exist_ok=True)
    save_file({k: v.contiguous().clone() for k, v in tensors.items()}, folder / "io" / f"{name}.safetensors",
              {"info": json.dumps(info)})


def image(folder, name, config, bands, size, seed, n=1):
    codec = wake(ImageCodec(**config), seed)
    keep(folder, name, codec, config)
    g = torch.Generator().manual_seed(seed)
    hsc = bands[0].startswith("HSC")
    flux = torch.randn(n, len(bands), *size, generator=g) * (4 if hsc else 0.3)
    flux[:, :, size[0] // 2, size[1] // 2] = 1e3
    image_case(folder, name, codec, (HSCImage if hsc else LegacySurveyImage)(flux=flux, bands=bands))


def image_case(folder, name, codec, x):
    latent = codec._encode(type(x)(flux=x.flux.clone(), bands=x.bands))
    tokens = codec.quantizer.encode(latent)
    n, side = len(tokens), int(tokens.shape[1] ** 0.5)
    raw = codec.decoder(codec.post_quant_proj(codec.quantizer.decode(tokens).reshape(n, -1, side, side)))
    padded = codec.subsample_out(raw, torch.ones(n, 9, dtype=torch.bool))
    back = x.bands[::-1]
    out = {"in.flux": x.flux, "out.pre_quant": latent, "out.tokens": tokens,
           "out.decoded_all9_ls_nmgy": codec._reverse_range_compress(padded)}
    if isinstance(x, LegacySurveyImage):
        out["out.decoded"] = codec.decode(tokens, bands=back).flux
    case(folder, f"image_{name}_{len(x.bands)}", {"codec": name, "bands": x.bands, "decode_bands": back}, out)


def spectrum(folder, name, config, pixels, seed, n=2):
    codec = wake(SpectrumCodec(**config), seed)
    keep(folder, name, codec, config)
    g = torch.Generator().manual_seed(seed)
    wavelength = 3400 + torch.cumsum(0.5 + torch.rand(n, pixels, generator=g), 1) * (8000 / pixels)
    flux = 3 + torch.randn(n, pixels, generator=g)
    flux[0, 5] = float("nan")
    ivar = torch.rand(n, pixels, generator=g) * 300
    mask = torch.rand(n, pixels, generator=g) < 0.1
    spectrum_case(folder, name, codec, DESISpectrum(flux=flux, ivar=ivar, mask=mask, wavelength=wavelength))


def spectrum_case(folder, name, codec, x):
    latent, level = codec._encode(x)
    tokens = codec.encode(x)
    raw = codec.decoder(codec.post_quant_conv(codec.quantizer.decode(tokens[:, 1:])))
    back = codec.decode(tokens)
    onto = torch.linspace(3300, 9000, 77).repeat(len(tokens), 1)
    observed = codec.decode(tokens, wavelength=onto)
    out = {"in.flux": x.flux, "in.ivar": x.ivar, "in.mask": x.mask, "in.wavelength": x.wavelength, "in.out_wavelength": onto,
           "out.pre_quant": latent, "out.norm_quantised_log10": level, "out.tokens": tokens, "out.decoder_raw": raw,
           "out.decoded_flux": back.flux, "out.decoded_mask": back.mask, "out.decoded_obs_flux": observed.flux,
           "out.decoded_obs_mask": observed.mask}
    case(folder, f"spectrum_{name}", {"codec": name}, out)


def reservoirs(codec, seed, scale):
    g = torch.Generator().manual_seed(seed)
    for module in codec.modules():
        if hasattr(module, "_reservoir"):
            module._reservoir.copy_(torch.randn(module._reservoir.shape, generator=g) * scale)
            module._generate_index_to_val()
    return codec.eval()


def scalar(folder, name, cls, config, seed, old=False):
    codec = cls(**config)
    if cls is GridScalarCodec:
        codec.quantizer.buckets.copy_(torch.linspace(-2, 7, config["codebook_size"]))
    reservoirs(codec, seed, 2)
    keep(folder, name, codec, config)
    if old:
        path = folder / "codecs" / name / "model.safetensors"
        save_file({k.removeprefix("_"): v for k, v in load_file(path).items()}, path)
    g = torch.Generator().manual_seed(seed + 1)
    shape = (50, config["num_quantizers"]) if cls is MultiScalarCodec else (200,)
    value = torch.randn(shape, generator=g) * 3
    value.view(-1)[:3] = torch.tensor([float("nan"), float("inf"), -1e30])
    if cls is MultiScalarCodec:
        value.view(-1)[2] = -40.0
    scalar_case(folder, name, codec, ScalarModalities[config["modality"]](value=value))


def scalar_case(folder, name, codec, x):
    tokens = codec.encode(x)
    case(folder, f"scalar_{name}", {"codec": name},
         {"in.value": x.value, "out.tokens": tokens, "out.decoded": codec.decode(tokens).value})


def catalog(folder, seed):
    config = {"mask_value": 9999}
    codec = reservoirs(CatalogCodec(**config), seed, 0.4)
    keep(folder, "catalog", codec, config)
    g = torch.Generator().manual_seed(seed)
    n, length = 3, 7
    there = torch.rand(n, length, generator=g) < 0.7
    whole = lambda: torch.where(there, torch.randint(0, 96, (n, length), generator=g), 9999)
    real = lambda: torch.where(there, torch.randn(n, length, generator=g), 9999.0)
    fields = {"X": whole(), "Y": whole(), "SHAPE_E1": real(), "SHAPE_E2": real(), "SHAPE_R": real()}
    catalog_case(folder, codec, LegacySurveyCatalog(**fields), torch.randint(0, 3300, (2, 16), generator=g))


def catalog_case(folder, codec, x, anything):
    tokens = codec.encode(x)
    fields = {k: getattr(x, k) for k in ("X", "Y", "SHAPE_E1", "SHAPE_E2", "SHAPE_R")}
    out = {f"in.{k}": v for k, v in fields.items()} | {"out.tokens": tokens, "in.any_tokens": anything}
    back = codec.decode(anything[:, :15])
    out |= {f"out.any_decoded.{k}": getattr(back, k) for k in fields}
    case(folder, f"catalog_{x.X.shape[1]}", {"codec": "catalog"}, out)


def segmentation_map(folder, name, config, seed):
    codec = wake(ScalarFieldCodec(**config), seed)
    keep(folder, name, codec, config)
    field = torch.rand(2, 101, 120, generator=torch.Generator().manual_seed(seed))
    segmentation_case(folder, name, codec, LegacySurveySegmentationMap(field=field))


def segmentation_case(folder, name, codec, x):
    latent = codec._encode(x)
    tokens = codec.quantizer.encode(latent)
    case(folder, f"segmap_{name}", {"codec": name},
         {"in.field": x.field, "out.pre_quant": latent, "out.tokens": tokens, "out.decoded": codec.decode(tokens).field})


CLASSES = {"image": ImageCodec, "spectrum": SpectrumCodec, "catalog": CatalogCodec, "segmap": ScalarFieldCodec,
           "scalar": ScalarCodec, "log": LogScalarCodec, "grid": GridScalarCodec, "multi": MultiScalarCodec}


def make(folder):
    des, hsc = [b for b in BAND_TO_INDEX if b[:3] == "DES"], [b for b in BAND_TO_INDEX if b[:3] == "HSC"]
    base = dict(quantizer_levels=[7, 5, 5], embedding_dim=3, hidden_dims=24, multisurvey_projection_dims=20,
                n_compressions=2, num_consecutive=1, range_compression_factor=0.01, mult_factor=10.0)
    image(folder, "image", base, des, (96, 96), 1, 2)
    image(folder, "image@even", base | dict(quantizer_levels=[8, 6, 4, 2], embedding_dim=4), [des[2], des[0]],
          (130, 97), 2)
    image(folder, "image@deep", base | dict(hidden_dims=48, n_compressions=3, num_consecutive=2, mult_factor=7.0,
                                            range_compression_factor=0.02), hsc[1:4], (96, 111), 3)
    image(folder, "image@shallow", base | dict(n_compressions=1, num_consecutive=0, hidden_dims=10), ["HSC-Y"],
          (100, 96), 4)
    image(folder, "image@small", base, des[:2], (80, 80), 5)
    spec = dict(encoder_depths=[1, 2, 1, 1], encoder_dims=[8, 12, 16, 24], decoder_depths=[1, 1, 1, 1],
                decoder_dims=[16, 12, 8, 2], lambda_min=3500.0, resolution=2.5, num_pixels=2560, latent_channels=24,
                embedding_dim=8, clip_ivar=100, clip_flux=None, input_scaling=0.2, normalization_range=[-1, 5],
                codebook_size=256, dim=8)
    spectrum(folder, "spectrum", spec, 900, 1)
    spectrum(folder, "spectrum@one", spec | dict(decoder_dims=[16, 12, 8, 1], clip_flux=4.5, clip_ivar=None), 700, 2)
    spectrum(folder, "spectrum@projected", spec | dict(codebook_size=512, embedding_dim=6, dim=6,
                                                        normalization_range=[0.5, 2]), 1200, 3)
    spectrum(folder, "spectrum@two", spec | dict(encoder_depths=[2, 1], encoder_dims=[8, 24], decoder_depths=[1, 2],
                                                  decoder_dims=[12, 2], lambda_min=3000, input_scaling=0.5), 800, 4)
    scalar(folder, "SHAPE_E1", ScalarCodec, dict(modality="SHAPE_E1", codebook_size=100, reservoir_size=333), 1)
    scalar(folder, "ra@oldprefix", ScalarCodec, dict(modality="ra", codebook_size=64, reservoir_size=500), 2, True)
    scalar(folder, "FLUX_R", LogScalarCodec,
           dict(modality="FLUX_R", codebook_size=200, reservoir_size=300, min_log_value=-3), 3)
    scalar(folder, "Z@coarse", GridScalarCodec, dict(modality="Z", codebook_size=37), 4)
    scalar(folder, "rp_coefficients", MultiScalarCodec,
           dict(modality="rp_coefficients", compression_fns=["arcsinh"], decompression_fns=["sinh"], codebook_size=90,
                reservoir_size=150, num_quantizers=11), 5)
    catalog(folder, 6)
    field = dict(encoder_output_dim=24, decoder_input_dim=None, embedding_dim=2, res_hidden_dims=10, num_res_layers=1,
                 num_downsamples=2, variational=False, output_activation_extension=None, ema_model_weights=True,
                 levels=[8, 6])
    segmentation_map(folder, "segmentation_map", field, 1)
    segmentation_map(folder, "segmentation_map@wide",
                     field | dict(decoder_input_dim=16, num_downsamples=3, num_res_layers=2, ema_model_weights=False,
                                  output_activation_extension=0.1), 2)


def class_of(config):
    keys = [("quantizer_levels", "image"), ("encoder_depths", "spectrum"), ("encoder_output_dim", "segmap"),
            ("mask_value", "catalog"), ("compression_fns", "multi"), ("min_log_value", "log"),
            ("reservoir_size", "scalar"), ("codebook_size", "grid")]
    return CLASSES[next(kind for key, kind in keys if key in config)]


def saved_again(folder, out):
    """The package loads what we wrote, and its tensors are what it wrote itself."""
    bad = 0
    for place in sorted((folder / "codecs").iterdir()):
        subprocess.run([PROGRAM, "model", "rewrite", place, out / place.name], check=True, stdout=subprocess.DEVNULL)
        config = json.loads((out / place.name / "config.json").read_text())
        codec = class_of(config)(**config)
        codec.load_state_dict(load_file(out / place.name / "model.safetensors"), strict=True)
        before = {"_" + k if k.startswith("quantizer.") else k: v
                  for k, v in load_file(place / "model.safetensors").items()}
        after = codec.state_dict()
        same = before.keys() == after.keys() and all(torch.equal(v, after[k].to(v.dtype)) for k, v in before.items())
        print(f"{'ok' if same else 'FAILED'}: {place.name}: the package loads what we saved, bit by bit")
        bad += not same
    return bad


def main():
    torch.manual_seed(0)
    torch.set_grad_enabled(False)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else scratch) / "fixtures"
        folder.mkdir(parents=True)
        make(folder)
        failed = subprocess.run([PROGRAM, "model", "verify", folder]).returncode != 0
        failed += saved_again(folder, folder.parent / "again")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
