//! Rankings and judgements as TREC files, so that anyone can measure again with `ir_measures` or `trec_eval`.
//!
//! `OUT/qrels` and one `OUT/<system>.run` per system for discovery, the same under `OUT/repeats/`.
//!
//! # Ids
//! TREC fields end at white space, and readers break ties by comparing item ids as bytes. So ids are escaped such that
//! no white space is left *and the byte order stays*: bytes `"` (0x22) to `}` (0x7D) stand for themselves, any byte below
//! becomes `!` and two hexadecimal digits (a space is `!20`), any byte above `~` and two digits (`é` is `~C3~A9`).
//! [`unescape_id`] gives the id back.
//!
//! # Scores
//! A score is written with the fewest digits that read back as the same `f32`; read as `f64` the order and the ties are
//! the same too.
//!
//! Not for: measuring (see [`crate::metrics`]).

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{Answers, AnswersError, JudgedQuery, Run};
use crate::catalog::Item;
use crate::whole_file::write_whole;

/// TREC files that could not be written.
#[derive(Debug, Error)]
pub enum TrecError {
    /// The file system refused.
    #[error("cannot write {}; check that the folder may be written to and has space left", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Queries and runs do not belong together.
    #[error(transparent)]
    Answers(#[from] AnswersError),
}

/// Writes `out/qrels` and the runs for discovery, and the same under `out/repeats/`.
///
/// # Shapes
/// `items`: `[n_items]`, the catalog's.
///
/// # Errors
/// If queries and runs do not belong together, or a file cannot be written.
pub fn write_trec(out: &Path, items: &[Item], discovery: Answers, repeats: Answers) -> Result<(), TrecError> {
    write_answers(out, items, discovery)?;
    write_answers(&out.join("repeats"), items, repeats)
}

fn write_answers(folder: &Path, items: &[Item], answers: Answers) -> Result<(), TrecError> {
    answers.check(items.len())?;
    let item_ids: Vec<String> = items.iter().map(|item| escape_id(&item.item_id)).collect();
    let query_ids: Vec<String> = answers.queries.iter().map(|judged| escape_id(&judged.query_id)).collect();
    write_file(&folder.join("qrels"), |file| write_qrels(file, answers.queries, &query_ids, &item_ids))?;
    answers.runs.iter().try_for_each(|run| {
        write_file(&folder.join(run_file_name(&run.system)), |file| write_run(file, run, &query_ids, &item_ids))
    })
}

fn write_file(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), TrecError> {
    write_whole(path, fill).map_err(|source| TrecError::Write { path: path.to_owned(), source })
}

/// `query 0 item 1`, one line per relevant item.
fn write_qrels(
    file: &mut dyn Write,
    queries: &[JudgedQuery],
    query_ids: &[String],
    item_ids: &[String],
) -> io::Result<()> {
    for (judged, query_id) in queries.iter().zip(query_ids) {
        for &item_idx in &judged.relevant {
            writeln!(file, "{query_id} 0 {} 1", item_ids[item_idx as usize])?;
        }
    }
    Ok(())
}

/// `query Q0 item rank score system`, best first.
fn write_run(file: &mut dyn Write, run: &Run, query_ids: &[String], item_ids: &[String]) -> io::Result<()> {
    let system = escape_id(&run.system);
    for (ranking, query_id) in run.rankings.iter().zip(query_ids) {
        for (rank, place) in (1..).zip(ranking) {
            let item_id = &item_ids[place.item_idx as usize];
            writeln!(file, "{query_id} Q0 {item_id} {rank} {:?} {system}", place.score)?;
        }
    }
    Ok(())
}

/// `<system>.run`, where whatever is not a letter, a digit or one of `_ - +` is escaped as in an id, so that every name
/// is a plain file name; a `.` is kept inside the name.
pub fn run_file_name(system: &str) -> String {
    let mut name = String::new();
    for byte in system.bytes() {
        let keep = byte.is_ascii_alphanumeric() || b"_-+".contains(&byte) || (byte == b'.' && !name.is_empty());
        push_byte(&mut name, byte, keep);
    }
    name + ".run"
}

/// An id without white space that sorts where the id sorts.
pub fn escape_id(id: &str) -> String {
    let mut escaped = String::with_capacity(id.len());
    for byte in id.bytes() {
        push_byte(&mut escaped, byte, (b'"'..=b'}').contains(&byte));
    }
    escaped
}

fn push_byte(escaped: &mut String, byte: u8, keep: bool) {
    if keep {
        escaped.push(char::from(byte));
    } else {
        let mark = if byte < b'~' { '!' } else { '~' };
        // Writing into a string cannot fail.
        let _ = write!(escaped, "{mark}{byte:02X}");
    }
}

/// The id that [`escape_id`] was given, or `None` if the text is not an escaped id.
pub fn unescape_id(escaped: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'!' || byte == b'~' {
            let (digits, after) = after.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}
