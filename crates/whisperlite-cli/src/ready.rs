//! How a server's engine gets ready: read from the image that an earlier start left, where that is of this very store, model and
//! encoder, and sooner done; else made anew.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use whisperlite::encoder::EncoderChoice;
use whisperlite::model::Model;
use whisperlite::recommender::{EngineImage, ImageAbout};
use whisperlite::store::{ServingStore, Since, Snapshot};
use whisperlite_server::{Prepared, RequestCache};

use crate::opened::{MODEL, Opened};
use crate::ui::chain;

/// Seconds that an event takes that came after the image: it is read from the store, and put into a history.
const EVENT_SECS: f64 = 10e-6;
/// Seconds that an item takes: its words go through the encoder. Of some encoders it is ten times as many; an estimate that is too low
/// makes a start as long as one without an image, and no longer than twice that.
const ITEM_SECS: f64 = 2e-3;
/// Events that may have come after the image, where it counts fewer.
const MIN_EVENTS: u64 = 10_000;

/// An engine of all that a store holds now, or held when its image was written, with the model in the folder.
pub(crate) fn prepare(dir: &Path, store: &mut dyn ServingStore, cache: &Arc<RequestCache>) -> anyhow::Result<Prepared> {
    let since = Instant::now();
    match read(dir, store, cache)? {
        Read::Ready(prepared) => {
            let (seconds, sequence) = (since.elapsed().as_secs_f64(), prepared.sequence);
            tracing::info!(seconds, sequence, "the engine was read from its image");
            Ok(*prepared)
        }
        Read::NotUsed(why) => {
            tracing::info!(why, "the engine is made anew");
            make(dir, store, cache)
        }
    }
}

/// An engine of all that a store holds now, with the model in its folder.
pub(crate) fn make(dir: &Path, store: &mut dyn ServingStore, cache: &Arc<RequestCache>) -> anyhow::Result<Prepared> {
    let since = Instant::now();
    let Snapshot { catalog, sequence } = store.snapshot()?;
    let mark = store.mark(sequence)?;
    let opened = Opened::of(dir, catalog)?;
    let fingerprint = opened.encoder.fingerprint.clone();
    let encoder = cache.before(opened.encoder.open_encoder()?);
    let engine = opened.engine_with(encoder)?;
    let model_version = Model::version(&dir.join(MODEL))?;
    let made_in_secs = since.elapsed().as_secs_f64();
    tracing::info!(seconds = made_in_secs, sequence, "the engine was made");
    let about = |mark| ImageAbout {
        model_version: model_version.clone(),
        encoder: fingerprint,
        sequence,
        mark,
        n_events: engine.activity().n_events as u64,
        made_in_secs,
    };
    Ok(Prepared { image: mark.map(about), engine, sequence, model_version })
}

/// What became of an image.
enum Read {
    Ready(Box<Prepared>),
    /// It was not used, for this reason.
    NotUsed(String),
}

/// Reads the image in the store's folder. Nothing that is wrong with it is an error: the engine can be made anew.
fn read(dir: &Path, store: &mut dyn ServingStore, cache: &Arc<RequestCache>) -> anyhow::Result<Read> {
    let image = match EngineImage::open(dir) {
        Ok(Some(image)) => image,
        Ok(None) => return Ok(Read::NotUsed("there is no image of it yet".to_owned())),
        Err(error) => return Ok(Read::NotUsed(chain(&error.into()))),
    };
    let choice = EncoderChoice::load(dir)?;
    // Whoever makes the engine anew says what is to be done about it.
    let Ok(model_version) = Model::version(&dir.join(MODEL)) else {
        return Ok(Read::NotUsed("there is no model".to_owned()));
    };
    let ImageAbout { model_version: of_model, encoder, sequence, mark, .. } = image.about();
    let sequence = *sequence;
    let not_used = |why: &str| Ok(Read::NotUsed(why.to_owned()));
    if *of_model != model_version {
        return not_used("its image is of another model");
    }
    if *encoder != choice.fingerprint {
        return not_used("its image is of another encoder");
    }
    if store.mark(sequence)?.as_ref() != Some(mark) {
        return not_used("its image is of another store, or of a moment that this one does not know");
    }
    let since = store.count_since(sequence)?;
    if is_too_much(since, image.about()) {
        let Since { n_events, n_items } = since;
        return not_used(&format!("{n_events} events and {n_items} changes of items came after its image"));
    }
    match image.load(cache.before(choice.open_encoder()?)) {
        Ok(engine) => Ok(Read::Ready(Box::new(Prepared { engine, sequence, model_version, image: None }))),
        Err(error) => Ok(Read::NotUsed(chain(&error.into()))),
    }
}

/// Whether an engine is better made anew: because that is sooner done than to tell it what came since, or because it counts less than
/// half of what was done.
fn is_too_much(since: Since, image: &ImageAbout) -> bool {
    let seconds = EVENT_SECS * since.n_events as f64 + ITEM_SECS * since.n_items as f64;
    seconds > image.made_in_secs || since.n_events > MIN_EVENTS.max(image.n_events)
}
