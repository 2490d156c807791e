//! Pictures: from the bytes of a file to the numbers that a tower sees.
//!
//! [`Picture`] decodes within fixed bounds of memory and time, upright and in RGB. [`Preprocessing`] is what a model's
//! `preprocessor_config.json` demands, and gives the pixels that the `transformers` library would give: its resizing is
//! Pillow's, to the bit.
//!
//! Not for: what a picture means.

mod decode;
mod error;
mod preprocess;
mod resample;

pub use decode::{MAX_BYTES, MAX_PIXELS, Picture};
pub use error::PictureError;
pub(crate) use preprocess::Processor;
pub use preprocess::{Preprocessing, Resize};
pub use resample::Filter;
