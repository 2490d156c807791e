//! The `whisperlite` command: reads arguments, calls the library, prints. The only place that prints.

mod import;
mod ui;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::ui::Ui;

/// Recommendations that fit the request and the person.
#[derive(Parser)]
#[command(name = "whisperlite", version, arg_required_else_help = true)]
struct Cli {
    /// Print machine-readable JSON on standard output instead of tables and bars
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Import(import::ImportArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ui = Ui::new(cli.json);
    let result: anyhow::Result<()> = match cli.command {
        Command::Import(args) => import::run(args, &ui),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            ui.error(&error);
            ExitCode::FAILURE
        }
    }
}
