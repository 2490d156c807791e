//! Which study do answers belong to? Any change of design or material makes another version, which the analysis names.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::chance::hex;
use crate::design::Design;
use crate::material::Material;

/// A version of a study: one design with one material.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// From 1, in the order of making.
    pub number: u32,
    /// [`Design::fingerprint`] of this version.
    pub fingerprint: String,
    /// What is other than in the version before: names of the design's fields, and `material`. Empty in the first.
    pub changed: Vec<String>,
}

impl Material {
    /// SHA-256 over everything that raters see and that answers are measured by, as 64 hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        hex(&Sha256::digest(canonical(self)))
    }
}

impl Design {
    /// SHA-256 over the design and the fingerprint of its material, as 64 hexadecimal digits. Any change of either changes it.
    pub fn fingerprint(&self, material: &Material) -> String {
        let mut hash = Sha256::new();
        hash.update(canonical(self));
        hash.update(b"\n");
        hash.update(material.fingerprint());
        hex(&hash.finalize())
    }
}

/// JSON without spaces, fields in the order of their declaration, maps sorted by key.
fn canonical(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("a checked study has only finite numbers and text keys")
}

impl Version {
    /// The first version of a study.
    pub fn first(design: &Design, material: &Material) -> Self {
        Self { number: 1, fingerprint: design.fingerprint(material), changed: Vec::new() }
    }

    /// The version after this one, which was made of `before`; none if nothing changed.
    pub fn next(&self, before: (&Design, &Material), after: (&Design, &Material)) -> Option<Self> {
        let mut changed = changed_fields(before.0, after.0);
        if before.1 != after.1 {
            changed.push("material".to_owned());
        }
        let fingerprint = after.0.fingerprint(after.1);
        (!changed.is_empty()).then_some(Self { number: self.number + 1, fingerprint, changed })
    }
}

fn changed_fields(before: &Design, after: &Design) -> Vec<String> {
    let fields = |design: &Design| match serde_json::to_value(design) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => unreachable!("a design is an object with fields"),
    };
    let (before, after) = (fields(before), fields(after));
    after.into_iter().filter(|(name, value)| before.get(name) != Some(value)).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn any_change_is_a_new_version() {
        let (design, material) = (sample::design(&["a", "b"]), sample::material(30, &["a", "b"], 5));
        let first = Version::first(&design, &material);
        assert_eq!(first.fingerprint.len(), 64);
        assert_eq!(first.next((&design, &material), (&design, &material)), None);
        let mut other = design.clone();
        other.stopping.planned += 1;
        other.seed += 1;
        let second = first.next((&design, &material), (&other, &material)).expect("changed");
        assert_eq!((second.number, second.changed.join(" ")), (2, "seed stopping".to_owned()));
        assert_ne!(second.fingerprint, first.fingerprint);
        let mut chosen = material.clone();
        chosen.questions[7].chosen.push("item".into());
        let third = second.next((&other, &material), (&other, &chosen)).expect("changed");
        assert_eq!(third.changed, ["material"]);
        assert_ne!(third.fingerprint, second.fingerprint);
    }
}
