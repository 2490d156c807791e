//! Encoders against the golden numbers of `transformers` (made by `tools/golden/encoder.py`).

use std::path::{Path, PathBuf};

use serde::Deserialize;
use whisperlite::encoder::{self, Encoder, Pooling};

/// The project's bound on the difference per component; what is seen is below 1e-6, the rest is room for other
/// processors' order of summation.
const TOLERANCE: f32 = 1e-4;

#[derive(Deserialize)]
struct Golden {
    texts: Vec<String>,
    vectors: Vec<Vec<f32>>,
}

/// A folder of the committed tiny encoders.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/encoder").join(name)
}

/// The real encoder's folder; says so loudly where it is absent.
pub(crate) fn minilm() -> Option<PathBuf> {
    let folder = match std::env::var_os("WHISPERLITE_MINILM") {
        Some(folder) => PathBuf::from(folder),
        None => encoder::models_folder().expect("HOME is set").join("all-MiniLM-L6-v2"),
    };
    if folder.join("model.safetensors").is_file() {
        return Some(folder);
    }
    eprintln!("SKIPPED: no all-MiniLM-L6-v2 in {}; scripts/get-minilm.sh fetches it", folder.display());
    None
}

fn golden(path: &Path) -> Golden {
    serde_json::from_slice(&std::fs::read(path).expect("golden numbers")).expect("golden numbers are JSON")
}

/// Largest difference per component between our vectors and the reference's, all texts embedded in one call.
fn largest_difference(encoder: &dyn Encoder, golden: &Golden) -> f32 {
    let texts: Vec<&str> = golden.texts.iter().map(String::as_str).collect();
    let ours = encoder.embed_texts(&texts).expect("texts are embedded");
    let reference = golden.vectors.concat();
    assert_eq!(ours.len(), reference.len());
    ours.iter().zip(&reference).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn tiny_models_equal_transformers() {
    for name in ["mean-normalized", "cls-tanh-f16", "max-relu-bf16", "bare"] {
        let folder = fixture(name);
        let encoder = encoder::open(&folder).expect(name);
        let difference = largest_difference(&*encoder, &golden(&folder.join("golden.json")));
        eprintln!("{name}: largest difference {difference:e}");
        assert!(difference <= TOLERANCE, "{name}: {difference}");
    }
}

#[test]
fn minilm_equals_transformers() {
    let Some(folder) = minilm() else { return };
    let encoder = encoder::open(&folder).expect("MiniLM opens");
    let difference = largest_difference(&*encoder, &golden(&fixture("minilm-golden.json")));
    eprintln!("all-MiniLM-L6-v2: largest difference {difference:e}");
    assert!(difference <= TOLERANCE, "{difference}");
}

#[test]
fn minilm_gives_the_published_cosines() {
    let Some(folder) = minilm() else { return };
    let encoder = encoder::open(&folder).expect("MiniLM opens");
    let texts =
        ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"];
    let vectors = encoder.embed_texts(&texts).expect("texts are embedded");
    let (person, others) = vectors.split_at(encoder.dim());
    let cosines =
        others.chunks_exact(encoder.dim()).map(|other| person.iter().zip(other).map(|(a, b)| a * b).sum::<f32>());
    for (cosine, published) in cosines.zip([0.695, 0.943, 0.257]) {
        assert!((cosine - published).abs() < 5e-4, "{cosine} instead of {published}");
    }
}

#[test]
fn a_vector_does_not_depend_on_its_company() {
    let encoder = encoder::open(&fixture("mean-normalized")).expect("fixture opens");
    let alone = encoder.embed_texts(&["black dress"]).expect("one text");
    let long = "film ".repeat(30);
    let mut texts = vec![long.as_str(); 200];
    texts[117] = "black dress";
    let together = encoder.embed_texts(&texts).expect("many texts");
    let row = &together[117 * encoder.dim()..][..encoder.dim()];
    for (a, b) in alone.iter().zip(row) {
        assert!((a - b).abs() < 1e-6, "{a} {b}"); // rounding only: a padded batch sums in another order
    }
}

#[test]
fn no_texts_give_no_vectors() {
    let encoder = encoder::open(&fixture("bare")).expect("fixture opens");
    assert!(encoder.embed_texts(&[]).expect("nothing is fine").is_empty());
}

#[test]
fn info_says_what_the_folder_says() {
    let stated = encoder::inspect(&fixture("cls-tanh-f16")).expect("fixture opens");
    assert_eq!((stated.architecture.as_str(), stated.dim, stated.max_tokens), ("bert", 24, 24));
    assert_eq!((stated.pooling, stated.pooling_stated, stated.normalized), (Some(Pooling::Cls), true, false));
    let assumed = encoder::inspect(&fixture("bare")).expect("fixture opens");
    assert_eq!((assumed.pooling, assumed.pooling_stated, assumed.max_tokens), (Some(Pooling::Mean), false, 48));
    // vocabulary 129, positions 48, types 2, norm; then per layer: attention, norm, feed-forward, norm
    let layer = 4 * (24 * 24 + 24) + 48 + (24 * 40 + 40) + (40 * 24 + 24) + 48;
    assert_eq!(assumed.n_parameters, (129 + 48 + 2 + 2) * 24 + 2 * layer);
}

#[test]
fn fingerprints_tell_encoders_apart() {
    let fingerprint = |name| encoder::open(&fixture(name)).expect(name).fingerprint().to_owned();
    assert_eq!(fingerprint("bare"), fingerprint("bare"));
    assert_ne!(fingerprint("bare"), fingerprint("max-relu-bf16"));
    assert_eq!(fingerprint("bare").len(), 64);
}
