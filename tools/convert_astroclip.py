"""Turns a pickled checkpoint of DINOv2, AstroDINO, SpecFormer or AstroCLIP into a folder that asterism loads.

    pip install torch safetensors
    python3 tools/convert_astroclip.py astroclip.ckpt models/astroclip
    python3 tools/convert_astroclip.py dinov2_vits14_pretrain.pth models/dinov2_small --images photo
    asterism model verify models/astroclip

Writes OUT/model.safetensors (float32, names as published) and OUT/config.json (docs/formats/model.md). The file is read
with weights_only=True: nothing in it is run. Classes that a Lightning checkpoint pickled beside its weights (AstroCLIP's
does) are replaced by empty stand-ins of the same name, so that neither dinov2 nor astroclip need be installed.
"""
import argparse
import json
import os
import re
import sys

import torch
from safetensors.torch import save_file

WRAPPERS = ("module.", "state_dict.", "teacher.", "model.", "backbone.")
PRETRAINING = ("dino_head.", "ibot_head.")
IMAGENET = {"mean": [0.485, 0.456, 0.406], "deviation": [0.229, 0.224, 0.225]}
INPUTS = {
    # Legacy Survey g, r, z fluxes as AstroDINO and AstroCLIP saw them: what the program takes by itself
    "legacy": {},
    # pictures made for the eye, as DINOv2 saw them
    "photo": {"modality": "rgb_image", "stretch": "display", "unit": "display", "bands": ["red", "green", "blue"],
              "wavelengths_angstrom": [], "scales": [], "pixel_scale_arcsec": 0.0, "crop": 0, "resize": 224, **IMAGENET},
    # Legacy Survey fluxes, stretched to a picture, for DINOv2
    "legacy_photo": {"pixel_scale_arcsec": 0.0, "crop": 0, "resize": 224, **IMAGENET},
}


def stand_in(name):
    """An empty class under a pickled name: takes whatever it is given and does nothing."""
    def set_state(self, state):
        self.__dict__["state"] = state
    return type(name.rpartition(".")[2], (), {"__init__": lambda self, *a, **k: None, "__setstate__": set_state,
                                               "__new__": lambda cls, *a, **k: object.__new__(cls)})


def load(path):
    unknown = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    if unknown:
        print("stand-ins for: " + ", ".join(unknown), file=sys.stderr)
    with torch.serialization.safe_globals([(stand_in(name), name) for name in unknown]):
        return torch.load(path, map_location="cpu", weights_only=True)


def tensors_of(checkpoint):
    """The weights: what lies under "teacher" or "state_dict", or the table itself."""
    for key in ("teacher", "state_dict", "model"):
        if isinstance(checkpoint, dict) and isinstance(checkpoint.get(key), dict):
            checkpoint = checkpoint[key]
    if not isinstance(checkpoint, dict):
        sys.exit("no table of tensors in this file")
    tensors = {k: v for k, v in checkpoint.items() if isinstance(v, torch.Tensor)}
    kept = {k: v for k, v in tensors.items() if not any(part in k for part in PRETRAINING)}
    again = True
    while again:
        again = False
        for wrapper in WRAPPERS:
            if kept and all(k.startswith(wrapper) for k in kept):
                kept = {k[len(wrapper):]: v for k, v in kept.items()}
                again = True
    return kept


def numbers_of(checkpoint):
    """Plain numbers that a Lightning checkpoint keeps of its making."""
    table = checkpoint.get("hyper_parameters") if isinstance(checkpoint, dict) else None
    return {k: v for k, v in table.items() if isinstance(v, (bool, int, float))} if isinstance(table, dict) else {}


def image_config(tensors, prefix, heads):
    width = tensors[prefix + "cls_token"].shape[-1]
    config = {"heads": heads or width // 64}
    if prefix + "register_tokens" in tensors:  # the public models with registers were made so
        config.update(interpolate_offset=0.0, interpolate_antialias=True)
    return config


def spectrum_config(tensors, prefix, heads, made_with):
    width = tensors[prefix + "data_embed.weight"].shape[0]
    config = {"heads": heads or made_with.get("num_heads") or width // 128}
    if "slice_overlap" in made_with:
        config["overlap"] = made_with["slice_overlap"]
    return config


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", help="*.ckpt, *.pth or *.pt")
    parser.add_argument("out", help="folder to make")
    parser.add_argument("--images", choices=sorted(INPUTS), help="what the image encoder is given; default: photo for "
                        "patches of 14, legacy otherwise")
    parser.add_argument("--image-heads", type=int, help="attention heads; default: 64 numbers each")
    parser.add_argument("--spectrum-heads", type=int, help="attention heads; default: 128 numbers each")
    parser.add_argument("--pool-heads", type=int, default=4, help="heads of the cross attention (default 4)")
    parser.add_argument("--image-head-residual", action="store_true", help="weights of before the released version")
    arguments = parser.parse_args()

    checkpoint = load(arguments.checkpoint)
    tensors, made_with = tensors_of(checkpoint), numbers_of(checkpoint)
    pair = any(re.match(r"(image|spectrum)_encoder\.", k) for k in tensors)
    image, spectrum = ("image_encoder.backbone.", "spectrum_encoder.backbone.") if pair else ("", "")
    config = {}
    if image + "patch_embed.proj.weight" in tensors:
        patch = tensors[image + "patch_embed.proj.weight"].shape[-1]
        images = arguments.images or ("photo" if patch == 14 else "legacy")
        config["image"] = image_config(tensors, image, arguments.image_heads)
        if INPUTS[images]:
            config["image_input"] = INPUTS[images]
    if spectrum + "data_embed.weight" in tensors:
        config["spectrum"] = spectrum_config(tensors, spectrum, arguments.spectrum_heads, made_with)
    if not config:
        sys.exit(f"{arguments.checkpoint}: no encoder of this family among {sorted(tensors)[:5]} ...")
    if pair:
        config.update(pool_heads=arguments.pool_heads, image_head_residual=arguments.image_head_residual)

    os.makedirs(arguments.out, exist_ok=True)
    kept = {k: v.detach().to(torch.float32).contiguous().clone() for k, v in tensors.items() if v.is_floating_point()}
    save_file(kept, os.path.join(arguments.out, "model.safetensors"), metadata={"format": "pt"})
    with open(os.path.join(arguments.out, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file, indent=1, sort_keys=True)
        file.write("\n")
    print(f"{arguments.out}: {len(kept)} tensors, {sum(v.numel() for v in kept.values()):,} numbers", file=sys.stderr)


if __name__ == "__main__":
    main()
