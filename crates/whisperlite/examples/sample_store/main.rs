//! Writes a small synthetic clothes shop, `items.csv` and `events.csv`, into a folder.
//!
//! `cargo run --release --example sample_store -- OUT_DIR [SEED]`
//!
//! The quick start runs on it, so that a newcomer sees the whole way from files to answers without any download of data.

#![allow(clippy::print_stdout, reason = "an example says what it wrote")]

mod shop;
mod vocabulary;

use std::path::PathBuf;

use shop::{Shop, Size};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args_os().skip(1);
    let out = PathBuf::from(args.next().ok_or("usage: sample_store OUT_DIR [SEED]")?);
    let seed = match args.next() {
        Some(seed) => seed.to_str().and_then(|seed| seed.parse().ok()).ok_or("SEED must be a whole number")?,
        None => 1,
    };
    let shop = Shop::new(seed, &Size::QUICK_START);
    shop.write(&out)?;
    println!(
        "synthetic shop (seed {seed}) in {}: {} items, {} users, {} events",
        out.display(),
        shop.n_items(),
        shop.n_users(),
        shop.n_events()
    );
    Ok(())
}
