//! The command line with settings from a file: `whisperlite serve --config FILE`.
//!
//! A setting has one name, which its flag, its variable and the file share; so the file is read as other defaults of the flags,
//! and is checked as they are.

use std::path::Path;

use anyhow::{Context, bail};
use clap::{Command, Parser};

use crate::settings::NoSettings;

/// The command that has such a file.
const COMMAND: &str = "serve";
/// Flags that are no settings.
const NO_SETTINGS: [&str; 3] = ["config", "json", "help"];

/// Reads the command line once more, with the settings of a file as defaults.
pub(crate) fn parse_with<T: Parser>(path: &Path) -> anyhow::Result<T> {
    if !path.exists() {
        bail!(NoSettings(path.to_owned()));
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let settings: toml::Table =
        text.parse().with_context(|| format!("{} holds no settings for the server", path.display()))?;
    let mut command = T::command();
    for (name, value) in settings {
        let value = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) => value.to_string(),
            _ => bail!("{}: `{name}` must be a text or a number", path.display()),
        };
        let known = known_settings(&command);
        if !known.contains(&name) {
            bail!("{}: there is no setting `{name}`; there are {}", path.display(), known.join(", "));
        }
        command = command.mut_subcommand(COMMAND, |serve| serve.mut_arg(name, |arg| arg.default_value(value)));
    }
    Ok(T::from_arg_matches(&command.get_matches())?)
}

/// The names of all flags of the command that are settings.
fn known_settings(command: &Command) -> Vec<String> {
    let args = command.find_subcommand(COMMAND).into_iter().flat_map(Command::get_arguments);
    let flags = args.filter(|arg| arg.get_long().is_some()).map(|arg| arg.get_id().to_string());
    flags.filter(|name| !NO_SETTINGS.contains(&name.as_str())).collect()
}
