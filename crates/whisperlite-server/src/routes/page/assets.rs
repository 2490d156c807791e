//! The files of the pages, as part of the program.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::problem::{Code, Problem};

/// What the browser lets a page do.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the folder `page`.
struct Asset {
    name: &'static str,
    content: &'static str,
}

macro_rules! assets {
    ($($name:literal),+ $(,)?) => {
        [$(Asset { name: $name, content: include_str!(concat!("../../../page/", $name)) }),+]
    };
}

const ASSETS: [Asset; 37] = assets![
    "answer.js",
    "app.js",
    "base.css",
    "cards.css",
    "cards.js",
    "charts.js",
    "dashboard.css",
    "dashboard.html",
    "dashboard.js",
    "deeds.js",
    "dialogs.css",
    "docs.css",
    "docs.html",
    "docs.js",
    "dom.js",
    "frame.js",
    "grid.js",
    "index.html",
    "item.js",
    "key.js",
    "latency.js",
    "people.js",
    "person.js",
    "picture.js",
    "rail.js",
    "search.js",
    "server.js",
    "shop.css",
    "shop.js",
    "state.js",
    "study.css",
    "study.html",
    "study.js",
    "study_tasks.js",
    "text.js",
    "theme.js",
    "why.js",
];

/// `GET /`
pub(crate) async fn shop_page(headers: HeaderMap) -> Result<Response, Problem> {
    serve("index.html", &headers)
}

/// `GET /dashboard`
pub(crate) async fn dashboard_page(headers: HeaderMap) -> Result<Response, Problem> {
    serve("dashboard.html", &headers)
}

/// `GET /docs`
pub(crate) async fn docs_page(headers: HeaderMap) -> Result<Response, Problem> {
    serve("docs.html", &headers)
}

/// `GET /study`
pub(crate) async fn study_page(headers: HeaderMap) -> Result<Response, Problem> {
    serve("study.html", &headers)
}

/// `GET /page/{file}`
pub(crate) async fn asset(Path(file): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    serve(&file, &headers)
}

/// A file, or the answer that the browser has it already. It asks each time, so that a new program shows its new page.
fn serve(name: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let asset = ASSETS.iter().find(|asset| asset.name == name);
    let asset = asset.ok_or_else(|| Problem::new(Code::NotFound, format!("the pages have no file `{name}`")))?;
    let tag = tag(asset.content);
    let had = headers.get_all(header::IF_NONE_MATCH).iter().any(|value| lists(value, &tag));
    let common = [(header::ETAG, tag), (header::CACHE_CONTROL, "no-cache".to_owned())];
    if had {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    let own = [
        (header::CONTENT_TYPE, media_type(name)),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    Ok((common, own, asset.content).into_response())
}

/// Names what a file says.
fn tag(content: &str) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

/// Whether an `if-none-match` names this tag.
pub(super) fn lists(value: &HeaderValue, tag: &str) -> bool {
    value.to_str().is_ok_and(|tags| tags.split(',').any(|had| had.trim().trim_start_matches("W/") == tag))
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        _ => "text/javascript; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_served_and_no_other() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
        let file = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut there: Vec<String> = std::fs::read_dir(folder).unwrap().map(file).collect();
        there.sort_unstable();
        let mut served = ASSETS.map(|asset| asset.name);
        served.sort_unstable();
        assert_eq!(there, served);
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        let first = serve("app.js", &HeaderMap::new()).unwrap();
        assert_eq!(first.status(), StatusCode::OK);
        let asked = |tags: &str| HeaderMap::from_iter([(header::IF_NONE_MATCH, tags.parse().unwrap())]);
        let tag = first.headers()[header::ETAG].to_str().unwrap();
        for (tags, status) in [
            (tag.to_owned(), StatusCode::NOT_MODIFIED),
            (format!("\"other\", W/{tag}"), StatusCode::NOT_MODIFIED),
            ("\"other\"".to_owned(), StatusCode::OK),
        ] {
            assert_eq!(serve("app.js", &asked(&tags)).unwrap().status(), status, "{tags}");
        }
        assert!(serve("../Cargo.toml", &HeaderMap::new()).is_err());
    }
}
