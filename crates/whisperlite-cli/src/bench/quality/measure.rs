//! Trains and measures what has no file of results yet.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use whisperlite::catalog::import::ImportOptions;
use whisperlite::catalog::split::{Part, Split};
use whisperlite::evaluation::Answers;
use whisperlite::evaluation::seeds::PerQuery;
use whisperlite::evaluation::suite::{Measured, measure, measure_model};
use whisperlite::evaluation::tuning::Tuned;
use whisperlite::model::{Vectors, World};
use whisperlite::store::{Store, WriteMode};
use whisperlite::trainer::TrainConfig;
use whisperlite::whole_file::write_whole;

use super::plan::{Dataset, Plan, Variant};
use crate::opened::Opened;
use crate::store::Place;
use crate::train::{self, Start};
use crate::ui::Ui;
use crate::{builtin, embed};

/// Raised when a file's keys change their meaning.
const FORMAT_VERSION: u32 = 1;
/// Seed of the intervals, tests and tuning samples: the same for all, so that baselines do not differ between trainings.
const MEASURING_SEED: u64 = 1;
/// What a store was made from, beside it.
const MADE_FROM: &str = "dataset.json";

/// Where it reads and writes.
pub(super) struct Bench<'a> {
    pub(super) data: &'a Path,
    pub(super) out: &'a Path,
    pub(super) machine: String,
}

/// The results of one training.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Results {
    format_version: u32,
    pub(super) dataset: String,
    pub(super) variant: String,
    pub(super) seed: u64,
    /// Everything that was set.
    config: TrainConfig,
    /// Hash over the store's items and events.
    data_hash: String,
    encoder_fingerprint: String,
    pub(super) machine: String,
    /// Size of the data, as the report tells it.
    pub(super) size: Size,
    pub(super) training_secs: f64,
    /// The most memory that the process had resident until the training was done; not known on every system.
    pub(super) resident_at_most_bytes: Option<u64>,
    pub(super) best_epoch: usize,
    /// NDCG@10 on validation.
    pub(super) validation_ndcg: f64,
    pub(super) tuned: Vec<Tuned>,
    /// What the blend adds up.
    pub(super) blend: String,
    pub(super) discovery: PerQuery,
    pub(super) repeats: PerQuery,
}

/// How much there is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Size {
    pub(super) items: usize,
    pub(super) users: usize,
    pub(super) events: usize,
    pub(super) requests: usize,
}

impl Results {
    /// Where the results of a training lie.
    pub(super) fn path(out: &Path, dataset: &str, variant: &str, seed: u64) -> PathBuf {
        out.join(dataset).join(variant).join(format!("seed-{seed}.json"))
    }

    /// Reads results, if they are there.
    pub(super) fn read(path: &Path) -> anyhow::Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let results: Self = serde_json::from_reader(std::io::BufReader::new(file))
            .with_context(|| format!("{} holds no results; remove it to measure it again", path.display()))?;
        ensure!(
            results.format_version == FORMAT_VERSION,
            "{} is of format version {}, this program reads {FORMAT_VERSION}: remove it to measure it again",
            path.display(),
            results.format_version
        );
        Ok(Some(results))
    }
}

/// A data set, ready to train on.
struct Ready<'a> {
    dataset: &'a Dataset,
    place: Place,
    opened: Opened,
    vectors: Vectors,
}

