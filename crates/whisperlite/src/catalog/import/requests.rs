//! What did the person ask for? Takes the words that came with the event, or derives them from the item.

use std::collections::{HashMap, HashSet};

use super::attribute_rule::AttributeRule;
use super::target::{EventId, StoredSettings, Target};
use crate::catalog::error::ImportError;
use crate::catalog::formats::{RawEvent, Words};
use crate::catalog::types::{Item, RequestSource};

/// Chooses where the requests of an import come from, or says why they cannot.
pub(super) fn choose_source(
    wanted: Option<&RequestSource>,
    stored: Option<&StoredSettings>,
    words: Words,
) -> Result<RequestSource, ImportError> {
    let usual = if words.request { RequestSource::Column } else { RequestSource::None };
    let stored = stored.map(|settings| &settings.request_source);
    let chosen = wanted.or(stored).cloned().unwrap_or(usual);
    if let Some(stored) = stored.filter(|stored| **stored != chosen) {
        return Err(ImportError::RequestsMismatch { store: stored.clone(), import: chosen });
    }
    let why = match chosen {
        RequestSource::Column if !words.request => "no file of events has a request column",
        RequestSource::ReviewTitle if !words.review_title => "no file of events has review titles",
        RequestSource::ReviewText if !words.review_text => "no file of events has review texts",
        _ => return Ok(chosen),
    };
    // A store that already has its source may get events without words: they are kept as events without a request.
    if wanted.is_none() { Ok(chosen) } else { Err(ImportError::RequestsUnavailable { wanted: chosen, why }) }
}

/// Says the request of an event.
pub(super) enum Requests {
    Column,
    ReviewTitle,
    ReviewText,
    /// The words of each item's categories.
    Categories(HashMap<String, String>),
    Attributes(Box<AttributeRule>),
    None,
}

impl Requests {
    /// Looks at the items where the requests are derived from them.
    pub(super) fn new(source: &RequestSource, target: &dyn Target) -> Result<Self, ImportError> {
        Ok(match source {
            RequestSource::Column => Self::Column,
            RequestSource::ReviewTitle => Self::ReviewTitle,
            RequestSource::ReviewText => Self::ReviewText,
            RequestSource::None => Self::None,
            RequestSource::Attributes { seed } => Self::Attributes(Box::new(AttributeRule::new(*seed, target)?)),
            RequestSource::Categories => {
                let mut by_item = HashMap::new();
                let mut visit = |item: Item| {
                    by_item.insert(item.item_id, category_words(&item.category));
                };
                target.for_each_item(&mut visit).map_err(ImportError::Target)?;
                Self::Categories(by_item)
            }
        })
    }

    /// The request of an event; `None` where there are no words.
    pub(super) fn of(&self, event: &RawEvent, event_id: &EventId) -> Option<String> {
        let words = match self {
            Self::Column => event.request.clone(),
            Self::ReviewTitle => event.review_title.clone(),
            Self::ReviewText => event.review_text.clone(),
            Self::Categories(by_item) => by_item.get(&event.item_id).cloned(),
            Self::Attributes(rule) => rule.request(&event.item_id, event_id),
            Self::None => None,
        };
        words.filter(|words| !words.is_empty())
    }
}

/// The words of a category path: levels in order, each word said once, in lower case.
fn category_words(category: &str) -> String {
    let mut said = HashSet::new();
    let words =
        category.split(|c: char| c.is_whitespace() || matches!(c, '>' | ',' | '&' | '/' | '(' | ')' | '|' | ';'));
    let words = words.map(str::to_lowercase).filter(|word| word.chars().any(char::is_alphanumeric));
    words.filter(|word| said.insert(word.clone())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::types::TimeKind;

    #[test]
    fn category_words_are_said_once_and_in_order() {
        assert_eq!(
            category_words("Women > Scarves & Wraps > Fashion Scarves > Accessories"),
            "women scarves wraps fashion accessories"
        );
        assert_eq!(category_words("Adult Entertainment, Sports Bars, Bars"), "adult entertainment sports bars");
        assert_eq!(category_words("T-Shirts > Men's"), "t-shirts men's");
        assert_eq!(category_words(""), "");
    }

    #[test]
    fn the_usual_source_is_a_column_where_there_is_one() {
        let column = Words { request: true, ..Words::default() };
        assert_eq!(choose_source(None, None, column).unwrap(), RequestSource::Column);
        assert_eq!(choose_source(None, None, Words::default()).unwrap(), RequestSource::None);
        let unavailable = choose_source(Some(&RequestSource::ReviewTitle), None, column).unwrap_err();
        assert!(unavailable.to_string().contains("review titles"), "{unavailable}");
    }

    #[test]
    fn a_store_keeps_its_source() {
        let stored =
            StoredSettings { time_kind: TimeKind::Unix, request_source: RequestSource::Attributes { seed: 1 } };
        let choose = |wanted: Option<&RequestSource>| choose_source(wanted, Some(&stored), Words::default());
        assert_eq!(choose(None).unwrap(), RequestSource::Attributes { seed: 1 });
        assert!(matches!(
            choose(Some(&RequestSource::Attributes { seed: 2 })),
            Err(ImportError::RequestsMismatch { .. })
        ));
    }
}
