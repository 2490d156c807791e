//! HTTP as the hub speaks it: redirects by hand, so that what the hub says of a file is not lost on the way to the
//! server that stores it, and so that the token stays with the hub.

use std::time::Duration;

use ureq::http::{HeaderMap, Response, StatusCode, header};
use ureq::{Agent, Body};

use super::HubError;
use super::repository::Repository;

const MAX_REDIRECTS: usize = 10;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// A connection that is silent for this long is broken.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Asks the hub, as one person or as nobody.
pub(super) struct Client {
    agent: Agent,
    origin: String,
    page: String,
    token: Option<String>,
}

/// The last answer of a chain of redirects, and what the chain said of the file.
pub(super) struct Answer {
    pub(super) response: Response<Body>,
    /// The first ETag of the chain, without quotes: the hub's own, not that of the storage behind it.
    pub(super) etag: Option<String>,
}

impl Client {
    pub(super) fn new(repository: &Repository, token: Option<String>) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("whisperlite/", env!("CARGO_PKG_VERSION")))
            .accept_encoding("identity")
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(READ_TIMEOUT))
            .timeout_per_read(Some(READ_TIMEOUT))
            .build();
        let origin = origin(repository.endpoint()).to_owned();
        Self { agent: config.into(), origin, page: repository.page(), token }
    }

    /// Asks for a file from byte `start` on, through redirects; 416 is an answer here, other failures are errors.
    pub(super) fn get(&self, url: &str, start: u64) -> Result<Answer, HubError> {
        let mut here = url.to_owned();
        let mut etag = None;
        for _ in 0..MAX_REDIRECTS {
            let response = self.ask(&here, start)?;
            etag = etag.or_else(|| hub_etag(response.headers()));
            if !response.status().is_redirection() {
                return self.accept(url, Answer { response, etag });
            }
            let location = text(response.headers(), header::LOCATION.as_str());
            here = location.and_then(|location| follow(&here, location)).ok_or_else(|| redirect_error(url))?;
        }
        Err(redirect_error(url))
    }

    fn ask(&self, url: &str, start: u64) -> Result<Response<Body>, HubError> {
        let mut request = self.agent.get(url);
        if let Some(token) = self.token.as_ref().filter(|_| origin(url) == self.origin) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if start > 0 {
            request = request.header(header::RANGE, format!("bytes={start}-"));
        }
        request.call().map_err(|source| HubError::Unreachable { url: url.to_owned(), source: Box::new(source) })
    }

    fn accept(&self, url: &str, answer: Answer) -> Result<Answer, HubError> {
        let (url, page) = (url.to_owned(), self.page.clone());
        match answer.response.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => Ok(answer),
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Err(HubError::Denied { url, status: status.as_u16(), page })
            }
            StatusCode::NOT_FOUND => Err(HubError::NotFound { url, page }),
            status => Err(HubError::Status { url, status: status.as_u16() }),
        }
    }
}

impl Answer {
    /// First byte of the contents in this answer, if it is part of a file.
    pub(super) fn range_start(&self) -> Option<u64> {
        let range = text(self.response.headers(), header::CONTENT_RANGE.as_str())?;
        range.strip_prefix("bytes ")?.split('-').next()?.trim().parse().ok()
    }

    /// Size of the whole file, if the answer is about a part of it.
    pub(super) fn total(&self) -> Option<u64> {
        let range = text(self.response.headers(), header::CONTENT_RANGE.as_str())?;
        range.rsplit('/').next()?.trim().parse().ok()
    }
}

/// What the hub calls the file's contents: its own header for files in large storage, else the plain one.
fn hub_etag(headers: &HeaderMap) -> Option<String> {
    let etag = text(headers, "x-linked-etag").or_else(|| text(headers, header::ETAG.as_str()))?;
    Some(etag.trim_start_matches("W/").trim_matches('"').to_owned())
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// `https://host:port` of an address.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find(['/', '?', '#']).map_or(url.len(), |at| host + at);
    &url[..end]
}

/// The address that a `Location` means, seen from `here`.
fn follow(here: &str, location: &str) -> Option<String> {
    if location.starts_with("http://") || location.starts_with("https://") {
        return Some(location.to_owned());
    }
    if location.starts_with("//") {
        return Some(format!("{}:{location}", here.split(':').next()?));
    }
    location.starts_with('/').then(|| format!("{}{location}", origin(here)))
}

fn redirect_error(url: &str) -> HubError {
    HubError::Redirect { url: url.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origin_ends_at_the_path() {
        assert_eq!(origin("https://hub.example:8443/a/b?c"), "https://hub.example:8443");
        assert_eq!(origin("http://hub.example?x"), "http://hub.example");
        assert_ne!(origin("https://hub.example.evil/"), origin("https://hub.example/"));
    }

    #[test]
    fn locations_are_absolute_or_on_the_same_host() {
        let here = "https://hub.example/a/b";
        assert_eq!(follow(here, "/c").as_deref(), Some("https://hub.example/c"));
        assert_eq!(follow(here, "//cdn.example/c").as_deref(), Some("https://cdn.example/c"));
        assert_eq!(follow(here, "http://cdn.example/c").as_deref(), Some("http://cdn.example/c"));
        assert_eq!(follow(here, "file:///etc/passwd"), None);
    }
}
