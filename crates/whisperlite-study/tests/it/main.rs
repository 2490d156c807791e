//! The science of studies from outside.

mod golden_statistics;
mod coverage;
