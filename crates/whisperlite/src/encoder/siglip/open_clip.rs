//! SigLIP as open_clip stores it: `open_clip_config.json`, and tensors under open_clip's and timm's names.

use std::path::Path;

use serde::Deserialize;

use super::config::{BASE, PAD_TOKEN_ID};
use super::{SiglipConfig, SiglipTextConfig, SiglipVisionConfig};
use crate::encoder::EncoderError;
use crate::encoder::activation::Activation;
use crate::encoder::files::parse_json;
use crate::encoder::picture::{Filter, Preprocessing, Resize};
use crate::encoder::transformer::{TowerConfig, bad_value, check_tower, positive, unsupported};
use crate::encoder::weights::Renamed;

/// What `open_clip_config.json` says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OpenClipConfig {
    pub(crate) siglip: SiglipConfig,
    /// Used where the folder has no `preprocessor_config.json`.
    pub(crate) preprocessing: Preprocessing,
    /// Whether texts are stripped of case and punctuation first.
    pub(crate) canonicalizes: bool,
}

#[derive(Deserialize)]
struct RawConfig {
    model_cfg: RawModel,
    preprocess_cfg: Option<RawPreprocess>,
}

#[derive(Deserialize)]
struct RawModel {
    embed_dim: usize,
    vision_cfg: RawVision,
    text_cfg: RawText,
}

#[derive(Deserialize)]
struct RawVision {
    image_size: usize,
    timm_model_name: Option<String>,
    timm_pool: Option<String>,
    timm_proj: Option<String>,
}

#[derive(Deserialize)]
struct RawText {
    context_length: usize,
    vocab_size: usize,
    width: usize,
    heads: usize,
    layers: usize,
    mlp_ratio: Option<f64>,
    #[serde(default)]
    no_causal_mask: bool,
    #[serde(default)]
    proj_bias: bool,
    pool_type: Option<String>,
    tokenizer_kwargs: Option<RawTokenizer>,
    norm_kwargs: Option<RawNorm>,
    act_kwargs: Option<RawActivation>,
}

#[derive(Deserialize)]
struct RawTokenizer {
    clean: Option<String>,
}

#[derive(Deserialize)]
struct RawNorm {
    eps: Option<f64>,
}

#[derive(Deserialize)]
struct RawActivation {
    approximate: Option<String>,
}

#[derive(Deserialize)]
struct RawPreprocess {
    mean: Option<[f32; 3]>,
    std: Option<[f32; 3]>,
    interpolation: Option<String>,
    resize_mode: Option<String>,
}

impl OpenClipConfig {
    /// Parses and checks `open_clip_config.json`, whose bytes were read from `path`.
    pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, EncoderError> {
        let RawConfig { model_cfg: model, preprocess_cfg } = parse_json(path, bytes)?;
        let (vision, patch_size) = vision_tower(path, &model.vision_cfg)?;
        if model.embed_dim != vision.hidden_size {
            return Err(bad_value(path, "embed_dim", model.embed_dim, "the width of the vision tower"));
        }
        let image_size = positive(path, "image_size", model.vision_cfg.image_size)?;
        let clean = model.text_cfg.tokenizer_kwargs.as_ref().and_then(|kwargs| kwargs.clean.as_deref());
        let canonicalizes = match clean {
            None | Some("whitespace") => false,
            Some("canonicalize") => true,
            Some(other) => return Err(unsupported(path, "clean", other, "canonicalize, whitespace")),
        };
        Ok(Self {
            siglip: SiglipConfig {
                text: model.text_cfg.config(path)?,
                vision: SiglipVisionConfig { tower: vision, image_size, patch_size },
            },
            preprocessing: preprocessing(path, preprocess_cfg, image_size)?,
            canonicalizes,
        })
    }
}

