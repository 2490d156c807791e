//! Pictures per second, on one core and on all: `cargo run --release -p whisperlite-boutique --example draw_speed -- [SIZE]`

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::time::Instant;

use rayon::prelude::*;
use whisperlite_boutique::{Boutique, BoutiqueConfig, DrawError};

const N_PICTURES: u64 = 2_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let size: u32 = std::env::args().nth(1).map_or(Ok(256), |size| size.parse())?;
    let boutique = Boutique::new(BoutiqueConfig::new(1, N_PICTURES))?;
    let png = |index: u64| -> Result<usize, DrawError> { Ok(boutique.png(&boutique.item(index), size)?.len()) };
    let begin = Instant::now();
    let n_bytes: usize = (0..N_PICTURES / 10).map(png).sum::<Result<_, _>>()?;
    let rate = N_PICTURES as f64 / 10.0 / begin.elapsed().as_secs_f64();
    println!("one core: {rate:.0} pictures/s of {size} pixels, {} bytes each", n_bytes as u64 * 10 / N_PICTURES);
    let begin = Instant::now();
    (0..N_PICTURES).into_par_iter().map(png).collect::<Result<Vec<_>, _>>()?;
    println!("all cores: {N_PICTURES} in {:.2?}", begin.elapsed());
    Ok(())
}
