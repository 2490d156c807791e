//! A model hub on the loopback interface, as far as fetching an encoder needs one, with the faults that real ones have.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// One file of the hub.
#[derive(Clone, Default)]
pub(crate) struct HubFile {
    pub(crate) contents: Vec<u8>,
    /// What the hub promises of it.
    pub(crate) etag: String,
    /// Whether the hub redirects to the storage server for it.
    pub(crate) in_storage: bool,
    /// Bytes after which each connection breaks.
    pub(crate) breaks_after: Option<usize>,
}

/// One request, as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) range: Option<String>,
    pub(crate) authorization: Option<String>,
}

/// What a server answers with, and what it was asked.
#[derive(Default)]
pub(crate) struct State {
    /// By path of the request.
    pub(crate) files: HashMap<String, HubFile>,
    /// Paths that are answered with this status and no contents.
    pub(crate) refused: HashMap<String, u16>,
    pub(crate) seen: Vec<Seen>,
    /// Origin of the server that `in_storage` files are redirected to.
    pub(crate) storage: String,
    /// Whether ranges are honoured.
    pub(crate) ignores_ranges: bool,
}

/// A server that runs until the test ends.
#[derive(Clone)]
pub(crate) struct HubServer {
    pub(crate) origin: String,
    state: Arc<Mutex<State>>,
}

impl HubServer {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("bound"));
        let state = Arc::new(Mutex::new(State::default()));
        let server = Self { origin, state: state.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &state);
            }
        });
        server
    }

    /// Looks at or changes what the server does.
    pub(crate) fn with<T>(&self, use_state: impl FnOnce(&mut State) -> T) -> T {
        use_state(&mut self.state.lock().expect("no test panicked here"))
    }

    pub(crate) fn put(&self, path: &str, file: HubFile) {
        self.with(|state| state.files.insert(path.to_owned(), file));
    }

    /// Requests for paths that end with `suffix`.
    pub(crate) fn seen(&self, suffix: &str) -> Vec<Seen> {
        self.with(|state| state.seen.iter().filter(|seen| seen.path.ends_with(suffix)).cloned().collect())
    }
}

/// Answers one request and closes; a client that hangs up early is its own business.
fn answer(mut stream: TcpStream, state: &Mutex<State>) {
    let Some(seen) = read_request(&stream) else { return };
    let (head, body) = {
        let mut state = state.lock().expect("no test panicked here");
        state.seen.push(seen.clone());
        respond(&state, &seen)
    };
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}

fn read_request(stream: &TcpStream) -> Option<Seen> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let header = |name: &str| {
        let found =
            headers.iter().filter_map(|line| line.split_once(':')).find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().to_owned())
    };
    Some(Seen { path, range: header("range"), authorization: header("authorization") })
}

/// Head and body of the answer; the body may be shorter than the head says.
fn respond(state: &State, seen: &Seen) -> (String, Vec<u8>) {
    if let Some(status) = state.refused.get(&seen.path) {
        return (format!("HTTP/1.1 {status} Refused\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"), Vec::new());
    }
    let Some(file) = state.files.get(&seen.path) else {
        return ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".into(), Vec::new());
    };
    if file.in_storage {
        let head = format!(
            "HTTP/1.1 302 Found\r\nlocation: {}{}\r\nx-linked-etag: \"{}\"\r\netag: \"of-the-redirect\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            state.storage, seen.path, file.etag
        );
        return (head, Vec::new());
    }
    let range = seen.range.as_deref().filter(|_| !state.ignores_ranges);
    let start = range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()).unwrap_or(0);
    let total = file.contents.len();
    if start > 0 && start >= total {
        let head = format!(
            "HTTP/1.1 416 Range Not Satisfiable\r\netag: \"{}\"\r\ncontent-range: bytes */{total}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            file.etag
        );
        return (head, Vec::new());
    }
    let rest = &file.contents[start..];
    let sent = rest.len().min(file.breaks_after.unwrap_or(usize::MAX));
    let (status, content_range) = match start {
        0 => ("200 OK", String::new()),
        _ => ("206 Partial Content", format!("content-range: bytes {start}-{}/{total}\r\n", total - 1)),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\netag: \"{}\"\r\n{content_range}content-length: {}\r\nconnection: close\r\n\r\n",
        file.etag,
        rest.len()
    );
    (head, rest[..sent].to_vec())
}
