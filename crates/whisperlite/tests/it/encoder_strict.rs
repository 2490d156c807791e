//! Damaged, foreign and hostile model folders: each is refused by an error that names the file and what is wrong.

use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use tempfile::TempDir;
use whisperlite::encoder::{self, EncoderError};

use crate::encoder::fixture;

/// A copy of a tiny encoder that a test may damage.
fn copy_of(name: &str) -> TempDir {
    copy_of_folder(&fixture(name))
}

/// A copy of any folder.
pub(crate) fn copy_of_folder(folder: &Path) -> TempDir {
    let copy = TempDir::new().expect("temporary folder");
    copy_folder(folder, copy.path());
    copy
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("fixture").map(|entry| entry.expect("entry")) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&target).expect("sub-folder");
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("file is copied");
        }
    }
}

/// One tensor of a weights file: name, type, shape, bytes.
pub(crate) type Entry = (String, Dtype, Vec<usize>, Vec<u8>);

/// Rewrites the weights of a folder.
pub(crate) fn edit_weights(folder: &Path, edit: impl FnOnce(&mut Vec<Entry>)) {
    let path = folder.join("model.safetensors");
    let bytes = std::fs::read(&path).expect("weights");
    let tensors = SafeTensors::deserialize(&bytes).expect("weights parse");
    let entry =
        |(name, view): (String, TensorView<'_>)| (name, view.dtype(), view.shape().to_vec(), view.data().to_vec());
    let mut entries: Vec<Entry> = tensors.tensors().into_iter().map(entry).collect();
    edit(&mut entries);
    let views = entries.iter().map(|(name, dtype, shape, data)| {
        (name.as_str(), TensorView::new(*dtype, shape.clone(), data).expect("entry is consistent"))
    });
    std::fs::write(&path, safetensors::serialize(views, None).expect("weights serialize"))
        .expect("weights are written");
}

/// Replaces a word in a file of a folder; the word must be there.
pub(crate) fn edit_text(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).expect("file");
    assert!(text.contains(from), "{file} has no {from}");
    std::fs::write(&path, text.replacen(from, to, 1)).expect("file is written");
}

pub(crate) fn error_of(folder: &Path) -> EncoderError {
    encoder::open(folder).err().expect("the folder must be refused")
}

pub(crate) fn find<'e>(entries: &'e mut [Entry], name: &str) -> &'e mut Entry {
    entries.iter_mut().find(|entry| entry.0 == name).expect("tensor is there")
}

#[test]
fn a_missing_tensor_is_named() {
    let folder = copy_of("bare");
    edit_weights(folder.path(), |entries| entries.retain(|entry| entry.0 != "encoder.layer.1.output.dense.bias"));
    let error = error_of(folder.path());
    assert!(
        matches!(&error, EncoderError::MissingTensor { tensor, .. } if tensor == "encoder.layer.1.output.dense.bias")
    );
    assert!(error.to_string().contains("model.safetensors"), "{error}");
}

#[test]
fn a_surplus_tensor_is_named() {
    let folder = copy_of("bare");
    edit_weights(folder.path(), |entries| entries.push(("classifier.weight".into(), Dtype::F32, vec![1], vec![0; 4])));
    let error = error_of(folder.path());
    assert!(matches!(error, EncoderError::SurplusTensor { tensor, .. } if tensor == "classifier.weight"));
}

#[test]
fn more_layers_than_configured_are_surplus() {
    let folder = copy_of("bare");
    edit_text(folder.path(), "config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1");
    let error = error_of(folder.path());
    assert!(matches!(error, EncoderError::SurplusTensor { tensor, .. } if tensor.starts_with("encoder.layer.1.")));
}

#[test]
fn a_misshapen_tensor_is_named_with_both_shapes() {
    let folder = copy_of("bare");
    edit_weights(folder.path(), |entries| find(entries, "encoder.layer.0.intermediate.dense.weight").2 = vec![24, 40]);
    let error = error_of(folder.path());
    assert!(matches!(
        error,
        EncoderError::TensorShape { tensor, found, expected, .. }
            if tensor == "encoder.layer.0.intermediate.dense.weight" && found == [24, 40] && expected == [40, 24]
    ));
}

