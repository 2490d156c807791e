//! A graph as one file: a head that says what follows, then the library's own bytes.
//!
//! The library believes what it reads, and a damaged graph leads it out of its memory. So its bytes stand behind their own
//! SHA-256, which is compared before the library sees them.

use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{HnswConfig, HnswError, HnswIndex};

const MAGIC: &[u8; 8] = b"WLHNSW\r\n";
const FORMAT: u32 = 1;
/// Bytes before the head: the magic, the format, and the head's length.
const BEFORE_HEAD: usize = MAGIC.len() + 2 * size_of::<u32>();

/// What stands before the library's bytes, as JSON.
#[derive(Serialize, Deserialize)]
struct Head {
    dim: usize,
    n_items: usize,
    config: HnswConfig,
    /// Of the library's bytes, in hexadecimal digits.
    sha256: String,
}

impl HnswIndex {
    /// Writes the graph, whole or not at all.
    ///
    /// # Errors
    /// If the file cannot be written, or the library cannot say what it holds.
    pub fn save(&self, path: &Path) -> Result<(), HnswError> {
        let mut graph = vec![0; self.graph.serialized_length()];
        self.graph.save_to_buffer(&mut graph).map_err(HnswError::library("write a graph"))?;
        let head = Head { dim: self.dim, n_items: self.n_items(), config: self.config, sha256: sha256(&graph) };
        write(path, &head, &graph).map_err(|source| HnswError::Io { path: path.to_owned(), source })
    }

    /// Reads a graph that was saved.
    ///
    /// # Errors
    /// If the file cannot be read, is no graph, has another format, or is damaged.
    pub fn load(path: &Path) -> Result<Self, HnswError> {
        let bytes = std::fs::read(path).map_err(|source| HnswError::Io { path: path.to_owned(), source })?;
        let damaged = |problem| HnswError::Damaged { path: path.to_owned(), problem };
        let (head, graph) = parts(path, &bytes)?;
        if sha256(graph) != head.sha256 {
            return Err(damaged("its contents are not those that were saved"));
        }
        let index = Self::empty(head.dim, head.config)?;
        index.graph.load_from_buffer(graph).map_err(HnswError::library("read a graph"))?;
        if (index.graph.dimensions(), index.n_items()) != (head.dim, head.n_items) {
            return Err(damaged("its head tells of another graph"));
        }
        index.graph.change_expansion_add(head.config.expansion_build);
        index.graph.change_expansion_search(head.config.expansion_search);
        index.reserve(head.n_items)?;
        Ok(index)
    }
}

fn write(path: &Path, head: &Head, graph: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let head = serde_json::to_vec(head)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(MAGIC)?;
    file.write_all(&FORMAT.to_le_bytes())?;
    file.write_all(&u32::try_from(head.len()).map_err(io::Error::other)?.to_le_bytes())?;
    file.write_all(&head)?;
    file.write_all(graph)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// The head of a file and the library's bytes.
fn parts<'a>(path: &Path, bytes: &'a [u8]) -> Result<(Head, &'a [u8]), HnswError> {
    let damaged = |problem| HnswError::Damaged { path: path.to_owned(), problem };
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Err(HnswError::NotAGraph { path: path.to_owned() });
    };
    let (numbers, _) = rest.as_chunks::<4>();
    let number = |place: usize| numbers.get(place).map(|bytes| u32::from_le_bytes(*bytes));
    let (Some(found), Some(n_head)) = (number(0), number(1)) else { return Err(damaged("it ends in its head")) };
    if found != FORMAT {
        return Err(HnswError::Format { path: path.to_owned(), found, known: FORMAT });
    }
    let rest = &bytes[BEFORE_HEAD..];
    let Some((head, graph)) = rest.split_at_checked(n_head as usize) else {
        return Err(damaged("it ends in its head"));
    };
    let head = serde_json::from_slice(head).map_err(|_| damaged("its head cannot be read"))?;
    Ok((head, graph))
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
