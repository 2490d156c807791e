//! The items for which a condition holds: set algebra over columns.
//!
//! A condition on a field is asked of each distinct value once; which items have the values that it holds for, the column
//! knows. Of conditions that all have to hold, the one that the fewest items pass goes first, and the next is asked of those
//! only; last come fields without a column, which are read from the items themselves.

use rayon::prelude::*;

use super::column::Column;
use super::{Columns, Field};
use crate::catalog::filter::{Condition, FieldCondition, cmp_lowercase};
use crate::catalog::types::Item;
use crate::item_set::{ItemSet, bits};

/// Words of 64 items that are worth a thread where items themselves are read.
const MIN_WORDS: usize = 64;

/// A condition, ready to be asked of items.
enum Plan<'c> {
    All(Vec<Plan<'c>>),
    Any(Vec<Plan<'c>>),
    Not(Box<Plan<'c>>),
    /// These values of a column of numbers.
    Numbers(Chosen<'c, f64>),
    /// These values of a column of texts.
    Texts(Chosen<'c, Box<str>>),
    /// These items, whatever else.
    Items(ItemSet),
    /// Those whose records say so: the field has no column.
    Records(FieldCondition<'c>),
}

/// Some values of a column.
struct Chosen<'c, V> {
    column: &'c Column<V>,
    codes: ItemSet,
    /// How many items have one of them.
    n_items: usize,
}

impl<'c, V> Chosen<'c, V> {
    fn new(column: &'c Column<V>, wanted: impl Fn(&V) -> bool) -> Self {
        let codes = column.chosen(wanted);
        Self { column, n_items: column.n_of(codes.iter()), codes }
    }

    fn select(&self, within: &ItemSet) -> ItemSet {
        self.column.select(&self.codes, within)
    }
}

/// The items of `within` for which the condition holds.
pub(super) fn select(columns: &Columns, items: &[Item], condition: &Condition, within: &ItemSet) -> ItemSet {
    Plan::new(columns, items, condition).select(items, within)
}

impl<'c> Plan<'c> {
    fn new(columns: &'c Columns, items: &[Item], condition: &'c Condition) -> Self {
        let plans = |parts: &'c [Condition]| parts.iter().map(|part| Self::new(columns, items, part)).collect();
        match condition {
            Condition::And(parts) => {
                let mut plans: Vec<Self> = plans(parts);
                plans.sort_by_key(|plan| plan.at_most(items.len()));
                Self::All(plans)
            }
            Condition::Or(parts) => Self::Any(plans(parts)),
            Condition::Not(inner) => Self::Not(Box::new(Self::new(columns, items, inner))),
            Condition::In { field, values } => Self::of_field(columns, items, FieldCondition::one_of(field, values)),
            Condition::Compare { field, comparison, value } => {
                Self::of_field(columns, items, FieldCondition::compared(field, *comparison, value))
            }
        }
    }

    fn of_field(columns: &'c Columns, items: &[Item], condition: FieldCondition<'c>) -> Self {
        let negated = condition.negated;
        let plan = match columns.field(condition.field) {
            Field::Prices(column) => Self::Numbers(Chosen::new(column, |price| condition.holds_for_number(*price))),
            Field::Categories(column) => {
                Self::Texts(Chosen::new(column, |category| condition.holds_for_category(category)))
            }
            Field::Texts(column) => Self::Texts(Chosen::new(column, |text| condition.holds_for_text(text))),
            Field::Nobodys => Self::Items(ItemSet::new()),
            Field::Loose => match condition.equal_texts() {
                Some(ids) if condition.field == "item_id" && columns.ids_ascend => Self::Items(items_of(items, ids)),
                _ => Self::Records(condition),
            },
        };
        if negated { Self::Not(Box::new(plan)) } else { plan }
    }

    /// How many of `n_items` items pass, at most; none are said to pass more than those whose records have to be read.
    fn at_most(&self, n_items: usize) -> usize {
        match self {
            Self::All(plans) => plans.first().map_or(n_items, |fewest| fewest.at_most(n_items)),
            Self::Any(plans) => plans.iter().map(|plan| plan.at_most(n_items)).fold(0, usize::saturating_add),
            Self::Not(inner) => match inner.at_most(n_items) {
                usize::MAX => usize::MAX,
                _ => n_items,
            },
            Self::Numbers(chosen) => chosen.n_items,
            Self::Texts(chosen) => chosen.n_items,
            Self::Items(found) => found.len(),
            Self::Records(_) => usize::MAX,
        }
    }

    fn select(&self, items: &[Item], within: &ItemSet) -> ItemSet {
        match self {
            Self::All(plans) => plans.iter().fold(within.clone(), |left, plan| match left.is_empty() {
                true => left,
                false => plan.select(items, &left),
            }),
            Self::Any(plans) => {
                let (mut found, mut left) = (ItemSet::new(), within.clone());
                for plan in plans {
                    let more = plan.select(items, &left);
                    left.subtract(&more);
                    found.unite(&more);
                }
                found
            }
            Self::Not(inner) => {
                let mut left = within.clone();
                left.subtract(&inner.select(items, within));
                left
            }
            Self::Numbers(chosen) => chosen.select(within),
            Self::Texts(chosen) => chosen.select(within),
            Self::Items(found) => found.iter().filter(|item| within.contains(*item)).collect(),
            Self::Records(condition) => of_records(condition, items, within),
        }
    }
}

/// The items of these ids, which are in lower case. The items ascend by their ids in lower case.
fn items_of(items: &[Item], ids: &[String]) -> ItemSet {
    let of_id = |id: &String| {
        let first = items.partition_point(|item| cmp_lowercase(&item.item_id, id).is_lt());
        let same = items[first..].iter().take_while(|item| cmp_lowercase(&item.item_id, id).is_eq()).count();
        first as u32..(first + same) as u32
    };
    ids.iter().flat_map(of_id).collect()
}

/// The items of `within` whose records compare as wanted.
fn of_records(condition: &FieldCondition<'_>, items: &[Item], within: &ItemSet) -> ItemSet {
    let word = |(items, &word): (&[Item], &u64)| {
        bits(word).filter(|bit| condition.compares_with(&items[*bit as usize])).fold(0, |found, bit| found | 1 << bit)
    };
    let words = items.par_chunks(64).zip(within.words()).with_min_len(MIN_WORDS).map(word);
    ItemSet::of_words(words.collect())
}
