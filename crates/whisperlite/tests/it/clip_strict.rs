//! Damaged and foreign folders of CLIP and SigLIP are refused by name; the real tokenizer says what it must.

use std::path::Path;

use safetensors::Dtype;
use whisperlite::encoder::{self, EncoderError, PairEncoder};

use crate::clip::fixture;
use crate::encoder_strict::{copy_of_folder, edit_text, edit_weights, error_of, find};

#[test]
fn a_missing_tensor_is_named() {
    for (model, name) in [
        ("clip", "vision_model.pre_layrnorm.weight"),
        ("clip", "text_projection.weight"),
        ("clip", "logit_scale"),
        ("siglip", "vision_model.head.probe"),
        ("siglip", "text_model.head.bias"),
    ] {
        let folder = copy_of_folder(&fixture(model));
        edit_weights(folder.path(), |entries| entries.retain(|entry| entry.0 != name));
        let error = error_of(folder.path());
        assert!(matches!(&error, EncoderError::MissingTensor { tensor, .. } if tensor == name), "{error}");
    }
}

#[test]
fn a_surplus_tensor_is_named() {
    for model in ["clip", "siglip"] {
        let folder = copy_of_folder(&fixture(model));
        edit_weights(folder.path(), |entries| entries.push(("adapter.weight".into(), Dtype::F32, vec![1], vec![0; 4])));
        let error = error_of(folder.path());
        assert!(matches!(&error, EncoderError::SurplusTensor { tensor, .. } if tensor == "adapter.weight"), "{error}");
    }
}

#[test]
fn fewer_layers_than_there_are_weights_of_are_refused() {
    let folder = copy_of_folder(&fixture("clip"));
    edit_text(folder.path(), "config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1");
    assert!(
        matches!(error_of(folder.path()), EncoderError::SurplusTensor { tensor, .. } if tensor.contains("layers.1."))
    );
}

#[test]
fn a_misshapen_tensor_is_named_with_both_shapes() {
    let name = "vision_model.embeddings.patch_embedding.weight";
    let folder = copy_of_folder(&fixture("clip"));
    edit_weights(folder.path(), |entries| find(entries, name).2 = vec![24, 16, 16, 3]);
    let error = error_of(folder.path());
    assert!(
        matches!(&error, EncoderError::TensorShape { tensor, found, expected, .. }
            if tensor == name && *found == [24, 16, 16, 3] && *expected == [24, 3, 16, 16]),
        "{error}"
    );
}

#[test]
fn weights_that_are_no_numbers_are_refused() {
    let folder = copy_of_folder(&fixture("clip"));
    edit_weights(folder.path(), |entries| {
        find(entries, "visual_projection.weight").3[..4].copy_from_slice(&f32::INFINITY.to_le_bytes());
    });
    let error = error_of(folder.path());
    assert!(
        matches!(&error, EncoderError::NonFiniteWeight { tensor, .. } if tensor == "visual_projection.weight"),
        "{error}"
    );
}

#[test]
fn without_its_preprocessing_no_model_opens() {
    let folder = copy_of_folder(&fixture("clip"));
    let file = folder.path().join("preprocessor_config.json");
    let settings = std::fs::read_to_string(&file).expect("settings");
    std::fs::remove_file(&file).expect("removed");
    let error = error_of(folder.path());
    assert!(matches!(&error, EncoderError::MissingFile { path, .. } if path.ends_with("preprocessor_config.json")));
    let newer = format!("{{\"image_processor\": {settings}}}");
    std::fs::write(folder.path().join("processor_config.json"), newer).expect("written");
    assert_eq!(
        encoder::open(folder.path()).expect("the newer form").fingerprint(),
        encoder::open(&fixture("clip")).expect("clip").fingerprint()
    );
}

#[test]
fn preprocessing_is_part_of_the_fingerprint() {
    let folder = copy_of_folder(&fixture("clip"));
    edit_text(folder.path(), "preprocessor_config.json", "\"resample\": 3", "\"resample\": 2");
    assert_ne!(
        encoder::open(folder.path()).expect("bilinear is known").fingerprint(),
        encoder::open(&fixture("clip")).expect("clip").fingerprint()
    );
    edit_text(folder.path(), "preprocessor_config.json", "\"resample\": 2", "\"resample\": 0");
    let error = error_of(folder.path());
    assert!(matches!(&error, EncoderError::Unsupported { field: "resample", .. }), "{error}");
}

#[test]
fn an_unknown_kind_is_named() {
    let folder = copy_of_folder(&fixture("clip"));
    edit_text(folder.path(), "config.json", "\"model_type\": \"clip\"", "\"model_type\": \"blip\"");
    let error = error_of(folder.path()).to_string();
    assert!(error.contains("`blip`") && error.contains("`siglip`"), "{error}");
}

/// The tiny CLIP with the vocabulary and the tokenizer of the real one.
#[test]
fn the_real_tokenizer_gives_the_published_tokens() {
    let default = || concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/models/clip-tokenizer").into();
    let folder = std::env::var_os("WHISPERLITE_CLIP_TOKENIZER").unwrap_or_else(default);
    let file = Path::new(&folder).join("tokenizer.json");
    if !file.is_file() {
        eprintln!("SKIPPED: {} is absent; set WHISPERLITE_CLIP_TOKENIZER to its folder", file.display());
        return;
    }
    let copy = copy_of_folder(&fixture("clip"));
    std::fs::copy(&file, copy.path().join("tokenizer.json")).expect("copied");
    edit_text(copy.path(), "config.json", "\"vocab_size\": 517", "\"vocab_size\": 49408");
    edit_text(copy.path(), "config.json", "\"eos_token_id\": 516", "\"eos_token_id\": 49407");
    edit_weights(copy.path(), |entries| {
        let words = find(entries, "text_model.embeddings.token_embedding.weight");
        words.2 = vec![49_408, 16];
        words.3 = vec![0; 49_408 * 16 * 4];
    });
    let encoder = PairEncoder::open(copy.path()).expect("opens");
    let tokens = |text| encoder.tokens(text).expect("tokens");
    assert_eq!(tokens("a photo of a cat"), [49406, 320, 1125, 539, 320, 2368, 49407]);
    assert_eq!(tokens(""), [49406, 49407]);
    assert_eq!(tokens("A  PHOTO of a cat"), tokens("a photo of a cat"));
    let long = tokens(&"cat ".repeat(100));
    assert_eq!((long.len(), long[19]), (20, 49407), "what is too long is cut, and still ends");
}
