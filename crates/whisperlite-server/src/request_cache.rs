//! The vectors of requests that were made a moment ago: what many ask in the same words is embedded once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use whisperlite::encoder::{Composer, Encoder, EncoderError, Picture};

/// Vectors by their texts, of the requests that were made last.
pub struct RequestCache {
    max_texts: usize,
    kept: Mutex<Kept>,
    n_hits: AtomicU64,
    n_misses: AtomicU64,
}

struct Kept {
    /// Of the encoder that made the vectors; another one makes others.
    fingerprint: String,
    vectors: LruCache<String, Vec<f32>>,
}

impl RequestCache {
    /// Keeps the vectors of so many texts; with 0 it keeps nothing.
    pub fn new(max_texts: usize) -> Arc<Self> {
        let kept = Mutex::new(Kept { fingerprint: String::new(), vectors: LruCache::unbounded() });
        Arc::new(Self { max_texts, kept, n_hits: AtomicU64::new(0), n_misses: AtomicU64::new(0) })
    }

    /// The encoder, which is asked only for what is not kept. What another encoder made is forgotten.
    pub fn before(self: &Arc<Self>, encoder: Box<dyn Encoder>) -> Box<dyn Encoder> {
        Box::new(Remembering { cache: Arc::clone(self), encoder })
    }

    /// Requests whose vector was kept, and such that had to be embedded.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.n_hits.load(Ordering::Relaxed), self.n_misses.load(Ordering::Relaxed))
    }

    fn get(&self, fingerprint: &str, text: &str) -> Option<Vec<f32>> {
        let mut kept = self.kept(fingerprint);
        let vector = kept.vectors.get(text).cloned();
        let counter = if vector.is_some() { &self.n_hits } else { &self.n_misses };
        counter.fetch_add(1, Ordering::Relaxed);
        vector
    }

    fn put(&self, fingerprint: &str, text: &str, vector: &[f32]) {
        let mut kept = self.kept(fingerprint);
        kept.vectors.put(text.to_owned(), vector.to_vec());
        while kept.vectors.len() > self.max_texts {
            kept.vectors.pop_lru();
        }
    }

    fn kept(&self, fingerprint: &str) -> MutexGuard<'_, Kept> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.fingerprint != fingerprint {
            kept.vectors.clear();
            fingerprint.clone_into(&mut kept.fingerprint);
        }
        kept
    }
}

/// See [`RequestCache::before`].
struct Remembering {
    cache: Arc<RequestCache>,
    encoder: Box<dyn Encoder>,
}

impl Encoder for Remembering {
    fn name(&self) -> &str {
        self.encoder.name()
    }

    fn dim(&self) -> usize {
        self.encoder.dim()
    }

    fn fingerprint(&self) -> &str {
        self.encoder.fingerprint()
    }

    /// A text alone is a request; several together are items, which are not asked for again.
    fn embed_texts(&self, texts: &[&str]) -> Result<Vec<f32>, EncoderError> {
        let [text] = texts else { return self.encoder.embed_texts(texts) };
        if let Some(vector) = self.cache.get(self.fingerprint(), text) {
            return Ok(vector);
        }
        let span = tracing::debug_span!("encoder");
        let vector = span.in_scope(|| self.encoder.embed_texts(texts))?;
        self.cache.put(self.fingerprint(), text, &vector);
        Ok(vector)
    }

    fn sees_pictures(&self) -> bool {
        self.encoder.sees_pictures()
    }

    fn embed_pictures(&self, pictures: &[Picture]) -> Result<Vec<f32>, EncoderError> {
        tracing::debug_span!("encoder").in_scope(|| self.encoder.embed_pictures(pictures))
    }

    fn composer(&self) -> Result<Option<&Composer>, EncoderError> {
        self.encoder.composer()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Its vector is the length of the text, and it counts how often it is asked.
    struct Counting(&'static str, Arc<AtomicU64>);

    impl Encoder for Counting {
        fn name(&self) -> &str {
            "counting"
        }

        fn dim(&self) -> usize {
            1
        }

        fn fingerprint(&self) -> &str {
            self.0
        }

        fn embed_texts(&self, texts: &[&str]) -> Result<Vec<f32>, EncoderError> {
            self.1.fetch_add(1, Ordering::Relaxed);
            Ok(texts.iter().map(|text| text.len() as f32).collect())
        }
    }

    #[test]
    fn what_was_asked_last_is_embedded_once_by_each_encoder() {
        let (cache, n_asked) = (RequestCache::new(2), Arc::new(AtomicU64::new(0)));
        let encoder = cache.before(Box::new(Counting("a", Arc::clone(&n_asked))));
        let ask = |encoder: &dyn Encoder, text: &str| {
            assert_eq!(encoder.embed_texts(&[text]).unwrap(), [text.len() as f32]);
            n_asked.load(Ordering::Relaxed)
        };
        assert_eq!(["x", "x", "yy", "x", "zzz", "x"].map(|text| ask(&*encoder, text)), [1, 1, 2, 2, 3, 3]);
        assert_eq!(ask(&*encoder, "yy"), 4, "the one that was not asked for longest is forgotten");
        assert_eq!(encoder.embed_texts(&["x", "yy"]).unwrap(), [1.0, 2.0]);
        assert_eq!((cache.counts(), n_asked.load(Ordering::Relaxed)), ((3, 4), 5));
        let other = cache.before(Box::new(Counting("b", Arc::clone(&n_asked))));
        assert_eq!(ask(&*other, "x"), 6, "another encoder makes another vector");
    }
}
