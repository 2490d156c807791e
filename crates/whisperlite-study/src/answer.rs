//! What did a rater say? Answers are only ever added: who changes their mind sends the same task again, and the last one counts.
//!
//! An answer that came too fast is kept and marked, never refused: the rater has said it, and leaving it out is for the analysis to
//! decide, by the rule that was declared.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::design::Design;
use crate::error::AnswerError;
use crate::task::{GradeTask, Task, TaskBody};

/// The best grade.
pub const MAX_GRADE: u8 = 3;

/// Somebody who answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rater {
    /// An id that says nothing of who they are.
    pub rater_id: String,
    /// Their number, from 0, which decides their tasks.
    pub number: usize,
    /// Whether it is a program that answers. Everything that is made of their answers says so.
    pub simulated: bool,
}

/// One answer to one task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Who answers.
    pub rater_id: String,
    /// The number of the study's [version](crate::Version) that the task belongs to.
    pub version: u32,
    /// What is answered.
    pub task_id: String,
    /// The task's place among the rater's tasks, from 0.
    pub place: usize,
    /// When, in seconds since 1970.
    pub at: i64,
    /// How long the task was looked at, in milliseconds.
    pub dwell_ms: u64,
    /// What was said.
    pub response: Response,
}

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Response {
    /// To a pair.
    Pair {
        /// One of five.
        choice: Choice,
    },
    /// To pooled items: each of them, in any order.
    Grade {
        /// One for each item.
        grades: Vec<ItemGrade>,
    },
}

/// Which list is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// The left one, by far.
    MuchLeft,
    /// The left one.
    Left,
    /// None.
    Tie,
    /// The right one.
    Right,
    /// The right one, by far.
    MuchRight,
}

/// How well one item fits, from 0 (not at all) to 3 (very well).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemGrade {
    /// The item.
    pub item_id: String,
    /// The request.
    pub request: u8,
    /// The person; only where one is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<u8>,
}

/// An answer that fits its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked<'a> {
    /// What was asked.
    pub task: &'a Task,
    /// Whether it came sooner than the design allows.
    pub too_fast: bool,
}

impl Choice {
    /// All five, from left to right.
    pub const ALL: [Self; 5] = [Self::MuchLeft, Self::Left, Self::Tie, Self::Right, Self::MuchRight];

    /// From -2 (left by far) to 2 (right by far).
    pub fn degree(self) -> i8 {
        self as i8 - 2
    }

    /// The same opinion with the sides changed.
    pub fn mirrored(self) -> Self {
        Self::ALL[4 - self as usize]
    }
}

impl Answer {
    /// Finds the task that is answered among the rater's `tasks`, and checks that the answer fits.
    ///
    /// # Errors
    /// If there is no such task, or the answer is of another kind, or not every item has its grades.
    pub fn check<'a>(&self, tasks: &'a [Task], design: &Design) -> Result<Checked<'a>, AnswerError> {
        let task = tasks
            .iter()
            .find(|task| task.task_id == self.task_id)
            .ok_or_else(|| AnswerError::UnknownTask { task: self.task_id.clone() })?;
        let wrong_kind = |wanted, given| AnswerError::WrongKind { task: self.task_id.clone(), wanted, given };
        match (&task.body, &self.response) {
            (TaskBody::Pair(_), Response::Pair { .. }) => {}
            (TaskBody::Grade(grade), Response::Grade { grades }) => check_grades(grade, grades)?,
            (TaskBody::Pair(_), Response::Grade { .. }) => return Err(wrong_kind("a choice", "grades")),
            (TaskBody::Grade(_), Response::Pair { .. }) => return Err(wrong_kind("grades", "a choice")),
        }
        Ok(Checked { task, too_fast: self.dwell_ms < min_dwell_ms(task, design) })
    }
}

/// The least time that a task takes who reads it, in milliseconds.
pub fn min_dwell_ms(task: &Task, design: &Design) -> u64 {
    match &task.body {
        TaskBody::Pair(_) => design.arms.pairs.as_ref().map_or(0, |arm| arm.min_dwell_ms),
        TaskBody::Grade(grade) => {
            let per_item = design.arms.grades.as_ref().map_or(0, |arm| arm.min_dwell_ms_per_item);
            per_item * grade.items.len() as u64
        }
    }
}

fn check_grades(task: &GradeTask, grades: &[ItemGrade]) -> Result<(), AnswerError> {
    let mut graded = BTreeSet::new();
    for grade in grades {
        let item = || grade.item_id.clone();
        if !task.items.contains(&grade.item_id) {
            return Err(AnswerError::StrangeItem { item: item() });
        }
        if !graded.insert(&grade.item_id) {
            return Err(AnswerError::SameItem { item: item() });
        }
        let most = grade.request.max(grade.person.unwrap_or(0));
        if most > MAX_GRADE {
            return Err(AnswerError::Grade { item: item(), grade: most });
        }
        match (task.asks_person, grade.person) {
            (true, None) => return Err(AnswerError::MissingPersonGrade { item: item() }),
            (false, Some(_)) => return Err(AnswerError::StrangePersonGrade { item: item() }),
            _ => {}
        }
    }
    match task.items.iter().find(|item| !graded.contains(item)) {
        Some(item) => Err(AnswerError::MissingGrade { item: item.clone() }),
        None => Ok(()),
    }
}

