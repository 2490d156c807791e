//! CSV and TSV: a header line, then one row per line.
//!
//! Comma-separated fields may be quoted, and a quoted field may hold line breaks; tab-separated fields are never quoted,
//! because in such files a quotation mark is a character like any other. The `csv` crate is not used here: it holds a
//! field of any length in memory, and after a quote that is never closed it has read the whole file. This reader bounds
//! the row, reports the line where it began, and goes on with the line behind it.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use super::lines::{Lines, utf8};
use super::record::Record;
use super::{Records, Rename};
use crate::catalog::error::{Fault, ImportError, RowProblem};

/// The rows of a CSV or TSV file.
pub(super) struct Delimited<'p> {
    lines: Lines<'p>,
    names: Arc<[String]>,
    row: Row,
    line: Vec<u8>,
}

impl<'p> Delimited<'p> {
    /// Reads the header.
    pub(super) fn open(mut lines: Lines<'p>) -> Result<Self, ImportError> {
        let mut line = Vec::new();
        loop {
            match lines.read(&mut line) {
                None => return Err(ImportError::Empty { path: lines.path().to_owned() }),
                Some(result) => result?,
            }
            if !line.trim_ascii().is_empty() {
                break;
            }
        }
        let mut row = Row::new(if line.contains(&b'\t') { b'\t' } else { b',' });
        if !row.feed(&line) {
            return Err(lines.fault(RowProblem::OpenQuote.into()));
        }
        let names = row.fields().map_err(|fault| lines.fault(fault))?;
        let names: Arc<[String]> = names.into_iter().map(|name| name.trim().to_owned()).collect();
        if let Some(name) = repeated(&names) {
            return Err(lines.fault(Fault::in_field(name, RowProblem::RepeatedColumn)));
        }
        Ok(Self { lines, names, row, line })
    }

    /// Reads lines until a row is whole; says in which line it began.
    fn read_row(&mut self) -> Option<Result<u64, ImportError>> {
        self.row.clear();
        loop {
            if let Err(error) = self.lines.read(&mut self.line)? {
                return Some(Err(error));
            }
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        let first_line = self.lines.number();
        let mut behind_first: Vec<u8> = Vec::new();
        while !self.row.feed(&self.line) {
            let ended = match self.lines.read(&mut self.line) {
                Some(Ok(())) => false,
                Some(Err(error)) => return Some(Err(error)),
                None => true,
            };
            if !ended {
                behind_first.extend_from_slice(&self.line);
                behind_first.push(b'\n');
            }
            if ended || behind_first.len() > self.lines.max_line_bytes() {
                self.lines.unread(behind_first, self.lines.number() - first_line);
                return Some(Err(self.lines.fault(RowProblem::OpenQuote.into())));
            }
        }
        Some(Ok(first_line))
    }

    fn record(&self, line: u64) -> Result<Record, Fault> {
        let fields = self.row.fields()?;
        if fields.len() != self.names.len() {
            return Err(RowProblem::FieldCount { expected: self.names.len(), found: fields.len() }.into());
        }
        let values = fields.into_iter().map(|field| Value::String(field.to_owned())).collect();
        Ok(Record::new(line, Arc::clone(&self.names), values))
    }
}

impl Records for Delimited<'_> {
    fn columns(&self) -> &[String] {
        &self.names
    }

    fn rename(&mut self, rename: Rename) {
        self.names = rename(&self.names);
    }

    fn next_record(&mut self) -> Option<Result<Record, ImportError>> {
        match self.read_row()? {
            Ok(line) => Some(self.record(line).map_err(|fault| fault.at(self.lines.path(), line))),
            Err(error) => Some(Err(error)),
        }
    }
}

fn repeated(names: &[String]) -> Option<&String> {
    let mut seen = HashSet::new();
    names.iter().find(|name| !seen.insert(*name))
}

/// Where the splitter stands in a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    /// Behind a quotation mark in a quoted field: it ends the field, or the next one doubles it.
    QuoteSeen,
}

/// One row while it is split.
struct Row {
    delimiter: u8,
    state: State,
    /// The fields' bytes, one behind the other.
    bytes: Vec<u8>,
    /// Where each field ends in `bytes`.
    ends: Vec<usize>,
}

impl Row {
    fn new(delimiter: u8) -> Self {
        Self { delimiter, state: State::FieldStart, bytes: Vec::new(), ends: Vec::new() }
    }

    fn clear(&mut self) {
        self.state = State::FieldStart;
        self.bytes.clear();
        self.ends.clear();
    }

    /// Takes one line; true if the row is whole, false if a quoted field goes on in the next line.
    fn feed(&mut self, line: &[u8]) -> bool {
        for &byte in line {
            self.state = self.step(byte);
        }
        if self.state == State::Quoted {
            self.bytes.push(b'\n');
            return false;
        }
        self.ends.push(self.bytes.len());
        true
    }

    fn step(&mut self, byte: u8) -> State {
        match self.state {
            State::FieldStart if byte == b'"' && self.delimiter == b',' => State::Quoted,
            State::Quoted if byte == b'"' => State::QuoteSeen,
            State::QuoteSeen if byte == b'"' => self.push(byte, State::Quoted),
            State::Quoted => self.push(byte, State::Quoted),
            _ if byte == self.delimiter => {
                self.ends.push(self.bytes.len());
                State::FieldStart
            }
            _ => self.push(byte, State::Plain),
        }
    }

    fn push(&mut self, byte: u8, next: State) -> State {
        self.bytes.push(byte);
        next
    }

    fn fields(&self) -> Result<Vec<&str>, Fault> {
        let text = utf8(&self.bytes)?;
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        Ok(starts.zip(&self.ends).map(|(start, &end)| &text[start..end]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(delimiter: u8, lines: &[&str]) -> Vec<String> {
        let mut row = Row::new(delimiter);
        let whole: Vec<bool> = lines.iter().map(|line| row.feed(line.as_bytes())).collect();
        assert!(whole.iter().rev().skip(1).all(|w| !w) && *whole.last().unwrap(), "{whole:?}");
        row.fields().unwrap().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn quotes_hold_delimiters_line_breaks_and_doubled_quotes() {
        assert_eq!(split(b',', &[r#"a,"b,c","d ""e""","#]), ["a", "b,c", r#"d "e""#, ""]);
        assert_eq!(split(b',', &[r#"a,"b"#, r#"c",d"#]), ["a", "b\nc", "d"]);
    }

    #[test]
    fn a_quote_inside_a_field_or_between_tabs_is_a_character() {
        assert_eq!(split(b',', &[r#"5'8" tall,x"#]), [r#"5'8" tall"#, "x"]);
        assert_eq!(split(b'\t', &["\"a\tb\"\t"]), ["\"a", "b\"", ""]);
    }
}
