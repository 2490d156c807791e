//! Asking people which recommender is better: the science of a user study, without its pages.
//!
//! A study is fixed before it starts, in a [`Design`] and the frozen [`Material`]. Each rater's tasks follow from these and the rater's
//! number; what they say is an [`Answer`].
//!
//! ```
//! use whisperlite_study::power::{Certainty, votes_needed};
//! use whisperlite_study::simulate::{Crowd, World, preference, simulated_study};
//! use whisperlite_study::{Assignment, Version, analyse};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // How many decisive votes does it take to find that people prefer one system in 65 of 100 cases?
//! assert_eq!(votes_needed(0.65, Certainty::default())?, 97);
//!
//! // A design and frozen material; here of a world whose truth is known.
//! let scenario = preference("which is better?", [0.6, 1.4], &Crowd::default());
//! let (design, world) = (scenario.design, World::draw(&scenario.world, 7));
//! let assignment = Assignment::new(&design, &world.material)?;
//! let task = &assignment.tasks_of(0)[0];
//! let shown = task.view(world.material.question(&task.question_id).expect("it is there"));
//! println!("{}", serde_json::to_string(&shown)?); // all that may leave the server
//!
//! // People would answer now. These are programs, and everything that comes of them says so.
//! let simulated = simulated_study(&assignment, &world, &Crowd::default(), 1, 100, 7);
//! let version = Version::first(&design, &world.material);
//! let analysis = analyse(&assignment, &version, simulated.journal());
//! let win_rate = analysis.primary.estimate.expect("there are votes");
//! println!("{:.2} {:?}: {:?}", win_rate.value, win_rate.interval, analysis.primary.verdict);
//! # assert!(analysis.simulated && win_rate.value > 0.5);
//! # Ok(())
//! # }
//! ```
//!
//! The rooms, in the order of a study: [`design`] and [`material`] are fixed; [`power`] says how large; [`assignment`] makes each [`task`],
//! [`interleave`] each mixed list; an [`answer`] becomes one of the [`judgements`], of which [`statistics`] make the [`analysis`];
//! [`export`] hands it on. [`simulate`] tests all of it. This crate knows no recommender, no database and no web: files and pages are their
//! owners' work.

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
mod stopping;
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
pub use chance::hex;
pub use design::Design;
pub use error::{AnswerError, CalibrationError, DesignError, ExportError, MaterialError, PowerError, StudyError};
pub use interleave::{Impression, Mixed, Pick, team_draft};
pub use judgements::{Coverage, Journal, Judgements};
pub use material::{Material, Question};
pub use stopping::Progress;
pub use task::{Task, TaskView};
pub use version::Version;
