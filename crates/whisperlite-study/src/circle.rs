//! Who judges what, so that everything gets its raters? All there is to judge stands on a circle, and every rater gets an arc.
//!
//! With `t` tasks for each rater and `m` raters for each unit, rater `r` starts at place ⌊r·t/m⌋. Then every place lies on exactly `m`
//! of any row of arcs that has passed it, neighbours share most of their arc (so that all raters are linked, which agreement and
//! the intervals need), and the load differs by at most what the last, unfinished round brings.

use crate::chance::Chance;
use crate::design::Design;
use crate::material::Material;

/// Something to judge: a question in one arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unit {
    /// Its place in the material.
    pub(crate) question_idx: usize,
    pub(crate) kind: UnitKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum UnitKind {
    /// A vote; the place in [`Design::comparisons`].
    Pair(usize),
    Grade,
}

#[derive(Debug)]
pub(crate) struct Circle {
    units: Vec<Unit>,
}

impl Circle {
    /// All units of a checked study. Each lap goes through all questions in one order, and from lap to lap the kinds move on by one, so
    /// that an arc meets a question twice only when it is longer than a lap. Two systems with the very same items in the
    /// very same order leave nothing to ask, and such a pair is left out.
    pub(crate) fn new(design: &Design, material: &Material) -> Self {
        let comparisons = design.comparisons();
        let mut kinds: Vec<UnitKind> = (0..comparisons.len()).map(UnitKind::Pair).collect();
        kinds.extend(design.arms.grades.is_some().then_some(UnitKind::Grade));
        let mut order: Vec<usize> = (0..material.questions.len()).collect();
        Chance::new(design.seed, "order of questions", &[]).shuffle(&mut order);
        let mut units = Vec::with_capacity(kinds.len() * order.len());
        for lap in 0..kinds.len() {
            for (place, &question_idx) in order.iter().enumerate() {
                let kind = kinds[(lap + place) % kinds.len()];
                let question = &material.questions[question_idx];
                let is_same = match kind {
                    UnitKind::Pair(at) => {
                        question.list(comparisons[at].0, design.k) == question.list(comparisons[at].1, design.k)
                    }
                    UnitKind::Grade => false,
                };
                if !is_same {
                    units.push(Unit { question_idx, kind });
                }
            }
        }
        Self { units }
    }

    pub(crate) fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The longest arc that meets no question twice, wherever it starts.
    pub(crate) fn longest_arc(&self) -> usize {
        let n_units = self.units.len();
        let mut last_seen = std::collections::BTreeMap::new();
        let mut longest = n_units;
        for place in 0..2 * n_units {
            if let Some(before) = last_seen.insert(self.units[place % n_units].question_idx, place) {
                longest = longest.min(place - before);
            }
        }
        longest
    }

    /// The arc of rater number `rater`.
    pub(crate) fn arc(&self, rater: usize, n_tasks: usize, raters_per_item: usize) -> Vec<Unit> {
        let n_units = self.units.len();
        let start = (rater as u128 * n_tasks as u128 / raters_per_item as u128 % n_units as u128) as usize;
        (start..start + n_tasks).map(|place| self.units[place % n_units]).collect()
    }

    /// How many raters must come, and do all their tasks, until every unit has its raters.
    pub(crate) fn raters_needed(&self, n_tasks: usize, raters_per_item: usize) -> usize {
        // The first arcs are not yet overlapped from before; that is made up for when the circle closes.
        ((self.units.len() + n_tasks) * raters_per_item).div_ceil(n_tasks).saturating_sub(raters_per_item)
    }
}
