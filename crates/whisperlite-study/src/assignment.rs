//! Which tasks does each rater get? Decided by the design, the material and the rater's number alone.
//!
//! - Every question in every arm gets `raters_per_item` raters once enough have come, by arcs of one circle of all there is to judge.
//! - A rater meets a question once, repeats apart.
//! - In a rater's real pairs each system of a comparison stands left as often as right, or once more.
//! - Pairs come first, and graded questions after them: grading item by item teaches an eye that judging lists should not have yet.
//! - Checks stand anywhere; a repeat comes in the last quarter, of something from the first half of its arm, a pair with sides changed.
//!
//! Two lists that are the same are not shown as a pair. The analysis counts them as a tie where it says so.

use crate::chance::Chance;
use crate::circle::{Circle, Unit, UnitKind};
use crate::design::{Design, Fit, Primary};
use crate::error::{DesignError, StudyError};
use crate::material::{Material, Question};
use crate::task::{GradeRole, GradeTask, Hand, PairRole, PairTask, Side, Task, TaskBody};

/// A checked study, ready to hand out tasks.
#[derive(Debug)]
pub struct Assignment<'a> {
    design: &'a Design,
    material: &'a Material,
    comparisons: Vec<(&'a str, &'a str)>,
    circle: Circle,
    fingerprint: String,
}

/// The tasks of rater number `rater`, from 0. For several raters, an [`Assignment`] does the checks only once.
///
/// # Errors
/// If the study cannot be made; see [`Assignment::new`].
pub fn tasks_of(design: &Design, material: &Material, rater: usize) -> Result<Vec<Task>, StudyError> {
    Ok(Assignment::new(design, material)?.tasks_of(rater))
}

