//! `whisperlite demo`: the whole story on a drawn fashion store, from nothing.

mod stories;

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Args;
use serde::Serialize;
use whisperlite::catalog::import::{Format, ImportOptions};
use whisperlite::evaluation::report::Report;
use whisperlite::progress::Progress;
use whisperlite::store::{Store, WriteMode};
use whisperlite::trainer::TrainConfig;
use whisperlite_boutique::{Boutique, BoutiqueConfig, Pictures, Stage, WriteOptions};
use whisperlite_server::Limits;

use self::stories::Story;
use crate::evaluate::EvaluateArgs;
use crate::serve::{DEFAULT_PORT, serve_store};
use crate::store::Place;
use crate::train::Start;
use crate::ui::Ui;
use crate::{builtin, embed, evaluate, train};

/// Draw a fashion store, train on it, measure, show three answers, and open its web page; nothing is fetched
///
/// Everything is synthetic and says so: items, shoppers, requests and visits are drawn from a seed.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct DemoArgs {
    /// Folder of the store; must be new or empty
    #[arg(default_value = "boutique")]
    dir: PathBuf,
    /// Items of the store
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(200..=10_000_000))]
    items: u64,
    /// Seed of every random choice
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Stop before the web page
    #[arg(long)]
    no_serve: bool,
}

const EXAMPLES: &str = "\
Examples:
  whisperlite demo --no-serve
  whisperlite demo big-boutique --items 20000 --seed 7";

/// Pixels a side of an item's picture.
const PICTURE_SIZE: u32 = 256;
/// What was drawn lies here in the store's folder.
const DRAWN: &str = "drawn";

#[derive(Serialize)]
struct Summary {
    store: PathBuf,
    synthetic: bool,
    seconds: f64,
    report: Report,
    stories: Vec<Story>,
}

/// Runs the command.
pub(crate) fn run(args: &DemoArgs, ui: &Ui) -> anyhow::Result<()> {
    let begin = Instant::now();
    let dir = &args.dir;
    if dir.exists() && dir.read_dir().map_or(true, |mut entries| entries.next().is_some()) {
        bail!("{} is there already and not empty: remove it, or name another folder", dir.display());
    }
    draw(args, ui)?;
    let files = ["items.jsonl", "events.jsonl"].map(|name| dir.join(DRAWN).join(name));
    let options = ImportOptions::new(Format::Tables, files.to_vec());
    let store = Place::folder(dir);
    Store::import(dir, Some("synthetic boutique"), WriteMode::Update, &options, ui)?;
    embed::embed(&store, &builtin::unpack(dir)?, ui)?;
    let config = TrainConfig { seed: args.seed, ..TrainConfig::default() };
    train::train_store(&store, &config, Start::FromCheckpoint, ui)?;
    let evaluated = evaluate::evaluate(&EvaluateArgs::of(dir.clone()), ui)?;
    let stories = stories::tell(dir)?;
    let seconds = begin.elapsed().as_secs_f64();
    let text = text(args, &evaluated.text(dir), &stories, seconds);
    ui.result(&Summary { store: dir.clone(), synthetic: true, seconds, report: evaluated.report, stories }, &text)?;
    if args.no_serve {
        return Ok(());
    }
    let listen = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let listener = listen(DEFAULT_PORT).or_else(|_| listen(0)).context("no port of this machine is free")?;
    serve_store(&store, listener, Limits::default(), ui)
}

/// Draws the boutique into the store's folder.
fn draw(args: &DemoArgs, ui: &Ui) -> anyhow::Result<()> {
    let boutique = Boutique::new(BoutiqueConfig::new(args.seed, args.items))?;
    let options = WriteOptions { pictures: Pictures::Every { size: PICTURE_SIZE }, ..WriteOptions::default() };
    let drawn = AtomicU64::new(0);
    ui.start("drawing the boutique", Some(args.items), "pictures");
    let written = boutique.write(&args.dir.join(DRAWN), &options, &|stage, done, _| {
        if stage == Stage::Pictures {
            ui.advance(done.saturating_sub(drawn.swap(done, Ordering::Relaxed)));
        }
    })?;
    ui.finish(&format!(
        "drew {} items with pictures, and {} views and purchases of {} shoppers",
        written.n_items,
        written.n_events,
        boutique.config().n_shoppers
    ));
    Ok(())
}

fn text(args: &DemoArgs, table: &str, stories: &[Story], seconds: f64) -> String {
    let mut text = format!("\nThe synthetic boutique, held-out visits:\n{table}\n");
    for story in stories {
        text.push_str(&format!("\n{story}"));
    }
    let dir = args.dir.display();
    text.push_str(&format!(
        "\nDone in {seconds:.0} s. Ask it yourself:\n  whisperlite recommend {dir} --request \"something blue for a wedding\" --explain\n"
    ));
    text
}
