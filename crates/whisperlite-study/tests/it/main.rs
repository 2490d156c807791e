//! The science of studies from outside.

mod golden_statistics;
mod house;
mod stopping;
mod analysis;
mod coverage;
mod boutique;
