//! Every answer that is no success: `application/problem+json` (RFC 9457) with a code that does not change.
//!
//! What is said to the client is not what is logged: an error of ours is named in the log, by the id of the request.

use std::error::Error;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use whisperlite::catalog::filter::FilterError;
use whisperlite::encoder::EncoderError;
use whisperlite::recommender::RecommendError;
use whisperlite::store::StoreError;

use crate::study::BookError;
use crate::writer::{WriteError, chain};

/// Seconds after which it is worth trying again.
const RETRY_AFTER_SECS: u32 = 1;

/// What is wrong, for programs. Clients may rely on these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Code {
    /// The body is no JSON.
    MalformedJson,
    /// The body, the query or the path has a value that cannot be.
    InvalidValue,
    /// A field that has to be there is not.
    MissingField,
    /// A field of no meaning.
    UnknownField,
    /// The filter has a mistake.
    InvalidFilter,
    /// The picture cannot be used.
    InvalidImage,
    /// The store's encoder reads words only.
    ImagesNotSupported,
    /// No key, or none of this store.
    Unauthorized,
    /// The key does not open this.
    Forbidden,
    /// The request was sent to the name of another machine.
    WrongHost,
    /// More requests came with this key than it may send.
    RateLimited,
    /// No item has this id.
    UnknownItem,
    /// No study has this name.
    UnknownStudy,
    /// The study has no such rater.
    UnknownRater,
    /// The study has not begun, or has ended, or has nothing new.
    StudyState,
    /// No such path.
    NotFound,
    /// The path knows other methods.
    MethodNotAllowed,
    /// The body is not declared to be JSON.
    UnsupportedMediaType,
    /// The body is longer than is read.
    BodyTooLarge,
    /// The new model cannot be used; the one before stays.
    ModelNotLoaded,
    /// More requests are at work than the server takes.
    Overloaded,
    /// The answer took too long.
    Timeout,
    /// Somebody else writes the store.
    StoreBusy,
    /// The store's disk has no room.
    StoreFull,
    /// The store's database cannot be reached.
    StoreUnreachable,
    /// An error of the server.
    Internal,
}

impl Code {
    fn status(self) -> StatusCode {
        match self {
            Self::MalformedJson
            | Self::InvalidValue
            | Self::MissingField
            | Self::UnknownField
            | Self::InvalidFilter
            | Self::InvalidImage
            | Self::ImagesNotSupported => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::WrongHost => StatusCode::FORBIDDEN,
            Self::ModelNotLoaded | Self::StudyState => StatusCode::CONFLICT,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::UnknownItem | Self::UnknownStudy | Self::UnknownRater | Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Overloaded | Self::Timeout | Self::StoreBusy | Self::StoreUnreachable => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::StoreFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::MalformedJson => "The body is no JSON",
            Self::InvalidValue => "A value is not allowed",
            Self::MissingField => "A field is missing",
            Self::UnknownField => "A field is unknown",
            Self::InvalidFilter => "The filter has a mistake",
            Self::InvalidImage => "The picture cannot be used",
            Self::ImagesNotSupported => "This store does not see pictures",
            Self::Unauthorized => "A key is needed",
            Self::Forbidden => "The key does not open this",
            Self::WrongHost => "The request was meant for another machine",
            Self::RateLimited => "Too many requests with this key",
            Self::UnknownItem => "No such item",
            Self::UnknownStudy => "No such study",
            Self::UnknownRater => "No such rater",
            Self::StudyState => "The study is not in the state for that",
            Self::NotFound => "No such path",
            Self::MethodNotAllowed => "The method is not allowed here",
            Self::UnsupportedMediaType => "The body must be JSON",
            Self::BodyTooLarge => "The body is too large",
            Self::ModelNotLoaded => "The new model cannot be used",
            Self::Overloaded => "Too many requests at once",
            Self::Timeout => "The answer took too long",
            Self::StoreBusy => "The store is being written",
            Self::StoreFull => "The store has no room",
            Self::StoreUnreachable => "The store cannot be reached",
            Self::Internal => "The server failed",
        }
    }
}

/// An answer that is no success.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The code as a URI.
    #[serde(rename = "type")]
    #[schema(example = "urn:whisperlite:problem:unknown_field")]
    kind: String,
    /// The code in words.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// What is wrong, for programs.
    code: Code,
    /// What is wrong and what to do, for people.
    detail: String,
    /// The field, parameter or header that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// The line of the body in which the mistake is, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    /// The character of the line, or of the filter, at which the mistake is, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    /// Said in a header.
    #[serde(skip)]
    retry_after_secs: Option<u32>,
}

