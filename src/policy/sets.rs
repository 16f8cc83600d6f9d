//! Sets of members and of rules: a bit each, since most of what a policy asks of a request is whether two of them meet.

use super::steps::Rule;
use crate::metadata::FieldId;

/// A set of members.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FieldSet([u64; 4]);

impl FieldSet {
    pub(super) const NONE: Self = Self([0; 4]);

    pub(super) fn of(fields: impl IntoIterator<Item = FieldId>) -> Self {
        let mut set = Self::NONE;
        fields.into_iter().for_each(|field| set.insert(field));
        set
    }

    pub(super) fn insert(&mut self, field: FieldId) {
        if let Some(word) = self.0.get_mut(field.index() / 64) {
            *word |= 1 << (field.index() % 64);
        }
    }

    pub(super) fn unite(&mut self, other: Self) {
        for (word, own) in self.0.iter_mut().zip(other.0) {
            *word |= own;
        }
    }

    pub(super) fn has(self, field: FieldId) -> bool {
        self.0.get(field.index() / 64).is_some_and(|word| word >> (field.index() % 64) & 1 == 1)
    }

    pub(super) fn meets(self, other: Self) -> bool {
        self.0.iter().zip(other.0).fold(0, |met, (word, own)| met | (word & own)) != 0
    }

    /// What is listed by the number of a member, for each of the set.
    pub(super) fn listed<T>(self, list: &[T]) -> impl Iterator<Item = &T> {
        self.0.into_iter().zip(list.chunks(64)).flat_map(|(mut word, list)| {
            std::iter::from_fn(move || {
                let place = word.trailing_zeros() as usize;
                word &= word.checked_sub(1)?;
                Some(list.get(place))
            })
            .flatten()
        })
    }
}

/// Where a rule stands among those of its profile, of which there are at most 128.
#[derive(Clone, Copy, Debug)]
pub(super) struct RulePlace(u8);

impl RulePlace {
    pub(super) fn new(place: usize) -> Self {
        Self(u8::try_from(place).unwrap_or(u8::MAX))
    }
}

/// A set of rules.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RuleSet(u128);

impl RuleSet {
    pub(super) const NONE: Self = Self(0);
    pub(super) const ALL: Self = Self(u128::MAX);

    pub(super) fn of(rules: &[Rule], concerns: impl Fn(&Rule) -> bool) -> Self {
        let mut set = Self::NONE;
        rules.iter().filter(|rule| concerns(rule)).for_each(|rule| set.insert(rule.place));
        set
    }

    pub(super) fn insert(&mut self, place: RulePlace) {
        self.0 |= 1_u128.checked_shl(place.0.into()).unwrap_or_default();
    }

    pub(super) fn has(self, place: RulePlace) -> bool {
        self.0.checked_shr(place.0.into()).is_some_and(|bits| bits & 1 == 1)
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The place of the first rule that is in the other set as well. It and those before it are taken out.
    pub(super) fn take_first_in(&mut self, other: Self) -> Option<usize> {
        let place = (self.0 & other.0).trailing_zeros();
        self.0 &= u128::MAX.checked_shl(place + 1).unwrap_or_default();
        (place < u128::BITS).then_some(place as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first and the last member of each word, and some between.
    const FIELDS: [u8; 11] = [0, 1, 5, 63, 64, 69, 127, 128, 191, 192, 255];

    #[test]
    fn a_set_has_what_was_put_in_and_nothing_else() {
        for field in FIELDS {
            let set = FieldSet::of([FieldId(field)]);
            let other = FieldSet::of(FIELDS.into_iter().filter(|own| *own != field).map(FieldId));
            for own in FIELDS {
                assert_eq!(set.has(FieldId(own)), own == field, "{own} in {field}");
                assert_eq!(other.has(FieldId(own)), own != field, "{own} in all but {field}");
            }
            assert!(set.meets(set) && !set.meets(other) && !other.meets(set), "{field}");
            let mut all = other;
            all.unite(set);
            assert!(FIELDS.into_iter().all(|own| all.has(FieldId(own))), "{field}");
            assert!(all.meets(set) && all.meets(other), "{field}");
        }
        assert!(!FieldSet::NONE.meets(FieldSet::NONE));
    }

    #[test]
    fn sets_meet_however_many_members_they_share() {
        // The same place in two words.
        let set = FieldSet::of([FieldId(5), FieldId(69)]);
        assert!(set.meets(set));
    }

    #[test]
    fn what_is_listed_is_listed_by_number() {
        let list: Vec<usize> = (0..=255).collect();
        let set = FieldSet::of(FIELDS.map(FieldId));
        let listed = |list| set.listed(list).copied().collect::<Vec<usize>>();
        assert_eq!(listed(&list), FIELDS.map(usize::from));
        // A list ends with the last number of which there is something to say.
        assert_eq!(listed(&list[..128]), [0, 1, 5, 63, 64, 69, 127]);
        assert_eq!(listed(&list[..5]), [0, 1]);
        assert_eq!(listed(&[]), [0; 0]);
    }

    #[test]
    fn rules_are_taken_in_order_and_once() {
        let set = |places: &[usize]| {
            let mut set = RuleSet::NONE;
            places.iter().for_each(|place| set.insert(RulePlace::new(*place)));
            set
        };
        let mut left = set(&[0, 3, 64, 126, 127]);
        assert_eq!(left.take_first_in(set(&[2, 3, 127])), Some(3));
        assert!(!left.has(RulePlace::new(0)), "what comes before is taken out");
        assert_eq!(left.take_first_in(set(&[0, 3, 64])), Some(64));
        assert_eq!(left.take_first_in(RuleSet::ALL), Some(126));
        assert_eq!(left.take_first_in(RuleSet::ALL), Some(127));
        assert_eq!(left.take_first_in(RuleSet::ALL), None);
        assert!(!left.has(RulePlace::new(127)));
        assert_eq!(set(&[1]).take_first_in(RuleSet::NONE), None);
    }
}
