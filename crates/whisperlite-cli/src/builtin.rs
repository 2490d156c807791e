//! The small encoder that comes with the program, so that nothing has to be fetched for a first look.

use std::path::{Path, PathBuf};

use anyhow::Context;
use whisperlite::encoder::{self, EncoderError};

/// Its name, as reports show it.
pub(crate) const NAME: &str = "whisperlite-small";

/// The files of its folder, in the layout of the Hugging Face hub.
const FILES: [(&str, &[u8]); 6] = [
    ("README.md", include_bytes!("../assets/whisperlite-small/README.md")),
    ("model.safetensors", include_bytes!("../assets/whisperlite-small/model.safetensors")),
    ("composer.safetensors", include_bytes!("../assets/whisperlite-small/composer.safetensors")),
    ("tokenizer.json", include_bytes!("../assets/whisperlite-small/tokenizer.json")),
    ("preprocessor_config.json", include_bytes!("../assets/whisperlite-small/preprocessor_config.json")),
    // The last one: a folder with it counts as an encoder.
    ("config.json", include_bytes!("../assets/whisperlite-small/config.json")),
];

/// The folder of an encoder by its path or name, as [`encoder::resolve`] finds it; the one that comes with the program is put
/// among the local encoders when it is first asked for, and again when a newer program brings another.
pub(crate) fn resolve(name_or_path: &str) -> anyhow::Result<PathBuf> {
    match encoder::resolve(name_or_path) {
        Ok(folder) if name_or_path == NAME && folder == encoder::models_folder()?.join(NAME) && is_other(&folder) => {}
        Err(EncoderError::UnknownEncoder { .. }) if name_or_path == NAME => {}
        found => return Ok(found?),
    }
    unpack(&encoder::models_folder()?)
}

/// Whether the weights in a folder are not this program's.
fn is_other(folder: &Path) -> bool {
    FILES.iter().any(|(name, bytes)| {
        let path = folder.join(name);
        !path.is_file() || (name.ends_with("model.safetensors") && std::fs::read(path).ok().as_deref() != Some(*bytes))
    })
}

/// Writes it as a folder within `parent`; returns the folder.
pub(crate) fn unpack(parent: &Path) -> anyhow::Result<PathBuf> {
    let folder = parent.join(NAME);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, bytes) in FILES {
        let path = folder.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(folder)
}
