//! What a row of the field table is, and how a member name finds its row.

/// The JSON type of a member, and the shape of its text.
///
/// The names are those of the profile language (`"kind": "https_uri"`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// A JSON string.
    String,
    /// A JSON string holding an absolute URI.
    Uri,
    /// A JSON string holding an absolute `https` URI.
    HttpsUri,
    /// A JSON string holding an `https` or `http` URL, which only a browser follows.
    WebUri,
    /// `true` or `false`.
    Bool,
    /// A JSON integer.
    Int,
    /// A JSON array of strings.
    List,
    /// A JSON array of strings, each an absolute URI.
    UriList,
    /// A JSON string of words between single spaces, order without meaning.
    Words,
    /// A JSON object.
    Object,
    /// Any JSON value.
    Any,
}

impl Kind {
    /// What the kind demands, as said to the caller: "must be an array of strings".
    pub(crate) fn demand(self) -> &'static str {
        match self {
            Kind::String => "must be a string",
            Kind::Uri => "must be a string holding an absolute URI",
            Kind::HttpsUri => "must be a string holding an absolute https URI",
            Kind::WebUri => "must be a string holding an http or https URL",
            Kind::Bool => "must be true or false",
            Kind::Int => "must be an integer",
            Kind::List => "must be an array of strings",
            Kind::UriList => "must be an array of strings, each an absolute URI",
            Kind::Words => "must be a string of words separated by single spaces",
            Kind::Object => "must be an object",
            Kind::Any => "may be any value",
        }
    }

    /// Whether values are kept as raw JSON until something asks.
    pub(crate) fn is_raw(self) -> bool {
        matches!(self, Kind::Object | Kind::Any)
    }
}

/// Where a member comes from, and so who may set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Group {
    /// RFC 7591 and RFC 7592.
    OAuth,
    /// OpenID Connect Registration.
    OpenId,
    /// A later standard or draft.
    Later,
    /// RP Metadata Choices: read, never returned.
    Choice,
    /// Janssen's own members that a client may set.
    Janssen,
    /// Members that only the host's hook may set; dropped from requests.
    HostOnly,
    /// Members that the server issues (`client_id`, `client_secret`, …).
    Server,
    /// Part of the request that is not metadata (`software_statement`, `evidence`).
    Envelope,
}

/// One row of the field table.
#[derive(Debug)]
#[non_exhaustive]
pub struct FieldSpec {
    /// The member name on the wire.
    pub name: &'static str,
    /// Its JSON type.
    pub kind: Kind,
    /// Where it comes from.
    pub group: Group,
    /// Whether `name#tag` variants exist (RFC 7591 section 2.2).
    pub localized: bool,
    /// The document and section that defines it.
    pub spec: &'static str,
    /// Its place in the client schema of Janssen, if it has one: `displayName`, `attributes.parLifetime`. Of two members
    /// with one place the first is read from it.
    pub janssen: Option<&'static str>,
    /// What it means.
    pub doc: &'static str,
}

/// The number of a row: dense, stable within one build, cheap to index by.
///
/// Numbers below `fields::COUNT` are rows of the table; a profile may declare more members,
/// which get the numbers above.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FieldId(pub(crate) u8);

impl FieldId {
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The row of the table, or nothing for a member that a profile declared.
    pub(crate) fn spec(self) -> Option<&'static FieldSpec> {
        super::fields::ROWS.get(self.index())
    }

    /// Finds the row of a member name. Names are case sensitive (RFC 7591 section 1.1).
    pub(crate) fn of(name: &str) -> Option<Self> {
        let mut slot = hash(name.as_bytes()) % SLOTS;
        loop {
            let id = *NAMES.get(slot)?;
            let spec = super::fields::ROWS.get(usize::from(id))?;
            if spec.name == name {
                return Some(Self(id));
            }
            slot = (slot + 1) % SLOTS;
        }
    }
}

impl std::fmt::Debug for FieldId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.spec() {
            Some(spec) => f.write_str(spec.name),
            None => write!(f, "declared member {}", self.0),
        }
    }
}

const SLOTS: usize = 1024;
const EMPTY: u8 = u8::MAX;