impl RawText {
    fn config(&self, path: &Path) -> Result<SiglipTextConfig, EncoderError> {
        if !self.no_causal_mask {
            return Err(unsupported(path, "no_causal_mask", "false", "true, as every SigLIP has it"));
        }
        if !self.proj_bias {
            return Err(unsupported(path, "proj_bias", "false", "true, as every SigLIP has it"));
        }
        match self.pool_type.as_deref() {
            Some("last") => {}
            other => return Err(unsupported(path, "pool_type", &format!("{other:?}"), "`last`")),
        }
        let tanh = self.act_kwargs.as_ref().and_then(|kwargs| kwargs.approximate.as_deref()) == Some("tanh");
        let tower = TowerConfig {
            hidden_size: self.width,
            intermediate_size: (self.width as f64 * self.mlp_ratio.unwrap_or(4.0)) as usize,
            n_layers: self.layers,
            n_heads: self.heads,
            activation: if tanh { Activation::GeluTanh } else { Activation::Gelu },
            layer_norm_eps: self.norm_kwargs.as_ref().and_then(|kwargs| kwargs.eps).unwrap_or(1e-5),
        };
        check_tower(path, &tower)?;
        Ok(SiglipTextConfig {
            tower,
            vocab_size: positive(path, "vocab_size", self.vocab_size)?,
            n_positions: positive(path, "context_length", self.context_length)?,
            pad_token_id: PAD_TOKEN_ID,
        })
    }
}

/// The sizes that stand behind a name such as `vit_base_patch16_siglip_224`, and the patch's side.
fn vision_tower(path: &Path, vision: &RawVision) -> Result<(TowerConfig, usize), EncoderError> {
    const SUPPORTED: &str = "vit_{base, large, so400m}_patch{N}_siglip_{N}, pooled by `map` without projection";
    let name = vision.timm_model_name.as_deref().unwrap_or("no timm model");
    let refused = || unsupported(path, "timm_model_name", name, SUPPORTED);
    let parts: Vec<&str> = name.split('_').collect();
    let ["vit", size, patch, "siglip", _, ..] = parts[..] else { return Err(refused()) };
    let patch = patch.strip_prefix("patch").and_then(|side| side.parse().ok()).ok_or_else(refused)?;
    let of = |hidden_size, n_layers, n_heads, intermediate_size| TowerConfig {
        hidden_size,
        intermediate_size,
        n_layers,
        n_heads,
        activation: Activation::Gelu,
        layer_norm_eps: 1e-6,
    };
    let tower = match size {
        "base" => TowerConfig { activation: Activation::Gelu, ..BASE },
        "large" => of(1024, 24, 16, 4096),
        "so400m" => of(1152, 27, 16, 4304),
        _ => return Err(refused()),
    };
    let pooled = vision.timm_pool.as_deref() == Some("map");
    let projected = !matches!(vision.timm_proj.as_deref(), None | Some("none"));
    if !pooled || projected { Err(refused()) } else { Ok((tower, positive(path, "timm_model_name", patch)?)) }
}

fn preprocessing(path: &Path, raw: Option<RawPreprocess>, side: usize) -> Result<Preprocessing, EncoderError> {
    let default = Preprocessing::siglip(side);
    let Some(raw) = raw else { return Ok(default) };
    let filter = match raw.interpolation.as_deref() {
        None | Some("bicubic") => Filter::Bicubic,
        Some("bilinear") => Filter::Bilinear,
        Some(other) => return Err(unsupported(path, "interpolation", other, "bicubic, bilinear")),
    };
    let resize = match raw.resize_mode.as_deref() {
        Some("squash") => default.resize,
        None | Some("shortest") => Resize::ShortestEdge(side),
        Some(other) => return Err(unsupported(path, "resize_mode", other, "squash, shortest")),
    };
    Ok(Preprocessing {
        resize,
        filter,
        mean: raw.mean.unwrap_or(default.mean),
        std: raw.std.unwrap_or(default.std),
        ..default
    })
}

