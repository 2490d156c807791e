//! Where a command finds the items and events of a store: in its folder, or in a database that several servers share. And
//! `whisperlite store`, which fills such a database.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde::Serialize;
use whisperlite::catalog::Catalog;
use whisperlite::store::{ServingStore, SqliteStore, Store};
use whisperlite_postgres::{Address, PostgresStore, fill};

use crate::ui::Ui;

// The option of every command that reads or writes a store. No documentation: it would take the place of the command's.
#[derive(Args, Clone, Default)]
pub(crate) struct StoreArgs {
    // The value may have a password in it: it is shown in no help, and read where no message repeats it.
    /// PostgreSQL database with the items and events, postgres://USER:PASSWORD@HOST:PORT/NAME, instead of the folder's own
    /// file; embeddings and model stay in the folder
    #[arg(long, value_name = "URL", env = "WHISPERLITE_STORE", hide_env_values = true, hide_default_value = true)]
    store: Option<String>,
}

impl StoreArgs {
    /// The store of a folder, with its items and events where these arguments say.
    pub(crate) fn of(&self, dir: &Path) -> anyhow::Result<Place> {
        let database = self.store.as_deref().map(str::parse).transpose().context("--store")?;
        Ok(Place { dir: dir.to_owned(), database })
    }
}

/// A store: its folder, and where its items and events are.
#[derive(Clone)]
pub(crate) struct Place {
    dir: PathBuf,
    /// `None`: in the folder.
    database: Option<Address>,
}

impl Place {
    /// A store that has everything in its folder.
    pub(crate) fn folder(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), database: None }
    }

    /// Where embeddings, model and reports lie.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Reads all items and events, and changes nothing.
    pub(crate) fn catalog(&self) -> anyhow::Result<Catalog> {
        Ok(match &self.database {
            None => Store::open(&self.dir)?.catalog()?,
            Some(address) => PostgresStore::open(address)?.snapshot()?.catalog,
        })
    }

    /// Opens it for a server.
    pub(crate) fn open(&self) -> anyhow::Result<Box<dyn ServingStore>> {
        Ok(match &self.database {
            None => Box::new(SqliteStore::open(&self.dir)?),
            Some(address) => Box::new(PostgresStore::open(address)?),
        })
    }
}

/// Share a store between several servers
#[derive(Args)]
pub(crate) struct StoreCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Push(PushArgs),
}

/// Copy items, events, keys and studies of a folder into an empty PostgreSQL database
///
/// All of it in one commit. From then on the commands that are given the same --store read and write the database; the folder's
/// own file stays as it is. Every server has a copy of the folder for embeddings and model.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
struct PushArgs {
    /// Folder of the store
    dir: PathBuf,
    /// The empty database, postgres://USER:PASSWORD@HOST:PORT/NAME
    #[arg(long, value_name = "URL", env = "WHISPERLITE_STORE", hide_env_values = true)]
    store: String,
}

const EXAMPLES: &str = "\
Examples:
  export WHISPERLITE_STORE=postgres://shop:secret@db.internal/films
  whisperlite store push films
  whisperlite serve films";

/// What a machine is told.
#[derive(Serialize)]
struct Pushed {
    store: String,
    items: usize,
    events: usize,
    keys: usize,
    study_records: usize,
}

/// Runs the command.
pub(crate) fn run(command: &StoreCommand, ui: &Ui) -> anyhow::Result<()> {
    let What::Push(args) = &command.what;
    let address: Address = args.store.parse().context("--store")?;
    let filled = fill(&address, &Store::open(&args.dir)?)?;
    let pushed = Pushed {
        store: address.to_string(),
        items: filled.n_items,
        events: filled.n_events,
        keys: filled.n_keys,
        study_records: filled.n_study_records,
    };
    let Pushed { items, events, keys, study_records, .. } = &pushed;
    let text = format!(
        "{address} holds {items} items, {events} events, {keys} keys and {study_records} records of studies of {}",
        args.dir.display()
    );
    ui.result(&pushed, &text)
}
