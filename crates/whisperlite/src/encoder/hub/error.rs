//! What can go wrong between the hub and the disk.

use std::path::PathBuf;

/// Everything that fetching from a hub can fail with.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// Not the name of a repository.
    #[error("`{name}` is not a repository's name; expected `org/name` of letters, digits, `-`, `_` and `.`")]
    BadName {
        /// What was given.
        name: String,
    },
    /// Not a revision.
    #[error("`{revision}` is not a revision; expected a branch, a tag or a commit")]
    BadRevision {
        /// What was given.
        revision: String,
    },
    /// Not an address of a hub.
    #[error("`{endpoint}` is not a hub's address; expected something like https://huggingface.co")]
    BadEndpoint {
        /// What was given.
        endpoint: String,
    },
    /// The hub did not answer at all.
    #[error(
        "{url}: no answer; check the network, name a mirror by --endpoint or HF_ENDPOINT, or copy the folder by hand and give its path"
    )]
    Unreachable {
        /// What was asked for.
        url: String,
        /// What the HTTP client said.
        source: Box<ureq::Error>,
    },
    /// The hub wants to know who asks.
    #[error(
        "{url}: the hub refuses ({status}); if the name is right, the repository is private or gated: set HF_TOKEN to a token that may read it, and accept its terms on {page}"
    )]
    Denied {
        /// What was asked for.
        url: String,
        /// 401 or 403.
        status: u16,
        /// The repository's page.
        page: String,
    },
    /// The hub does not know it.
    #[error("{url}: the hub has no such repository, revision or file (404); check name and revision on {page}")]
    NotFound {
        /// What was asked for.
        url: String,
        /// The repository's page.
        page: String,
    },
    /// The hub answered something else.
    #[error("{url}: the hub answered with status {status}; try again later")]
    Status {
        /// What was asked for.
        url: String,
        /// The status.
        status: u16,
    },
    /// The hub sends us in circles, or nowhere.
    #[error("{url}: the hub's redirects do not lead to a file")]
    Redirect {
        /// What was asked for.
        url: String,
    },
    /// The list of files is not what the hub's interface promises.
    #[error("{url}: the answer is not a list of files")]
    BadListing {
        /// What was asked for.
        url: String,
        /// What the parser said.
        source: serde_json::Error,
    },
    /// The repository is not an encoder that can be loaded.
    #[error("{page} has no {}; an encoder needs config.json, model.safetensors and tokenizer.json", files.join(", "))]
    NotAnEncoder {
        /// The repository's page.
        page: String,
        /// What is missing.
        files: Vec<&'static str>,
    },
    /// The connection broke in the middle of a file.
    #[error("{name}: the connection broke after {n_bytes} bytes; run the same command again, it goes on from there")]
    Interrupted {
        /// The file.
        name: String,
        /// Bytes that are safe on disk.
        n_bytes: u64,
        /// What the HTTP client said.
        source: std::io::Error,
    },
    /// The file arrived, and is not the one that the hub promised.
    #[error(
        "{name}: checksum {found} instead of {expected}; the damaged download was removed, run the same command again"
    )]
    Checksum {
        /// The file.
        name: String,
        /// What the hub promised.
        expected: String,
        /// What arrived.
        found: String,
    },
    /// A file could not be written or read.
    #[error("{}: cannot be read or written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process fetches the same file.
    #[error("{}: another process is fetching this file; wait for it to end", path.display())]
    Busy {
        /// The unfinished file.
        path: PathBuf,
    },
}
