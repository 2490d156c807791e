//! Words to token ids, as the encoder's own tokenizer has it.

use std::borrow::Cow;

use tokenizers::{PostProcessor, Tokenizer, TruncationParams};

use super::EncoderError;
use super::folder::ModelFolder;

/// What is done to a text before the tokenizer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cleaning {
    /// Nothing.
    None,
    /// Lower case.
    LowerCase,
    /// Lower case, no punctuation, single spaces: what `SiglipTokenizer` does beside its `tokenizer.json`.
    Siglip,
    /// The same with a space for every underscore: open_clip's `canonicalize`, without its repair of broken Unicode and
    /// of HTML.
    OpenClip,
}

impl Cleaning {
    fn apply(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::None => Cow::Borrowed(text),
            Self::LowerCase => Cow::Owned(text.to_lowercase()),
            Self::Siglip => Cow::Owned(canonical(text)),
            Self::OpenClip => Cow::Owned(canonical(&text.replace('_', " "))),
        }
    }
}

fn canonical(text: &str) -> String {
    let letters: String = text.chars().filter(|letter| !letter.is_ascii_punctuation()).collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The tokenizer of one encoder, cut off at the encoder's maximum length.
#[derive(Debug)]
pub(crate) struct TextTokenizer {
    tokenizer: Tokenizer,
    cleaning: Cleaning,
    max_tokens: usize,
    vocab_size: usize,
    path: std::path::PathBuf,
}

impl TextTokenizer {
    /// Reads the tokenizer of a folder; `n_positions` and `vocab_size` are the model's.
    pub(crate) fn load(folder: &ModelFolder, n_positions: usize, vocab_size: usize) -> Result<Self, EncoderError> {
        let path = folder.tokenizer_path();
        let mut tokenizer = Tokenizer::from_bytes(&folder.tokenizer)
            .map_err(|source| EncoderError::Tokenizer { path: path.clone(), source })?;
        // Special tokens beyond the vocabulary, which some files carry, are refused where a text has one.
        let largest = tokenizer.get_vocab(false).into_values().max().unwrap_or(0);
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
        let cleaning = if folder.sentence.do_lower_case { Cleaning::LowerCase } else { Cleaning::None };
        Ok(Self { tokenizer, cleaning, max_tokens, vocab_size, path })
    }

    /// The same tokenizer, for texts that are cleaned first.
    pub(crate) fn cleaning(self, cleaning: Cleaning) -> Self {
        Self { cleaning, ..self }
    }

    /// What is done to a text first.
    pub(crate) fn cleans(&self) -> Cleaning {
        self.cleaning
    }

    /// The id of a token, if the tokenizer has it.
    pub(crate) fn id_of(&self, token: &str) -> Option<u32> {
        self.tokenizer.token_to_id(token)
    }

    /// Longest text in tokens, special ones included.
    pub(crate) fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// The token ids of a text, with the special tokens around it.
    pub(crate) fn encode(&self, text: &str) -> Result<Vec<u32>, EncoderError> {
        let encoding = self.tokenizer.encode_fast(self.cleaning.apply(text), true);
        let encoding = encoding.map_err(|source| EncoderError::Tokenizer { path: self.path.clone(), source })?;
        let ids = encoding.get_ids();
        match ids.iter().find(|id| **id as usize >= self.vocab_size) {
            None => Ok(ids.to_vec()),
            Some(&token_id) => {
                let (path, vocab_size) = (self.path.clone(), self.vocab_size);
                Err(EncoderError::TokenOutsideVocabulary { path, token_id, vocab_size })
            }
        }
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
