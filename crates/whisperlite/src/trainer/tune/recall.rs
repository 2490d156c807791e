//! How well an encoder finds pictures that it never saw.

use super::{Captioned, TuneError};
use crate::encoder::clip::ClipModel;
use crate::encoder::{EncoderError, Picture};
use crate::metrics::top_k;

/// Pictures and texts that pass through a tower together.
const BLOCK: usize = 32;

/// The share of pairs whose first text finds, before all other pictures, one of which it is said.
///
/// # Errors
/// If a picture cannot be read, or a vector is no number.
pub(super) fn text_to_picture(model: &ClipModel, pairs: &[&Captioned]) -> Result<f64, TuneError> {
    let (mut texts, mut pictures) = (Vec::new(), Vec::new());
    for pairs in pairs.chunks(BLOCK) {
        let first: Vec<&str> = pairs.iter().map(|pair| pair.texts[0].as_str()).collect();
        texts.extend(model.embed_texts(&first)?);
        let read: Vec<Picture> = pairs.iter().map(|pair| Picture::read(&pair.image)).collect::<Result<_, _>>()?;
        pictures.extend(model.embed_pictures(&read));
    }
    let d = model.config.projection_dim;
    let mut n_found = 0;
    for (pair, text) in pairs.iter().zip(texts.chunks_exact(d)) {
        let cosine = |picture: &[f32]| picture.iter().zip(text).map(|(a, b)| a * b).sum();
        let cosines: Vec<f32> = pictures.chunks_exact(d).map(cosine).collect();
        let first = top_k(&cosines, 1, &[]).map_err(|_| EncoderError::NonFiniteEmbedding {
            encoder: "the encoder in training".to_owned(),
            text: pair.texts[0].clone(),
        })?;
        let found = pairs[first[0].item_idx as usize];
        n_found += usize::from(found.texts.contains(&pair.texts[0]));
    }
    Ok(n_found as f64 / pairs.len() as f64)
}
