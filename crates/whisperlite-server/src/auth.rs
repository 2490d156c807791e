//! Who may ask what: keys with scopes, read from the store again and again, so that one that is revoked opens nothing a moment
//! later, on every server of the store.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;
use whisperlite::store::{ApiKey, KeyHash, Scope};

use crate::problem::{Code, Problem};
use crate::shop::Shop;
use crate::token;

/// How long keys are taken for those of the store.
const FRESH: Duration = Duration::from_secs(1);

/// Whether a key is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Access {
    /// If the store has, or ever had, a key. Only for a server that nobody reaches from outside.
    #[default]
    KeysIfAny,
    /// Always.
    KeysAlways,
}

/// The store's keys, as they were a moment ago.
pub(crate) struct Gate {
    access: Access,
    known: RwLock<Option<Arc<Known>>>,
    /// Held by whoever reads the keys anew.
    reading: tokio::sync::Mutex<()>,
}

struct Known {
    /// Those that are not revoked.
    keys: Vec<ApiKey>,
    /// Whether there ever was one.
    any: bool,
    read_at: Instant,
}

impl Gate {
    pub(crate) fn new(access: Access) -> Self {
        Self { access, known: RwLock::default(), reading: tokio::sync::Mutex::default() }
    }

    fn known(&self) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn learn(&self, keys: Vec<ApiKey>) -> Arc<Known> {
        let any = !keys.is_empty();
        let keys = keys.into_iter().filter(|key| key.revoked_at.is_none()).collect();
        let known = Arc::new(Known { keys, any, read_at: Instant::now() });
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&known));
        known
    }
}

impl Known {
    fn is_fresh(&self) -> bool {
        self.read_at.elapsed() < FRESH
    }

    /// The key of a hash. All are compared, and each in a time that does not depend on where they differ.
    fn find(&self, hash: &KeyHash) -> Option<&ApiKey> {
        self.keys.iter().fold(None, |found, key| if bool::from(key.hash.ct_eq(hash)) { Some(key) } else { found })
    }
}

/// The keys of the store. One request reads them anew, the others go on with what is known.
async fn known(shop: &Arc<Shop>) -> Result<Arc<Known>, Problem> {
    let before = shop.gate.known();
    let _reading = match &before {
        Some(known) if known.is_fresh() => return Ok(Arc::clone(known)),
        Some(known) => match shop.gate.reading.try_lock() {
            Ok(reading) => reading,
            Err(_) => return Ok(Arc::clone(known)),
        },
        None => shop.gate.reading.lock().await,
    };
    if let Some(known) = shop.gate.known().filter(|known| known.is_fresh()) {
        return Ok(known);
    }
    match (shop.keys().await, before) {
        (Ok(keys), _) => Ok(shop.gate.learn(keys)),
        // The store does not answer for the moment: what was known a moment ago holds.
        (Err(_), Some(before)) => Ok(before),
        (Err(error), None) => Err(error.into()),
    }
}

/// Whether a key is needed.
pub(crate) async fn key_needed(shop: &Arc<Shop>) -> Result<bool, Problem> {
    Ok(shop.gate.access == Access::KeysAlways || known(shop).await?.any)
}

/// Lets a request pass that has a key for this scope, or needs none.
pub(crate) async fn require(State((shop, scope)): State<(Arc<Shop>, Scope)>, request: Request, next: Next) -> Response {
    match check(&shop, scope, request.headers()).await {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

async fn check(shop: &Arc<Shop>, scope: Scope, headers: &HeaderMap) -> Result<(), Problem> {
    if !key_needed(shop).await? {
        return check_host(headers);
    }
    let known = known(shop).await?;
    let hash = token::hash(bearer(headers)?);
    let key = known.find(&hash).ok_or_else(|| {
        Problem::new(Code::Unauthorized, "the store has no such key, or it was revoked").in_field("authorization")
    })?;
    // Also what the key does not open counts, or it could be tried without end.
    shop.rates.take(key.key_id, Instant::now()).map_err(Problem::rate_limited)?;
    if !key.scopes.contains(&scope) {
        let detail = format!("this key does not open what needs the scope `{}`", scope.name());
        return Err(Problem::new(Code::Forbidden, detail).in_field("authorization"));
    }
    Ok(())
}

/// The key that a request brings.
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.split_once(' ')).filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
    token.map(|(_, token)| token.trim()).ok_or_else(|| {
        let detail = "send a key of this store with the header `authorization: Bearer wl_…`; `whisperlite keys create` makes one";
        Problem::new(Code::Unauthorized, detail).in_field("authorization")
    })
}

/// Where no key is asked for, a page of somebody else must not ask in its visitor's name: such a page can have its own name stand
/// for this machine's address, but the browser still says that name.
fn check_host(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(host) = headers.get(header::HOST) else { return Ok(()) };
    if host.to_str().is_ok_and(is_this_machine) {
        return Ok(());
    }
    let detail = "without keys only requests to localhost or a loopback address are answered: make a key with `whisperlite keys create`";
    Err(Problem::new(Code::WrongHost, detail).in_field("host"))
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        for host in ["localhost", "LOCALHOST:7700", "127.0.0.1", "127.0.0.1:80", "127.9.9.9", "[::1]", "[::1]:7700"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["evil.example", "evil.example:7700", "localhost.evil.example", "192.168.0.7", "0.0.0.0", "", ":80"]
        {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
