//! Things, words about them, and the things that were meant.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::ComposeError;
use crate::encoder::{Encoder, Picture, normalize};
use crate::progress::Progress;
use crate::trainer::json_lines;

/// Texts or pictures that are embedded together.
const BLOCK: usize = 64;

/// A thing, by its picture, its text, or both.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thing {
    /// The picture's file.
    pub image: Option<PathBuf>,
    /// What is said of it.
    #[serde(default)]
    pub text: String,
}

/// "Like this, but …", with what was meant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triple {
    /// What one starts from.
    pub reference: Thing,
    /// What is to be different, in words.
    pub words: String,
    /// What was meant.
    pub target: Thing,
}

/// What a line looks like.
const EXAMPLE: &str =
    r#"{"reference": {"image": "a.jpg", "text": "a blue dress"}, "words": "but in red", "target": {"image": "b.jpg"}}"#;

/// Reads triples from a file of JSON lines, `{"reference": {"image": …, "text": …}, "words": …, "target": {…}}`; paths hold from the
/// file's folder.
pub fn read_triples(path: &Path) -> Result<Vec<Triple>, ComposeError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let triple = |(line, mut triple): (usize, Triple)| {
        let empty = |part| ComposeError::Empty { path: path.to_owned(), line, part };
        for (part, thing) in [("reference", &mut triple.reference), ("target", &mut triple.target)] {
            thing.text = thing.text.trim().to_owned();
            let image = thing.image.take().filter(|image| !image.as_os_str().is_empty());
            thing.image = image.map(|image| folder.join(image));
            if thing.image.is_none() && thing.text.is_empty() {
                return Err(empty(part));
            }
        }
        if triple.words.trim().is_empty() {
            return Err(empty("words"));
        }
        if triple.reference == triple.target {
            return Err(ComposeError::Unchanged { path: path.to_owned(), line });
        }
        Ok(triple)
    };
    json_lines::read(path, EXAMPLE)?.into_iter().map(triple).collect()
}

/// Triples as an encoder sees them.
#[derive(Debug, Clone)]
pub struct Triples {
    /// Length of a vector.
    pub(super) d: usize,
    /// `[n_things, d]`, zero where a thing has no text, and so are the pictures.
    pub(super) texts: Vec<f32>,
    pub(super) pictures: Vec<f32>,
    /// `[n, d]`
    pub(super) words: Vec<f32>,
    /// `[n]`: the thing that each starts from, and the one that is meant.
    pub(super) ends: Vec<(u32, u32)>,
}

