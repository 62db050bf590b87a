//! Identifiers in the forms that AWS gives them.

use std::sync::Mutex;

use super::Chance;

const LOWER: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const MIXED: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A source of identifiers: drawn by chance, or counted so that tests and screenshots repeat.
///
/// Lengths and alphabets: `spec/rest/resources-methods.md` §1.
#[derive(Debug)]
pub struct Ids(Mutex<Source>);

#[derive(Debug)]
enum Source {
    Drawn(Box<Chance>),
    Counted(u64),
}

impl Ids {
    /// Identifiers drawn from `chance`.
    #[must_use]
    pub fn drawn(chance: Chance) -> Self {
        Self(Mutex::new(Source::Drawn(Box::new(chance))))
    }

    /// Identifiers that count: `0000000001`, `000002`, …
    #[must_use]
    pub fn counted() -> Self {
        Self(Mutex::new(Source::Counted(0)))
    }

    /// The id of an API, a root resource or an API key: ten characters.
    pub fn long(&self) -> String {
        self.make(LOWER, 10)
    }

    /// The id of a resource, deployment, model, validator, authorizer or usage plan: six characters.
    pub fn short(&self) -> String {
        self.make(LOWER, 6)
    }

    /// The generated value of an API key: forty characters.
    pub fn key_value(&self) -> String {
        self.make(MIXED, 40)
    }

    fn make(&self, alphabet: &[u8], len: usize) -> String {
        let mut source = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match &mut *source {
            Source::Drawn(chance) => chance.text(alphabet, len),
            Source::Counted(n) => {
                *n += 1;
                format!("{n:0len$}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_awss_forms() {
        let ids = Ids::drawn(Chance::seeded(3));
        assert_eq!(
            (ids.long().len(), ids.short().len(), ids.key_value().len()),
            (10, 6, 40)
        );
        assert!(ids.long().bytes().all(|b| LOWER.contains(&b)));
        assert_ne!(ids.long(), ids.long());
    }

    #[test]
    fn counted_ids_repeat() {
        let ids = Ids::counted();
        assert_eq!(
            (ids.long(), ids.short()),
            ("0000000001".into(), "000002".into())
        );
    }
}