impl Problem {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        let name = serde_json::to_value(code).unwrap_or_default();
        let passes = code.status() == StatusCode::SERVICE_UNAVAILABLE;
        Self {
            kind: format!("urn:whisperlite:problem:{}", name.as_str().unwrap_or_default()),
            title: code.title(),
            status: code.status().as_u16(),
            code,
            detail: detail.into(),
            field: None,
            line: None,
            column: None,
            retry_after_secs: passes.then_some(RETRY_AFTER_SECS),
        }
    }

    /// The same, of a field.
    pub(crate) fn in_field(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// The same, at a place of the body.
    pub(crate) fn at(self, line: usize, column: usize) -> Self {
        Self { line: Some(place(line)), column: Some(place(column)), ..self }
    }

    /// The same, in a line of the body.
    pub(crate) fn on_line(self, line: u32) -> Self {
        Self { line: Some(line), ..self }
    }

    pub(crate) fn unknown_item(item_id: &str) -> Self {
        let detail = format!("no item of this store has the id {item_id:?}");
        Self::new(Code::UnknownItem, detail).in_field("item_id")
    }

    pub(crate) fn rate_limited(wait: Duration) -> Self {
        let detail = "this key sent more requests than it may; try again after the time in Retry-After";
        let retry_after_secs = Some(wait.as_secs_f64().ceil().max(1.0) as u32);
        Self { retry_after_secs, ..Self::new(Code::RateLimited, detail) }
    }

    pub(crate) fn overloaded() -> Self {
        Self::new(
            Code::Overloaded,
            "the server works on as many requests as it takes; try again after the time in Retry-After",
        )
    }

    pub(crate) fn timeout() -> Self {
        let detail = "the answer took longer than the server allows; an event may have been stored: send it again with its event_id";
        Self::new(Code::Timeout, detail)
    }

    /// An error of ours: the log has what the client does not see.
    pub(crate) fn internal(error: &dyn Error) -> Self {
        tracing::error!(error = chain(error), "failed");
        Self::new(Code::Internal, "the server failed; its log has more, under the x-request-id of this answer")
    }
}

/// A line or a column; no text that is read is as long as the largest.
fn place(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl From<FilterError> for Problem {
    fn from(error: FilterError) -> Self {
        let column = error.column;
        let problem = Self::new(Code::InvalidFilter, format!("column {column}: {}", error.problem)).in_field("filter");
        Self { column: Some(place(column)), ..problem }
    }
}

impl From<RecommendError> for Problem {
    fn from(error: RecommendError) -> Self {
        match error {
            RecommendError::UnknownItem { item_id } => Self::unknown_item(&item_id),
            error @ RecommendError::UnknownFacet { .. } => {
                Self::new(Code::InvalidValue, error.to_string()).in_field("facets")
            }
            RecommendError::Encoder(EncoderError::NoPictures { encoder }) => {
                let detail = format!("this store's encoder, {encoder}, reads words only");
                Self::new(Code::ImagesNotSupported, detail).in_field("image")
            }
            error => Self::internal(&error),
        }
    }
}

impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Self {
        let (code, detail) = match error {
            StoreError::Busy { .. } => {
                (Code::StoreBusy, "somebody else, such as an import, writes the store; nothing was stored: try again")
            }
            StoreError::Full { .. } => {
                (Code::StoreFull, "the store has no room; nothing was stored: send it again when there is room")
            }
            StoreError::Unreachable { .. } => (
                Code::StoreUnreachable,
                "the store's database cannot be reached; it may be stored or not: send it again",
            ),
            error => return Self::internal(error),
        };
        tracing::warn!(error = chain(error), "not stored");
        Self::new(code, detail)
    }
}

impl From<BookError> for Problem {
    fn from(error: BookError) -> Self {
        let code = match &error {
            BookError::Store(error) => return Self::from(error),
            BookError::Randomness(_) => return Self::internal(&error),
            BookError::Study(_) | BookError::Answer(_) | BookError::Name { .. } | BookError::NotLive { .. } => {
                Code::InvalidValue
            }
            BookError::Unknown { .. } | BookError::UnknownVersion { .. } => Code::UnknownStudy,
            BookError::UnknownRater { .. } => Code::UnknownRater,
            BookError::OtherAnswer { .. } => {
                return Self::new(Code::StudyState, error.to_string()).in_field("answer_id");
            }
            BookError::Unchanged { .. }
            | BookError::NotOpen { .. }
            | BookError::Closed { .. }
            | BookError::AlreadyMixing { .. }
            | BookError::NothingForRaters { .. } => Code::StudyState,
        };
        Self::new(code, error.to_string())
    }
}

impl From<WriteError> for Problem {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Overloaded => Self::new(Code::Overloaded, error.to_string()),
            WriteError::Store(error) => Self::from(&*error),
            WriteError::Ended => Self::internal(&error),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.code.status();
        let mut response = (status, serde_json::to_vec(&self).unwrap_or_default()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_secs {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
