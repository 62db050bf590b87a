//! Text counted in UTF-16 units, as Java's `String` counts.
//!
//! A Rust string can't hold half of a surrogate pair, which Java makes when a template cuts an emoji in two. Such a half is kept
//! as one of 2,048 private characters (U+10F000 on), counts as one unit, joins its other half when they meet again, and prints as
//! `?`, which is what Java's UTF-8 encoder writes.

use std::borrow::Cow;

const HALF: u32 = 0x0010_F000;

/// The character that stands for a UTF-16 unit.
#[must_use]
pub fn unit_char(unit: u16) -> char {
    char::from_u32(u32::from(unit))
        .or_else(|| char::from_u32(HALF + (u32::from(unit) - 0xD800)))
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn half(c: char) -> Option<u16> {
    let n = u32::from(c).wrapping_sub(HALF);
    (n < 0x800).then(|| u16::try_from(0xD800 + n).unwrap_or_default())
}

/// The UTF-16 units of a text.
pub fn units(text: &str) -> impl Iterator<Item = u16> {
    text.chars().flat_map(|c| {
        let mut pair = [0; 2];
        let n = match half(c) {
            Some(unit) => {
                pair[0] = unit;
                1
            }
            None => c.encode_utf16(&mut pair).len(),
        };
        pair.into_iter().take(n)
    })
}

/// The text of UTF-16 units.
pub fn from_units(units: impl IntoIterator<Item = u16>) -> String {
    char::decode_utf16(units)
        .map(|c| c.unwrap_or_else(|e| unit_char(e.unpaired_surrogate())))
        .collect()
}

fn width(c: char) -> usize {
    if half(c).is_some() { 1 } else { c.len_utf16() }
}

/// `length()`
#[must_use]
pub fn len(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.chars().map(width).sum()
    }
}

/// The unit at an index.
#[must_use]
pub fn unit_at(text: &str, at: usize) -> Option<u16> {
    if text.is_ascii() {
        return text.as_bytes().get(at).map(|&b| u16::from(b));
    }
    units(text).nth(at)
}

/// `substring(from, to)`; `None` when the range doesn't fit.
#[must_use]
pub fn substring(text: &str, from: usize, to: usize) -> Option<Cow<'_, str>> {
    if text.is_ascii() {
        return text.get(from..to).map(Cow::Borrowed);
    }
    if from > to || to > len(text) {
        return None;
    }
    match (byte_at(text, from), byte_at(text, to)) {
        (Some(a), Some(b)) => text.get(a..b).map(Cow::Borrowed),
        _ => Some(Cow::Owned(from_units(
            units(text).skip(from).take(to - from),
        ))),
    }
}

/// The byte where the unit with this index starts, unless that is inside a character.
#[must_use]
pub fn byte_at(text: &str, index: usize) -> Option<usize> {
    if text.is_ascii() {
        return (index <= text.len()).then_some(index);
    }
    let mut seen = 0;
    for (byte, c) in text.char_indices() {
        if seen == index {
            return Some(byte);
        }
        seen += width(c);
    }
    (seen == index).then_some(text.len())
}

/// The index of the unit that starts at a byte.
#[must_use]
pub fn index_of_byte(text: &str, byte: usize) -> usize {
    len(text.get(..byte).unwrap_or(text))
}

/// Joins halves that have met: call after putting texts together.
#[must_use]
pub fn joined(text: String) -> String {
    let halves = |text: &str| text.chars().any(|c| half(c).is_some());
    if text.is_ascii() || !halves(&text) {
        return text;
    }
    from_units(units(&text).collect::<Vec<_>>())
}

/// The text as it leaves the program: halves of pairs become `?`.
#[must_use]
pub fn encoded(text: String) -> String {
    let text = joined(text);
    if text.is_ascii() || !text.chars().any(|c| half(c).is_some()) {
        return text;
    }
    text.chars()
        .map(|c| if half(c).is_some() { '?' } else { c })
        .collect()
}

/// `String.trim()`: takes away everything up to U+0020, and nothing else.
#[must_use]
pub fn trim(text: &str) -> &str {
    // All of these are single bytes.
    let bytes = text.as_bytes();
    let start = bytes.iter().take_while(|&&b| b <= b' ').count();
    let blanks = bytes.iter().rev().take_while(|&&b| b <= b' ').count();
    let end = bytes.len() - blanks;
    text.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_count_as_in_java() {
        let text = "a☃😀b";
        assert_eq!(len(text), 5);
        assert_eq!(substring(text, 1, 2).unwrap(), "☃");
        assert_eq!(substring(text, 4, 5).unwrap(), "b");
        assert_eq!(substring(text, 0, 6), None);
        assert_eq!((byte_at(text, 2), byte_at(text, 3)), (Some(4), None));
    }

    #[test]
    fn halves_of_a_pair_meet_again_or_print_a_question_mark() {
        let (a, b) = (
            substring("😀", 0, 1).unwrap().into_owned(),
            substring("😀", 1, 2).unwrap().into_owned(),
        );
        assert_eq!((len(&a), len(&b)), (1, 1));
        assert_eq!(encoded(a.clone()), "?");
        assert_eq!(encoded(a + &b), "😀");
    }
}
