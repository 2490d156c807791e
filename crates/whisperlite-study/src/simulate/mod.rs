//! Would a study find what is there? Raters and visitors made of numbers, whose truth is known.
//!
//! They answer real tasks about real material, go through the same assignment, answers and analysis as people, and are marked as
//! `simulated` in everything that comes of them. They test the machine; they say nothing about people.

mod crowd;
mod visitors;
mod world;
mod run;
mod calibration;
mod scenarios;

pub use calibration::{Calibration, Scenario, ScenarioTruth};
pub use crowd::{Crowd, SimulatedRater};
pub use run::{Simulated, simulated_study};
pub use scenarios::{graded, interleaved, planned_scenarios, preference, scenarios};
pub use visitors::{VisitConfig, simulated_impressions};
pub use world::{World, WorldConfig, best_seen_through};

use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::design::Fit;
use crate::material::{Material, Question};
use crate::statistics::distributions::normal_quantile;

/// What things are truly worth, which no real study knows.
pub trait Truth {
    /// The questions, with every system's lists.
    fn material(&self) -> &Material;

    /// How well an item fits a question's request, or its person. Among the items of one question about standard normal; far below for what
    /// answers another question.
    fn fit(&self, question: &Question, item_id: &str, fit: Fit) -> f64;
}

/// Where the questions of simulated studies come from.
pub trait Source {
    /// Questions, and what their items are worth.
    type World: Truth;

    /// Questions of their own for each seed, each with every system's list.
    fn draw(&self, seed: u64) -> Self::World;

    /// The same with so many questions.
    fn with_questions(self, n_questions: usize) -> Self;

    /// Whether the systems are equally good by the way they are made, though their lists differ: an A/A study.
    fn has_equal_systems(&self) -> bool;
}

/// How well an item fits altogether: the request, and the person where one is shown.
fn whole_fit(truth: &impl Truth, question: &Question, item_id: &str) -> f64 {
    let request = truth.fit(question, item_id, Fit::Request);
    match question.shown_history() {
        Some(_) => (request + truth.fit(question, item_id, Fit::Person)) / std::f64::consts::SQRT_2,
        None => request,
    }
}

/// A generator of its own for each thing, by a purpose and numbers.
fn generator(seed: u64, purpose: u8, number: u64, part: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8] = purpose;
    key[9..17].copy_from_slice(&number.to_le_bytes());
    key[17..25].copy_from_slice(&part.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// A standard normal number.
fn normal(rng: &mut impl Rng) -> f64 {
    normal_quantile(rng.random_range(f64::EPSILON..1.0))
}
