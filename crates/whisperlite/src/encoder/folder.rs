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
    /// `config.json`, or [`OPEN_CLIP_CONFIG`].
    config_file: &'static str,
    /// Bytes of that file.
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

/// The configuration of a model that open_clip wrote.
pub(super) const OPEN_CLIP_CONFIG: &str = "open_clip_config.json";

/// A `config.json` of this form only says that open_clip knows the model.
#[derive(Deserialize)]
struct PointsToOpenClip {
    open_clip_model_name: Option<String>,
}

#[derive(Deserialize)]
struct TokenizerSettings {
    /// Some writers put 1e30 here for "no limit", so it is not an integer.
    model_max_length: Option<f64>,
    tokenizer_class: Option<String>,
    pad_token: Option<PadToken>,
}

/// Either the token, or an object with it.
#[derive(Deserialize)]
#[serde(untagged)]
enum PadToken {
    Text(String),
    Described { content: String },
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
    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.root
    }

    /// Finds and reads the files of the encoder in `root`, apart from the weights.
    pub(crate) fn read(root: &Path) -> Result<Self, EncoderError> {
        let root = root.canonicalize().map_err(io_error(root))?;
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let modules = Modules::read(&root)?;
        refuse_prompts(&root)?;
        let (config_file, config) = read_config(&modules.transformer)?;
        let tokenizer = read_required(
            &modules.transformer.join("tokenizer.json"),
            "save the model with a fast tokenizer, which writes it",
        )?;
        let sentence = optional_json(&modules.transformer.join("sentence_bert_config.json"))?.unwrap_or_default();
        Ok(Self { name, root, modules, config_file, config, tokenizer, sentence })
    }

    /// The architecture that `config.json` names, unless that only points to an open_clip model.
    pub(crate) fn architecture(&self) -> Result<Architecture, EncoderError> {
        let path = self.config_path();
        if path.ends_with(OPEN_CLIP_CONFIG) {
            return Ok(Architecture::OpenClip);
        }
        let ModelType { model_type } = parse_json(&path, &self.config)?;
        match model_type.as_deref() {
            Some("bert") => Ok(Architecture::Bert),
            Some("clip") => Ok(Architecture::Clip),
            Some("siglip") => Ok(Architecture::Siglip),
            other => Err(EncoderError::Unsupported {
                path,
                field: "model_type",
                found: other.map_or("absent".to_owned(), |name| format!("`{name}`")),
                supported: "`bert`, `clip`, `siglip`",
            }),
        }
    }

    /// Refuses what is no CLIP: its towers are the ones that can be trained.
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
    /// put it; `None` without either. `side` is the edge of the tower's pictures.
    pub(crate) fn preprocessing(&self, kind: Processor, side: usize) -> Result<Option<Preprocessing>, EncoderError> {
        let path = self.preprocessing_path();
        if let Some(json) = optional_json(&path)? {
            return Preprocessing::parse(&path, json, kind, side).map(Some);
        }
        let newer = self.modules.transformer.join("processor_config.json");
        let found = optional_json::<ProcessorConfig>(&newer)?.and_then(|config| config.image_processor);
        found.map(|json| Preprocessing::parse(&newer, json, kind, side)).transpose()
    }

    /// The same where there must be one.
    pub(crate) fn required_preprocessing(&self, kind: Processor, side: usize) -> Result<Preprocessing, EncoderError> {
        let missing =
            || EncoderError::MissingFile { path: self.preprocessing_path(), hint: "save the model with its processor" };
        self.preprocessing(kind, side)?.ok_or_else(missing)
    }

    fn preprocessing_path(&self) -> PathBuf {
        self.modules.transformer.join("preprocessor_config.json")
    }

    pub(crate) fn config_path(&self) -> PathBuf {
        self.modules.transformer.join(self.config_file)
    }

    pub(crate) fn tokenizer_path(&self) -> PathBuf {
        self.modules.transformer.join("tokenizer.json")
    }

    pub(crate) fn weights_path(&self) -> PathBuf {
        let open_clip = self.modules.transformer.join("open_clip_model.safetensors");
        match self.config_file == OPEN_CLIP_CONFIG && open_clip.is_file() {
            true => open_clip,
            false => self.modules.transformer.join("model.safetensors"),
        }
    }

    pub(crate) fn sentence_config_path(&self) -> PathBuf {
        self.modules.transformer.join("sentence_bert_config.json")
    }

    /// `model_max_length` of `tokenizer_config.json`, where it is a real limit.
    pub(crate) fn tokenizer_limit(&self) -> Result<Option<usize>, EncoderError> {
        const LARGEST_REAL_LIMIT: f64 = 1e9;
        let limit = self.tokenizer_settings()?.and_then(|settings| settings.model_max_length);
        Ok(limit.filter(|limit| (1.0..LARGEST_REAL_LIMIT).contains(limit)).map(|limit| limit as usize))
    }

    /// The token that fills texts up, where `tokenizer_config.json` names one.
    pub(crate) fn pad_token(&self) -> Result<Option<String>, EncoderError> {
        let token = self.tokenizer_settings()?.and_then(|settings| settings.pad_token);
        Ok(token.map(|token| match token {
            PadToken::Text(text) | PadToken::Described { content: text } => text,
        }))
    }

    /// Whether texts went through `SiglipTokenizer`, which does more than its `tokenizer.json` says.
    pub(crate) fn has_siglip_tokenizer(&self) -> Result<bool, EncoderError> {
        let class = self.tokenizer_settings()?.and_then(|settings| settings.tokenizer_class);
        Ok(class.is_some_and(|class| class.starts_with("SiglipTokenizer")))
    }

    fn tokenizer_settings(&self) -> Result<Option<TokenizerSettings>, EncoderError> {
        optional_json(&self.modules.transformer.join("tokenizer_config.json"))
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

/// Name and contents of the file that describes the model.
fn read_config(folder: &Path) -> Result<(&'static str, Vec<u8>), EncoderError> {
    let path = folder.join("config.json");
    let (ours, open_clip) = (read_optional(&path)?, read_optional(&folder.join(OPEN_CLIP_CONFIG))?);
    match (ours, open_clip) {
        (Some(ours), Some(open_clip)) => {
            let PointsToOpenClip { open_clip_model_name } = parse_json(&path, &ours)?;
            let points = open_clip_model_name.is_some();
            Ok(if points { (OPEN_CLIP_CONFIG, open_clip) } else { ("config.json", ours) })
        }
        (Some(ours), None) => Ok(("config.json", ours)),
        (None, Some(open_clip)) => Ok((OPEN_CLIP_CONFIG, open_clip)),
        (None, None) => Err(EncoderError::MissingFile {
            path,
            hint: "an encoder folder needs config.json, model.safetensors and tokenizer.json",
        }),
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
