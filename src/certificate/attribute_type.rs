//! Attribute types of distinguished names.

/// An attribute type that has names.
pub(super) struct AttributeType {
    pub(super) oid: &'static str,
    /// What it is called in facts, and then its other names.
    names: &'static [&'static str],
    /// Whether its name is one that RFC 4514 section 3 has everyone know. Other types are written as numbers.
    pub(super) is_well_known: bool,
}

/// RFC 4514 section 3, then what certificates of companies and of payment services have besides.
const TYPES: [AttributeType; 26] = [
    well_known("2.5.4.3", &["CN", "commonName"]),
    well_known("2.5.4.7", &["L", "localityName"]),
    well_known("2.5.4.8", &["ST", "stateOrProvinceName"]),
    well_known("2.5.4.10", &["O", "organizationName"]),
    well_known("2.5.4.11", &["OU", "organizationalUnitName"]),
    well_known("2.5.4.6", &["C", "countryName"]),
    well_known("2.5.4.9", &["STREET", "streetAddress"]),
    well_known("0.9.2342.19200300.100.1.25", &["DC", "domainComponent"]),
    well_known("0.9.2342.19200300.100.1.1", &["UID", "userId"]),
    other("2.5.4.4", &["surname", "SN"]),
    other("2.5.4.5", &["serialNumber"]),
    other("2.5.4.12", &["title"]),
    other("2.5.4.13", &["description"]),
    other("2.5.4.15", &["businessCategory"]),
    other("2.5.4.17", &["postalCode"]),
    other("2.5.4.41", &["name"]),
    other("2.5.4.42", &["givenName", "GN"]),
    other("2.5.4.43", &["initials"]),
    other("2.5.4.44", &["generationQualifier"]),
    other("2.5.4.46", &["dnQualifier"]),
    other("2.5.4.65", &["pseudonym"]),
    other("2.5.4.97", &["organizationIdentifier"]),
    other("1.2.840.113549.1.9.1", &["emailAddress", "E"]),
    other("1.3.6.1.4.1.311.60.2.1.1", &["jurisdictionLocalityName", "jurisdictionL"]),
    other("1.3.6.1.4.1.311.60.2.1.2", &["jurisdictionStateOrProvinceName", "jurisdictionST"]),
    other("1.3.6.1.4.1.311.60.2.1.3", &["jurisdictionCountryName", "jurisdictionC"]),
];

const fn well_known(oid: &'static str, names: &'static [&'static str]) -> AttributeType {
    AttributeType { oid, names, is_well_known: true }
}

const fn other(oid: &'static str, names: &'static [&'static str]) -> AttributeType {
    AttributeType { oid, names, is_well_known: false }
}

impl AttributeType {
    /// The type of this name, in any case (RFC 4512 section 1.4).
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        TYPES.iter().find(|own| own.names.iter().any(|own| own.eq_ignore_ascii_case(name)))
    }

    /// The type of this OID.
    pub(super) fn numbered(oid: &str) -> Option<&'static Self> {
        TYPES.iter().find(|own| own.oid == oid)
    }

    /// What it is called in facts.
    pub(super) fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or(self.oid)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_type_is_listed_twice() {
        let mut seen = HashSet::new();
        for own in TYPES.iter().flat_map(|own| own.names.iter().chain([&own.oid])) {
            assert!(seen.insert(own.to_ascii_lowercase()), "{own}");
        }
    }
}
