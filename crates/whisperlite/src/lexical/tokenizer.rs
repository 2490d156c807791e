//! From text to terms, and from terms to numbers.

use std::collections::HashMap;
use std::fmt;

use rust_stemmers::{Algorithm, Stemmer};
use serde::{Deserialize, Serialize};

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
        let lower = text.to_lowercase();
        let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        match &self.stemmer {
            Some(stemmer) => words.map(|word| stemmer.stem(word).into_owned()).collect(),
            None => words.map(str::to_owned).collect(),
        }
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
    pub fn intern(&mut self, term: String) -> u32 {
        let next = self.numbers.len() as u32;
        *self.numbers.entry(term).or_insert(next)
    }

    /// The number of `term`, or `None` if it was never seen.
    pub fn get(&self, term: &str) -> Option<u32> {
        self.numbers.get(term).copied()
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
        let numbers: Vec<u32> = ["a", "b", "a"].map(|t| vocabulary.intern(t.to_owned())).into();
        assert_eq!(numbers, [0, 1, 0]);
        assert_eq!((vocabulary.get("b"), vocabulary.get("c"), vocabulary.len()), (Some(1), None, 2));
    }
}
