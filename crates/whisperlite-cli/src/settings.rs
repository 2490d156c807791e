//! What commands that train an encoder share: settings in TOML.

use std::path::Path;

use anyhow::Context;
use serde::de::DeserializeOwned;

/// Reads settings, `what` they are for; without a file, the default.
pub(crate) fn read<T: DeserializeOwned + Default>(path: Option<&Path>, what: &str) -> anyhow::Result<T> {
    let Some(path) = path else { return Ok(T::default()) };
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} holds no settings for {what}", path.display()))
}
