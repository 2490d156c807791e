//! What is fixed before the first answer? Systems, arms, the primary measure, how many judgements, and when to stop.
//!
//! Nothing here may depend on an answer. A changed design is another [version](crate::Version).

use serde::{Deserialize, Serialize};

use crate::error::DesignError;

/// The format of designs that this program writes and reads.
pub const DESIGN_FORMAT: u32 = 1;

/// Everything that is decided before a study starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// [`DESIGN_FORMAT`].
    pub format: u32,
    /// What the study is called.
    pub name: String,
    /// What every draw is made from.
    pub seed: u64,
    /// The systems' names; raters never see them. The first is the one that the others are compared with by default.
    pub systems: Vec<String>,
    /// How many items of a list are shown.
    pub k: usize,
    /// How people are asked.
    pub arms: Arms,
    /// The one measure that decides the study.
    pub primary: Primary,
    /// When the study ends.
    pub stopping: Stopping,
    /// How many raters judge the same question in the same arm, at least 3: agreement needs them.
    pub raters_per_item: usize,
    /// How many tasks one rater gets, checks not counted.
    pub tasks_per_rater: usize,
    /// The part of a rater's tasks that comes again, from 0 to 0.5: how a rater agrees with themselves.
    pub repeated_share: f64,
    /// Which raters are left out of the analysis.
    pub exclusion: Exclusion,
}

/// The ways of asking; any of them may be left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arms {
    /// Two lists side by side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairs: Option<PairArm>,
    /// Items one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grades: Option<GradeArm>,
    /// Mixed lists in the live shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interleaving: Option<InterleavingArm>,
}

/// Two lists side by side, with five answers from "much better left" to "much better right".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairArm {
    /// Which systems meet.
    pub comparisons: Comparisons,
    /// How many times a rater sees one list on both sides.
    pub aa_per_rater: usize,
    /// How many times a rater sees a list that answers another question beside one that answers this.
    pub attention_per_rater: usize,
    /// An answer that came sooner is marked as too fast, in milliseconds.
    pub min_dwell_ms: u64,
}

/// Which systems meet side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparisons {
    /// Each with the first.
    WithFirst,
    /// Each with each.
    All,
}

/// Items of all systems, pooled and shuffled, each graded from 0 to 3: does it fit the request, does it fit this person?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradeArm {
    /// How many items of each list are pooled, at most `k`; the depth of NDCG, too.
    pub depth: usize,
    /// In how many of a rater's graded tasks an item stands that answers another question.
    pub attention_per_rater: usize,
    /// A task that took less for each of its items is marked as too fast, in milliseconds.
    pub min_dwell_ms_per_item: u64,
}

/// Two systems' lists mixed in the live shop by team draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterleavingArm {
    /// One system.
    pub system: String,
    /// The other.
    pub against: String,
    /// Which part of the shop's visits gets mixed lists, above 0 and at most 1.
    pub share_of_visits: f64,
}

/// The one measure that decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "measure", rename_all = "snake_case", deny_unknown_fields)]
pub enum Primary {
    /// The part of decisive votes that prefer `system` to `against`.
    WinRate {
        /// One system.
        system: String,
        /// The other.
        against: String,
    },
    /// NDCG of `system` by people's grades, less that of `against`.
    GradedNdcg {
        /// One system.
        system: String,
        /// The other.
        against: String,
        /// By which of the two grades.
        fit: Fit,
    },
    /// Of the mixed lists from which something was picked: the part where `system` got more credit, less the part where `against`
    /// did, halved. From -0.5 to 0.5.
    InterleavingDelta {
        /// One system.
        system: String,
        /// The other.
        against: String,
    },
}

/// Which question a grade answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// Does the item fit the request?
    Request,
    /// Does it fit this person?
    Person,
}

/// When the study ends. Neither rule looks at who is ahead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stopping {
    /// What is counted.
    pub rule: StoppingRule,
    /// The planned number.
    pub planned: usize,
}

/// What is counted until the study ends: in the primary measure's arm and comparison, repeats and checks left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoppingRule {
    /// Every judgement: a pair that a rater answered, a question whose items a rater graded, a mixed list from which something was
    /// picked.
    Judgements,
    /// Only votes that are no tie; for pairs and interleaving. Whom a vote favours plays no part.
    DecisiveVotes,
}

/// The rule by which raters are left out, declared before anybody answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// A rater stays only with at least this part of the attention checks passed, from 0 to 1. Without a check a rater stays.
    pub min_attention_passed: f64,
    /// A rater stays only with at most this part of the answers too fast, from 0 to 1.
    pub max_too_fast: f64,
}

impl Primary {
    /// The two systems.
    pub fn systems(&self) -> (&str, &str) {
        match self {
            Self::WinRate { system, against }
            | Self::GradedNdcg { system, against, .. }
            | Self::InterleavingDelta { system, against } => (system, against),
        }
    }
}

