//! The keys that a client brings in its `jwks`. Unlike an issuer's, each must be good.

use std::collections::HashSet;

use super::fault::{KeyFault, KeySetFault};
use super::jwks::{self, KeySetLimits};
use super::public_key::PublicKey;
use super::screen::screen;

/// The screened keys of a client, and what is wrong with the others. No verifier is made for any.
#[derive(Debug)]
pub(crate) struct OwnKeys {
    /// The good keys, in their order.
    pub(crate) keys: Vec<PublicKey>,
    /// Each fault, with the place of its key in the set. A key may have several.
    pub(crate) faults: Vec<(usize, KeyFault)>,
}

impl OwnKeys {
    /// Screens the text of a JWK Set.
    ///
    /// # Errors
    ///
    /// A [`KeySetFault`] if it is no JWK Set, or larger than the limits.
    pub(crate) fn screen(text: &str, limits: KeySetLimits) -> Result<Self, KeySetFault> {
        let mut keys = Vec::new();
        let mut faults = Vec::new();
        let mut own_faults = Vec::new();
        let mut kids = HashSet::new();
        let mut without_kid = Vec::new();
        let mut count = 0;
        jwks::read_keys(text, limits, |index, jwk| {
            count = index + 1;
            match jwk {
                Ok(jwk) => {
                    keys.extend(screen(&jwk, &mut own_faults));
                    match jwk.kid {
                        None => without_kid.push(index),
                        Some(kid) => {
                            if !kids.insert(kid) {
                                own_faults.push(KeyFault::KidRepeated);
                            }
                        }
                    }
                }
                Err(fault) => own_faults.push(fault),
            }
            faults.extend(own_faults.drain(..).map(|fault| (index, fault)));
        })?;
        if count > 1 {
            faults.extend(without_kid.into_iter().map(|index| (index, KeyFault::KidMissing)));
            faults.sort_by_key(|(index, _)| *index);
        }
        Ok(Self { keys, faults })
    }
}
