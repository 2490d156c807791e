//! From what the database says to the errors of a store.

use std::path::PathBuf;

use postgres::error::SqlState;
use whisperlite::store::StoreError;

/// An error inside this crate, where it is not said yet of which database.
#[derive(Debug)]
pub(crate) enum Unplaced {
    Postgres(postgres::Error),
    /// Content that this program never writes.
    Damaged(String),
    Store(StoreError),
}

impl From<postgres::Error> for Unplaced {
    fn from(error: postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

impl From<StoreError> for Unplaced {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Unplaced {
    /// Whether the connection was lost, so that all can be tried again on another.
    pub(crate) fn is_lost_connection(&self) -> bool {
        let Self::Postgres(error) = self else { return false };
        error.is_closed() || error.code().map_or_else(|| is_of_the_network(error), is_lost)
    }

    /// The error as everybody sees it: with the database, and with what to do.
    pub(crate) fn at(self, place: &str) -> StoreError {
        let lost = self.is_lost_connection();
        let place = place.to_owned();
        let error = match self {
            Self::Store(error) => return error,
            Self::Damaged(what) => return StoreError::Damaged { path: PathBuf::from(place), what },
            Self::Postgres(error) => error,
        };
        match error.code() {
            Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => StoreError::Busy { path: PathBuf::from(place) },
            Some(code) if is_full(code) => StoreError::Full { place, source: Box::new(error) },
            Some(code) if is_refusal(code) => StoreError::Unreachable { place, source: Box::new(error) },
            _ if lost => StoreError::Unreachable { place, source: Box::new(error) },
            _ => StoreError::Database { place, source: Box::new(error) },
        }
    }
}

/// Whether the error is of reading or writing the socket. There is no SQL state then.
fn is_of_the_network(error: &postgres::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.is::<std::io::Error>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Whether the server ends the connection: it stops, has crashed, or was told to by its administrator.
fn is_lost(code: &SqlState) -> bool {
    [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::CONNECTION_EXCEPTION,
        SqlState::CONNECTION_FAILURE,
        SqlState::CONNECTION_DOES_NOT_EXIST,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ]
    .contains(code)
}

/// Whether the server does not let us in.
fn is_refusal(code: &SqlState) -> bool {
    [
        SqlState::INVALID_PASSWORD,
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        SqlState::UNDEFINED_DATABASE,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::INVALID_CATALOG_NAME,
    ]
    .contains(code)
}

fn is_full(code: &SqlState) -> bool {
    [SqlState::DISK_FULL, SqlState::OUT_OF_MEMORY, SqlState::INSUFFICIENT_RESOURCES].contains(code)
}
