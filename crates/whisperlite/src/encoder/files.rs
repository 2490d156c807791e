//! Reading and writing whole files, with the path in every error.

use std::io::ErrorKind;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::EncoderError;
use crate::whole_file::write_whole;

/// Attaches the path to an input or output error.
pub(crate) fn io_error(path: &Path) -> impl FnOnce(std::io::Error) -> EncoderError + '_ {
    move |source| EncoderError::Io { path: path.to_owned(), source }
}

/// Reads a file that must be there; `hint` tells what to do where it is not.
pub(crate) fn read_required(path: &Path, hint: &'static str) -> Result<Vec<u8>, EncoderError> {
    std::fs::read(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => EncoderError::MissingFile { path: path.to_owned(), hint },
        _ => EncoderError::Io { path: path.to_owned(), source },
    })
}

/// Reads a file that may be absent.
pub(crate) fn read_optional(path: &Path) -> Result<Option<Vec<u8>>, EncoderError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(EncoderError::Io { path: path.to_owned(), source }),
    }
}

/// Parses JSON that was read from `path`.
pub(crate) fn parse_json<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, EncoderError> {
    serde_json::from_slice(bytes).map_err(|source| EncoderError::Json { path: path.to_owned(), source })
}

/// Writes a file so that no reader ever sees half of it.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), EncoderError> {
    write_whole(path, |out| out.write_all(bytes)).map_err(io_error(path))
}

/// Writes a value as indented JSON, by [`write_atomically`].
pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), EncoderError> {
    let mut bytes =
        serde_json::to_vec_pretty(value).map_err(|source| EncoderError::Json { path: path.to_owned(), source })?;
    bytes.push(b'\n');
    write_atomically(path, &bytes)
}

/// SHA-256 over labelled parts, each with its length, so that no two different lists of parts collide.
pub(crate) fn sha256_parts(parts: &[(&str, &[u8])]) -> String {
    let mut hash = Sha256::new();
    for (label, bytes) in parts {
        hash.update((label.len() as u64).to_le_bytes());
        hash.update(label.as_bytes());
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    hex(&hash.finalize())
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
