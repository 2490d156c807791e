//! How often, how long, and with what end: numbers for Prometheus, of every path.
//!
//! The labels are few on purpose: the path is the contract's, not the client's, and nothing says who asked for what.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

/// Upper bounds of the classes of a duration, in seconds.
const BOUNDS_SECS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const NAME: &str = "whisperlite_http_request_duration_seconds";
const ITEMS_BEHIND: &str = "whisperlite_item_changes_behind";

const REQUEST_VECTORS: &str = "whisperlite_request_vectors_total";

/// What a request is counted under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Labels {
    /// As the contract writes it, such as `/v1/items/{id}`, or `none`.
    pub(crate) path: String,
    /// GET, HEAD or POST, or `other`.
    pub(crate) method: &'static str,
    /// Status of the answer.
    pub(crate) status: u16,
}

/// The numbers of one server since it began.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    durations: Mutex<BTreeMap<Labels, Durations>>,
}

/// A histogram of durations.
#[derive(Debug, Clone, Copy, Default)]
struct Durations {
    /// Requests of each class, those of the classes before it left out.
    counts: [u64; BOUNDS_SECS.len()],
    n: u64,
    sum_secs: f64,
}

impl Metrics {
    /// Counts a request that was answered.
    pub(crate) fn observe(&self, labels: Labels, seconds: f64) {
        let mut durations = self.durations.lock().unwrap_or_else(PoisonError::into_inner);
        let durations = durations.entry(labels).or_default();
        if let Some(class) = BOUNDS_SECS.iter().position(|bound| seconds <= *bound) {
            durations.counts[class] += 1;
        }
        durations.n += 1;
        durations.sum_secs += seconds;
    }

    /// All numbers in the text form that Prometheus reads; `items_behind` are items that no answer has, and of the requests in words
    /// the vectors of `n_hits` were kept and `n_misses` were embedded.
    pub(crate) fn text(&self, items_behind: u64, (n_hits, n_misses): (u64, u64)) -> Result<String, std::fmt::Error> {
        let mut text = format!("# HELP {NAME} Time from the head of a request to that of its answer\n");
        writeln!(text, "# TYPE {NAME} histogram")?;
        let durations = self.durations.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (Labels { path, method, status }, Durations { counts, n, sum_secs }) in durations {
            let labels = format!("method=\"{method}\",path=\"{path}\",status=\"{status}\"");
            let mut below = 0;
            for (bound, count) in BOUNDS_SECS.iter().zip(counts) {
                below += count;
                writeln!(text, "{NAME}_bucket{{{labels},le=\"{bound}\"}} {below}")?;
            }
            writeln!(text, "{NAME}_bucket{{{labels},le=\"+Inf\"}} {n}")?;
            writeln!(text, "{NAME}_sum{{{labels}}} {sum_secs}")?;
            writeln!(text, "{NAME}_count{{{labels}}} {n}")?;
        }
        writeln!(text, "# HELP {ITEMS_BEHIND} Items in the store that could not be taken into the answers")?;
        writeln!(text, "# TYPE {ITEMS_BEHIND} gauge")?;
        writeln!(text, "{ITEMS_BEHIND} {items_behind}")?;
        writeln!(text, "# HELP {REQUEST_VECTORS} Requests in words, by whether their vectors were kept from before")?;
        writeln!(text, "# TYPE {REQUEST_VECTORS} counter")?;
        writeln!(text, "{REQUEST_VECTORS}{{kept=\"yes\"}} {n_hits}")?;
        writeln!(text, "{REQUEST_VECTORS}{{kept=\"no\"}} {n_misses}")?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_holds_those_below_it() {
        let metrics = Metrics::default();
        for seconds in [0.001, 0.002, 0.3, 11.0] {
            metrics.observe(Labels { path: "/p".to_owned(), method: "GET", status: 200 }, seconds);
        }
        let text = metrics.text(7, (2, 3)).unwrap();
        for (bound, n) in [("0.0005", 0), ("0.001", 1), ("0.0025", 2), ("0.25", 2), ("0.5", 3), ("10", 3), ("+Inf", 4)]
        {
            let line = format!("{NAME}_bucket{{method=\"GET\",path=\"/p\",status=\"200\",le=\"{bound}\"}} {n}\n");
            assert!(text.contains(&line), "{line}{text}");
        }
        for line in ["whisperlite_item_changes_behind 7", "whisperlite_request_vectors_total{kept=\"no\"} 3"] {
            assert!(text.contains(&format!("\n{line}\n")), "{text}");
        }
        assert!(text.contains(&format!("{NAME}_sum{{method=\"GET\",path=\"/p\",status=\"200\"}} 11.303\n")), "{text}");
    }
}
