//! What a value may be: bounds that hold for every request, each refused with the field's name.

use whisperlite::catalog::SESSION_PREFIX;

use crate::problem::{Code, Problem};

/// Longest id of an item, a user, a visit, an answer or an event, in characters.
const MAX_ID_CHARS: usize = 512;
/// Longest request, in characters. No encoder reads more.
pub(crate) const MAX_REQUEST_CHARS: usize = 2_000;
/// Longest filter, in bytes.
const MAX_FILTER_BYTES: usize = 16_384;
/// Most items in a list of ids.
const MAX_IDS: usize = 1_000;
/// Most fields whose values are counted for one answer.
const MAX_FACETS: usize = 20;
/// Most items of one answer.
pub(crate) const MAX_LIMIT: usize = 1_000;
/// Most items before the first of an answer.
pub(crate) const MAX_OFFSET: usize = 100_000;

/// Refuses an id that is empty, too long, or holds what no id should.
pub(crate) fn check_id(field: &str, id: &str) -> Result<(), Problem> {
    if id.is_empty() || id.chars().count() > MAX_ID_CHARS || id.chars().any(char::is_control) {
        let detail = format!("`{field}` must have 1 to {MAX_ID_CHARS} characters, none of them a control character");
        return Err(Problem::new(Code::InvalidValue, detail).in_field(field));
    }
    Ok(())
}

/// Refuses ids of a person that cannot be, and a user who is called like a visit.
pub(crate) fn check_person(user_id: Option<&str>, session_id: Option<&str>) -> Result<(), Problem> {
    if let Some(user_id) = user_id {
        check_id("user_id", user_id)?;
        if user_id.starts_with(SESSION_PREFIX) {
            let detail = format!("ids of users cannot begin with {SESSION_PREFIX:?}: give the visit as `session_id`");
            return Err(Problem::new(Code::InvalidValue, detail).in_field("user_id"));
        }
    }
    session_id.map_or(Ok(()), |session_id| check_id("session_id", session_id))
}

/// Refuses a list of ids that is too long, or has one that cannot be.
pub(crate) fn check_ids(field: &str, ids: &[String]) -> Result<(), Problem> {
    if ids.len() > MAX_IDS {
        let detail = format!("`{field}` has {} ids, at most {MAX_IDS} are read", ids.len());
        return Err(Problem::new(Code::InvalidValue, detail).in_field(field));
    }
    ids.iter().try_for_each(|id| check_id(field, id))
}

/// Refuses a text that is too long.
pub(crate) fn check_chars(field: &str, text: &str, max_chars: usize) -> Result<(), Problem> {
    if text.chars().count() > max_chars {
        let detail = format!("`{field}` is longer than {max_chars} characters");
        return Err(Problem::new(Code::InvalidValue, detail).in_field(field));
    }
    Ok(())
}

/// Refuses a filter that is too long.
pub(crate) fn check_filter(filter: &str) -> Result<(), Problem> {
    if filter.len() > MAX_FILTER_BYTES {
        let detail = format!("`filter` is longer than {MAX_FILTER_BYTES} bytes");
        return Err(Problem::new(Code::InvalidValue, detail).in_field("filter"));
    }
    Ok(())
}

/// Refuses too many fields to count.
pub(crate) fn check_facets(facets: &[String]) -> Result<(), Problem> {
    if facets.len() > MAX_FACETS {
        let detail = format!("`facets` has {} fields, at most {MAX_FACETS} are counted", facets.len());
        return Err(Problem::new(Code::InvalidValue, detail).in_field("facets"));
    }
    facets.iter().try_for_each(|field| check_id("facets", field))
}

/// Refuses a page beyond what is answered.
pub(crate) fn check_page(limit: usize, offset: usize) -> Result<(), Problem> {
    for (field, value, largest) in [("limit", limit, MAX_LIMIT), ("offset", offset, MAX_OFFSET)] {
        if value > largest {
            let detail = format!("`{field}` is {value}, at most {largest} is answered");
            return Err(Problem::new(Code::InvalidValue, detail).in_field(field));
        }
    }
    Ok(())
}