impl Design {
    /// Reads a design from JSON and checks it.
    ///
    /// # Errors
    /// If it is none, or if a field says what cannot be, naming the field.
    pub fn from_json(text: &str) -> Result<Self, DesignError> {
        let design: Self = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text))
            .map_err(|error| DesignError::Json { field: error.path().to_string(), source: error.into_inner() })?;
        design.check()?;
        Ok(design)
    }

    /// The pairs of systems that meet side by side, each in the order of `systems`; none without that arm.
    pub fn comparisons(&self) -> Vec<(&str, &str)> {
        let Some(arm) = &self.arms.pairs else { return Vec::new() };
        let n_first = match arm.comparisons {
            Comparisons::WithFirst => 1,
            Comparisons::All => self.systems.len(),
        };
        let after = |first: usize| self.systems[first + 1..].iter().map(move |second| (first, second.as_str()));
        (0..n_first).flat_map(after).map(|(first, second)| (self.systems[first].as_str(), second)).collect()
    }

    /// Checks every field that can be checked without the material.
    ///
    /// # Errors
    /// The first field that says what cannot be.
    pub fn check(&self) -> Result<(), DesignError> {
        if self.format != DESIGN_FORMAT {
            return Err(DesignError::Format { found: self.format, known: DESIGN_FORMAT });
        }
        if self.name.trim().is_empty() {
            return Err(DesignError::Empty { field: "name" });
        }
        self.check_systems()?;
        self.check_numbers()?;
        self.check_primary()
    }

    fn check_systems(&self) -> Result<(), DesignError> {
        if self.systems.len() < 2 {
            return Err(DesignError::TooFewSystems { found: self.systems.len() });
        }
        for (place, name) in self.systems.iter().enumerate() {
            if name.trim().is_empty() {
                return Err(DesignError::Empty { field: "systems" });
            }
            if self.systems[..place].contains(name) {
                return Err(DesignError::SameSystem { name: name.clone() });
            }
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), DesignError> {
        within("k", self.k, 1..=100, "from 1 to 100")?;
        within("raters_per_item", self.raters_per_item, 3..=1000, "from 3 to 1000: agreement needs at least 3")?;
        within("tasks_per_rater", self.tasks_per_rater, 1..=1000, "from 1 to 1000")?;
        within("stopping.planned", self.stopping.planned, 1..=10_000_000, "from 1 to 10,000,000")?;
        share("repeated_share", self.repeated_share, 0.5, "from 0 to 0.5")?;
        share("exclusion.min_attention_passed", self.exclusion.min_attention_passed, 1.0, "from 0 to 1")?;
        share("exclusion.max_too_fast", self.exclusion.max_too_fast, 1.0, "from 0 to 1")?;
        if let Some(arm) = &self.arms.pairs {
            within("arms.pairs.aa_per_rater", arm.aa_per_rater, 0..=20, "from 0 to 20")?;
            within("arms.pairs.attention_per_rater", arm.attention_per_rater, 0..=20, "from 0 to 20")?;
        }
        if let Some(arm) = &self.arms.grades {
            within("arms.grades.attention_per_rater", arm.attention_per_rater, 0..=20, "from 0 to 20")?;
            within("arms.grades.depth", arm.depth, 1..=self.k, "from 1 to `k`")?;
        }
        if let Some(arm) = &self.arms.interleaving {
            share("arms.interleaving.share_of_visits", arm.share_of_visits, 1.0, "above 0 and at most 1")?;
            if arm.share_of_visits == 0.0 {
                let found = "0".to_owned();
                let range = "above 0 and at most 1";
                return Err(DesignError::Range { field: "arms.interleaving.share_of_visits", found, range });
            }
        }
        Ok(())
    }

    fn check_primary(&self) -> Result<(), DesignError> {
        let Arms { pairs, grades, interleaving } = &self.arms;
        if let Some(arm) = interleaving {
            self.check_two("arms.interleaving", &arm.system, &arm.against)?;
        }
        let (system, against) = self.primary.systems();
        self.check_two("primary", system, against)?;
        match &self.primary {
            _ if pairs.is_none() && grades.is_none() && interleaving.is_none() => Err(DesignError::NoArm),
            Primary::WinRate { .. } if pairs.is_none() => Err(DesignError::PrimaryWithoutArm { arm: "pairs" }),
            Primary::WinRate { .. } if !self.compares(system, against) => Err(DesignError::PrimaryNotAsked {
                system: system.to_owned(),
                against: against.to_owned(),
                first: self.systems[0].clone(),
            }),
            Primary::GradedNdcg { .. } if grades.is_none() => Err(DesignError::PrimaryWithoutArm { arm: "grades" }),
            Primary::GradedNdcg { .. } if self.stopping.rule == StoppingRule::DecisiveVotes => {
                Err(DesignError::NoVotes)
            }
            Primary::InterleavingDelta { .. } => match interleaving {
                Some(arm) if is_same_pair((&arm.system, &arm.against), (system, against)) => Ok(()),
                Some(_) => {
                    Err(DesignError::OtherInterleaving { system: system.to_owned(), against: against.to_owned() })
                }
                None => Err(DesignError::PrimaryWithoutArm { arm: "interleaving" }),
            },
            _ => Ok(()),
        }
    }

    fn compares(&self, system: &str, against: &str) -> bool {
        self.comparisons().iter().any(|pair| is_same_pair(*pair, (system, against)))
    }

    fn check_two(&self, field: &'static str, system: &str, against: &str) -> Result<(), DesignError> {
        if let Some(name) = [system, against].into_iter().find(|name| !self.systems.iter().any(|s| s == name)) {
            let known = self.systems.join(", ");
            return Err(DesignError::UnknownSystem { field, name: name.to_owned(), known });
        }
        if system == against {
            return Err(DesignError::SameTwice { field, name: system.to_owned() });
        }
        Ok(())
    }
}

