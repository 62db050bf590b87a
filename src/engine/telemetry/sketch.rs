//! A mergeable sketch of a distribution: counts in logarithmic buckets, for percentiles with a bounded relative error.
//!
//! In the manner of `DDSketch` (Masson, Rim, Lee: "`DDSketch`: a fast and fully-mergeable quantile sketch with relative-error guarantees"),
//! but a bucket is what the bits of a double give for free: sign, exponent and the six leading bits of the mantissa. A bucket's width is
//! then 1/64 of its octave's lower bound, its middle is at most 1/128 = 0.79 % from any value in it, and finding it takes a shift.
//! CloudWatch's own error is of that size (`spec/cloudwatch-metrics.md` §3).

/// Bits of a double below a bucket's: 52 of the mantissa less the six that count.
const SHIFT: u32 = 46;

/// Sub-buckets of an octave: the six leading bits of the mantissa.
pub(crate) const PER_OCTAVE: usize = 64;

/// The magnitude part of the bucket of 1.0, where the first octave of [`octave_of`] begins.
const ONE: u64 = 1.0f64.to_bits() >> SHIFT;

/// How many buckets a sketch may have: 32 octaves, from a microsecond to over an hour, fit without a loss.
///
/// Beyond that the lowest ones are merged, so that memory stays bounded whatever comes and the tail stays exact.
const LIMIT: usize = 2048;

/// Counts per bucket, ordered by value. Equal as a whole to the sketch of all values, in whatever order and parts they were merged.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sketch {
    buckets: Vec<Bucket>,
}

/// How often values of this bucket came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    /// Ordered as the values are: 0 for zero, positive above, negative below.
    pub(crate) key: i32,
    /// Values in it.
    pub(crate) count: u64,
}

impl Bucket {
    /// The middle of the bucket.
    pub(crate) fn middle(self) -> f64 {
        let magnitude = u64::from(self.key.unsigned_abs());
        let Some(magnitude) = magnitude.checked_sub(1) else {
            return 0.0;
        };
        let low = f64::from_bits(magnitude << SHIFT);
        let high = f64::from_bits((magnitude + 1) << SHIFT);
        let middle = if high.is_finite() {
            low + (high - low) / 2.0
        } else {
            low
        };
        if self.key < 0 { -middle } else { middle }
    }
}

/// The bucket of a value. Infinities and not-a-number are the caller's to refuse.
fn key_of(value: f64) -> i32 {
    // The shift leaves 17 bits, so this never saturates.
    let magnitude = i32::try_from(value.abs().to_bits() >> SHIFT).unwrap_or(i32::MAX - 1);
    if value == 0.0 {
        0
    } else if value > 0.0 {
        magnitude + 1
    } else {
        -magnitude - 1
    }
}

/// Octave above 1 and sub-bucket of a whole number from 1; `None` for 0.
pub(crate) fn octave_of(value: u32) -> Option<(usize, usize)> {
    if value == 0 {
        return None;
    }
    // From 1 to 2^32 this is below 32 * 64.
    let index = usize::try_from((f64::from(value).to_bits() >> SHIFT) - ONE).unwrap_or(0);
    Some((index / PER_OCTAVE, index % PER_OCTAVE))
}

/// The key of a sub-bucket of an octave above 1: the inverse of [`octave_of`].
pub(crate) fn octave_key(octave: usize, sub: usize) -> i32 {
    let magnitude = usize::try_from(ONE).unwrap_or(0) + octave * PER_OCTAVE + sub;
    i32::try_from(magnitude).unwrap_or(i32::MAX - 1) + 1
}

impl Sketch {
    /// The sketch of buckets that come ordered by key.
    pub(crate) fn from_ordered(buckets: Vec<Bucket>) -> Self {
        debug_assert!(buckets.windows(2).all(|pair| pair[0].key < pair[1].key));
        let mut sketch = Self { buckets };
        sketch.bound();
        sketch
    }

    /// Adds `count` times this value.
    pub(crate) fn add(&mut self, value: f64, count: u64) {
        if count == 0 {
            return;
        }
        let key = key_of(value);
        match self.buckets.binary_search_by_key(&key, |bucket| bucket.key) {
            Ok(at) => {
                self.buckets[at].count = self.buckets[at].count.saturating_add(count);
            }
            Err(at) => {
                self.buckets.insert(at, Bucket { key, count });
                self.bound();
            }
        }
    }

