//! The server as a value: requests go in, answers come out, and no socket is opened. Over a real one it is tested with the
//! command.

mod contract;
mod events;
mod events_of_others;
mod keys;
mod limits;
mod made;
mod mistakes;
mod page;
mod refine;
mod search;
mod stock;
mod study;
mod writer;
