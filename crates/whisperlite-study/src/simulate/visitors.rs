//! Visitors of the shop, who look at a mixed list from the top and pick what they like.

use rand::RngExt;

use super::{Truth, generator, normal, whole_fit};
use crate::design::Design;
use crate::interleave::{Impression, Pick, Team, team_draft};

/// How likely a visitor still looks at the next place.
const GOES_ON: f64 = 0.85;

/// How visitors come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VisitConfig {
    /// The number of the study's version.
    pub version: u32,
    /// How many mixed lists with a pick there shall be.
    pub n_picked: usize,
    /// Visits of each visitor.
    pub per_visitor: usize,
    /// How much visitors differ in liking what one system does, as a standard deviation.
    pub taste: f64,
}

/// Visits, each for a question drawn anew, until enough mixed lists had a pick. Empty without an interleaving arm.
pub fn simulated_impressions(design: &Design, truth: &impl Truth, visits: VisitConfig, seed: u64) -> Vec<Impression> {
    let Some(arm) = &design.arms.interleaving else { return Vec::new() };
    let material = truth.material();
    let mut impressions: Vec<Impression> = Vec::new();
    let (mut n_picked, mut n_picks) = (0, 0);
    for visit in 0.. {
        if n_picked >= visits.n_picked || visit > 1000 * visits.n_picked {
            break;
        }
        let visitor = visit / visits.per_visitor;
        let taste = visits.taste * normal(&mut generator(seed, 5, visitor as u64, 0));
        let mut rng = generator(seed, 6, visit as u64, 0);
        let question = &material.questions[rng.random_range(0..material.questions.len())];
        let impression_id = format!("simulated-{visit}");
        let (system, against) = (question.list(&arm.system, design.k), question.list(&arm.against, design.k));
        let shown = team_draft(system, against, design.k, seed, &impression_id);
        let mut picked = Vec::new();
        for (place, item) in shown.items.iter().enumerate() {
            let liking = if shown.teams[place] == Team::System { taste } else { -taste };
            let seen = whole_fit(truth, question, item) + liking + normal(&mut rng);
            if seen > 1.0 {
                picked.push(Pick { place, number: n_picks });
                n_picks += 1;
            }
            if rng.random_range(0.0..1.0) > GOES_ON {
                break;
            }
        }
        n_picked += usize::from(!picked.is_empty());
        impressions.push(Impression {
            impression_id,
            version: visits.version,
            visitor_id: format!("simulated-{visitor}"),
            request: question.question_id.clone(),
            at: visit as i64,
            simulated: true,
            shown,
            picked,
        });
    }
    impressions
}
