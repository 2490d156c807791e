//! `whisperlite bench start`: how long it takes until a server is ready, without the image of its engine and with it, and what the
//! server then keeps in memory beside what must be there.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;
use serde::Serialize;
use whisperlite::catalog::split::Visible;
use whisperlite::flat_file::FlatReader;
use whisperlite::model::{Memory, Scorer, World};
use whisperlite::recommender::IMAGE_FILE;
use whisperlite::store::Snapshot;

use super::serve::client::Server;
use super::{machine, median};
use crate::opened::Opened;
use crate::store::Place;
use crate::ui::Ui;

/// Measure how long a server takes to be ready, and the memory that it then has
#[derive(Args)]
pub(crate) struct StartArgs {
    /// Folder of the store; the image of its engine is written anew
    dir: PathBuf,
    /// Starts with an image
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    starts: u32,
}

/// A part of the work, or of the image.
#[derive(Serialize)]
struct Part<T> {
    name: String,
    #[serde(flatten)]
    of: T,
}

#[derive(Serialize)]
struct Seconds {
    seconds: f64,
}

#[derive(Serialize)]
struct Bytes {
    bytes: u64,
}

#[derive(Serialize)]
struct Measured {
    machine: String,
    n_items: usize,
    n_events: usize,
    /// What an engine is made of, one after the other.
    parts: Vec<Part<Seconds>>,
    /// From starting the program until it answers, without an image.
    cold_secs: f64,
    /// From then until the image is written.
    image_written_secs: f64,
    image_bytes: u64,
    /// From starting the program until it answers, with the image, which the system has in its cache; median and longest.
    ready_secs: f64,
    ready_at_most_secs: f64,
    /// Resident memory of the server when it answers.
    resident_bytes: u64,
    /// The most that it had on the way.
    resident_at_most_bytes: u64,
    /// What stands in the image: what the server must have in memory, in its smallest form.
    sections: Vec<Part<Bytes>>,
    /// Resident memory / image.
    memory_by_image: f64,
}

/// Runs the command.
pub(crate) fn run(args: &StartArgs, ui: &Ui) -> anyhow::Result<()> {
    let (machine, dir) = (machine::line(), &args.dir);
    ui.say("making an engine, part by part");
    let (parts, n_items, n_events) = parts(dir)?;
    let image = dir.join(IMAGE_FILE);
    if image.exists() {
        std::fs::remove_file(&image).with_context(|| format!("cannot remove {}", image.display()))?;
    }
    ui.say("starting a server without an image");
    let (server, cold_secs) = start(dir)?;
    let since = Instant::now();
    while !image.exists() {
        thread::sleep(Duration::from_millis(10));
        ensure!(Path::new(&status_of(&server)).exists(), "the server ended before it wrote its image");
    }
    let image_written_secs = since.elapsed().as_secs_f64();
    drop(server);
    ui.say("starting servers with it");
    let (mut times, mut memory) = (Vec::new(), (0, 0));
    for _ in 0..args.starts {
        let (server, seconds) = start(dir)?;
        times.push(seconds);
        memory = resident(&server)?;
    }
    let reader = FlatReader::open(&image)?.context("the image is gone")?;
    let image_bytes = reader.n_bytes();
    let mut sections: Vec<(String, u64)> = reader.sections()?;
    sections.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let measured = Measured {
        machine,
        n_items,
        n_events,
        parts,
        cold_secs,
        image_written_secs,
        image_bytes,
        ready_at_most_secs: times.iter().copied().fold(0.0, f64::max),
        ready_secs: median(times),
        resident_bytes: memory.0,
        resident_at_most_bytes: memory.1,
        sections: sections.into_iter().map(|(name, bytes)| Part { name, of: Bytes { bytes } }).collect(),
        memory_by_image: memory.0 as f64 / image_bytes as f64,
    };
    ui.result(&measured, &measured.text())
}

/// What an engine is made of, timed.
fn parts(dir: &Path) -> anyhow::Result<(Vec<Part<Seconds>>, usize, usize)> {
    let mut parts = Vec::new();
    let mut since = Instant::now();
    let mut part = |name: &str| {
        parts.push(Part { name: name.to_owned(), of: Seconds { seconds: since.elapsed().as_secs_f64() } });
        since = Instant::now();
    };
    let Snapshot { catalog, .. } = Place::folder(dir).open()?.snapshot()?;
    part("the store is read");
    let opened = Opened::of(dir, catalog)?;
    let vectors = opened.vectors()?;
    part("vectors are looked up");
    let (model, _, _) = opened.model(&vectors)?;
    part("the model is read");
    let world = World::new(&opened.catalog, &vectors)?;
    part("words are cut and weighed");
    let everything = Visible::everything(&opened.catalog);
    let memory = Memory::new(&world, &everything);
    part("events are counted");
    let scorer = Scorer::new(&model, &memory);
    part("items pass the item tower");
    drop(scorer);
    Ok((parts, opened.catalog.n_items(), opened.catalog.events.len()))
}

fn start(dir: &Path) -> anyhow::Result<(Server, f64)> {
    let since = Instant::now();
    let server = Server::start(dir)?;
    Ok((server, since.elapsed().as_secs_f64()))
}

fn status_of(server: &Server) -> String {
    format!("/proc/{}/status", server.process_id())
}

/// Bytes of memory that a process has, and the most that it had.
fn resident(server: &Server) -> anyhow::Result<(u64, u64)> {
    let status = std::fs::read_to_string(status_of(server)).context("this system does not tell a process's memory")?;
    let kilobytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':').trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    let now = kilobytes("VmRSS").context("no VmRSS in the process's status")?;
    let most = kilobytes("VmHWM").context("no VmHWM in the process's status")?;
    Ok((now << 10, most << 10))
}

impl Measured {
    fn text(&self) -> String {
        let mb = |bytes: u64| format!("{:.0} MB", bytes as f64 / 1e6);
        let mut text =
            format!("{}\n{} items, {} events\n\nWithout an image\n", self.machine, self.n_items, self.n_events);
        for part in &self.parts {
            text.push_str(&format!("  {:<28}{:8.2} s\n", part.name, part.of.seconds));
        }
        text.push_str(&format!(
            "  ready after {:.1} s; the image ({}) is written {:.1} s later\n\nWith it, in the system's cache\n  ready after {:.2} s \
             (at most {:.2} s)\n  resident memory {}, {:.2} times the image; on the way at most {}\n\nWhat stands in the image\n",
            self.cold_secs,
            mb(self.image_bytes),
            self.image_written_secs,
            self.ready_secs,
            self.ready_at_most_secs,
            mb(self.resident_bytes),
            self.memory_by_image,
            mb(self.resident_at_most_bytes),
        ));
        for section in self.sections.iter().filter(|section| section.of.bytes * 500 > self.image_bytes) {
            text.push_str(&format!("  {:<28}{:>10}\n", section.name, mb(section.of.bytes)));
        }
        text.pop();
        text
    }
}
