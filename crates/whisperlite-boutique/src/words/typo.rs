//! Slips of the finger: swapped, dropped, doubled and neighbouring letters.

use rand::{Rng, RngExt};

/// The text with one slip in a word of at least four letters; unchanged if there is none.
pub(crate) fn slip(text: &str, rng: &mut impl Rng) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let spots: Vec<usize> = (1..letters.len().saturating_sub(1)).filter(|&at| inside_word(&letters, at)).collect();
    if spots.is_empty() {
        return text.to_owned();
    }
    let at = spots[rng.random_range(0..spots.len())];
    match rng.random_range(0..4) {
        0 => letters.swap(at, at + 1),
        1 => {
            letters.remove(at);
        }
        2 => letters.insert(at, letters[at]),
        _ => letters[at] = neighbour(letters[at], rng),
    }
    letters.into_iter().collect()
}

/// Whether a letter stands inside a word that stays readable with a slip there.
fn inside_word(letters: &[char], at: usize) -> bool {
    let is_letter = |place: usize| letters.get(place).is_some_and(|letter| letter.is_ascii_lowercase());
    let differs = letters.get(at) != letters.get(at + 1);
    let room = at >= 2 && is_letter(at - 2) || is_letter(at + 2);
    is_letter(at - 1) && is_letter(at) && is_letter(at + 1) && differs && room
}

/// A letter beside this one on the keyboard.
fn neighbour(letter: char, rng: &mut impl Rng) -> char {
    const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
    for row in ROWS {
        if let Some(at) = row.find(letter) {
            let other = if at == 0 || (at + 1 < row.len() && rng.random_bool(0.5)) { at + 1 } else { at - 1 };
            return char::from(row.as_bytes()[other]);
        }
    }
    letter
}