/// Open addressing over the names, laid out by the compiler: a look-up is one hash and, mostly, one comparison.
static NAMES: [u8; SLOTS] = {
    let mut slots = [EMPTY; SLOTS];
    let mut row = 0;
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which refuses a bad index")]
    while row < super::fields::COUNT {
        let mut slot = hash(super::fields::ROWS[row].name.as_bytes()) % SLOTS;
        while slots[slot] != EMPTY {
            slot = (slot + 1) % SLOTS;
        }
        slots[slot] = row as u8;
        row += 1;
    }
    slots
};

/// A multiplication for each eight bytes, of which the high bits count. The names are ours, so nobody can choose
/// colliding ones into the table.
const fn hash(name: &[u8]) -> usize {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = name.len() as u64;
    let mut rest = name;
    while let [a, b, c, d, e, f, g, h, tail @ ..] = rest {
        let word = u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
        hash = (hash ^ word).wrapping_mul(ODD);
        hash ^= hash >> 32;
        rest = tail;
    }
    let mut word = 0;
    while let [byte, tail @ ..] = rest {
        word = word << 8 | *byte as u64;
        rest = tail;
    }
    ((hash ^ word).wrapping_mul(ODD) >> 40) as usize
}

/// Makes everything that is said once per member out of one row: its number, its row in the table, its field of
/// [`ClientMetadata`](super::ClientMetadata), and the reading and writing of that field.
macro_rules! field_table {
    ($(
        $(#[doc = $doc:literal])+
        $id:ident $member:ident: $type:ty = $name:literal $kind:ident $group:ident $spec:literal $($localized:ident)?
        $(=> $janssen:literal)?;
    )+) => {
        #[allow(non_camel_case_types, reason = "only counts the rows")]
        #[repr(u8)]
        enum Row { $($member),+ }

        $(
            #[doc = concat!("`", $name, "`, ", $spec, ".")]
            pub(crate) const $id: FieldId = FieldId(Row::$member as u8);
        )+

        /// How many rows the table has.
        pub(crate) const COUNT: usize = [$($name),+].len();

        /// The rows, in the order of their numbers.
        pub(crate) static ROWS: [FieldSpec; COUNT] = [$(
            FieldSpec {
                name: $name,
                kind: Kind::$kind,
                group: Group::$group,
                localized: field_table!(@localized $($localized)?),
                spec: $spec,
                janssen: field_table!(@janssen $($janssen)?),
                doc: concat!($($doc, "\n"),+),
            }
        ),+];

        /// The table: one row per member.
        pub static TABLE: &[FieldSpec] = &ROWS;

        /// Client metadata, typed: one field per row of the field table.
        ///
        /// Made from a [`Client`](crate::Client) with [`Client::metadata`](crate::Client::metadata), or from JSON
        /// with [`ClientMetadata::from_json`]. A member that is absent is `None`, or empty for a localized one.
        #[derive(Clone, Default, PartialEq)]
        #[non_exhaustive]
        pub struct ClientMetadata {
            $(
                $(#[doc = $doc])+
                #[doc = concat!("\n\nSource: ", $spec, ".")]
                pub $member: $type,
            )+
            /// Members that no row declares, kept because a profile or the configuration names them.
            pub extra: serde_json::Map<String, serde_json::Value>,
        }

        impl std::fmt::Debug for ClientMetadata {
            /// Only what is there. Statement and evidence are redacted: whoever reads one can present it.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let unset = Self::default();
                let mut shown = f.debug_struct("ClientMetadata");
                $(
                    if self.$member != unset.$member {
                        match Group::$group {
                            Group::Envelope => shown.field($name, &format_args!("[redacted]")),
                            _ => shown.field($name, &self.$member),
                        };
                    }
                )+
                if !self.extra.is_empty() {
                    shown.field("extra", &self.extra);
                }
                shown.finish()
            }
        }

        impl ClientMetadata {
            pub(super) fn read_fields(&mut self, document: &Document<'_>, faults: &mut Vec<Violation>) {
                $( self.$member = FieldType::read(document, $id, faults); )+
            }

            pub(super) fn write_fields(&self, document: &mut Document<'static>) {
                $( FieldType::write(&self.$member, $id, document); )+
            }
        }
    };
    (@localized localized) => { true };
    (@localized) => { false };
    (@janssen $name:literal) => { Some($name) };
    (@janssen) => { None };
}
pub(crate) use field_table;
