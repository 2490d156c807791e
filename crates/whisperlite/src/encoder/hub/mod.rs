//! Fetching an encoder's folder from a model hub that speaks Hugging Face's HTTP.
//!
//! Every file is resumed by HTTP range after an interruption, checked against the hub's own checksum, and renamed into
//! place when it is whole. The `hf-hub` crate was looked at first: its 1.0 brings an asynchronous runtime, a second
//! HTTP client and the Xet transfer library, for a handful of files fetched one after another; `ureq` does it alone.
//!
//! Not for: deciding what to do with the files, or a cache shared with other software.

mod checksum;
mod client;
mod download;
mod error;
mod repository;

use std::path::{Path, PathBuf};

use serde::Serialize;

pub use error::HubError;

use crate::progress::Progress;
use client::Client;
use download::{Download, Fetched};
use repository::Repository;

/// The public hub.
pub const DEFAULT_ENDPOINT: &str = "https://huggingface.co";

/// Where to fetch from, and as whom.
#[derive(Clone)]
pub struct PullOptions {
    /// Address of the hub, without a path.
    pub endpoint: String,
    /// Branch, tag or commit.
    pub revision: String,
    /// Access token; sent to the endpoint only, never to a host that it redirects to.
    pub token: Option<String>,
}

impl Default for PullOptions {
    fn default() -> Self {
        Self { endpoint: DEFAULT_ENDPOINT.to_owned(), revision: "main".to_owned(), token: None }
    }
}

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PullSummary {
    /// `org/name`.
    pub repository: String,
    /// Where the files are now.
    pub folder: PathBuf,
    /// The files, in the order of fetching.
    pub files: Vec<PulledFile>,
}

/// One file of a pulled repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PulledFile {
    /// Name inside the repository.
    pub name: String,
    /// Its size.
    pub n_bytes: u64,
    /// Bytes that came over the network now: 0 if the file was there already.
    pub n_fetched_bytes: u64,
    /// Whether its contents were compared with a checksum of the hub, rather than its size alone.
    pub checksum_verified: bool,
}

/// Fetches the files of the encoder `name` (`org/name`) into `folder`; files that are there and right stay.
pub fn pull(
    name: &str,
    options: &PullOptions,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<PullSummary, HubError> {
    let repository = Repository::new(name, &options.endpoint, &options.revision)?;
    let client = Client::new(&repository, options.token.clone());
    let names = repository.needed_files(&client)?;
    let mut files = Vec::with_capacity(names.len());
    for name in names {
        let target = folder.join(&name);
        let download = Download { client: &client, url: repository.file_url(&name), name: &name, target: &target };
        let Fetched { n_bytes, n_fetched_bytes, checksum_verified } = download.run(progress)?;
        files.push(PulledFile { name, n_bytes, n_fetched_bytes, checksum_verified });
    }
    Ok(PullSummary { repository: name.to_owned(), folder: folder.to_owned(), files })
}
