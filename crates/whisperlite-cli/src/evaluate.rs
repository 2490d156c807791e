//! `whisperlite evaluate`: our model and every baseline on the same queries.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use whisperlite::catalog::Catalog;
use whisperlite::catalog::split::{Part, Split, SplitRule};
use whisperlite::evaluation::Answers;
use whisperlite::evaluation::report::{Provenance, Report, ReportInput, TrainingEpoch};
use whisperlite::evaluation::statistics::Resampling;
use whisperlite::evaluation::suite::{Measured, Models, measure};
use whisperlite::evaluation::trec::write_trec;
use whisperlite::model::{ModelInfo, World};
use whisperlite::trainer::{Epoch, TrainConfig};

use crate::opened::Opened;
use crate::store::StoreArgs;
use crate::ui::Ui;

/// Measure the trained model beside every baseline and their best blend
///
/// The whole catalogue is ranked for every query. Prints the table and writes report.html and report.json into the store's
/// folder.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct EvaluateArgs {
    /// Folder of the store
    dir: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// Which held-out part to ask; the test part is for reporting, once
    #[arg(long, value_enum, default_value = "test")]
    split: SplitArg,
    /// Also write rankings and judgements as TREC run and qrels files into this folder
    #[arg(long, value_name = "OUT")]
    trec: Option<PathBuf>,
    /// Seed of tuning samples, intervals and tests
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl EvaluateArgs {
    /// The test part of the store in `dir`, with everything else as by default.
    pub(crate) fn of(dir: PathBuf) -> Self {
        Self { dir, store: StoreArgs::default(), split: SplitArg::Test, trec: None, seed: 1 }
    }
}

const EXAMPLES: &str = "\
Examples:
  whisperlite evaluate films
  whisperlite evaluate films --split validation
  whisperlite evaluate films --trec films-trec";

#[derive(Clone, Copy, ValueEnum)]
enum SplitArg {
    /// Events that nothing was chosen by
    Test,
    /// Events by which epochs and parameters were chosen
    Validation,
}

impl SplitArg {
    fn part(self) -> Part {
        match self {
            Self::Test => Part::Test,
            Self::Validation => Part::Valid,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Validation => "validation",
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: EvaluateArgs, ui: &Ui) -> anyhow::Result<()> {
    let evaluated = evaluate(&args, ui)?;
    ui.result(&evaluated.report, &evaluated.text(&args.dir))
}

/// A report, and what its blend adds up.
pub(crate) struct Evaluated {
    pub(crate) report: Report,
    blend: String,
}

impl Evaluated {
    /// What a person reads at the terminal.
    pub(crate) fn text(&self, dir: &Path) -> String {
        let written = dir.join("report.html");
        format!("{}\nblend: {}\nreport: {}", self.report.text(&[10]), self.blend, written.display())
    }
}

/// Measures the model of a store, and writes the reports.
pub(crate) fn evaluate(args: &EvaluateArgs, ui: &Ui) -> anyhow::Result<Evaluated> {
    let opened = Opened::open(&args.store.of(&args.dir)?)?;
    let vectors = opened.vectors()?;
    let (model, info, config) = opened.model(&vectors)?;
    opened.check_unchanged(&info)?;
    let world = World::new(&opened.catalog, &vectors)?;
    let split = Split::new(&opened.catalog, &config.split)?;
    let part = args.split.part();
    let models = Models { model: &model, validated: &opened.validated_model()? };
    let measured = measure(&world, &split, part, models, args.seed, ui)?;
    let report = report(args, &opened, &info, &config, &split, &measured)?;
    if let Some(out) = &args.trec {
        write_trec(out, &opened.catalog.items, discovery(&measured), repeats(&measured))?;
    }
    report.write(&args.dir)?;
    Ok(Evaluated { report, blend: measured.blend })
}

fn discovery(measured: &Measured) -> Answers<'_> {
    Answers { queries: &measured.discovery, runs: &measured.discovery_runs }
}

fn repeats(measured: &Measured) -> Answers<'_> {
    Answers { queries: &measured.repeats, runs: &measured.repeats_runs }
}