/// The answers that count: of each rater, version and task the last in the order of `answers`, which is the order of writing.
pub fn last_answers(answers: &[Answer]) -> Vec<&Answer> {
    let mut last = BTreeMap::new();
    for (number, answer) in answers.iter().enumerate() {
        last.insert((&answer.rater_id, answer.version, &answer.task_id), number);
    }
    let mut numbers: Vec<usize> = last.into_values().collect();
    numbers.sort_unstable();
    numbers.into_iter().map(|number| &answers[number]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assignment::tasks_of;
    use crate::sample;

    fn study() -> (Design, Vec<Task>) {
        let design = sample::design(&["a", "b"]);
        let tasks = tasks_of(&design, &sample::material(30, &["a", "b"], 5), 0).expect("a good study");
        (design, tasks)
    }

    fn graded(task: &Task) -> (GradeTask, Answer) {
        let TaskBody::Grade(grade) = &task.body else { panic!("a graded task") };
        (grade.clone(), sample::answer("r", task, sample::grades(grade, |_| 2)))
    }

    #[test]
    fn a_good_answer_passes_and_a_fast_one_is_marked() {
        let (design, tasks) = study();
        for task in &tasks {
            let response = match &task.body {
                TaskBody::Pair(_) => Response::Pair { choice: Choice::Tie },
                TaskBody::Grade(grade) => sample::grades(grade, |_| 3),
            };
            let mut answer = sample::answer("r", task, response);
            answer.dwell_ms = min_dwell_ms(task, &design);
            assert!(!answer.check(&tasks, &design).expect("fits").too_fast);
            answer.dwell_ms -= 1;
            assert!(answer.check(&tasks, &design).expect("fits").too_fast);
            let text = serde_json::to_string(&answer).expect("JSON");
            assert_eq!(serde_json::from_str::<Answer>(&text).expect("the same"), answer);
        }
    }

    #[test]
    fn each_mistake_is_named() {
        let (design, tasks) = study();
        let person = |task: &&Task| matches!(&task.body, TaskBody::Grade(grade) if grade.asks_person);
        let nobody = |task: &&Task| matches!(&task.body, TaskBody::Grade(grade) if !grade.asks_person);
        let (with_person, without) = (tasks.iter().find(person), tasks.iter().find(nobody));
        let (with_person, without) = (with_person.expect("with a person"), without.expect("without one"));
        let said = |task: &Task, change: &dyn Fn(&mut Vec<ItemGrade>)| {
            let (_, mut answer) = graded(task);
            let Response::Grade { grades } = &mut answer.response else { panic!("grades") };
            change(grades);
            answer.check(&tasks, &design).expect_err("a mistake")
        };
        assert!(matches!(said(without, &|g| drop(g.pop())), AnswerError::MissingGrade { .. }));
        assert!(matches!(said(without, &|g| g[0].item_id = "x".into()), AnswerError::StrangeItem { .. }));
        assert!(matches!(said(without, &|g| g[1].item_id = g[0].item_id.clone()), AnswerError::SameItem { .. }));
        assert!(matches!(said(without, &|g| g[0].request = 4), AnswerError::Grade { grade: 4, .. }));
        assert!(matches!(said(without, &|g| g[0].person = Some(1)), AnswerError::StrangePersonGrade { .. }));
        assert!(matches!(said(with_person, &|g| g[0].person = None), AnswerError::MissingPersonGrade { .. }));
        let (_, mut answer) = graded(without);
        answer.response = Response::Pair { choice: Choice::Left };
        assert!(matches!(answer.check(&tasks, &design), Err(AnswerError::WrongKind { .. })));
        answer.task_id = "another".into();
        assert!(matches!(answer.check(&tasks, &design), Err(AnswerError::UnknownTask { .. })));
    }

    #[test]
    fn the_last_answer_counts() {
        let (_, tasks) = study();
        let choice = |choice| sample::answer("r", &tasks[0], Response::Pair { choice });
        let other = sample::answer("r", &tasks[1], Response::Pair { choice: Choice::Left });
        let answers = [choice(Choice::Left), other.clone(), choice(Choice::Right)];
        assert_eq!(last_answers(&answers), [&other, &answers[2]]);
    }

    #[test]
    fn a_mirrored_choice_is_the_same_opinion() {
        for choice in Choice::ALL {
            assert_eq!(choice.mirrored().degree(), -choice.degree());
        }
    }
}
