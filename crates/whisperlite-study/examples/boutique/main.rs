//! Simulated studies of the drawn boutique: real visits to it, systems that know a part of the truth, raters who know it through noise.
//!
//! ```text
//! cargo run --release -p whisperlite-study --example boutique -- 1000 1000
//! ```
//!
//! The numbers are those of studies for each row, and for each row that is planned; 0 leaves those rows out. The truth of each row comes from as many others. The boutique, all raters and all visitors
//! are simulated.

#[path = "../coverage/table.rs"]
mod table;
mod systems;
mod visits;

use std::process::ExitCode;
use std::sync::Arc;

use systems::{planned_scenarios, scenarios};
use visits::Visits;

/// Visits to the boutique, of which each study asks about some.
const N_SESSIONS: u64 = 8000;

fn main() -> ExitCode {
    let Some([n_studies, n_planned]) = table::n_studies_asked("boutique") else { return ExitCode::FAILURE };
    let visits = Arc::new(Visits::draw(7, N_SESSIONS));
    table::print_studies(scenarios(&visits), n_studies);
    table::print_planned(planned_scenarios(&visits), n_planned);
    ExitCode::SUCCESS
}
