//! WhisperLite: recommendations that fit the request **and** the person.
//!
//! One trained model over the request's words, the person's history and the items. The rooms are the pipeline, and this
//! is all of it:
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use whisperlite::catalog::{import::{Format, ImportOptions}, split::{Part, Split, Visible}};
//! # use whisperlite::encoder::{self, Embeddings};
//! # use whisperlite::evaluation::suite::measure;
//! # use whisperlite::model::{Memory, Scorer, Vectors, World};
//! # use whisperlite::progress::Silent;
//! # use whisperlite::recommender::{Question, Recommender};
//! # use whisperlite::signals::Histories;
//! # use whisperlite::store::{Store, WriteMode};
//! # use whisperlite::trainer::{TrainConfig, train};
//! let dir = std::path::Path::new("films");
//! let files = ImportOptions::new(Format::Tables, vec!["items.tsv".into(), "events.tsv".into()]);
//! Store::import(dir, None, WriteMode::Update, &files, &Silent)?;
//! let catalog = Store::open(dir)?.catalog()?;
//! let encoder = encoder::open(&encoder::resolve("all-MiniLM-L6-v2")?)?;
//! encoder::embed_catalog(&catalog, dir, &*encoder, &Silent)?;
//! let found = encoder::catalog_matrices(&catalog, &Embeddings::open(dir, &*encoder)?)?;
//! let vectors = Vectors::new(encoder.dim(), found.texts, found.requests)?; // and `.with_pictures`, where there are any
//! let world = World::new(&catalog, &vectors)?;
//! let config = TrainConfig::default();
//! let split = Split::new(&catalog, &config.split)?;
//! let trained = train(&world, &split, &config, None, &Silent)?;
//! let measured = measure(&world, &split, Part::Test, trained.models(), 1, &Silent)?;
//! let known = Visible::everything(&catalog);
//! let memory = Memory::new(&world, &known);
//! let (scorer, histories) = (Scorer::new(&trained.model, &memory), Histories::build(&catalog, &known.events));
//! let question = Question { request: "nonlinear surrealism".into(), limit: 10, ..Question::default() };
//! let answer = Recommender::new(&scorer, &histories, &*encoder, known.now).recommend(&question)?;
//! # let _ = (measured, answer); Ok(())
//! # }
//! ```

pub mod catalog;
pub mod store;
pub mod encoder;
pub mod lexical;
pub mod signals;
pub mod index;
mod fused;
pub mod model;
pub mod loss;
pub mod trainer;
pub mod metrics;
pub mod evaluation;
pub mod recommender;
pub mod item_set;
pub mod progress;
pub mod flat_file;
pub mod whole_file;
