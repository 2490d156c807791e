//! One small number per item: the code of its value of a field.

use crate::item_set::{ItemSet, bits};

/// Below so many items of a word of 64, each is looked at by itself.
const FEW_OF_A_WORD: u32 = 12;

/// `[n_items]`: the code of each item's value, for fields that not every item has.
#[derive(Debug, Clone)]
pub(super) struct Codes {
    n_codes: usize,
    of_items: OfItems,
}

/// As narrow as it fits. Where all items have a place, one without a value has the code after the last.
#[derive(Debug, Clone)]
enum OfItems {
    Bytes(Vec<u8>),
    Shorts(Vec<u16>),
    Words(Vec<u32>),
    /// Only the items that have a value, ascending, and their codes.
    Some {
        items: Vec<u32>,
        codes: Vec<u32>,
    },
}

/// An integer that is wide enough for all codes of a field.
trait Code: Copy {
    fn of(code: u32) -> Self;
    fn index(self) -> usize;
}

macro_rules! is_code {
    ($($kind:ty),*) => {
        $(impl Code for $kind {
            fn of(code: u32) -> Self {
                code as $kind
            }

            fn index(self) -> usize {
                self as usize
            }
        })*
    };
}

is_code!(u8, u16, u32);

/// How many items of a set have a code, and the first of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) code: u32,
    pub(super) first_item: u32,
    pub(super) n_items: u32,
}

impl Codes {
    /// `[n_items]` codes below `n_codes`; `values` yields the `n_values` items that have one, ascending, each with its code.
    pub(super) fn new(
        n_items: usize,
        n_codes: usize,
        n_values: usize,
        values: impl Iterator<Item = (u32, u32)>,
    ) -> Self {
        let width = match n_codes {
            0..=0xff => 1,
            0x100..=0xffff => 2,
            _ => 4,
        };
        let of_items = if n_values * 2 * size_of::<u32>() < n_items * width {
            let (items, codes) = values.unzip();
            OfItems::Some { items, codes }
        } else {
            match width {
                1 => OfItems::Bytes(dense(n_items, n_codes, values)),
                2 => OfItems::Shorts(dense(n_items, n_codes, values)),
                _ => OfItems::Words(dense(n_items, n_codes, values)),
            }
        };
        Self { n_codes, of_items }
    }

    /// The code of an item's value.
    pub(super) fn get(&self, item_idx: u32) -> Option<usize> {
        let item = item_idx as usize;
        let code = match &self.of_items {
            OfItems::Bytes(codes) => codes[item].index(),
            OfItems::Shorts(codes) => codes[item].index(),
            OfItems::Words(codes) => codes[item].index(),
            OfItems::Some { items, codes } => codes[items.binary_search(&item_idx).ok()?].index(),
        };
        (code < self.n_codes).then_some(code)
    }

    /// The items of `within` whose code is one of `chosen`.
    pub(super) fn select(&self, chosen: &ItemSet, within: &ItemSet) -> ItemSet {
        // One byte for each code: read faster than a bit.
        let table: Vec<u8> = (0..=self.n_codes as u32).map(|code| u8::from(chosen.contains(code))).collect();
        match &self.of_items {
            OfItems::Bytes(codes) => select(codes, &table, within),
            OfItems::Shorts(codes) => select(codes, &table, within),
            OfItems::Words(codes) => select(codes, &table, within),
            OfItems::Some { items, codes } => {
                let found =
                    items.iter().zip(codes).filter(|(item, code)| table[code.index()] == 1 && within.contains(**item));
                found.map(|(item, _)| *item).collect()
            }
        }
    }

    /// The codes that items of a set have, ascending.
    pub(super) fn tally(&self, among: &ItemSet) -> Vec<Tally> {
        let mut tallies: Vec<Tally> =
            (0..=self.n_codes as u32).map(|code| Tally { code, first_item: 0, n_items: 0 }).collect();
        let mut count = |item_idx: u32, code: usize| {
            let tally = &mut tallies[code];
            if tally.n_items == 0 {
                tally.first_item = item_idx;
            }
            tally.n_items += 1;
        };
        match &self.of_items {
            OfItems::Bytes(codes) => each(codes, among, &mut count),
            OfItems::Shorts(codes) => each(codes, among, &mut count),
            OfItems::Words(codes) => each(codes, among, &mut count),
            OfItems::Some { items, codes } => {
                let there = items.iter().zip(codes).filter(|(item, _)| among.contains(**item));
                there.for_each(|(item, code)| count(*item, code.index()));
            }
        }
        tallies.pop();
        tallies.retain(|tally| tally.n_items > 0);
        tallies
    }
}

