//! One connection, with the statements that it has prepared.

use std::collections::HashMap;

use postgres::types::ToSql;
use postgres::{Client, NoTls, Row, RowIter, Statement};

use crate::address::Address;
use crate::error::Unplaced;
use crate::schema;

/// What holds for the connection. A commit is on the disk when it is acknowledged, whatever the database's default; a server that
/// died must not hold the lock of the writers; and who waits for it too long is told so.
const SETTINGS: &str = "
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local');
    SET idle_in_transaction_session_timeout = '30s';
    SET lock_timeout = '5s';
    SET tcp_keepalives_idle = 10;
    SET tcp_keepalives_interval = 5;
    SET tcp_keepalives_count = 3;
    SET client_min_messages = warning;
";

/// Held by whoever writes until their commit is visible: "WSPL" in ASCII.
const WRITERS_LOCK: &str = "SELECT pg_advisory_xact_lock(1465077836)";

/// A connection to a database whose tables are there and up to date.
pub(crate) struct Session {
    client: Client,
    prepared: HashMap<&'static str, Statement>,
}

impl Session {
    /// Connects. The tables are made if there are none, and brought up to date if they are of an older version.
    pub(crate) fn open(address: &Address) -> Result<Self, Unplaced> {
        let mut client = address.config.connect(NoTls)?;
        client.batch_execute(SETTINGS)?;
        let mut session = Self { client, prepared: HashMap::new() };
        if schema::version(&mut session)? != Some(schema::FORMAT_VERSION) {
            session.in_a_commit(schema::prepare)?;
        }
        Ok(session)
    }

    /// Does some writing in one commit, or nothing of it. One writer at a time, of all servers.
    pub(crate) fn in_a_commit<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Unplaced>,
    ) -> Result<T, Unplaced> {
        self.client.batch_execute("BEGIN")?;
        let done = self.client.batch_execute(WRITERS_LOCK).map_err(Unplaced::from).and_then(|()| work(self));
        self.end(done)
    }

    /// Does some reading of one moment.
    pub(crate) fn in_a_snapshot<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Unplaced>,
    ) -> Result<T, Unplaced> {
        self.client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        let done = work(self);
        self.end(done)
    }

    fn end<T>(&mut self, done: Result<T, Unplaced>) -> Result<T, Unplaced> {
        match done {
            Ok(done) => {
                self.client.batch_execute("COMMIT")?;
                Ok(done)
            }
            Err(error) => {
                // If this fails the connection is gone, and the transaction with it.
                let _ = self.client.batch_execute("ROLLBACK");
                Err(error)
            }
        }
    }

    /// Several statements without parameters.
    pub(crate) fn run(&mut self, sql: &str) -> Result<(), Unplaced> {
        Ok(self.client.batch_execute(sql)?)
    }

    /// All rows.
    pub(crate) fn query(&mut self, sql: &'static str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Unplaced> {
        let statement = self.prepare(sql)?;
        Ok(self.client.query(&statement, values)?)
    }

    /// The rows one after the other, for large tables.
    pub(crate) fn stream(&mut self, sql: &'static str) -> Result<RowIter<'_>, Unplaced> {
        let statement = self.prepare(sql)?;
        Ok(self.client.query_raw(&statement, std::iter::empty::<&(dyn ToSql + Sync)>())?)
    }

    /// Writes, and says how many rows.
    pub(crate) fn execute(&mut self, sql: &'static str, values: &[&(dyn ToSql + Sync)]) -> Result<u64, Unplaced> {
        let statement = self.prepare(sql)?;
        Ok(self.client.execute(&statement, values)?)
    }

    fn prepare(&mut self, sql: &'static str) -> Result<Statement, Unplaced> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql)?;
        self.prepared.insert(sql, statement.clone());
        Ok(statement)
    }
}