/// What a tensor of open_clip is called in [`Siglip`](super::Siglip), whose order of dimensions is the same; names that
/// no SigLIP has stay as they are, and are refused as surplus.
pub(crate) fn rename(name: &str) -> Renamed {
    let one = |name: String| Renamed::One(name);
    if let Some(rest) = name.strip_prefix("text.transformer.resblocks.") {
        return block(rest, "text_model", &TEXT_BLOCK, "attn.in_proj_");
    }
    if let Some(rest) = name.strip_prefix("visual.trunk.blocks.") {
        return block(rest, "vision_model", &VISION_BLOCK, "attn.qkv.");
    }
    if let Some((_, ours)) = WHOLE.iter().find(|(theirs, _)| *theirs == name) {
        return one((*ours).to_owned());
    }
    if let Some(kind) = name.strip_prefix("visual.trunk.attn_pool.q.") {
        return Renamed::Part(format!("vision_model.head.attention.in_proj_{kind}"), 0);
    }
    if let Some(kind) = name.strip_prefix("visual.trunk.attn_pool.kv.") {
        return Renamed::Part(format!("vision_model.head.attention.in_proj_{kind}"), 1);
    }
    match PARTS.iter().find_map(|(theirs, ours)| Some((ours, name.strip_prefix(theirs)?.strip_prefix('.')?))) {
        Some((ours, kind)) => one(format!("{ours}.{kind}")),
        None => one(name.to_owned()),
    }
}

/// A tensor of block `rest`, which starts with the block's number.
fn block(rest: &str, tower: &str, parts: &[(&str, &str)], qkv: &str) -> Renamed {
    let Some((index, part)) = rest.split_once('.') else { return Renamed::One(rest.to_owned()) };
    let at = |part: &str| format!("{tower}.encoder.layers.{index}.{part}");
    if let Some(kind) = part.strip_prefix(qkv) {
        return Renamed::Thirds(["q", "k", "v"].map(|which| at(&format!("self_attn.{which}_proj.{kind}"))));
    }
    let found = parts.iter().find_map(|(theirs, ours)| Some((ours, part.strip_prefix(theirs)?.strip_prefix('.')?)));
    Renamed::One(found.map_or_else(|| at(part), |(ours, kind)| at(&format!("{ours}.{kind}"))))
}

const TEXT_BLOCK: [(&str, &str); 5] = [
    ("ln_1", "layer_norm1"),
    ("ln_2", "layer_norm2"),
    ("attn.out_proj", "self_attn.out_proj"),
    ("mlp.c_fc", "mlp.fc1"),
    ("mlp.c_proj", "mlp.fc2"),
];

const VISION_BLOCK: [(&str, &str); 3] =
    [("norm1", "layer_norm1"), ("norm2", "layer_norm2"), ("attn.proj", "self_attn.out_proj")];

const WHOLE: [(&str, &str); 4] = [
    ("text.token_embedding.weight", "text_model.embeddings.token_embedding.weight"),
    ("text.positional_embedding", "text_model.embeddings.position_embedding.weight"),
    ("visual.trunk.pos_embed", "vision_model.embeddings.position_embedding.weight"),
    ("visual.trunk.attn_pool.latent", "vision_model.head.probe"),
];

