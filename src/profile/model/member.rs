//! What is demanded of one member, and conditional rules.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::*;

model! {
    /// What is demanded of one member. Operators apply in the order of their fields.
    struct Member {
        /// Discards what parent profiles said about this member.
        reset: bool,
        /// Other names of this member in requests.
        aliases: Vec<String>,
        /// Whether the member is required, optional, ignored or forbidden.
        presence: Option<Presence>,
        /// The JSON type. Default: that of the field table.
        kind: Option<Kind>,
        /// Whether an array is taken for words and a string for a list.
        coerce: Option<bool>,
        /// Where the value comes from if not from the request alone.
        from: Option<Source>,
        /// The value, whatever was asked; `null` removes the member.
        #[serde(deserialize_with = "keep_null")]
        value: Option<Value>,
        /// Elements that are added.
        add: Vec<Value>,
        /// The value if there is none; `null` takes back the default of a parent.
        #[serde(deserialize_with = "keep_null")]
        default: Option<Value>,
        /// The values, one of which a scalar must be.
        one_of: Option<Vec<Value>>,
        /// Values that neither the member nor an element may be.
        none_of: Vec<Value>,
        /// The elements a list may have.
        subset_of: Option<Vec<Value>>,
        /// The elements a list must have.
        superset_of: Vec<Value>,
        /// Whether `one_of`, `subset_of` and, for lists, `none_of` refuse or adjust. Default: `reject`.
        on_mismatch: Option<OnMismatch>,
        /// A regular expression that what was sent must match (feature `patterns`).
        pattern: Option<String>,
        /// A regular expression that at least one element must match (feature `patterns`).
        some_pattern: Option<String>,
        /// The longest text, in characters; of each element for a list.
        max_length: Option<usize>,
        /// Whether the text, or each element of a list, must be an e-mail address.
        email: Option<bool>,
        /// The smallest integer.
        min: Option<i64>,
        /// The largest integer.
        max: Option<i64>,
        /// The fewest elements.
        min_items: Option<usize>,
        /// The most elements, or words of a text that has words.
        max_items: Option<usize>,
        /// Whether an update may change the value.
        on_update: Option<OnUpdate>,
        /// Whether the member is returned. Default: true.
        echo: Option<bool>,
        /// The kind of failure, instead of `metadata`.
        error: Option<String>,
        /// The source of what is demanded.
        spec: Option<String>,
    }

    /// Where a value comes from.
    struct Source {
        /// The statement claim.
        statement: Option<String>,
        /// The certificate attribute.
        cert: Option<String>,
        /// How it relates to what was asked.
        relation: Relation,
        /// Whether the source must have it.
        required: bool,
    }

    /// A condition: all that is given must hold; nothing given always holds.
    struct When {
        /// All of these.
        all: Vec<When>,
        /// Any of these.
        any: Vec<When>,
        /// Not this.
        not: Option<Box<When>>,
        /// The operation.
        operation: Option<Operation>,
        /// The tests are on this member.
        member: Option<String>,
        /// The tests are on this statement claim.
        statement: Option<String>,
        /// The tests are on this certificate attribute.
        cert: Option<String>,
        /// Whether it is there.
        present: Option<bool>,
        /// Its value.
        equals: Option<Value>,
        /// Its possible values.
        one_of: Option<Vec<Value>>,
        /// An element of it.
        contains: Option<Value>,
        /// A word within it, or within any element.
        contains_word: Option<String>,
    }

    /// A conditional rule.
    struct Rule {
        /// Its id. A rule of a child profile with the same id takes the place of its parent's.
        id: String,
        /// When it holds.
        when: When,
        /// What it demands of members.
        metadata: Map<Member>,
        /// The kind of failure if it holds at the end.
        reject: Option<String>,
        /// The member that a refusal names. Default: the first one of the condition.
        member: Option<String>,
        /// What a refusal says: what would be right.
        message: Option<String>,
        /// The source of the rule.
        spec: Option<String>,
    }
}

model! {
    /// Whether something has to be there.
    enum Presence {
        /// It must be there.
        Required,
        /// It may be there.
        Optional,
        /// It is dropped.
        Ignored,
        /// It must not be there.
        Forbidden,
    }

    /// What happens to a value that is not allowed.
    enum OnMismatch {
        /// The request is refused.
        Reject,
        /// The value is brought within what is allowed.
        Adjust,
    }

    /// Whether an update may change a value.
    enum OnUpdate {
        /// It may.
        Mutable,
        /// It may not.
        Immutable,
        /// Only by way of a statement.
        StatementOnly,
    }
}

/// How a statement or certificate value relates to what was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Relation {
    /// It replaces what was asked.
    #[default]
    Overrides,
    /// It is used if nothing was asked.
    Fills,
    /// What was asked must be equal; it is used if nothing was asked.
    Equals,
    /// What was asked must be equal.
    EqualsIfPresent,
    /// What was asked must be a subset; the whole set is used if nothing was asked.
    Bounds,
    /// What was asked must be a subset.
    BoundsIfPresent,
}
