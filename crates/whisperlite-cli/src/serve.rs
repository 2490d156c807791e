//! `whisperlite serve`: a store's model over HTTP. What is answered, and how, is `whisperlite-server`'s.

use std::net::{IpAddr, TcpListener};
use std::num::{NonZeroU32, NonZeroU64};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use serde::Serialize;
use thiserror::Error;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use whisperlite::store::ServingStore;
#[cfg(feature = "otel")]
use whisperlite_server::Telemetry;
use whisperlite_server::{
    Access, BoxError, Limits, RequestCache, Shop, access_at, address_of, app, reload_on_hangup, serve,
};

use crate::kept_model;
use crate::ready::{make, prepare};
use crate::store::{Place, StoreArgs};
use crate::ui::Ui;

/// Where a server listens unless it is told otherwise.
pub(crate) const DEFAULT_PORT: u16 = 7700;

/// Answer over HTTP: search, recommendations, items, events; and a web page that asks them
///
/// Runs until it is interrupted (Ctrl-C) or terminated, and then answers what has begun. An event is on the disk before it is
/// acknowledged, and part of the same shopper's next answer; what is learned from all events comes with the next training.
/// /openapi.json lists every path. The log goes to standard error, with --json as one JSON object a line.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct ServeArgs {
    /// Folder of the store
    dir: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// Settings as TOML, under the names of the flags: `max_body_bytes = 1000000` is --max-body-bytes. Flags and the environment
    /// come first
    #[arg(long, value_name = "FILE", env = "WHISPERLITE_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Address to listen on. Where others than this machine reach it, the store needs a key: see `whisperlite keys`
    #[arg(long, value_name = "HOST", env = "WHISPERLITE_HOST", default_value = "127.0.0.1", value_parser = address_of)]
    host: IpAddr,
    /// Port to listen on; 0 takes a free one
    #[arg(long, value_name = "N", env = "WHISPERLITE_PORT", default_value_t = DEFAULT_PORT)]
    port: u16,
    /// Longest body of a request that is read
    #[arg(long, value_name = "N", env = "WHISPERLITE_MAX_BODY_BYTES", default_value_t = Limits::default().max_body_bytes)]
    max_body_bytes: usize,
    /// Longest body of lines (an import) that is read
    #[arg(long, value_name = "N", env = "WHISPERLITE_MAX_IMPORT_BYTES", default_value_t = Limits::default().max_import_bytes)]
    max_import_bytes: usize,
    /// Most lines of an import
    #[arg(long, value_name = "N", env = "WHISPERLITE_MAX_IMPORT_LINES", default_value_t = Limits::default().max_import_lines)]
    max_import_lines: usize,
    /// Longest request in words, in characters; no encoder reads more than 2000
    #[arg(long, value_name = "N", env = "WHISPERLITE_MAX_QUERY_CHARS", default_value_t = Limits::default().max_query_chars)]
    max_query_chars: usize,
    /// Largest picture that comes with a request
    #[arg(long, value_name = "N", env = "WHISPERLITE_MAX_IMAGE_BYTES", default_value_t = Limits::default().max_image_bytes)]
    max_image_bytes: usize,
    /// Requests in words whose vectors are kept, so that the next in the same words is not embedded again; 0 keeps none
    #[arg(long, value_name = "N", env = "WHISPERLITE_MAX_CACHED_REQUESTS", default_value_t = Limits::default().max_cached_requests)]
    max_cached_requests: usize,
    /// Requests of one key in a second, in the long run; more are refused with 429
    #[arg(long, value_name = "N", env = "WHISPERLITE_KEY_REQUESTS_PER_SECOND", default_value_t = Limits::default().key_requests_per_second)]
    key_requests_per_second: NonZeroU32,
    /// Requests of one key at once, of those that it did not send before
    #[arg(long, value_name = "N", env = "WHISPERLITE_KEY_BURST", default_value_t = Limits::default().key_burst)]
    key_burst: NonZeroU32,
    /// Requests that are worked on or wait at one time; more are refused with 503
    #[arg(long, value_name = "N", env = "WHISPERLITE_MAX_REQUESTS", default_value_t = Limits::default().max_requests)]
    max_requests: usize,
    /// Seconds after which a request is given up with 503
    #[arg(long, value_name = "SECONDS", env = "WHISPERLITE_REQUEST_TIMEOUT_SECS", default_value = "10")]
    request_timeout_secs: NonZeroU64,
    /// What is logged: off, error, warn, info (a line for each request)
    #[arg(long, value_name = "LEVEL", env = "WHISPERLITE_LOG_LEVEL", default_value = "info")]
    log_level: LevelFilter,
}

const EXAMPLES: &str = "\
Examples:
  whisperlite serve films
  curl -H 'content-type: application/json' -d '{\"q\": \"nonlinear surrealism\"}' http://127.0.0.1:7700/v1/search";

