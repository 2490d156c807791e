//! A world of questions whose items have known worth, and systems that see it through more or less noise.

use std::collections::{BTreeMap, HashMap};

use rand::{Rng, RngExt};

use super::{Source, Truth, generator, normal, whole_fit};
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
        let mut best = |noise: f64, n: usize| -> Vec<String> {
            best_seen_through(&worths, noise, n, &mut rng).into_iter().map(|place| items[place].clone()).collect()
        };
        for (system, noise) in &config.systems {
            question.lists.insert(system.clone(), best(*noise, config.k));
        }
        question.chosen = best(1.0, 1);
        question
    }
}

/// The places of the best `n` by `worths`, best first, for one who sees each worth through normal noise of the standard deviation `noise`.
pub fn best_seen_through(worths: &[f64], noise: f64, n: usize, rng: &mut impl Rng) -> Vec<usize> {
    let scores: Vec<f64> = worths.iter().map(|worth| worth + noise * normal(rng)).collect();
    let mut order: Vec<usize> = (0..worths.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    order.truncate(n);
    order
}

impl Source for WorldConfig {
    type World = World;

    fn draw(&self, seed: u64) -> World {
        World::draw(self, seed)
    }

    fn with_questions(self, n_questions: usize) -> Self {
        Self { n_questions, ..self }
    }

    fn has_equal_systems(&self) -> bool {
        self.systems.windows(2).all(|two| two[0].1 == two[1].1)
    }
}

impl Truth for World {
    fn material(&self) -> &Material {
        &self.material
    }

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
