//! The boutique: a fashion store that draws itself.
//!
//! Garments and shoes as flat vector drawings, with titles, descriptions, brands and prices; shoppers with tastes that drift
//! and budgets; requests as people type them; views and purchases that follow the request *and* the taste. Everything comes
//! from a seed, and the true preferences are known, so that one can measure how much of the possible gain a ranking reaches.
//! All of it is synthetic, and says so.
//!
//! ```
//! use whisperlite_boutique::{Boutique, BoutiqueConfig, Knowledge};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let boutique = Boutique::new(BoutiqueConfig::new(7, 1_000_000))?;
//! let item = boutique.item(123_456);
//! println!("{}, {}: {}", boutique.title(&item), item.price, boutique.description(&item));
//! let png = boutique.png(&item, 256)?;
//! # assert!(png.starts_with(b"\x89PNG"));
//!
//! let session = boutique.sessions().find(|session| session.request.is_some()).expect("most visits have a request");
//! let request = session.request.expect("just looked for");
//! let shopper = boutique.shopper(session.shopper);
//! println!("{} asks for {:?}", shopper.id(), request.text);
//! let preference = boutique.preference(&shopper, &request.intent, session.at);
//! let (worth, to_the_crowd) = (preference.utility(&item), preference.known(Knowledge::Crowd, &item));
//! # assert!(worth.is_finite() && to_the_crowd.is_finite());
//!
//! let change = boutique.change(0);
//! println!("{} {:?} means {:?}", boutique.item(change.item).id(), change.words, change.target);
//! # Ok(())
//! # }
//! ```
//!
//! [`Boutique::write`] makes a folder of plain tables and pictures of it, and [`Boutique::open`] knows the truth behind one.
//!
//! The rooms, in the order of making: a [`look`] is what can be seen; it is put into a drawing ([`draw`]) and into [`words`];
//! with brand and price it becomes an [`Item`]; a [`Shopper`] with a [`Request`] chooses items by what they are worth ([`Preference`]) and
//! leaves a [`Session`]. This crate knows nothing of the recommender.

pub mod look;
pub mod draw;
pub mod words;
mod style;
mod brand;
mod kinds;
mod item;
mod shopper;
mod intent;
mod request;
mod boutique;
mod truth;
mod session;
mod change;
mod folder;
mod error;
mod random;

pub use boutique::{Boutique, BoutiqueConfig};
pub use brand::{BRANDS, Brand};
pub use change::{Change, change_of};
pub use error::{ConfigError, DrawError, FolderError};
pub use folder::{Pictures, SOURCE, Stage, Watcher, WriteOptions, Written};
pub use intent::{Intent, PriceWish};
pub use item::Item;
pub use request::Request;
pub use session::{Action, Event, Session, Sessions};
pub use shopper::Shopper;
pub use style::{Occasion, Style};
pub use truth::{Knowledge, Preference};
