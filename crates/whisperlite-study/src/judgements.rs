//! What do the answers say? Each answer that counts, joined with the task that it answers.
//!
//! Everything that is measured, counted or exported starts here, so that all of it leaves out the same.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::answer::{Answer, Checked, Choice, ItemGrade, Rater, Response, last_answers};
use crate::assignment::Assignment;
use crate::circle::UnitKind;
use crate::design::Fit;
use crate::interleave::Impression;
use crate::log::Status;
use crate::task::{GradeRole, PairRole, Task, TaskBody};

/// Everything that was written down in a study, of all its versions.
#[derive(Debug, Clone, Copy)]
pub struct Journal<'a> {
    /// Where the version stands that is read.
    pub status: Status,
    /// Who answers.
    pub raters: &'a [Rater],
    /// In the order of writing.
    pub answers: &'a [Answer],
    /// Mixed lists that were shown.
    pub impressions: &'a [Impression],
    /// How many raters had everything of theirs erased.
    pub n_forgotten: usize,
}

impl<'a> Journal<'a> {
    /// Of a study that has ended, without mixed lists.
    pub fn ended(raters: &'a [Rater], answers: &'a [Answer]) -> Self {
        Self { status: Status::Closed, raters, answers, impressions: &[], n_forgotten: 0 }
    }
}

/// The tasks that raters were handed, each rater's made once.
#[derive(Debug)]
pub(crate) struct Handed<'a> {
    assignment: &'a Assignment<'a>,
    raters: &'a [Rater],
    rater_idx: BTreeMap<&'a str, usize>,
    tasks: BTreeMap<usize, Vec<Task>>,
}

impl<'a> Handed<'a> {
    pub(crate) fn new(assignment: &'a Assignment<'a>, raters: &'a [Rater]) -> Self {
        let numbered = raters.iter().enumerate();
        let rater_idx = numbered.map(|(idx, rater)| (rater.rater_id.as_str(), idx)).collect();
        Self { assignment, raters, rater_idx, tasks: BTreeMap::new() }
    }

    pub(crate) fn assignment(&self) -> &'a Assignment<'a> {
        self.assignment
    }

    fn rater_idx(&self, answer: &Answer) -> Option<usize> {
        self.rater_idx.get(answer.rater_id.as_str()).copied()
    }

    /// The task that an answer of a known rater fits.
    pub(crate) fn task(&mut self, answer: &Answer) -> Option<Checked<'_>> {
        let rater_idx = self.rater_idx(answer)?;
        let (assignment, number) = (self.assignment, self.raters[rater_idx].number);
        let tasks = self.tasks.entry(rater_idx).or_insert_with(|| assignment.tasks_of(number));
        answer.check(tasks, assignment.design()).ok()
    }
}

/// The answers that count, of one version.
#[derive(Debug, Clone)]
pub struct Judgements {
    /// Answers to pairs, in the order of writing.
    pub pairs: Vec<PairJudgement>,
    /// Answers to graded tasks, in the order of writing.
    pub grades: Vec<GradeJudgement>,
    /// What does not count, and why.
    pub left_out: LeftOut,
}

/// Answers that do not count.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LeftOut {
    /// Answers to other versions of the study, by their number.
    pub other_versions: BTreeMap<u32, usize>,
    /// Answers that a later one to the same task replaced.
    pub replaced: usize,
    /// Answers of raters who are not among the raters (any more).
    pub unknown_rater: usize,
    /// Answers that do not fit the task that they name.
    pub unfitting: usize,
}

/// What every judgement has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The rater's place in [`Journal::raters`].
    pub rater_idx: usize,
    /// The question's place in the material.
    pub question_idx: usize,
    /// The task.
    pub task_id: String,
    /// The task's place among the rater's.
    pub place: usize,
    /// When, in seconds since 1970.
    pub at: i64,
    /// How long the task was looked at, in milliseconds.
    pub dwell_ms: u64,
    /// Whether that is less than the design allows.
    pub too_fast: bool,
}

/// An answer to a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairJudgement {
    /// Whose, and about what.
    pub context: Context,
    /// What it is used for.
    pub role: PairRole,
    /// The system that stood left.
    pub left: String,
    /// The system that stood right.
    pub right: String,
    /// What was said.
    pub choice: Choice,
}

/// An answer to a graded task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GradeJudgement {
    /// Whose, and about what.
    pub context: Context,
    /// What it is used for.
    pub role: GradeRole,
    /// The grades of systems' items, in the order of showing.
    pub grades: Vec<ItemGrade>,
    /// The grade of the item that answers another question.
    pub attention: Option<ItemGrade>,
}

impl PairJudgement {
    /// From -2 (`against` by far) to 2 (`system` by far); none if other systems stood there.
    pub fn degree_for(&self, system: &str, against: &str) -> Option<i8> {
        match (self.left.as_str(), self.right.as_str()) {
            (left, right) if left == system && right == against => Some(-self.choice.degree()),
            (left, right) if left == against && right == system => Some(self.choice.degree()),
            _ => None,
        }
    }
}

impl GradeJudgement {
    /// The grade of an item, if it was asked for.
    pub fn grade(&self, item_id: &str, fit: Fit) -> Option<u8> {
        let grade = self.grades.iter().find(|grade| grade.item_id == item_id)?;
        grade.of(fit)
    }
}

