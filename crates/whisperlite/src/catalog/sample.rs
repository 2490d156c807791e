//! Small catalogs for unit tests.

use super::{Catalog, Event, EventType, Item, RequestSource, StoreInfo, TimeKind};

/// A catalog of `n_users` users `u0`, `u1` … (padded with zeros, so that they are sorted) and `n_items` items `i00`, `i01` … with the given requests and events.
pub(crate) fn catalog_of(
    time_kind: TimeKind,
    n_users: usize,
    n_items: usize,
    requests: &[&str],
    events: Vec<Event>,
) -> Catalog {
    let info = StoreInfo {
        dataset: "sample".to_owned(),
        time_kind,
        request_source: RequestSource::Column,
        data_hash: String::new(),
    };
    let items = (0..n_items).map(|i| Item { item_id: format!("i{i:02}"), ..Item::default() }).collect();
    let width = n_users.saturating_sub(1).to_string().len();
    let users = (0..n_users).map(|u| format!("u{u:0width$}")).collect();
    Catalog::new(info, items, users, requests.iter().map(|&r| r.to_owned()).collect(), events)
}

/// A click.
pub(crate) fn click(user_idx: u32, item_idx: u32, request_idx: Option<u32>, timestamp: i64) -> Event {
    Event { user_idx, item_idx, request_idx, event_type: EventType::Click, timestamp, value: None }
}
