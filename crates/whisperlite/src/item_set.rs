//! **Which items of many?** A set of items by their numbers, with one bit for each: what filters give and scans read.
//!
//! Not for: what an item is.

/// Items, by their numbers.
#[derive(Debug, Clone, Default)]
pub struct ItemSet {
    words: Vec<u64>,
}

impl ItemSet {
    /// No item.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first `n_items` items.
    pub fn first(n_items: usize) -> Self {
        let mut words = vec![u64::MAX; n_items / 64];
        if !n_items.is_multiple_of(64) {
            words.push((1 << (n_items % 64)) - 1);
        }
        Self { words }
    }

    /// The items whose bits are set: those of the first word are items 0 to 63, the lowest bit first.
    pub(crate) fn of_words(words: Vec<u64>) -> Self {
        Self { words }
    }

    /// The bits of 64 items each; items beyond the last word are not there.
    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    /// Adds an item.
    pub fn insert(&mut self, item_idx: u32) {
        let word = item_idx as usize / 64;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (item_idx % 64);
    }

    /// Takes an item out, if it is there.
    pub fn remove(&mut self, item_idx: u32) {
        if let Some(word) = self.words.get_mut(item_idx as usize / 64) {
            *word &= !(1 << (item_idx % 64));
        }
    }

    /// Whether an item is there.
    pub fn contains(&self, item_idx: u32) -> bool {
        self.words.get(item_idx as usize / 64).is_some_and(|word| word >> (item_idx % 64) & 1 == 1)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Adds all items of `other`.
    pub fn unite(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Takes out all items of `other`.
    pub fn subtract(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    /// All of them, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0u32..).step_by(64).zip(&self.words).flat_map(|(first, &word)| bits(word).map(move |bit| first + bit))
    }

    /// Writes `otherwise` in the place of each item that is not there.
    ///
    /// # Shapes
    /// `values`: `[n_items]`
    pub(crate) fn leave_only(&self, values: &mut [f32], otherwise: f32) {
        let words = self.words.iter().copied().chain(std::iter::repeat(0));
        for (values, word) in values.chunks_mut(64).zip(words).filter(|&(_, word)| word != u64::MAX) {
            let absent = (0..).zip(values).filter(|&(place, _)| word >> place & 1 == 0);
            absent.for_each(|(_, value)| *value = otherwise);
        }
    }

    /// Which of the 16 items from `16 · sixteen` on are there, the first in the lowest bit.
    pub(crate) fn sixteen(&self, sixteen: usize) -> u16 {
        let word = self.words.get(sixteen / 4).copied().unwrap_or(0);
        (word >> (16 * (sixteen % 4))) as u16
    }
}

/// The places of the bits that are set, ascending.
pub(crate) fn bits(word: u64) -> impl Iterator<Item = u32> {
    let rest = |word: &u64| Some(word & (word - 1)).filter(|word| *word != 0);
    std::iter::successors(Some(word).filter(|word| *word != 0), rest).map(|word| word.trailing_zeros())
}

/// The same items are the same set, however many words it has.
impl PartialEq for ItemSet {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for ItemSet {}

impl FromIterator<u32> for ItemSet {
    fn from_iter<I: IntoIterator<Item = u32>>(items: I) -> Self {
        let mut set = Self::new();
        items.into_iter().for_each(|item| set.insert(item));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let items = [0, 15, 16, 63, 64, 200];
        let mut set: ItemSet = items.into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<u32>>(), items);
        assert_eq!((set.len(), set.contains(63), set.contains(62), set.contains(9000)), (6, true, false, false));
        assert_eq!((set.sixteen(0), set.sixteen(1), set.sixteen(12), set.sixteen(99)), (0x8001, 1, 1 << 8, 0));
        set.remove(63);
        set.remove(9000);
        assert_eq!(set.iter().collect::<Vec<u32>>(), [0, 15, 16, 64, 200]);
        assert_eq!((ItemSet::first(70).len(), ItemSet::first(128).len(), ItemSet::new().is_empty()), (70, 128, true));
    }

    #[test]
    fn sets_of_different_lengths_are_united_and_subtracted() {
        let few: ItemSet = [1, 70].into_iter().collect();
        let many: ItemSet = [1, 2, 300].into_iter().collect();
        let (mut both, mut rest) = (few.clone(), many.clone());
        both.unite(&many);
        rest.subtract(&few);
        assert_eq!(both.iter().collect::<Vec<u32>>(), [1, 2, 70, 300]);
        assert_eq!(rest.iter().collect::<Vec<u32>>(), [2, 300]);
        rest.subtract(&many);
        assert!(rest.is_empty() && rest == ItemSet::new());
    }
}
