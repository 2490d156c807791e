//! The tower of pictures.

use super::layers::{FrozenLinear, FrozenNorm, values};
use super::{Crew, Sequences, Stack};
use crate::encoder::activation::Activation;
use crate::encoder::clip::{ClipVision, ClipVisionConfig};
use crate::encoder::siglip::{AttentionPool, SiglipVision, SiglipVisionConfig};
use crate::fused::{Heads, Places, Rows, add_to_rows, attend};

/// Pixels to one vector a picture.
#[derive(Debug)]
pub(in crate::encoder) struct FrozenVision {
    patches: FrozenLinear,
    /// Pixels along a patch's edge, and along the picture's.
    sides: [usize; 2],
    /// `[n_positions, d]`
    positions: Vec<f32>,
    stack: Stack,
    norm: FrozenNorm,
    pool: Pool,
}

/// How the rows of a picture become one.
#[derive(Debug)]
enum Pool {
    /// A token of its own in front of the patches.
    ClassToken { token: Vec<f32>, norm_before: FrozenNorm, projection: FrozenLinear },
    /// A learned question about all patches.
    Attention(Box<FrozenPool>),
}

#[derive(Debug)]
struct FrozenPool {
    /// The question, already projected: `[d]`.
    query: Vec<f32>,
    key_value: FrozenLinear,
    out: FrozenLinear,
    norm: FrozenNorm,
    up: FrozenLinear,
    down: FrozenLinear,
    n_heads: usize,
    activation: Activation,
}

impl FrozenVision {
    pub(in crate::encoder) fn of_clip(tower: &ClipVision, config: &ClipVisionConfig) -> Self {
        let epsilon = config.tower.layer_norm_eps;
        Self {
            patches: FrozenLinear::of(&tower.patches.map),
            sides: [config.patch_size, config.image_size],
            positions: values(tower.positions.val()),
            stack: Stack::of(&tower.blocks, epsilon),
            norm: FrozenNorm::of(&tower.norm_after, epsilon),
            pool: Pool::ClassToken {
                token: values(tower.class_token.val()),
                norm_before: FrozenNorm::of(&tower.norm_before, epsilon),
                projection: FrozenLinear::of(&tower.projection),
            },
        }
    }

    pub(in crate::encoder) fn of_siglip(tower: &SiglipVision, config: &SiglipVisionConfig) -> Self {
        let epsilon = config.tower.layer_norm_eps;
        Self {
            patches: FrozenLinear::of(&tower.patches.map),
            sides: [config.patch_size, config.image_size],
            positions: values(tower.positions.val()),
            stack: Stack::of(&tower.blocks, epsilon),
            norm: FrozenNorm::of(&tower.norm, epsilon),
            pool: Pool::Attention(Box::new(FrozenPool::of(&tower.pool, epsilon))),
        }
    }

    /// # Shapes
    /// - `pixels`: `[n, 3, side, side]`
    /// - returns `[n, d_out]`, not scaled to length 1
    pub(in crate::encoder) fn forward(&self, pixels: &[f32], crew: Crew) -> Vec<f32> {
        let [patch, side] = self.sides;
        let (d, n_patches) = (self.patches.d_out(), (side / patch).pow(2));
        let cut: Vec<f32> = pixels.chunks_exact(3 * side * side).flat_map(|picture| self.cut(picture)).collect();
        let rows = self.patches.apply(&cut);
        let n = rows.len() / (n_patches * d);
        match &self.pool {
            Pool::ClassToken { token, norm_before, projection } => {
                let pictures = rows.chunks_exact(n_patches * d);
                let mut x: Vec<f32> = pictures.flat_map(|rows| token.iter().chain(rows)).copied().collect();
                add_to_rows(&mut x, &self.positions);
                let class_rows: Vec<usize> = (0..n).map(|picture_idx| picture_idx * (n_patches + 1)).collect();
                let x = norm_before.apply(&x).into_vec();
                let pooled = self.stack.forward(x, apart(&vec![n_patches + 1; n]), Some(&class_rows), crew);
                projection.apply(&self.norm.apply(&pooled)).into_vec()
            }
            Pool::Attention(pool) => {
                let mut x = rows.into_vec();
                add_to_rows(&mut x, &self.positions);
                let x = self.stack.forward(x, apart(&vec![n_patches; n]), None, crew);
                pool.forward(&self.norm.apply(&x), n_patches)
            }
        }
    }

    /// One picture's patches, each a row: `[3, side, side] → [n_patches, 3 · patch · patch]`.
    fn cut(&self, picture: &[f32]) -> Vec<f32> {
        let [patch, side] = self.sides;
        let n = side / patch;
        let mut cut = Vec::with_capacity(n * n * 3 * patch * patch);
        for (row, column) in (0..n).flat_map(|row| (0..n).map(move |column| (row, column))) {
            for plane in picture.chunks_exact(side * side) {
                let lines = plane.chunks_exact(side).skip(row * patch).take(patch);
                lines.for_each(|line| cut.extend_from_slice(&line[column * patch..][..patch]));
            }
        }
        cut
    }
}

/// Sequences that have no row in common.
fn apart(lengths: &[usize]) -> Sequences<'_> {
    Sequences { n_shared: 0, lengths }
}

impl FrozenPool {
    fn of(pool: &AttentionPool, epsilon: f64) -> Self {
        Self {
            query: values(pool.query.forward(pool.probe.val())),
            key_value: FrozenLinear::of(&pool.key_value),
            out: FrozenLinear::of(&pool.out),
            norm: FrozenNorm::of(&pool.norm, epsilon),
            up: FrozenLinear::of(&pool.up),
            down: FrozenLinear::of(&pool.down),
            n_heads: pool.n_heads,
            activation: pool.activation,
        }
    }

    /// # Shapes
    /// - `x`: `[n · n_patches, d]`
    /// - returns `[n, d]`
    fn forward(&self, x: &[f32], n_patches: usize) -> Vec<f32> {
        let (d, width) = (self.query.len(), self.query.len() / self.n_heads);
        let pairs = self.key_value.apply(x);
        let queries = Rows { values: &self.query, stride: d };
        let mut context = vec![0.0; x.len() / n_patches];
        for (values, out) in pairs.chunks_exact(n_patches * 2 * d).zip(context.chunks_exact_mut(d)) {
            let keys_values = Rows { values, stride: 2 * d };
            let heads = Heads {
                queries,
                shared: Rows { values: &[], stride: 2 * d },
                keys_values,
                n_heads: self.n_heads,
                width,
                places: Places { step: width, query: 0, key: 0, value: d },
            };
            attend(heads, |_| n_patches, out);
        }
        let mut pooled = self.out.apply(&context);
        let mut wide = self.up.apply(&self.norm.apply(&pooled));
        self.activation.apply_to(&mut wide);
        self.down.add(&wide, &mut pooled);
        pooled.into_vec()
    }
}
