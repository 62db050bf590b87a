//! The compact form in which points are kept in memory and in the store.

/// Something that can be kept in a [`History`](super::history::History).
pub(crate) trait Entry: Clone {
    /// Writes it; the form tells where it ends.
    fn write(&self, out: &mut Writer);
    /// Reads what [`write`](Self::write) wrote; `None` if the bytes are damaged.
    fn read(from: &mut Reader<'_>) -> Option<Self>;
    /// Adds what another one of the same time has.
    fn merge(&mut self, other: &Self);
    /// A bit for each kind of value it has, so that a series knows its kinds without being read.
    fn marks(&self) -> u8 {
        0
    }
}

/// Writes numbers in as few bytes as they need.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    /// Appends to these bytes.
    pub(crate) fn onto(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes written.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Seven bits a byte, lowest first, the eighth says that more follow.
    pub(crate) fn number(&mut self, mut value: u64) {
        loop {
            let low = u8::try_from(value & 0x7f).unwrap_or(0);
            value >>= 7;
            if value == 0 {
                self.0.push(low);
                return;
            }
            self.0.push(low | 0x80);
        }
    }

    /// Small amounts of either sign stay small.
    pub(crate) fn signed(&mut self, value: i64) {
        self.number((value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned());
    }

    /// A double whose mantissa ends in zeros, as that of a whole number does, is short.
    pub(crate) fn float(&mut self, value: f64) {
        self.number(value.to_bits().swap_bytes());
    }
}

/// Reads what a [`Writer`] wrote. Every method answers `None` when the bytes end early or are damaged.
#[derive(Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads these bytes from their beginning.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether all is read.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// See [`Writer::number`].
    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// See [`Writer::signed`].
    pub(crate) fn signed(&mut self) -> Option<i64> {
        let value = self.number()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// See [`Writer::float`]. Infinities and not-a-number are damage: they are never written.
    pub(crate) fn float(&mut self) -> Option<f64> {
        let value = f64::from_bits(self.number()?.swap_bytes());
        value.is_finite().then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn whole_numbers_are_short() {
        let mut out = Writer::default();
        out.float(1234.0);
        assert!(out.into_bytes().len() <= 4);
    }

    proptest! {
        #[test]
        fn numbers_come_back(a in any::<u64>(), b in any::<i64>(), c in -1e300..1e300f64) {
            let mut out = Writer::default();
            out.number(a);
            out.signed(b);
            out.float(c);
            let bytes = out.into_bytes();
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.number(), Some(a));
            prop_assert_eq!(reader.signed(), Some(b));
            prop_assert_eq!(reader.float(), Some(c));
            prop_assert!(reader.is_empty());
        }
    }
}
