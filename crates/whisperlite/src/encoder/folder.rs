//! The files of one encoder's folder, found and read but not yet understood.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::files::{io_error, parse_json, read_optional, read_required};
use super::picture::{Preprocessing, Processor};
use super::pooling::Modules;
use super::{Architecture, EncoderError};

/// An encoder's folder in the Hugging Face layout.
#[derive(Debug)]
pub(crate) struct ModelFolder {
    /// The folder's own name.
    pub(crate) name: String,
    root: PathBuf,
    /// Which modules the encoder consists of.
    pub(crate) modules: Modules,
    /// Bytes of `config.json`.
    pub(crate) config: Vec<u8>,
    /// Bytes of `tokenizer.json`.
    pub(crate) tokenizer: Vec<u8>,
    /// What `sentence_bert_config.json` says; empty where there is none.
    pub(crate) sentence: SentenceConfig,
}

/// The settings that sentence-transformers puts in front of the tokenizer.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct SentenceConfig {
    /// Longest text in tokens, `[CLS]` and `[SEP]` included.
    pub(crate) max_seq_length: Option<usize>,
    /// Whether texts are lower-cased before the tokenizer sees them.
    #[serde(default)]
    pub(crate) do_lower_case: bool,
}

#[derive(Deserialize)]
struct ModelType {
    model_type: Option<String>,
}

#[derive(Deserialize)]
struct TokenizerSettings {
    /// Some writers put 1e30 here for "no limit", so it is not an integer.
    model_max_length: Option<f64>,
}

#[derive(Deserialize)]
struct ProcessorConfig {
    image_processor: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Prompts {
    default_prompt_name: Option<String>,
}

impl ModelFolder {
    /// Finds and reads the files of the encoder in `root`, apart from the weights.
    pub(crate) fn read(root: &Path) -> Result<Self, EncoderError> {
        let root = root.canonicalize().map_err(io_error(root))?;
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let modules = Modules::read(&root)?;
        refuse_prompts(&root)?;
        let config = read_required(
            &modules.transformer.join("config.json"),
            "an encoder folder needs config.json, model.safetensors and tokenizer.json",
        )?;
        let tokenizer = read_required(
            &modules.transformer.join("tokenizer.json"),
            "save the model with a fast tokenizer, which writes it",
        )?;
        let sentence = optional_json(&modules.transformer.join("sentence_bert_config.json"))?.unwrap_or_default();
        Ok(Self { name, root, modules, config, tokenizer, sentence })
    }

    /// The architecture that `config.json` names.
    pub(crate) fn architecture(&self) -> Result<Architecture, EncoderError> {
        let path = self.config_path();
        let ModelType { model_type } = parse_json(&path, &self.config)?;
        match model_type.as_deref() {
            Some("bert") => Ok(Architecture::Bert),
            Some("clip") => Ok(Architecture::Clip),
            other => Err(EncoderError::Unsupported {
                path,
                field: "model_type",
                found: other.map_or("absent".to_owned(), |name| format!("`{name}`")),
                supported: "`bert`, `clip`",
            }),
        }
    }

    /// Refuses an encoder without eyes.
    pub(crate) fn expect_clip(&self) -> Result<(), EncoderError> {
        match self.architecture()? {
            Architecture::Clip => Ok(()),
            other => Err(EncoderError::Unsupported {
                path: self.config_path(),
                field: "model_type",
                found: format!("that of {other:?}"),
                supported: "`clip`, whose towers can be trained",
            }),
        }
    }

    /// Reads the weights.
    pub(crate) fn read_weights(&self) -> Result<Vec<u8>, EncoderError> {
        read_required(
            &self.weights_path(),
            "only safetensors weights in one file are read, neither pytorch_model.bin nor shards",
        )
    }

    /// What `preprocessor_config.json` demands, or the `image_processor` of `processor_config.json`, where newer writers
    /// put it; `side` is the edge of the tower's pictures.
    pub(crate) fn preprocessing(&self, kind: Processor, side: usize) -> Result<Preprocessing, EncoderError> {
        let path = self.modules.transformer.join("preprocessor_config.json");
        if let Some(json) = optional_json(&path)? {
            return Preprocessing::parse(&path, json, kind, side);
        }
        let newer = self.modules.transformer.join("processor_config.json");
        match optional_json::<ProcessorConfig>(&newer)? {
            Some(ProcessorConfig { image_processor: Some(json) }) => Preprocessing::parse(&newer, json, kind, side),
            _ => Err(EncoderError::MissingFile { path, hint: "save the model together with its processor" }),
        }
    }

    pub(crate) fn config_path(&self) -> PathBuf {
        self.modules.transformer.join("config.json")
    }

    pub(crate) fn tokenizer_path(&self) -> PathBuf {
        self.modules.transformer.join("tokenizer.json")
    }

    pub(crate) fn weights_path(&self) -> PathBuf {
        self.modules.transformer.join("model.safetensors")
    }

    pub(crate) fn sentence_config_path(&self) -> PathBuf {
        self.modules.transformer.join("sentence_bert_config.json")
    }

    /// `model_max_length` of `tokenizer_config.json`, where it is a real limit.
    pub(crate) fn tokenizer_limit(&self) -> Result<Option<usize>, EncoderError> {
        const LARGEST_REAL_LIMIT: f64 = 1e9;
        let settings: Option<TokenizerSettings> =
            optional_json(&self.modules.transformer.join("tokenizer_config.json"))?;
        let limit = settings.and_then(|settings| settings.model_max_length);
        Ok(limit.filter(|limit| (1.0..LARGEST_REAL_LIMIT).contains(limit)).map(|limit| limit as usize))
    }

    /// The licence in the front matter of the README, if there is one.
    pub(crate) fn license(&self) -> Option<String> {
        let readme = std::fs::read_to_string(self.root.join("README.md")).ok()?;
        let mut lines = readme.lines();
        lines.next().filter(|line| line.trim() == "---")?;
        let mut front_matter = lines.take_while(|line| line.trim() != "---");
        front_matter.find_map(|line| line.strip_prefix("license:").map(|license| license.trim().to_owned()))
    }
}

/// A default prompt would go in front of every text, which nobody here does.
fn refuse_prompts(root: &Path) -> Result<(), EncoderError> {
    let path = root.join("config_sentence_transformers.json");
    match optional_json::<Prompts>(&path)?.and_then(|prompts| prompts.default_prompt_name) {
        None => Ok(()),
        Some(name) => Err(EncoderError::Unsupported {
            path,
            field: "default_prompt_name",
            found: format!("`{name}`"),
            supported: "null: encoders that need no prompt",
        }),
    }
}

fn optional_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, EncoderError> {
    read_optional(path)?.map(|bytes| parse_json(path, &bytes)).transpose()
}
