//! A store with its embeddings and its model, as most commands need it.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use whisperlite::catalog::Catalog;
use whisperlite::encoder::{self, CatalogMatrices, Encoder, EncoderChoice, catalog_matrices};
use whisperlite::model::{Model, ModelInfo, Vectors};
use whisperlite::progress::Silent;
use whisperlite::recommender::{Engine, EngineParts};
use whisperlite::trainer::TrainConfig;

use crate::store::Place;

/// Where the model lies in a store.
pub(crate) const MODEL: &str = "model";
/// Where its twin lies in the model's folder, which never saw a validation event.
pub(crate) const VALIDATED: &str = "validated";

/// A store that is embedded.
pub(crate) struct Opened {
    dir: PathBuf,
    pub(crate) catalog: Catalog,
    pub(crate) encoder: EncoderChoice,
}

impl Opened {
    pub(crate) fn open(store: &Place) -> anyhow::Result<Self> {
        Self::of(store.dir(), store.catalog()?)
    }

    /// What lies in `dir` for a catalog that was read before.
    pub(crate) fn of(dir: &Path, catalog: Catalog) -> anyhow::Result<Self> {
        let encoder = EncoderChoice::load(dir)?;
        Ok(Self { dir: dir.to_owned(), catalog, encoder })
    }

    /// The store's folder.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The vectors of all items and requests.
    pub(crate) fn vectors(&self) -> anyhow::Result<Vectors> {
        let embeddings = self.encoder.open_embeddings(&self.dir)?;
        let advice = || {
            let (dir, encoder) = (self.dir.display(), &self.encoder.name);
            format!("the store changed since it was embedded: run `whisperlite embed {dir} --encoder {encoder}` again")
        };
        let CatalogMatrices { texts, pictures, requests } =
            catalog_matrices(&self.catalog, &embeddings).with_context(advice)?;
        let vectors = Vectors::new(embeddings.dim(), texts, requests)?;
        Ok(match pictures {
            Some(pictures) => vectors.with_pictures(pictures)?,
            None => vectors,
        })
    }

    /// All of it, ready to answer. The encoder is opened when somebody first asks in words.
    pub(crate) fn engine(self) -> anyhow::Result<Engine> {
        let encoder = Box::new(self.encoder.clone().when_needed());
        self.engine_with(encoder)
    }

    /// All of it, ready to answer with an encoder that is open: the store's own.
    pub(crate) fn engine_with(self, encoder: Box<dyn Encoder>) -> anyhow::Result<Engine> {
        let vectors = match self.vectors() {
            Ok(vectors) => vectors,
            // What came in through a server is not embedded yet.
            Err(_) => {
                encoder::embed_catalog(&self.catalog, &self.dir, &*encoder, &Silent)?;
                self.vectors()?
            }
        };
        let (model, _, _) = self.model(&vectors)?;
        Ok(Engine::new(EngineParts { catalog: self.catalog, vectors, model, encoder })?)
    }

    /// The twin of the trained model that never saw a validation event.
    pub(crate) fn validated_model(&self) -> anyhow::Result<Model> {
        let folder = self.dir.join(MODEL).join(VALIDATED);
        let advice = || format!("the model's twin is damaged: run `whisperlite train {}` again", self.dir.display());
        Ok(Model::load(&folder, &self.catalog).with_context(advice)?.0)
    }

    /// Refuses a model that was trained on other data than the store has now.
    pub(crate) fn check_unchanged(&self, info: &ModelInfo) -> anyhow::Result<()> {
        if info.training["data_hash"] != self.catalog.info.data_hash.as_str() {
            bail!(
                "the store changed since the model was trained, and what is held out with it: the model may have learned from events \
                 that would be asked about. Run `whisperlite train {}` again",
                self.dir.display()
            );
        }
        Ok(())
    }

    /// The trained model, what it says about itself, and the configuration it was trained with; `vectors` are the store's.
    pub(crate) fn model(&self, vectors: &Vectors) -> anyhow::Result<(Model, ModelInfo, TrainConfig)> {
        let folder = self.dir.join(MODEL);
        let advice = || format!("no model could be read: run `whisperlite train {}` first", self.dir.display());
        let (model, info) = Model::load(&folder, &self.catalog).with_context(advice)?;
        if info.training["encoder_fingerprint"] != self.encoder.fingerprint.as_str() {
            let (trained_on, now, dir) = (&info.training["encoder"], &self.encoder.name, self.dir.display());
            bail!(
                "the model was trained on vectors of {trained_on}, and the store was embedded anew by \"{now}\" (other weights, \
                 or another encoder): run `whisperlite train {dir}` again"
            );
        }
        model.check(vectors)?;
        let config = serde_json::from_value(info.training["config"].clone())
            .with_context(|| format!("{} holds no training configuration", folder.join("config.json").display()))?;
        Ok((model, info, config))
    }
}
