//! What makes an event the same event when its file is imported again.
//!
//! Where the source has no ids, an event is known by everything that the source says about it, and by how often it has
//! said the same before in this import: buying twice on one day is two events, however often the file is read.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::target::EventId;
use crate::catalog::formats::{Moment, RawEvent};

/// Gives ids to the events of one import.
#[derive(Default)]
pub(super) struct EventIds {
    /// How often each content was seen.
    seen: HashMap<[u8; 16], u64>,
}

impl EventIds {
    pub(super) fn id_of(&mut self, event: &RawEvent) -> EventId {
        if let Some(given) = &event.event_id {
            return EventId::Given(given.clone());
        }
        let content = hash_content(event);
        let occurrence = self.seen.entry(content).or_default();
        let mut hasher = Sha256::new();
        hasher.update(content);
        hasher.update(occurrence.to_le_bytes());
        *occurrence += 1;
        EventId::Hash(first_half(hasher))
    }
}

fn hash_content(event: &RawEvent) -> [u8; 16] {
    let mut hasher = Sha256::new();
    let mut text = |part: Option<&str>| {
        // Lengths keep ("ab", "c") apart from ("a", "bc"); the largest stands for an absent text.
        hasher.update(part.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
        hasher.update(part.unwrap_or_default());
    };
    text(Some(&event.user_id));
    text(Some(&event.item_id));
    for words in [&event.request, &event.review_title, &event.review_text] {
        text(words.as_deref());
    }
    let (Moment::Unix(seconds) | Moment::Number(seconds)) = event.moment;
    hasher.update(seconds.to_le_bytes());
    hasher.update([event.event_type as u8, u8::from(event.value.is_some())]);
    hasher.update(event.value.unwrap_or_default().to_le_bytes());
    first_half(hasher)
}

fn first_half(hasher: Sha256) -> [u8; 16] {
    let digest = hasher.finalize();
    std::array::from_fn(|i| digest[i])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::types::EventType;

    fn event(user_id: &str, item_id: &str) -> RawEvent {
        RawEvent {
            event_id: None,
            user_id: user_id.to_owned(),
            item_id: item_id.to_owned(),
            event_type: EventType::Purchase,
            moment: Moment::Unix(1),
            value: None,
            request: None,
            review_title: None,
            review_text: None,
        }
    }

    #[test]
    fn repeats_differ_within_an_import_and_agree_across_imports() {
        let twice = |ids: &mut EventIds| [ids.id_of(&event("u", "i")), ids.id_of(&event("u", "i"))];
        let (first, again) = (twice(&mut EventIds::default()), twice(&mut EventIds::default()));
        assert_ne!(first[0], first[1]);
        assert_eq!(first, again);
    }

    #[test]
    fn every_part_of_an_event_counts() {
        let base = event("ab", "c");
        let changed = [
            event("a", "bc"),
            RawEvent { event_type: EventType::View, ..base.clone() },
            RawEvent { moment: Moment::Unix(2), ..base.clone() },
            RawEvent { value: Some(0.0), ..base.clone() },
            RawEvent { request: Some(String::new()), ..base.clone() },
            RawEvent { review_title: Some("x".to_owned()), ..base.clone() },
            RawEvent { review_text: Some("x".to_owned()), ..base.clone() },
        ];
        for other in changed {
            assert_ne!(hash_content(&other), hash_content(&base), "{other:?}");
        }
    }
}
