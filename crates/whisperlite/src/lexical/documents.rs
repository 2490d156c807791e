//! Documents as bags of terms: what items say of themselves, and the words under which they were chosen.

use crate::catalog::{Catalog, Item};

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
    /// Puts documents together; a term that occurs again in a document adds to its weight.
    pub fn new(documents: impl IntoIterator<Item = Vec<TermWeight>>) -> Self {
        let mut built = Self { offsets: vec![0], terms: Vec::new() };
        for mut document in documents {
            built.push(&mut document);
        }
        built
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
        let both = (0u32..).take(self.len()).map(|document| {
            let extra = other.of(document).iter().map(|&(term, tf)| (term, weight * tf));
            self.of(document).iter().copied().chain(extra).collect()
        });
        Self::new(both)
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
    /// What each item says of itself, `[n_items]` documents made of [`Item::document`].
    pub items: DocumentTerms,
    /// The words of each distinct request, `[n_requests]` documents.
    pub requests: DocumentTerms,
}

impl CatalogTerms {
    /// Cuts up every item and request of `catalog`.
    pub fn new(catalog: &Catalog, stemming: Stemming) -> Self {
        let tokenizer = Tokenizer::new(stemming);
        let mut vocabulary = Vocabulary::default();
        let mut bag = |text: &str| -> Vec<TermWeight> {
            tokenizer.terms(text).into_iter().map(|term| (vocabulary.intern(term), 1.0)).collect()
        };
        let items = DocumentTerms::new(catalog.items.iter().map(|item: &Item| bag(&item.document())));
        let requests = DocumentTerms::new(catalog.requests.iter().map(|request| bag(request)));
        Self { tokenizer, vocabulary, items, requests }
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
    fn unknown_words_of_a_query_are_dropped() {
        let catalog = catalog_of(TimeKind::Unix, 1, 1, &["shoe"], vec![]);
        let terms = CatalogTerms::new(&catalog, Stemming::English);
        let query = terms.query("shoes unheard shoe");
        assert_eq!(query.len(), 1);
        assert_eq!(query[0].1, 2.0);
    }
}
