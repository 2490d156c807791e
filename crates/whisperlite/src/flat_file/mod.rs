//! Large tables in one file, so that they are read as fast as memory takes them.
//!
//! A flat file is a row of named sections, each an array of numbers of one kind, little-endian, in blocks that have a checksum
//! each. It is written in one pass that holds nothing twice, and read block by block, on all threads, straight into its place. A
//! reader asks for the sections in the order in which they were written. Whatever is not as it was written is an error, and never
//! a wrong number: a flat file holds what can be made anew.
//!
//! Not for: what stands in the sections, or files that others read.

mod plain;
mod read;
mod texts;
mod write;

use std::io;
use std::path::PathBuf;

use thiserror::Error;

pub use self::plain::Plain;
pub use self::read::FlatReader;
pub use self::texts::Texts;
pub use self::write::FlatWriter;

/// How every flat file begins.
const MAGIC: [u8; 8] = *b"WSPLFLAT";
/// Version of how sections are written; what stands in them has versions of its own.
const FORMAT_VERSION: u32 = 1;
/// Bytes that have a checksum of their own, and that are read at once: enough for one call of the system to be worth it, few
/// enough to stay in a processor's cache until they are where they belong.
const BLOCK_BYTES: usize = 1 << 20;
/// Longest name of a section.
const MAX_NAME: usize = 255;
/// The section after the last.
const END: &str = "end";

/// Elements of a block.
const fn block_len<T: Plain>() -> usize {
    BLOCK_BYTES / T::BYTES
}

/// Why a flat file cannot be read.
#[derive(Debug, Error)]
pub enum FlatError {
    /// The system does not let us, or the file ends too early.
    #[error("cannot read {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It begins otherwise.
    #[error("{path} is no file of tables")]
    NotFlat {
        /// The file.
        path: PathBuf,
    },
    /// A version that this program does not read.
    #[error("{path} has format version {found}, this program reads version {FORMAT_VERSION}")]
    Version {
        /// The file.
        path: PathBuf,
        /// Of the file.
        found: u32,
    },
    /// Something is not as it was written.
    #[error("{path} is damaged: section `{section}` {damage}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The section that was asked for.
        section: String,
        /// What is wrong with it.
        damage: Damage,
    },
}

/// What is wrong with a section.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Damage {
    /// Another one stands there.
    #[error("was expected where `{found}` stands")]
    Other {
        /// Its name, as far as it can be read.
        found: String,
    },
    /// Its bytes are others than were written.
    #[error("does not have the bytes that were written")]
    Checksum,
    /// It says that it is longer than the file.
    #[error("ends after the file")]
    TooLong,
    /// Its numbers are of another kind.
    #[error("has elements of {found} bytes, where {expected} are expected")]
    Kind {
        /// Bytes of an element.
        found: u32,
        /// Bytes of an element, as asked for.
        expected: usize,
    },
    /// What stands in it does not fit together.
    #[error("does not fit what else was read: {0}")]
    Odd(&'static str),
    /// Something stands after the end.
    #[error("has something behind it")]
    Surplus,
}

#[cfg(test)]
mod tests;
