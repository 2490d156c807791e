//! `whisperlite encoder`: fetch encoders, list those on this machine, describe one.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use serde::Serialize;
use whisperlite::encoder::hub::{self, PullOptions, PullSummary};
use whisperlite::encoder::{self, EncoderInfo, LocalEncoder};

use crate::builtin;
use crate::compose::{self, ComposeArgs};
use crate::tune::{self, TuneArgs};
use crate::ui::{Ui, chain};

/// Encoders whose vectors were compared with the reference implementation's.
const TESTED: [&str; 1] = ["sentence-transformers/all-MiniLM-L6-v2"];

/// Fetch, list and describe encoders
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct EncoderArgs {
    #[command(subcommand)]
    command: EncoderCommand,
}

const EXAMPLES: &str = "\
Examples:
  whisperlite encoder pull sentence-transformers/all-MiniLM-L6-v2
  whisperlite encoder list
  whisperlite encoder info all-MiniLM-L6-v2";

#[derive(Subcommand)]
enum EncoderCommand {
    /// Fetch an encoder from the model hub; an interrupted download goes on where it was
    Pull(PullArgs),
    /// List the encoders on this machine, and those known to work
    List,
    Tune(TuneArgs),
    Compose(ComposeArgs),
    /// Describe one encoder: architecture, dimension, pooling, whether it sees pictures, longest text, licence
    Info(InfoArgs),
}

#[derive(Args)]
struct PullArgs {
    /// Repository on the hub, `org/name`
    name: String,
    /// Address of the hub [env: HF_ENDPOINT] [default: https://huggingface.co]
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Branch, tag or commit
    #[arg(long, default_value = "main")]
    revision: String,
    /// Folder to put it in [default: the folder of local encoders, below the cache folder]
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
}

#[derive(Args)]
struct InfoArgs {
    /// Name of a local encoder, or the path of its folder
    #[arg(value_name = "NAME|PATH")]
    encoder: String,
}

pub(crate) fn run(args: EncoderArgs, ui: &Ui) -> anyhow::Result<()> {
    match args.command {
        EncoderCommand::Pull(args) => pull(args, ui),
        EncoderCommand::List => list(ui),
        EncoderCommand::Tune(args) => tune::run(&args, ui),
        EncoderCommand::Compose(args) => compose::run(&args, ui),
        EncoderCommand::Info(args) => info(&args, ui),
    }
}

fn pull(args: PullArgs, ui: &Ui) -> anyhow::Result<()> {
    let folder = match args.to {
        Some(folder) => folder,
        None => encoder::models_folder()?.join(&args.name),
    };
    let endpoint = args.endpoint.or_else(|| setting("HF_ENDPOINT")).unwrap_or(hub::DEFAULT_ENDPOINT.to_owned());
    let options = PullOptions { endpoint, revision: args.revision, token: setting("HF_TOKEN") };
    let summary = hub::pull(&args.name, &options, &folder, ui).with_context(|| format!("fetching {}", args.name))?;
    if let Err(error) = encoder::inspect(&folder) {
        let error = chain(&error.into());
        ui.say(&format!("warning: fetched, but this version cannot use it: {error}"));
    }
    ui.result(&summary, &describe_pull(&summary))
}

/// A setting of the environment; an empty one counts as none.
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn describe_pull(summary: &PullSummary) -> String {
    let n_fetched: u64 = summary.files.iter().map(|file| file.n_fetched_bytes).sum();
    let n_bytes: u64 = summary.files.iter().map(|file| file.n_bytes).sum();
    let unverified: Vec<&str> =
        summary.files.iter().filter(|file| !file.checksum_verified).map(|file| file.name.as_str()).collect();
    let checked = match unverified[..] {
        [] => "every checksum right".to_owned(),
        _ => format!("the hub gave no checksum of {}", unverified.join(", ")),
    };
    format!(
        "{} in {}: {} files, {:.1} MB, {:.1} MB of it fetched now, {checked}",
        summary.repository,
        summary.folder.display(),
        summary.files.len(),
        n_bytes as f64 / 1e6,
        n_fetched as f64 / 1e6,
    )
}

#[derive(Serialize)]
struct Listing {
    models_folder: PathBuf,
    local: Vec<LocalEncoder>,
    known_to_work: Vec<&'static str>,
    built_in: &'static str,
}

fn list(ui: &Ui) -> anyhow::Result<()> {
    let models_folder = encoder::models_folder()?;
    let local = encoder::list_local(&models_folder)?;
    let mut text = match local.len() {
        0 => format!("No encoder in {}\n", models_folder.display()),
        _ => format!("{}\n", table(local.iter().map(|local| [local.name.clone(), local.path.display().to_string()]))),
    };
    text.push_str(&format!("Part of this program, by its name: {}\n", builtin::NAME));
    text.push_str(&format!("Known to work, for `whisperlite encoder pull`: {}", TESTED.join(", ")));
    ui.result(&Listing { models_folder, local, known_to_work: TESTED.to_vec(), built_in: builtin::NAME }, &text)
}

fn info(args: &InfoArgs, ui: &Ui) -> anyhow::Result<()> {
    let folder = builtin::resolve(&args.encoder)?;
    let info = encoder::inspect(&folder)?;
    let text = table(describe(&info)).to_string();
    ui.result(&info, &text)
}

fn describe(info: &EncoderInfo) -> [[String; 2]; 10] {
    let pooling = match (info.pooling, info.pooling_stated) {
        (None, _) => "the architecture's own".to_owned(),
        (Some(pooling), true) => pooling.name().to_owned(),
        (Some(pooling), false) => format!("{} (assumed: the folder has no modules.json)", pooling.name()),
    };
    let pictures = match info.picture_side {
        None => "no, texts only".to_owned(),
        Some(side) => format!("yes, {side} × {side} pixels"),
    };
    let row = |key: &str, value: String| [key.to_owned(), value];
    [
        row("name", info.name.clone()),
        row("architecture", info.architecture.clone()),
        row("dimension", info.dim.to_string()),
        row("pooling", pooling),
        row("scaled to length 1", if info.normalized { "yes" } else { "no" }.to_owned()),
        row("sees pictures", pictures),
        row("longest text", format!("{} tokens", info.max_tokens)),
        row("parameters", format!("{:.1} million", info.n_parameters as f64 / 1e6)),
        row("fingerprint", info.fingerprint.clone()),
        row("licence", info.license.clone().unwrap_or("not stated".to_owned())),
    ]
}

fn table(rows: impl IntoIterator<Item = [String; 2]>) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).add_rows(rows);
    table
}
