//! How many judgements does it take? Asked before a study starts.
//!
//! - Preferences: the exact two-sided sign test on decisive votes.
//! - Grades: the paired t test, by the noncentral t distribution.
//! - Votes of one rater, or about one question, resemble each other; the design effect says how many more it takes (Kish 1965).

use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, DiscreteCDF};

use crate::error::PowerError;
use crate::statistics::distributions::{noncentral_t_cdf, normal_quantile, t_quantile};

/// The most judgements that a plan may come to.
pub const MAX_PLANNED: usize = 10_000_000;

/// How sure a study shall be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certainty {
    /// The two-sided level of the test: how often a study of two equal systems finds a difference.
    pub alpha: f64,
    /// How often a study finds a difference that is there.
    pub power: f64,
}

/// How much alike judgements are that share a rater, or a question.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clustering {
    /// Judgements of each rater.
    pub per_rater: f64,
    /// The correlation of two judgements of one rater.
    pub rater_correlation: f64,
    /// Judgements about each question.
    pub per_question: f64,
    /// The correlation of two judgements about one question.
    pub question_correlation: f64,
}

impl Default for Clustering {
    /// Independent judgements.
    fn default() -> Self {
        Self { per_rater: 1.0, rater_correlation: 0.0, per_question: 1.0, question_correlation: 0.0 }
    }
}

impl Default for Certainty {
    /// 80 % power at a two-sided level of 0.05.
    fn default() -> Self {
        Self { alpha: 0.05, power: 0.8 }
    }
}

impl Certainty {
    fn check(&self) -> Result<(), PowerError> {
        open_unit("alpha", self.alpha)?;
        open_unit("power", self.power)
    }
}

impl Clustering {
    /// 1 + (m - 1) ρ for raters and for questions, both excesses added: how many times as many judgements it takes.
    ///
    /// # Errors
    /// If a number of judgements is below 1, or a correlation not from 0 to 1.
    pub fn design_effect(&self) -> Result<f64, PowerError> {
        let excess = |m_name, m: f64, rho_name, rho: f64| {
            if !(m.is_finite() && m >= 1.0) {
                return Err(PowerError::Range { field: m_name, found: m, range: "1 or more" });
            }
            if !(0.0..=1.0).contains(&rho) {
                return Err(PowerError::Range { field: rho_name, found: rho, range: "from 0 to 1" });
            }
            Ok((m - 1.0) * rho)
        };
        let raters = excess("per_rater", self.per_rater, "rater_correlation", self.rater_correlation)?;
        let questions = excess("per_question", self.per_question, "question_correlation", self.question_correlation)?;
        Ok(1.0 + raters + questions)
    }
}

/// What a study needs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// How many judgements it would take if all were independent: decisive votes by the exact sign test, or grades by the paired t test.
    pub n_independent: usize,
    /// How many times as many it takes.
    pub design_effect: f64,
    /// How many it takes: at least the product of both, and so many that the study's own test, which knows the variance only from these raters
    /// and questions, reaches the power as well.
    pub n_judgements: usize,
    /// How many raters that makes.
    pub n_raters: usize,
    /// How many questions.
    pub n_questions: usize,
}

/// Plans a study that decides by decisive votes.
///
/// # Errors
/// As [`votes_needed`] and [`Clustering::design_effect`].
pub fn plan_win_rate(win_rate: f64, clustering: &Clustering, certainty: Certainty) -> Result<Plan, PowerError> {
    // A vote is 1 or 0, with a standard deviation of one half where systems are equal.
    plan(votes_needed(win_rate, certainty)?, (win_rate - 0.5) / 0.5, clustering, certainty)
}

/// Plans a study that decides by a mean difference, of `effect` standard deviations of one difference (Cohen's dz).
///
/// # Errors
/// As [`grades_needed`] and [`Clustering::design_effect`].
pub fn plan_grades(effect: f64, clustering: &Clustering, certainty: Certainty) -> Result<Plan, PowerError> {
    plan(grades_needed(effect, certainty)?, effect, clustering, certainty)
}

