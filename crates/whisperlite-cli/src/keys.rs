//! `whisperlite keys`: who may ask a server.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;
use whisperlite::store::{ApiKey, NewKey, Revocation, Scope};
use whisperlite_server::Token;

use crate::store::{Place, StoreArgs};
use crate::ui::Ui;

/// Make, list and revoke the keys that a server asks for
///
/// A store that ever had a key asks for one, on every server and from the next second on. Only a hash of it is kept, so a key that is lost
/// is made anew.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

const EXAMPLES: &str = "\
Examples:
  whisperlite keys create films --name website --scope search --scope write
  whisperlite keys list films
  whisperlite keys revoke films --name website
  curl -H \"authorization: Bearer $KEY\" -H 'content-type: application/json' -d '{}' http://127.0.0.1:7700/v1/recommend";

#[derive(Subcommand)]
enum KeysCommand {
    /// Make a key; it is shown this once
    Create {
        /// Folder of the store
        dir: PathBuf,
        #[command(flatten)]
        store: StoreArgs,
        /// What people call it
        #[arg(long)]
        name: String,
        /// What it opens. May be given several times
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<ScopeName>,
    },
    /// All keys that there are or were
    List {
        /// Folder of the store
        dir: PathBuf,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Make a key open nothing any more
    Revoke {
        /// Folder of the store
        dir: PathBuf,
        #[command(flatten)]
        store: StoreArgs,
        /// What people call it
        #[arg(long)]
        name: String,
    },
}

/// See [`Scope`].
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ScopeName {
    /// To ask: search, recommendations, items
    Search,
    /// To tell: events and items
    Write,
    /// To run the server: metrics, reload
    Admin,
}

impl From<ScopeName> for Scope {
    fn from(name: ScopeName) -> Self {
        match name {
            ScopeName::Search => Self::Search,
            ScopeName::Write => Self::Write,
            ScopeName::Admin => Self::Admin,
        }
    }
}

/// A key as people see it.
#[derive(Serialize)]
struct Shown {
    key_id: i64,
    name: String,
    scopes: Vec<&'static str>,
    created_at: String,
    revoked_at: Option<String>,
}

impl From<ApiKey> for Shown {
    fn from(key: ApiKey) -> Self {
        let date = |seconds: i64| Timestamp::from_second(seconds).unwrap_or_default().to_string();
        Self {
            key_id: key.key_id,
            name: key.name,
            scopes: key.scopes.into_iter().map(Scope::name).collect(),
            created_at: date(key.created_at),
            revoked_at: key.revoked_at.map(date),
        }
    }
}

/// A key that was made.
#[derive(Serialize)]
struct Created {
    /// The key itself.
    key: String,
    #[serde(flatten)]
    shown: Shown,
}

/// Runs the command.
pub(crate) fn run(args: KeysArgs, ui: &Ui) -> anyhow::Result<()> {
    match args.command {
        KeysCommand::Create { dir, store, name, scopes } => {
            create(&store.of(&dir)?, name, scopes.into_iter().map(Scope::from).collect(), ui)
        }
        KeysCommand::List { dir, store } => list(&store.of(&dir)?, ui),
        KeysCommand::Revoke { dir, store, name } => revoke(&store.of(&dir)?, &name, ui),
    }
}

fn create(place: &Place, name: String, scopes: BTreeSet<Scope>, ui: &Ui) -> anyhow::Result<()> {
    let mut store = place.open()?;
    if name.trim().is_empty() {
        bail!("--name is empty: call the key what uses it, such as `website`");
    }
    if store.keys()?.iter().any(|key| key.name == name && key.revoked_at.is_none()) {
        bail!("there is a key called {name:?}: give another --name, or revoke it first");
    }
    let token = Token::generate()?;
    let shown: Shown = store.add_key(&NewKey { name, hash: token.hash(), scopes })?.into();
    let text = format!(
        "{token}\nThis is the key {:?} for {}. It is not kept, and not shown again.",
        shown.name,
        shown.scopes.join(", ")
    );
    ui.result(&Created { key: token.to_string(), shown }, &text)
}

fn list(place: &Place, ui: &Ui) -> anyhow::Result<()> {
    let keys: Vec<Shown> = place.open()?.keys()?.into_iter().map(Shown::from).collect();
    let mut text = String::new();
    for key in &keys {
        write!(text, "{} ({}), made {}", key.name, key.scopes.join(", "), key.created_at)?;
        match &key.revoked_at {
            Some(revoked_at) => writeln!(text, ", revoked {revoked_at}")?,
            None => writeln!(text)?,
        }
    }
    if keys.is_empty() {
        text.push_str(
            "there are no keys: a server of this store answers everybody on its own machine, and nobody else",
        );
    }
    ui.result(&keys, text.trim_end())
}

fn revoke(place: &Place, name: &str, ui: &Ui) -> anyhow::Result<()> {
    let mut store = place.open()?;
    let keys = store.keys()?;
    let Some(key) = keys.into_iter().find(|key| key.name == name && key.revoked_at.is_none()) else {
        bail!(
            "there is no key called {name:?}, or it was revoked before: `whisperlite keys list` says which there are"
        );
    };
    match store.revoke_key(key.key_id)? {
        Revocation::Revoked | Revocation::RevokedBefore => {}
        Revocation::UnknownKey => bail!("the key called {name:?} is gone"),
    }
    let shown: Shown = key.into();
    ui.result(&shown, &format!("the key {name:?} opens nothing any more; servers know within a second"))
}
