//! The science of studies from outside.

mod golden_statistics;
mod analysis;
mod coverage;
