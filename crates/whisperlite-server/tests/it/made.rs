//! A small synthetic shop, embedded by a tiny encoder with random weights and trained for an epoch; and how it is asked.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;
use whisperlite::catalog::Catalog;
use whisperlite::catalog::import::{Format, ImportOptions};
use whisperlite::catalog::split::Split;
use whisperlite::encoder::{self, CatalogMatrices, Embeddings, Encoder};
use whisperlite::model::{Model, Vectors, World};
use whisperlite::progress::Silent;
use whisperlite::recommender::{Engine, EngineParts};
use whisperlite::store::{ServingStore, Snapshot, SqliteStore, Store, WriteMode};
use whisperlite::trainer::{TrainConfig, train};
use whisperlite_server::{Limits, Prepared, Shop, Token, app};

#[path = "../../../whisperlite/examples/sample_store/shop.rs"]
#[allow(dead_code, reason = "these tests draw a smaller shop and count nothing")]
mod shop;
#[path = "../../../whisperlite/examples/sample_store/vocabulary.rs"]
mod vocabulary;

const SIZE: shop::Size = shop::Size { n_items: 80, n_users: 40, n_events: 900 };
const ENCODER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../whisperlite/tests/fixtures/encoder/mean-normalized");
/// What the tests call the model.
pub(crate) const MODEL_VERSION: &str = "tiny";

/// The store that all tests copy, with its trained model.
struct Made {
    dir: PathBuf,
    model: Model,
    vectors: Vectors,
    _home: TempDir,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let home = tempfile::tempdir().unwrap();
    shop::Shop::new(5, &SIZE).write(home.path()).unwrap();
    let dir = home.path().join("shop");
    let files = ["items.csv", "events.csv"].map(|name| home.path().join(name));
    let options = ImportOptions::new(Format::Tables, files.to_vec());
    Store::import(&dir, None, WriteMode::Update, &options, &Silent).unwrap();
    let catalog = Store::open(&dir).unwrap().catalog().unwrap();
    let encoder = open_encoder();
    encoder::embed_catalog(&catalog, &dir, &*encoder, &Silent).unwrap();
    let vectors = vectors(&catalog, &dir, &*encoder);
    let world = World::new(&catalog, &vectors).unwrap();
    let mut config = TrainConfig::default();
    config.model.d_hidden = 16;
    config.examples.n_snapshots = 3;
    config.examples.max_queries = 90;
    config.examples.n_hard = 5;
    config.examples.n_random = 10;
    config.optimizer.max_epochs = 1;
    let split = Split::new(&catalog, &config.split).unwrap();
    let model = train(&world, &split, &config, None, &Silent).unwrap().model;
    Made { dir, model, vectors, _home: home }
});

fn open_encoder() -> Box<dyn Encoder> {
    encoder::open(Path::new(ENCODER)).unwrap()
}

fn vectors(catalog: &Catalog, dir: &Path, encoder: &dyn Encoder) -> Vectors {
    let embeddings = Embeddings::open(dir, encoder).unwrap();
    let CatalogMatrices { texts, requests, .. } = encoder::catalog_matrices(catalog, &embeddings).unwrap();
    Vectors::new(encoder.dim(), texts, requests).unwrap()
}

/// An engine of the trained model over the items, the requests and whatever else is in a catalog.
pub(crate) fn engine_of(catalog: Catalog) -> Engine {
    let (vectors, model) = (MADE.vectors.clone(), MADE.model.clone());
    Engine::new(EngineParts { catalog, vectors, model, encoder: open_encoder() }).unwrap()
}

/// A shop of a test's own, that nobody else writes to.
pub(crate) struct Asked {
    app: Router,
    shop: Arc<Shop>,
    store: PathBuf,
    _home: TempDir,
}

impl Asked {
    pub(crate) fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    pub(crate) fn with_limits(limits: Limits) -> Self {
        Self::changed(limits, "")
    }

    /// A shop that knows the order of each user's events, and no times.
    pub(crate) fn ordered() -> Self {
        Self::changed(Limits::default(), "UPDATE meta SET value = '\"order\"' WHERE key = 'time_kind'")
    }

    /// A shop of which one item has a picture in its folder, and another one in the net.
    pub(crate) fn pictured(file: &str, bytes: &[u8]) -> (Self, [String; 2]) {
        let set = |image: &str, offset: usize| {
            format!(
                "UPDATE items SET image = '{image}' WHERE item_key = (SELECT item_key FROM items LIMIT 1 OFFSET {offset});"
            )
        };
        let asked = Self::changed(Limits::default(), &(set(file, 0) + &set("https://shop.example/a.png", 1)));
        std::fs::write(asked.store.with_file_name(file), bytes).unwrap();
        let id = |image: &str| {
            let sql = "SELECT item_id FROM items WHERE image = ?1";
            asked.connection().query_row(sql, [image], |row| row.get(0)).unwrap()
        };
        let ids = [id(file), id("https://shop.example/a.png")];
        (asked, ids)
    }

