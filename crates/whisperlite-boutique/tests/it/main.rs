//! The boutique from outside.

mod looks;
mod drawings;
mod words;
mod store;
mod truth;
mod folder;
mod house;
