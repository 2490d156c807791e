//! Writes sections in one pass.

use std::io::{self, Write};

use serde::Serialize;

use super::plain::put_all;
use super::{BLOCK_BYTES, END, FORMAT_VERSION, MAGIC, MAX_NAME, Plain, block_len};

/// Writes a flat file.
pub struct FlatWriter<'w> {
    out: &'w mut dyn Write,
    /// The block that is written next.
    block: Vec<u8>,
    n_bytes: u64,
}

impl<'w> FlatWriter<'w> {
    /// Begins a file.
    pub fn new(out: &'w mut dyn Write) -> io::Result<Self> {
        let mut writer = Self { out, block: Vec::with_capacity(BLOCK_BYTES), n_bytes: 0 };
        writer.write(&MAGIC)?;
        writer.write(&FORMAT_VERSION.to_le_bytes())?;
        Ok(writer)
    }

    /// Writes an array.
    pub fn array<T: Plain>(&mut self, name: &str, values: &[T]) -> io::Result<()> {
        self.head(name, T::BYTES, values.len())?;
        let mut sums = Vec::with_capacity(values.len().div_ceil(block_len::<T>()));
        for values in values.chunks(block_len::<T>()) {
            self.block.resize(values.len() * T::BYTES, 0);
            put_all(values, &mut self.block);
            self.end_block(&mut sums)?;
        }
        self.sums(&sums)
    }

    /// Writes a table whose row `r` is `values[offsets[r]..offsets[r + 1]]`.
    pub fn rows<T: Plain>(&mut self, name: &str, offsets: &[usize], values: &[T]) -> io::Result<()> {
        self.array(name, offsets)?;
        self.array(name, values)
    }

    /// Writes a small value of any form.
    pub fn value<T: Serialize>(&mut self, name: &str, value: &T) -> io::Result<()> {
        self.array(name, &serde_json::to_vec(value)?)
    }

    /// Writes texts: how long each is, and then all of them in one piece.
    ///
    /// # Errors
    /// If a text is longer than 4 GB.
    pub fn texts<'t>(&mut self, name: &str, texts: impl Iterator<Item = &'t str> + Clone) -> io::Result<()> {
        let too_long = |_| io::Error::new(io::ErrorKind::InvalidInput, "a text is too long");
        let lengths: Vec<u32> =
            texts.clone().map(|text| u32::try_from(text.len()).map_err(too_long)).collect::<io::Result<_>>()?;
        self.array(name, &lengths)?;
        self.head(name, u8::BYTES, lengths.iter().map(|&length| length as usize).sum())?;
        let mut sums = Vec::new();
        for text in texts {
            let mut left = text.as_bytes();
            while !left.is_empty() {
                let (now, later) = left.split_at(left.len().min(BLOCK_BYTES - self.block.len()));
                self.block.extend_from_slice(now);
                left = later;
                if self.block.len() == BLOCK_BYTES {
                    self.end_block(&mut sums)?;
                }
            }
        }
        if !self.block.is_empty() {
            self.end_block(&mut sums)?;
        }
        self.sums(&sums)
    }

    /// Ends the file; gives back its length in bytes.
    pub fn finish(mut self) -> io::Result<u64> {
        self.array::<u8>(END, &[])?;
        Ok(self.n_bytes)
    }

    fn head(&mut self, name: &str, element_bytes: usize, n_elements: usize) -> io::Result<()> {
        assert!(name.len() <= MAX_NAME, "names of sections are short");
        let mut head = Vec::with_capacity(MAX_NAME);
        head.extend_from_slice(&(element_bytes as u32).to_le_bytes());
        head.extend_from_slice(&(n_elements as u64).to_le_bytes());
        head.push(name.len() as u8);
        head.extend_from_slice(name.as_bytes());
        self.write(&crc32fast::hash(&head).to_le_bytes())?;
        self.write(&head)
    }

    fn end_block(&mut self, sums: &mut Vec<u32>) -> io::Result<()> {
        sums.push(crc32fast::hash(&self.block));
        self.out.write_all(&self.block)?;
        self.n_bytes += self.block.len() as u64;
        self.block.clear();
        Ok(())
    }

    fn sums(&mut self, sums: &[u32]) -> io::Result<()> {
        let bytes: Vec<u8> = sums.iter().flat_map(|sum| sum.to_le_bytes()).collect();
        self.write(&bytes)?;
        self.write(&crc32fast::hash(&bytes).to_le_bytes())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.n_bytes += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}
