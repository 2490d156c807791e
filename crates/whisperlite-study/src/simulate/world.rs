//! A world of questions whose items have known worth, and systems that see it through more or less noise.

use std::collections::{BTreeMap, HashMap};

use rand::RngExt;

use super::{Truth, generator, normal, whole_fit};
use crate::design::Fit;
use crate::material::{Frequency, Material, Question, Shopper, Stratum, Warmth};

/// The worth of an item for a question that it does not belong to.
const STRANGE_FIT: f64 = -3.0;

/// What a world is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldConfig {
    /// How many questions.
    pub n_questions: usize,
    /// How many items could answer each.
    pub n_candidates: usize,
    /// How many items a list has.
    pub k: usize,
    /// Each system's name, and the standard deviation of the noise through which it sees the worth of items, beside 1 of the worth itself.
    pub systems: Vec<(String, f64)>,
}

/// A world: what is shown, and what it is worth.
#[derive(Debug, Clone)]
pub struct World {
    /// What raters see.
    pub material: Material,
    /// For request and person, by item.
    fits: HashMap<String, [f64; 2]>,
}

impl World {
    /// Draws a world. A list's items, and with it its worth, are a system's own even where two systems have the same noise.
    pub fn draw(config: &WorldConfig, seed: u64) -> Self {
        let mut world = Self { material: Material { questions: Vec::new() }, fits: HashMap::new() };
        for number in 0..config.n_questions {
            let question = world.question(config, number, seed);
            world.material.questions.push(question);
        }
        world
    }

    fn question(&mut self, config: &WorldConfig, number: usize, seed: u64) -> Question {
        let mut rng = generator(seed, 1, number as u64, 0);
        let question_id = format!("q{number:04}");
        let items: Vec<String> = (0..config.n_candidates).map(|item| format!("{question_id}-i{item:03}")).collect();
        for item in &items {
            self.fits.insert(item.clone(), [normal(&mut rng), normal(&mut rng)]);
        }
        let is_warm = rng.random_range(0..2) == 0;
        let history = || (0..5).map(|item| format!("{question_id}-h{item}")).collect();
        let mut question = Question {
            request: format!("request {number}"),
            shopper: is_warm.then(|| Shopper { user_id: format!("u{number}"), history: history() }),
            stratum: Stratum {
                frequency: [Frequency::Head, Frequency::Torso, Frequency::Tail][rng.random_range(0..3)],
                shopper: if is_warm { Warmth::Warm } else { Warmth::Cold },
            },
            lists: BTreeMap::new(),
            chosen: Vec::new(),
            question_id,
        };
        let worths: Vec<f64> = items.iter().map(|item| whole_fit(self, &question, item)).collect();
        let mut best_seen_through = |noise: f64, n: usize| {
            let scores: Vec<f64> = worths.iter().map(|worth| worth + noise * normal(&mut rng)).collect();
            let mut order: Vec<usize> = (0..items.len()).collect();
            order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
            order[..n.min(items.len())].iter().map(|&place| items[place].clone()).collect::<Vec<String>>()
        };
        for (system, noise) in &config.systems {
            question.lists.insert(system.clone(), best_seen_through(*noise, config.k));
        }
        question.chosen = best_seen_through(1.0, 1);
        question
    }
}

impl Truth for World {
    fn fit(&self, question: &Question, item_id: &str, fit: Fit) -> f64 {
        let belongs = item_id.starts_with(&question.question_id);
        match self.fits.get(item_id).filter(|_| belongs) {
            Some([request, person]) => {
                if fit == Fit::Request {
                    *request
                } else {
                    *person
                }
            }
            None => STRANGE_FIT,
        }
    }
}
