//! What somebody may have meant who wrote a name that is not known.

/// The three known names that are nearest to one that is not known.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut names: Vec<(usize, &String)> = known.into_iter().map(|other| (edit_distance(name, other), other)).collect();
    names.sort();
    names.dedup();
    names.into_iter().take(3).map(|(_, name)| name.clone()).collect()
}

/// How many characters have to be inserted, removed or replaced, regardless of case.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a_char) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, &b_char) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(a_char != b_char);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_distances_by_hand() {
        for (a, b, distance) in
            [("", "abc", 3), ("color", "colour", 1), ("Price", "price", 0), ("kitten", "sitting", 3)]
        {
            assert_eq!(edit_distance(a, b), distance, "{a} {b}");
            assert_eq!(edit_distance(b, a), distance, "{b} {a}");
        }
    }
}