fn is_same_pair(one: (&str, &str), other: (&str, &str)) -> bool {
    one == other || one == (other.1, other.0)
}

fn within(
    field: &'static str,
    found: usize,
    allowed: std::ops::RangeInclusive<usize>,
    range: &'static str,
) -> Result<(), DesignError> {
    if allowed.contains(&found) {
        return Ok(());
    }
    Err(DesignError::Range { field, found: found.to_string(), range })
}

/// Refuses what is not a number, too.
fn share(field: &'static str, found: f64, most: f64, range: &'static str) -> Result<(), DesignError> {
    if (0.0..=most).contains(&found) {
        return Ok(());
    }
    Err(DesignError::Range { field, found: found.to_string(), range })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_good_design_passes_and_goes_through_json() {
        let design = sample::design(&["a", "b", "c"]);
        let text = serde_json::to_string(&design).expect("JSON");
        assert_eq!(Design::from_json(&text).expect("the same"), design);
    }

    #[test]
    fn comparisons_are_those_asked_for() {
        let mut design = sample::design(&["a", "b", "c"]);
        assert_eq!(design.comparisons(), [("a", "b"), ("a", "c"), ("b", "c")]);
        design.arms.pairs.as_mut().expect("pairs").comparisons = Comparisons::WithFirst;
        assert_eq!(design.comparisons(), [("a", "b"), ("a", "c")]);
    }

    #[test]
    fn each_mistake_names_its_field() {
        let said = |change: &dyn Fn(&mut Design)| {
            let mut design = sample::design(&["a", "b", "c"]);
            change(&mut design);
            design.check().expect_err("a mistake").to_string()
        };
        assert!(said(&|d| d.format = 9).contains("format version 9"));
        assert!(said(&|d| d.name = " ".into()).contains("`name`"));
        assert!(said(&|d| d.systems.truncate(1)).contains("`systems`"));
        assert!(said(&|d| d.systems[2] = "a".into()).contains("\"a\" twice"));
        assert!(said(&|d| d.k = 0).contains("`k` is 0"));
        assert!(said(&|d| d.raters_per_item = 2).contains("`raters_per_item` is 2"));
        assert!(said(&|d| d.repeated_share = f64::NAN).contains("`repeated_share` is NaN"));
        assert!(said(&|d| d.arms.grades.as_mut().expect("grades").depth = 99).contains("`arms.grades.depth`"));
        assert!(said(&|d| d.arms = Arms::default()).contains("`arms` is empty"));
        assert!(said(&|d| d.arms.pairs = None).contains("`arms.pairs`"));
        let primary = |system: &str, against: &str| Primary::WinRate { system: system.into(), against: against.into() };
        assert!(said(&|d| d.primary = primary("a", "z")).contains("\"z\""));
        assert!(said(&|d| d.primary = primary("b", "b")).contains("itself"));
        let with_first = said(&|d| {
            d.primary = primary("b", "c");
            d.arms.pairs.as_mut().expect("pairs").comparisons = Comparisons::WithFirst;
        });
        assert!(with_first.contains("set it to \"all\""), "{with_first}");
        let interleaving = Primary::InterleavingDelta { system: "a".into(), against: "c".into() };
        assert!(said(&|d| d.primary = interleaving.clone()).contains("interleaving"));
        let graded = Primary::GradedNdcg { system: "a".into(), against: "b".into(), fit: Fit::Person };
        assert!(said(&|d| d.primary = graded.clone()).contains("grades have no votes"));
    }

    #[test]
    fn an_unknown_field_is_refused_by_its_name() {
        let mut value = serde_json::to_value(sample::design(&["a", "b"])).expect("JSON");
        value["arms"]["pairs"]["peek"] = true.into();
        let error = Design::from_json(&value.to_string()).expect_err("no such field").to_string();
        assert!(error.contains("arms.pairs") && error.contains("peek"), "{error}");
    }
}