/// The server would be reached from outside, and asks for no key.
#[derive(Debug, Error)]
#[error(
    "--host {host} is reached from other machines, and the store has no key, without which everybody could read and write it: run \
     `whisperlite keys create {dir} --name NAME --scope search` first, or serve on 127.0.0.1", dir = dir.display()
)]
pub(crate) struct NoKeys {
    host: IpAddr,
    dir: PathBuf,
}

/// Where the server listens.
#[derive(Serialize)]
struct Listening {
    url: String,
    model_version: String,
}

/// Runs the command.
pub(crate) fn run(args: &ServeArgs, ui: &Ui) -> anyhow::Result<()> {
    // Found out now, and not after the store is loaded.
    let listener = TcpListener::bind((args.host, args.port))
        .with_context(|| format!("cannot listen on {} port {}: choose another --port", args.host, args.port))?;
    let log = Log::start(args.log_level, ui)?;
    let limits = Limits {
        max_body_bytes: args.max_body_bytes,
        max_import_bytes: args.max_import_bytes,
        max_import_lines: args.max_import_lines,
        max_query_chars: args.max_query_chars,
        max_image_bytes: args.max_image_bytes,
        max_cached_requests: args.max_cached_requests,
        key_requests_per_second: args.key_requests_per_second,
        key_burst: args.key_burst,
        max_requests: args.max_requests,
        request_timeout: Duration::from_secs(args.request_timeout_secs.get()),
    };
    let served = serve_store(&args.store.of(&args.dir)?, listener, limits, ui);
    log.end();
    served
}

/// Serves a store until the process is told to stop.
pub(crate) fn serve_store(place: &Place, listener: TcpListener, limits: Limits, ui: &Ui) -> anyhow::Result<()> {
    let (dir, mut store) = (place.dir(), place.open()?);
    let access = access(&mut *store, listener.local_addr().context("the socket has no address")?.ip(), dir)?;
    let cache = RequestCache::new(limits.max_cached_requests);
    kept_model::bring(dir, &mut *store, place.counts())?;
    let prepared = prepare(dir, &mut *store, &cache)?;
    let model_version = prepared.model_version.clone();
    let (of, its_cache) = (place.clone(), Arc::clone(&cache));
    // Whoever asks for it wants all that the store holds by then to be counted.
    let again = move || {
        let mut store = of.open()?;
        kept_model::bring(of.dir(), &mut *store, of.counts())?;
        make(of.dir(), &mut *store, &its_cache).map_err(BoxError::from)
    };
    let shop = Shop::new(dir, store, prepared, limits)?.with_access(access);
    let shop = Arc::new(shop.with_reload(again).with_request_cache(cache));
    reload_on_hangup(&shop)?;
    let mut said = Ok(());
    serve(listener, app(Arc::clone(&shop)), |address| {
        let url = format!("http://{address}");
        let text = format!("serving {} on {url} (model {model_version}); stop with Ctrl-C", dir.display());
        said = ui.result(&Listening { url, model_version }, &text);
        if let Err(error) = shop.keep_image() {
            tracing::warn!(
                error = error.to_string(),
                "the engine's image cannot be written: there is no thread for it"
            );
        }
    })?;
    said
}

/// Who may ask a server at an address. Whoever is reached by others needs a key.
fn access(store: &mut dyn ServingStore, host: IpAddr, dir: &Path) -> anyhow::Result<Access> {
    let (access, keys) = (access_at(host), store.keys()?);
    if access == Access::KeysAlways && keys.iter().all(|key| key.revoked_at.is_some()) {
        bail!(NoKeys { host, dir: dir.to_owned() });
    }
    if access == Access::KeysIfAny && keys.is_empty() {
        tracing::warn!(
            "no key is asked for: whoever uses this machine may read and write the store; `whisperlite keys create` makes one"
        );
    }
    Ok(access)
}

/// What a server says of its work while it runs.
struct Log {
    #[cfg(feature = "otel")]
    telemetry: Option<Telemetry>,
}

impl Log {
    /// The log of the server goes to standard error: what is said there must not end the work, and is no result. Spans go to a collector,
    /// if this program is built with the feature `otel` and the environment names one.
    fn start(level: LevelFilter, ui: &Ui) -> anyhow::Result<Self> {
        let registry = tracing_subscriber::registry();
        #[cfg(feature = "otel")]
        let telemetry = Telemetry::from_env()?;
        #[cfg(feature = "otel")]
        let registry = registry.with(telemetry.as_ref().map(Telemetry::layer));
        let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
        if ui.is_for_machines() {
            registry.with(log.json().with_span_list(false).with_filter(level)).init();
        } else {
            registry.with(log.with_ansi(false).with_filter(level)).init();
        }
        Ok(Self {
            #[cfg(feature = "otel")]
            telemetry,
        })
    }

    /// Sends what is not sent yet.
    fn end(self) {
        #[cfg(feature = "otel")]
        if let Some(telemetry) = self.telemetry
            && let Err(error) = telemetry.end()
        {
            // All requests are answered: that nobody took their spans is no failure of the server.
            tracing::warn!(error = format!("{:#}", anyhow::Error::from(error)), "spans are lost");
        }
    }
}
