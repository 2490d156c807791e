//! Asking people which recommender is better: the science of a user study, without its pages.
//!
//! A study is fixed before it starts, in a [`Design`] and the frozen [`Material`]. Each rater's tasks follow from these and the rater's
//! number; what they say is an [`Answer`].
//!
//! The rooms, in the order of a study: [`design`] and [`material`], [`assignment`] of each [`task`], [`answer`].
//! This crate knows no recommender, no database and no web: files and pages are their owners' work.

pub mod design;
pub mod log;
pub mod material;
pub mod strata;
mod version;
mod chance;
mod circle;
pub mod task;
pub mod assignment;
pub mod answer;
pub mod interleave;
pub mod power;
pub mod statistics;
pub mod judgements;
pub mod analysis;
pub mod report;
pub mod export;
pub mod simulate;
mod error;
#[cfg(test)]
mod sample;

pub use analysis::{Analysis, analyse};
pub use answer::{Answer, Choice, ItemGrade, Rater, Response};
pub use assignment::{Assignment, tasks_of};
pub use design::Design;
pub use error::{AnswerError, CalibrationError, DesignError, ExportError, MaterialError, PowerError, StudyError};
pub use interleave::{Impression, Mixed, team_draft};
pub use judgements::{Journal, Judgements, Progress};
pub use material::{Material, Question};
pub use task::{Task, TaskView};
pub use version::Version;
