//! Which key was meant: the nearest name, by the number of letters that were dropped, added, changed or swapped.

use super::{Key, Scope};

/// The nearest known name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suggestion {
    /// The setting.
    pub key: &'static Key,
    /// Letters that differ; 0 when only upper and lower case do.
    pub distance: usize,
}

/// The setting of `scope` whose name is nearest to `name`: at most two letters away, and at most a fifth of its length.
/// Absent when none is, or when `name` is itself a known name.
///
/// In the whole table only names that are a word apart (`min` and `max`, `log.dir` and `log.dirs`) are that near to each
/// other, so a suggestion is hardly ever another setting than the one that was meant.
#[must_use]
pub fn suggest(scope: Scope, name: &str) -> Option<Suggestion> {
    if super::lookup(scope, name).is_some() {
        return None;
    }
    let bound = (name.len() / 5).min(2);
    let lower = name.to_ascii_lowercase();
    let near = scope.keys().iter().filter_map(|key| {
        if key.name.eq_ignore_ascii_case(&lower) {
            return Some(Suggestion { key, distance: 0 });
        }
        if key.name.len().abs_diff(lower.len()) > bound {
            return None;
        }
        let distance = strsim::damerau_levenshtein(key.name, &lower);
        (distance <= bound).then_some(Suggestion { key, distance })
    });
    near.min_by_key(|suggestion| (suggestion.distance, suggestion.key.newest().until < super::newest_release()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(name: &str) -> Option<(&'static str, usize)> {
        suggest(Scope::Broker, name).map(|found| (found.key.name, found.distance))
    }

    #[test]
    fn typos_seen_in_public_files_find_their_key() {
        assert_eq!(meant("unclean.leader.election.enabled"), Some(("unclean.leader.election.enable", 1)));
        assert_eq!(meant("num.replicas.fetchers"), Some(("num.replica.fetchers", 1)));
        assert_eq!(meant("Log.dirs"), Some(("log.dirs", 0)));
        assert_eq!(meant("log.dris"), Some(("log.dirs", 1)));
        assert_eq!(meant("min.insync.replica"), Some(("min.insync.replicas", 1)));
    }

    #[test]
    fn names_of_others_are_not_taken_for_typos() {
        for name in ["log.dirs", "ldap.url", "confluent.license", "broker.users", "x", "", "ключ.ключ.ключ.ключ"]
        {
            assert_eq!(meant(name), None, "{name}");
        }
    }
}
