//! The tower of texts.

use super::layers::{FrozenLinear, FrozenNorm, values};
use super::{Crew, Sequences, Stack};
use crate::encoder::clip::{ClipText, ClipTextConfig, TextEnd};
use crate::encoder::siglip::{SiglipText, SiglipTextConfig};

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

    /// How many tokens all texts begin with, if they need be computed only once. What is left of a text is at least its end.
    fn n_shared(&self, texts: &[&[u32]]) -> usize {
        match texts {
            [first, others @ ..] if !others.is_empty() && self.stack.is_causal() => {
                let common = |text: &&[u32]| first.iter().zip(*text).take_while(|(a, b)| a == b).count();
                let shortest = texts.iter().map(|text| text.len()).min().unwrap_or_default();
                others.iter().map(common).min().unwrap_or_default().min(shortest.saturating_sub(1))
            }
            _ => 0,
        }
    }

    /// # Shapes
    /// Returns `[texts.len(), d_out]`, not scaled to length 1.
    ///
    /// # Panics
    /// If a text is empty or too long, or an id is outside the vocabulary.
    pub(in crate::encoder) fn forward(&self, texts: &[&[u32]], crew: Crew) -> Vec<f32> {
        let d = self.head.d_in();
        let texts: Vec<&[u32]> = texts.iter().map(|text| self.needed(text)).collect();
        let n_shared = self.n_shared(&texts);
        let (mut x, mut lengths, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        let mut read = |text: &[u32], from: usize| {
            for (id, position) in text.iter().zip(self.positions[from * d..].chunks_exact(d)) {
                let word = &self.words[*id as usize * d..][..d];
                x.extend(word.iter().zip(position).map(|(word, position)| word + position));
            }
            x.len() / d
        };
        read(texts.first().map_or(&[], |text| &text[..n_shared]), 0);
        for text in texts {
            ends.push(read(&text[n_shared..], n_shared) - 1);
            lengths.push(text.len() - n_shared);
        }
        let pooled = self.stack.forward(x, Sequences { n_shared, lengths: &lengths }, Some(&ends), crew);
        self.head.apply(&self.norm.apply(&pooled)).into_vec()
    }
}
