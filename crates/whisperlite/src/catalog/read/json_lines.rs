//! JSON lines: one object per line. Also the Python literals (`{'asin': '…'}`) in which the Amazon metadata of 2014 were
//! published.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::lines::{Lines, utf8};
use super::record::Record;
use super::{Records, Rename, python_literal};
use crate::catalog::error::{Fault, ImportError, RowProblem};

/// A file in which no line of the first so many is an object is not JSON lines.
const MAX_LINES_BEFORE_FIRST_OBJECT: usize = 1000;

/// An object with the number of its line.
type Line = (u64, Map<String, Value>);

/// The objects of a JSON lines file.
pub(super) struct JsonLines<'p> {
    lines: Lines<'p>,
    line: Vec<u8>,
    columns: Vec<String>,
    /// What was read on opening, to know the columns: the first object, and the unusable lines before it.
    waiting: VecDeque<Result<Line, ImportError>>,
    rename: Option<Rename>,
    /// The keys of the object before, as in the file and renamed: mostly the next object has the same.
    last_names: (Vec<String>, Arc<[String]>),
}

impl<'p> JsonLines<'p> {
    /// Reads on to the first object.
    pub(super) fn open(lines: Lines<'p>) -> Result<Self, ImportError> {
        let last_names = (Vec::new(), Vec::new().into());
        let waiting = VecDeque::new();
        let mut file = Self { lines, line: Vec::new(), columns: Vec::new(), waiting, rename: None, last_names };
        while file.waiting.len() <= MAX_LINES_BEFORE_FIRST_OBJECT {
            match file.next_object() {
                Some(Ok((line, object))) => {
                    file.columns = object.keys().cloned().collect();
                    file.waiting.push_back(Ok((line, object)));
                    return Ok(file);
                }
                Some(Err(error @ ImportError::Row(_))) => file.waiting.push_back(Err(error)),
                Some(Err(error)) => return Err(error),
                None => break,
            }
        }
        match file.waiting.pop_front() {
            Some(Err(error)) => Err(error),
            _ => Err(ImportError::Empty { path: file.lines.path().to_owned() }),
        }
    }

    fn next_object(&mut self) -> Option<Result<Line, ImportError>> {
        loop {
            if let Err(error) = self.lines.read(&mut self.line)? {
                return Some(Err(error));
            }
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        Some(parse(&self.line).map(|object| (self.lines.number(), object)).map_err(|fault| self.lines.fault(fault)))
    }

    fn record(&mut self, line: u64, object: Map<String, Value>) -> Record {
        if !object.keys().eq(self.last_names.0.iter()) {
            let keys: Vec<String> = object.keys().cloned().collect();
            let names = match &self.rename {
                Some(rename) => rename(&keys),
                None => keys.clone().into(),
            };
            self.last_names = (keys, names);
        }
        Record::new(line, Arc::clone(&self.last_names.1), object.into_iter().map(|(_, value)| value).collect())
    }
}

impl Records for JsonLines<'_> {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn rename(&mut self, rename: Rename) {
        self.columns = rename(&self.columns).to_vec();
        self.rename = Some(rename);
    }

    fn next_record(&mut self) -> Option<Result<Record, ImportError>> {
        let object = self.waiting.pop_front().or_else(|| self.next_object())?;
        Some(object.map(|(line, object)| self.record(line, object)))
    }
}

fn parse(line: &[u8]) -> Result<Map<String, Value>, Fault> {
    let text = utf8(line)?;
    let not_json = |detail: String| Fault::from(RowProblem::NotJson { detail });
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(not_json("a value of another type".to_owned())),
        Err(json_error) => match python_literal::parse_dict(text) {
            Some(object) => Ok(object),
            None => Err(not_json(json_error.to_string())),
        },
    }
}