fn plan(n_independent: usize, effect: f64, clustering: &Clustering, certainty: Certainty) -> Result<Plan, PowerError> {
    let design_effect = clustering.design_effect()?;
    let enough = (n_independent as f64 * design_effect).ceil();
    if enough > MAX_PLANNED as f64 {
        return Err(PowerError::TooMany { most: MAX_PLANNED });
    }
    let reached = |n: usize| Ok(clustered_power(n, effect, clustering, certainty.alpha)? >= certainty.power);
    let n_judgements = smallest(enough as usize, reached)?;
    Ok(Plan {
        n_independent,
        design_effect,
        n_judgements,
        n_raters: (n_judgements as f64 / clustering.per_rater).ceil() as usize,
        n_questions: (n_judgements as f64 / clustering.per_question).ceil() as usize,
    })
}

/// How often the two-way test of a study (see [`crate::statistics`]) finds a true mean of `effect` standard deviations of one judgement: by the
/// noncentral t distribution with Satterthwaite's degrees of freedom, for the variance that the test finds in the mean. 0 below two raters or
/// two questions.
///
/// That variance is a little below the true one where raters are few and share questions: deviations are from the study's own mean, and raters who judge the
/// same questions move it together. Of the sums over `R` raters, which are `a` of the variance, the test sees (R a - 1) / (R - 1), and likewise of questions
/// and of single judgements.
///
/// # Errors
/// If a number is out of range.
pub fn clustered_power(n: usize, effect: f64, clustering: &Clustering, alpha: f64) -> Result<f64, PowerError> {
    open_unit("alpha", alpha)?;
    check_effect(effect)?;
    let design_effect = clustering.design_effect()?;
    let n = n as f64;
    let (n_raters, n_questions) = (n / clustering.per_rater, n / clustering.per_question);
    if n_raters < 2.0 || n_questions < 2.0 {
        return Ok(0.0);
    }
    let of_raters = 1.0 + (clustering.per_rater - 1.0) * clustering.rater_correlation;
    let of_questions = 1.0 + (clustering.per_question - 1.0) * clustering.question_correlation;
    let unsure = of_raters.powi(2) / (n_raters - 1.0) + of_questions.powi(2) / (n_questions - 1.0);
    let df = (design_effect.powi(2) / unsure).max(1.0);
    let seen = |part: f64, n: f64| (n * part / design_effect - 1.0) / (n - 1.0);
    // The test takes no variance below that of independent judgements.
    let found = (seen(of_raters, n_raters) + seen(of_questions, n_questions) - seen(1.0, n)).max(1.0 / design_effect);
    Ok(t_power(effect.abs() * (n / design_effect).sqrt(), found, df, alpha))
}

/// How many decisive votes it takes to find a true win rate: from this number on, the power of the exact two-sided sign test stays at
/// or above the wanted one. (It is a saw: single smaller numbers may reach it too.)
///
/// # Errors
/// If a number is out of range, the win rate is one half, or more than [`MAX_PLANNED`] come out.
pub fn votes_needed(win_rate: f64, certainty: Certainty) -> Result<usize, PowerError> {
    certainty.check()?;
    open_unit("win_rate", win_rate)?;
    if win_rate == 0.5 {
        return Err(PowerError::NoEffect { field: "win_rate" });
    }
    // The normal approximation, far exceeded by its continuity correction and a margin for the saw.
    let (z_alpha, z_power) = (normal_quantile(1.0 - certainty.alpha / 2.0), normal_quantile(certainty.power));
    let spread = z_alpha / 2.0 + z_power.max(0.0) * (win_rate * (1.0 - win_rate)).sqrt();
    let approximate = (spread / (win_rate - 0.5)).powi(2);
    let most = 1.2 * approximate + 4.0 / (win_rate - 0.5).abs() + 100.0;
    if most > MAX_PLANNED as f64 {
        return Err(PowerError::TooMany { most: MAX_PLANNED });
    }
    let mut n = most as usize;
    while n > 0 && sign_test_power(n, win_rate, certainty.alpha)? >= certainty.power {
        n -= 1;
    }
    Ok(n + 1)
}

/// How often the exact two-sided sign test on `n` decisive votes finds a true win rate.
///
/// # Errors
/// If a number is out of range.
pub fn sign_test_power(n: usize, win_rate: f64, alpha: f64) -> Result<f64, PowerError> {
    open_unit("win_rate", win_rate)?;
    open_unit("alpha", alpha)?;
    let Some(most) = sign_test_critical(n, alpha) else { return Ok(0.0) };
    let votes = Binomial::new(win_rate, n as u64).expect("a chance and a number");
    Ok(votes.cdf(most) + votes.sf(n as u64 - most - 1))
}

