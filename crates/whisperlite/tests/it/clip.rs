//! CLIP and SigLIP against the golden numbers of `transformers` (made by `tools/golden/clip.py`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use serde::Deserialize;
use whisperlite::encoder::clip::{Clip, ClipConfig, ClipFiles};
use whisperlite::encoder::picture::{Picture, Preprocessing};
use whisperlite::encoder::transformer::Precision;
use whisperlite::encoder::{self, Encoder, EncoderError};

use crate::support::real_data;

/// The project's bound per component, from the same pixels; what is seen is below 1e-6.
const TOLERANCE: f32 = 1e-4;
/// The project's bound from file to vector, where decoders of lossy formats may differ by a level or two.
const MAX_COSINE_DISTANCE: f32 = 1e-3;
const LOSSY: [&str; 3] = ["jpg", "webp", "16.png"];
const MODELS: [&str; 3] = ["clip", "clip-legacy-f16", "siglip"];

#[derive(Deserialize)]
struct Golden {
    texts: Vec<String>,
    tokens: Vec<Vec<u32>>,
    text_vectors: Vec<Vec<f32>>,
    wave_vector: Vec<f32>,
    pictures: BTreeMap<String, Vec<f32>>,
    photos: BTreeMap<String, Vec<f32>>,
}

/// A folder of the committed tiny models, or of the pictures.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clip").join(name)
}

fn golden(name: &str) -> Golden {
    serde_json::from_slice(&std::fs::read(fixture(name).join("golden.json")).expect("golden numbers"))
        .expect("golden numbers are JSON")
}