impl<'a> Assignment<'a> {
    /// Checks the design, the material, and whether there is enough of it.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn new(design: &'a Design, material: &'a Material) -> Result<Self, StudyError> {
        design.check()?;
        material.check(&design.systems, design.k)?;
        let circle = Circle::new(design, material);
        let assignment = Self {
            comparisons: design.comparisons(),
            circle,
            fingerprint: design.fingerprint(material),
            design,
            material,
        };
        if assignment.has_raters() {
            assignment.check_room()?;
        }
        Ok(assignment)
    }

    /// What was fixed.
    pub fn design(&self) -> &'a Design {
        self.design
    }

    /// What is shown.
    pub fn material(&self) -> &'a Material {
        self.material
    }

    /// Whether raters are asked at all; interleaving alone needs none.
    pub fn has_raters(&self) -> bool {
        self.design.arms.pairs.is_some() || self.design.arms.grades.is_some()
    }

    fn check_room(&self) -> Result<(), DesignError> {
        if self.circle.units().is_empty() {
            return Err(DesignError::NothingToAsk);
        }
        let checks = self.design.arms.pairs.as_ref().map_or(0, |arm| arm.aa_per_rater + arm.attention_per_rater);
        let (asked, n_questions) = (self.design.tasks_per_rater, self.material.questions.len());
        let possible = self.circle.longest_arc().min(n_questions.saturating_sub(checks));
        if asked > possible {
            return Err(DesignError::TooManyTasks { asked, possible, checks });
        }
        Ok(())
    }

    /// Checks that the primary measure can come to a decision: that enough questions tell its two systems apart for the planned number, each judged by
    /// `raters_per_item` raters. Of mixed lists nothing can be said before; they are of whatever visitors ask.
    ///
    /// # Errors
    /// If no question does, or too few.
    pub fn check_primary(&self) -> Result<(), DesignError> {
        let (system, against) = self.design.primary.systems();
        let depth = match (&self.design.primary, &self.design.arms.grades) {
            (Primary::InterleavingDelta { .. }, _) => return Ok(()),
            (Primary::GradedNdcg { .. }, Some(arm)) => arm.depth,
            _ => self.design.k,
        };
        let is_of_person = matches!(self.design.primary, Primary::GradedNdcg { fit: Fit::Person, .. });
        let shown =
            self.material.questions.iter().filter(|question| !is_of_person || question.shown_history().is_some());
        let (n_shown, n_telling) = shown.fold((0, 0), |(n_shown, n_telling), question| {
            (n_shown + 1, n_telling + usize::from(question.list(system, depth) != question.list(against, depth)))
        });
        let (planned, raters) = (self.design.stopping.planned, self.design.raters_per_item);
        let names = || (system.to_owned(), against.to_owned());
        match n_telling {
            _ if n_shown == 0 => Err(DesignError::NoPersonShown),
            0 => {
                let (system, against) = names();
                Err(DesignError::SameLists { system, against })
            }
            // The test takes two questions at least.
            n if n < 2 || planned > n * raters => {
                let (system, against) = names();
                Err(DesignError::TooFewTelling {
                    system,
                    against,
                    planned,
                    n_telling,
                    raters,
                    most: n_telling * raters,
                })
            }
            _ => Ok(()),
        }
    }

    /// How many raters must do all their tasks until everything has its `raters_per_item` raters; 0 without raters.
    pub fn raters_needed(&self) -> usize {
        if !self.has_raters() {
            return 0;
        }
        self.circle.raters_needed(self.design.tasks_per_rater, self.design.raters_per_item)
    }

    /// How much there is to judge: each question in each arm, for pairs with each comparison whose lists differ.
    pub fn n_units(&self) -> usize {
        self.circle.units().len()
    }

    /// How many questions have the very same list from both systems of a comparison, and so are not asked.
    pub fn n_same_lists(&self, system: &str, against: &str) -> usize {
        let depth = self.design.k;
        let questions = self.material.questions.iter();
        questions.filter(|question| question.list(system, depth) == question.list(against, depth)).count()
    }

    /// The tasks of rater number `rater`, from 0, in their order.
    pub fn tasks_of(&self, rater: usize) -> Vec<Task> {
        if !self.has_raters() {
            return Vec::new();
        }
        let units = self.circle.arc(rater, self.design.tasks_per_rater, self.design.raters_per_item);
        let mut drafts = self.pairs(rater, &units);
        drafts = self.with_repeats(rater, "pairs", drafts);
        let grades = self.grades(rater, &units);
        let n_pairs = drafts.len();
        drafts.extend(self.with_repeats(rater, "grades", grades).into_iter().map(|draft| draft.moved(n_pairs)));
        self.finished(rater, drafts)
    }

    fn chance(&self, purpose: &str, rater: usize) -> Chance {
        Chance::new(self.design.seed, purpose, &[&rater.to_string()])
    }

    /// Real pairs and checks, in their order.
    fn pairs(&self, rater: usize, units: &[Unit]) -> Vec<Draft> {
        let Some(arm) = &self.design.arms.pairs else { return Vec::new() };
        let mut chance = self.chance("pairs", rater);
        let mut drafts = self.real_pairs(units, &mut chance);
        let mut unseen: Vec<usize> = (0..self.material.questions.len())
            .filter(|question_idx| units.iter().all(|unit| unit.question_idx != *question_idx))
            .collect();
        chance.shuffle(&mut unseen);
        let mut unseen = unseen.into_iter();
        drafts.extend(unseen.by_ref().take(arm.aa_per_rater).map(|question| self.aa_pair(question, &mut chance)));
        let fitting = alternating(&mut chance);
        let checks = unseen.filter_map(|question| self.attention_pair(question, &mut chance));
        let checks: Vec<_> = checks.take(arm.attention_per_rater).collect();
        drafts.extend(checks.into_iter().zip(fitting).map(|((question, good, bad), fitting)| {
            let (left, right) = if fitting == Hand::Left { (good, bad) } else { (bad, good) };
            let pair = PairTask { left, right, role: PairRole::Attention { fitting } };
            Draft { question_idx: question, body: TaskBody::Pair(pair), repeat_of: None }
        }));
        chance.shuffle(&mut drafts);
        drafts
    }

    /// Sides alternate along the comparisons, each shuffled, so that they are balanced in each and in all.
    fn real_pairs(&self, units: &[Unit], chance: &mut Chance) -> Vec<Draft> {
        let mut pairs: Vec<(usize, usize)> = units
            .iter()
            .filter_map(|unit| match unit.kind {
                UnitKind::Pair(comparison) => Some((comparison, unit.question_idx)),
                UnitKind::Grade => None,
            })
            .collect();
        chance.shuffle(&mut pairs);
        pairs.sort_by_key(|(comparison, _)| *comparison);
        let hands = alternating(chance);
        let draft = |((comparison, question_idx), hand)| {
            let (first, second) = self.comparisons[comparison];
            let (left, right) = if hand == Hand::Left { (first, second) } else { (second, first) };
            let pair = PairTask {
                left: self.side(question_idx, left),
                right: self.side(question_idx, right),
                role: PairRole::Real,
            };
            Draft { question_idx, body: TaskBody::Pair(pair), repeat_of: None }
        };
        pairs.into_iter().zip(hands).map(draft).collect()
    }

    fn aa_pair(&self, question_idx: usize, chance: &mut Chance) -> Draft {
        let system = &self.design.systems[chance.below(self.design.systems.len())];
        let side = self.side(question_idx, system);
        let pair = PairTask { left: side.clone(), right: side, role: PairRole::Aa };
        Draft { question_idx, body: TaskBody::Pair(pair), repeat_of: None }
    }

    /// A list that answers the question, and one of another question that shares nothing with it; none if all share something.
    /// Both are cut to the same length, so that length tells nothing.
    fn attention_pair(&self, question_idx: usize, chance: &mut Chance) -> Option<(usize, Side, Side)> {
        let systems = &self.design.systems;
        let mut good = self.side(question_idx, &systems[chance.below(systems.len())]);
        let (other_idx, system) = self.strange_list(question_idx, chance)?;
        let mut bad = self.side(other_idx, system);
        let length = good.items.len().min(bad.items.len());
        good.items.truncate(length);
        bad.items.truncate(length);
        Some((question_idx, good, bad))
    }

    /// A question and a system whose list shares no item with any list of `question_idx`, for other words.
    fn strange_list(&self, question_idx: usize, chance: &mut Chance) -> Option<(usize, &'a str)> {
        let questions = &self.material.questions;
        let pool = questions[question_idx].pool(self.design.k);
        let (start, system) = (chance.below(questions.len()), chance.below(self.design.systems.len()));
        let system = self.design.systems[system].as_str();
        let is_strange = |other: &Question| {
            other.request != questions[question_idx].request
                && other.list(system, self.design.k).iter().all(|item| pool.binary_search(&item.as_str()).is_err())
        };
        let found = (0..questions.len()).map(|step| (start + step) % questions.len());
        found.into_iter().find(|&other| is_strange(&questions[other])).map(|other| (other, system))
    }

    /// Graded questions, some with an item that answers another question, in their order.
    fn grades(&self, rater: usize, units: &[Unit]) -> Vec<Draft> {
        let Some(arm) = &self.design.arms.grades else { return Vec::new() };
        let mut chance = self.chance("grades", rater);
        let graded = units.iter().filter(|unit| unit.kind == UnitKind::Grade);
        let mut questions: Vec<usize> = graded.map(|unit| unit.question_idx).collect();
        chance.shuffle(&mut questions);
        let mut n_checks = 0;
        let mut drafts = Vec::with_capacity(questions.len());
        for question_idx in questions {
            let wanted = n_checks < arm.attention_per_rater;
            let attention = if wanted { self.strange_item(question_idx, &mut chance) } else { None };
            n_checks += usize::from(attention.is_some());
            drafts.push(self.graded(question_idx, arm.depth, attention, &mut chance));
        }
        chance.shuffle(&mut drafts);
        drafts
    }

    fn graded(&self, question_idx: usize, depth: usize, attention: Option<String>, chance: &mut Chance) -> Draft {
        let question = &self.material.questions[question_idx];
        let mut items: Vec<String> = question.pool(depth).into_iter().map(str::to_owned).collect();
        items.extend(attention.clone());
        chance.shuffle(&mut items);
        let asks_person = question.shown_history().is_some();
        let body = TaskBody::Grade(GradeTask { items, asks_person, attention, role: GradeRole::Real });
        Draft { question_idx, body, repeat_of: None }
    }

    fn strange_item(&self, question_idx: usize, chance: &mut Chance) -> Option<String> {
        let (other_idx, system) = self.strange_list(question_idx, chance)?;
        let list = self.material.questions[other_idx].list(system, self.design.k);
        Some(list[chance.below(list.len())].clone())
    }

    fn side(&self, question_idx: usize, system: &str) -> Side {
        let question = &self.material.questions[question_idx];
        Side {
            system: system.to_owned(),
            question_id: question.question_id.clone(),
            items: question.list(system, self.design.k).to_vec(),
        }
    }

    /// Puts repeats of some real tasks of the first half into the last quarter of one arm's drafts.
    fn with_repeats(&self, rater: usize, arm: &str, mut drafts: Vec<Draft>) -> Vec<Draft> {
        let mut chance = Chance::new(self.design.seed, "repeats", &[arm, &rater.to_string()]);
        let (n, n_real) = (drafts.len(), drafts.iter().filter(|draft| draft.is_real()).count());
        let n_repeats = (self.design.repeated_share * n_real as f64).round() as usize;
        let mut early: Vec<usize> = (0..n.div_ceil(2)).filter(|&place| drafts[place].is_real()).collect();
        chance.shuffle(&mut early);
        for original in early.into_iter().take(n_repeats) {
            let repeat = drafts[original].repeated(original, &mut chance);
            let first_place = (n * 3).div_ceil(4);
            let place = first_place + chance.below(drafts.len() - first_place + 1);
            drafts.insert(place, repeat);
        }
        drafts
    }

    /// Gives the drafts their places and ids.
    fn finished(&self, rater: usize, drafts: Vec<Draft>) -> Vec<Task> {
        let id = |place: usize| {
            let names = [self.fingerprint.as_str(), &rater.to_string(), &place.to_string()];
            Chance::new(self.design.seed, "task", &names).id()
        };
        let finished = |(place, draft): (usize, Draft)| {
            let mut body = draft.body;
            if let Some(original) = draft.repeat_of {
                match &mut body {
                    TaskBody::Pair(pair) => pair.role = PairRole::Repeat { of: id(original) },
                    TaskBody::Grade(grade) => grade.role = GradeRole::Repeat { of: id(original) },
                }
            }
            let question_id = self.material.questions[draft.question_idx].question_id.clone();
            Task { task_id: id(place), place, question_id, body }
        };
        drafts.into_iter().enumerate().map(finished).collect()
    }
}

