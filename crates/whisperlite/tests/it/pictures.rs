//! Hostile and awkward pictures: right, or refused by an error that names them. Never a crash, never a flood.

use flate2::Crc;
use whisperlite::encoder::picture::{MAX_PIXELS, Picture, PictureError};

use crate::clip::fixture;
use crate::support::Folder;

fn bytes_of(name: &str) -> Vec<u8> {
    std::fs::read(fixture("pictures").join(name)).expect(name)
}

/// Every committed picture.
fn all() -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(fixture("pictures")).expect("pictures");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), bytes_of(&name))).collect()
}

/// A PNG whose header says another size, with a right checksum.
fn png_of_size(width: u32, height: u32) -> Vec<u8> {
    let mut png = bytes_of("plain.png");
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let mut crc = Crc::new();
    crc.update(&png[12..29]);
    png[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    png
}

/// A JPEG whose frame header says another size.
fn jpeg_of_size(width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = bytes_of("plain.jpg");
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).expect("a baseline frame");
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

fn gif_of_size(width: u16, height: u16) -> Vec<u8> {
    let mut gif = bytes_of("animated.gif");
    gif[6..8].copy_from_slice(&width.to_le_bytes());
    gif[8..10].copy_from_slice(&height.to_le_bytes());
    gif
}

#[test]
fn an_enormous_header_is_refused_at_once() {
    for bytes in [png_of_size(60_000, 60_000), jpeg_of_size(60_000, 60_000), gif_of_size(60_000, 60_000)] {
        let error = Picture::decode(&bytes, "shop/dress.png").expect_err("3.6 billion pixels");
        assert!(
            matches!(error, PictureError::Dimensions { width: 60_000, height: 60_000, max_pixels: MAX_PIXELS, .. }),
            "{error}"
        );
        let text = error.to_string();
        assert!(text.contains("shop/dress.png") && text.contains("60000 × 60000"), "{text}");
    }
    let error =
        Picture::decode(&png_of_size(u32::MAX >> 1, u32::MAX >> 1), "x").expect_err("more than a machine holds");
    assert!(matches!(error, PictureError::Dimensions { .. } | PictureError::Damaged { .. }), "{error}");
}

#[test]
fn a_header_that_promises_more_than_follows_is_damaged() {
    for bytes in [png_of_size(9_000, 9_000), png_of_size(0, 50)] {
        let error = Picture::decode(&bytes, "x").expect_err("there are no such pixels");
        assert!(matches!(error, PictureError::Damaged { .. } | PictureError::Dimensions { .. }), "{error}");
    }
}

#[test]
fn what_is_no_picture_is_refused() {
    for bytes in [&b""[..], b"not a picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4", &[0; 5000]] {
        assert!(matches!(Picture::decode(bytes, "x"), Err(PictureError::UnknownFormat { .. })));
    }
    for start in [&b"BM"[..], b"II*\0", b"qoif", b"DDS "] {
        let error = Picture::decode(&[start, &[0; 100]].concat(), "x").expect_err("a format that is not read");
        assert!(matches!(error, PictureError::UnknownFormat { .. }), "{error}");
    }
}

#[test]
fn truncated_pictures_never_crash() {
    for (name, bytes) in all() {
        for n in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            // Decoders of JPEG show what there is of a picture that broke off, as browsers do.
            let found = Picture::decode(&bytes[..n], &name);
            assert!(found.is_err() || name.ends_with("jpg") || n > bytes.len() / 2, "{name}, {n} bytes");
        }
    }
}

#[test]
fn damaged_pictures_never_crash() {
    for (name, bytes) in all() {
        for round in 0..60 {
            let mut damaged = bytes.clone();
            let n = damaged.len();
            (0..4).for_each(|hit| damaged[(round * 7919 + hit * 104_729) % n] ^= (round * 37 + hit + 1) as u8);
            if let Ok(picture) = Picture::decode(&damaged, &name) {
                assert_eq!(picture.rgb().len(), picture.width() * picture.height() * 3);
            }
        }
    }
}

#[test]
fn a_jpeg_of_countless_scans_is_refused() {
    let mut jpeg = bytes_of("progressive.jpg");
    jpeg.extend([0xFF, 0xDA].repeat(200));
    assert!(matches!(Picture::decode(&jpeg, "x"), Err(PictureError::TooManyScans { .. })));
}

#[test]
fn an_absent_file_is_named() {
    let folder = Folder::new();
    let path = folder.path().join("absent.jpg");
    let error = Picture::read(&path).expect_err("absent");
    assert!(matches!(error, PictureError::Io { .. }) && error.to_string().contains("absent.jpg"), "{error}");
    assert!(matches!(Picture::read(folder.path()), Err(PictureError::Io { .. })), "a folder is no picture");
}

#[test]
fn a_camera_held_upright_shows_an_upright_picture() {
    for orientation in 2..=8 {
        let picture = Picture::read(&fixture("pictures").join(format!("exif-{orientation}.jpg"))).expect("picture");
        let upright = if orientation >= 5 { (32, 48) } else { (48, 32) };
        assert_eq!((picture.width(), picture.height()), upright, "orientation {orientation}");
    }
}

#[test]
fn of_an_animation_the_first_frame_counts() {
    let plain = Picture::read(&fixture("pictures").join("plain.png")).expect("plain");
    for name in ["animated.png", "animated.webp"] {
        assert_eq!(Picture::read(&fixture("pictures").join(name)).expect(name), plain, "{name}");
    }
}
