//! Which place of the catalogue holds which kind of piece.
//!
//! Every 128 places hold each kind as often as the table of looks says, in an order of their own. So the places of one kind can
//! be found without making a single item, in a catalogue of any size.

use rand::{Rng, RngExt};

use crate::look::Kind;
use crate::random::{Purpose, mixed};

const BLOCK: u64 = 128;

/// The order of a block: slot = multiplier * place + shift, modulo 128. An odd multiplier makes it a permutation.
fn order(seed: u64, block: u64) -> (u64, u64) {
    let chance = mixed(seed, Purpose::Kinds, block);
    (chance >> 32 | 1, chance & 0xFFFF)
}

/// The kind of the item at a place.
pub(crate) fn kind_at(seed: u64, index: u64) -> Kind {
    let (multiplier, shift) = order(seed, index / BLOCK);
    let mut slot = (index.wrapping_mul(multiplier).wrapping_add(shift) % BLOCK) as usize;
    for kind in Kind::ALL {
        let share = kind.rules().share;
        if slot < share {
            return *kind;
        }
        slot -= share;
    }
    Kind::Dress
}

/// The number modulo 128 whose product with this odd one is 1: by Newton's iteration.
fn inverse(odd: u64) -> u64 {
    (0..6).fold(odd, |guess, _| guess.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(guess)))) % BLOCK
}

/// The place of a slot within a block.
fn place_of(seed: u64, block: u64, slot: u64) -> u64 {
    let (multiplier, shift) = order(seed, block);
    block * BLOCK + slot.wrapping_sub(shift).wrapping_mul(inverse(multiplier)) % BLOCK
}

/// Slots that hold a kind.
fn slots(kind: Kind) -> std::ops::Range<u64> {
    let first: usize = Kind::ALL.iter().take_while(|other| **other != kind).map(|other| other.rules().share).sum();
    first as u64..(first + kind.rules().share) as u64
}

/// Places of items of these kinds: all of them where there are at most `max`, else that many drawn by chance, maybe
/// some twice.
pub(crate) fn places(seed: u64, n_items: u64, kinds: &[Kind], max: usize, rng: &mut impl Rng) -> Vec<u64> {
    let slots: Vec<u64> = kinds.iter().flat_map(|kind| slots(*kind)).collect();
    let n_blocks = n_items.div_ceil(BLOCK);
    let in_catalogue = |place: &u64| *place < n_items;
    if n_blocks.saturating_mul(slots.len() as u64) <= max as u64 {
        let all = (0..n_blocks).flat_map(|block| slots.iter().map(move |slot| place_of(seed, block, *slot)));
        return all.filter(in_catalogue).collect();
    }
    let drawn = (0..max).map(|_| {
        let slot = slots[rng.random_range(0..slots.len())];
        place_of(seed, rng.random_range(0..n_blocks), slot)
    });
    drawn.filter(in_catalogue).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::generator;

    #[test]
    fn a_block_holds_every_kind_as_often_as_the_table_says() {
        assert_eq!(Kind::ALL.iter().map(|kind| kind.rules().share).sum::<usize>(), BLOCK as usize);
        for kind in Kind::ALL {
            assert_eq!(kind.rules().kind, *kind, "the table is in the order of the kinds");
            for block in [0, 7, 78_124] {
                let found = (block * BLOCK..(block + 1) * BLOCK).filter(|place| kind_at(3, *place) == *kind).count();
                assert_eq!(found, kind.rules().share, "{kind:?} in block {block}");
            }
        }
    }

    #[test]
    fn places_of_a_kind_are_of_that_kind() {
        let mut rng = generator(1, Purpose::Session, 0);
        for (n_items, max) in [(1_000, 10_000), (10_000_000, 500)] {
            let found = places(9, n_items, &[Kind::Skirt, Kind::Boots], max, &mut rng);
            assert!(found.len() > 90, "{} of {n_items}", found.len());
            assert!(found.iter().all(|place| *place < n_items));
            assert!(found.iter().all(|place| matches!(kind_at(9, *place), Kind::Skirt | Kind::Boots)));
        }
    }
}