/// The largest number of votes for the loser with which `n` votes are significant; none if no number is.
fn sign_test_critical(n: usize, alpha: f64) -> Option<u64> {
    let fair = Binomial::new(0.5, n as u64).expect("a chance and a number");
    let is_significant = |losses: u64| 2.0 * fair.cdf(losses) <= alpha;
    if n == 0 || !is_significant(0) {
        return None;
    }
    // Halving: significant at `low`, not at `high`.
    let (mut low, mut high) = (0, n as u64);
    while high - low > 1 {
        let middle = low.midpoint(high);
        if is_significant(middle) { low = middle } else { high = middle }
    }
    Some(low)
}

/// How many paired judgements it takes to find a true mean difference of `effect` standard deviations of the differences (Cohen's dz)
/// with the two-sided paired t test.
///
/// # Errors
/// If a number is out of range, the effect is 0, or more than [`MAX_PLANNED`] come out.
pub fn grades_needed(effect: f64, certainty: Certainty) -> Result<usize, PowerError> {
    certainty.check()?;
    if effect == 0.0 {
        return Err(PowerError::NoEffect { field: "effect" });
    }
    check_effect(effect)?;
    let (z_alpha, z_power) = (normal_quantile(1.0 - certainty.alpha / 2.0), normal_quantile(certainty.power));
    let approximate = ((z_alpha + z_power.max(0.0)) / effect).powi(2);
    if approximate > MAX_PLANNED as f64 {
        return Err(PowerError::TooMany { most: MAX_PLANNED });
    }
    smallest(2, |n| Ok(paired_t_power(n, effect, certainty.alpha)? >= certainty.power))
}

/// The smallest number from `least` on for which `reached` holds, which holds for all larger ones too.
fn smallest(least: usize, reached: impl Fn(usize) -> Result<bool, PowerError>) -> Result<usize, PowerError> {
    if reached(least)? {
        return Ok(least);
    }
    // Doubling, then halving: below at `low`, reached at `high`.
    let (mut low, mut high) = (least, 2 * least);
    while !reached(high)? {
        if high > MAX_PLANNED {
            return Err(PowerError::TooMany { most: MAX_PLANNED });
        }
        (low, high) = (high, 2 * high);
    }
    while high - low > 1 {
        let middle = low.midpoint(high);
        if reached(middle)? { high = middle } else { low = middle }
    }
    Ok(high)
}

/// How often the two-sided paired t test on `n` differences finds a true mean of `effect` standard deviations; 0 below two.
///
/// # Errors
/// If a number is out of range.
pub fn paired_t_power(n: usize, effect: f64, alpha: f64) -> Result<f64, PowerError> {
    open_unit("alpha", alpha)?;
    check_effect(effect)?;
    if n < 2 {
        return Ok(0.0);
    }
    let df = (n - 1) as f64;
    Ok(t_power(effect.abs() * (n as f64).sqrt(), 1.0, df, alpha))
}

/// The power of a t test that takes the variance for `found` times what it is.
fn t_power(shift: f64, found: f64, df: f64, alpha: f64) -> f64 {
    let critical = t_quantile(1.0 - alpha / 2.0, df) * found.sqrt();
    (1.0 - noncentral_t_cdf(critical, df, shift) + noncentral_t_cdf(-critical, df, shift)).clamp(0.0, 1.0)
}

fn check_effect(effect: f64) -> Result<(), PowerError> {
    if effect.is_finite() && effect.abs() <= 10.0 {
        return Ok(());
    }
    Err(PowerError::Range { field: "effect", found: effect, range: "from -10 to 10" })
}

