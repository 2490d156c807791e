//! MovieLens (the CSV editions): ratings, free-text tags, films.
//!
//! A tag is what a person calls the film in their own words, and stands for a request; a rating is an event without one.

use super::amazon::unix;
use super::{Layout, RawEvent, Role, Words, has};
use crate::catalog::error::Fault;
use crate::catalog::read::Record;
use crate::catalog::types::{EventType, Item};

/// What MovieLens writes where a film has no genre.
const NO_GENRES: &str = "(no genres listed)";

/// The layout.
pub(super) struct Movielens;

impl Layout for Movielens {
    fn role(&self, columns: &[String]) -> Option<Role> {
        if has(columns, &["userId", "movieId", "timestamp"]) {
            (has(columns, &["rating"]) || has(columns, &["tag"])).then_some(Role::Events)
        } else if has(columns, &["movieId", "title", "genres"]) {
            Some(Role::Items)
        } else if has(columns, &["movieId", "imdbId"]) {
            Some(Role::Ignored("links to other databases say nothing about a film"))
        } else {
            None
        }
    }

    fn words(&self, columns: &[String]) -> Words {
        Words { request: has(columns, &["tag"]), ..Words::default() }
    }

    fn item(&self, record: &Record) -> Result<Item, Fault> {
        let title = record.required("title")?;
        let genres = record.text_or_empty("genres");
        let year = year(&title).map(|year| ("year", year.to_owned()));
        Ok(Item {
            item_id: record.required("movieId")?,
            attributes: year.into_iter().collect(),
            title,
            // Genres stand beside each other, they are no path.
            category: if genres == NO_GENRES { String::new() } else { genres.replace('|', ", ") },
            ..Item::default()
        })
    }

    fn event(&self, record: &Record) -> Result<RawEvent, Fault> {
        let (request, value) = if record.value("tag").is_some() {
            (Some(record.required("tag")?), None)
        } else {
            record.required("rating")?;
            (None, record.number("rating")?)
        };
        Ok(RawEvent {
            event_id: None,
            user_id: record.required("userId")?,
            item_id: record.required("movieId")?,
            event_type: EventType::Purchase,
            moment: unix(record, "timestamp")?,
            value,
            request,
            review_title: None,
            review_text: None,
        })
    }

    fn expected(&self) -> &'static str {
        "ratings (userId, movieId, rating, timestamp), tags (userId, movieId, tag, timestamp) or movies (movieId, title, \
         genres)"
    }

    fn standard_names(&self) -> &'static [&'static str] {
        &["movies.csv", "ratings.csv", "tags.csv", "links.csv"]
    }
}

/// The year in brackets at the end of a title.
fn year(title: &str) -> Option<&str> {
    let (_, year) = title.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    (year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit())).then_some(year)
}
