//! An engine on the disk: all that is counted over a store, so that a server that starts again reads it instead of counting anew.
//!
//! An image is no part of the store: it is made of it, and made anew when it is lost, damaged, or of another store, model, encoder
//! or program. It stands for one moment of the store; what was written since comes as it comes to any engine in service.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::engine::{Depth, Engine, EngineParts, Tables};
use crate::catalog::Catalog;
use crate::encoder::Encoder;
use crate::flat_file::{FlatError, FlatReader, FlatWriter};
use crate::model::{CodedItems, MemoryTables, Model, ModelError, Towers, Vectors, WorldTables};
use crate::signals::{Activity, Histories};
use crate::whole_file::{lock, write_whole_aside};

/// Where the image of a store's engine lies in its folder.
pub const IMAGE_FILE: &str = "serving/engine.flat";
/// Version of what is counted and of how it stands in the file. To be raised with every change of either.
const IMAGE_VERSION: u32 = 1;

/// Why an image cannot be written or read.
#[derive(Debug, Error)]
pub enum ImageError {
    /// The file is not as it was written.
    #[error(transparent)]
    Flat(#[from] FlatError),
    /// The file cannot be written.
    #[error("cannot write {IMAGE_FILE} in the store's folder")]
    Write(#[source] io::Error),
    /// Another process is writing it.
    #[error("another process is writing {IMAGE_FILE}")]
    Busy,
    /// It was written by another program.
    #[error("{IMAGE_FILE} is of version {found}, and this program's is {IMAGE_VERSION}")]
    Version {
        /// Of the file.
        found: u32,
    },
    /// Its parts do not fit together.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// What an image was made of, and how long that took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageAbout {
    /// What tells the model from any other.
    pub model_version: String,
    /// Fingerprint of the encoder.
    pub encoder: String,
    /// The last change of the store that is counted.
    pub sequence: i64,
    /// What tells this change of this store from any other: see [`ServingStore::mark`](crate::store::ServingStore::mark).
    pub mark: String,
    /// Events that are counted.
    pub n_events: u64,
    /// Seconds that it took to make the engine from the store.
    pub made_in_secs: f64,
}

impl Engine {
    /// Writes all that the engine was made of into the store's folder, beside other work. What it was told since is not part of it.
    ///
    /// # Errors
    /// If another process is writing it, or the disk does not take it. What stood there before stays.
    pub fn save_image(&self, dir: &Path, about: &ImageAbout) -> Result<(), ImageError> {
        let path = dir.join(IMAGE_FILE);
        let folder = path.parent().unwrap_or(dir);
        let _lock = lock(folder).map_err(ImageError::Write)?.ok_or(ImageError::Busy)?;
        write_whole_aside(&path, |out| self.write_image(FlatWriter::new(out)?, about)).map_err(ImageError::Write)
    }

    fn write_image(&self, mut out: FlatWriter<'_>, about: &ImageAbout) -> io::Result<()> {
        let EngineParts { catalog, vectors, model, .. } = self.parts();
        out.value("version", &IMAGE_VERSION)?;
        out.value("about", about)?;
        catalog.save(&mut out)?;
        vectors.save(&mut out)?;
        model.save_tables(&mut out)?;
        self.memory().world().save(&mut out)?;
        self.memory().save(&mut out)?;
        self.scorer().save(&mut out)?;
        out.value("depth", &self.depth())?;
        if let Some(retriever) = self.retriever() {
            retriever.coded().save(&mut out)?;
        }
        self.histories().save(&mut out)?;
        self.activity().save(&mut out)?;
        out.value("moment", &self.moment())?;
        out.finish()?;
        Ok(())
    }
}

/// An image that is there, and of which is known what it was made of.
pub struct EngineImage {
    from: FlatReader,
    about: ImageAbout,
}

impl EngineImage {
    /// Opens the image in a store's folder; `None` if there is none.
    pub fn open(dir: &Path) -> Result<Option<Self>, ImageError> {
        let Some(mut from) = FlatReader::open(&dir.join(IMAGE_FILE))? else { return Ok(None) };
        let found = from.value("version")?;
        if found != IMAGE_VERSION {
            return Err(ImageError::Version { found });
        }
        let about = from.value("about")?;
        Ok(Some(Self { from, about }))
    }

    /// What it was made of.
    pub fn about(&self) -> &ImageAbout {
        &self.about
    }

    /// Reads it; `encoder` is the one that it was made with.
    ///
    /// # Errors
    /// If anything in it is not as it was written.
    pub fn load(self, encoder: Box<dyn Encoder>) -> Result<Engine, ImageError> {
        let mut from = self.from;
        let catalog = Catalog::load(&mut from)?;
        let vectors = Vectors::load(&mut from)?;
        let model = Model::load_tables(&mut from)?;
        model.check(&vectors)?;
        let world = WorldTables::load(catalog.n_items(), &mut from)?;
        let memory = MemoryTables::load(&catalog, &mut from)?;
        let towers = Towers::load(catalog.n_items(), vectors.dim(), &mut from)?;
        let depth = from.value("depth")?;
        let coded = match depth {
            Depth::All => None,
            Depth::Candidates(_) => Some(CodedItems::load(catalog.n_items(), memory.n_past(), &mut from)?),
        };
        let tables = Tables {
            world,
            memory,
            towers,
            depth,
            coded,
            histories: Histories::load(catalog.n_users(), &mut from)?,
            activity: Activity::load(&catalog, &mut from)?,
            moment: from.value("moment")?,
        };
        from.finish()?;
        Ok(Engine::of(EngineParts { catalog, vectors, model, encoder }, tables)?)
    }
}
