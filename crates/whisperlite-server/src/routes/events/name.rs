//! What was done, in the words of those who tell it: ours, Google Analytics 4's, and those usual in User Behavior Insights.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use whisperlite::catalog::EventType;

/// What each name means; our own come first.
const NAMES: [(&str, EventType); 20] = [
    ("impression", EventType::Impression),
    ("view", EventType::View),
    ("click", EventType::Click),
    ("add_to_cart", EventType::AddToCart),
    ("remove_from_cart", EventType::RemoveFromCart),
    ("purchase", EventType::Purchase),
    ("like", EventType::Like),
    ("dislike", EventType::Dislike),
    // Google Analytics 4; its add_to_cart, remove_from_cart and purchase are called like ours.
    ("view_item_list", EventType::Impression),
    ("view_item", EventType::View),
    ("select_item", EventType::Click),
    ("add_to_wishlist", EventType::Like),
    // User Behavior Insights leaves the names to the shop; these are usual.
    ("item_impression", EventType::Impression),
    ("item_view", EventType::View),
    ("item_click", EventType::Click),
    ("product_view", EventType::View),
    ("product_click", EventType::Click),
    ("product_purchase", EventType::Purchase),
    ("thumbs_up", EventType::Like),
    ("thumbs_down", EventType::Dislike),
];

/// The name of what was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventName(pub(crate) EventType);

impl<'de> Deserialize<'de> for EventName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let named = NAMES.iter().find(|(known, _)| *known == name);
        named.map(|(_, event_type)| Self(*event_type)).ok_or_else(|| {
            let known = NAMES.map(|(known, _)| format!("`{known}`")).join(", ");
            D::Error::custom(format!("unknown variant `{name}`, expected one of {known}"))
        })
    }
}

impl PartialSchema for EventName {
    fn schema() -> RefOr<Schema> {
        let description = "What was done: `impression` (the item was shown), `view` (its page was looked at), `click` (in a list), `add_to_cart`, \
                           `remove_from_cart`, `purchase`, `like` or `dislike`. Names of Google Analytics 4 (`view_item_list`, `view_item`, \
                           `select_item`, `add_to_wishlist`) and such as are usual in User Behavior Insights mean the same.";
        let names = NAMES.map(|(name, _)| name);
        ObjectBuilder::new().schema_type(Type::String).description(Some(description)).enum_values(Some(names)).into()
    }
}

impl ToSchema for EventName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_event_has_its_own_name_and_no_name_stands_for_two() {
        for (place, (name, event_type)) in NAMES.into_iter().enumerate() {
            let read: EventName = serde_json::from_value(name.into()).unwrap();
            assert_eq!(read.0, event_type);
            assert!(NAMES[..place].iter().all(|(other, _)| *other != name), "{name}");
            // The library's own names are the first of each type.
            if NAMES[..place].iter().all(|(_, other)| *other != event_type) {
                assert_eq!(serde_json::to_value(event_type).unwrap(), name);
            }
        }
        let error = serde_json::from_value::<EventName>("refund".into()).unwrap_err().to_string();
        assert!(error.contains("`refund`") && error.contains("`view_item`"), "{error}");
    }
}