    /// A shop of which the first items have an attribute more, with these values.
    pub(crate) fn with_attribute(name: &str, values: &[&str]) -> Self {
        let set = |(offset, value): (usize, &&str)| {
            format!(
                "UPDATE items SET attributes = json_set(attributes, '$.{name}', '{value}')
                 WHERE item_key = (SELECT item_key FROM items LIMIT 1 OFFSET {offset});"
            )
        };
        Self::changed(Limits::default(), &values.iter().enumerate().map(set).collect::<String>())
    }

    fn changed(limits: Limits, sql: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let store = home.path().join("store.sqlite");
        std::fs::copy(MADE.dir.join("store.sqlite"), &store).unwrap();
        rusqlite::Connection::open(&store).unwrap().execute_batch(sql).unwrap();
        let mut store_of_server = SqliteStore::open(home.path()).unwrap();
        let Snapshot { catalog, sequence } = store_of_server.snapshot().unwrap();
        let prepared =
            Prepared { engine: engine_of(catalog), sequence, model_version: MODEL_VERSION.to_owned(), image: None };
        let shop = Arc::new(Shop::new(home.path(), Box::new(store_of_server), prepared, limits).unwrap());
        Self { app: app(Arc::clone(&shop)), shop, store, _home: home }
    }

    /// The shop itself, without HTTP.
    pub(crate) fn shop(&self) -> &Shop {
        &self.shop
    }

    /// The folder of the store.
    pub(crate) fn dir(&self) -> &Path {
        self._home.path()
    }

    /// Waits for what the shop does.
    pub(crate) fn block_on<T>(&self, done: impl Future<Output = T>) -> T {
        runtime().block_on(done)
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_text(path, &body.to_string())
    }

    pub(crate) fn post_text(&self, path: &str, body: &str) -> Reply {
        let request = Request::builder().method(Method::POST).uri(path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_owned())).unwrap())
    }

    /// Makes a key of the store, which opens some scopes.
    pub(crate) fn make_key(&self, scopes: &str) -> String {
        let token = Token::generate().unwrap();
        let sql = "INSERT INTO api_keys (name, hash, scopes, created_at) VALUES (?1, ?2, ?3, 0)";
        let hash = token.hash();
        let values = rusqlite::params![scopes, hash.as_slice(), scopes];
        assert_eq!(self.connection().execute(sql, values).unwrap(), 1);
        token.to_string()
    }

    /// Sends a request with some headers, and an empty object if it posts something.
    pub(crate) fn with_headers(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from("{}")).unwrap())
    }

    /// Sends JSON with any method.
    pub(crate) fn call(&self, method: Method, path: &str, body: &Value) -> Reply {
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap())
    }

    /// Sends JSON lines.
    pub(crate) fn post_lines(&self, path: &str, lines: &str) -> Reply {
        let request = Request::builder().method(Method::POST).uri(path).header("content-type", "application/x-ndjson");
        self.send(request.body(Body::from(lines.to_owned())).unwrap())
    }

    pub(crate) fn send(&self, request: Request<Body>) -> Reply {
        runtime().block_on(Self::sent(self.app.clone(), request))
    }

    /// Sends a request that is worked on until what is returned is dropped.
    pub(crate) fn send_without_waiting(&self, request: Request<Body>) -> tokio::runtime::Runtime {
        let runtime = runtime();
        runtime.spawn(Self::sent(self.app.clone(), request));
        runtime
    }

    async fn sent(app: Router, request: Request<Body>) -> Reply {
        let response = app.oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Reply { status, headers, body: serde_json::from_str(&text).unwrap_or_default(), text }
    }

    /// Another connection to the store's file.
    pub(crate) fn connection(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(&self.store).unwrap()
    }

    /// What a query of one number says of the store's file.
    pub(crate) fn count(&self, sql: &str) -> i64 {
        self.connection().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Ids of items, best first, for a search.
    pub(crate) fn found(&self, question: &Value) -> Vec<String> {
        let reply = self.post("/v1/search", question);
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.item_ids()
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// An answer, read to its end.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// As JSON; null if it is none.
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn item_ids(&self) -> Vec<String> {
        let hits = self.body["hits"].as_array().unwrap();
        hits.iter().map(|hit| hit["item_id"].as_str().unwrap().to_owned()).collect()
    }

    /// Checks that it is a problem as RFC 9457 has it, of this status and code, and of this field if it is of one.
    #[track_caller]
    pub(crate) fn assert_problem(&self, status: u16, code: &str, field: Option<&str>) {
        let Self { body, headers, .. } = self;
        assert_eq!((self.status.as_u16(), body["code"].as_str()), (status, Some(code)), "{body}");
        assert_eq!(body["field"].as_str(), field, "{body}");
        assert_eq!(headers["content-type"], "application/problem+json");
        assert_eq!(
            (&body["status"], &body["type"]),
            (&status.into(), &format!("urn:whisperlite:problem:{code}").into())
        );
        assert!(body["title"].is_string() && body["detail"].is_string(), "{body}");
        assert!(headers.contains_key("x-request-id"));
    }
}
