//! `whisperlite bench serve`: what HTTP costs, how long the tail is, what a filter costs, and what becomes of too many requests.
//!
//! The server is a process of its own, this one sends the load. What the recommender reaches alone is measured in this process, in
//! turns with the server, by as many threads as the server has workers. Requests are those of the store (warm: their vectors are
//! kept after the first time) or words of the store thrown together anew (never seen: the encoder reads each).

pub(super) mod client;
mod load;
mod peer;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;
use serde::Serialize;
use whisperlite::catalog::filter::Filter;
use whisperlite::recommender::{Engine, Question};
use whisperlite::store::Store;
use whisperlite_server::RequestCache;

use self::client::Server;
use self::load::{Outcome, Told, as_fast_as_it_goes, at_a_rate};
use self::peer::PeerRow;
use super::requests::{Kind, N_WARM, Requests};
use super::{machine, median};
use crate::opened::Opened;
use crate::ui::Ui;

/// Items of each answer.
const LIMIT: usize = 10;
/// Share of the highest rate at which the tail is looked at.
const BUSY: f64 = 0.7;
/// How many times the highest rate is too much.
const TOO_MUCH: f64 = 4.0;
/// Time after which a server that had too much must be as fast as before.
const RECOVERY: Duration = Duration::from_secs(1);

/// Measure the server beside the recommender alone, its tail, a filter, and too much load
#[derive(Args)]
pub(crate) struct ServeBenchArgs {
    /// Folder of the store
    dir: PathBuf,
    /// Seconds of each stretch of load
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// How often the server and the recommender alone take turns
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Connections that ask as fast as they are answered
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
    /// Folder with the script of the peer, LanceDB: tools/peers of the sources
    #[arg(long, value_name = "FOLDER", default_value = "tools/peers")]
    peers: PathBuf,
}

#[derive(Serialize)]
struct Measured {
    machine: String,
    n_items: usize,
    rounds: u32,
    /// Until the server answers, with everything read from the disk.
    ready_secs: f64,
    warm: Beside,
    never_seen: Beside,
    /// At 0.7 of the highest rate of warm requests.
    busy: Told,
    p99_by_p50: f64,
    /// One connection, in milliseconds: without a filter, and with one that keeps one item in a thousand.
    plain_ms: f64,
    filtered_ms: f64,
    /// At four times the highest rate.
    overload: Told,
    /// Rate a second after that / rate before.
    recovered: f64,
    /// The same items and requests in another program, where it is installed.
    peer: Option<PeerRow>,
}

/// The server beside the recommender alone.
#[derive(Serialize)]
struct Beside {
    served_per_second: f64,
    alone_per_second: f64,
    /// Median over the rounds of the one by the other.
    share: f64,
}

/// Runs the command.
pub(crate) fn run(args: &ServeBenchArgs, ui: &Ui) -> anyhow::Result<()> {
    let machine = machine::line();
    let stretch = Duration::from_secs(args.seconds);
    let opened = Opened::of(&args.dir, Store::open(&args.dir)?.catalog()?)?;
    let asked = Requests::of(&opened.catalog)?;
    let n_items = opened.catalog.n_items();
    let peer = peer::Prepared::new(&args.peers, &opened.catalog, &opened.vectors()?, N_WARM, ui)?;
    let encoder = RequestCache::new(10 * N_WARM).before(opened.encoder.open_encoder()?);
    let engine = opened.engine_with(encoder)?;
    let begin = Instant::now();
    let server = Server::start(&args.dir)?;
    let ready_secs = begin.elapsed().as_secs_f64();
    let connections = usize::from(args.connections);
    let full = |path: &str, body: &(dyn Fn(u64) -> String + Sync)| {
        as_fast_as_it_goes(connections, stretch, || server.client(path, body))
    };
    let (mut warm, mut new) = (Vec::new(), Vec::new());
    for round in 0..u64::from(args.rounds) {
        for (kind, pairs) in [(Kind::Warm, &mut warm), (Kind::NeverSeen, &mut new)] {
            // Each stretch has requests of its own, so that none was seen in the one before.
            let (served_words, alone_words) = (asked.words(kind, 2 * round), asked.words(kind, 2 * round + 1));
            let served = full("/v1/search", &|number| asked.body(&served_words(number), number, LIMIT, None));
            let alone = alone(&engine, stretch, &|number| asked.question(&alone_words(number), number, LIMIT));
            ui.say(&format!(
                "{kind:?}: {:.0}/s served, {:.0}/s alone",
                served.good_per_second(),
                alone.good_per_second()
            ));
            pairs.push((served.good_per_second(), alone.good_per_second()));
        }
    }
    let (warm, never_seen) = (Beside::of(&warm), Beside::of(&new));
    let words = asked.words(Kind::Warm, 0);
    let body = |number: u64| asked.body(&words(number), number, LIMIT, None);
    let busy = at_a_rate(BUSY * warm.served_per_second, 64, stretch, || server.client("/v1/search", body));
    let (plain_ms, filtered_ms) = filtered(&server, &asked, &opened_filter(&engine)?, stretch);
    let before = full("/v1/search", &body);
    let rate = TOO_MUCH * warm.served_per_second;
    let overload = at_a_rate(rate, 256, stretch, || server.client("/v1/search", body));
    thread::sleep(RECOVERY);
    let after = full("/v1/search", &body);
    drop(server);
    let n_workers = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let peer = peer.map(|peer| peer.run(stretch, n_workers)).transpose()?;
    let measured = Measured {
        peer,
        machine,
        n_items,
        rounds: args.rounds,
        ready_secs,
        warm,
        never_seen,
        p99_by_p50: busy.quantile_ms(0.99) / busy.quantile_ms(0.5),
        busy: busy.told(),
        plain_ms,
        filtered_ms,
        overload: overload.told(),
        recovered: after.good_per_second() / before.good_per_second(),
    };
    ui.result(&measured, &measured.text())
}

