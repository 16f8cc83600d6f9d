//! Base64url as JOSE writes it: no padding, no line breaks, no other characters (RFC 7515 section 2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The bytes of a text. Nothing if it has padding, foreign characters or bits set that no byte takes up: with
/// those, one token or key would have many spellings.
pub(super) fn decode(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    // Memory that is asked for as zeros is dearer to get.
    let mut bytes = Vec::with_capacity(base64::decoded_len_estimate(text.as_ref().len()));
    URL_SAFE_NO_PAD.decode_vec(text, &mut bytes).ok()?;
    Some(bytes)
}

/// The text of bytes.
#[cfg(test)]
pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_for_each_value() {
        assert_eq!(decode("AQAB"), Some(vec![1, 0, 1]));
        assert_eq!(decode("_-8"), Some(vec![0xff, 0xef]));
        assert_eq!(decode(""), Some(vec![]));
        // Padding, the other alphabet, white space, a dangling character, bits that no byte takes up.
        for text in ["AQ==", "/+8", "AQ AB", "AQAB\n", " AQAB", "AQABA", "AR", "AQABB", "é"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
