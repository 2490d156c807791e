//! The files of the model in use.

use whisperlite::store::{StoredModel, join_model_part, model_parts};

use crate::error::Unplaced;
use crate::schema;
use crate::session::Session;

const NAME: &str = "model";

pub(crate) fn put(session: &mut Session, model: &StoredModel) -> Result<(), Unplaced> {
    session.execute("DELETE FROM whisperlite_model_files", &[])?;
    let sql = "INSERT INTO whisperlite_model_files VALUES ($1, $2, $3)";
    for (path, content) in &model.files {
        for (part, bytes) in model_parts(content) {
            session.execute(sql, &[path, &part, &bytes])?;
        }
    }
    schema::put_meta(session, NAME, &model.name)
}

pub(crate) fn name(session: &mut Session) -> Result<Option<String>, Unplaced> {
    schema::meta(session, NAME)
}

pub(crate) fn get(session: &mut Session) -> Result<Option<StoredModel>, Unplaced> {
    let Some(name) = name(session)? else { return Ok(None) };
    let mut files = Vec::new();
    for row in session.query("SELECT path, bytes FROM whisperlite_model_files ORDER BY path, part", &[])? {
        join_model_part(&mut files, row.get(0), row.get(1));
    }
    Ok(Some(StoredModel { name, files }))
}
