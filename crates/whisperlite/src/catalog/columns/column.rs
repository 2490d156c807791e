//! One field of all items: its values, each once, and which item has which.

use super::codes::{Codes, Tally};
use crate::item_set::ItemSet;

/// A value is rare that at most one in so many items has: then its items are listed, and found without looking at all.
const RARE: usize = 256;
/// More items than one in so many are found faster by looking at all.
const MANY: usize = 16;

/// A field. Code `c` stands for `values[c]`.
#[derive(Debug, Clone)]
pub(super) struct Column<V> {
    /// The values that items have, each once.
    pub(super) values: Vec<V>,
    codes: Codes,
    /// `[n_values]`: over all items.
    tallies: Vec<Tally>,
    rare: Lists,
    n_items: usize,
}

impl<V> Column<V> {
    /// `values`, of which every one is some item's; `pairs` yields the items that have a value, ascending, with its code.
    pub(super) fn new(n_items: usize, values: Vec<V>, pairs: &[(u32, u32)]) -> Self {
        let codes = Codes::new(n_items, values.len(), pairs.len(), pairs.iter().copied());
        let tallies = codes.tally(&ItemSet::first(n_items));
        let rare = Lists::new(&tallies, n_items / RARE, pairs);
        Self { values, codes, tallies, rare, n_items }
    }

    /// How many items have a value.
    pub(super) fn n_present(&self) -> usize {
        self.n_of(0..self.values.len() as u32)
    }

    /// An item's value.
    pub(super) fn get(&self, item_idx: u32) -> Option<&V> {
        self.codes.get(item_idx).map(|code| &self.values[code])
    }

    /// The codes of the values for which `wanted` holds.
    pub(super) fn chosen(&self, wanted: impl Fn(&V) -> bool) -> ItemSet {
        (0u32..).zip(&self.values).filter(|(_, value)| wanted(value)).map(|(code, _)| code).collect()
    }

    /// How many items have one of these codes.
    pub(super) fn n_of(&self, codes: impl IntoIterator<Item = u32>) -> usize {
        codes.into_iter().map(|code| self.tallies[code as usize].n_items as usize).sum()
    }

    /// The items of `within` whose code is one of `chosen`.
    pub(super) fn select(&self, chosen: &ItemSet, within: &ItemSet) -> ItemSet {
        let few = self.n_of(chosen.iter()) <= self.n_items / MANY;
        if few && chosen.iter().all(|code| self.rare.has(code)) {
            let items = chosen.iter().flat_map(|code| self.rare.items(code));
            return items.copied().filter(|item| within.contains(*item)).collect();
        }
        self.codes.select(chosen, within)
    }

    /// The codes that items of a set have, ascending.
    pub(super) fn tally(&self, among: &ItemSet) -> Vec<Tally> {
        if among.len() == self.n_items { self.tallies.clone() } else { self.codes.tally(among) }
    }
}

/// The items of some codes, all in one list.
#[derive(Debug, Clone)]
struct Lists {
    /// `[n_codes + 1]`: where the items of each code begin; where they end, those of the next do.
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    /// Of the codes that at most `max_items` items have.
    fn new(tallies: &[Tally], max_items: usize, pairs: &[(u32, u32)]) -> Self {
        let length = |tally: &Tally| if tally.n_items as usize <= max_items { tally.n_items } else { 0 };
        let mut starts = vec![0];
        starts.extend(tallies.iter().map(length).scan(0, |end, length| {
            *end += length;
            Some(*end)
        }));
        let mut items = vec![0; starts[tallies.len()] as usize];
        let mut next = starts.clone();
        for &(item, code) in pairs {
            let code = code as usize;
            if starts[code] < starts[code + 1] {
                items[next[code] as usize] = item;
                next[code] += 1;
            }
        }
        Self { starts, items }
    }

    fn items(&self, code: u32) -> &[u32] {
        &self.items[self.starts[code as usize] as usize..self.starts[code as usize + 1] as usize]
    }

    /// Every code is some item's, so one that is listed has items.
    fn has(&self, code: u32) -> bool {
        !self.items(code).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_values_and_frequent_ones_are_selected_alike() {
        let n_items = 10_000;
        // Value 0 is frequent, 1 to 9 are of 1 to 9 items, and 10 of 1,000, which are too many for a list.
        let mut list = vec![0; n_items as usize];
        let mut place = 0;
        for (value, n) in (1..10u32).map(|n| (n, n)).chain([(10, 1_000)]) {
            for _ in 0..n {
                place = (place + 7_919) % n_items;
                list[place as usize] = value;
            }
        }
        let pairs: Vec<(u32, u32)> = (0..n_items).zip(list.iter().copied()).filter(|(item, _)| item % 5 != 3).collect();
        let column = Column::new(n_items as usize, (0..11).collect(), &pairs);
        assert!(column.rare.has(1) && !column.rare.has(0) && !column.rare.has(10));
        let within: ItemSet = (0..n_items).filter(|item| item % 3 != 0).collect();
        for chosen in [vec![], vec![3], vec![1, 5, 9], vec![2, 10], vec![0], (1..10).collect()] {
            let codes = column.chosen(|value| chosen.contains(value));
            let is_wanted = |item: &u32| item % 5 != 3 && chosen.contains(&list[*item as usize]);
            assert!(column.select(&codes, &within) == within.iter().filter(is_wanted).collect(), "{chosen:?}");
            assert_eq!(column.n_of(codes.iter()), (0..n_items).filter(is_wanted).count());
        }
        assert_eq!((column.n_present(), column.get(3), column.get(place)), (pairs.len(), None, column.get(place)));
    }
}
