//! Documents as bags of terms: what items say of themselves, and the words under which they were chosen.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;

use rayon::prelude::*;

use crate::catalog::Catalog;
use crate::flat_file::{FlatError, FlatReader, FlatWriter};

use super::{Stemming, Tokenizer, Vocabulary};

/// A term's number and how often (or how strongly) it occurs.
pub type TermWeight = (u32, f32);

/// A bag of terms for each of many documents, in one piece of memory.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentTerms {
    /// `[n_documents + 1]`: where each document's terms begin.
    offsets: Vec<usize>,
    /// Ascending by term within a document, each term once.
    terms: Vec<TermWeight>,
}

impl DocumentTerms {
    /// Documents by their numbers, made on all threads; a term that occurs again in a document adds to its weight.
    pub(crate) fn of_each(n_documents: usize, document: impl Fn(u32) -> Vec<TermWeight> + Sync) -> Self {
        let numbers: Vec<u32> = (0u32..).take(n_documents).collect();
        let parts: Vec<Self> = numbers
            .par_chunks(TEXTS_PER_PART)
            .map(|part| Self::new(part.iter().map(|&number| document(number))))
            .collect();
        Self::joined(&parts)
    }

    /// As many documents as said, all of them empty.
    pub(crate) fn empty(n_documents: usize) -> Self {
        Self { offsets: vec![0; n_documents + 1], terms: Vec::new() }
    }

    /// Puts documents together; a term that occurs again in a document adds to its weight.
    pub fn new(documents: impl IntoIterator<Item = Vec<TermWeight>>) -> Self {
        let mut built = Self { offsets: vec![0], terms: Vec::new() };
        for mut document in documents {
            built.push(&mut document);
        }
        built
    }

    /// The documents of all parts, one part after the other.
    fn joined(parts: &[Self]) -> Self {
        let mut joined = Self {
            offsets: Vec::with_capacity(parts.iter().map(Self::len).sum::<usize>() + 1),
            terms: Vec::with_capacity(parts.iter().map(|part| part.terms.len()).sum()),
        };
        joined.offsets.push(0);
        for part in parts {
            let before = joined.terms.len();
            joined.offsets.extend(part.offsets[1..].iter().map(|offset| before + offset));
            joined.terms.extend_from_slice(&part.terms);
        }
        joined
    }

    /// Number of documents.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there are no documents at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The terms of one document, ascending, each once.
    pub fn of(&self, document_idx: u32) -> &[TermWeight] {
        let at = document_idx as usize;
        &self.terms[self.offsets[at]..self.offsets[at + 1]]
    }

    /// Each document's terms together with those of the same document in `other`, which count `weight` times.
    ///
    /// # Panics
    /// If the two do not have the same number of documents.
    pub fn merged(&self, other: &Self, weight: f32) -> Self {
        assert_eq!(self.len(), other.len(), "both must describe the same documents");
        Self::of_each(self.len(), |document| {
            let extra = other.of(document).iter().map(|&(term, tf)| (term, weight * tf));
            self.of(document).iter().copied().chain(extra).collect()
        })
    }

    /// The transposed table: for each of `n_terms` terms the documents that hold it, ascending.
    pub(crate) fn by_term(&self, n_terms: usize) -> Self {
        let mut offsets = vec![0usize; n_terms + 1];
        self.terms.iter().for_each(|&(term, _)| offsets[term as usize + 1] += 1);
        for term in 0..n_terms {
            offsets[term + 1] += offsets[term];
        }
        let mut next = offsets.clone();
        let mut postings = vec![(0, 0.0); self.terms.len()];
        for document in (0u32..).take(self.len()) {
            for &(term, weight) in self.of(document) {
                let place = &mut next[term as usize];
                postings[*place] = (document, weight);
                *place += 1;
            }
        }
        Self { offsets, terms: postings }
    }

    /// Writes them into a file.
    pub(crate) fn save(&self, name: &str, out: &mut FlatWriter<'_>) -> io::Result<()> {
        out.rows(name, &self.offsets, &self.terms)
    }

    /// Reads what [`Self::save`] wrote of so many documents.
    pub(crate) fn load(name: &str, n_documents: usize, from: &mut FlatReader) -> Result<Self, FlatError> {
        let (offsets, terms) = from.rows(name, n_documents)?;
        Ok(Self { offsets, terms })
    }

    /// Appends a document; `document` is left sorted.
    fn push(&mut self, document: &mut [TermWeight]) {
        document.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let start = self.terms.len();
        for &(term, tf) in document.iter() {
            match self.terms[start..].last_mut() {
                Some(last) if last.0 == term => last.1 += tf,
                _ => self.terms.push((term, tf)),
            }
        }
        self.offsets.push(self.terms.len());
    }
}

