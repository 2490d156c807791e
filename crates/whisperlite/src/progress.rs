//! How long work reports to whoever watches: the library never prints, the CLI draws the bar.

/// Receives the progress of one long task at a time. All methods take `&self`, so that worker threads can report.
pub trait Progress: Sync {
    /// A task begins; `total` is in `unit`s ("items", "bytes", "rows"), `None` where it is not known.
    fn start(&self, task: &str, total: Option<u64>, unit: &str);
    /// `n` more units are done.
    fn advance(&self, n: u64);
    /// A short note beside the bar, such as the current loss.
    fn note(&self, text: &str);
    /// The task is over; `summary` stays on the screen.
    fn finish(&self, summary: &str);
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _task: &str, _total: Option<u64>, _unit: &str) {}
    fn advance(&self, _n: u64) {}
    fn note(&self, _text: &str) {}
    fn finish(&self, _summary: &str) {}
}
