//! A stack of pre-norm blocks over rows of several sequences.

use std::ops::Range;

use super::Crew;
use super::layers::{FrozenLinear, FrozenNorm};
use crate::encoder::activation::Activation;
use crate::encoder::transformer::{Block, Sight};
use crate::fused::{Buffer, Heads, Places, Rows, attend};

/// All blocks of a tower.
#[derive(Debug)]
pub(super) struct Stack {
    blocks: Vec<FrozenBlock>,
}

#[derive(Debug)]
struct FrozenBlock {
    attention_norm: FrozenNorm,
    qkv: FrozenLinear,
    attention_out: FrozenLinear,
    norm: FrozenNorm,
    up: FrozenLinear,
    down: FrozenLinear,
    n_heads: usize,
    activation: Activation,
    sight: Sight,
}

/// How rows make up sequences.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sequences<'a> {
    /// Rows in front that every sequence begins with. They see nothing of what comes after them.
    pub(super) n_shared: usize,
    /// Further rows of each sequence, in their order.
    pub(super) lengths: &'a [usize],
}

impl Stack {
    pub(super) fn of(blocks: &[Block], epsilon: f64) -> Self {
        Self { blocks: blocks.iter().map(|block| FrozenBlock::of(block, epsilon)).collect() }
    }

    /// Whether a row sees only those before it.
    pub(super) fn is_causal(&self) -> bool {
        self.blocks.iter().all(|block| block.sight == Sight::Causal)
    }

    /// The rows `wanted`, or all, in the context of their sequences. In the last block, only they are computed to the end.
    ///
    /// # Shapes
    /// - `x`: `[n_rows, d]`, laid out as `sequences` says
    /// - returns `[wanted.len(), d]`
    pub(super) fn forward(
        &self,
        mut x: Vec<f32>,
        sequences: Sequences<'_>,
        wanted: Option<&[usize]>,
        crew: Crew,
    ) -> Vec<f32> {
        for (index, block) in self.blocks.iter().enumerate() {
            let wanted = wanted.filter(|_| index + 1 == self.blocks.len());
            x = block.forward(x, sequences, wanted, crew);
        }
        x
    }
}

impl FrozenBlock {
    fn of(block: &Block, epsilon: f64) -> Self {
        let d = block.up.weight.dims()[0];
        let width = d / block.n_heads;
        // A head's query, key and value side by side, so that the columns of some heads are neighbours.
        let parts = |head: usize| (0..3).flat_map(move |part| (0..width).map(move |at| part * d + head * width + at));
        let order: Vec<usize> = (0..block.n_heads).flat_map(parts).collect();
        Self {
            attention_norm: FrozenNorm::of(&block.attention_norm, epsilon),
            qkv: FrozenLinear::ordered(&block.qkv, &order),
            attention_out: FrozenLinear::of(&block.attention_out),
            norm: FrozenNorm::of(&block.norm, epsilon),
            up: FrozenLinear::of(&block.up),
            down: FrozenLinear::of(&block.down),
            n_heads: block.n_heads,
            activation: block.activation,
            sight: block.sight,
        }
    }

    /// # Shapes
    /// - `x`: `[n_rows, d]`
    /// - returns the rows `wanted`, or all
    fn forward(&self, x: Vec<f32>, sequences: Sequences<'_>, wanted: Option<&[usize]>, crew: Crew) -> Vec<f32> {
        let (d, width) = (self.up.d_in(), self.up.d_in() / self.n_heads);
        let normed = self.attention_norm.apply(&x);
        let mut x = match wanted {
            Some(wanted) => picked(&x, wanted, d),
            None => x,
        };
        self.attention_out.add_bias(&mut x);
        crew.add_parts(self.n_heads * width, width, &mut x, |columns, x| {
            let context = self.attend(&normed, sequences, columns.clone());
            match wanted {
                Some(wanted) => self.attention_out.add_rows(&picked(&context, wanted, columns.len()), columns, x),
                None => self.attention_out.add_rows(&context, columns, x),
            }
        });
        let normed = self.norm.apply(&x);
        self.down.add_bias(&mut x);
        crew.add_parts(self.up.d_out(), 1, &mut x, |columns, x| {
            let mut wide = self.up.apply_columns(&normed, columns.clone());
            self.activation.apply_to(&mut wide);
            self.down.add_rows(&wide, columns, x);
        });
        x
    }

    /// What every row attends to with the heads whose values are these columns.
    ///
    /// # Shapes
    /// Returns `[n_rows, columns.len()]`.
    fn attend(&self, x: &[f32], sequences: Sequences<'_>, columns: Range<usize>) -> Buffer {
        let (d, width) = (columns.len(), self.up.d_in() / self.n_heads);
        let qkv = self.qkv.apply_columns(x, 3 * columns.start..3 * columns.end);
        let places = Places { step: 3 * width, query: 0, key: width, value: 2 * width };
        let attend_to = |shared: &[f32], own: &[f32], out: &mut [f32]| {
            let [shared, own] = [shared, own].map(|values| Rows { values, stride: 3 * d });
            let heads = Heads { queries: own, shared, keys_values: own, n_heads: d / width, width, places };
            match self.sight {
                Sight::Full => attend(heads, |_| usize::MAX, out),
                Sight::Causal => attend(heads, |query| query + 1, out),
            }
        };
        let mut context = Buffer::new(x.len() / self.up.d_in() * d);
        let (shared, mut left) = qkv.split_at(sequences.n_shared * 3 * d);
        let (shared_out, mut out_left) = context.split_at_mut(sequences.n_shared * d);
        attend_to(&[], shared, shared_out);
        for &length in sequences.lengths {
            let (own, rest) = left.split_at(length * 3 * d);
            let (out, rest_out) = out_left.split_at_mut(length * d);
            (left, out_left) = (rest, rest_out);
            attend_to(shared, own, out);
        }
        context
    }
}

/// Some rows of `[n, d]`.
fn picked(rows: &[f32], wanted: &[usize], d: usize) -> Vec<f32> {
    wanted.iter().flat_map(|row| &rows[row * d..(row + 1) * d]).copied().collect()
}