const PARTS: [(&str, &str); 8] = [
    ("text.ln_final", "text_model.final_layer_norm"),
    ("text.text_projection", "text_model.head"),
    ("visual.trunk.patch_embed.proj", "vision_model.embeddings.patch_embedding"),
    ("visual.trunk.norm", "vision_model.post_layernorm"),
    ("visual.trunk.attn_pool.proj", "vision_model.head.attention.out_proj"),
    ("visual.trunk.attn_pool.norm", "vision_model.head.layernorm"),
    ("visual.trunk.attn_pool.mlp.fc1", "vision_model.head.mlp.fc1"),
    ("visual.trunk.attn_pool.mlp.fc2", "vision_model.head.mlp.fc2"),
];

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use burn::tensor::{Device, Tensor};

    use super::super::{Siglip, UNUSED_TENSORS};
    use super::*;
    use crate::encoder::weights::Weights;

    fn fixture(file: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clip").join(file)
    }

    #[test]
    fn renamed_weights_are_the_same_model() {
        let config = std::fs::read(fixture("siglip/config.json")).unwrap();
        let config = SiglipConfig::parse(Path::new("config.json"), &config).unwrap();
        let open = |file: &str, rename: fn(&str) -> Renamed| {
            let path = fixture(file);
            let bytes = std::fs::read(&path).unwrap();
            let weights = Weights::parse(path, &bytes, "").unwrap().renamed(rename);
            let siglip = Siglip::load(&weights, &config, &Device::flex()).unwrap();
            (siglip, weights.finish(&UNUSED_TENSORS).unwrap())
        };
        let ours = open("siglip/model.safetensors", |name| Renamed::One(name.to_owned()));
        let theirs = open("siglip-open-clip/open_clip_model.safetensors", rename);
        assert_eq!(ours.1, theirs.1);
        let text = [3, 7, 4, 5, 1, 1, 1, 1, 1, 1, 1, 1];
        let vectors = [&ours.0, &theirs.0].map(|siglip| {
            let picture = siglip.encode_image(Tensor::ones([1, 3, 36, 36], &Device::flex()));
            Tensor::cat(vec![siglip.encode_text(&[&text]), picture], 0).into_data()
        });
        assert_eq!(vectors[0], vectors[1]);
    }

    #[test]
    fn a_tensor_that_no_siglip_has_is_surplus() {
        for name in ["visual.trunk.fc_norm.weight", "visual.trunk.blocks.0.ls1.gamma", "text.cls_emb"] {
            let Renamed::One(renamed) = rename(name) else { panic!("{name} is one tensor") };
            assert!(!renamed.ends_with("layernorm.weight"), "{renamed}");
        }
    }

    const MARQO: &str = r#"{"model_cfg": {"embed_dim": 768, "init_logit_bias": -10, "custom_text": true,
        "vision_cfg": {"image_size": 224, "timm_model_name": "vit_base_patch16_siglip_224", "timm_model_pretrained": false,
            "timm_pool": "map", "timm_proj": "none"},
        "text_cfg": {"context_length": 64, "vocab_size": 32000, "hf_tokenizer_name": "timm/ViT-B-16-SigLIP",
            "tokenizer_kwargs": {"clean": "canonicalize"}, "width": 768, "heads": 12, "layers": 12,
            "no_causal_mask": true, "proj_bias": true, "pool_type": "last", "norm_kwargs": {"eps": 1e-06}}},
        "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "interpolation": "bicubic",
            "resize_mode": "squash"}}"#;

    #[test]
    fn the_configuration_of_a_siglip_base_is_understood() {
        let config = OpenClipConfig::parse(Path::new("open_clip_config.json"), MARQO.as_bytes()).unwrap();
        let SiglipConfig { text, vision } = config.siglip;
        assert_eq!((vision.tower.hidden_size, vision.patch_size, vision.image_size), (768, 16, 224));
        assert_eq!((text.n_positions, text.tower.layer_norm_eps, text.tower.intermediate_size), (64, 1e-6, 3072));
        assert_eq!((config.preprocessing, config.canonicalizes), (Preprocessing::siglip(224), true));
    }

    #[test]
    fn variants_of_another_arithmetic_are_refused_by_name() {
        for (from, to, field) in [
            ("\"no_causal_mask\": true", "\"no_causal_mask\": false", "no_causal_mask"),
            ("\"pool_type\": \"last\"", "\"pool_type\": \"argmax\"", "pool_type"),
            ("vit_base_patch16_siglip_224", "convnext_base", "timm_model_name"),
            ("\"timm_pool\": \"map\"", "\"timm_pool\": \"avg\"", "timm_model_name"),
            ("\"squash\"", "\"longest\"", "resize_mode"),
            ("\"embed_dim\": 768", "\"embed_dim\": 512", "embed_dim"),
        ] {
            assert!(MARQO.contains(from), "{from}");
            let error = OpenClipConfig::parse(Path::new("c.json"), MARQO.replace(from, to).as_bytes()).unwrap_err();
            assert!(error.to_string().contains(&format!("`{field}`")), "{error}");
        }
    }
}
