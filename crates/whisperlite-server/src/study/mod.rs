//! Studies: what may be done with them, how a server follows their logs, and lists that are mixed in the live shop.
//!
//! Not for: designs, tasks and statistics, which are `whisperlite-study`'s.

mod book;
mod following;
mod live;
mod mixing;
mod standing;
mod turns;

pub use book::{BookError, Invitation, NewVersion, OpenVersion, append, close, data_of, forget, make, open, read};
pub(crate) use book::{add_answer, joining};
pub(crate) use following::{KnownStudy, Studies};
pub use live::{LiveRequest, MAX_HISTORY, latest, live_material, not_live};
pub use mixing::LIVE_SYSTEMS;
pub(crate) use mixing::{Mix, Mixer, Mixing, mix};
pub use standing::{Said, Standing};
