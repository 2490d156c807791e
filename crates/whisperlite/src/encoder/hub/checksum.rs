//! The hub's ETags are checksums: SHA-256 for large files, git's blob hash for small ones.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::encoder::files::hex;

/// What a file's contents must hash to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Checksum {
    /// SHA-256 of the contents.
    Sha256(String),
    /// SHA-1 of git's header for a blob, then the contents.
    GitBlob(String),
}

impl Checksum {
    /// Reads an ETag without its quotes; `None` if it is of neither kind, as on mirrors that make their own.
    pub(super) fn from_etag(etag: &str) -> Option<Self> {
        let is_hash = etag.bytes().all(|byte| byte.is_ascii_hexdigit());
        match etag.len() {
            64 if is_hash => Some(Self::Sha256(etag.to_ascii_lowercase())),
            40 if is_hash => Some(Self::GitBlob(etag.to_ascii_lowercase())),
            _ => None,
        }
    }

    /// The hash itself, in hex.
    pub(super) fn expected(&self) -> &str {
        match self {
            Self::Sha256(hash) | Self::GitBlob(hash) => hash,
        }
    }

    /// Hashes a file the way this checksum was made.
    pub(super) fn of_file(&self, path: &Path) -> io::Result<String> {
        let file = File::open(path)?;
        match self {
            Self::Sha256(_) => digest(Sha256::new(), file),
            Self::GitBlob(_) => {
                let n_bytes = file.metadata()?.len();
                digest(Sha1::new().chain_update(format!("blob {n_bytes}\0")), file)
            }
        }
    }
}

fn digest<D: Digest>(mut hash: D, mut file: File) -> io::Result<String> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&hash.finalize())),
            n => hash.update(&buffer[..n]),
        }
    }
}
