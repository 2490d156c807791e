//! `whisperlite study analyse` and `export`: what people said.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde::Serialize;
use whisperlite::whole_file::write_whole;
use whisperlite_server::study::{self, Said};
use whisperlite_study::analysis::Verdict;
use whisperlite_study::export::{ExportFile, write_file};
use whisperlite_study::report::html;
use whisperlite_study::{Analysis, analyse as analysed};

use super::OneArgs;
use crate::ui::Ui;

/// Say what came out of a study
///
/// Prints the measure that decides, and writes everything into study-NAME.html and study-NAME.json in the store's folder. What decides is what was said until
/// the planned number was reached; answers that came later are in the tables beside. Before that, an open study tells nobody who is ahead.
#[derive(Args)]
pub(super) struct AnalyseArgs {
    #[command(flatten)]
    one: OneArgs,
    /// The version to analyse [default: the latest]
    #[arg(long, value_name = "N")]
    version: Option<u32>,
}

/// Write everything that was planned and said, for others to compute with
///
/// plan.json has what was fixed, votes.csv every judgement, qrels-request.txt and qrels-person.txt the median grades as TREC qrels, where white space in ids
/// is percent-encoded. Who computes from these before the study's end looks at what its analysis does not tell yet.
#[derive(Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    one: OneArgs,
    /// The version to export [default: the latest]
    #[arg(long, value_name = "N")]
    version: Option<u32>,
    /// Folder to write into; it is made if there is none
    #[arg(long, value_name = "FOLDER", required_unless_present = "rater", conflicts_with = "rater")]
    out: Option<PathBuf>,
    /// Print what is kept of one rater instead, as JSON
    #[arg(long, value_name = "ID")]
    rater: Option<String>,
}

pub(super) fn analyse(args: &AnalyseArgs, ui: &Ui) -> anyhow::Result<()> {
    let OneArgs { dir, store, name } = &args.one;
    let said = Said::of(&study::read(&mut *store.of(dir)?.open()?, name)?, name, args.version)?;
    let assignment = said.assignment()?;
    let analysis = analysed(&assignment, &said.made.version, said.journal());
    let (page, data) = (dir.join(format!("study-{name}.html")), dir.join(format!("study-{name}.json")));
    write(&page, html(&analysis).as_bytes())?;
    write(&data, serde_json::to_string_pretty(&analysis)?.as_bytes())?;
    ui.result(&analysis, &format!("{}report: {}", text(&analysis)?, page.display()))
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_whole(path, |out| out.write_all(bytes)).with_context(|| path.display().to_string())
}

/// What a person reads at the terminal.
fn text(analysis: &Analysis) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    let primary = &analysis.primary;
    let (system, against) = primary.measure.systems();
    let progress = analysis.progress;
    writeln!(
        out,
        "{}, version {}: {} of {} planned judgements{} by {} raters{}",
        analysis.name,
        analysis.version.number,
        progress.reached,
        progress.planned,
        if progress.after > 0 { format!(" (and {} after the end)", progress.after) } else { String::new() },
        analysis.raters.iter().filter(|rater| rater.n_answers > 0).count(),
        if analysis.simulated { " (SIMULATED)" } else { "" },
    )?;
    let n_excluded = analysis.raters.iter().filter(|rater| !rater.excluded.is_empty()).count();
    if n_excluded > 0 {
        writeln!(out, "{n_excluded} raters are left out by the rule that was declared")?;
    }
    match &primary.estimate {
        Some(estimate) => {
            write!(out, "{system} against {against}: {:.3}", estimate.value)?;
            if let Some(interval) = estimate.interval {
                write!(out, " [{:.3}, {:.3}]", interval.low, interval.high)?;
            }
            if let Some(p) = estimate.p {
                write!(out, ", p = {p:.4}")?;
            }
            writeln!(out, "; equal systems have {}", primary.equal)?;
        }
        None if progress.is_reached() => writeln!(out, "{system} against {against}: nothing to estimate")?,
        None => {}
    }
    let verdict = match primary.verdict {
        Verdict::Unfinished => "the planned number is not reached: the study decides nothing".to_owned(),
        Verdict::Better => format!("{system} is better"),
        Verdict::Worse => format!("{against} is better"),
        Verdict::Undecided => "neither is shown to be better".to_owned(),
    };
    writeln!(out, "{verdict}")?;
    for missing in &analysis.missing {
        writeln!(out, "missing: {missing}")?;
    }
    Ok(out)
}

#[derive(Serialize)]
struct Exported {
    name: String,
    version: u32,
    files: Vec<PathBuf>,
}

pub(super) fn export(args: &ExportArgs, ui: &Ui) -> anyhow::Result<()> {
    let OneArgs { dir, store, name } = &args.one;
    let mut store = store.of(dir)?.open()?;
    if let Some(rater) = &args.rater {
        let data = study::data_of(&mut *store, name, rater)?;
        return ui.result(&data, &serde_json::to_string_pretty(&data)?);
    }
    let said = Said::of(&study::read(&mut *store, name)?, name, args.version)?;
    let Some(out) = &args.out else { return Ok(()) };
    let (assignment, version) = (said.assignment()?, &said.made.version);
    std::fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    let mut files = Vec::new();
    for file in ExportFile::ALL {
        let path = out.join(file.name());
        let mut content = Vec::new();
        write_file(file, &assignment, version, said.journal(), &mut content)?;
        write(&path, &content)?;
        files.push(path);
    }
    let exported = Exported { name: name.clone(), version: version.number, files };
    let text = format!("version {} of {name} is in {}", version.number, out.display());
    ui.result(&exported, &text)
}
