//! One file of cached embeddings: the keys and the vectors of up to a thousand texts or pictures.
//!
//! A safetensors file with `keys` (`U8 [n, 16]`) and `vectors` (`F32 [n, d]`), and in its metadata the format version,
//! the encoder's fingerprint and a checksum of the contents. It is written once and never changed; its name is its
//! checksum, so two writers can never overwrite each other's work.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use sha2::{Digest, Sha256};

use super::files::{hex, io_error, write_atomically};
use super::{EncoderError, SegmentProblem};

/// Version of the file's layout.
const FORMAT_VERSION: u32 = 1;

/// File names of finished segments end with this.
pub(crate) const SUFFIX: &str = ".safetensors";

/// Bytes of a key.
const KEY_BYTES: usize = 16;

/// Stands for what was embedded: the first 16 bytes of a SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ContentKey([u8; KEY_BYTES]);

impl ContentKey {
    /// Of a text.
    pub(crate) fn of_text(text: &str) -> Self {
        Self::of(Sha256::digest(text.as_bytes()).into())
    }

    /// Of a picture, by the bytes of its file.
    pub(crate) fn of_picture(bytes: &[u8]) -> Self {
        Self::of(Sha256::new().chain_update(b"picture\0").chain_update(bytes).finalize().into())
    }

    fn of(hash: [u8; 32]) -> Self {
        Self(std::array::from_fn(|i| hash[i]))
    }

    /// As hexadecimal digits.
    pub(crate) fn to_hex(self) -> String {
        hex(&self.0)
    }

    /// From hexadecimal digits; `None` if they are not those of a key.
    pub(crate) fn from_hex(digits: &str) -> Option<Self> {
        let byte = |at: usize| u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok();
        let bytes: Vec<u8> = (0..digits.len().div_ceil(2)).map(byte).collect::<Option<_>>()?;
        bytes.try_into().ok().map(Self)
    }
}

/// The contents of one segment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Segment {
    pub(crate) keys: Vec<ContentKey>,
    /// `[keys.len(), dim]`, row-major.
    pub(crate) vectors: Vec<f32>,
}

impl Segment {
    /// Writes the segment into `folder`, all or nothing.
    pub(crate) fn write(&self, folder: &Path, dim: usize, fingerprint: &str) -> Result<(), EncoderError> {
        let keys: Vec<u8> = self.keys.iter().flat_map(|key| key.0).collect();
        let vectors: Vec<u8> = self.vectors.iter().flat_map(|value| value.to_le_bytes()).collect();
        let checksum = checksum(&keys, &vectors);
        let path = folder.join(format!("{}{SUFFIX}", &checksum[..16]));
        let metadata = HashMap::from([
            ("format_version".to_owned(), FORMAT_VERSION.to_string()),
            ("fingerprint".to_owned(), fingerprint.to_owned()),
            ("checksum".to_owned(), checksum),
        ]);
        let n = self.keys.len();
        let bytes = TensorView::new(Dtype::U8, vec![n, KEY_BYTES], &keys)
            .and_then(|keys| Ok([("keys", keys), ("vectors", TensorView::new(Dtype::F32, vec![n, dim], &vectors)?)]))
            .and_then(|tensors| safetensors::serialize(tensors, Some(metadata)))
            .map_err(|source| EncoderError::Safetensors { path: path.clone(), source })?;
        write_atomically(&path, &bytes)
    }

    /// Reads and checks a segment.
    pub(crate) fn read(path: &Path, dim: usize, fingerprint: &str) -> Result<Self, EncoderError> {
        let bytes = std::fs::read(path).map_err(io_error(path))?;
        Self::parse(&bytes, dim, fingerprint)
            .map_err(|problem| EncoderError::CorruptSegment { path: path.to_owned(), problem })
    }

    fn parse(bytes: &[u8], dim: usize, fingerprint: &str) -> Result<Self, SegmentProblem> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let tensors = SafeTensors::deserialize(bytes)?;
        expect(&metadata, "format_version", &FORMAT_VERSION.to_string())?;
        expect(&metadata, "fingerprint", fingerprint)?;
        let keys = part(&tensors, "keys", Dtype::U8, KEY_BYTES)?;
        let vectors = part(&tensors, "vectors", Dtype::F32, dim)?;
        if keys.shape()[0] != vectors.shape()[0] {
            return Err(layout("vectors", &vectors));
        }
        if metadata.get("checksum") != Some(&checksum(keys.data(), vectors.data())) {
            return Err(SegmentProblem::Checksum);
        }
        Ok(Self {
            keys: keys.data().as_chunks().0.iter().map(|key| ContentKey(*key)).collect(),
            vectors: vectors.data().as_chunks().0.iter().map(|value| f32::from_le_bytes(*value)).collect(),
        })
    }
}

fn expect(metadata: &HashMap<String, String>, key: &'static str, expected: &str) -> Result<(), SegmentProblem> {
    match metadata.get(key) {
        Some(found) if found == expected => Ok(()),
        found => Err(SegmentProblem::Metadata {
            key,
            found: found.cloned().unwrap_or("absent".to_owned()),
            expected: expected.to_owned(),
        }),
    }
}

/// A tensor of `[n, width]`.
fn part<'data>(
    tensors: &SafeTensors<'data>,
    name: &'static str,
    dtype: Dtype,
    width: usize,
) -> Result<TensorView<'data>, SegmentProblem> {
    let tensor = tensors.tensor(name)?;
    match tensor.shape() {
        [_, found] if *found == width && tensor.dtype() == dtype => Ok(tensor),
        _ => Err(layout(name, &tensor)),
    }
}

fn layout(tensor: &'static str, view: &TensorView<'_>) -> SegmentProblem {
    SegmentProblem::Layout { tensor, dtype: format!("{:?}", view.dtype()), shape: view.shape().to_vec() }
}

fn checksum(keys: &[u8], vectors: &[u8]) -> String {
    hex(&Sha256::new().chain_update(keys).chain_update(vectors).finalize())
}
