//! When is a study at its end, and what counts for its verdict?
//!
//! The planned number is reached with one entry of the log. **What decides is the study as it stood then**: every answer by its last version up to that
//! entry, every mixed list with its picks up to it, and raters left out for what they had answered until it. Later answers, changes and picks
//! stay in the log, in every export and in the tables beside; the verdict does not see them. So whoever looks again and again, and ends the study when they like
//! what they see, has looked at nothing that changes: there is one verdict, fixed by a count that does not know who is ahead.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::answer::{Choice, Response};
use crate::assignment::Assignment;
use crate::design::{Design, Fit, Primary, StoppingRule};
use crate::interleave::Impression;
use crate::judgements::{Handed, Journal};
use crate::task::{PairRole, Task, TaskBody};

/// How far a study is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// How many the stopping rule wants.
    pub planned: usize,
    /// How many of what it counts there are; from the end on, the planned number.
    pub reached: usize,
    /// Answers that came after the end, changed ones included, to tasks that the primary measure is made of; of mixed lists, those that were picked
    /// from after it. They are not in the verdict.
    pub after: usize,
}

impl Progress {
    /// Whether the stopping rule says that the study is at its end.
    pub fn is_reached(self) -> bool {
        self.reached >= self.planned
    }

    /// Counts what the design's stopping rule counts. Raters who will be left out count too: whom that concerns is known only at the end.
    pub fn of(assignment: &Assignment<'_>, version: u32, journal: Journal<'_>) -> Self {
        Decided::of(&mut Handed::new(assignment, journal.raters), version, journal).progress
    }
}

/// What decides: a journal up to the entry with which the planned number was reached; all of it before.
#[derive(Debug)]
pub(crate) struct Decided<'a> {
    /// With the answers up to the end. Mixed lists are in `impressions`.
    pub(crate) journal: Journal<'a>,
    /// The version's mixed lists, each with what was picked up to the end.
    pub(crate) impressions: Vec<Impression>,
    pub(crate) progress: Progress,
}

impl<'a> Decided<'a> {
    pub(crate) fn of(handed: &mut Handed<'_>, version: u32, journal: Journal<'a>) -> Self {
        let own = |impression: &&Impression| impression.version == version;
        let impressions: Vec<Impression> = journal.impressions.iter().filter(own).cloned().collect();
        match &handed.assignment().design().primary {
            Primary::InterleavingDelta { .. } => by_picks(handed.assignment().design(), journal, impressions),
            Primary::WinRate { .. } | Primary::GradedNdcg { .. } => by_answers(handed, version, journal, impressions),
        }
    }
}

fn by_answers<'a>(
    handed: &mut Handed<'_>,
    version: u32,
    journal: Journal<'a>,
    impressions: Vec<Impression>,
) -> Decided<'a> {
    let design = handed.assignment().design();
    let planned = design.stopping.planned;
    let mut counted: BTreeMap<(&str, &str), bool> = BTreeMap::new();
    let (mut reached, mut n_until, mut after) = (0, journal.answers.len(), 0);
    for (place, answer) in journal.answers.iter().enumerate().filter(|(_, answer)| answer.version == version) {
        let Some(checked) = handed.task(answer) else { continue };
        if reached == planned {
            after += usize::from(is_asked(design, checked.task));
            continue;
        }
        // Who changes their mind has one judgement before and after.
        let counts = counts(design, checked.task, &answer.response);
        let before = counted.insert((&answer.rater_id, &answer.task_id), counts).unwrap_or(false);
        reached = reached + usize::from(counts) - usize::from(before);
        if reached == planned {
            n_until = place + 1;
        }
    }
    let journal = Journal { answers: &journal.answers[..n_until], ..journal };
    Decided { journal, impressions, progress: Progress { planned, reached, after } }
}

fn by_picks<'a>(design: &Design, journal: Journal<'a>, mut impressions: Vec<Impression>) -> Decided<'a> {
    let planned = design.stopping.planned;
    let picks = impressions.iter_mut().enumerate().flat_map(|(at, impression)| {
        std::mem::take(&mut impression.picked).into_iter().map(move |pick| (pick.number, at, pick))
    });
    let mut picks: Vec<_> = picks.collect();
    picks.sort_unstable_by_key(|(number, ..)| *number);
    let mut picked_after = std::collections::BTreeSet::new();
    let mut reached = 0;
    for (_, at, pick) in picks {
        if reached == planned {
            picked_after.insert(at);
            continue;
        }
        let before = counts_list(design, &impressions[at]);
        impressions[at].picked.push(pick);
        reached = reached + usize::from(counts_list(design, &impressions[at])) - usize::from(before);
    }
    Decided { journal, impressions, progress: Progress { planned, reached, after: picked_after.len() } }
}

/// Whether the stopping rule counts an answer.
pub(crate) fn counts(design: &Design, task: &Task, response: &Response) -> bool {
    let is_tie = matches!(response, Response::Pair { choice: Choice::Tie });
    is_asked(design, task) && (counts_ties(design) || !is_tie)
}

/// Whether the primary measure is made of answers to a task.
fn is_asked(design: &Design, task: &Task) -> bool {
    let (system, against) = design.primary.systems();
    match (&design.primary, &task.body) {
        (Primary::WinRate { .. }, TaskBody::Pair(pair)) => {
            let sides = [pair.left.system.as_str(), pair.right.system.as_str()];
            pair.role == PairRole::Real && sides.contains(&system) && sides.contains(&against)
        }
        (Primary::GradedNdcg { fit, .. }, TaskBody::Grade(grade)) => {
            task.is_real() && (*fit == Fit::Request || grade.asks_person)
        }
        _ => false,
    }
}

fn counts_list(design: &Design, impression: &Impression) -> bool {
    impression.score().is_some_and(|score| counts_ties(design) || score != 0.5)
}

fn counts_ties(design: &Design) -> bool {
    design.stopping.rule == StoppingRule::Judgements
}
