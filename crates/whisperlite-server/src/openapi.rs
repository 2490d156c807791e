//! The contract, for machines: `/openapi.json`.

use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::routes::{events, health, items, model, search, stock, studies};

/// WhisperLite
#[derive(OpenApi)]
#[openapi(
    info(
        title = "WhisperLite",
        description = "Items that fit the request and the person. Errors are `application/problem+json` (RFC 9457) with a stable `code`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    modifiers(&Keys),
    security((), ("key" = [])),
    servers((url = "http://127.0.0.1:7700", description = "Where `whisperlite serve` listens by default")),
    paths(
        search::search,
        search::recommend,
        items::get,
        items::similar,
        stock::put,
        stock::remove,
        stock::put_many,
        events::add,
        events::add_many,
        model::reload,
        studies::all,
        studies::make,
        studies::plan,
        studies::one,
        studies::open,
        studies::close,
        studies::analysis,
        studies::export,
        studies::data,
        studies::forget,
        health::live,
        health::ready,
        health::metrics,
        document
    )
)]
struct Contract;

/// How a key is brought, where the server asks for one.
struct Keys;

impl Modify for Keys {
    fn modify(&self, contract: &mut utoipa::openapi::OpenApi) {
        let description = "A key of the store, where the server asks for one (`key_needed` of `/health/ready`). Its scopes: `search` opens questions and \
                           items, `write` events and changes of items, `admin` metrics, the reload of the model, and studies.";
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description)).build();
        let components = contract.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(bearer));
    }
}

/// The contract as an OpenAPI 3.1 document.
pub fn openapi_json() -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&Contract::openapi())?;
    text.push('\n');
    Ok(text)
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "health", responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
pub(crate) async fn document() -> impl IntoResponse {
    match openapi_json() {
        Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(error) => crate::problem::Problem::internal(&error).into_response(),
    }
}
