//! From text to terms, and from terms to numbers.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::io;

use rust_stemmers::{Algorithm, Stemmer};
use serde::{Deserialize, Serialize};

use crate::flat_file::{FlatError, FlatReader, FlatWriter};

/// Whether word endings are cut off before words are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stemming {
    /// Snowball's English stemmer: "dresses" and "dress" are one term.
    #[default]
    English,
    /// Words as they are written, in lower case.
    Off,
}

/// Cuts text into lower-case runs of letters and digits (of any script) and stems them. There is no list of stop
/// words: BM25 gives a word that is everywhere next to no weight by itself.
pub struct Tokenizer {
    stemmer: Option<Stemmer>,
}

impl Tokenizer {
    /// A tokenizer with the given stemming.
    pub fn new(stemming: Stemming) -> Self {
        let stemmer = match stemming {
            Stemming::English => Some(Stemmer::create(Algorithm::English)),
            Stemming::Off => None,
        };
        Self { stemmer }
    }

    /// The terms of `text`, in order, with repeats.
    pub fn terms(&self, text: &str) -> Vec<String> {
        let mut terms = Vec::new();
        self.for_each_word(text, |word| terms.push(self.term(word).into_owned()));
        terms
    }

    /// Visits the words of `text` in lower case, in order, as they are before they are stemmed.
    pub(super) fn for_each_word(&self, text: &str, visit: impl FnMut(&str)) {
        let lower = text.to_lowercase();
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).for_each(visit);
    }

    /// The term of a word in lower case.
    pub(super) fn term<'w>(&self, word: &'w str) -> Cow<'w, str> {
        match &self.stemmer {
            Some(stemmer) => stemmer.stem(word),
            None => Cow::Borrowed(word),
        }
    }

    /// With what stemming it was made.
    pub(super) fn stemming(&self) -> Stemming {
        if self.stemmer.is_some() { Stemming::English } else { Stemming::Off }
    }
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokenizer").field("stems", &self.stemmer.is_some()).finish()
    }
}

/// Numbers for terms, in the order in which they were first seen.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    numbers: HashMap<String, u32>,
}

impl Vocabulary {
    /// The number of `term`, given now if it is new.
    pub fn intern(&mut self, term: &str) -> u32 {
        if let Some(number) = self.get(term) {
            return number;
        }
        let next = self.numbers.len() as u32;
        self.numbers.insert(term.to_owned(), next);
        next
    }

    /// The number of `term`, or `None` if it was never seen.
    pub fn get(&self, term: &str) -> Option<u32> {
        self.numbers.get(term).copied()
    }

    /// The terms in the order of their numbers.
    fn terms(&self) -> Vec<&str> {
        let mut terms = vec![""; self.len()];
        self.numbers.iter().for_each(|(term, &number)| terms[number as usize] = term);
        terms
    }

    /// The same, taken out.
    pub(super) fn into_terms(self) -> Vec<String> {
        let mut terms = vec![String::new(); self.len()];
        self.numbers.into_iter().for_each(|(term, number)| terms[number as usize] = term);
        terms
    }

    /// Writes it into a file.
    pub(super) fn save(&self, out: &mut FlatWriter<'_>) -> io::Result<()> {
        out.texts("vocabulary", self.terms().into_iter())
    }

    /// Reads what [`Self::save`] wrote.
    pub(super) fn load(from: &mut FlatReader) -> Result<Self, FlatError> {
        let terms = from.texts("vocabulary")?;
        let numbers = (0u32..).zip(terms.into_strings()).map(|(number, term)| (term, number)).collect();
        Ok(Self { numbers })
    }

    /// How many terms there are.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether no term was ever seen.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_lower_case_runs_of_letters_and_digits() {
        let tokenizer = Tokenizer::new(Stemming::Off);
        assert_eq!(tokenizer.terms("Wall-E (2008), ÉTÉ 東京!"), ["wall", "e", "2008", "été", "東京"]);
        assert!(tokenizer.terms(" -- ").is_empty());
    }

    #[test]
    fn stemming_joins_word_forms() {
        let tokenizer = Tokenizer::new(Stemming::English);
        assert_eq!(tokenizer.terms("Dresses dress dressed"), ["dress", "dress", "dress"]);
    }

    #[test]
    fn the_vocabulary_gives_each_term_one_number() {
        let mut vocabulary = Vocabulary::default();
        let numbers: Vec<u32> = ["a", "b", "a"].map(|t| vocabulary.intern(t)).into();
        assert_eq!(numbers, [0, 1, 0]);
        assert_eq!((vocabulary.get("b"), vocabulary.get("c"), vocabulary.len()), (Some(1), None, 2));
    }
}
