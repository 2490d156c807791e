//! The store itself: a connection that is made anew when it is lost.

use whisperlite::catalog::TimeKind;
use whisperlite::store::{
    ApiKey, Change, KeyHash, NewKey, NewStudyRecord, Revocation, ServingStore, Since, Snapshot, StoreError,
    StoredModel, StudyRecord, Write, Written,
};

use crate::address::Address;
use crate::error::Unplaced;
use crate::session::Session;
use crate::{keys, models, read, schema, studies, write};

/// A store in a PostgreSQL database.
pub struct PostgresStore {
    address: Address,
    /// `None` after a connection was lost, until it is needed again.
    session: Option<Session>,
    time_kind: TimeKind,
}

impl PostgresStore {
    /// Connects. An empty database becomes an empty store.
    pub fn open(address: &Address) -> Result<Self, StoreError> {
        let open = || -> Result<(Session, TimeKind), Unplaced> {
            let mut session = Session::open(address)?;
            let time_kind = schema::info(&mut session)?.time_kind;
            Ok((session, time_kind))
        };
        let (session, time_kind) = open().map_err(|error| error.at(&address.to_string()))?;
        Ok(Self { address: address.clone(), session: Some(session), time_kind })
    }

    /// Works with the connection. If it was lost, the work is done once more with a new one: whoever writes does so in a way
    /// that to write twice is to write once.
    pub(crate) fn with_session<T>(
        &mut self,
        work: impl Fn(&mut Session) -> Result<T, Unplaced>,
    ) -> Result<T, StoreError> {
        let had_one = self.session.is_some();
        let mut done = self.try_with_session(&work);
        if had_one && done.as_ref().is_err_and(Unplaced::is_lost_connection) {
            done = self.try_with_session(&work);
        }
        done.map_err(|error| error.at(&self.address.to_string()))
    }

    fn try_with_session<T>(&mut self, work: impl Fn(&mut Session) -> Result<T, Unplaced>) -> Result<T, Unplaced> {
        let mut session = match self.session.take() {
            Some(session) => session,
            None => Session::open(&self.address)?,
        };
        let done = work(&mut session);
        if !done.as_ref().is_err_and(Unplaced::is_lost_connection) {
            self.session = Some(session);
        }
        done
    }
}

impl ServingStore for PostgresStore {
    fn time_kind(&self) -> TimeKind {
        self.time_kind
    }

    fn snapshot(&mut self) -> Result<Snapshot, StoreError> {
        self.with_session(|session| session.in_a_snapshot(read::snapshot))
    }

    fn write(&mut self, writes: &[Write]) -> Result<Vec<Written>, StoreError> {
        let time_kind = self.time_kind;
        self.with_session(|session| session.in_a_commit(|session| write::write(session, time_kind, writes)))
    }

    fn changes_since(&mut self, sequence: i64, limit: usize) -> Result<Vec<Change>, StoreError> {
        self.with_session(|session| read::changes_since(session, sequence, limit))
    }

    fn mark(&mut self, sequence: i64) -> Result<Option<String>, StoreError> {
        self.with_session(|session| session.in_a_commit(|session| read::mark(session, sequence)))
    }

    fn count_since(&mut self, sequence: i64) -> Result<Since, StoreError> {
        self.with_session(|session| read::count_since(session, sequence))
    }

    fn add_key(&mut self, key: &NewKey) -> Result<ApiKey, StoreError> {
        self.with_session(|session| keys::add(session, key))
    }

    fn keys(&mut self) -> Result<Vec<ApiKey>, StoreError> {
        self.with_session(keys::all)
    }

    fn find_key(&mut self, hash: &KeyHash) -> Result<Option<ApiKey>, StoreError> {
        self.with_session(|session| keys::find(session, hash))
    }

    fn revoke_key(&mut self, key_id: i64) -> Result<Revocation, StoreError> {
        self.with_session(|session| keys::revoke(session, key_id))
    }

    fn add_study_records(&mut self, records: &[NewStudyRecord]) -> Result<Vec<bool>, StoreError> {
        self.with_session(|session| session.in_a_commit(|session| studies::add(session, records)))
    }

    fn study_records(&mut self, study: &str, after: i64) -> Result<Vec<StudyRecord>, StoreError> {
        self.with_session(|session| studies::since(session, study, after))
    }

    fn records_of_nobody(&mut self, after: i64) -> Result<Vec<StudyRecord>, StoreError> {
        self.with_session(|session| studies::of_nobody(session, after))
    }

    fn studies(&mut self) -> Result<Vec<String>, StoreError> {
        self.with_session(studies::names)
    }

    fn put_model(&mut self, model: &StoredModel) -> Result<(), StoreError> {
        self.with_session(|session| session.in_a_commit(|session| models::put(session, model)))
    }

    fn model_name(&mut self) -> Result<Option<String>, StoreError> {
        self.with_session(models::name)
    }

    fn model(&mut self) -> Result<Option<StoredModel>, StoreError> {
        self.with_session(|session| session.in_a_snapshot(models::get))
    }

    fn records_of_rater(&mut self, study: &str, rater: &str) -> Result<Vec<StudyRecord>, StoreError> {
        self.with_session(|session| studies::of_rater(session, study, rater))
    }

    fn forget_rater(&mut self, rater: &str, told: &NewStudyRecord) -> Result<usize, StoreError> {
        self.with_session(|session| session.in_a_commit(|session| studies::forget(session, rater, told)))
    }
}
