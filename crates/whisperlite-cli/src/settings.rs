//! What commands that train an encoder share: settings in TOML.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::de::DeserializeOwned;

/// The file of settings that the command line names is not there.
#[derive(Debug)]
pub(crate) struct NoSettings(pub(crate) PathBuf);

impl fmt::Display for NoSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no file {} to read settings from", self.0.display())
    }
}

impl std::error::Error for NoSettings {}

/// Reads settings, `what` they are for; without a file, the default.
pub(crate) fn read<T: DeserializeOwned + Default>(path: Option<&Path>, what: &str) -> anyhow::Result<T> {
    let Some(path) = path else { return Ok(T::default()) };
    if !path.exists() {
        bail!(NoSettings(path.to_owned()));
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} holds no settings for {what}", path.display()))
}
