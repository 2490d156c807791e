//! `whisperlite serve`: a store's model over HTTP. What is answered, and how, is `whisperlite-server`'s.

use std::net::{IpAddr, TcpListener};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use serde::Serialize;
use tracing_subscriber::filter::LevelFilter;
use whisperlite::model::Model;
use whisperlite::store::{ServingStore, Snapshot, SqliteStore};
use whisperlite_server::{Limits, Prepared, Shop, app, loopback, serve};

use crate::opened::{MODEL, Opened};
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
    /// Address to listen on. Only this machine can be served: keys come with a later version
    #[arg(long, value_name = "HOST", env = "WHISPERLITE_HOST", default_value = "127.0.0.1", value_parser = loopback)]
    host: IpAddr,
    /// Port to listen on; 0 takes a free one
    #[arg(long, value_name = "N", env = "WHISPERLITE_PORT", default_value_t = DEFAULT_PORT)]
    port: u16,
    /// Longest body of a request that is read
    #[arg(long, value_name = "N", env = "WHISPERLITE_MAX_BODY_BYTES", default_value_t = Limits::default().max_body_bytes)]
    max_body_bytes: usize,
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
    start_log(args.log_level, ui);
    let limits = Limits {
        max_body_bytes: args.max_body_bytes,
        max_requests: args.max_requests,
        request_timeout: Duration::from_secs(args.request_timeout_secs.get()),
    };
    serve_store(&args.dir, listener, limits, ui)
}

/// Serves the store in `dir` until the process is told to stop.
pub(crate) fn serve_store(dir: &Path, listener: TcpListener, limits: Limits, ui: &Ui) -> anyhow::Result<()> {
    let mut store = SqliteStore::open(dir)?;
    let Snapshot { catalog, sequence } = store.snapshot()?;
    let engine = Opened::of(dir, catalog)?.warm_engine()?;
    let model_version = Model::version(&dir.join(MODEL))?;
    let prepared = Prepared { engine, sequence, model_version: model_version.clone() };
    let shop = Shop::new(dir, Box::new(store), prepared, limits)?;
    let mut said = Ok(());
    serve(listener, app(Arc::new(shop)), |address| {
        let url = format!("http://{address}");
        let text = format!("serving {} on {url} (model {model_version}); stop with Ctrl-C", dir.display());
        said = ui.result(&Listening { url, model_version }, &text);
    })?;
    said
}

/// The log of the server goes to standard error: what is said there must not end the work, and is no result.
fn start_log(level: LevelFilter, ui: &Ui) {
    let log = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).with_target(false);
    if ui.is_for_machines() { log.json().with_span_list(false).init() } else { log.with_ansi(false).init() }
}
