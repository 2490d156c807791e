//! Simulated studies: how often intervals cover the truth, equal systems come out different, and planned numbers find what is there.
//!
//! ```text
//! cargo run --release -p whisperlite-study --example coverage -- 1000 1000
//! ```
//!
//! The numbers are those of studies for each row, and for each row that is planned; 0 leaves those rows out. The truth of each row comes from as many others. All raters and visitors are simulated.

mod table;

use std::process::ExitCode;

use whisperlite_study::simulate::{planned_scenarios, scenarios};

fn main() -> ExitCode {
    let Some([n_studies, n_planned]) = table::n_studies_asked("coverage") else { return ExitCode::FAILURE };
    table::print_studies(scenarios(), n_studies);
    table::print_planned(planned_scenarios(), n_planned);
    ExitCode::SUCCESS
}
