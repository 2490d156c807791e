//! The small encoder that comes with the program, so that nothing has to be fetched for a first look.

use std::path::{Path, PathBuf};

use anyhow::Context;

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
