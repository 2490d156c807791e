//! `whisperlite bench events`: how many events a server takes, each batch on the disk before it is acknowledged, beside what
//! SQLite alone takes of the same rows.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rusqlite::{Connection, params};
use serde::Serialize;
use tempfile::TempDir;
use whisperlite::catalog::{Catalog, EventType};
use whisperlite::store::{ServedEvent, ServingStore, Snapshot, SqliteStore, Write, event_type_name};
use whisperlite_server::{Limits, Prepared, Shop};

use super::{machine, median};
use crate::opened::Opened;
use crate::ui::Ui;

/// The same draws in every run.
const SEED: u64 = 1;

/// Measure how fast a server stores events, against SQLite alone
///
/// Both write the same events in synced commits of one batch each, into files beside each other. Ours goes the way of a server:
/// every event is checked, stored once, and part of the next answer when it is acknowledged. The store is copied before.
#[derive(Args)]
pub(crate) struct EventsArgs {
    /// Folder of a trained store
    dir: PathBuf,
    /// Events of each round
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1..))]
    events: u32,
    /// Events of each batch
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    batch: u32,
    /// How often the two take turns
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

#[derive(Serialize)]
struct Measured {
    machine: String,
    events: u32,
    batch: u32,
    /// Median over the rounds.
    server_events_per_sec: f64,
    /// Median over the rounds.
    sqlite_events_per_sec: f64,
    /// Median over the rounds of server rate / SQLite rate.
    ratio: f64,
}

/// Runs the command.
pub(crate) fn run(args: &EventsArgs, ui: &Ui) -> anyhow::Result<()> {
    let machine = machine::line();
    // On the disk of the store, because that is what is measured.
    let home = tempfile::Builder::new().prefix(".bench-events-").tempdir_in(&args.dir)?;
    let shop = open_copy(&args.dir, &home)?;
    let mut alone = sqlite_alone(home.path())?;
    let catalog = SqliteStore::open(home.path())?.snapshot()?.catalog;
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..args.rounds {
        let events: Vec<ServedEvent> = (0..args.events).map(|n| draw(&catalog, round, n, &mut rng)).collect();
        let rate = |seconds: f64| f64::from(args.events) / seconds;
        let begin = Instant::now();
        for batch in events.chunks(args.batch as usize) {
            shop.write_and_wait(Write::Events(batch.to_vec()))?;
        }
        let of_server = rate(begin.elapsed().as_secs_f64());
        let begin = Instant::now();
        for batch in events.chunks(args.batch as usize) {
            insert(&mut alone, batch)?;
        }
        let of_sqlite = rate(begin.elapsed().as_secs_f64());
        let ratio = of_server / of_sqlite;
        ui.say(&format!("round {}: server {of_server:.0}/s, SQLite {of_sqlite:.0}/s, {ratio:.2} x", round + 1));
        ours.push(of_server);
        theirs.push(of_sqlite);
        ratios.push(ratio);
    }
    let measured = Measured {
        machine,
        events: args.events,
        batch: args.batch,
        server_events_per_sec: median(ours),
        sqlite_events_per_sec: median(theirs),
        ratio: median(ratios),
    };
    let text = format!(
        "{}\nbatches of {}: server {:.0} events/s, SQLite alone {:.0}, {:.2} x",
        measured.machine, args.batch, measured.server_events_per_sec, measured.sqlite_events_per_sec, measured.ratio
    );
    ui.result(&measured, &text)
}

/// A shop over a copy of the store's file, with the model where it lies.
fn open_copy(dir: &Path, home: &TempDir) -> anyhow::Result<Shop> {
    std::fs::copy(dir.join("store.sqlite"), home.path().join("store.sqlite"))?;
    let mut store = SqliteStore::open(home.path())?;
    let Snapshot { catalog, sequence } = store.snapshot()?;
    let engine = Opened::of(dir, catalog)?.engine()?;
    let prepared = Prepared { engine, sequence, model_version: "measured".to_owned(), image: None };
    Ok(Shop::new(home.path(), Box::new(store), prepared, Limits::default())?)
}

/// A table for the same rows, with the same promise: no event twice, and on the disk when a commit returns.
fn sqlite_alone(home: &Path) -> anyhow::Result<Connection> {
    let connection = Connection::open(home.join("alone.sqlite"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(
        "CREATE TABLE events (event_id TEXT NOT NULL UNIQUE, user_id TEXT NOT NULL, item_id TEXT NOT NULL, request TEXT,
                              event_type TEXT NOT NULL, timestamp INTEGER NOT NULL, value REAL, session_id TEXT,
                              query_id TEXT, position INTEGER) STRICT",
    )?;
    Ok(connection)
}

fn insert(connection: &mut Connection, batch: &[ServedEvent]) -> anyhow::Result<()> {
    let transaction = connection.transaction()?;
    let sql = "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING";
    let mut statement = transaction.prepare_cached(sql)?;
    for event in batch {
        let ServedEvent { event_id, user_id, item_id, request, timestamp, value, .. } = event;
        let ServedEvent { session_id, query_id, position, .. } = event;
        let kind = event_type_name(event.event_type);
        statement.execute(params![
            event_id, user_id, item_id, request, kind, timestamp, value, session_id, query_id, position
        ])?;
    }
    drop(statement);
    Ok(transaction.commit()?)
}

/// An event as a shop's site sends it: of a known or a new shopper, half of them after a request.
fn draw(catalog: &Catalog, round: u32, n: u32, rng: &mut ChaCha8Rng) -> ServedEvent {
    let user_id = match rng.random_range(0..10) {
        0 => format!("newcomer {round} {n}"),
        _ => pick(&catalog.user_ids, rng).cloned().unwrap_or_default(),
    };
    let request = if rng.random_bool(0.5) { pick(&catalog.requests, rng).cloned() } else { None };
    ServedEvent {
        event_id: format!("{:016x}{:016x}", rng.next_u64(), rng.next_u64()),
        user_id,
        item_id: pick(&catalog.items, rng).map(|item| item.item_id.clone()).unwrap_or_default(),
        request,
        event_type: EventType::Click,
        timestamp: 1_900_000_000 + i64::from(n),
        value: None,
        session_id: Some(format!("visit {}", n / 8)),
        query_id: Some(format!("{:016x}", rng.next_u64())),
        position: Some(1 + n % 24),
    }
}

fn pick<'t, T>(from: &'t [T], rng: &mut ChaCha8Rng) -> Option<&'t T> {
    if from.is_empty() { None } else { from.get(rng.random_range(0..from.len())) }
}