    /// Adds all that the other sketch has.
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.buckets.is_empty() {
            return;
        }
        if self.buckets.is_empty() {
            self.buckets.clone_from(&other.buckets);
            return;
        }
        let mut merged = Vec::with_capacity(self.buckets.len().max(other.buckets.len()));
        let (mut ours, mut theirs) = (
            self.buckets.iter().peekable(),
            other.buckets.iter().peekable(),
        );
        while let (Some(&&a), Some(&&b)) = (ours.peek(), theirs.peek()) {
            match a.key.cmp(&b.key) {
                std::cmp::Ordering::Less => {
                    merged.push(a);
                    ours.next();
                }
                std::cmp::Ordering::Greater => {
                    merged.push(b);
                    theirs.next();
                }
                std::cmp::Ordering::Equal => {
                    merged.push(Bucket {
                        key: a.key,
                        count: a.count.saturating_add(b.count),
                    });
                    ours.next();
                    theirs.next();
                }
            }
        }
        merged.extend(ours.copied());
        merged.extend(theirs.copied());
        self.buckets = merged;
        self.bound();
    }

    /// The buckets, lowest values first.
    pub(crate) fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// How many values it has.
    pub(crate) fn total(&self) -> u64 {
        self.buckets
            .iter()
            .fold(0, |total, bucket| total.saturating_add(bucket.count))
    }

    fn bound(&mut self) {
        let Some(surplus) = self
            .buckets
            .len()
            .checked_sub(LIMIT)
            .filter(|&surplus| surplus > 0)
        else {
            return;
        };
        let lost: u64 = self
            .buckets
            .drain(..surplus)
            .fold(0, |lost, bucket| lost.saturating_add(bucket.count));
        if let Some(lowest) = self.buckets.first_mut() {
            lowest.count = lowest.count.saturating_add(lost);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sketch_of(values: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        for &value in values {
            sketch.add(value, 1);
        }
        sketch
    }

    #[test]
    fn whole_numbers_find_the_same_bucket_by_either_way() {
        for value in (0..5000).chain([65_535, 1_000_000, 29_000_000, u32::MAX]) {
            let key = octave_of(value).map_or(0, |(octave, sub)| octave_key(octave, sub));
            assert_eq!(key, key_of(f64::from(value)), "{value}");
        }
        assert_eq!(octave_of(u32::MAX), Some((31, 63)));
    }

    #[test]
    fn too_many_buckets_merge_at_the_low_end() {
        let mut sketch = Sketch::default();
        for octave in 0..64 {
            for sub in 0..64 {
                sketch.add(2f64.powi(octave) * (1.0 + f64::from(sub) / 64.0), 1);
            }
        }
        assert_eq!(sketch.buckets().len(), LIMIT);
        assert_eq!(sketch.total(), 64 * 64);
        let top = sketch.buckets()[LIMIT - 1].middle();
        assert!(top > 2f64.powi(63) * 1.98, "{top}");
    }

    proptest! {
        #[test]
        fn a_buckets_middle_is_within_one_percent(value in prop_oneof![1e-300..1e300f64, 1e-3..1e5f64, -1e5..-1e-3f64]) {
            let middle = sketch_of(&[value]).buckets()[0].middle();
            prop_assert!(((middle - value) / value).abs() <= 0.0079, "{value} {middle}");
        }

        #[test]
        fn keys_are_ordered_as_values(a in -1e6..1e6f64, b in -1e6..1e6f64) {
            let (low, high) = if a <= b { (a, b) } else { (b, a) };
            prop_assert!(key_of(low) <= key_of(high));
        }

        #[test]
        fn merging_is_the_sketch_of_the_union(
            a in prop::collection::vec(-1e4..1e4f64, 0..60),
            b in prop::collection::vec(-1e4..1e4f64, 0..60),
        ) {
            let mut merged = sketch_of(&a);
            merged.merge(&sketch_of(&b));
            let all: Vec<f64> = a.into_iter().chain(b).collect();
            prop_assert_eq!(merged, sketch_of(&all));
        }
    }
}