fn dense<C: Code>(n_items: usize, n_codes: usize, values: impl Iterator<Item = (u32, u32)>) -> Vec<C> {
    let mut codes = vec![C::of(n_codes as u32); n_items];
    values.for_each(|(item, code)| codes[item as usize] = C::of(code));
    codes
}

/// The items of `within` for whose code `table` has a 1.
fn select<C: Code>(codes: &[C], table: &[u8], within: &ItemSet) -> ItemSet {
    let word = |(&within, codes): (&u64, &[C])| match within.count_ones() {
        0 => 0,
        1..FEW_OF_A_WORD => {
            bits(within).fold(0, |found, bit| found | u64::from(table[codes[bit as usize].index()]) << bit)
        }
        _ => within & chosen_of_word(codes, table),
    };
    ItemSet::of_words(within.words().iter().zip(codes.chunks(64)).map(word).collect())
}

/// For up to 64 codes a bit each: whether `table` has a 1.
fn chosen_of_word<C: Code>(codes: &[C], table: &[u8]) -> u64 {
    // Eight at a time do not wait for one another.
    let byte = |codes: &[C]| codes.iter().enumerate().fold(0, |byte, (bit, code)| byte | table[code.index()] << bit);
    codes.chunks(8).enumerate().fold(0, |word, (at, codes)| word | u64::from(byte(codes)) << (8 * at))
}

/// Calls `visit` with each item of a set and its code, ascending.
fn each<C: Code>(codes: &[C], among: &ItemSet, visit: &mut impl FnMut(u32, usize)) {
    for ((first, &word), codes) in (0u32..).step_by(64).zip(among.words()).zip(codes.chunks(64)) {
        if word == u64::MAX {
            (first..).zip(codes).for_each(|(item, code)| visit(item, code.index()));
        } else {
            bits(word).for_each(|bit| visit(first + bit, codes[bit as usize].index()));
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// All widths, dense and sparse, sets with full, thin and empty words.
    #[test]
    fn codes_of_every_width_are_selected_and_counted_like_a_list() {
        let mut rng = ChaCha8Rng::seed_from_u64(40);
        let n_items = 3_000;
        for (n_codes, share) in [(3, 1.0), (3, 0.7), (255, 0.9), (256, 0.9), (70_000, 0.9), (3, 0.01), (300, 0.05)] {
            let value = |rng: &mut ChaCha8Rng| rng.random_bool(share).then(|| rng.random_range(0..n_codes));
            let list: Vec<Option<u32>> = (0..n_items).map(|_| value(&mut rng)).collect();
            let present: Vec<(u32, u32)> = (0..).zip(&list).filter_map(|(item, code)| Some((item, (*code)?))).collect();
            let codes = Codes::new(n_items, n_codes as usize, present.len(), present.into_iter());
            for thinness in [0, 1, 5, 60] {
                let thinly = |item: &u32| thinness == 0 || item / 700 == 1 || rng.random_range(0..thinness) == 0;
                let within: ItemSet = (0..n_items as u32).filter(thinly).collect();
                let chosen: ItemSet = (0..n_codes).filter(|code| code % 3 != 1).collect();
                let expected =
                    within.iter().filter(|&item| list[item as usize].is_some_and(|code| chosen.contains(code)));
                assert!(codes.select(&chosen, &within) == expected.collect(), "{n_codes} codes, {share}");
                let tallies = codes.tally(&within);
                assert!(tallies.is_sorted_by_key(|tally| tally.code));
                for tally in &tallies {
                    let having: Vec<u32> =
                        within.iter().filter(|&item| list[item as usize] == Some(tally.code)).collect();
                    assert_eq!((tally.first_item, tally.n_items as usize), (having[0], having.len()));
                }
                let n_present = within.iter().filter(|&item| list[item as usize].is_some()).count();
                assert_eq!(tallies.iter().map(|tally| tally.n_items as usize).sum::<usize>(), n_present);
            }
            assert!((0..n_items as u32).all(|item| codes.get(item) == list[item as usize].map(|code| code as usize)));
        }
    }
}
