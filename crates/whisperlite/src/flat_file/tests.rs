use std::path::Path;

use super::*;

/// More than a block of each kind.
fn numbers() -> (Vec<f32>, Vec<(u32, f32)>, Vec<String>) {
    let floats = (0..700_000).map(|n| n as f32 * 0.5 - 3.0).collect();
    let pairs = (0..300_001u32).map(|n| (n.wrapping_mul(2_654_435_761), n as f32)).collect();
    let texts = (0..90_000).map(|n| "é✓a".repeat(n % 7)).collect();
    (floats, pairs, texts)
}

fn write(path: &Path) {
    let (floats, pairs, texts) = numbers();
    let mut bytes = Vec::new();
    let mut out = FlatWriter::new(&mut bytes).unwrap();
    out.array("floats", &floats).unwrap();
    out.value("value", &("a word", 7)).unwrap();
    out.array("pairs", &pairs).unwrap();
    out.array::<u64>("none", &[]).unwrap();
    out.texts("texts", texts.iter().map(String::as_str)).unwrap();
    let n_bytes = out.finish().unwrap();
    assert_eq!(n_bytes, bytes.len() as u64);
    std::fs::write(path, bytes).unwrap();
}

type Read = (Vec<f32>, (String, u32), Vec<(u32, f32)>, Vec<u64>, Vec<String>);

fn read(path: &Path) -> Result<Read, FlatError> {
    let mut from = FlatReader::open(path)?.expect("the file is there");
    let read = (
        from.array("floats")?,
        from.value("value")?,
        from.array("pairs")?,
        from.array("none")?,
        from.texts("texts")?.into_strings(),
    );
    from.finish()?;
    Ok(read)
}

#[test]
fn what_is_read_is_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flat");
    assert!(FlatReader::open(&path).unwrap().is_none());
    write(&path);
    let (floats, pairs, texts) = numbers();
    assert_eq!(read(&path).unwrap(), (floats, ("a word".to_owned(), 7), pairs, Vec::new(), texts));
}

#[test]
fn sections_are_told_with_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flat");
    write(&path);
    let sections = FlatReader::open(&path).unwrap().unwrap().sections().unwrap();
    let names: Vec<&str> = sections.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["floats", "value", "pairs", "none", "texts", "texts"]);
    assert_eq!((sections[0].1, sections[2].1, sections[3].1), (2_800_000, 300_001 * 8, 0));
}

#[test]
fn no_damaged_byte_and_no_lost_end_goes_unnoticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flat");
    write(&path);
    let whole = std::fs::read(&path).unwrap();
    // All of the beginning and of the end, where the heads and sums are, and some of what is between.
    let places = (0..200).chain((200..whole.len()).step_by(whole.len() / 97)).chain(whole.len() - 200..whole.len());
    for place in places {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x10;
        std::fs::write(&path, damaged).unwrap();
        assert!(read(&path).is_err(), "byte {place} was another one");
    }
    for n_bytes in [0, 7, 11, 30, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..n_bytes]).unwrap();
        assert!(read(&path).is_err(), "{n_bytes} bytes were left");
    }
    std::fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
    assert!(matches!(read(&path), Err(FlatError::Damaged { damage: Damage::Surplus, .. })));
}

#[test]
fn other_sections_and_other_versions_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flat");
    write(&path);
    let open = || FlatReader::open(&path).unwrap().unwrap();
    let error = open().array::<f32>("pairs").unwrap_err();
    assert!(error.to_string().contains("`pairs` was expected where `floats` stands"), "{error}");
    assert!(matches!(open().array::<f64>("floats"), Err(FlatError::Damaged { damage: Damage::Kind { .. }, .. })));
    assert!(matches!(open().array_of::<f32>("floats", 3), Err(FlatError::Damaged { damage: Damage::Odd(_), .. })));
    let mut newer = std::fs::read(&path).unwrap();
    newer[8] = 9;
    std::fs::write(&path, &newer).unwrap();
    assert!(matches!(FlatReader::open(&path), Err(FlatError::Version { found: 9, .. })));
    std::fs::write(&path, "a text of somebody").unwrap();
    assert!(matches!(FlatReader::open(&path), Err(FlatError::NotFlat { .. })));
}
