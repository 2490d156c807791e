#!/usr/bin/env python3
"""Makes the golden numbers that the tests of CLIP and SigLIP compare with, and the pictures that they read.

    python3 -m venv .venv-golden && .venv-golden/bin/pip install torch transformers pillow
    .venv-golden/bin/python tools/golden/clip.py [--photos FOLDER]

Each tiny model is a randomly initialised `CLIPModel` or `SiglipModel` of the `transformers` library with a tokenizer of
a few hundred tokens, saved in the Hugging Face layout below `crates/whisperlite/tests/fixtures/clip/`; `golden.json`
beside it has vectors of length 1 as `transformers` computes them. The pictures are drawn here, in all the forms that
make readers stumble. `--photos` names a folder of real photos, of which only vectors are kept.
"""

import argparse
import io
import json
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageOps
from safetensors.torch import load_file, save_file
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import CLIPConfig, CLIPModel, SiglipConfig, SiglipModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

FIXTURES = Path(__file__).resolve().parents[2] / "crates/whisperlite/tests/fixtures/clip"
PICTURES = FIXTURES / "pictures"
PHOTOS = 4
START, END = "<|startoftext|>", "<|endoftext|>"
TEXTS = [
    "a red dress",
    "",
    "Ünïcödé: naïve café, größe 42 & 日本語 🙂",
    "A photo of TWO black_shoes, worn; at a wedding!",
    "dress " * 40,
]


# ---------------------------------------------------------------- pictures


def drawing(width, height, seed):
    """A gradient with shapes on it: smooth and sharp parts in one picture."""
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    planes = [255 * across, 255 * down, 255 * (0.5 + 0.5 * np.sin(9 * across * down + seed))]
    image = Image.fromarray(np.stack(planes, -1).astype(np.uint8), "RGB")
    draw = ImageDraw.Draw(image)
    draw.ellipse([width * 0.1, height * 0.2, width * 0.5, height * 0.7], fill=(200, 30, 60))
    draw.polygon([(width * 0.6, height * 0.1), (width * 0.9, height * 0.9), (width * 0.5, height * 0.8)], fill=(20, 90, 40))
    for line in range(0, width, 7):
        draw.line([line, 0, width - line, height], fill=(line % 256, 255 - line % 256, 128))
    return image


def png_of_16_bits(image):
    """A 16-bit RGB PNG, which Pillow cannot write; the lower bytes say something else than the upper ones."""
    high = np.asarray(image).astype(np.uint16) * 256 + 77
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in high)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", image.width, image.height, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def make_pictures():
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    image, other = drawing(75, 50, 0), drawing(75, 50, 2)
    image.save(PICTURES / "plain.png")
    image.save(PICTURES / "plain.jpg", quality=90)
    image.save(PICTURES / "progressive.jpg", quality=90, progressive=True)
    image.convert("CMYK").save(PICTURES / "cmyk.jpg", quality=90)
    image.convert("L").save(PICTURES / "gray.jpg", quality=90)
    image.convert("L").save(PICTURES / "gray.png")
    image.convert("LA").save(PICTURES / "gray-alpha.png")
    image.convert("1").save(PICTURES / "one-bit.png")
    image.quantize(40).save(PICTURES / "palette.png")
    image.save(PICTURES / "lossless.webp", lossless=True)
    image.save(PICTURES / "lossy.webp", quality=90)
    for orientation in range(2, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        small = image.resize((48, 32))
        small.save(PICTURES / f"exif-{orientation}.jpg", quality=90, exif=exif.tobytes())
    frames = dict(save_all=True, append_images=[other], duration=100)
    image.quantize(40).save(PICTURES / "animated.gif", save_all=True, append_images=[other.quantize(40)], duration=100)
    image.save(PICTURES / "animated.webp", lossless=True, **frames)
    image.save(PICTURES / "animated.png", **frames)
    alpha = Image.fromarray((np.linspace(0, 255, 75)[None].repeat(50, 0)).astype(np.uint8), "L")
    transparent = image.copy()
    transparent.putalpha(alpha)
    transparent.save(PICTURES / "transparent.png")
    transparent.save(PICTURES / "transparent.webp", lossless=True)
    (PICTURES / "rgb-16.png").write_bytes(png_of_16_bits(image))
    Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * np.uint16(257)).save(PICTURES / "gray-16.png")
    drawing(300, 4, 1).save(PICTURES / "wide.png")
    drawing(3, 200, 1).save(PICTURES / "tall.png")
    drawing(1, 1, 1).save(PICTURES / "one-pixel.png")


