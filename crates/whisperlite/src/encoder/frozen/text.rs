//! The tower of texts.

use super::Stack;
use super::layers::{FrozenLinear, FrozenNorm, values};
use crate::encoder::clip::{ClipText, ClipTextConfig, TextEnd};
use crate::encoder::siglip::{SiglipText, SiglipTextConfig};
use crate::fused::Crew;

/// Token ids to one vector a text.
#[derive(Debug)]
pub(in crate::encoder) struct FrozenText {
    /// `[vocab_size, d]`
    words: Vec<f32>,
    /// `[n_positions, d]`
    positions: Vec<f32>,
    stack: Stack,
    norm: FrozenNorm,
    head: FrozenLinear,
    end: End,
}

/// Which token stands for the text.
#[derive(Debug, Clone, Copy)]
enum End {
    Clip(TextEnd),
    Last,
}

impl FrozenText {
    pub(in crate::encoder) fn of_clip(tower: &ClipText, config: &ClipTextConfig) -> Self {
        let epsilon = config.tower.layer_norm_eps;
        Self {
            words: values(tower.words.val()),
            positions: values(tower.positions.val()),
            stack: Stack::of(&tower.blocks, epsilon),
            norm: FrozenNorm::of(&tower.norm, epsilon),
            head: FrozenLinear::of(&tower.projection),
            end: End::Clip(tower.end),
        }
    }

    pub(in crate::encoder) fn of_siglip(tower: &SiglipText, config: &SiglipTextConfig) -> Self {
        let epsilon = config.tower.layer_norm_eps;
        Self {
            words: values(tower.words.val()),
            positions: values(tower.positions.val()),
            stack: Stack::of(&tower.blocks, epsilon),
            norm: FrozenNorm::of(&tower.norm, epsilon),
            head: FrozenLinear::of(&tower.head),
            end: End::Last,
        }
    }

    /// Tokens that can change the vector of a text: what stands behind its end cannot be seen under a causal mask.
    fn needed<'a>(&self, text: &'a [u32]) -> &'a [u32] {
        match self.end {
            End::Clip(end) => &text[..=end.position(text)],
            End::Last => text,
        }
    }

    /// # Shapes
    /// Returns `[texts.len(), d_out]`, not scaled to length 1.
    ///
    /// # Panics
    /// If a text is empty or too long, or an id is outside the vocabulary.
    pub(in crate::encoder) fn forward(&self, texts: &[&[u32]], crew: Crew) -> Vec<f32> {
        let d = self.head.d_in();
        let (mut x, mut lengths, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for text in texts {
            let text = self.needed(text);
            for (id, position) in text.iter().zip(self.positions.chunks_exact(d)) {
                let word = &self.words[*id as usize * d..][..d];
                x.extend(word.iter().zip(position).map(|(word, position)| word + position));
            }
            lengths.push(text.len());
            ends.push(x.len() / d - 1);
        }
        let pooled = self.stack.rows(x, &lengths, &ends, crew);
        self.head.apply(&self.norm.apply(&pooled), crew).into_vec()
    }
}
