//! From bytes to a request that is known to be well formed; every mistake is named with the field that it is in.

use axum::body::Bytes;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::{Code, Problem};

/// The bytes of a body that is declared to be JSON.
pub(crate) struct JsonBytes(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !content_type.is_some_and(is_json) {
            let detail = "send the body with the header `content-type: application/json`";
            return Err(Problem::new(Code::UnsupportedMediaType, detail).in_field("content-type"));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let detail = "the body is longer than the server reads: send less, or raise --max-body-bytes";
                Problem::new(Code::BodyTooLarge, detail)
            }
            _ => Problem::new(Code::MalformedJson, "the body ended before it was complete"),
        })?;
        Ok(Self(bytes))
    }
}

/// A body of JSON.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let JsonBytes(bytes) = JsonBytes::from_request(request, state).await?;
        parse(&bytes).map(Self)
    }
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// Reads JSON, or says what is wrong with it and where.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // The reader would take a list for the fields in their order, which no contract states.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::new(Code::InvalidValue, "the body is a list, and must be an object").at(1, 1));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        let problem = if inner.is_data() {
            field_problem(&plain_message(&inner), Some(path).filter(|path| path != "."))
        } else {
            Problem::new(Code::MalformedJson, plain_message(&inner))
        };
        problem.at(inner.line(), inner.column())
    })?;
    let surplus = |error: serde_json::Error| {
        Problem::new(Code::MalformedJson, plain_message(&error)).at(error.line(), error.column())
    };
    reader.end().map_err(surplus)?;
    Ok(value)
}

/// The message without the place, which has fields of its own.
fn plain_message(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    message.strip_suffix(&place).map_or(message.clone(), str::to_owned)
}

/// What is wrong with a field, from what the reader says about it.
fn field_problem(message: &str, path: Option<String>) -> Problem {
    let named = message.split('`').nth(1).map(str::to_owned);
    if message.starts_with("unknown field") {
        let name = named.unwrap_or_default();
        return Problem::new(Code::UnknownField, message).in_field(name);
    }
    if message.starts_with("missing field") {
        return Problem::new(Code::MissingField, message).in_field(named.unwrap_or_default());
    }
    let problem = Problem::new(Code::InvalidValue, message);
    match path.or(named) {
        Some(field) => problem.in_field(field),
        None => problem,
    }
}

/// Parameters after the question mark.
pub(crate) struct QueryString<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryString<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        read.map(|Query(value)| Self(value)).map_err(|rejection| {
            let text = rejection.body_text();
            let said = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
            // A wrong value comes as "field: message".
            match said.split_once(": ").filter(|(field, _)| !field.contains(' ')) {
                Some((field, message)) => field_problem(message, Some(field.to_owned())),
                None => field_problem(said, None),
            }
        })
    }
}

/// The id in a path such as `/v1/items/{id}`.
pub(crate) struct PathId(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, state).await;
        let bad = |rejection: PathRejection| Problem::new(Code::InvalidValue, rejection.body_text()).in_field("id");
        read.map(|Path(id)| Self(id)).map_err(bad)
    }
}

/// An answer of JSON.
pub(crate) struct JsonAnswer<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for JsonAnswer<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => ([(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
            Err(error) => Problem::internal(&error).into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read")]
    struct Form {
        n: u8,
        words: Option<Vec<String>>,
    }

    fn problem(body: &str) -> serde_json::Value {
        serde_json::to_value(parse::<Form>(body.as_bytes()).unwrap_err()).unwrap()
    }

    #[test]
    fn every_mistake_is_named_with_its_field_and_its_place() {
        assert_eq!(parse::<Form>(br#"{"n": 3, "words": ["a"]}"#).unwrap().n, 3);
        for (body, code, field) in [
            ("{\"n\": 3", "malformed_json", None),
            ("", "malformed_json", None),
            ("{\"n\": 3} 4", "malformed_json", None),
            ("[3, [\"a\"]]", "invalid_value", None),
            ("\"words\"", "invalid_value", None),
            ("{}", "missing_field", Some("n")),
            ("{\"n\": -1}", "invalid_value", Some("n")),
            ("{\"n\": \"3\"}", "invalid_value", Some("n")),
            ("{\"n\": 3, \"n\": 4}", "invalid_value", Some("n")),
            ("{\"n\": 3, \"words\": [\"a\", 7]}", "invalid_value", Some("words[1]")),
            ("{\"n\": 3, \"colour\": 1}", "unknown_field", Some("colour")),
        ] {
            let found = problem(body);
            assert_eq!((&found["code"], found["field"].as_str()), (&code.into(), field), "{body}: {found}");
            assert!(found["line"].is_number() && found["column"].is_number(), "{found}");
            assert!(!found["detail"].as_str().unwrap().contains(" at line "), "{found}");
        }
    }

    #[test]
    fn json_is_known_by_its_type() {
        assert!(is_json("application/json") && is_json("Application/JSON; charset=utf-8"));
        assert!(!is_json("text/plain") && !is_json("application/jsonp"));
    }
}