def read_picture(path):
    """As our library defines it: upright, first frame, transparent parts over white."""
    image = Image.open(path)
    image.seek(0)
    image = ImageOps.exif_transpose(image)
    if image.mode == "I;16":
        image = Image.fromarray((np.asarray(image) // 257).astype(np.uint8), "L")
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


# ---------------------------------------------------------------- tokenizers


def clip_tokenizer(folder):
    """CLIP's own kind of tokenizer with three merges."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = letters + [letter + "</w>" for letter in letters] + ["re", "red</w>", "dr", START, END]
    merges = [("r", "e"), ("re", "d</w>"), ("d", "r")]
    model = models.BPE(
        {token: index for index, token in enumerate(vocab)}, merges, continuing_subword_prefix="",
        end_of_word_suffix="</w>", unk_token=END,
    )
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    words = r"""<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(words), "removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    ids = [vocab.index(END), vocab.index(START)]
    tokenizer.post_processor = processors.RobertaProcessing((END, ids[0]), (START, ids[1]), False, False)
    tokenizer.add_special_tokens([START, END])
    tokenizer.save(str(folder / "tokenizer.json"))
    return len(vocab), ids


def siglip_tokenizer(folder):
    """A unigram tokenizer with `</s>` behind every text, which is its padding too, as SigLIP has it."""
    pieces = ["<pad>", "</s>", "<unk>", "▁", "▁red", "▁dress", "ss"] + list("abcdefghijklmnopqrstuvwxyzäöüï0123456789:,;!&_")
    tokenizer = Tokenizer(models.Unigram([(piece, -float(i)) for i, piece in enumerate(pieces)], unk_id=2))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "SiglipTokenizer", "pad_token": "</s>", "model_max_length": 12})
    return len(pieces)


# ---------------------------------------------------------------- models


def disturb(model):
    """Norms and biases start as ones and zeros, and weights so small that nothing happens: both would hide mistakes."""
    for name, parameter in model.named_parameters():
        scale = 1.0 if parameter.dim() < 2 else 0.25 / parameter[0].numel() ** 0.5 + 0.12
        parameter.data += 0.2 * scale * torch.randn_like(parameter)
    return model.eval()


def empty_folder(name):
    folder = FIXTURES / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


TOWER = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2)


def make_clip(name, seed, act, image_size, patch_size, legacy_end, dtype, projection):
    folder = empty_folder(name)
    n_tokens, (end, start) = clip_tokenizer(folder)
    torch.manual_seed(seed)
    text = dict(TOWER, vocab_size=n_tokens, max_position_embeddings=20, hidden_act=act, bos_token_id=start, eos_token_id=2 if legacy_end else end, pad_token_id=0)
    vision = dict(TOWER, hidden_size=24, num_attention_heads=3, image_size=image_size, patch_size=patch_size, hidden_act=act)
    model = disturb(CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=projection))).to(dtype)
    model.save_pretrained(folder)
    processor = CLIPImageProcessorPil(size={"shortest_edge": image_size}, crop_size={"height": image_size, "width": image_size})
    processor.save_pretrained(folder)
    model = model.float()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(20)
    ids = [tokenizer.encode(text).ids for text in TEXTS]
    texts = [model.text_projection(model.text_model(input_ids=torch.tensor([row])).pooler_output)[0] for row in ids]
    picture = lambda pixels: model.visual_projection(model.vision_model(pixel_values=pixels).pooler_output)[0]
    write_golden(folder, image_size, texts, picture, processor, ids)


def make_siglip(name, seed, image_size, patch_size, act, dtype):
    folder = empty_folder(name)
    n_tokens = siglip_tokenizer(folder)
    torch.manual_seed(seed)
    text = dict(TOWER, vocab_size=n_tokens, max_position_embeddings=12, hidden_act=act, projection_size=24, pad_token_id=1)
    vision = dict(TOWER, hidden_size=24, num_attention_heads=3, image_size=image_size, patch_size=patch_size, hidden_act=act)
    model = disturb(SiglipModel(SiglipConfig(text_config=text, vision_config=vision))).to(dtype)
    model.save_pretrained(folder)
    processor = SiglipImageProcessorPil(size={"height": image_size, "width": image_size})
    processor.save_pretrained(folder)
    model = model.float()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(12)
    tokenizer.enable_padding(length=12, pad_id=1, pad_token="</s>")
    ids = [tokenizer.encode(canonical(text)).ids for text in TEXTS]
    texts = [model.text_model(input_ids=torch.tensor([row])).pooler_output[0] for row in ids]
    picture = lambda pixels: model.vision_model(pixel_values=pixels).pooler_output[0]
    write_golden(folder, image_size, texts, picture, processor, ids)
    return folder


def canonical(text):
    """What `SiglipTokenizer` does to a text before it looks for tokens."""
    import string

    return " ".join(text.translate(str.maketrans("", "", string.punctuation)).split()).strip().lower()


