//! A body of JSON lines, read piece by piece: as much of it is in memory as is worked on.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use http_body_util::BodyExt;

use crate::problem::{Code, Problem};
use crate::shop::{Limits, Shop};

/// Lines that are worked on together.
const LINES_AT_ONCE: usize = 1_000;
/// Bytes after which a batch is full.
const BYTES_AT_ONCE: usize = 4 << 20;
/// What a body of JSON lines is declared as; the first is the usual one.
const MEDIA_TYPES: [&str; 4] =
    ["application/x-ndjson", "application/jsonl", "application/x-jsonlines", "application/json-lines"];

/// A line with its number, from 1.
pub(crate) struct Line {
    pub(crate) number: u32,
    pub(crate) bytes: Vec<u8>,
}

/// The lines of a body, as they come in.
pub(crate) struct JsonLines {
    body: Body,
    limits: Limits,
    /// What came in and is not a whole line yet.
    rest: Vec<u8>,
    n_bytes: usize,
    n_lines: u32,
    has_ended: bool,
}

impl FromRequest<Arc<Shop>> for JsonLines {
    type Rejection = Problem;

    async fn from_request(request: Request, shop: &Arc<Shop>) -> Result<Self, Problem> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = content_type.and_then(|content_type| content_type.split(';').next()).unwrap_or_default().trim();
        if !MEDIA_TYPES.iter().any(|known| essence.eq_ignore_ascii_case(known)) {
            let detail = format!("send one JSON object a line, with the header `content-type: {}`", MEDIA_TYPES[0]);
            return Err(Problem::new(Code::UnsupportedMediaType, detail).in_field("content-type"));
        }
        let body = request.into_body();
        Ok(Self { body, limits: shop.limits, rest: Vec::new(), n_bytes: 0, n_lines: 0, has_ended: false })
    }
}

impl JsonLines {
    /// The next lines that are not blank; none at the end.
    ///
    /// # Errors
    /// If the body breaks off, or is longer than is read. The batches before stand.
    pub(crate) async fn next_batch(&mut self) -> Result<Vec<Line>, Problem> {
        let (mut batch, mut n_bytes) = (Vec::new(), 0);
        while batch.len() < LINES_AT_ONCE && n_bytes < BYTES_AT_ONCE {
            match self.next_line().await? {
                Some(line) if line.bytes.trim_ascii().is_empty() => {}
                Some(line) => {
                    n_bytes += line.bytes.len();
                    batch.push(line);
                }
                None => break,
            }
        }
        Ok(batch)
    }

    async fn next_line(&mut self) -> Result<Option<Line>, Problem> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.rest[searched..].iter().position(|byte| *byte == b'\n') {
                let after = self.rest.split_off(searched + end + 1);
                let bytes = std::mem::replace(&mut self.rest, after);
                return self.line(bytes).map(Some);
            }
            searched = self.rest.len();
            if searched > self.limits.max_body_bytes {
                let limit = self.limits.max_body_bytes;
                return Err(self.too_much(&format!("line {} is longer than {limit} bytes", self.n_lines + 1)));
            }
            match self.read_on().await? {
                Some(piece) => self.rest.extend_from_slice(&piece),
                None if self.rest.is_empty() => return Ok(None),
                None => {
                    let bytes = std::mem::take(&mut self.rest);
                    return self.line(bytes).map(Some);
                }
            }
        }
    }

    fn line(&mut self, bytes: Vec<u8>) -> Result<Line, Problem> {
        let limit = self.limits.max_import_lines;
        if self.n_lines as usize >= limit {
            return Err(self.too_much(&format!("the body has more than {limit} lines")));
        }
        self.n_lines += 1;
        Ok(Line { number: self.n_lines, bytes })
    }

    /// The next piece of the body; `None` at its end.
    async fn read_on(&mut self) -> Result<Option<Bytes>, Problem> {
        while !self.has_ended {
            match self.body.frame().await {
                None => self.has_ended = true,
                Some(Err(_)) => {
                    let detail = format!("the body broke off; {}", self.what_stands());
                    return Err(Problem::new(Code::MalformedJson, detail));
                }
                Some(Ok(frame)) => {
                    if let Ok(piece) = frame.into_data() {
                        self.n_bytes += piece.len();
                        if self.n_bytes > self.limits.max_import_bytes {
                            let limit = self.limits.max_import_bytes;
                            return Err(self.too_much(&format!("the body is longer than {limit} bytes")));
                        }
                        return Ok(Some(piece));
                    }
                }
            }
        }
        Ok(None)
    }

    fn too_much(&self, what: &str) -> Problem {
        Problem::new(Code::BodyTooLarge, format!("{what}: send it in several parts; {}", self.what_stands()))
    }

    fn what_stands(&self) -> String {
        format!("of the first {} lines some are stored, and may be sent again if they name their ids", self.n_lines)
    }
}
