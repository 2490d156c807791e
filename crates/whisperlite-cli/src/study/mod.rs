//! `whisperlite study`: ask people which recommender is better, from planning to export.

mod create;
mod held_out;
mod listed;
mod plan;
mod results;

use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use whisperlite_server::study::{self, OpenVersion, Standing};
use whisperlite_study::log::Status;

use crate::store::StoreArgs;
use crate::ui::Ui;

/// Ask people which recommender is better
///
/// A study is fixed before it starts: systems, requests, lists, the measure that decides, and how many judgements. Raters answer in the web page
/// of `whisperlite serve`, each by a link of their own. Nobody is told which system made what.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct StudyArgs {
    #[command(subcommand)]
    command: StudyCommand,
}

const EXAMPLES: &str = "\
Examples:
  whisperlite study plan --win-rate .65 --power .8
  whisperlite study create boutique --name autumn --requests 120
  whisperlite study open boutique --name autumn --raters 12
  whisperlite serve boutique
  whisperlite study status boutique
  whisperlite study close boutique --name autumn
  whisperlite study analyse boutique --name autumn
  whisperlite study export boutique --name autumn --out autumn";

#[derive(Subcommand)]
enum StudyCommand {
    Plan(plan::PlanArgs),
    Create(create::CreateArgs),
    Open(OpenArgs),
    Status(StatusArgs),
    /// End a study, for good: no answer is taken any more
    Close(OneArgs),
    Analyse(results::AnalyseArgs),
    Export(results::ExportArgs),
    Forget(ForgetArgs),
}

/// Which study.
#[derive(Args)]
struct OneArgs {
    /// Folder of the store
    dir: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// The study
    #[arg(long)]
    name: String,
}

/// Begin a study, and make links for raters
///
/// May be called again for more links. A link is shown this once: only a hash of it is kept.
#[derive(Args)]
struct OpenArgs {
    #[command(flatten)]
    one: OneArgs,
    /// How many links to make
    #[arg(long, value_name = "N", default_value_t = 0)]
    raters: usize,
    /// Where the server is reached
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7700")]
    url: String,
}

/// Say where studies stand, without saying who is ahead
#[derive(Args)]
struct StatusArgs {
    /// Folder of the store
    dir: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// The study; without it, all
    #[arg(long)]
    name: Option<String>,
}

/// Erase everything that a study keeps of one rater, or of one visitor of the shop
#[derive(Args)]
struct ForgetArgs {
    #[command(flatten)]
    one: OneArgs,
    /// Their id, as the export of votes has it
    #[arg(long, value_name = "ID")]
    rater: String,
}

/// Runs the command.
pub(crate) fn run(args: StudyArgs, ui: &Ui) -> anyhow::Result<()> {
    match args.command {
        StudyCommand::Plan(args) => plan::run(&args, ui),
        StudyCommand::Create(args) => create::run(args, ui),
        StudyCommand::Open(args) => open(&args, ui),
        StudyCommand::Status(args) => status(&args, ui),
        StudyCommand::Close(args) => close(&args, ui),
        StudyCommand::Analyse(args) => results::analyse(&args, ui),
        StudyCommand::Export(args) => results::export(&args, ui),
        StudyCommand::Forget(args) => forget(&args, ui),
    }
}

#[derive(Serialize)]
struct Link {
    rater_id: String,
    url: String,
}

#[derive(Serialize)]
struct Opened {
    name: String,
    version: u32,
    links: Vec<Link>,
}

fn open(args: &OpenArgs, ui: &Ui) -> anyhow::Result<()> {
    let OneArgs { dir, store, name } = &args.one;
    let mut store = store.of(dir)?.open()?;
    let OpenVersion { version, invitations } = study::open(&mut *store, name, args.raters)?;
    let url = args.url.trim_end_matches('/');
    let links = invitations.into_iter().map(|invitation| {
        let url = format!("{url}{}", invitation.path(name));
        Link { rater_id: invitation.rater_id, url }
    });
    let opened = Opened { name: name.clone(), version, links: links.collect() };
    let mut text = format!("version {version} of {name} is open");
    match opened.links.as_slice() {
        [] => text.push_str("; --raters N makes links for raters"),
        links => {
            text.push_str(". One link for each rater; they are not shown again:");
            for link in links {
                write!(text, "\n{}", link.url)?;
            }
        }
    }
    ui.result(&opened, &text)
}

fn status(args: &StatusArgs, ui: &Ui) -> anyhow::Result<()> {
    let mut store = args.store.of(&args.dir)?.open()?;
    let names = match &args.name {
        Some(name) => vec![name.clone()],
        None => store.studies()?,
    };
    let mut standings = Vec::new();
    for name in &names {
        standings.push(Standing::of(&study::read(&mut *store, name)?, name)?);
    }
    let mut text = String::new();
    for standing in &standings {
        let status = match standing.status {
            Status::Draft => "not begun",
            Status::Open => "open",
            Status::Closed => "ended",
        };
        let Standing { name, version, invited, joined, answers, planned, reached, after, .. } = standing;
        let Standing { raters_needed, mixed_lists, .. } = standing;
        let after = if *after > 0 { format!(" and {after} after the end") } else { String::new() };
        writeln!(
            text,
            "{name}, version {version}: {status}. {reached} of {planned} planned judgements{after}; {answers} answers by {joined} raters ({invited} links; \
             {raters_needed} raters cover everything); {mixed_lists} mixed lists.",
        )?;
    }
    if standings.is_empty() {
        text.push_str("there are no studies: `whisperlite study create` makes one");
    }
    ui.result(&standings, text.trim_end())
}

#[derive(Serialize)]
struct Ended {
    name: String,
    version: u32,
}

fn close(args: &OneArgs, ui: &Ui) -> anyhow::Result<()> {
    let mut store = args.store.of(&args.dir)?.open()?;
    let version = study::close(&mut *store, &args.name)?;
    let text = format!("version {version} of {} has ended: no answer is taken any more", args.name);
    ui.result(&Ended { name: args.name.clone(), version }, &text)
}

#[derive(Serialize)]
struct Forgotten {
    name: String,
    rater_id: String,
    entries: usize,
}

fn forget(args: &ForgetArgs, ui: &Ui) -> anyhow::Result<()> {
    let OneArgs { dir, store, name } = &args.one;
    let mut store = store.of(dir)?.open()?;
    let entries = study::forget(&mut *store, name, &args.rater)?;
    let forgotten = Forgotten { name: name.clone(), rater_id: args.rater.clone(), entries };
    ui.result(&forgotten, &format!("{entries} entries of {} are erased from {name}", args.rater))
}