#[test]
fn weights_of_integers_are_refused() {
    let folder = copy_of("bare");
    edit_weights(folder.path(), |entries| find(entries, "embeddings.LayerNorm.bias").1 = Dtype::I32);
    let error = error_of(folder.path());
    assert!(
        matches!(error, EncoderError::TensorDtype { tensor, found, .. } if tensor == "embeddings.LayerNorm.bias" && found == "I32")
    );
}

#[test]
fn nan_weights_are_refused_with_their_position() {
    let folder = copy_of("bare");
    edit_weights(folder.path(), |entries| {
        find(entries, "encoder.layer.0.output.dense.bias").3[5 * 4..6 * 4].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    let error = error_of(folder.path());
    assert!(matches!(
        error,
        EncoderError::NonFiniteWeight { tensor, position: 5, .. } if tensor == "encoder.layer.0.output.dense.bias"
    ));
}

#[test]
fn overflowing_weights_do_not_reach_the_caller() {
    let folder = copy_of("bare");
    edit_weights(folder.path(), |entries| {
        for byte in find(entries, "encoder.layer.0.output.dense.weight").3.chunks_exact_mut(4) {
            byte.copy_from_slice(&f32::MAX.to_le_bytes());
        }
    });
    let encoder = encoder::open(folder.path()).expect("the weights are finite");
    let error = encoder.embed_texts(&["black dress"]).expect_err("the vector is not");
    assert!(matches!(error, EncoderError::NonFiniteEmbedding { text, .. } if text == "black dress"));
}

#[test]
fn a_truncated_file_is_refused_at_any_length() {
    let folder = copy_of("bare");
    let path = folder.path().join("model.safetensors");
    let whole = std::fs::read(&path).expect("weights");
    for n_bytes in [0, 4, 8, 100, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..n_bytes]).expect("weights are cut");
        let error = error_of(folder.path());
        assert!(
            matches!(&error, EncoderError::Safetensors { path: found, .. } if found.ends_with("model.safetensors")),
            "{n_bytes}: {error}"
        );
    }
}

#[test]
fn absurd_sizes_in_the_header_are_refused() {
    let folder = copy_of("bare");
    let path = folder.path().join("model.safetensors");
    let header = format!(
        r#"{{"embeddings.word_embeddings.weight":{{"dtype":"F32","shape":[{},2],"data_offsets":[0,8]}}}}"#,
        u64::MAX / 2
    );
    let absurd_tensor = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 8]].concat();
    let absurd_header = [&u64::MAX.to_le_bytes()[..], b"{}"].concat();
    for bytes in [absurd_tensor, absurd_header] {
        std::fs::write(&path, bytes).expect("weights are written");
        assert!(matches!(error_of(folder.path()), EncoderError::Safetensors { .. }));
    }
}

#[test]
fn absurd_sizes_in_the_configuration_are_refused_before_anything_is_allocated() {
    for (from, to) in [
        ("\"hidden_size\": 24", "\"hidden_size\": 3000000000000"),
        ("\"vocab_size\": 129", "\"vocab_size\": 1000000000000000"),
        ("\"max_position_embeddings\": 48", "\"max_position_embeddings\": 1000000000000000"),
        ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1000000000000000"),
    ] {
        let folder = copy_of("bare");
        edit_text(folder.path(), "config.json", from, to);
        let error = error_of(folder.path());
        assert!(
            matches!(error, EncoderError::TensorShape { .. } | EncoderError::MissingTensor { .. }),
            "{to}: {error}"
        );
    }
}

#[test]
fn unknown_variants_are_named() {
    for (from, to, field) in [
        ("\"model_type\": \"bert\"", "\"model_type\": \"llama\"", "model_type"),
        ("\"hidden_act\": \"gelu\"", "\"hidden_act\": \"mish\"", "hidden_act"),
        ("\"is_decoder\": false", "\"is_decoder\": true", "is_decoder"),
        ("\"add_cross_attention\": false", "\"add_cross_attention\": true", "add_cross_attention"),
        ("\"use_cache\"", "\"position_embedding_type\": \"relative_key\", \"use_cache\"", "position_embedding_type"),
    ] {
        let folder = copy_of("bare");
        edit_text(folder.path(), "config.json", from, to);
        let error = error_of(folder.path());
        assert!(matches!(&error, EncoderError::Unsupported { field: found, .. } if *found == field), "{error}");
        assert!(error.to_string().contains("config.json"), "{error}");
    }
}

