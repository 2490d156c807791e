//! Words to token ids, as the encoder's own tokenizer has it.

use tokenizers::{PostProcessor, Tokenizer, TruncationParams};

use super::EncoderError;
use super::folder::ModelFolder;

/// The tokenizer of one encoder, cut off at the encoder's maximum length.
#[derive(Debug)]
pub(crate) struct TextTokenizer {
    tokenizer: Tokenizer,
    lower_case: bool,
    max_tokens: usize,
    path: std::path::PathBuf,
}

impl TextTokenizer {
    /// Reads the tokenizer of a folder; `n_positions` and `vocab_size` are the model's.
    pub(crate) fn load(folder: &ModelFolder, n_positions: usize, vocab_size: usize) -> Result<Self, EncoderError> {
        let path = folder.tokenizer_path();
        let mut tokenizer = Tokenizer::from_bytes(&folder.tokenizer)
            .map_err(|source| EncoderError::Tokenizer { path: path.clone(), source })?;
        let largest = tokenizer.get_vocab(true).into_values().max().unwrap_or(0);
        if largest as usize >= vocab_size {
            return Err(EncoderError::TokenOutsideVocabulary { path, token_id: largest, vocab_size });
        }
        let n_special = tokenizer.get_post_processor().map_or(0, |processor| processor.added_tokens(false));
        let max_tokens = max_tokens(folder, n_positions, n_special)?;
        // Padding and truncation of the file are those of its training; ours are by batch and by the folder's limit.
        tokenizer.with_padding(None);
        let truncation = TruncationParams { max_length: max_tokens, ..TruncationParams::default() };
        tokenizer
            .with_truncation(Some(truncation))
            .map_err(|source| EncoderError::Tokenizer { path: path.clone(), source })?;
        Ok(Self { tokenizer, lower_case: folder.sentence.do_lower_case, max_tokens, path })
    }

    /// Longest text in tokens, special ones included.
    pub(crate) fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// The token ids of a text, with the special tokens around it.
    pub(crate) fn encode(&self, text: &str) -> Result<Vec<u32>, EncoderError> {
        let encoding = if self.lower_case {
            self.tokenizer.encode_fast(text.to_lowercase(), true)
        } else {
            self.tokenizer.encode_fast(text, true)
        };
        let encoding = encoding.map_err(|source| EncoderError::Tokenizer { path: self.path.clone(), source })?;
        Ok(encoding.get_ids().to_vec())
    }
}

/// The limit that the folder states, else the tokenizer's, else the number of positions.
fn max_tokens(folder: &ModelFolder, n_positions: usize, n_special: usize) -> Result<usize, EncoderError> {
    let (limit, path, field) = match folder.sentence.max_seq_length {
        Some(limit) => (limit, folder.sentence_config_path(), "max_seq_length"),
        None => {
            let limit = folder.tokenizer_limit()?.map_or(n_positions, |limit| limit.min(n_positions));
            (limit, folder.config_path(), "max_position_embeddings")
        }
    };
    if limit > n_special && limit <= n_positions {
        return Ok(limit);
    }
    let expected = "more than the special tokens of one text and at most max_position_embeddings";
    Err(EncoderError::BadValue { path, field, found: limit.to_string(), expected })
}
