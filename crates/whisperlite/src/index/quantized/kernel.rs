//! Inner products of codes, on what the processor has for it; chosen when the program runs.

/// Items whose codes lie side by side.
pub(super) const PANEL: usize = 16;
/// Dimensions whose codes lie side by side.
pub(super) const GROUP: usize = 4;
/// Groups that a kernel takes at a time.
pub(super) const STEP: usize = 2;
/// Queries that are multiplied with a panel together.
pub(super) const TILE: usize = 4;
/// The largest code of a query that is multiplied together with others: two pairs of products fit into 16 bits.
pub(super) const TILE_TOP: f32 = 63.0;
/// The largest code of a query alone: a pair of products fits into 16 bits.
pub(super) const ALONE_TOP: f32 = 127.0;

/// `[PANEL, GROUP]` codes of items, each 1 … 127.
pub(super) type Block = [u8; PANEL * GROUP];
/// `[TILE]` groups of a query's codes.
pub(super) type Tile = [i32; TILE];

/// Inner products of a panel of items with queries, exact in whole numbers.
///
/// # Shapes
/// `panel`: `[n_groups]`; `tile`, `query`: `[n_groups]`, where `n_groups` is a multiple of [`STEP`].
pub(super) trait Kernel {
    /// With four queries, of codes up to [`TILE_TOP`].
    fn tile(panel: &[Block], tile: &[Tile]) -> [[i32; PANEL]; TILE];
    /// With one query, of codes up to [`ALONE_TOP`].
    fn alone(panel: &[Block], query: &[i32]) -> [i32; PANEL];
}

/// What every processor can do, and what the others are tested against.
pub(super) struct Portable;

impl Kernel for Portable {
    #[inline(always)]
    fn tile(panel: &[Block], tile: &[Tile]) -> [[i32; PANEL]; TILE] {
        let mut sums = [[0; PANEL]; TILE];
        for (block, tile) in panel.iter().zip(tile) {
            for (sums, four) in sums.iter_mut().zip(tile) {
                add_products(block, *four, sums);
            }
        }
        sums
    }

    #[inline(always)]
    fn alone(panel: &[Block], query: &[i32]) -> [i32; PANEL] {
        let mut sums = [0; PANEL];
        panel.iter().zip(query).for_each(|(block, four)| add_products(block, *four, &mut sums));
        sums
    }
}

#[inline(always)]
fn add_products(block: &Block, four: i32, sums: &mut [i32; PANEL]) {
    let four = four.to_le_bytes().map(|code| i32::from(code as i8));
    for (sum, codes) in sums.iter_mut().zip(block.as_chunks::<GROUP>().0) {
        *sum += codes.iter().zip(four).map(|(&code, query)| i32::from(code) * query).sum::<i32>();
    }
}

/// Work that is compiled once for each kind of processor.
pub(super) trait Work {
    fn run<K: Kernel>(self);
}

/// Which instructions a search uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instructions {
    /// Those that every processor has.
    Portable,
    /// x86-64: products of bytes in registers of 256 bits.
    Avx2,
    /// x86-64: AVX-512 with VNNI, sums of four products of bytes in registers of 512 bits.
    Avx512Vnni,
    /// ARM: products of bytes in registers of 128 bits.
    Neon,
}

impl Instructions {
    /// The best that this processor has.
    pub fn best() -> Self {
        [Self::Avx512Vnni, Self::Avx2, Self::Neon].into_iter().find(|kind| kind.is_here()).unwrap_or(Self::Portable)
    }

    /// All that this processor has.
    pub fn here() -> impl Iterator<Item = Self> {
        [Self::Avx512Vnni, Self::Avx2, Self::Neon, Self::Portable].into_iter().filter(|kind| kind.is_here())
    }

    fn is_here(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => super::avx2::is_here(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => super::avx512::is_here(),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => true,
            #[allow(unreachable_patterns, reason = "each processor has some of them")]
            _ => false,
        }
    }

    /// Does the work with these instructions, or with portable ones where the processor lacks them.
    pub(super) fn run<W: Work>(self, work: W) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 if self.is_here() => super::avx2::run(work),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni if self.is_here() => super::avx512::run(work),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => work.run::<super::neon::Neon>(),
            _ => work.run::<Portable>(),
        }
    }
}
