//! A stack of pre-norm blocks over rows of several sequences.

use super::layers::{FrozenLinear, FrozenNorm};
use crate::encoder::activation::Activation;
use crate::encoder::transformer::{Block, Sight};
use crate::fused::{Buffer, Crew, Heads, Rows, attend};

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

impl Stack {
    pub(super) fn of(blocks: &[Block], epsilon: f64) -> Self {
        Self { blocks: blocks.iter().map(|block| FrozenBlock::of(block, epsilon)).collect() }
    }

    /// All rows, in the context of their sequences.
    ///
    /// # Shapes
    /// - `x`: `[n_rows, d]`, the sequences behind one another, `lengths` of them; and so is the result
    pub(super) fn all_rows(&self, mut x: Vec<f32>, lengths: &[usize], crew: Crew) -> Vec<f32> {
        for block in &self.blocks {
            let context = block.attend(&x, lengths, crew);
            block.feed(&mut x, &context, crew);
        }
        x
    }

    /// The rows `wanted` alone: in the last block, only they are computed to the end.
    ///
    /// # Shapes
    /// - `x`: as in [`Stack::all_rows`]
    /// - returns `[wanted.len(), d]`
    pub(super) fn rows(&self, mut x: Vec<f32>, lengths: &[usize], wanted: &[usize], crew: Crew) -> Vec<f32> {
        for (index, block) in self.blocks.iter().enumerate() {
            let mut context = block.attend(&x, lengths, crew);
            if index + 1 == self.blocks.len() {
                let d = block.up.d_in();
                (x, context) = (picked(&x, wanted, d), picked(&context, wanted, d).into());
            }
            block.feed(&mut x, &context, crew);
        }
        x
    }
}

impl FrozenBlock {
    fn of(block: &Block, epsilon: f64) -> Self {
        Self {
            attention_norm: FrozenNorm::of(&block.attention_norm, epsilon),
            qkv: FrozenLinear::of(&block.qkv),
            attention_out: FrozenLinear::of(&block.attention_out),
            norm: FrozenNorm::of(&block.norm, epsilon),
            up: FrozenLinear::of(&block.up),
            down: FrozenLinear::of(&block.down),
            n_heads: block.n_heads,
            activation: block.activation,
            sight: block.sight,
        }
    }

    /// What every row attends to.
    ///
    /// # Shapes
    /// Returns `[n_rows, d]`.
    fn attend(&self, x: &[f32], lengths: &[usize], crew: Crew) -> Buffer {
        let d = self.up.d_in();
        let qkv = self.qkv.apply(&self.attention_norm.apply(x), crew);
        let mut context = Buffer::new(x.len());
        let (mut left, mut out_left) = (&qkv[..], &mut context[..]);
        for &length in lengths {
            let (own, rest) = left.split_at(length * 3 * d);
            let (out, rest_out) = out_left.split_at_mut(length * d);
            (left, out_left) = (rest, rest_out);
            let queries = Rows { values: own, stride: 3 * d };
            let keys_values = Rows { values: &own[d..], stride: 3 * d };
            let heads = Heads { queries, keys_values, n_heads: self.n_heads, width: d / self.n_heads };
            match self.sight {
                Sight::Full => attend(heads, |_| length, out),
                Sight::Causal => attend(heads, |query| query + 1, out),
            }
        }
        context
    }

    /// From what was attended to, the rest of the block, in place.
    fn feed(&self, x: &mut [f32], context: &[f32], crew: Crew) {
        self.attention_out.add(context, x, crew);
        let mut wide = self.up.apply(&self.norm.apply(x), crew);
        self.activation.apply_to(&mut wide);
        self.down.add(&wide, x, crew);
    }
}

/// Some rows of `[n, d]`.
fn picked(rows: &[f32], wanted: &[usize], d: usize) -> Vec<f32> {
    wanted.iter().flat_map(|row| &rows[row * d..(row + 1) * d]).copied().collect()
}
