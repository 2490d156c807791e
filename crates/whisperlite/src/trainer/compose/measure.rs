//! How well a composition finds what was meant.

use rayon::prelude::*;

use super::{ComposeError, Triples};
use crate::encoder::{Composer, added};
use crate::metrics::{Hits, ndcg, top_k};

/// Ranks in an answer that count.
const CUTOFF: usize = 10;

/// NDCG@10 of every triple: what was meant among all things but the one that was started from, each as the middle of its text and
/// its picture, by cosine. Without a composer, the vectors of thing and words are added.
///
/// # Errors
/// If a cosine is no number.
pub fn ndcg_of(triples: &Triples, composer: Option<&Composer>) -> Result<Vec<f64>, ComposeError> {
    let things: Vec<f32> =
        (0..triples.n_things() as u32).into_par_iter().flat_map_iter(|thing| triples.view(thing, 0.5)).collect();
    let d = triples.d;
    let of_one = |(&(reference, target), words): (&(u32, u32), &[f32])| {
        let thing = &things[reference as usize * d..][..d];
        let query = match composer {
            Some(composer) => composer.compose(thing, words),
            None => added(thing, words),
        };
        let cosine = |thing: &[f32]| thing.iter().zip(&query).map(|(a, b)| a * b).sum();
        let cosines: Vec<f32> = things.chunks_exact(d).map(cosine).collect();
        let ranking = top_k(&cosines, CUTOFF, &[reference])?;
        Ok(ndcg(&Hits::new(&ranking, &[target]), CUTOFF))
    };
    triples.ends.par_iter().zip(triples.words.par_chunks_exact(d)).map(of_one).collect()
}
