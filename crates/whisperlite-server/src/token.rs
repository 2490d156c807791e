//! The keys that clients hold, and what the store keeps of them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use whisperlite::store::KeyHash;
use whisperlite_study::hex;

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
        Ok(Self(format!("{PREFIX}{}", random(N_BYTES)?)))
    }

    /// What opens a study for one rater, and nothing else.
    pub(crate) fn for_rater() -> Result<Self, getrandom::Error> {
        Ok(Self(random(N_BYTES)?))
    }

    /// A name that says nothing of who has it.
    pub(crate) fn rater_id() -> Result<String, getrandom::Error> {
        Ok(format!("r-{}", random(9)?))
    }

    /// What the store keeps.
    pub fn hash(&self) -> KeyHash {
        hash(&self.0)
    }

    /// The same as hexadecimal digits.
    pub(crate) fn hash_as_text(&self) -> String {
        hash_as_text(&self.0)
    }
}

fn random(n_bytes: usize) -> Result<String, getrandom::Error> {
    let mut bytes = vec![0; n_bytes];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
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

/// The same as hexadecimal digits.
pub(crate) fn hash_as_text(text: &str) -> String {
    hex(&hash(text))
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
