//! A repository's address, and which of its files an encoder needs.

use serde::Deserialize;

use super::HubError;
use super::client::Client;

/// Files that are fetched where the repository has them.
const WANTED: [&str; 12] = [
    "README.md",
    "config.json",
    "config_sentence_transformers.json",
    "model.safetensors",
    "modules.json",
    "open_clip_config.json",
    OPEN_CLIP_WEIGHTS,
    "preprocessor_config.json",
    "processor_config.json",
    "sentence_bert_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
];

/// The weights under open_clip's names; many repositories have them a second time beside the others.
const OPEN_CLIP_WEIGHTS: &str = "open_clip_model.safetensors";

/// Files without which there is no encoder: of each line, one.
const REQUIRED: [&[&str]; 3] =
    [&["config.json", "open_clip_config.json"], &["model.safetensors", OPEN_CLIP_WEIGHTS], &["tokenizer.json"]];

/// Files by which a folder is known as an encoder: fetched last, so that half a folder is not taken for one.
const MARKERS: [&str; 3] = ["config.json", "modules.json", "open_clip_config.json"];

/// One repository at one revision.
pub(super) struct Repository {
    name: String,
    endpoint: String,
    revision: String,
}

#[derive(Deserialize)]
struct Listing {
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
}

impl Repository {
    /// Checks the three parts of the address.
    pub(super) fn new(name: &str, endpoint: &str, revision: &str) -> Result<Self, HubError> {
        if !is_repository_name(name) {
            return Err(HubError::BadName { name: name.to_owned() });
        }
        if revision.is_empty() || !revision.split('/').all(is_plain) {
            return Err(HubError::BadRevision { revision: revision.to_owned() });
        }
        let trimmed = endpoint.trim_end_matches('/');
        let host = trimmed.strip_prefix("https://").or_else(|| trimmed.strip_prefix("http://"));
        if host.is_none_or(str::is_empty) {
            return Err(HubError::BadEndpoint { endpoint: endpoint.to_owned() });
        }
        Ok(Self { name: name.to_owned(), endpoint: trimmed.to_owned(), revision: revision.replace('/', "%2F") })
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The page that a person can look at.
    pub(super) fn page(&self) -> String {
        format!("{}/{}", self.endpoint, self.name)
    }

    pub(super) fn file_url(&self, file: &str) -> String {
        format!("{}/{}/resolve/{}/{file}", self.endpoint, self.name, self.revision)
    }

    /// The names of the files to fetch, in the order of fetching.
    ///
    /// Only names of a known form pass, so no listing can point outside the folder.
    pub(super) fn needed_files(&self, client: &Client) -> Result<Vec<String>, HubError> {
        let url = format!("{}/api/models/{}/revision/{}", self.endpoint, self.name, self.revision);
        let bytes = client.get(&url, 0)?.response.body_mut().read_to_vec();
        let bytes = bytes.map_err(|source| HubError::Unreachable { url: url.clone(), source: Box::new(source) })?;
        let listing: Listing = serde_json::from_slice(&bytes).map_err(|source| HubError::BadListing { url, source })?;
        let mut names: Vec<String> = listing.siblings.into_iter().map(|sibling| sibling.rfilename).collect();
        names.retain(|name| is_needed(name));
        if is_present(&names, "model.safetensors") {
            names.retain(|name| name != OPEN_CLIP_WEIGHTS);
        }
        names.sort_by_cached_key(|name| (MARKERS.contains(&name.as_str()), name.clone()));
        names.dedup();
        let missing: Vec<&str> = REQUIRED
            .into_iter()
            .filter(|files| !files.iter().any(|file| is_present(&names, file)))
            .map(|files| files[0])
            .collect();
        if missing.is_empty() { Ok(names) } else { Err(HubError::NotAnEncoder { page: self.page(), files: missing }) }
    }
}

fn is_repository_name(name: &str) -> bool {
    name.split('/').count() <= 2 && name.split('/').all(is_plain)
}

/// Letters, digits, `-`, `_` and `.`, and no way up.
fn is_plain(part: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !part.is_empty() && part != "." && part != ".." && part.bytes().all(allowed)
}

/// A wanted file, at the top or in a module's folder such as `1_Pooling`.
fn is_needed(name: &str) -> bool {
    match name.split_once('/') {
        None => WANTED.contains(&name),
        Some((folder, file)) => is_module_folder(folder) && WANTED.contains(&file),
    }
}

fn is_module_folder(folder: &str) -> bool {
    folder.split_once('_').is_some_and(|(index, kind)| {
        let is_kind = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
        !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit()) && is_kind
    })
}

/// Whether a file is at the top, or in the folder of the first module.
fn is_present(names: &[String], file: &str) -> bool {
    names
        .iter()
        .any(|name| name == file || name.strip_prefix("0_").is_some_and(|rest| rest.ends_with(&format!("/{file}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_the_folder_are_not_needed() {
        for name in
            ["../config.json", "/config.json", "1_Pooling/../config.json", "a/b/config.json", "1_../config.json"]
        {
            assert!(!is_needed(name), "{name}");
        }
        for name in ["config.json", "1_Pooling/config.json", "0_Transformer/model.safetensors"] {
            assert!(is_needed(name), "{name}");
        }
    }

    #[test]
    fn addresses_are_checked() {
        let check = |name, endpoint, revision| Repository::new(name, endpoint, revision).map(|_| ());
        assert!(check("org/name", "https://hub.example/", "refs/pr/1").is_ok());
        assert!(matches!(check("../x", "https://hub.example", "main"), Err(HubError::BadName { .. })));
        assert!(matches!(check("a/b/c", "https://hub.example", "main"), Err(HubError::BadName { .. })));
        assert!(matches!(check("a/b", "hub.example", "main"), Err(HubError::BadEndpoint { .. })));
        assert!(matches!(check("a/b", "https://", "main"), Err(HubError::BadEndpoint { .. })));
        assert!(matches!(check("a/b", "https://hub.example", "a?b"), Err(HubError::BadRevision { .. })));
    }
}
