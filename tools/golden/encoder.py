#!/usr/bin/env python3
"""Makes the golden numbers that the sentence encoder's tests compare with.

    python3 -m venv .venv-golden && .venv-golden/bin/pip install torch transformers
    .venv-golden/bin/python tools/golden/encoder.py            # the tiny models
    .venv-golden/bin/python tools/golden/encoder.py --minilm FOLDER   # the real all-MiniLM-L6-v2 as well

Each tiny model is a randomly initialised `BertModel` with a WordPiece tokenizer, saved in the Hugging Face layout below
`crates/whisperlite/tests/fixtures/encoder/`, with `golden.json` beside it: texts, and their vectors as `transformers`
computes them one text at a time in float32, so that no padding is involved. Pooling and normalisation are written
out here, after the definitions in the sentence-transformers documentation.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, BertTokenizerFast

FIXTURES = Path(__file__).resolve().parents[2] / "crates/whisperlite/tests/fixtures/encoder"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789äöüéñß.,;:!?-'&%/()"
WORDS = ["black", "dress", "red", "shoes", "summer", "wedding", "film", "wool", "for", "the", "with", "and", "##ing", "##s"]

TEXTS = [
    "black dress",
    "",
    " ",
    "A red dress for the summer wedding, with shoes",
    "Ünïcödé: naïve café, größe 42 & 日本語 🙂",
    "the film and the wool",
    "x",
    "dress " * 40,
    "film wool red " * 700,
]

MINILM_TEXTS = [
    "That is a happy person",
    "That is a happy dog",
    "That is a very happy person",
    "Today is a sunny day",
    "",
    "nonlinear surrealism; Mulholland Dr. (2001); David Lynch",
    "Größe 42, naïve café 日本語 🙂",
    "black dress with long sleeves for a summer wedding " * 60,
]

TINY = {
    # name: config, pooling, normalize, max_seq_length, stored dtype, name prefix, pooler, modules.json
    "mean-normalized": dict(act="gelu", pooling="mean", normalize=True, limit=16, dtype=torch.float32, prefix="", pooler=True),
    "cls-tanh-f16": dict(act="gelu_new", pooling="cls", normalize=False, limit=24, dtype=torch.float16, prefix="bert.", pooler=True),
    "max-relu-bf16": dict(act="relu", pooling="max", normalize=True, limit=None, dtype=torch.bfloat16, prefix="", pooler=False),
    "bare": dict(act="gelu", pooling=None, normalize=False, limit=None, dtype=torch.float32, prefix="", pooler=False),
}


def make_tokenizer(folder):
    vocab = SPECIAL + list(LETTERS) + ["##" + letter for letter in LETTERS] + WORDS
    ids = {token: index for index, token in enumerate(vocab)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.enable_truncation(8)  # as real files have it, from their training: must be overridden
    tokenizer.enable_padding(length=8)
    tokenizer.save(str(folder / "tokenizer.json"))
    return len(vocab)


def make_tiny(name, spec, seed):
    folder = FIXTURES / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    vocab_size = make_tokenizer(folder)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=vocab_size, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40,
        max_position_embeddings=48, hidden_act=spec["act"], layer_norm_eps=1e-12, initializer_range=0.4,
    )
    model = BertModel(config, add_pooling_layer=spec["pooler"]).to(spec["dtype"])
    for parameter in model.parameters():  # layer norms and biases start as ones and zeros, which would hide mistakes
        parameter.data += 0.1 * torch.randn_like(parameter)
    model.save_pretrained(folder)
    weights = folder / "model.safetensors"
    tensors = {spec["prefix"] + key: value for key, value in load_file(weights).items()}
    if spec["pooler"]:
        tensors[spec["prefix"] + "embeddings.position_ids"] = torch.arange(48).unsqueeze(0)
    save_file(tensors, weights, metadata={"format": "pt"})
    write_modules(folder, spec)
    write_golden(folder / "golden.json", folder, spec, TEXTS, spec["limit"] or 48)


def write_modules(folder, spec):
    if spec["pooling"] is None:
        return
    kinds = [("", "Transformer"), ("1_Pooling", "Pooling")] + [("2_Normalize", "Normalize")] * spec["normalize"]
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds)
    ]
    write_json(folder / "modules.json", modules)
    (folder / "1_Pooling").mkdir()
    flags = {"cls": "cls_token", "mean": "mean_tokens", "max": "max_tokens"}
    modes = {f"pooling_mode_{flag}": mode == spec["pooling"] for mode, flag in flags.items()}
    write_json(folder / "1_Pooling/config.json", {"word_embedding_dimension": 24, **modes})
    if spec["limit"]:
        write_json(folder / "sentence_bert_config.json", {"max_seq_length": spec["limit"], "do_lower_case": False})


def embed(model, tokenizer, text, pooling, normalize, limit):
    inputs = tokenizer(text, truncation=True, max_length=limit, padding=False, return_tensors="pt")
    with torch.no_grad():
        hidden = model(**inputs).last_hidden_state[0]
    vector = {"cls": hidden[0], "max": hidden.max(0).values}.get(pooling, hidden.mean(0))
    return torch.nn.functional.normalize(vector, dim=0) if normalize else vector


def write_golden(path, folder, spec, texts, limit):
    weights = load_file(folder / "model.safetensors")
    weights = {key.removeprefix("bert."): value.float() for key, value in weights.items()}
    model = BertModel(BertConfig.from_pretrained(folder)).float().eval()
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert all(key.startswith("pooler") for key in missing), missing
    assert all(key == "embeddings.position_ids" for key in unexpected), unexpected
    tokenizer = BertTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), do_lower_case=True)
    tokenizer.backend_tokenizer.normalizer = Tokenizer.from_file(str(folder / "tokenizer.json")).normalizer
    vectors = [embed(model, tokenizer, text, spec["pooling"], spec["normalize"], limit).tolist() for text in texts]
    write_json(path, {"texts": texts, "vectors": [[round(value, 7) for value in vector] for vector in vectors]})
    print(path, len(texts), "texts")


def write_json(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minilm", type=Path, help="folder of the real all-MiniLM-L6-v2 (scripts/get-minilm.sh)")
    options = parser.parse_args()
    for seed, (name, spec) in enumerate(TINY.items()):
        make_tiny(name, spec, seed)
    if options.minilm:
        spec = {"pooling": "mean", "normalize": True}
        write_golden(FIXTURES / "minilm-golden.json", options.minilm, spec, MINILM_TEXTS, 256)


if __name__ == "__main__":
    main()
