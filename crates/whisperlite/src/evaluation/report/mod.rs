//! What an evaluation says, to machines (`report.json`), to readers (`report.html`) and at the terminal.
//!
//! [`Report::new`] measures; everything else only shows. The top level of the JSON is *discovery* (only items new to the
//! person are relevant), `repeats` holds the same keys for the table in which repeats count.
//!
//! Not for: making rankings, or printing.

mod html;
mod measure;
mod text;
mod words;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::statistics::{Estimate, Resampling, StatisticsError};
use super::tuning::Tuned;
use super::{Answers, AnswersError};
use crate::catalog::{RequestSource, TimeKind};
use crate::metrics::Metric;
use crate::whole_file::write_whole;

/// Version of `report.json`; raised when a key changes its meaning or goes away.
pub const FORMAT_VERSION: u32 = 1;

/// The metric that decides: comparisons are made on it, and tables are sorted by it.
pub const PRIMARY_METRIC: Metric = Metric::Ndcg;
/// The cutoff of [`PRIMARY_METRIC`], of the slices and of the list-level metrics.
pub const PRIMARY_CUTOFF: usize = 10;

/// Our model's systems are named `whisperlite…`; the first of them is the one that is compared with all others.
pub const OUR_PREFIX: &str = "whisperlite";

/// All that goes into a report.
#[derive(Debug, Clone)]
pub struct ReportInput<'a> {
    /// Name of the data set.
    pub dataset: String,
    /// Which part of the data was asked: `test` or `validation`.
    pub split: String,
    /// How the data was split, in the protocol's own name.
    pub protocol: String,
    /// Where data, model and command came from.
    pub provenance: Provenance,
    /// Queries and rankings where only items new to the person count.
    pub discovery: Answers<'a>,
    /// Queries and rankings where repeats count too.
    pub repeats: Answers<'a>,
    /// `[n_items]`: events of each item visible at training time.
    pub popularity: &'a [u32],
    /// The training of our model, epoch by epoch; empty where nothing was trained.
    pub training: Vec<TrainingEpoch>,
    /// What was chosen on validation for each baseline and the blend.
    pub tuned: Vec<Tuned>,
    /// What the blend adds up, in words; empty where there is none.
    pub blend: String,
    /// Seed and size of the intervals and tests.
    pub resampling: Resampling,
}

/// Where a report's figures come from, so that they can be made again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Where the requests of the store come from.
    pub request_source: RequestSource,
    /// What the store's timestamps mean.
    pub time_kind: TimeKind,
    /// Hash over the store's items and events.
    pub data_hash: String,
    /// The encoder's name, `None` where none was used.
    pub encoder: Option<String>,
    /// The model's name or hash, `None` where none was measured.
    pub model: Option<String>,
    /// When the report was made, RFC 3339.
    pub created: String,
    /// The command that made it.
    pub command: String,
    /// The machine that it was made on, in words.
    pub machine: String,
}

/// One epoch of training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrainingEpoch {
    /// From 1.
    pub epoch: u32,
    /// Mean training loss.
    pub loss: f64,
    /// NDCG@10 on the validation queries after the epoch.
    #[serde(rename = "validation_ndcg@10")]
    pub validation_ndcg_at_10: f64,
}

/// A finished evaluation: `report.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`FORMAT_VERSION`] of the writer.
    pub format_version: u32,
    /// Where the figures come from.
    #[serde(flatten)]
    pub provenance: Provenance,
    /// Only items new to the person count.
    #[serde(flatten)]
    pub discovery: Table,
    /// Repeats count too.
    pub repeats: Table,
    /// The training of our model, epoch by epoch.
    pub training: Vec<TrainingEpoch>,
    /// What was chosen on validation for each baseline and the blend.
    #[serde(default)]
    pub tuned: Vec<Tuned>,
    /// What the blend adds up, in words; empty where there is none.
    #[serde(default)]
    pub blend: String,
}

/// The measurement of all systems on one set of queries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Name of the data set.
    pub dataset: String,
    /// Which part of the data was asked.
    pub split: String,
    /// How the data was split.
    pub protocol: String,
    /// Seed of intervals and tests.
    pub seed: u64,
    /// Number of queries.
    pub queries: usize,
    /// Number of people (clusters) who asked them.
    pub users: usize,
    /// Number of items that were ranked.
    pub items: usize,
    /// All systems, in the order of their runs.
    pub systems: Vec<SystemReport>,
    /// Our system against each other one; empty where no system of ours was measured.
    pub comparisons: Vec<Comparison>,
    /// The same systems on parts of the queries.
    pub slices: Vec<Slice>,
}

/// One system's figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SystemReport {
    /// Name of the system.
    pub name: String,
    /// Means of per-query metrics with intervals, by `ndcg@10` and so on.
    pub metrics: BTreeMap<String, Estimate>,
    /// Metrics of all lists together: `coverage@10`, `novelty@10` (bits), `gini@10`; none in slices.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<String, f64>,
}

/// The difference of two systems on the same queries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Our system.
    pub a: String,
    /// The other one.
    pub b: String,
    /// The metric with its cutoff.
    pub metric: String,
    /// Mean of `a` minus mean of `b`.
    pub difference: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
    /// Two-sided p by sign flips over people.
    pub p: f64,
    /// The same after Holm's correction over the table's comparisons.
    pub p_holm: f64,
}