/// The words of a catalog, cut up once: its items and its distinct requests over one vocabulary.
#[derive(Debug)]
pub struct CatalogTerms {
    tokenizer: Tokenizer,
    vocabulary: Vocabulary,
    /// What each item says of itself, `[n_items]` documents made of [`Item::document`](crate::catalog::Item::document).
    pub items: DocumentTerms,
    /// The words of each distinct request, `[n_requests]` documents.
    pub requests: DocumentTerms,
}

impl CatalogTerms {
    /// Cuts up every item and request of `catalog`, on all threads; the numbers of the terms do not depend on how many there are.
    pub fn new(catalog: &Catalog, stemming: Stemming) -> Self {
        let mut vocabulary = Vocabulary::default();
        let items = cut_all(&catalog.items, |item| Cow::Owned(item.document()), stemming, &mut vocabulary);
        let requests = cut_all(&catalog.requests, |request| Cow::Borrowed(request), stemming, &mut vocabulary);
        Self { tokenizer: Tokenizer::new(stemming), vocabulary, items, requests }
    }

    /// The same words without the documents that they were found in: all that a request that is typed needs.
    pub(crate) fn without_documents(self) -> Self {
        Self { items: DocumentTerms::empty(0), requests: DocumentTerms::empty(0), ..self }
    }

    /// Writes all but the documents into a file.
    pub(crate) fn save(&self, out: &mut FlatWriter<'_>) -> io::Result<()> {
        out.value("stemming", &self.tokenizer.stemming())?;
        self.vocabulary.save(out)
    }

    /// Reads what [`Self::save`] wrote.
    pub(crate) fn load(from: &mut FlatReader) -> Result<Self, FlatError> {
        let tokenizer = Tokenizer::new(from.value("stemming")?);
        let vocabulary = Vocabulary::load(from)?;
        Ok(Self { tokenizer, vocabulary, items: DocumentTerms::empty(0), requests: DocumentTerms::empty(0) })
    }

    /// Number of distinct terms.
    pub fn n_terms(&self) -> usize {
        self.vocabulary.len()
    }

    /// The known terms of a text that is not in the catalog, such as a request typed just now.
    pub fn query(&self, text: &str) -> Vec<TermWeight> {
        let known = self.tokenizer.terms(text).into_iter().filter_map(|term| self.vocabulary.get(&term));
        let bag = DocumentTerms::new([known.map(|term| (term, 1.0)).collect()]);
        bag.terms
    }

    /// For each item, the words of the requests under which it was chosen in `visible` events, once per event:
    /// `[n_items]` documents. Only events that speak for the item count.
    pub fn past_requests(&self, catalog: &Catalog, visible: &[u32]) -> DocumentTerms {
        let mut chosen: Vec<(u32, u32)> = visible
            .iter()
            .map(|&event_idx| &catalog.events[event_idx as usize])
            .filter(|event| event.event_type.is_positive())
            .filter_map(|event| Some((event.item_idx, event.request_idx?)))
            .collect();
        chosen.sort_unstable();
        let mut rest = chosen.as_slice();
        let mut document = Vec::new();
        let mut built = DocumentTerms { offsets: vec![0], terms: Vec::new() };
        for item_idx in (0u32..).take(catalog.n_items()) {
            let (own, others) = rest.split_at(rest.partition_point(|&(item, _)| item == item_idx));
            rest = others;
            document.clear();
            for same_request in own.chunk_by(|a, b| a.1 == b.1) {
                let times = same_request.len() as f32;
                document.extend(self.requests.of(same_request[0].1).iter().map(|&(term, tf)| (term, tf * times)));
            }
            built.push(&mut document);
        }
        built
    }
}

/// Texts that are cut up by one thread, with a vocabulary of their own.
const TEXTS_PER_PART: usize = 8192;

/// Cuts up all texts; the terms get their numbers in the order of the texts.
fn cut_all<T: Sync>(
    all: &[T],
    text: impl Fn(&T) -> Cow<'_, str> + Sync,
    stemming: Stemming,
    vocabulary: &mut Vocabulary,
) -> DocumentTerms {
    let parts: Vec<Part> = all.par_chunks(TEXTS_PER_PART).map(|texts| Part::cut(texts, &text, stemming)).collect();
    let numbers: Vec<Vec<u32>> =
        parts.iter().map(|part| part.terms.iter().map(|term| vocabulary.intern(term)).collect()).collect();
    let numbered: Vec<DocumentTerms> =
        parts.into_par_iter().zip(numbers).map(|(part, own)| part.numbered(&own)).collect();
    DocumentTerms::joined(&numbered)
}

/// Some texts, cut up.
struct Part {
    /// The terms of the part, in the order in which they were seen.
    terms: Vec<String>,
    /// Of each text its terms, by their places in `terms`, with repeats.
    documents: Vec<Vec<u32>>,
}

