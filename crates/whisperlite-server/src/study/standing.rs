//! Where a study stands, without a word of who is ahead.

use serde::Serialize;
use utoipa::ToSchema;
use whisperlite_study::log::{Made, Status, Study};
use whisperlite_study::{Answer, Assignment, Impression, Journal, Progress, Rater};

use super::BookError;

/// Where a study stands.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Standing {
    /// The study.
    pub name: String,
    /// `draft`, `open` or `closed`.
    #[schema(value_type = String)]
    pub status: Status,
    /// The number of its latest version, to which everything below belongs.
    pub version: u32,
    /// SHA-256 of what was fixed.
    pub fingerprint: String,
    /// The systems' names.
    pub systems: Vec<String>,
    /// Links that were made.
    pub invited: usize,
    /// Raters who consented.
    pub joined: usize,
    /// What they said, changed answers included.
    pub answers: usize,
    /// Lists that were mixed in the live shop.
    pub mixed_lists: usize,
    /// How many judgements end the study.
    pub planned: usize,
    /// How many of them there are; from the end on, as many as are planned.
    pub reached: usize,
    /// Answers that came after the planned number was reached, or mixed lists picked from after it. They are kept, and are not in the verdict.
    pub after: usize,
    /// How many raters must do all their tasks until everything has its raters.
    pub raters_needed: usize,
}

/// One version of a study with what was said in it.
pub struct Said {
    /// What was fixed.
    pub made: Made,
    /// Who answered.
    pub raters: Vec<Rater>,
    /// What they said, to other versions too: an analysis says how many those are.
    pub answers: Vec<Answer>,
    /// Lists that were mixed.
    pub impressions: Vec<Impression>,
    /// Where the version stands.
    pub status: Status,
    /// How many raters had everything of theirs erased.
    pub n_forgotten: usize,
}

impl Said {
    /// The latest version, or one by its number.
    ///
    /// # Errors
    /// If there is no such version.
    pub fn of(study: &Study, name: &str, version: Option<u32>) -> Result<Self, BookError> {
        let made = match version {
            Some(version) => study.version(version),
            None => study.current(),
        };
        let made = made.ok_or_else(|| BookError::UnknownVersion {
            name: name.to_owned(),
            version: version.unwrap_or_default(),
            latest: study.current().map_or(0, |made| made.version.number),
        })?;
        let version = made.version.number;
        Ok(Self {
            raters: study.raters(version),
            answers: study.answers.clone(),
            impressions: study.impressions_of(version),
            status: study.status(version),
            n_forgotten: study.n_forgotten,
            made: made.clone(),
        })
    }

    /// What was said, as it is analysed.
    pub fn journal(&self) -> Journal<'_> {
        Journal {
            status: self.status,
            raters: &self.raters,
            answers: &self.answers,
            impressions: &self.impressions,
            n_forgotten: self.n_forgotten,
        }
    }

    /// The version, ready to hand out tasks and to read answers.
    ///
    /// # Errors
    /// If what was fixed is damaged.
    pub fn assignment(&self) -> Result<Assignment<'_>, BookError> {
        Ok(Assignment::new(&self.made.design, &self.made.material)?)
    }
}

impl Standing {
    /// Of the latest version.
    ///
    /// # Errors
    /// If there is no version.
    pub fn of(study: &Study, name: &str) -> Result<Self, BookError> {
        let said = Said::of(study, name, None)?;
        let assignment = said.assignment()?;
        let version = said.made.version.number;
        let progress = Progress::of(&assignment, version, said.journal());
        Ok(Self {
            name: name.to_owned(),
            status: said.status,
            version,
            fingerprint: said.made.version.fingerprint.clone(),
            systems: said.made.design.systems.clone(),
            invited: study.members.len(),
            joined: said.raters.len(),
            answers: said.answers.iter().filter(|answer| answer.version == version).count(),
            mixed_lists: said.impressions.len(),
            planned: progress.planned,
            reached: progress.reached,
            after: progress.after,
            raters_needed: assignment.raters_needed(),
        })
    }
}
