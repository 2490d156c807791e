//! Pictures of items, for the pages.

use std::fs::{File, Metadata};
use std::io::Read;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::assets::lists;
use crate::extract::PathId;
use crate::problem::{Code, Problem};
use crate::shop::Shop;
use crate::work::on_a_worker;

/// Bytes of a picture that is shown.
const MAX_PICTURE_BYTES: u64 = 32 << 20;
/// After this long the browser asks whether a picture is still the same.
const CACHED: &str = "max-age=3600";

/// `GET /page/pictures/{id}`: the picture of an item, if it lies on this machine.
pub(crate) async fn picture(
    State(shop): State<Arc<Shop>>,
    PathId(id): PathId,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    on_a_worker(&shop, move |shop| read_picture(shop, &id, &headers)).await
}

fn read_picture(shop: &Shop, item_id: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let item = shop.generation().item(item_id).ok_or_else(|| Problem::unknown_item(item_id))?;
    let none = || Problem::new(Code::NotFound, format!("item `{item_id}` has no picture here"));
    let path = shop.dir.join(item.image.as_deref().filter(|image| is_here(image)).ok_or_else(none)?);
    let kind = path.extension().and_then(|extension| media_type(extension.to_str()?)).ok_or_else(none)?;
    let file = File::open(&path).map_err(|_| none())?;
    let tag = tag(&file.metadata().map_err(|_| none())?);
    let had = headers.get_all(header::IF_NONE_MATCH).iter().any(|value| lists(value, &tag));
    let common = [(header::ETAG, tag), (header::CACHE_CONTROL, CACHED.to_owned())];
    if had {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    let mut bytes = Vec::new();
    file.take(MAX_PICTURE_BYTES).read_to_end(&mut bytes).map_err(|error| Problem::internal(&error))?;
    let own = [(header::CONTENT_TYPE, kind), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    Ok((common, own, bytes).into_response())
}

/// Whether a picture is a file, and not an address in the net.
pub(super) fn is_here(image: &str) -> bool {
    !image.contains("://")
}

/// Names the state of a file by its size and the time of its last change.
fn tag(of: &Metadata) -> String {
    let changed = of.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    format!("\"{:x}-{:x}\"", of.len(), changed.as_nanos())
}

fn media_type(extension: &str) -> Option<&'static str> {
    match extension.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => Some("image/jpeg"),
        "png" => Some("image/png"),
        "webp" => Some("image/webp"),
        "gif" => Some("image/gif"),
        _ => None,
    }
}
