//! `whisperlite bench candidates`: what is lost, and how much time is won, when the model scores candidates instead of all items.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use serde::Serialize;
use whisperlite::recommender::{Depth, Engine, Question};
use whisperlite::store::Store;

use super::requests::{Kind, Requests};
use super::{machine, median};
use crate::opened::Opened;
use crate::ui::Ui;

/// Items of each answer.
const LIMIT: usize = 10;

/// Measure answers from candidates beside scoring every item
#[derive(Args)]
pub(crate) struct CandidatesArgs {
    /// Folder of the store
    dir: PathBuf,
    /// How many candidates; more than once to compare
    #[arg(long, value_name = "N", default_values_t = [500, 1000, 2000])]
    candidates: Vec<usize>,
    /// How many questions, half of them somebody's whom the store knows
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..))]
    questions: u64,
}

#[derive(Serialize)]
struct Measured {
    machine: String,
    n_items: usize,
    n_questions: u64,
    /// Median time of an answer by scoring every item.
    all_ms: f64,
    by_candidates: Vec<ByCandidates>,
}

#[derive(Serialize)]
struct ByCandidates {
    n_candidates: usize,
    /// Median time of an answer.
    ms: f64,
    /// Share of the ten best of all items that are among the ten.
    recall: f64,
    /// Share of the questions whose first item is the same.
    same_first: f64,
}

/// Runs the command.
pub(crate) fn run(args: &CandidatesArgs, ui: &Ui) -> anyhow::Result<()> {
    let opened = Opened::of(&args.dir, Store::open(&args.dir)?.catalog()?)?;
    let (asked, n_items) = (Requests::of(&opened.catalog)?, opened.catalog.n_items());
    let mut engine = opened.engine()?.with_depth(Depth::Candidates(0));
    let questions: Vec<Question> = (0..args.questions)
        .map(|number| {
            let kind = if number % 4 < 2 { Kind::Warm } else { Kind::NeverSeen };
            asked.question(&asked.words(kind, 0)(number), number, LIMIT)
        })
        .collect();
    let (all_ms, all) = answers(&questions, |question| ids(engine.recommend_from_all(question)))?;
    ui.say(&format!("every item: {all_ms:.1} ms"));
    let mut by_candidates = Vec::new();
    for &n_candidates in &args.candidates {
        engine = engine.with_depth(Depth::Candidates(n_candidates));
        let (ms, found) = answers(&questions, |question| ids(Engine::recommend(&engine, question)))?;
        let shared = |(all, found): (&Vec<String>, &Vec<String>)| all.iter().filter(|id| found.contains(id)).count();
        let n_shared: usize = all.iter().zip(&found).map(shared).sum();
        let n_all: usize = all.iter().map(Vec::len).sum();
        let n_same = all.iter().zip(&found).filter(|(all, found)| all.first() == found.first()).count();
        by_candidates.push(ByCandidates {
            n_candidates,
            ms,
            recall: n_shared as f64 / n_all.max(1) as f64,
            same_first: n_same as f64 / questions.len() as f64,
        });
    }
    let measured = Measured { machine: machine::line(), n_items, n_questions: args.questions, all_ms, by_candidates };
    ui.result(&measured, &measured.text())
}

fn ids(
    answer: Result<whisperlite::recommender::Answer, whisperlite::recommender::RecommendError>,
) -> anyhow::Result<Vec<String>> {
    Ok(answer?.hits.into_iter().map(|hit| hit.item_id).collect())
}

/// The answers, and their median time in milliseconds.
fn answers(
    questions: &[Question],
    ask: impl Fn(&Question) -> anyhow::Result<Vec<String>>,
) -> anyhow::Result<(f64, Vec<Vec<String>>)> {
    let (mut times, mut answers) = (Vec::new(), Vec::new());
    for question in questions {
        let begin = Instant::now();
        answers.push(ask(question)?);
        times.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    Ok((median(times), answers))
}

impl Measured {
    fn text(&self) -> String {
        let mut lines = vec![
            format!("{} items, {} questions, {}", self.n_items, self.n_questions, self.machine),
            format!("every item: {:.1} ms", self.all_ms),
        ];
        lines.extend(self.by_candidates.iter().map(|ByCandidates { n_candidates, ms, recall, same_first }| {
            format!("{n_candidates} candidates: {ms:.1} ms, recall@{LIMIT} {recall:.4}, same first {same_first:.3}")
        }));
        lines.join("\n")
    }
}