/// A task without its place.
#[derive(Debug, Clone)]
struct Draft {
    question_idx: usize,
    body: TaskBody,
    /// The place of what it repeats.
    repeat_of: Option<usize>,
}

impl Draft {
    fn is_real(&self) -> bool {
        let is_real = match &self.body {
            TaskBody::Pair(pair) => pair.role == PairRole::Real,
            TaskBody::Grade(grade) => grade.role == GradeRole::Real,
        };
        is_real && self.repeat_of.is_none()
    }

    /// The same once more: sides changed, items in another order, without a check.
    fn repeated(&self, original: usize, chance: &mut Chance) -> Self {
        let mut body = self.body.clone();
        match &mut body {
            TaskBody::Pair(pair) => std::mem::swap(&mut pair.left, &mut pair.right),
            TaskBody::Grade(grade) => {
                if let Some(strange) = grade.attention.take() {
                    grade.items.retain(|item| *item != strange);
                }
                chance.shuffle(&mut grade.items);
            }
        }
        Self { question_idx: self.question_idx, body, repeat_of: Some(original) }
    }

    /// For when other tasks are put before.
    fn moved(mut self, n_before: usize) -> Self {
        self.repeat_of = self.repeat_of.map(|place| place + n_before);
        self
    }
}

/// Left, right, left, … or the other way round.
fn alternating(chance: &mut Chance) -> impl Iterator<Item = Hand> + use<> {
    let first = usize::from(chance.coin());
    (first..).map(|turn| if turn % 2 == 0 { Hand::Left } else { Hand::Right })
}

#[cfg(test)]
mod tests;
