//! How a sentence encoder's folder says what becomes of the token vectors.
//!
//! The sentence-transformers convention: `modules.json` lists a transformer, a pooling and perhaps a normalisation,
//! each with its folder of settings. A folder without it is a bare transformer, for which mean pooling is the custom.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::EncoderError;
use super::files::{parse_json, read_optional, read_required};

/// How the token vectors of a text become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The mean over the text's tokens.
    Mean,
    /// The vector of the first token, `[CLS]`.
    Cls,
    /// The largest value over the text's tokens, per component.
    Max,
}

impl Pooling {
    /// The word for it, as in reports and fingerprints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Cls => "cls",
            Self::Max => "max",
        }
    }
}

/// The modules of a sentence encoder, as its folder states them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Modules {
    /// Folder of the transformer: configuration, weights and tokenizer.
    pub(crate) transformer: PathBuf,
    pub(crate) pooling: Pooling,
    /// Whether a `modules.json` says so, rather than custom.
    pub(crate) stated: bool,
    /// Whether vectors are scaled to length 1.
    pub(crate) normalize: bool,
}

#[derive(Deserialize)]
struct Module {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

const MODULE_ORDER: &str = "Transformer, Pooling and optionally Normalize, in this order";

impl Modules {
    /// Reads `modules.json` of an encoder's folder and what it refers to.
    pub(crate) fn read(root: &Path) -> Result<Self, EncoderError> {
        let path = root.join("modules.json");
        let Some(bytes) = read_optional(&path)? else {
            return Ok(Self { transformer: root.to_owned(), pooling: Pooling::Mean, stated: false, normalize: false });
        };
        let modules: Vec<Module> = parse_json(&path, &bytes)?;
        let kinds: Vec<&str> = modules.iter().map(|module| last_segment(&module.kind)).collect();
        let normalize = match kinds[..] {
            ["Transformer", "Pooling"] => false,
            ["Transformer", "Pooling", "Normalize"] => true,
            _ => {
                return Err(EncoderError::Unsupported {
                    path,
                    field: "type",
                    found: kinds.join(", "),
                    supported: MODULE_ORDER,
                });
            }
        };
        let transformer = inside(root, &path, &modules[0].path)?;
        let pooling = read_pooling(&inside(root, &path, &modules[1].path)?.join("config.json"))?;
        Ok(Self { transformer, pooling, stated: true, normalize })
    }
}

/// `sentence_transformers.models.Pooling` → `Pooling`.
fn last_segment(kind: &str) -> &str {
    kind.rsplit('.').next().unwrap_or(kind)
}

/// A module's folder, which must lie inside the encoder's.
fn inside(root: &Path, file: &Path, relative: &str) -> Result<PathBuf, EncoderError> {
    let relative_path = Path::new(relative);
    if relative_path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Ok(root.join(relative_path));
    }
    Err(EncoderError::BadValue {
        path: file.to_owned(),
        field: "path",
        found: format!("{relative:?}"),
        expected: "a folder inside the encoder's folder",
    })
}

/// Reads the one pooling mode that is switched on, in the long form (`pooling_mode_mean_tokens: true`, …) or the
/// short one (`pooling_mode: "mean"`).
fn read_pooling(path: &Path) -> Result<Pooling, EncoderError> {
    let bytes = read_required(path, "modules.json refers to it")?;
    let settings: Map<String, Value> = parse_json(path, &bytes)?;
    let modes: Vec<&str> = match settings.get("pooling_mode") {
        Some(mode) => vec![mode.as_str().unwrap_or("not a word")],
        None => switched_on(&settings),
    };
    match modes[..] {
        ["mean" | "mean_tokens"] => Ok(Pooling::Mean),
        ["cls" | "cls_token"] => Ok(Pooling::Cls),
        ["max" | "max_tokens"] => Ok(Pooling::Max),
        _ => Err(EncoderError::Unsupported {
            path: path.to_owned(),
            field: "pooling_mode",
            found: format!("{modes:?}"),
            supported: "exactly one of mean, cls, max",
        }),
    }
}

fn switched_on(settings: &Map<String, Value>) -> Vec<&str> {
    let modes = settings.iter().filter_map(|(key, value)| Some((key.strip_prefix("pooling_mode_")?, value)));
    modes.filter(|(_, value)| **value == Value::Bool(true)).map(|(mode, _)| mode).collect()
}