/// All systems on the queries that share a property.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// Name of the property.
    pub name: String,
    /// Number of queries that have it.
    pub queries: usize,
    /// Number of people who asked them.
    pub users: usize,
    /// All systems, at [`PRIMARY_CUTOFF`] only.
    pub systems: Vec<SystemReport>,
}

/// A report that could not be made, written or read.
#[derive(Debug, Error)]
pub enum ReportError {
    /// Queries and runs do not belong together.
    #[error("the table of {table} cannot be made")]
    Answers {
        /// `discovery` or `repeats`.
        table: &'static str,
        /// What does not fit.
        source: AnswersError,
    },
    /// Values that no statistic can be made of.
    #[error(transparent)]
    Statistics(#[from] StatisticsError),
    /// The file system refused.
    #[error("cannot write {}; check that the folder may be written to and has space left", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not there, or may not be read.
    #[error("cannot read {}; `whisperlite evaluate` writes it", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not a report.
    #[error("{} is not a report; run `whisperlite evaluate` again", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line, column and key.
        source: serde_json::Error,
    },
    /// The file is a report of another version.
    #[error("{} has format version {found}, this program reads {FORMAT_VERSION}; run `whisperlite evaluate` again", path.display())]
    UnknownVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
}

impl Report {
    /// Measures every system of both tables.
    ///
    /// # Errors
    /// If queries and runs do not belong together, or the settings ask for no resamples.
    pub fn new(input: ReportInput) -> Result<Self, ReportError> {
        let table = |name, answers: Answers| {
            answers
                .check(input.popularity.len())
                .map_err(|source| ReportError::Answers { table: name, source })
                .and_then(|()| measure::table(&input, answers).map_err(ReportError::from))
        };
        Ok(Self {
            format_version: FORMAT_VERSION,
            discovery: table("discovery", input.discovery)?,
            repeats: table("repeats", input.repeats)?,
            provenance: input.provenance.clone(),
            training: input.training.clone(),
            tuned: input.tuned.clone(),
            blend: input.blend.clone(),
        })
    }

    /// One web page that needs nothing else.
    pub fn html(&self) -> String {
        html::page(self)
    }

    /// Both tables for the terminal, with the metrics at the given [`crate::metrics::CUTOFFS`], and the result in words.
    pub fn text(&self, cutoffs: &[usize]) -> String {
        text::report(self, cutoffs)
    }

    /// Writes `report.json` and `report.html` into a folder, each whole or not at all.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), ReportError> {
        let write = |name: &str, fill: &dyn Fn(&mut dyn io::Write) -> io::Result<()>| {
            let path = folder.join(name);
            write_whole(&path, fill).map_err(|source| ReportError::Write { path, source })
        };
        write("report.json", &|file| {
            serde_json::to_writer_pretty(&mut *file, self)?;
            file.write_all(b"\n")
        })?;
        write("report.html", &|file| file.write_all(self.html().as_bytes()))
    }

    /// Reads the `report.json` of a folder.
    ///
    /// # Errors
    /// If it is not there, is not a report, or is one of another format version.
    pub fn read(folder: &Path) -> Result<Self, ReportError> {
        #[derive(Deserialize)]
        struct Version {
            format_version: u32,
        }
        let path = folder.join("report.json");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(ReportError::Read { path, source }),
        };
        match serde_json::from_str::<Version>(&text) {
            Ok(Version { format_version: FORMAT_VERSION }) => {}
            Ok(Version { format_version: found }) => return Err(ReportError::UnknownVersion { path, found }),
            Err(source) => return Err(ReportError::Malformed { path, source }),
        }
        serde_json::from_str(&text).map_err(|source| ReportError::Malformed { path, source })
    }
}

impl Table {
    /// The systems by the primary metric, best first; among equals in the order of their runs.
    pub fn ranked_systems(&self) -> Vec<&SystemReport> {
        let mut systems: Vec<&SystemReport> = self.systems.iter().collect();
        systems.sort_by(|a, b| b.primary().mean.total_cmp(&a.primary().mean));
        systems
    }

    /// Our system: the first whose name begins with [`OUR_PREFIX`].
    pub fn ours(&self) -> Option<&SystemReport> {
        self.systems.iter().find(|system| system.name.starts_with(OUR_PREFIX))
    }

    /// Our system's comparison with another one.
    pub fn comparison_with(&self, system: &str) -> Option<&Comparison> {
        self.comparisons.iter().find(|comparison| comparison.b == system)
    }
}

impl SystemReport {
    /// A metric by its key, such as `ndcg@10`.
    pub fn metric(&self, key: &str) -> Option<&Estimate> {
        self.metrics.get(key)
    }

    /// The metric that decides; 0 in a report that lacks it.
    pub fn primary(&self) -> Estimate {
        let absent = Estimate { mean: 0.0, low: 0.0, high: 0.0 };
        self.metric(&PRIMARY_METRIC.at(PRIMARY_CUTOFF)).copied().unwrap_or(absent)
    }
}
