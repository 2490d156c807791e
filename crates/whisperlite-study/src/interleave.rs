//! Which system's items do people pick from one mixed list? Team draft (Radlinski, Kurup and Joachims 2008), in the live shop.
//!
//! Both systems draft items in turn, as captains choose players; in each round a coin decides who is first. A pick is credit for the
//! team that drafted the item. Who drafted what is kept apart from what is shown.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::chance::Chance;

/// Who drafted an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Team {
    /// The arm's `system`.
    System,
    /// The arm's `against`.
    Against,
}

/// A mixed list, and, apart from it, its teams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mixed {
    /// What is shown, best first. Nothing else may leave the server.
    pub items: Vec<String>,
    /// Who drafted each of `items`.
    pub teams: Vec<Team>,
}

/// A mixed list that was shown, and what was picked from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Impression {
    /// Its id.
    pub impression_id: String,
    /// The number of the study's [version](crate::Version).
    pub version: u32,
    /// Who saw it: lists of one visitor are not independent.
    pub visitor_id: String,
    /// What was asked for: lists for one request are not independent either.
    pub request: String,
    /// When, in seconds since 1970.
    pub at: i64,
    /// Whether it is a program that picks.
    pub simulated: bool,
    /// What was shown.
    pub shown: Mixed,
    /// What was clicked or picked; a place counts once.
    pub picked: Vec<Pick>,
}

/// Something that was clicked or picked in a mixed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pick {
    /// Its place in the list, from 0.
    pub place: usize,
    /// Greater than that of every pick that was written before, of any list of the study.
    pub number: usize,
}

/// Mixes two lists into one of at most `k` items, by a draw that `seed` and `query` decide: the same query gets the same list.
///
/// It ends where one list has nothing left that the other has not drafted, so a list that is too short makes a short one.
pub fn team_draft(system: &[String], against: &[String], k: usize, seed: u64, query: &str) -> Mixed {
    let mut chance = Chance::new(seed, "team draft", &[query]);
    let mut mixed = Mixed { items: Vec::with_capacity(k), teams: Vec::with_capacity(k) };
    let mut drafted = BTreeSet::new();
    let mut ahead = 0_i32; // how many more the system has drafted
    while mixed.items.len() < k {
        let next = |list: &[String]| list.iter().find(|item| !drafted.contains(*item)).cloned();
        let (Some(ours), Some(theirs)) = (next(system), next(against)) else { break };
        let team = match ahead {
            0 if chance.coin() => Team::System,
            0 => Team::Against,
            _ if ahead < 0 => Team::System,
            _ => Team::Against,
        };
        let item = if team == Team::System { ours } else { theirs };
        ahead += if team == Team::System { 1 } else { -1 };
        drafted.insert(item.clone());
        mixed.items.push(item);
        mixed.teams.push(team);
    }
    mixed
}

impl Impression {
    /// How many places each team has credit for: the system's, and the other's. Places beyond the list count for nobody.
    pub fn credit(&self) -> (usize, usize) {
        let places: BTreeSet<usize> = self.picked.iter().map(|pick| pick.place).collect();
        let of = |team| places.iter().filter(|&&place| self.shown.teams.get(place) == Some(&team)).count();
        (of(Team::System), of(Team::Against))
    }

    /// 1 if the system got more credit, 0 if the other did, 0.5 if both got the same; nothing without a pick.
    pub fn score(&self) -> Option<f64> {
        match self.credit() {
            (0, 0) => None,
            (system, against) if system == against => Some(0.5),
            (system, against) => Some(f64::from(u8::from(system > against))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &str) -> Vec<String> {
        items.chars().map(String::from).collect()
    }

    #[test]
    fn teams_draft_in_turn_and_from_the_top() {
        let (a, b) = (list("abcdefgh"), list("badxyzgh"));
        for query in 0..200 {
            let mixed = team_draft(&a, &b, 6, 1, &query.to_string());
            assert_eq!((mixed.items.len(), mixed.teams.len()), (6, 6));
            for round in mixed.teams.chunks(2) {
                assert_ne!(round[0], round[1]);
            }
            let mut seen = BTreeSet::new();
            for (item, team) in mixed.items.iter().zip(&mixed.teams) {
                let own = if *team == Team::System { &a } else { &b };
                assert_eq!(own.iter().find(|item| !seen.contains(*item)), Some(item), "the best that is left");
                seen.insert(item.clone());
            }
            assert_eq!(mixed, team_draft(&a, &b, 6, 1, &query.to_string()));
        }
    }

    /// Whoever picks by place alone favours nobody.
    #[test]
    fn each_place_belongs_to_each_team_as_often() {
        let (a, b) = (list("abcdefgh"), list("hgfedcba"));
        for place in 0..6 {
            let ours = |query: &usize| team_draft(&a, &b, 6, 2, &query.to_string()).teams[place] == Team::System;
            let n_ours = (0..2000).filter(ours).count();
            assert!(n_ours.abs_diff(1000) < 112, "five standard deviations: {n_ours}"); // sqrt(2000) / 2 is 22
        }
    }

    #[test]
    fn the_same_and_short_lists_are_drafted_as_far_as_they_go() {
        let a = list("abc");
        assert_eq!(team_draft(&a, &a, 9, 3, "q").items, a);
        let short = team_draft(&a, &list("x"), 9, 3, "q");
        assert!(short.items.contains(&"x".to_owned()) && short.items.len() <= 2);
        assert!(team_draft(&a, &[], 9, 3, "q").items.is_empty());
    }

    #[test]
    fn credit_counts_each_place_once() {
        let shown =
            Mixed { items: list("abcd"), teams: vec![Team::System, Team::Against, Team::Against, Team::System] };
        let mut impression = Impression {
            impression_id: "i".into(),
            version: 1,
            visitor_id: "v".into(),
            request: "r".into(),
            at: 0,
            simulated: false,
            shown,
            picked: vec![],
        };
        assert_eq!(impression.score(), None);
        let picked = |places: &[usize]| places.iter().zip(0..).map(|(&place, number)| Pick { place, number }).collect();
        impression.picked = picked(&[1, 1, 1, 0, 3, 99]);
        assert_eq!((impression.credit(), impression.score()), ((2, 1), Some(1.0)));
        impression.picked = picked(&[0, 2]);
        assert_eq!(impression.score(), Some(0.5));
        impression.picked = picked(&[2]);
        assert_eq!(impression.score(), Some(0.0));
    }
}