/// The recommender in this process, by as many threads as the server has workers.
fn alone(engine: &Engine, stretch: Duration, question: &(dyn Fn(u64) -> Question + Sync)) -> Outcome {
    let n_workers = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let ask = || |number: u64| if engine.recommend(&question(number)).is_ok() { 200 } else { 500 };
    as_fast_as_it_goes(n_workers, stretch, ask)
}

/// Median times of one connection: without a filter, and with one; in turns.
fn filtered(server: &Server, asked: &Requests, filter: &str, stretch: Duration) -> (f64, f64) {
    let words = asked.words(Kind::Warm, 0);
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..4 {
        for (filter, times) in [None, Some(filter)].into_iter().zip(&mut times) {
            let body = |number: u64| asked.body(&words(number), number, LIMIT, filter);
            times.push(as_fast_as_it_goes(1, stretch / 4, || server.client("/v1/search", body)).quantile_ms(0.5));
        }
    }
    let [plain, filtered] = times.map(median);
    (plain, filtered)
}

/// A filter on prices that keeps about one item in a thousand.
fn opened_filter(engine: &Engine) -> anyhow::Result<String> {
    let items = &engine.catalog().items;
    let mut prices: Vec<f64> = items.iter().filter_map(|item| item.price).collect();
    ensure!(!prices.is_empty(), "the items have no prices to filter by: measure on a store that has them");
    prices.sort_by(f64::total_cmp);
    let text = format!("price >= {}", prices[prices.len() - 1 - prices.len() / 1000]);
    Filter::parse(&text)?;
    Ok(text)
}

impl Beside {
    /// From pairs of rates: the server's, and the recommender's alone.
    fn of(pairs: &[(f64, f64)]) -> Self {
        let middle = |value: fn(&(f64, f64)) -> f64| median(pairs.iter().map(value).collect());
        Self {
            served_per_second: middle(|pair| pair.0),
            alone_per_second: middle(|pair| pair.1),
            share: middle(|pair| pair.0 / pair.1),
        }
    }

    fn text(&self, of: &str) -> String {
        let Self { served_per_second, alone_per_second, share } = self;
        format!(
            "{of}: {served_per_second:.0}/s served, {alone_per_second:.0}/s by the recommender alone: {share:.2} of it"
        )
    }
}

impl Measured {
    fn text(&self) -> String {
        let statuses = |statuses: &BTreeMap<u16, u64>| {
            statuses.iter().map(|(status, n)| format!("{n} × {status}")).collect::<Vec<_>>().join(", ")
        };
        [
            format!("{} items, ready after {:.1} s", self.n_items, self.ready_secs),
            self.warm.text("warm requests"),
            self.never_seen.text("never seen requests"),
            format!(
                "at {BUSY} of the highest rate: p50 {:.1} ms, p99 {:.1} ms: {:.1} ×",
                self.busy.p50_ms, self.busy.p99_ms, self.p99_by_p50
            ),
            format!(
                "one at a time: {:.2} ms, with a filter that keeps one in a thousand {:.2} ms: {:.2} ×",
                self.plain_ms,
                self.filtered_ms,
                self.filtered_ms / self.plain_ms
            ),
            format!("at {TOO_MUCH} times the highest rate: {}", statuses(&self.overload.statuses)),
            format!("a second after that: {:.2} of the rate before", self.recovered),
            self.peer.as_ref().map_or_else(|| "no peer was measured".to_owned(), PeerRow::text),
            format!("{} rounds, {}", self.rounds, self.machine),
        ]
        .join("\n")
    }
}
