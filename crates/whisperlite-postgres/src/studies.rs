//! The logs of studies.

use postgres::Row;
use postgres::types::ToSql;
use whisperlite::store::{NewStudyRecord, StudyRecord, unix_now};

use crate::error::Unplaced;
use crate::session::Session;

pub(crate) fn add(session: &mut Session, records: &[NewStudyRecord]) -> Result<Vec<bool>, Unplaced> {
    let now = unix_now();
    records.iter().map(|record| add_one(session, record, now)).collect()
}

/// Adds a record that was written at a moment in Unix seconds, unless it is there already, or its rater is forgotten.
pub(crate) fn add_one(session: &mut Session, record: &NewStudyRecord, written_at: i64) -> Result<bool, Unplaced> {
    let sql = "INSERT INTO whisperlite_study_records (study, record_id, rater, kind, document, written_at)
               SELECT $1::TEXT, $2::TEXT, $3::TEXT, $4::TEXT, $5::TEXT, $6::BIGINT
               WHERE NOT EXISTS (SELECT 1 FROM whisperlite_forgotten_raters WHERE study = $1 AND rater = $3)
               ON CONFLICT (study, record_id) DO NOTHING";
    let NewStudyRecord { study, record_id, rater, kind, document } = record;
    Ok(session.execute(sql, &[study, record_id, rater, kind, document, &written_at])? == 1)
}

/// The records for which a condition holds, in the order in which they were added.
macro_rules! records_where {
    ($condition:literal) => {
        concat!(
            "SELECT record_key, study, record_id, rater, kind, document, written_at FROM whisperlite_study_records WHERE ",
            $condition,
            " ORDER BY record_key"
        )
    };
}

pub(crate) fn of_rater(session: &mut Session, study: &str, rater: &str) -> Result<Vec<StudyRecord>, Unplaced> {
    select(session, records_where!("study = $1 AND rater = $2"), &[&study, &rater])
}

pub(crate) fn since(session: &mut Session, study: &str, number: i64) -> Result<Vec<StudyRecord>, Unplaced> {
    select(session, records_where!("study = $1 AND record_key > $2"), &[&study, &number])
}

pub(crate) fn of_nobody(session: &mut Session, number: i64) -> Result<Vec<StudyRecord>, Unplaced> {
    select(session, records_where!("rater IS NULL AND record_key > $1"), &[&number])
}

fn select(
    session: &mut Session,
    sql: &'static str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<Vec<StudyRecord>, Unplaced> {
    Ok(session.query(sql, values)?.iter().map(read).collect())
}

pub(crate) fn names(session: &mut Session) -> Result<Vec<String>, Unplaced> {
    let sql = "SELECT study FROM whisperlite_study_records GROUP BY study ORDER BY MIN(record_key)";
    Ok(session.query(sql, &[])?.iter().map(|row| row.get(0)).collect())
}

pub(crate) fn forget(session: &mut Session, rater: &str, told: &NewStudyRecord) -> Result<usize, Unplaced> {
    let sql = "DELETE FROM whisperlite_study_records WHERE study = $1 AND rater = $2";
    let n_records = session.execute(sql, &[&told.study, &rater])?;
    if n_records > 0 {
        put_forgotten(session, &told.study, rater)?;
        add_one(session, told, unix_now())?;
    }
    Ok(usize::try_from(n_records).unwrap_or(usize::MAX))
}

/// Nothing of this rater is added from now on.
pub(crate) fn put_forgotten(session: &mut Session, study: &str, rater: &str) -> Result<(), Unplaced> {
    let sql = "INSERT INTO whisperlite_forgotten_raters VALUES ($1, $2) ON CONFLICT DO NOTHING";
    session.execute(sql, &[&study, &rater])?;
    Ok(())
}

fn read(row: &Row) -> StudyRecord {
    let record = NewStudyRecord {
        study: row.get(1),
        record_id: row.get(2),
        rater: row.get(3),
        kind: row.get(4),
        document: row.get(5),
    };
    StudyRecord { number: row.get(0), record, written_at: row.get(6) }
}
