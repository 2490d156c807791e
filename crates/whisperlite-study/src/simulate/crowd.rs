//! Raters that differ in taste, leniency, side and care.

use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

use super::{Truth, generator, normal, whole_fit};
use crate::answer::{Answer, Choice, ItemGrade, MAX_GRADE, Rater, Response, min_dwell_ms};
use crate::design::{Design, Fit};
use crate::material::Question;
use crate::task::{Side, Task, TaskBody};

/// Worth at which a grade goes up by one.
const GRADE_STEPS: [f64; 3] = [-0.5, 0.5, 1.25];

/// How raters differ, and how unsure they are. A list's worth has a standard deviation of about 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Crowd {
    /// Of one answer about two lists, as a standard deviation.
    pub list_noise: f64,
    /// Of one grade.
    pub grade_noise: f64,
    /// How much each rater likes what one system does, whatever the question.
    pub system_taste: f64,
    /// How much more mildly than others a rater grades.
    pub leniency: f64,
    /// How much all raters like the left side.
    pub left_liking: f64,
    /// How much raters differ in that.
    pub side_taste: f64,
    /// Two lists that are nearer in worth are a tie.
    pub tie_width: f64,
    /// Two lists that are further apart are so "by far".
    pub much_width: f64,
    /// The part of raters who answer at random, and fast.
    pub careless_share: f64,
}

impl Default for Crowd {
    /// Raters who are unsure, and differ in taste, leniency and side.
    fn default() -> Self {
        Self {
            list_noise: 1.0,
            grade_noise: 0.7,
            system_taste: 0.3,
            leniency: 0.4,
            left_liking: 0.0,
            side_taste: 0.2,
            tie_width: 0.3,
            much_width: 1.5,
            careless_share: 0.0,
        }
    }
}

/// A rater made of numbers.
#[derive(Debug, Clone)]
pub struct SimulatedRater<'a> {
    crowd: &'a Crowd,
    seed: u64,
    number: usize,
    left_liking: f64,
    leniency: f64,
    /// Whether they answer at random, and fast.
    pub is_careless: bool,
}

impl<'a> SimulatedRater<'a> {
    /// The rater with a `number`, the same for the same seed.
    pub fn draw(crowd: &'a Crowd, seed: u64, number: usize) -> Self {
        let mut rng = generator(seed, 2, number as u64, 0);
        Self {
            left_liking: crowd.left_liking + crowd.side_taste * normal(&mut rng),
            leniency: crowd.leniency * normal(&mut rng),
            is_careless: rng.random_range(0.0..1.0) < crowd.careless_share,
            crowd,
            seed,
            number,
        }
    }

    /// What the study knows of them, which is marked.
    pub fn rater(&self) -> Rater {
        Rater { rater_id: format!("simulated-{}", self.number), number: self.number, simulated: true }
    }

    /// Their answer to a task of the `question`.
    pub fn answer(
        &self,
        task: &Task,
        question: &Question,
        truth: &impl Truth,
        design: &Design,
        version: u32,
    ) -> Answer {
        let mut rng = generator(self.seed, 3, self.number as u64, task.place as u64);
        let least = min_dwell_ms(task, design);
        let dwell_ms = if self.is_careless { least / 3 } else { least + rng.random_range(0..=3 * least + 1000) };
        Answer {
            rater_id: self.rater().rater_id,
            version,
            task_id: task.task_id.clone(),
            place: task.place,
            at: 60 * task.place as i64,
            dwell_ms,
            response: self.response(task, question, truth, design, &mut rng),
        }
    }

    fn response(
        &self,
        task: &Task,
        question: &Question,
        truth: &impl Truth,
        design: &Design,
        rng: &mut ChaCha8Rng,
    ) -> Response {
        match &task.body {
            TaskBody::Pair(_) if self.is_careless => Response::Pair { choice: Choice::ALL[rng.random_range(0..5)] },
            TaskBody::Pair(pair) => {
                let (left, right) =
                    (self.worth(&pair.left, question, truth, design), self.worth(&pair.right, question, truth, design));
                Response::Pair {
                    choice: self.choice(left - right + self.left_liking + self.crowd.list_noise * normal(rng)),
                }
            }
            TaskBody::Grade(grade) => {
                let item = |item: &String| ItemGrade {
                    item_id: item.clone(),
                    request: self.grade(truth.fit(question, item, Fit::Request), rng),
                    person: grade.asks_person.then(|| self.grade(truth.fit(question, item, Fit::Person), rng)),
                };
                Response::Grade { grades: grade.items.iter().map(item).collect() }
            }
        }
    }

    /// A list's worth to this rater: its items', those on top most, and how much they like what the system does.
    fn worth(&self, side: &Side, question: &Question, truth: &impl Truth, design: &Design) -> f64 {
        let discount = |place: usize| 1.0 / (place as f64 + 2.0).log2();
        let items = side.items.iter().enumerate();
        let (sum, weight) = items.fold((0.0, 0.0), |(sum, weight), (place, item)| {
            (sum + discount(place) * whole_fit(truth, question, item), weight + discount(place))
        });
        let system = design.systems.iter().position(|system| *system == side.system).unwrap_or_default();
        let taste = normal(&mut generator(self.seed, 4, self.number as u64, system as u64));
        sum / weight + self.crowd.system_taste * taste
    }

    fn choice(&self, ahead: f64) -> Choice {
        let choice = match ahead.abs() {
            small if small < self.crowd.tie_width => Choice::Tie,
            large if large > self.crowd.much_width => Choice::MuchLeft,
            _ => Choice::Left,
        };
        if ahead < 0.0 { choice.mirrored() } else { choice }
    }

    fn grade(&self, fit: f64, rng: &mut impl Rng) -> u8 {
        if self.is_careless {
            return rng.random_range(0..=MAX_GRADE);
        }
        let seen = fit + self.leniency + self.crowd.grade_noise * normal(rng);
        GRADE_STEPS.iter().filter(|step| seen > **step).count() as u8
    }
}