#[test]
fn impossible_numbers_are_named() {
    for (file, from, to, field) in [
        ("config.json", "\"num_attention_heads\": 3", "\"num_attention_heads\": 5", "num_attention_heads"),
        ("config.json", "\"num_attention_heads\": 3", "\"num_attention_heads\": 0", "num_attention_heads"),
        ("config.json", "\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": -1.0", "layer_norm_eps"),
        ("sentence_bert_config.json", ": 16", ": 49", "max_seq_length"),
        ("sentence_bert_config.json", ": 16", ": 2", "max_seq_length"),
    ] {
        let folder = copy_of("mean-normalized");
        edit_text(folder.path(), file, from, to);
        let error = error_of(folder.path());
        assert!(matches!(&error, EncoderError::BadValue { field: found, .. } if *found == field), "{to}: {error}");
    }
}

#[test]
fn foreign_modules_are_refused() {
    for (file, from, to) in [
        ("modules.json", "models.Normalize", "models.Dense"),
        ("1_Pooling/config.json", "\"pooling_mode_cls_token\": false", "\"pooling_mode_cls_token\": true"),
        ("1_Pooling/config.json", "\"pooling_mode_mean_tokens\": true", "\"pooling_mode_mean_sqrt_len_tokens\": true"),
        ("1_Pooling/config.json", "\"pooling_mode_mean_tokens\": true", "\"pooling_mode\": \"lasttoken\""),
    ] {
        let folder = copy_of("mean-normalized");
        edit_text(folder.path(), file, from, to);
        let error = error_of(folder.path());
        assert!(matches!(&error, EncoderError::Unsupported { path, .. } if path.ends_with(file)), "{to}: {error}");
    }
}

#[test]
fn the_short_form_of_pooling_is_read() {
    let folder = copy_of("mean-normalized");
    edit_text(
        folder.path(),
        "1_Pooling/config.json",
        "\"pooling_mode_mean_tokens\": true",
        "\"pooling_mode\": \"cls\"",
    );
    let info = encoder::inspect(folder.path()).expect("folder opens");
    assert_eq!(info.pooling, Some(encoder::Pooling::Cls));
}

#[test]
fn modules_cannot_point_outside_the_folder() {
    for outside in ["../elsewhere", "/etc"] {
        let folder = copy_of("mean-normalized");
        edit_text(folder.path(), "modules.json", "1_Pooling", outside);
        assert!(matches!(error_of(folder.path()), EncoderError::BadValue { field: "path", .. }));
    }
}

#[test]
fn a_prompt_that_would_be_forgotten_is_refused() {
    let folder = copy_of("bare");
    let settings = r#"{"prompts": {"query": "query: "}, "default_prompt_name": "query"}"#;
    std::fs::write(folder.path().join("config_sentence_transformers.json"), settings).expect("file is written");
    assert!(matches!(error_of(folder.path()), EncoderError::Unsupported { field: "default_prompt_name", .. }));
}

#[test]
fn missing_files_are_named() {
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        let folder = copy_of("bare");
        std::fs::remove_file(folder.path().join(file)).expect("file is removed");
        let error = error_of(folder.path());
        assert!(matches!(&error, EncoderError::MissingFile { path, .. } if path.ends_with(file)), "{error}");
    }
}

#[test]
fn a_tokenizer_larger_than_the_model_is_refused() {
    let folder = copy_of("bare");
    edit_text(folder.path(), "tokenizer.json", "\"##s\": 128", "\"##s\": 129");
    let error = error_of(folder.path());
    assert!(matches!(error, EncoderError::TokenOutsideVocabulary { token_id: 129, vocab_size: 129, .. }), "{error}");
}

#[test]
fn a_broken_tokenizer_and_broken_json_name_their_file() {
    let folder = copy_of("bare");
    std::fs::write(folder.path().join("tokenizer.json"), "{}").expect("file is written");
    assert!(matches!(error_of(folder.path()), EncoderError::Tokenizer { .. }));
    std::fs::write(folder.path().join("config.json"), "{\"model_type\": \"bert\"").expect("file is written");
    assert!(matches!(error_of(folder.path()), EncoderError::Json { path, .. } if path.ends_with("config.json")));
}