def open_clip_names(folder, target):
    """The same weights under the names that open_clip and timm give them (a SigLIP with timm's vision tower)."""
    target.mkdir(parents=True, exist_ok=True)
    tensors, found = {}, load_file(folder / "model.safetensors")
    take = lambda name: found.pop(name)

    def block(ours, theirs, parts, fused):
        for kind in ("weight", "bias"):
            qkv = [take(f"{ours}.self_attn.{part}_proj.{kind}") for part in "qkv"]
            tensors[f"{theirs}.{fused.format(kind)}"] = torch.cat(qkv)
            for here, there in parts.items():
                tensors[f"{theirs}.{there}.{kind}"] = take(f"{ours}.{here}.{kind}")

    text = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "self_attn.out_proj": "attn.out_proj", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj"}
    vision = {"layer_norm1": "norm1", "layer_norm2": "norm2", "self_attn.out_proj": "attn.proj", "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2"}
    for index in range(2):
        block(f"text_model.encoder.layers.{index}", f"text.transformer.resblocks.{index}", text, "attn.in_proj_{}")
        block(f"vision_model.encoder.layers.{index}", f"visual.trunk.blocks.{index}", vision, "attn.qkv.{}")
    tensors["text.token_embedding.weight"] = take("text_model.embeddings.token_embedding.weight")
    tensors["text.positional_embedding"] = take("text_model.embeddings.position_embedding.weight")
    tensors["visual.trunk.pos_embed"] = take("vision_model.embeddings.position_embedding.weight")[None]
    tensors["visual.trunk.attn_pool.latent"] = take("vision_model.head.probe")
    for kind in ("weight", "bias"):
        in_proj = take(f"vision_model.head.attention.in_proj_{kind}")
        tensors[f"visual.trunk.attn_pool.q.{kind}"] = in_proj[:24].clone()
        tensors[f"visual.trunk.attn_pool.kv.{kind}"] = in_proj[24:].clone()
        for ours, theirs in {
            "text_model.final_layer_norm": "text.ln_final", "text_model.head": "text.text_projection",
            "vision_model.embeddings.patch_embedding": "visual.trunk.patch_embed.proj", "vision_model.post_layernorm": "visual.trunk.norm",
            "vision_model.head.attention.out_proj": "visual.trunk.attn_pool.proj", "vision_model.head.layernorm": "visual.trunk.attn_pool.norm",
            "vision_model.head.mlp.fc1": "visual.trunk.attn_pool.mlp.fc1", "vision_model.head.mlp.fc2": "visual.trunk.attn_pool.mlp.fc2",
        }.items():
            tensors[f"{theirs}.{kind}"] = take(f"{ours}.{kind}")
    tensors["logit_scale"], tensors["logit_bias"] = take("logit_scale")[0], take("logit_bias")[0]
    assert not found, found.keys()
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, target / "open_clip_model.safetensors")


def unit(vector):
    return [round(value, 7) for value in torch.nn.functional.normalize(vector.detach(), dim=0).tolist()]


def write_golden(folder, image_size, texts, picture, processor, ids):
    wave = torch.sin(torch.arange(3 * image_size * image_size) * 0.37).reshape(1, 3, image_size, image_size)
    vector = lambda path: unit(picture(torch.from_numpy(np.asarray(processor(read_picture(path))["pixel_values"][0]))[None]))
    photos = sorted(OPTIONS.photos.glob("*.jp*g"))[:: max(1, len(list(OPTIONS.photos.glob("*.jp*g"))) // PHOTOS)][:PHOTOS] if OPTIONS.photos else []
    golden = {
        "texts": TEXTS,
        "tokens": ids,
        "text_vectors": [unit(text) for text in texts],
        "wave_vector": unit(picture(wave)),
        "pictures": {path.name: vector(path) for path in sorted(PICTURES.iterdir())},
        "photos": {path.name: vector(path) for path in photos},
    }
    write_json(folder / "golden.json", golden)
    print(folder, len(golden["pictures"]), "pictures", len(photos), "photos")


def write_json(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False) + "\n", encoding="utf-8")


def main():
    global OPTIONS
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, help="folder of real photos, of which vectors are kept")
    OPTIONS = parser.parse_args()
    make_pictures()
    with torch.no_grad():
        make_clip("clip", 1, "quick_gelu", 64, 16, False, torch.float32, 20)
        make_clip("clip-legacy-f16", 2, "gelu", 40, 8, True, torch.float16, 16)
        folder = make_siglip("siglip", 3, 36, 8, "gelu_pytorch_tanh", torch.float32)
        open_clip_names(folder, FIXTURES / "siglip-open-clip")


if __name__ == "__main__":
    main()
