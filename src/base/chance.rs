//! Random numbers from a seed.

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

/// A random generator that repeats itself for the same seed: canary draws, request ids, key values.
///
/// The generator is a cryptographic one (`ChaCha12`): with [`from_machine`](Self::from_machine) its output may serve as a secret.
#[derive(Debug)]
pub struct Chance(StdRng);

impl Chance {
    /// A generator seeded by the operating system.
    ///
    /// # Panics
    /// Never in practice: only if the operating system has no randomness to give, in which case no secret could be made at all.
    #[must_use]
    pub fn from_machine() -> Self {
        let mut rng = StdRng::try_from_rng(&mut rand::rngs::SysRng);
        // A second try for the one documented transient failure (interrupted by a signal at early boot).
        if rng.is_err() {
            rng = StdRng::try_from_rng(&mut rand::rngs::SysRng);
        }
        match rng {
            Ok(rng) => Self(rng),
            Err(error) => panic!("the operating system gives no random numbers: {error}"),
        }
    }

    /// A generator whose numbers are the same for the same seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// A new generator, independent of this one and repeatable with it: one for each thread.
    #[must_use]
    pub fn split(&mut self) -> Self {
        Self::seeded(self.0.next_u64())
    }

    /// A number in `0.0..1.0`.
    pub fn fraction(&mut self) -> f64 {
        self.0.random()
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 {
            0
        } else {
            self.0.random_range(0..bound)
        }
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// Text of `len` characters drawn from `alphabet`, which must be ASCII.
    pub fn text(&mut self, alphabet: &[u8], len: usize) -> String {
        (0..len)
            .filter_map(|_| alphabet.get(self.below(alphabet.len())))
            .map(|&b| char::from(b))
            .collect()
    }

    /// A UUID of version 4 in its 36 ASCII characters: the form of AWS's request ids.
    pub fn uuid(&mut self) -> [u8; 36] {
        uuid(self.bytes())
    }
}

/// The UUID of version 4 that these random bytes make.
pub(crate) fn uuid(mut bytes: [u8; 16]) -> [u8; 36] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    // Where the two digits of each byte stand: every request has such an id, so that they aren't counted out.
    const AT: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut out = [b'-'; 36];
    for (byte, at) in bytes.into_iter().zip(AT) {
        out[at] = HEX[usize::from(byte >> 4)];
        out[at + 1] = HEX[usize::from(byte & 15)];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_splits_differ() {
        let (mut a, mut b) = (Chance::seeded(7), Chance::seeded(7));
        assert_eq!(a.text(b"abc", 20), b.text(b"abc", 20));
        let (mut c, mut d) = (a.split(), a.split());
        assert_ne!(c.bytes::<16>(), d.bytes::<16>());
    }

    #[test]
    fn a_uuid_has_its_form() {
        let id = String::from_utf8(Chance::seeded(1).uuid().to_vec()).unwrap();
        let parts: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(&id[14..15], "4");
        assert!("89ab".contains(&id[19..20]));
    }
}
