//! Strict reading of a safetensors file: every tensor is asked for by name and shape, and none may be left over.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use burn::tensor::{bf16, f16};
use safetensors::{Dtype, SafeTensors};

use super::EncoderError;

/// The tensors of one file, and which of them were already taken.
pub(crate) struct Weights<'data> {
    path: PathBuf,
    tensors: BTreeMap<String, Entry<'data>>,
    prefix: &'static str,
    taken: RefCell<BTreeSet<String>>,
    n_taken: Cell<usize>,
}

struct Entry<'data> {
    /// Its name in the file, for errors.
    in_file: String,
    dtype: Dtype,
    shape: Vec<usize>,
    data: Cow<'data, [u8]>,
}

/// What a tensor of another library is called here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Renamed {
    /// It has one name.
    One(String),
    /// Its rows are three tensors, one after the other.
    Thirds([String; 3]),
    /// Its rows are a part of a tensor, in this place among the parts.
    Part(String, usize),
}

impl<'data> Weights<'data> {
    /// Reads the file's table of contents.
    ///
    /// Checkpoints of a model with a head put `prefix` in front of every name of the body; a file in which any name
    /// has the prefix is read as one of those.
    pub(crate) fn parse(path: PathBuf, bytes: &'data [u8], prefix: &'static str) -> Result<Self, EncoderError> {
        let file = SafeTensors::deserialize(bytes)
            .map_err(|source| EncoderError::Safetensors { path: path.clone(), source })?;
        let prefix = if file.names().iter().any(|name| name.starts_with(prefix)) { prefix } else { "" };
        let entry = |name: &str| {
            let view = file.tensor(name).ok()?;
            let (dtype, shape, data) = (view.dtype(), view.shape().to_vec(), Cow::Borrowed(view.data()));
            Some((name.to_owned(), Entry { in_file: name.to_owned(), dtype, shape, data }))
        };
        let tensors = file.names().into_iter().filter_map(entry).collect();
        Ok(Self { path, tensors, prefix, taken: RefCell::default(), n_taken: Cell::default() })
    }

    /// Gives every tensor the name that `rename` has for it, apart from the prefix. Whatever does not fit together stays
    /// as it is, so that it is found missing or surplus.
    pub(crate) fn renamed(mut self, rename: impl Fn(&str) -> Renamed) -> Self {
        let mut parts: BTreeMap<(String, usize), Entry<'data>> = BTreeMap::new();
        let mut tensors = BTreeMap::new();
        for (name, entry) in std::mem::take(&mut self.tensors) {
            let bare = name.strip_prefix(self.prefix).unwrap_or(&name);
            match rename(bare) {
                Renamed::One(new) => _ = tensors.insert(new, entry),
                Renamed::Thirds(names) => match entry.thirds() {
                    Ok(thirds) => tensors.extend(names.into_iter().zip(thirds)),
                    Err(entry) => _ = tensors.insert(name, entry),
                },
                Renamed::Part(new, place) => _ = parts.insert((new, place), entry),
            }
        }
        for ((name, _), part) in parts {
            match tensors.remove(&name) {
                None => _ = tensors.insert(name, part),
                Some(before) => _ = tensors.insert(name, before.followed_by(&part)),
            }
        }
        Self { tensors, prefix: "", ..self }
    }

    /// Takes one tensor, converted to `f32`.
    ///
    /// # Shapes
    /// Returns the values of `shape`, row-major, all finite. Dimensions of 1 in front do not count.
    pub(crate) fn take(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, EncoderError> {
        let wanted = format!("{}{name}", self.prefix);
        let Some(entry) = self.tensors.get(&wanted) else {
            return Err(EncoderError::MissingTensor { path: self.path.clone(), tensor: wanted });
        };
        let tensor = entry.in_file.clone();
        if without_ones(&entry.shape) != without_ones(shape) {
            let (found, expected) = (entry.shape.clone(), shape.to_vec());
            return Err(EncoderError::TensorShape { path: self.path.clone(), tensor, found, expected });
        }
        let values = match entry.dtype {
            Dtype::F32 => decode(&entry.data, f32::from_le_bytes),
            Dtype::F16 => decode(&entry.data, |bytes| f16::from_le_bytes(bytes).to_f32()),
            Dtype::BF16 => decode(&entry.data, |bytes| bf16::from_le_bytes(bytes).to_f32()),
            other => {
                let found = format!("{other:?}");
                return Err(EncoderError::TensorDtype { path: self.path.clone(), tensor, found });
            }
        };
        if let Some(position) = values.iter().position(|value| !value.is_finite()) {
            let value = values[position];
            return Err(EncoderError::NonFiniteWeight { path: self.path.clone(), tensor, position, value });
        }
        self.n_taken.set(self.n_taken.get() + values.len());
        self.taken.borrow_mut().insert(wanted);
        Ok(values)
    }

    /// Ends the reading, and says how many numbers were taken. A tensor that neither was taken nor is in `unused` is
    /// an error.
    pub(crate) fn finish(self, unused: &[&str]) -> Result<usize, EncoderError> {
        let taken = self.taken.into_inner();
        let is_unused = |name: &str| name.strip_prefix(self.prefix).is_some_and(|bare| unused.contains(&bare));
        let surplus = self.tensors.iter().find(|(name, _)| !taken.contains(*name) && !is_unused(name));
        match surplus {
            None => Ok(self.n_taken.get()),
            Some((_, entry)) => Err(EncoderError::SurplusTensor { path: self.path, tensor: entry.in_file.clone() }),
        }
    }
}

impl<'data> Entry<'data> {
    /// Three tensors of a third of the rows each; the tensor itself where its rows are no three times something.
    fn thirds(self) -> Result<[Self; 3], Self> {
        let (Some(rows), Cow::Borrowed(data)) = (self.shape.first().copied(), &self.data) else { return Err(self) };
        if !rows.is_multiple_of(3) {
            return Err(self);
        }
        let n_bytes = data.len() / 3;
        Ok([0, 1, 2].map(|third| {
            let mut shape = self.shape.clone();
            shape[0] = rows / 3;
            let data = Cow::Borrowed(&data[third * n_bytes..][..n_bytes]);
            Self { in_file: self.in_file.clone(), dtype: self.dtype, shape, data }
        }))
    }

    /// The rows of both; its own alone if the two are of different kinds, which its shape will tell.
    fn followed_by(self, next: &Self) -> Self {
        let mut shape = self.shape.clone();
        match (shape.first_mut(), next.shape.first()) {
            (Some(rows), Some(more)) if self.dtype == next.dtype && self.shape[1..] == next.shape[1..] => *rows += more,
            _ => return self,
        }
        let in_file = format!("{}, {}", self.in_file, next.in_file);
        Self { in_file, dtype: self.dtype, shape, data: [&self.data[..], &next.data[..]].concat().into() }
    }
}

/// A shape without the dimensions of 1 that stand in front.
fn without_ones(shape: &[usize]) -> &[usize] {
    let first = shape.iter().position(|n| *n != 1).unwrap_or(shape.len());
    &shape[first..]
}

/// Reads little-endian numbers of `N` bytes each.
fn decode<const N: usize>(bytes: &[u8], to_f32: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<N>();
    numbers.iter().map(|number| to_f32(*number)).collect()
}
