//! How fast this processor multiplies codes where it need not wait for memory: what a scan for many queries is measured by.

use std::hint::black_box;
use std::time::Instant;

use super::kernel::{Block, GROUP, Instructions, Kernel, PANEL, STEP, TILE, Tile, Work};

/// How often the same panel is multiplied.
const N_TIMES: usize = 100_000;

/// Products of codes per second by one thread with the best instructions, of vectors of length `dim` in the cache.
pub fn code_products_per_sec(dim: usize) -> f64 {
    let n_groups = dim.next_multiple_of(GROUP * STEP) / GROUP;
    let (panel, tile) = (vec![[65; PANEL * GROUP]; n_groups], vec![[0x0101_0101; TILE]; n_groups]);
    let begin = Instant::now();
    Instructions::best().run(Multiply { panel: &panel, tile: &tile });
    (N_TIMES * n_groups * GROUP * PANEL * TILE) as f64 / begin.elapsed().as_secs_f64()
}

struct Multiply<'a> {
    panel: &'a [Block],
    tile: &'a [Tile],
}

impl Work for Multiply<'_> {
    #[inline(always)]
    fn run<K: Kernel>(self) {
        for _ in 0..N_TIMES {
            black_box(K::tile(black_box(self.panel), black_box(self.tile)));
        }
    }
}
