//! Whether a condition holds for an item.

use super::Condition;
use super::field_condition::FieldCondition;
use crate::catalog::types::Item;

/// Whether the condition holds.
pub(super) fn holds(condition: &Condition, item: &Item) -> bool {
    match condition {
        Condition::And(parts) => parts.iter().all(|part| holds(part, item)),
        Condition::Or(parts) => parts.iter().any(|part| holds(part, item)),
        Condition::Not(inner) => !holds(inner, item),
        Condition::In { field, values } => FieldCondition::one_of(field, values).holds_for(item),
        Condition::Compare { field, comparison, value } => {
            FieldCondition::compared(field, *comparison, value).holds_for(item)
        }
    }
}