fn largest_difference(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn cosine_distance(ours: &[f32], theirs: &[f32]) -> f32 {
    1.0 - ours.iter().zip(theirs).map(|(a, b)| a * b).sum::<f32>()
}

fn embed_file(encoder: &dyn Encoder, path: &Path) -> Vec<f32> {
    encoder.embed_pictures(&[Picture::read(path).expect("picture")]).expect("picture is embedded")
}

#[test]
fn texts_equal_transformers() {
    for name in MODELS {
        let (encoder, golden) = (encoder::open(&fixture(name)).expect(name), golden(name));
        let texts: Vec<&str> = golden.texts.iter().map(String::as_str).collect();
        let ours = encoder.embed_texts(&texts).expect("texts are embedded");
        let difference = largest_difference(&ours, &golden.text_vectors.concat());
        eprintln!("{name}: largest difference of a text {difference:e}");
        assert!(difference <= TOLERANCE, "{name}: {difference}");
    }
}

#[test]
fn pictures_of_every_kind_equal_transformers() {
    for name in MODELS {
        let (encoder, golden) = (encoder::open(&fixture(name)).expect(name), golden(name));
        assert!(encoder.sees_pictures());
        for (file, theirs) in &golden.pictures {
            let ours = embed_file(&*encoder, &fixture("pictures").join(file));
            let (difference, distance) = (largest_difference(&ours, theirs), cosine_distance(&ours, theirs));
            let lossy = LOSSY.iter().any(|end| file.ends_with(end));
            eprintln!("{name}, {file}: largest difference {difference:e}, cosine distance {distance:e}");
            assert!(distance <= MAX_COSINE_DISTANCE, "{name}, {file}: {distance}");
            assert!(lossy || difference <= TOLERANCE, "{name}, {file}: {difference}");
        }
    }
}

#[test]
fn real_photos_equal_transformers() {
    let Some(photos) = real_data("clothing-photos-cc0") else { return };
    for name in MODELS {
        let (encoder, golden) = (encoder::open(&fixture(name)).expect(name), golden(name));
        assert!(!golden.photos.is_empty());
        for (file, theirs) in &golden.photos {
            let ours = embed_file(&*encoder, &photos.join("images").join(file));
            let distance = cosine_distance(&ours, theirs);
            eprintln!("{name}, {file}: cosine distance {distance:e}");
            assert!(distance <= MAX_COSINE_DISTANCE, "{name}, {file}: {distance}");
        }
    }
}

/// Pixels that the golden script computes by the same formula.
fn wave(side: usize, device: &Device) -> Tensor<4> {
    let pixels: Vec<f32> = (0..3 * side * side).map(|at| (at as f32 * 0.37).sin()).collect();
    Tensor::from_data(TensorData::new(pixels, [1, 3, side, side]), device)
}

fn unit(vector: Tensor<2>) -> Vec<f32> {
    let values: Vec<f32> = vector.into_data().iter::<f32>().collect();
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    values.iter().map(|value| value / length).collect()
}

#[test]
fn the_trainable_towers_equal_transformers() {
    for name in ["clip", "clip-legacy-f16"] {
        for device in [Device::flex(), Device::flex().autodiff()] {
            let golden = golden(name);
            let (clip, config) = Clip::open(&fixture(name), &device).expect(name);
            let ours = unit(clip.encode_image(wave(config.vision.image_size, &device)));
            assert!(largest_difference(&ours, &golden.wave_vector) <= TOLERANCE, "{name}");
            let ours = unit(clip.encode_text(&[&golden.tokens[0]]));
            assert!(largest_difference(&ours, &golden.text_vectors[0]) <= TOLERANCE, "{name}");
        }
    }
}

#[test]
fn padding_behind_a_text_changes_nothing() {
    let golden = golden("clip");
    let (clip, _) = Clip::open(&fixture("clip"), &Device::flex()).expect("clip");
    let mut padded = golden.tokens[0].clone();
    padded.resize(20, 0);
    let ours = unit(clip.encode_text(&[&padded]));
    assert!(largest_difference(&ours, &golden.text_vectors[0]) <= 1e-6);
}

#[test]
fn every_weight_of_a_random_clip_learns() {
    let device = Device::flex().autodiff();
    let mut config = Clip::open(&fixture("clip"), &Device::flex()).expect("clip").1;
    config.projection_dim = 6;
    let clip = Clip::random(&config, 7, &device).expect("random weights");
    let vectors = clip.encode_text(&[&[512, 3, 4, 511], &[512, 9, 511]]);
    let pictures = clip.encode_image(wave(config.vision.image_size, &device).repeat(&[2, 1, 1, 1]));
    let scores = vectors.matmul(pictures.transpose()) * clip.logit_scale.val().exp().unsqueeze::<2>();
    let mut gradients = (scores.clone() * scores).sum().backward();
    let n_with_gradient = burn::optim::GradientsParams::from_module(&mut gradients, &clip).len();
    // logit scale; text: 2 tables, 2 blocks of 12, norm, projection; pictures: class, patches, positions, 2 norms,
    // 2 blocks, projection
    assert_eq!(n_with_gradient, 1 + (2 + 24 + 2 + 1) + (3 + 4 + 24 + 1));
}

#[test]
fn a_saved_clip_is_an_encoder() {
    let (clip, config) = Clip::open(&fixture("clip"), &Device::flex()).expect("clip");
    let tokenizer = std::fs::read(fixture("clip").join("tokenizer.json")).expect("tokenizer");
    let preprocessing = Preprocessing::clip(config.vision.image_size);
    let original = encoder::open(&fixture("clip")).expect("clip");
    for (precision, tolerance) in [(Precision::F32, 0.0), (Precision::F16, 3e-3)] {
        let folder = tempfile::tempdir().expect("temporary folder");
        let files = ClipFiles { config: &config, tokenizer: &tokenizer, preprocessing: &preprocessing, precision };
        clip.save(folder.path(), files).expect("saved");
        let saved = encoder::open(folder.path()).expect("what was saved opens");
        let texts = ["a red dress", "shoes"];
        let difference =
            largest_difference(&saved.embed_texts(&texts).unwrap(), &original.embed_texts(&texts).unwrap());
        assert!(difference <= tolerance, "{precision:?}: {difference}");
        let picture = fixture("pictures").join("plain.png");
        let difference = largest_difference(&embed_file(&*saved, &picture), &embed_file(&*original, &picture));
        assert!(difference <= tolerance, "{precision:?}: {difference}");
    }
}

#[test]
fn one_seed_gives_one_clip() {
    let mut config = ClipConfig::default();
    (config.text.tower.n_layers, config.vision.tower.n_layers) = (1, 1);
    (config.text.vocab_size, config.projection_dim) = (50, 8);
    let draw = |seed| {
        let clip = Clip::random(&config, seed, &Device::flex()).expect("random weights");
        unit(clip.encode_text(&[&[1, 2, 49]]))
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

#[test]
fn info_says_that_it_sees_pictures() {
    let info = encoder::inspect(&fixture("clip")).expect("clip");
    assert_eq!((info.architecture.as_str(), info.dim, info.picture_side), ("clip", 20, Some(64)));
    assert_eq!((info.max_tokens, info.normalized, info.pooling), (20, true, None));
}

#[test]
fn an_encoder_without_eyes_says_so() {
    let encoder = encoder::open(&crate::encoder::fixture("bare")).expect("bare");
    assert!(!encoder.sees_pictures());
    let picture = Picture::read(&fixture("pictures").join("plain.png")).expect("picture");
    let error = encoder.embed_pictures(&[picture]).expect_err("no eyes");
    assert!(matches!(&error, EncoderError::NoPictures { encoder } if encoder == "bare"), "{error}");
}