impl Triples {
    /// Embeds triples and `others`, things that stand among the answers, each once.
    ///
    /// # Errors
    /// If a picture cannot be read, or the encoder sees none and there is one.
    pub fn embed(
        triples: &[Triple],
        others: &[Thing],
        encoder: &dyn Encoder,
        progress: &dyn Progress,
    ) -> Result<Self, ComposeError> {
        let mut places: HashMap<&Thing, u32> = HashMap::new();
        let mut things: Vec<&Thing> = Vec::new();
        let mut place = |thing| {
            *places.entry(thing).or_insert_with(|| {
                things.push(thing);
                things.len() as u32 - 1
            })
        };
        let ends = triples.iter().map(|triple| (place(&triple.reference), place(&triple.target))).collect();
        others.iter().for_each(|thing| _ = place(thing));
        let d = encoder.dim();
        let (mut texts, mut pictures, mut words) = (Vec::new(), Vec::new(), Vec::new());
        progress.start("embedding what is compared", Some(things.len() as u64), "things");
        for things in things.chunks(BLOCK) {
            texts.extend(rows(
                d,
                things,
                |thing| Some(thing.text.as_str()).filter(|text| !text.is_empty()),
                |texts| Ok(encoder.embed_texts(texts)?),
            )?);
            pictures.extend(rows(
                d,
                things,
                |thing| thing.image.as_deref(),
                |images| {
                    let read: Vec<Picture> =
                        images.iter().map(|image| Picture::read(image)).collect::<Result<_, _>>()?;
                    Ok(encoder.embed_pictures(&read)?)
                },
            )?);
            progress.advance(things.len() as u64);
        }
        progress.finish(&format!("embedded {} things", things.len()));
        for triples in triples.chunks(BLOCK) {
            let said: Vec<&str> = triples.iter().map(|triple| triple.words.as_str()).collect();
            words.extend(encoder.embed_texts(&said)?);
        }
        for rows in [&mut texts, &mut pictures, &mut words] {
            rows.chunks_exact_mut(d).for_each(normalize);
        }
        Ok(Self { d, texts, pictures, words, ends })
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(super) fn n_things(&self) -> usize {
        self.texts.len() / self.d
    }

    /// A thing as its text, its picture, or the middle of both; what it does not have does not count.
    pub(super) fn view(&self, thing: u32, share_of_text: f32) -> Vec<f32> {
        let row = |rows: &'_ [f32]| rows[thing as usize * self.d..][..self.d].to_vec();
        let (text, picture) = (row(&self.texts), row(&self.pictures));
        let is_there = |row: &[f32]| row.iter().any(|value| *value != 0.0);
        let share = match (is_there(&text), is_there(&picture)) {
            (true, true) => share_of_text,
            (true, false) => 1.0,
            (false, _) => 0.0,
        };
        let mut view: Vec<f32> =
            text.iter().zip(&picture).map(|(text, picture)| share * text + (1.0 - share) * picture).collect();
        normalize(&mut view);
        view
    }
}

/// A row of length `d` for each thing, zero for one without the part.
fn rows<'a, P: ?Sized + 'a>(
    d: usize,
    things: &[&'a Thing],
    part: impl Fn(&'a Thing) -> Option<&'a P>,
    embed: impl Fn(&[&'a P]) -> Result<Vec<f32>, ComposeError>,
) -> Result<Vec<f32>, ComposeError> {
    let present: Vec<(usize, &P)> =
        things.iter().enumerate().filter_map(|(place, thing)| Some((place, part(thing)?))).collect();
    let mut rows = vec![0.0; things.len() * d];
    if present.is_empty() {
        return Ok(rows);
    }
    let vectors = embed(&present.iter().map(|(_, part)| *part).collect::<Vec<_>>())?;
    for ((place, _), vector) in present.iter().zip(vectors.chunks_exact(d)) {
        rows[place * d..][..d].copy_from_slice(vector);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &str) -> Result<Vec<Triple>, ComposeError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("triples.jsonl");
        std::fs::write(&path, content).unwrap();
        read_triples(&path)
    }

    #[test]
    fn triples_stand_one_to_a_line() {
        let triples = read(
            "{\"reference\": {\"image\": \"a.png\"}, \"words\": \"in red\", \"target\": {\"text\": \"red dress\"}}\n\n",
        )
        .unwrap();
        assert!(triples[0].reference.image.as_ref().unwrap().is_absolute());
        assert_eq!((triples.len(), triples[0].target.text.as_str()), (1, "red dress"));
    }

    #[test]
    fn what_is_no_triple_is_named_by_its_line() {
        let error = read("{\"words\": 3}").unwrap_err();
        assert!(error.to_string().contains("line 1, column 11: invalid type: integer `3`"), "{error}");
        let whole = |words, target| {
            format!("{{\"reference\": {{\"text\": \"a\"}}, \"words\": \"{words}\", \"target\": {target}}}")
        };
        let error = read(&whole("in red", "{}")).unwrap_err();
        assert!(matches!(error, ComposeError::Empty { line: 1, part: "target", .. }), "{error}");
        let error = read(&whole(" ", "{\"text\": \"b\"}")).unwrap_err();
        assert!(matches!(error, ComposeError::Empty { part: "words", .. }), "{error}");
        let error = read(&whole("in red", "{\"text\": \"a \", \"image\": \"\"}")).unwrap_err();
        assert!(matches!(error, ComposeError::Unchanged { line: 1, .. }), "{error}");
    }
}
