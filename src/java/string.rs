//! `java.lang.String`.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, Range};
use std::rc::Rc;

/// A string: all of a text, or a part of one that others share. Strings read from a payload are parts of the payload.
#[derive(Clone, Default)]
pub struct Str {
    whole: Rc<String>,
    /// The first byte, and above it one past the last. One number, because what is written in one portion can be read at once.
    range: u64,
}

fn packed(start: u32, end: u32) -> u64 {
    u64::from(end) << 32 | u64::from(start)
}

impl Str {
    /// All of a text.
    #[inline]
    pub(super) fn of(whole: Rc<String>) -> Self {
        let end = u32::try_from(whole.len()).unwrap_or(u32::MAX);
        Self {
            whole,
            range: packed(0, end),
        }
    }

    /// The text that it is all or a part of, when nothing else is.
    #[inline]
    pub(super) fn only(&mut self) -> Option<&mut String> {
        Rc::get_mut(&mut self.whole)
    }

    /// The text that it is all or a part of.
    #[inline]
    pub(super) fn into_whole(self) -> Rc<String> {
        self.whole
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    fn start(&self) -> u32 {
        self.range as u32
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "shifted to 32 bits")]
    fn end(&self) -> u32 {
        (self.range >> 32) as u32
    }

    #[inline]
    fn bounds(&self) -> Range<usize> {
        self.start() as usize..self.end() as usize
    }

    /// The part of these bytes; empty when they don't fit.
    #[inline]
    #[must_use]
    pub fn part(&self, bytes: Range<usize>) -> Self {
        let at = |n: usize| {
            let n = u32::try_from(n).unwrap_or(u32::MAX);
            self.start().saturating_add(n).min(self.end())
        };
        let start = at(bytes.start);
        Self {
            whole: Rc::clone(&self.whole),
            range: packed(start, at(bytes.end).max(start)),
        }
    }

    /// Whether it is this text. Faster than comparing as `str`, which also looks where characters start.
    #[inline]
    #[must_use]
    pub fn equals(&self, text: &str) -> bool {
        (self.end() - self.start()) as usize == text.len() && self.bytes() == text.as_bytes()
    }

    #[inline]
    fn bytes(&self) -> &[u8] {
        let bytes = self.whole.as_bytes();
        bytes.get(self.bounds()).unwrap_or_default()
    }

    /// Whether both are parts of the very same text, at the same place.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.whole, &other.whole) && self.range == other.range
    }
}

impl Deref for Str {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.whole.get(self.bounds()).unwrap_or_default()
    }
}

impl From<String> for Str {
    fn from(text: String) -> Self {
        Self::of(Rc::new(text))
    }
}

impl From<&str> for Str {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl PartialEq for Str {
    fn eq(&self, other: &Self) -> bool {
        self.end() - self.start() == other.end() - other.start() && self.bytes() == other.bytes()
    }
}

impl Eq for Str {}

impl Hash for Str {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl fmt::Display for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_shares_its_text_and_counts_from_its_own_start() {
        let whole = Str::from("name=Ada Lovelace");
        let name = whole.part(5..17);
        assert_eq!((&*name, &*name.part(4..12)), ("Ada Lovelace", "Lovelace"));
        assert_eq!(&*name.part(4..99), "Lovelace");
        assert_eq!(&*name.part(90..99), "");
        assert!(name.is(&whole.part(5..17)) && !name.is(&Str::from("Ada Lovelace")));
        assert_eq!(name, Str::from("Ada Lovelace"));
    }
}
