//! What many lines are answered with: a result for each.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::JsonAnswer;
use crate::lines::Line;
use crate::problem::Problem;

/// What became of the lines.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct ImportAnswer {
    /// Lines whose event or item is stored, or was before.
    n_accepted: usize,
    /// Lines that were refused.
    n_refused: usize,
    /// One for each line that is not blank, in their order.
    results: Vec<LineResult>,
}

/// What became of a line.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LineResult {
    /// The number of the line, from 1.
    #[schema(minimum = 1)]
    line: u32,
    /// What became of it.
    status: LineStatus,
    /// The id of the event or the item, where it was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Why it was refused; `line` and `column` of it are places in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LineStatus {
    /// The event was stored.
    Recorded,
    /// An event of this id was there already, and stays as it was.
    Duplicate,
    /// The item was stored, and there was none of this id.
    Created,
    /// The item was stored in the place of the one before.
    Replaced,
    /// The line was refused.
    Refused,
}

/// What became of a line that was well formed: its status and id, or why it was not taken.
pub(crate) type Outcome = Result<(LineStatus, String), Problem>;

impl ImportAnswer {
    /// What the lines mean, with the number of each; those that `read` refuses are noted.
    pub(crate) fn read<T>(
        &mut self,
        lines: Vec<Line>,
        read: impl Fn(&[u8]) -> Result<T, Problem>,
    ) -> (Vec<u32>, Vec<T>) {
        let (mut numbers, mut meant) = (Vec::new(), Vec::new());
        for Line { number, bytes } in lines {
            match read(&bytes) {
                Ok(line) => {
                    numbers.push(number);
                    meant.push(line);
                }
                Err(problem) => self.refuse(number, problem),
            }
        }
        (numbers, meant)
    }

    /// Adds a line that was refused.
    fn refuse(&mut self, line: u32, problem: Problem) {
        self.n_refused += 1;
        let problem = Some(problem.on_line(line));
        self.results.push(LineResult { line, status: LineStatus::Refused, id: None, problem });
    }

    /// Adds lines that were written together: each has its outcome, or none was stored.
    pub(crate) fn settle(&mut self, lines: Vec<u32>, outcomes: Result<Vec<Outcome>, Problem>) {
        match outcomes {
            Err(problem) => lines.into_iter().for_each(|line| self.refuse(line, problem.clone())),
            Ok(outcomes) => lines.into_iter().zip(outcomes).for_each(|(line, outcome)| match outcome {
                Err(problem) => self.refuse(line, problem),
                Ok((status, id)) => {
                    self.n_accepted += 1;
                    self.results.push(LineResult { line, status, id: Some(id), problem: None });
                }
            }),
        }
    }
}

impl IntoResponse for ImportAnswer {
    fn into_response(mut self) -> Response {
        self.results.sort_by_key(|result| result.line);
        let status = if self.n_refused == 0 { StatusCode::OK } else { StatusCode::MULTI_STATUS };
        (status, JsonAnswer(self)).into_response()
    }
}
