//! Names that people are shown.
//!
//! A name is the one thing that people judge a client by, and phishing with it is the commonest abuse of open
//! registration (RFC 7591 section 5). What a name is made of must therefore be what is seen.

use crate::metadata::{FieldId, fields};

/// What is wrong with the text of such a name, if anything.
pub(crate) fn fault_of_name(field: FieldId, text: &str) -> Option<&'static str> {
    if !matches!(field, fields::CLIENT_NAME | fields::ORGANIZATION_NAME | fields::DISPLAY_NAME) {
        return None;
    }
    // Control characters were refused before, so that ASCII has nothing to hide.
    if !text.is_ascii() && text.chars().any(is_deceptive) {
        return Some("has a character that is not seen or that turns the direction of the text");
    }
    text.trim().is_empty().then_some("must have a character that is seen")
}

/// Characters that change how others look and are not seen themselves: directions, separators of lines and
/// paragraphs, blanks without width, tags. The joiners U+200C and U+200D are none of them: Persian and the scripts of
/// India cannot be written without.
fn is_deceptive(character: char) -> bool {
    matches!(
        character,
        '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}
