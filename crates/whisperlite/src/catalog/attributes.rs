//! The attributes of an item, kept small: a shop's items repeat the same names and values over and over, and here all who say
//! the same share it.

use std::borrow::{Borrow, Cow};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Index;
use std::sync::Arc;

use serde::de::{DeserializeSeed, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Names with values: a map whose names ascend.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Ascending by name, each name once.
    said: Box<[Arc<Said>]>,
}

/// A name with a value.
#[derive(PartialEq, Eq)]
pub(super) struct Said {
    name: Arc<str>,
    value: Box<str>,
}

impl Said {
    pub(super) fn new(name: Arc<str>, value: Box<str>) -> Self {
        Self { name, value }
    }
}

impl Attributes {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.place(name).ok().map(|place| &*self.said[place].value)
    }

    /// Whether there is a value of this name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// Gives a name a value, in place of the one that it may have.
    pub fn insert(&mut self, name: &str, value: &str) {
        let said = Arc::new(Said::new(name.into(), value.into()));
        match self.place(name) {
            Ok(place) => self.said[place] = said,
            Err(place) => {
                let mut all = std::mem::take(&mut self.said).into_vec();
                all.insert(place, said);
                self.said = all.into();
            }
        }
    }

    /// How many names have a value.
    pub fn len(&self) -> usize {
        self.said.len()
    }

    /// Whether no name has a value.
    pub fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    /// Names with values, ascending by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.said.iter().map(|said| (&*said.name, &*said.value))
    }

    /// The same, each with its place in memory: where that is the same, name and value are.
    pub(super) fn with_places(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        self.said.iter().map(|said| (Arc::as_ptr(said).addr(), &*said.name, &*said.value))
    }

    /// Names, ascending.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.said.binary_search_by(|said| (*said.name).cmp(name))
    }

    /// Attributes that share what they say with others.
    pub(super) fn sharing<'s>(said: impl Iterator<Item = &'s Arc<Said>>) -> Self {
        Self::of(said.cloned().collect())
    }

    /// Of equal names the last counts.
    fn of(mut said: Vec<Arc<Said>>) -> Self {
        if !said.is_sorted_by(|a, b| a.name < b.name) {
            said.reverse();
            said.sort_by(|a, b| a.name.cmp(&b.name));
            said.dedup_by(|later, kept| later.name == kept.name);
        }
        Self { said: said.into() }
    }
}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Index<&str> for Attributes {
    type Output = str;

    /// # Panics
    /// If the name has no value.
    fn index(&self, name: &str) -> &str {
        self.get(name).expect("the name has a value")
    }
}

impl<N: Into<Arc<str>>, V: Into<Box<str>>> FromIterator<(N, V)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let said = |(name, value): (N, V)| Arc::new(Said::new(name.into(), value.into()));
        Self::of(pairs.into_iter().map(said).collect())
    }
}

impl<N: Into<Arc<str>>, V: Into<Box<str>>, const LEN: usize> From<[(N, V); LEN]> for Attributes {
    fn from(pairs: [(N, V); LEN]) -> Self {
        pairs.into_iter().collect()
    }
}

impl From<BTreeMap<String, String>> for Attributes {
    fn from(map: BTreeMap<String, String>) -> Self {
        map.into_iter().collect()
    }
}

impl From<&Attributes> for BTreeMap<String, String> {
    fn from(attributes: &Attributes) -> Self {
        attributes.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SharedAttributes::default().deserialize(deserializer)
    }
}

/// Makes attributes that share names and values with all that were made before. It is needed only while they are made.
///
/// ```
/// # use whisperlite::catalog::SharedAttributes;
/// # fn main() -> Result<(), serde_json::Error> {
/// let mut shared = SharedAttributes::default();
/// let item = shared.of_json(r#"{"colour": "red", "size": "38"}"#)?;
/// assert_eq!((item.get("colour"), item.len()), (Some("red"), 2));
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct SharedAttributes {
    /// Place of each name in `names`.
    places: HashMap<Arc<str>, usize>,
    names: Vec<(Arc<str>, HashSet<ByValue>)>,
}

/// Known by its value alone.
struct ByValue(Arc<Said>);

