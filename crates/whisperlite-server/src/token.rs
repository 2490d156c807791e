//! The keys that clients hold, and what the store keeps of them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use whisperlite::store::KeyHash;

/// What every key begins with, so that one that lies where it should not is found.
const PREFIX: &str = "wl_";
/// Random bytes of a key.
const N_BYTES: usize = 32;

/// A key of 256 random bits. It is shown to whoever asked for it, once, and kept nowhere.
pub struct Token(String);

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; N_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// What the store keeps.
    pub fn hash(&self) -> KeyHash {
        hash(&self.0)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// SHA-256 of a key. A slow hash, such as passwords need, would protect nothing here: nobody guesses 256 random bits, and
/// every request would pay for it.
pub(crate) fn hash(token: &str) -> KeyHash {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_long_and_differ() {
        let [a, b] = [Token::generate().unwrap(), Token::generate().unwrap()];
        assert!(a.to_string().starts_with("wl_") && a.to_string().len() == 46, "{a}");
        assert_ne!(a.to_string(), b.to_string());
        assert_eq!(a.hash(), hash(&a.to_string()));
        assert_ne!(a.hash(), b.hash());
    }
}
