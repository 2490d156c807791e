//! The sizes of the encoder, its preprocessing and its tokenizer: a folder without weights.

use std::collections::HashMap;
use std::path::Path;

use serde_json::json;
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::normalizers::{Lowercase, NFC, Sequence};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::processors::roberta::RobertaProcessing;
use tokenizers::{AddedToken, TokenizerBuilder};

const VOCABULARY: usize = 2048;
const START: &str = "<|startoftext|>";
const END: &str = "<|endoftext|>";
const PICTURE_SIDE: usize = 96;

/// Trains the tokenizer on `texts` and writes the folder `shape`.
pub(crate) fn prepare(work: &Path, texts: Vec<String>) -> anyhow::Result<()> {
    let folder = work.join("shape");
    std::fs::create_dir_all(&folder)?;
    let (start, end) = tokenizer(texts, &folder.join("tokenizer.json"))?;
    let config = json!({
        "architectures": ["CLIPModel"],
        "model_type": "clip",
        "projection_dim": 128,
        "text_config": {
            "hidden_size": 128, "intermediate_size": 512, "num_hidden_layers": 3, "num_attention_heads": 4,
            "vocab_size": VOCABULARY, "max_position_embeddings": 64, "bos_token_id": start, "eos_token_id": end,
        },
        "vision_config": {
            "hidden_size": 192, "intermediate_size": 768, "num_hidden_layers": 6, "num_attention_heads": 6,
            "image_size": PICTURE_SIDE, "patch_size": 16,
        },
    });
    let size = json!({ "height": PICTURE_SIDE, "width": PICTURE_SIDE });
    let preprocessor = json!({
        "image_processor_type": "CLIPImageProcessor",
        "do_resize": true, "size": size, "resample": 3,
        "do_center_crop": true, "crop_size": size,
        "do_rescale": true, "rescale_factor": 1.0 / 255.0,
        "do_normalize": true, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
        "do_convert_rgb": true,
    });
    std::fs::write(folder.join("config.json"), serde_json::to_vec_pretty(&config)?)?;
    std::fs::write(folder.join("preprocessor_config.json"), serde_json::to_vec_pretty(&preprocessor)?)?;
    Ok(())
}

/// Byte pairs (Sennrich et al., arXiv:1508.07909) over bytes, so that no text is unknown. Returns the ids of start and end.
fn tokenizer(texts: Vec<String>, path: &Path) -> anyhow::Result<(u32, u32)> {
    let mut trainer = BpeTrainerBuilder::new()
        .vocab_size(VOCABULARY)
        .show_progress(false)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .special_tokens(vec![AddedToken::from(START, true), AddedToken::from(END, true)])
        .build();
    let mut tokenizer = TokenizerBuilder::new()
        .with_model(BPE::default())
        .with_normalizer(Some(Sequence::new(vec![NFC.into(), Lowercase.into()])))
        .with_pre_tokenizer(Some(ByteLevel::new(true, true, true)))
        .with_post_processor(None::<RobertaProcessing>)
        .with_decoder(Some(ByteLevel::default()))
        .build()
        .map_err(anyhow::Error::msg)?;
    tokenizer.train(&mut trainer, texts.into_iter()).map_err(anyhow::Error::msg)?;
    let ids: HashMap<String, u32> = tokenizer.get_vocab(true).into_iter().collect();
    let (start, end) = (ids[START], ids[END]);
    let around = RobertaProcessing::new((END.to_owned(), end), (START.to_owned(), start)).add_prefix_space(false);
    tokenizer.with_post_processor(Some(around));
    tokenizer.save(path, false).map_err(anyhow::Error::msg)?;
    Ok((start, end))
}
