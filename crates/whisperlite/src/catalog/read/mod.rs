//! **What stands in this file?** Bytes of any layout become [`Record`]s: names and values, one per row.
//!
//! Files are recognised by their first bytes, never by their names, and are streamed: memory is bounded by the longest
//! line that is allowed.
//!
//! Not for: what the names mean (see the sibling room `formats`).

mod delimited;
mod json_lines;
mod lines;
mod parquet_rows;
mod python_literal;
mod record;
mod source;

use std::path::Path;
use std::sync::Arc;

use self::delimited::Delimited;
use self::json_lines::JsonLines;
use self::lines::Lines;
use self::parquet_rows::ParquetRows;
pub(crate) use self::record::{Record, as_text, texts};
use self::source::Source;
use super::error::ImportError;
use crate::progress::Progress;

/// The rows of one file, in order.
pub(crate) trait Records {
    /// Names of the columns; of a JSON file, the keys of its first object.
    fn columns(&self) -> &[String];

    /// Renames the columns, one name for each of [`Records::columns`], of this and of every later row.
    fn rename(&mut self, rename: Rename);

    /// The next row, or what is wrong with it. After an [`ImportError::Row`] the rows behind it can still be read.
    fn next_record(&mut self) -> Option<Result<Record, ImportError>>;
}

/// Turns the names of a file into ours.
pub(crate) type Rename = Arc<dyn Fn(&[String]) -> Arc<[String]>>;

/// Opens a file of any known layout.
pub(crate) fn open<'p>(
    path: &Path,
    max_line_bytes: usize,
    progress: &'p dyn Progress,
) -> Result<Box<dyn Records + 'p>, ImportError> {
    match source::open(path, progress)? {
        Source::Parquet(file) => Ok(Box::new(ParquetRows::open(path, file, progress)?)),
        Source::Text { reader, compressed } => {
            let mut lines = Lines::new(reader, path, compressed, max_line_bytes);
            if lines.first_byte()? == b'{' {
                Ok(Box::new(JsonLines::open(lines)?))
            } else {
                Ok(Box::new(Delimited::open(lines)?))
            }
        }
    }
}