impl SharedAttributes {
    /// The attributes of a JSON object of texts.
    ///
    /// # Errors
    /// If it is none.
    pub fn of_json(&mut self, json: &str) -> Result<Attributes, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let attributes = DeserializeSeed::deserialize(self, &mut reader)?;
        reader.end()?;
        Ok(attributes)
    }

    fn said(&mut self, name: &str, value: &str) -> Arc<Said> {
        let place = match self.places.get(name) {
            Some(place) => *place,
            None => {
                let name: Arc<str> = name.into();
                self.names.push((Arc::clone(&name), HashSet::new()));
                self.places.insert(name, self.names.len() - 1);
                self.names.len() - 1
            }
        };
        let (name, values) = &mut self.names[place];
        if let Some(known) = values.get(value) {
            return Arc::clone(&known.0);
        }
        let said = Arc::new(Said::new(Arc::clone(name), value.into()));
        values.insert(ByValue(Arc::clone(&said)));
        said
    }
}

impl fmt::Debug for SharedAttributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedAttributes").field("n_names", &self.names.len()).finish_non_exhaustive()
    }
}

impl Borrow<str> for ByValue {
    fn borrow(&self) -> &str {
        &self.0.value
    }
}

impl Hash for ByValue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.value.hash(state);
    }
}

impl PartialEq for ByValue {
    fn eq(&self, other: &Self) -> bool {
        self.0.value == other.0.value
    }
}

impl Eq for ByValue {}

/// A text that is copied only where its source has it in another spelling.
#[derive(Deserialize)]
struct Text<'t>(#[serde(borrow)] Cow<'t, str>);

impl<'de> DeserializeSeed<'de> for &mut SharedAttributes {
    type Value = Attributes;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Attributes, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut SharedAttributes {
    type Value = Attributes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attributes, A::Error> {
        let mut said = Vec::with_capacity(map.size_hint().unwrap_or(16).min(64));
        while let Some((Text(name), Text(value))) = map.next_entry()? {
            said.push(self.said(&name, &value));
        }
        Ok(Attributes::of(said))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_a_map_whose_names_ascend() {
        let mut attributes: Attributes = [("size", "38"), ("colour", "red"), ("size", "40")].into();
        attributes.insert("brand", "x");
        attributes.insert("colour", "blue");
        let map = BTreeMap::from([("brand", "x"), ("colour", "blue"), ("size", "40")]);
        assert!(attributes.iter().eq(map.iter().map(|(name, value)| (*name, *value))));
        assert_eq!((attributes.len(), attributes.get("size"), attributes.get("price")), (3, Some("40"), None));
        assert!(attributes.contains_key("brand") && !attributes.is_empty() && &attributes["colour"] == "blue");
        assert_eq!(format!("{attributes:?}"), format!("{map:?}"));
        let owned: BTreeMap<String, String> = (&attributes).into();
        assert_eq!(Attributes::from(owned), attributes);
    }

    #[test]
    fn json_comes_back_as_it_went_and_what_is_the_same_is_kept_once() {
        let mut shared = SharedAttributes::default();
        let json = r#"{"a \"quoted\" name":"line\nbreak","colour":"red","größe":""}"#;
        let (one, other) = (shared.of_json(json).unwrap(), shared.of_json(json).unwrap());
        assert!(one.said.iter().zip(&other.said).all(|(one, other)| Arc::ptr_eq(one, other)));
        assert_eq!((serde_json::to_string(&one).unwrap().as_str(), one.get("größe")), (json, Some("")));
        let alone: Attributes = serde_json::from_str(json).unwrap();
        assert_eq!(alone, one);
        let blue = shared.of_json(r#"{"z":"1","colour":"blue","z":"2"}"#).unwrap();
        assert!(Arc::ptr_eq(&blue.said[0].name, &one.said[1].name) && blue != one);
        assert!(blue.iter().eq([("colour", "blue"), ("z", "2")]));
        for wrong in ["", "[]", r#"{"a":1}"#, r#"{"a":null}"#, r#"{"a":"b"} more"#, r#"{"a":"b""#] {
            assert!(shared.of_json(wrong).is_err(), "{wrong}");
        }
    }
}