fn open_unit(field: &'static str, found: f64) -> Result<(), PowerError> {
    if found > 0.0 && found < 1.0 {
        return Ok(());
    }
    Err(PowerError::Range { field, found, range: "between 0 and 1" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_numbers_of_votes_come_out() {
        for (win_rate, n) in [(0.60, 210), (0.65, 97), (0.70, 54), (0.40, 210)] {
            assert_eq!(votes_needed(win_rate, Certainty::default()).expect("a plan"), n);
        }
    }

    #[test]
    fn power_stays_from_the_planned_number_on() {
        for (win_rate, power) in [(0.55, 0.9), (0.62, 0.8), (0.75, 0.5), (0.9, 0.95), (0.99, 0.2)] {
            let n = votes_needed(win_rate, Certainty { alpha: 0.05, power }).expect("a plan");
            let reached = |n| sign_test_power(n, win_rate, 0.05).expect("a power") >= power;
            assert!((n..n + 300).all(reached), "{win_rate} {n}");
            assert!(!reached(n - 1), "{win_rate} {n}");
        }
    }

    /// Against adding up every outcome.
    #[test]
    fn the_power_of_the_sign_test_is_the_chance_of_all_significant_outcomes() {
        for n in 1_usize..40 {
            let pascal = |chance: f64| {
                let mut row = vec![1.0];
                for _ in 0..n {
                    let next = |k: usize| {
                        let stay = if k < row.len() { row[k] * (1.0 - chance) } else { 0.0 };
                        let step = if k > 0 { row[k - 1] * chance } else { 0.0 };
                        stay + step
                    };
                    row = (0..=row.len()).map(next).collect::<Vec<f64>>();
                }
                row
            };
            let (fair, biased) = (pascal(0.5), pascal(0.7));
            let p_value = |wins: usize| 2.0 * fair[..=wins.min(n - wins)].iter().sum::<f64>();
            let naive: f64 = (0..=n).filter(|&wins| p_value(wins) <= 0.05).map(|wins| biased[wins]).sum();
            let found = sign_test_power(n, 0.7, 0.05).expect("a power");
            assert!((found - naive).abs() < 1e-12, "{n}: {found} {naive}");
        }
    }

    #[test]
    fn the_design_effect_adds_both_excesses() {
        let clustering =
            Clustering { per_rater: 21.0, rater_correlation: 0.05, per_question: 3.0, question_correlation: 0.25 };
        assert!((clustering.design_effect().expect("an effect") - 2.5).abs() < 1e-12);
        let plan = plan_win_rate(0.65, &clustering, Certainty::default()).expect("a plan");
        assert_eq!((plan.n_independent, plan.design_effect), (97, 2.5));
        assert!(plan.n_judgements >= 243, "{plan:?}");
        assert_eq!((plan.n_raters, plan.n_questions), (plan.n_judgements.div_ceil(21), plan.n_judgements.div_ceil(3)));
        let independent = plan_win_rate(0.65, &Clustering::default(), Certainty::default()).expect("a plan");
        assert_eq!((independent.n_judgements, independent.n_raters), (97, 97));
    }

    /// Few raters know little of how raters differ, even if they do not.
    #[test]
    fn few_raters_take_more_judgements() {
        let of = |per_rater: f64| {
            let clustering = Clustering { per_rater, ..Clustering::default() };
            plan_grades(0.5, &clustering, Certainty::default()).expect("a plan").n_judgements
        };
        assert!(of(20.0) > of(5.0) && of(5.0) > of(1.0), "{} {} {}", of(20.0), of(5.0), of(1.0));
        let clustering = Clustering { per_rater: 20.0, rater_correlation: 0.1, ..Clustering::default() };
        let n = plan_grades(0.5, &clustering, Certainty::default()).expect("a plan").n_judgements;
        assert!(clustered_power(n, 0.5, &clustering, 0.05).expect("a power") >= 0.8);
        assert!(clustered_power(n - 1, 0.5, &clustering, 0.05).expect("a power") < 0.8);
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        let certainty = Certainty::default();
        let said = |result: Result<usize, PowerError>| result.expect_err("refused").to_string();
        assert!(said(votes_needed(0.5, certainty)).contains("`win_rate`"));
        assert!(said(votes_needed(f64::NAN, certainty)).contains("`win_rate`"));
        assert!(said(votes_needed(0.500_01, certainty)).contains("10000000"));
        assert!(said(votes_needed(0.6, Certainty { alpha: 0.0, power: 0.8 })).contains("`alpha`"));
        assert!(said(grades_needed(0.0, certainty)).contains("`effect`"));
        assert!(said(grades_needed(f64::INFINITY, certainty)).contains("`effect`"));
        assert!(said(grades_needed(1e-5, certainty)).contains("10000000"));
        let clustering = Clustering { per_rater: 0.0, ..Clustering::default() };
        let error = plan_grades(0.5, &clustering, certainty).expect_err("refused").to_string();
        assert!(error.contains("`per_rater`"), "{error}");
    }
}
