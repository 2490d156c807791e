//! What an encoder makes of pictures that it never saw.

use std::collections::HashMap;
use std::path::Path;

use whisperlite::encoder::{self, Encoder, Picture};

use crate::{Pair, read_pairs};

/// Pictures decoded at a time.
const BLOCK: usize = 64;
/// The largest classes of the photos.
const N_CLASSES: usize = 10;

/// Prints recall@1 among the drawings and the zero-shot accuracy on the photos.
pub(crate) fn run(work: &Path, folder: &Path) -> anyhow::Result<()> {
    let encoder = encoder::open(folder)?;
    let drawings = read_pairs(&work.join("drawings-held-out.jsonl"))?;
    let pictures = embed_pictures(&*encoder, work, &drawings)?;
    let captions: Vec<&str> = drawings.iter().map(|pair| pair.texts[0].as_str()).collect();
    let texts = encoder.embed_texts(&captions)?;
    let best = best(&texts, &pictures, encoder.dim());
    let found = best.iter().enumerate().filter(|&(text, &picture)| text == picture).count();
    println!("text to picture recall@1 among {} drawings: {:.3}", drawings.len(), found as f64 / drawings.len() as f64);

    let mut counts: HashMap<String, usize> = HashMap::new();
    for photo in read_pairs(&work.join("photos.jsonl"))? {
        *counts.entry(photo.texts[0].clone()).or_default() += 1;
    }
    let mut classes: Vec<(String, usize)> = counts.into_iter().collect();
    classes.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let classes: Vec<String> = classes.into_iter().take(N_CLASSES).map(|(class, _)| class).collect();
    let mut photos = read_pairs(&work.join("photos-held-out.jsonl"))?;
    photos.retain(|photo| classes.contains(&photo.texts[0]));
    let pictures = embed_pictures(&*encoder, work, &photos)?;
    let prompts: Vec<&str> = classes.iter().map(String::as_str).collect();
    let best = self::best(&pictures, &encoder.embed_texts(&prompts)?, encoder.dim());
    let right = photos.iter().zip(&best).filter(|&(photo, &class)| photo.texts[0] == classes[class]).count();
    let largest = photos.iter().filter(|photo| photo.texts[0] == classes[0]).count();
    let share = |n: usize| n as f64 / photos.len() as f64;
    println!(
        "zero-shot accuracy on {} photos of the {N_CLASSES} largest classes: {:.3} (always the largest: {:.3})",
        photos.len(),
        share(right),
        share(largest)
    );
    Ok(())
}

fn embed_pictures(encoder: &dyn Encoder, work: &Path, pairs: &[Pair]) -> anyhow::Result<Vec<f32>> {
    let mut vectors = Vec::new();
    for pairs in pairs.chunks(BLOCK) {
        let read: Vec<Picture> =
            pairs.iter().map(|pair| Picture::read(&work.join(&pair.image))).collect::<Result<_, _>>()?;
        vectors.extend(encoder.embed_pictures(&read)?);
    }
    Ok(vectors)
}

/// For each row of `[n, d]` the most similar row of the other matrix.
fn best(rows: &[f32], others: &[f32], d: usize) -> Vec<usize> {
    let nearest = |row: &[f32]| {
        let cosines = others.chunks_exact(d).map(|other| other.iter().zip(row).map(|(a, b)| a * b).sum::<f32>());
        cosines.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(place, _)| place)
    };
    rows.chunks_exact(d).map(nearest).collect()
}
