//! The `whisperlite` command: reads arguments, calls the library, prints. The only place that prints.

mod bench;
mod builtin;
mod compose;
mod config;
mod demo;
mod embed;
mod encoder;
mod evaluate;
mod import;
mod keys;
mod opened;
mod ready;
mod recommend;
mod retrain;
mod serve;
mod settings;
mod store;
mod study;
mod train;
mod tune;
mod ui;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use whisperlite::trainer::ConfigError;

use crate::settings::NoSettings;
use crate::ui::Ui;

/// Training makes and drops matrices of megabytes at every step, which the system's allocator gives back to the kernel
/// each time, to be cleared page by page when it asks for them again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Recommendations that fit the request and the person
///
/// From raw files to answers: import, embed, train, evaluate, recommend, serve. Exit codes: 0 done, 1 failed, 2 wrong usage.
#[derive(Parser)]
#[command(name = "whisperlite", version, arg_required_else_help = true, after_long_help = EXAMPLES)]
struct Cli {
    /// Print machine-readable JSON on standard output instead of tables and bars
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  whisperlite import films --from tables items.tsv events.tsv
  whisperlite embed films --encoder all-MiniLM-L6-v2
  whisperlite train films
  whisperlite evaluate films
  whisperlite recommend films --request \"nonlinear surrealism\"
  whisperlite serve films";

#[derive(Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Import(import::ImportArgs),
    Encoder(encoder::EncoderArgs),
    Embed(embed::EmbedArgs),
    Train(train::TrainArgs),
    Retrain(retrain::RetrainArgs),
    Evaluate(evaluate::EvaluateArgs),
    Recommend(recommend::RecommendArgs),
    Serve(serve::ServeArgs),
    Keys(keys::KeysArgs),
    Store(store::StoreCommand),
    Study(study::StudyArgs),
    Bench(bench::BenchArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ui = Ui::new(cli.json);
    let result: anyhow::Result<()> = match cli.command {
        Command::Demo(args) => demo::run(&args, &ui),
        Command::Import(args) => import::run(args, &ui),
        Command::Encoder(args) => encoder::run(args, &ui),
        Command::Embed(args) => embed::run(args, &ui),
        Command::Train(args) => train::run(args, &ui),
        Command::Retrain(args) => retrain::run(&args, &ui),
        Command::Evaluate(args) => evaluate::run(args, &ui),
        Command::Recommend(args) => recommend::run(args, &ui),
        Command::Serve(args) => serve(args, &ui),
        Command::Keys(args) => keys::run(args, &ui),
        Command::Store(args) => store::run(&args, &ui),
        Command::Study(args) => study::run(args, &ui),
        Command::Bench(args) => bench::run(args, &ui),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            ui.error(&error);
            if is_wrong_usage(&error) { ExitCode::from(WRONG_USAGE) } else { ExitCode::FAILURE }
        }
    }
}

/// Serves, with the settings of a file if one is given.
fn serve(args: serve::ServeArgs, ui: &Ui) -> anyhow::Result<()> {
    let Some(path) = &args.config else { return serve::run(&args, ui) };
    match config::parse_with::<Cli>(path)?.command {
        Command::Serve(args) => serve::run(&args, ui),
        _ => Ok(()),
    }
}

/// The exit code that the reader of arguments uses, too.
const WRONG_USAGE: u8 = 2;

/// Whether the command names a thing that does not exist by the rules of the command line: a configuration that is neither
/// a preset nor a file, or settings that are not there.
fn is_wrong_usage(error: &anyhow::Error) -> bool {
    let not_found = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
    let no_config = matches!(error.downcast_ref(), Some(ConfigError::Read { source, .. }) if not_found(source));
    no_config || error.is::<NoSettings>() || error.is::<serve::NoKeys>()
}