impl Bench<'_> {
    /// Measures what is planned and not there; `first` is the variant that is measured beside all rivals.
    pub(super) fn carry_out(&self, plan: &Plan, first: &str, ui: &Ui) -> anyhow::Result<()> {
        for dataset in &plan.dataset {
            let ready =
                self.ready(dataset, &plan.encoder, ui).with_context(|| format!("data set `{}`", dataset.name))?;
            for &seed in &plan.seeds {
                for variant in &plan.variant {
                    let what = format!("{}, {}, seed {seed}", dataset.name, variant.name);
                    let rivals = if variant.name == first { Rivals::All } else { Rivals::None };
                    self.train_and_measure(&ready, variant, seed, rivals, ui).with_context(|| what)?;
                }
            }
        }
        Ok(())
    }

    /// Imports and embeds a data set, unless that was done before.
    fn ready<'d>(&self, dataset: &'d Dataset, encoder: &str, ui: &Ui) -> anyhow::Result<Ready<'d>> {
        let folder = self.data.join(&dataset.folder);
        ensure!(folder.is_dir(), "{} is no folder: name the folder of the data sets", folder.display());
        let dir = self.out.join(&dataset.name).join("store");
        let made_from = dir.join(MADE_FROM);
        let description = serde_json::to_string(&(&dataset.folder, dataset.from, &dataset.requests))?;
        let is_there = std::fs::read_to_string(&made_from).is_ok_and(|text| text == description);
        let place = Place::folder(&dir);
        if !is_there {
            let options = ImportOptions {
                requests: Some(dataset.requests.clone()),
                ..ImportOptions::new(dataset.from, vec![folder])
            };
            ui.say(&format!("{}: import", dataset.name));
            Store::import(&dir, Some(&dataset.name), WriteMode::Replace, &options, ui)?;
            write_whole(&made_from, |file| file.write_all(description.as_bytes()))?;
        }
        embed::embed(&place, &builtin::resolve(encoder)?, ui)?;
        let opened = Opened::open(&place)?;
        let vectors = opened.vectors()?;
        Ok(Ready { dataset, place, opened, vectors })
    }

    fn train_and_measure(
        &self,
        ready: &Ready<'_>,
        variant: &Variant,
        seed: u64,
        rivals: Rivals,
        ui: &Ui,
    ) -> anyhow::Result<()> {
        let (name, opened) = (&ready.dataset.name, &ready.opened);
        let config = ready.dataset.config(variant, seed)?;
        let path = Results::path(self.out, name, &variant.name, seed);
        let is_same = |results: &Results| {
            results.config == config
                && results.data_hash == opened.catalog.info.data_hash
                && results.encoder_fingerprint == opened.encoder.fingerprint
        };
        if Results::read(&path)?.as_ref().is_some_and(is_same) {
            return Ok(());
        }
        ui.say(&format!("{name}: {}, seed {seed}", variant.name));
        forget_most_memory();
        let fresh = train::train_aside(
            opened,
            &ready.vectors,
            &path.with_extension("checkpoints"),
            &config,
            Start::FromCheckpoint,
            ui,
        )?;
        let resident_at_most_bytes = most_memory();
        let world = World::new(&opened.catalog, &ready.vectors)?;
        let split = Split::new(&opened.catalog, &config.split)?;
        let trained = fresh.trained();
        let measured = match rivals {
            Rivals::All => measure(&world, &split, Part::Test, trained.models(), MEASURING_SEED, ui)?,
            Rivals::None => measure_model(&world, &split, Part::Test, &trained.model, ui)?,
        };
        let (catalog, summary) = (&opened.catalog, fresh.summary());
        let results = Results {
            format_version: FORMAT_VERSION,
            dataset: name.clone(),
            variant: variant.name.clone(),
            seed,
            data_hash: catalog.info.data_hash.clone(),
            encoder_fingerprint: opened.encoder.fingerprint.clone(),
            machine: self.machine.clone(),
            size: Size {
                items: catalog.n_items(),
                users: catalog.n_users(),
                events: catalog.events.len(),
                requests: catalog.requests.len(),
            },
            training_secs: summary.seconds,
            resident_at_most_bytes,
            best_epoch: summary.best_epoch,
            validation_ndcg: summary.validation_ndcg(),
            discovery: per_query(&measured, variant, rivals, Table::Discovery),
            repeats: per_query(&measured, variant, rivals, Table::Repeats),
            tuned: measured.tuned,
            blend: measured.blend,
            config: config.clone(),
        };
        let card = fresh.card(opened, &config)?;
        write_whole(&path.with_extension("md"), |file| file.write_all(card.as_bytes()))?;
        write_whole(&path, |file| Ok(serde_json::to_writer(file, &results)?))
            .with_context(|| format!("cannot write {}", path.display()))?;
        // The store's own model is one that the report tells of, to be asked and served.
        match rivals {
            Rivals::All => fresh.save(opened, &config, &ready.place).map(drop),
            Rivals::None => fresh.discard(),
        }
    }
}

/// Beside whom a training is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rivals {
    /// Its own plainer readings, every baseline, and their blend.
    All,
    /// Nobody.
    None,
}

#[derive(Clone, Copy)]
enum Table {
    Discovery,
    Repeats,
}

/// What each query got; a variant without rivals is a system of its own name.
fn per_query(measured: &Measured, variant: &Variant, rivals: Rivals, table: Table) -> PerQuery {
    let (queries, runs) = match table {
        Table::Discovery => (&measured.discovery, &measured.discovery_runs),
        Table::Repeats => (&measured.repeats, &measured.repeats_runs),
    };
    let mut values = PerQuery::new(Answers { queries, runs });
    if rivals == Rivals::None {
        values.systems.iter_mut().for_each(|system| system.name.clone_from(&variant.name));
    }
    values
}

/// The most memory that this process had resident, since it was last forgotten.
fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix("kB")?.trim();
    Some(kib.parse::<u64>().ok()? * 1024)
}

/// Lets the system begin anew; where it cannot, the figure is of the whole run so far.
fn forget_most_memory() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}
