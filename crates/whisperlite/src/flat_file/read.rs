//! Reads sections in their order, each on all threads.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::de::DeserializeOwned;

use super::plain::get_all;
use super::texts::Texts;
use super::{BLOCK_BYTES, Damage, END, FORMAT_VERSION, FlatError, MAGIC, Plain, block_len};

/// Bytes of a section's head before its name.
const HEAD_BYTES: usize = 4 + 4 + 8 + 1;

/// Reads a flat file.
#[derive(Debug)]
pub struct FlatReader {
    path: PathBuf,
    file: File,
    /// Where the next section begins.
    at: u64,
    n_bytes: u64,
}

/// What a section says of itself.
struct Head {
    name: String,
    element_bytes: u32,
    n_elements: u64,
}

impl FlatReader {
    /// Opens a file; `None` if there is none.
    pub fn open(path: &Path) -> Result<Option<Self>, FlatError> {
        let io = |source| FlatError::Io { path: path.to_owned(), source };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io(error)),
        };
        let n_bytes = file.metadata().map_err(io)?.len();
        let mut reader = Self { path: path.to_owned(), file, at: 0, n_bytes };
        let not_flat = || FlatError::NotFlat { path: path.to_owned() };
        if reader.fixed::<8>().map_err(|_| not_flat())? != MAGIC {
            return Err(not_flat());
        }
        let found = u32::from_le_bytes(reader.fixed::<4>().map_err(io)?);
        if found != FORMAT_VERSION {
            return Err(FlatError::Version { path: path.to_owned(), found });
        }
        Ok(Some(reader))
    }

    /// The names of all sections, in their order, with the bytes that each takes in memory. Nothing but the heads is read.
    pub fn sections(mut self) -> Result<Vec<(String, u64)>, FlatError> {
        let mut sections = Vec::new();
        loop {
            let Head { name, element_bytes, n_elements } = self.any_head("any")?;
            if name == END {
                return Ok(sections);
            }
            let block = (BLOCK_BYTES / (element_bytes.max(1) as usize)).max(1) as u64;
            let too_long = || self.damaged(&name, Damage::TooLong);
            let n_bytes = n_elements.checked_mul(u64::from(element_bytes)).ok_or_else(too_long)?;
            let n_sums = n_elements.div_ceil(block) * u32::BYTES as u64 + u32::BYTES as u64;
            self.at = self.at.checked_add(n_bytes + n_sums).filter(|&at| at <= self.n_bytes).ok_or_else(too_long)?;
            sections.push((name, n_bytes));
        }
    }

    /// Length of the file.
    pub fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// Reads the next section, an array.
    pub fn array<T: Plain>(&mut self, name: &str) -> Result<Vec<T>, FlatError> {
        let head = self.head(name)?;
        if head.element_bytes as usize != T::BYTES {
            return Err(self.damaged(name, Damage::Kind { found: head.element_bytes, expected: T::BYTES }));
        }
        // Before memory is asked for: the head alone may be damaged.
        let left = self.n_bytes.saturating_sub(self.at);
        let n_data = head.n_elements.checked_mul(T::BYTES as u64).filter(|&n_data| n_data <= left);
        let n_data = n_data.ok_or_else(|| self.damaged(name, Damage::TooLong))?;
        // As many as there are bytes, so it fits.
        let mut values = vec![T::ZERO; head.n_elements as usize];
        let data_at = self.at;
        self.at += n_data;
        let sums = self.sums(name, values.len().div_ceil(block_len::<T>()))?;
        let blocks = values.par_chunks_mut(block_len::<T>()).zip(&sums).enumerate();
        blocks.try_for_each_init(Vec::new, |bytes, (block, (values, &sum))| {
            bytes.resize(values.len() * T::BYTES, 0);
            let at = data_at + (block * block_len::<T>() * T::BYTES) as u64;
            self.file.read_exact_at(bytes, at).map_err(|source| self.io(name, source))?;
            if crc32fast::hash(bytes) != sum {
                return Err(self.damaged(name, Damage::Checksum));
            }
            get_all(bytes, values);
            Ok(())
        })?;
        Ok(values)
    }

    /// The same, an array whose length is known.
    pub fn array_of<T: Plain>(&mut self, name: &str, len: usize) -> Result<Vec<T>, FlatError> {
        let values = self.array(name)?;
        match values.len() == len {
            true => Ok(values),
            false => Err(self.odd(name, "another number of elements")),
        }
    }

    /// Reads the next sections, a table of `n_rows` rows: its offsets and its values.
    pub fn rows<T: Plain>(&mut self, name: &str, n_rows: usize) -> Result<(Vec<usize>, Vec<T>), FlatError> {
        let offsets: Vec<usize> = self.array_of(name, n_rows + 1)?;
        let values = self.array_of(name, offsets[n_rows])?;
        match offsets[0] == 0 && offsets.is_sorted() {
            true => Ok((offsets, values)),
            false => Err(self.odd(name, "rows that do not follow each other")),
        }
    }

    /// Reads the next section, a small value of any form.
    pub fn value<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, FlatError> {
        let bytes = self.array::<u8>(name)?;
        serde_json::from_slice(&bytes).map_err(|_| self.odd(name, "a value of another form"))
    }

    /// Reads the next sections, texts.
    pub fn texts(&mut self, name: &str) -> Result<Texts, FlatError> {
        let lengths = self.array::<u32>(name)?;
        let bytes = self.array::<u8>(name)?;
        Texts::new(lengths, bytes).ok_or_else(|| self.odd(name, "no texts of these lengths"))
    }

    /// The same, when it is known how many.
    pub fn texts_of(&mut self, name: &str, len: usize) -> Result<Texts, FlatError> {
        let texts = self.texts(name)?;
        match texts.len() == len {
            true => Ok(texts),
            false => Err(self.odd(name, "another number of texts")),
        }
    }

    /// Makes sure that all was read.
    pub fn finish(mut self) -> Result<(), FlatError> {
        self.array_of::<u8>(END, 0)?;
        match self.at == self.n_bytes {
            true => Ok(()),
            false => Err(self.damaged(END, Damage::Surplus)),
        }
    }

    /// The error for something that was read and does not fit.
    pub fn odd(&self, section: &str, what: &'static str) -> FlatError {
        self.damaged(section, Damage::Odd(what))
    }

    fn head(&mut self, expected: &str) -> Result<Head, FlatError> {
        let head = self.any_head(expected)?;
        match head.name == expected {
            true => Ok(head),
            false => Err(self.damaged(expected, Damage::Other { found: head.name })),
        }
    }

    /// The next head, whatever its name; `expected` is for the error.
    fn any_head(&mut self, expected: &str) -> Result<Head, FlatError> {
        let fixed = self.fixed::<HEAD_BYTES>().map_err(|source| self.io(expected, source))?;
        let (sum, fixed) = fixed.split_at(4);
        let mut name = vec![0; fixed[fixed.len() - 1] as usize];
        self.fill(&mut name).map_err(|source| self.io(expected, source))?;
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(fixed);
        hasher.update(&name);
        if hasher.finalize() != u32::get(sum) {
            return Err(self.damaged(expected, Damage::Checksum));
        }
        let name = String::from_utf8_lossy(&name).into_owned();
        Ok(Head { name, element_bytes: u32::get(&fixed[..4]), n_elements: u64::get(&fixed[4..12]) })
    }

    fn sums(&mut self, name: &str, n_blocks: usize) -> Result<Vec<u32>, FlatError> {
        let mut bytes = vec![0; n_blocks * u32::BYTES];
        self.fill(&mut bytes).map_err(|source| self.io(name, source))?;
        let sum = self.fixed::<4>().map_err(|source| self.io(name, source))?;
        if crc32fast::hash(&bytes) != u32::from_le_bytes(sum) {
            return Err(self.damaged(name, Damage::Checksum));
        }
        let mut sums = vec![0; n_blocks];
        get_all(&bytes, &mut sums);
        Ok(sums)
    }

    fn fixed<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(bytes, self.at)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn io(&self, section: &str, source: io::Error) -> FlatError {
        if source.kind() == io::ErrorKind::UnexpectedEof {
            return self.damaged(section, Damage::TooLong);
        }
        FlatError::Io { path: self.path.clone(), source }
    }

    fn damaged(&self, section: &str, damage: Damage) -> FlatError {
        FlatError::Damaged { path: self.path.clone(), section: section.to_owned(), damage }
    }
}