fn report(
    args: &EvaluateArgs,
    opened: &Opened,
    info: &ModelInfo,
    config: &TrainConfig,
    split: &Split,
    measured: &Measured,
) -> anyhow::Result<Report> {
    let catalog = &opened.catalog;
    let popularity = n_chosen(catalog, &split.visible_for(args.split.part()).events);
    let epochs: Vec<Epoch> = serde_json::from_value(info.training["epochs"].clone()).unwrap_or_default();
    Ok(Report::new(ReportInput {
        dataset: catalog.info.dataset.clone(),
        split: args.split.name().to_owned(),
        protocol: protocol_name(split, config),
        provenance: Provenance {
            request_source: catalog.info.request_source.clone(),
            time_kind: catalog.info.time_kind,
            data_hash: catalog.info.data_hash.clone(),
            encoder: Some(opened.encoder.name.clone()),
            model: Some(format!("{}, seed {}", config.name, config.seed)),
            created: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            command: command(args),
            machine: machine(),
        },
        discovery: discovery(measured),
        repeats: repeats(measured),
        popularity: &popularity,
        training: epochs.iter().filter_map(training_epoch).collect(),
        tuned: measured.tuned.clone(),
        blend: measured.blend.clone(),
        resampling: Resampling::new(args.seed),
    })?)
}

/// How often each item was chosen: being shown or disliked makes nothing less novel.
fn n_chosen(catalog: &Catalog, visible: &[u32]) -> Vec<u32> {
    let mut counts = vec![0; catalog.n_items()];
    let events = visible.iter().map(|&event_idx| &catalog.events[event_idx as usize]);
    events.filter(|event| event.event_type.is_positive()).for_each(|event| counts[event.item_idx as usize] += 1);
    counts
}

fn training_epoch(epoch: &Epoch) -> Option<TrainingEpoch> {
    Some(TrainingEpoch { epoch: epoch.epoch as u32, loss: epoch.loss?, validation_ndcg_at_10: epoch.validation_ndcg? })
}

fn protocol_name(split: &Split, config: &TrainConfig) -> String {
    let rule = match split.rule {
        SplitRule::GlobalTime { train, valid } => {
            format!("global time split {:.0}/{:.0}/{:.0}", train * 100.0, valid * 100.0, (1.0 - train - valid) * 100.0)
        }
        SplitRule::LeaveLastOut => "leave last out".to_owned(),
    };
    match config.split.min_events_per_test_user {
        0 | 1 => rule,
        n => format!("{rule}, users with {n} or more events are asked"),
    }
}

fn command(args: &EvaluateArgs) -> String {
    format!("whisperlite evaluate {} --split {} --seed {}", args.dir.display(), args.split.name(), args.seed)
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{} {}, {cores} cores", std::env::consts::OS, std::env::consts::ARCH)
}

#[cfg(test)]
mod tests {
    use whisperlite::catalog::{Event, EventType, Item, RequestSource, StoreInfo, TimeKind};

    use super::*;

    #[test]
    fn only_what_speaks_for_an_item_makes_it_popular() {
        let types = [EventType::Purchase, EventType::Impression, EventType::Dislike, EventType::View, EventType::Click];
        let event =
            |event_type| Event { user_idx: 0, item_idx: 0, request_idx: None, event_type, timestamp: 0, value: None };
        let item = |id: &str| Item { item_id: id.to_owned(), ..Item::default() };
        let info = StoreInfo {
            dataset: String::new(),
            time_kind: TimeKind::Unix,
            request_source: RequestSource::None,
            data_hash: String::new(),
        };
        let events = types.map(event).to_vec();
        let catalog = Catalog::new(info, vec![item("a"), item("b")], vec!["u".to_owned()], Vec::new(), events);
        assert_eq!(n_chosen(&catalog, &[0, 1, 2, 3]), [2, 0]);
    }
}
