//! The pages for people, and what only they need: a shop front that asks this server, and a dashboard that watches it.
//!
//! Everything is part of the program. The pages ask no other address, and the browser is told to hold them to that.

mod assets;
mod dashboard;
mod overview;
mod pictures;
pub(crate) mod rating;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use serde::{Serialize, Serializer};

pub(crate) use self::assets::{asset, dashboard_page, docs_page, shop_page, study_page};
pub(crate) use self::dashboard::{dashboard, pulse, report};
pub(crate) use self::overview::{shoppers, store};
pub(crate) use self::pictures::picture;
use crate::auth;
use crate::extract::JsonAnswer;
use crate::problem::Problem;
use crate::shop::Shop;

/// How old what the pages say of the whole store may be. To count it takes a pass over everything.
const MAX_AGE: Duration = Duration::from_secs(30);

/// What was counted over the whole store, for a while.
#[derive(Debug)]
pub(crate) struct Counted<T>(Mutex<Option<(Instant, Shared<T>)>>);

/// One count, for as many answers as want it.
#[derive(Debug)]
pub(crate) struct Shared<T>(Arc<T>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Serialize> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<T> Default for Counted<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Counted<T> {
    /// What was counted not long ago, or `count` now; who asks meanwhile waits, and does not count as well.
    fn get(&self, count: impl FnOnce() -> T) -> Shared<T> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((since, counted)) = &*kept
            && since.elapsed() < MAX_AGE
        {
            return counted.clone();
        }
        let counted = Shared(Arc::new(count()));
        *kept = Some((Instant::now(), counted.clone()));
        counted
    }
}

/// What the pages have counted.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    store: Counted<overview::Overview>,
    shoppers: Counted<overview::Shoppers>,
    dashboard: Counted<dashboard::Catalogue>,
}

/// What a page must know before it asks.
#[derive(Serialize)]
pub(crate) struct Config {
    /// Whether requests need a key.
    key_needed: bool,
}

/// `GET /page/config`
pub(crate) async fn config(State(shop): State<Arc<Shop>>) -> Result<JsonAnswer<Config>, Problem> {
    Ok(JsonAnswer(Config { key_needed: auth::key_needed(&shop).await? }))
}
