//! A whole study by simulated raters, from the first task to the stopping rule.

use super::{Crowd, SimulatedRater, Truth};
use crate::answer::{Answer, Rater};
use crate::assignment::Assignment;
use crate::judgements::Journal;
use crate::stopping::counts;

/// What simulated raters wrote.
#[derive(Debug, Clone, Default)]
pub struct Simulated {
    /// Who came, each marked as simulated.
    pub raters: Vec<Rater>,
    /// In the order of writing.
    pub answers: Vec<Answer>,
}

impl Simulated {
    /// As it is analysed.
    pub fn journal(&self) -> Journal<'_> {
        Journal::ended(&self.raters, &self.answers)
    }
}

/// Raters come one after the other and do their tasks, until the stopping rule is reached or `max_raters` have been. A study whose
/// primary measure is interleaving is not stopped by raters.
pub fn simulated_study(
    assignment: &Assignment<'_>,
    truth: &impl Truth,
    crowd: &Crowd,
    version: u32,
    max_raters: usize,
    seed: u64,
) -> Simulated {
    let (design, material) = (assignment.design(), assignment.material());
    let mut simulated = Simulated::default();
    let mut n_counted = 0;
    for number in 0..max_raters {
        let rater = SimulatedRater::draw(crowd, seed, number);
        simulated.raters.push(rater.rater());
        for task in assignment.tasks_of(number) {
            if n_counted >= design.stopping.planned {
                return simulated;
            }
            let question = material.question(&task.question_id).expect("a task's question is in the material");
            let answer = rater.answer(&task, question, truth, design, version);
            n_counted += usize::from(counts(design, &task, &answer.response));
            simulated.answers.push(answer);
        }
    }
    simulated
}
