//! Lines of bounded length, with their numbers.
//!
//! `BufRead::lines` would hold a line of any length in memory; this reader gives up at a limit, drops the rest of the
//! line, and goes on behind it.

use std::io::{BufRead, Cursor, Read};
use std::path::{Path, PathBuf};

use crate::catalog::error::{Fault, ImportError, RowProblem};

/// The lines of a text file.
pub(super) struct Lines<'p> {
    reader: Box<dyn BufRead + 'p>,
    path: PathBuf,
    compressed: bool,
    max_line_bytes: usize,
    /// Number of the line that was read last, from 1.
    number: u64,
    /// After a failure to read, there are no further lines.
    ended: bool,
}

impl<'p> Lines<'p> {
    pub(super) fn new(reader: Box<dyn BufRead + 'p>, path: &Path, compressed: bool, max_line_bytes: usize) -> Self {
        Self { reader, path: path.to_owned(), compressed, max_line_bytes, number: 0, ended: false }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn max_line_bytes(&self) -> usize {
        self.max_line_bytes
    }

    /// The first byte that says something: behind a byte order mark and white space. Refuses what is no text of single bytes.
    pub(super) fn first_byte(&mut self) -> Result<u8, ImportError> {
        let head = match self.reader.fill_buf() {
            Ok(head) => head,
            Err(source) => return Err(self.read_error(source)),
        };
        if let Some(container) = head.split(|&byte| byte == b'\n').next().and_then(not_text) {
            return Err(ImportError::Container { path: self.path.clone(), container });
        }
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let first = text.iter().copied().find(|byte| !byte.is_ascii_whitespace());
        first.ok_or_else(|| ImportError::Empty { path: self.path.clone() })
    }

    /// Reads the next line into `line`, without its line break. `None` at the end of the file.
    pub(super) fn read(&mut self, line: &mut Vec<u8>) -> Option<Result<(), ImportError>> {
        line.clear();
        if self.ended {
            return None;
        }
        // Room for the line break, and one byte more to see that the limit was passed.
        let limit = self.max_line_bytes as u64 + 2;
        match self.reader.by_ref().take(limit).read_until(b'\n', line) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(source) => return Some(Err(self.read_error(source))),
        }
        self.number += 1;
        if self.number == 1 && line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        let whole = line.pop_if(|last| *last == b'\n').is_some();
        line.pop_if(|last| *last == b'\r');
        if line.len() <= self.max_line_bytes {
            return Some(Ok(()));
        }
        if !whole && let Err(source) = self.reader.skip_until(b'\n') {
            return Some(Err(self.read_error(source)));
        }
        Some(Err(self.fault(RowProblem::TooLong { max_line_bytes: self.max_line_bytes }.into())))
    }

    /// Gives lines back, so that they are read again.
    pub(super) fn unread(&mut self, raw: Vec<u8>, n_lines: u64) {
        let rest = std::mem::replace(&mut self.reader, Box::new(std::io::empty()));
        self.reader = Box::new(Cursor::new(raw).chain(rest));
        self.number -= n_lines;
    }

    /// A fault of the line that was read last.
    pub(super) fn fault(&self, fault: Fault) -> ImportError {
        fault.at(&self.path, self.number)
    }

    fn read_error(&mut self, source: std::io::Error) -> ImportError {
        self.ended = true;
        let (path, line) = (self.path.clone(), self.number);
        if self.compressed {
            ImportError::Damaged { path, line, source }
        } else {
            ImportError::Read { path, line, source }
        }
    }
}

/// What a first line is that holds NUL, which no table and no JSON does.
fn not_text(first_line: &[u8]) -> Option<&'static str> {
    let text = first_line.strip_prefix(b"\xff\xfe").or(first_line.strip_prefix(b"\xfe\xff")).unwrap_or(first_line);
    let nul = text.iter().position(|&byte| byte == 0)?;
    // Of two bytes for one ASCII character, one is NUL.
    let is_utf16 = text.chunks_exact(2).take(8).all(|pair| (pair[0] == 0) != (pair[1] == 0));
    Some(match (is_utf16, nul % 2) {
        (false, _) => "a binary file, not text; export it as CSV, TSV, JSON lines or Parquet",
        (true, 0) => "UTF-16 text; save it as UTF-8 (for instance: iconv -f UTF-16BE -t UTF-8)",
        (true, _) => "UTF-16 text; save it as UTF-8 (for instance: iconv -f UTF-16LE -t UTF-8)",
    })
}

/// The text of some bytes of a line.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(bytes).map_err(|error| RowProblem::NotUtf8 { byte: error.valid_up_to() + 1 }.into())
}