impl Part {
    fn cut<T>(texts: &[T], text: &impl Fn(&T) -> Cow<'_, str>, stemming: Stemming) -> Self {
        let tokenizer = Tokenizer::new(stemming);
        let mut vocabulary = Vocabulary::default();
        // Most words were seen before, and need no stemming.
        let mut places: HashMap<String, u32> = HashMap::new();
        let mut cut = |text: &str| -> Vec<u32> {
            let mut document = Vec::new();
            tokenizer.for_each_word(text, |word| {
                let place = places.get(word).copied().unwrap_or_else(|| {
                    let place = vocabulary.intern(&tokenizer.term(word));
                    places.insert(word.to_owned(), place);
                    place
                });
                document.push(place);
            });
            document
        };
        let documents = texts.iter().map(|of| cut(&text(of))).collect();
        Self { terms: vocabulary.into_terms(), documents }
    }

    /// The documents by the numbers that the terms have in the whole vocabulary.
    fn numbered(self, numbers: &[u32]) -> DocumentTerms {
        let bag = |places: Vec<u32>| places.into_iter().map(|place| (numbers[place as usize], 1.0)).collect();
        DocumentTerms::new(self.documents.into_iter().map(bag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::sample::{catalog_of, click};
    use crate::catalog::{EventType, TimeKind};

    #[test]
    fn repeated_terms_add_up() {
        let documents = DocumentTerms::new([vec![(4, 1.0), (2, 1.0), (4, 0.5)], vec![]]);
        assert_eq!(documents.of(0), [(2, 1.0), (4, 1.5)]);
        assert!(documents.of(1).is_empty());
    }

    #[test]
    fn merging_weighs_the_other_side() {
        let own = DocumentTerms::new([vec![(1, 1.0)], vec![(5, 2.0)]]);
        let other = DocumentTerms::new([vec![(0, 1.0), (1, 2.0)], vec![]]);
        let both = own.merged(&other, 0.5);
        assert_eq!(both.of(0), [(0, 0.5), (1, 2.0)]);
        assert_eq!(both.of(1), [(5, 2.0)]);
    }

    #[test]
    fn past_requests_count_visible_positive_events_only() {
        let mut events = vec![
            click(0, 1, Some(0), 1),
            click(1, 1, Some(0), 2),
            click(0, 1, Some(1), 3),
            click(0, 0, None, 4),
            click(0, 0, Some(1), 5),
            click(0, 1, Some(1), 6),
        ];
        events[4].event_type = EventType::Dislike;
        let catalog = catalog_of(TimeKind::Unix, 2, 2, &["red shoes", "shoe"], events);
        let terms = CatalogTerms::new(&catalog, Stemming::English);
        let [(red, _), (shoe, _)] = terms.query("red shoe")[..] else { panic!("two terms are known") };
        let past = terms.past_requests(&catalog, &[0, 1, 2, 3, 4]);
        let mut expected = [(red, 2.0), (shoe, 3.0)];
        expected.sort_by_key(|&(term, _)| term);
        assert_eq!(past.of(1), expected);
        assert!(past.of(0).is_empty());
    }

    #[test]
    fn parts_on_many_threads_give_the_numbers_that_one_text_after_the_other_gives() {
        let requests: Vec<String> =
            (0..3 * TEXTS_PER_PART / 2).map(|n| format!("word{} shoes {} Shoe", n * 7919 % 5000, n % 13)).collect();
        let tokenizer = Tokenizer::new(Stemming::English);
        let (mut one_by_one, mut vocabulary) = (Vocabulary::default(), Vocabulary::default());
        let bags = requests
            .iter()
            .map(|text| tokenizer.terms(text).iter().map(|term| (one_by_one.intern(term), 1.0)).collect());
        let expected = DocumentTerms::new(bags);
        let cut = cut_all(&requests, |request| Cow::Borrowed(request), Stemming::English, &mut vocabulary);
        assert_eq!(cut, expected);
        assert_eq!(vocabulary.into_terms(), one_by_one.into_terms());
    }

    #[test]
    fn the_transposed_table_has_the_same_weights_by_term() {
        let documents = DocumentTerms::new([vec![(2, 1.0), (0, 3.0)], vec![], vec![(2, 5.0)]]);
        let by_term = documents.by_term(4);
        let rows: Vec<&[TermWeight]> = (0..4).map(|term| by_term.of(term)).collect();
        assert_eq!(rows, [&[(0, 3.0)][..], &[], &[(0, 1.0), (2, 5.0)], &[]]);
    }

    #[test]
    fn unknown_words_of_a_query_are_dropped() {
        let catalog = catalog_of(TimeKind::Unix, 1, 1, &["shoe"], vec![]);
        let terms = CatalogTerms::new(&catalog, Stemming::English);
        let query = terms.query("shoes unheard shoe");
        assert_eq!(query.len(), 1);
        assert_eq!(query[0].1, 2.0);
    }
}
