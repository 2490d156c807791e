//! Parquet, row by row.
//!
//! The file is read page by page, so memory is bounded by a row group's pages, not by the file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use serde_json::{Map, Value};

use super::record::Record;
use super::{Records, Rename};
use crate::catalog::error::ImportError;
use crate::progress::Progress;

/// The rows of a Parquet file.
pub(super) struct ParquetRows<'p> {
    path: PathBuf,
    names: Arc<[String]>,
    rows: RowIter<'static>,
    n_read: u64,
    bytes_per_row: f64,
    progress: &'p dyn Progress,
    ended: bool,
}

impl<'p> ParquetRows<'p> {
    pub(super) fn open(path: &Path, file: File, progress: &'p dyn Progress) -> Result<Self, ImportError> {
        let n_bytes = file.metadata().map_err(|source| ImportError::Open { path: path.to_owned(), source })?.len();
        let failed = |source| ImportError::Parquet { path: path.to_owned(), row: 0, source };
        let reader = SerializedFileReader::new(file).map_err(failed)?;
        let metadata = reader.metadata().file_metadata();
        let fields = metadata.schema().get_fields();
        let names = fields.iter().map(|field| field.name().to_owned()).collect();
        let n_rows = metadata.num_rows().max(1);
        let rows = RowIter::from_file_into(Box::new(reader));
        let bytes_per_row = n_bytes as f64 / n_rows as f64;
        Ok(Self { path: path.to_owned(), names, rows, n_read: 0, bytes_per_row, progress, ended: false })
    }

    /// Parquet does not say how far it has read, so the bytes are shared out evenly over the rows.
    fn report(&self) {
        let bytes_at = |row: u64| (row as f64 * self.bytes_per_row) as u64;
        self.progress.advance(bytes_at(self.n_read) - bytes_at(self.n_read - 1));
    }

    fn failed(&mut self, source: ParquetError) -> ImportError {
        self.ended = true;
        ImportError::Parquet { path: self.path.clone(), row: self.n_read, source }
    }
}

impl Records for ParquetRows<'_> {
    fn columns(&self) -> &[String] {
        &self.names
    }

    fn rename(&mut self, rename: Rename) {
        self.names = rename(&self.names);
    }

    fn next_record(&mut self) -> Option<Result<Record, ImportError>> {
        if self.ended {
            return None;
        }
        let row = match self.rows.next()? {
            Ok(row) => row,
            Err(source) => return Some(Err(self.failed(source))),
        };
        self.n_read += 1;
        self.report();
        let values = values(&row);
        Some(Ok(Record::new(self.n_read, Arc::clone(&self.names), values)))
    }
}

fn values(row: &Row) -> Vec<Value> {
    row.get_column_iter().map(|(_, field)| value(field)).collect()
}

/// Times become seconds, dates become ISO dates, and NaN stays a word, so that the field can refuse it by name.
fn value(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(v) => Value::from(*v),
        Field::Byte(v) => Value::from(*v),
        Field::Short(v) => Value::from(*v),
        Field::Int(v) => Value::from(*v),
        Field::Long(v) => Value::from(*v),
        Field::UByte(v) => Value::from(*v),
        Field::UShort(v) => Value::from(*v),
        Field::UInt(v) => Value::from(*v),
        Field::ULong(v) => Value::from(*v),
        // By way of text: 0.1f32 is meant to be 0.1, not 0.10000000149.
        Field::Float(v) => v.to_string().parse().map_or(Value::Null, float),
        Field::Double(v) => float(*v),
        Field::Str(v) => Value::from(v.as_str()),
        Field::Bytes(v) => Value::from(String::from_utf8_lossy(v.data()).into_owned()),
        Field::TimestampMillis(v) => Value::from(v.div_euclid(1_000)),
        Field::TimestampMicros(v) => Value::from(v.div_euclid(1_000_000)),
        Field::ListInternal(list) => Value::Array(list.elements().iter().map(value).collect()),
        Field::Group(row) => Value::Object(
            row.get_column_iter().map(|(name, field)| (name.clone(), value(field))).collect::<Map<_, _>>(),
        ),
        // Dates, decimals, half floats and maps print as one would write them.
        other => Value::from(other.to_string()),
    }
}

fn float(v: f64) -> Value {
    if v.is_finite() { Value::from(v) } else { Value::from(v.to_string()) }
}