impl ItemGrade {
    /// The grade for the request, or for the person.
    pub fn of(&self, fit: Fit) -> Option<u8> {
        match fit {
            Fit::Request => Some(self.request),
            Fit::Person => self.person,
        }
    }
}

impl Judgements {
    /// Joins what counts of the version with this `number` with its tasks.
    pub fn read(assignment: &Assignment<'_>, number: u32, journal: Journal<'_>) -> Self {
        Self::of(&mut Handed::new(assignment, journal.raters), number, journal)
    }

    /// The same, with tasks that are made already.
    pub(crate) fn of(handed: &mut Handed<'_>, number: u32, journal: Journal<'_>) -> Self {
        let questions = handed.assignment().material().questions.iter().enumerate();
        let question_idx: BTreeMap<&str, usize> =
            questions.map(|(idx, question)| (question.question_id.as_str(), idx)).collect();
        let mut judgements = Self { pairs: Vec::new(), grades: Vec::new(), left_out: LeftOut::default() };
        let last = last_answers(journal.answers);
        judgements.left_out.replaced = journal.answers.len() - last.len();
        for answer in last {
            if answer.version != number {
                *judgements.left_out.other_versions.entry(answer.version).or_default() += 1;
                continue;
            }
            let Some(rater_idx) = handed.rater_idx(answer) else {
                judgements.left_out.unknown_rater += 1;
                continue;
            };
            let Some(checked) = handed.task(answer) else {
                judgements.left_out.unfitting += 1;
                continue;
            };
            let context = Context {
                rater_idx,
                question_idx: question_idx[checked.task.question_id.as_str()],
                task_id: answer.task_id.clone(),
                place: checked.task.place,
                at: answer.at,
                dwell_ms: answer.dwell_ms,
                too_fast: checked.too_fast,
            };
            judgements.add(context, checked.task, answer);
        }
        judgements
    }

    fn add(&mut self, context: Context, task: &Task, answer: &Answer) {
        match (&task.body, &answer.response) {
            (TaskBody::Pair(pair), Response::Pair { choice }) => self.pairs.push(PairJudgement {
                context,
                role: pair.role.clone(),
                left: pair.left.system.clone(),
                right: pair.right.system.clone(),
                choice: *choice,
            }),
            (TaskBody::Grade(task), Response::Grade { grades }) => {
                let of = |item: &String| grades.iter().find(|grade| grade.item_id == *item).cloned();
                let items = task.items.iter().filter(|item| task.attention.as_ref() != Some(*item));
                self.grades.push(GradeJudgement {
                    context,
                    role: task.role.clone(),
                    grades: items.filter_map(of).collect(),
                    attention: task.attention.as_ref().and_then(of),
                });
            }
            _ => unreachable!("the answer was checked against its task"),
        }
    }

    /// Only the judgements of raters for whom `keeps` holds, by their place in [`Journal::raters`].
    pub fn of_raters(&self, keeps: impl Fn(usize) -> bool) -> Self {
        Self {
            pairs: self.pairs.iter().filter(|pair| keeps(pair.context.rater_idx)).cloned().collect(),
            grades: self.grades.iter().filter(|grade| keeps(grade.context.rater_idx)).cloned().collect(),
            left_out: self.left_out.clone(),
        }
    }

    /// Votes between two systems, checks and repeats left out, each with its degree for `system`, from -2 to 2.
    pub fn votes<'a>(
        &'a self,
        system: &'a str,
        against: &'a str,
    ) -> impl Iterator<Item = (&'a PairJudgement, i8)> + 'a {
        let real = self.pairs.iter().filter(|pair| pair.role == PairRole::Real);
        real.filter_map(move |pair| Some((pair, pair.degree_for(system, against)?)))
    }

    /// Graded tasks, repeats left out.
    pub fn real_grades(&self) -> impl Iterator<Item = &GradeJudgement> {
        self.grades.iter().filter(|grade| grade.role == GradeRole::Real)
    }
}

/// How much has the raters that it should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// What there is to judge: each question in each arm, for pairs with each comparison.
    pub n_units: usize,
    /// What has at least one rater.
    pub n_begun: usize,
    /// What has the design's `raters_per_item` or more.
    pub n_covered: usize,
}

impl Coverage {
    /// Counts what was judged by how many raters, repeats and checks left out.
    pub fn of(assignment: &Assignment<'_>, judgements: &Judgements) -> Self {
        let mut raters: BTreeMap<(usize, UnitKind), BTreeSet<usize>> = BTreeMap::new();
        for (number, (system, against)) in assignment.design().comparisons().into_iter().enumerate() {
            for (pair, _) in judgements.votes(system, against) {
                let unit = (pair.context.question_idx, UnitKind::Pair(number));
                raters.entry(unit).or_default().insert(pair.context.rater_idx);
            }
        }
        for task in judgements.real_grades() {
            raters.entry((task.context.question_idx, UnitKind::Grade)).or_default().insert(task.context.rater_idx);
        }
        let wanted = assignment.design().raters_per_item;
        Self {
            n_units: assignment.n_units(),
            n_begun: raters.len(),
            n_covered: raters.values().filter(|raters| raters.len() >= wanted).count(),
        }
    }
}
