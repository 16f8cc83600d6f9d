//! Sets of members and of rules: a bit each, since most of what a policy asks of a request is whether two of them meet.

use super::compile::Rule;
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
