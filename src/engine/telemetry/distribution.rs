//! What is known about a set of values: number, sum, extremes and a sketch, and the statistics that follow from them.

use super::codec::{Entry, Reader, Writer};
use super::sketch::{Bucket, Sketch};

/// A set of values, mergeable with others.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Distribution {
    count: f64,
    sum: f64,
    minimum: f64,
    maximum: f64,
    sketch: Sketch,
}

/// A count as a double: exact up to 2^53, which no counter here reaches.
#[allow(
    clippy::cast_precision_loss,
    reason = "counts and sums of microseconds stay far below 2^53"
)]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

/// A double that is a count.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates"
)]
fn whole(count: f64) -> u64 {
    count as u64
}

impl Distribution {
    /// `count` times the same value.
    pub(crate) fn repeated(value: f64, count: u64) -> Self {
        let mut it = Self::default();
        it.add(value, count);
        it
    }

    /// A set of which only a summary is known: no percentiles, unless all its values are equal.
    ///
    /// Source: `spec/cloudwatch-metrics.md` §3.
    pub(crate) fn summary(count: f64, sum: f64, minimum: f64, maximum: f64) -> Self {
        let mut sketch = Sketch::default();
        if (minimum - maximum).abs() <= f64::EPSILON * maximum.abs() {
            // A SampleCount is a double in the service's model, and has no fraction in practice.
            sketch.add(minimum, whole(count));
        }
        Self {
            count,
            sum,
            minimum,
            maximum,
            sketch,
        }
    }

    /// So many ones, and zeros for the rest of `count`.
    pub(crate) fn flags(count: f64, ones: f64) -> Self {
        let ones = ones.min(count);
        let mut it = Self::default();
        it.add(0.0, whole(count - ones));
        it.add(1.0, whole(ones));
        it
    }

    /// A set from its parts. The sketch's own count is what percentiles go by, so that parts read a moment apart do no harm.
    pub(crate) fn from_parts(
        count: u64,
        sum: f64,
        minimum: f64,
        maximum: f64,
        buckets: Vec<Bucket>,
    ) -> Self {
        Self {
            count: float(count),
            sum,
            minimum,
            maximum,
            sketch: Sketch::from_ordered(buckets),
        }
    }

    /// Adds `count` times this value.
    pub(crate) fn add(&mut self, value: f64, count: u64) {
        if count > 0 {
            self.extend(float(count), value * float(count), value, value);
            self.sketch.add(value, count);
        }
    }

    /// Adds this value as often as a count that may have a fraction says.
    pub(crate) fn add_repeatedly(&mut self, value: f64, count: f64) {
        if count > 0.0 {
            self.extend(count, value * count, value, value);
            self.sketch.add(value, whole(count.ceil()));
        }
    }

    /// Adds all values of the other set.
    pub(crate) fn merge(&mut self, other: &Self) {
        if !other.is_empty() {
            self.extend(other.count, other.sum, other.minimum, other.maximum);
            self.sketch.merge(&other.sketch);
        }
    }

    fn extend(&mut self, count: f64, sum: f64, minimum: f64, maximum: f64) {
        if self.is_empty() {
            (self.minimum, self.maximum) = (minimum, maximum);
        } else {
            self.minimum = self.minimum.min(minimum);
            self.maximum = self.maximum.max(maximum);
        }
        self.count += count;
        self.sum += sum;
    }

    /// Whether it has no values.
    pub(crate) fn is_empty(&self) -> bool {
        self.count <= 0.0
    }

    /// How many values.
    pub(crate) fn count(&self) -> f64 {
        self.count
    }

    /// The sum of the values.
    pub(crate) fn sum(&self) -> f64 {
        self.sum
    }

    /// The least value; 0 of an empty set.
    pub(crate) fn minimum(&self) -> f64 {
        self.minimum
    }

    /// The greatest value; 0 of an empty set.
    pub(crate) fn maximum(&self) -> f64 {
        self.maximum
    }

    /// Whether order statistics can be told: the values came one by one, not as a summary.
    pub(crate) fn has_order(&self) -> bool {
        !self.sketch.buckets().is_empty()
    }

    /// The value at this percentile, 0 to 100: the nearest rank, within 1 %; the extremes are exact. `None` if the order isn't known.
    ///
    /// How CloudWatch defines the rank is not published (unverified).
    pub(crate) fn percentile(&self, percent: f64) -> Option<f64> {
        let total = self.sketch.total();
        if total == 0 {
            return None;
        }
        let rank = (percent / 100.0 * float(total)).ceil().max(1.0);
        if rank <= 1.0 {
            return Some(self.minimum);
        }
        if rank >= float(total) {
            return Some(self.maximum);
        }
        let mut seen = 0.0;
        for bucket in self.sketch.buckets() {
            seen += float(bucket.count);
            // A hair of tolerance: 99.9 % of 1000 must be the 999th though 0.999 has no exact double.
            if seen + 1e-6 >= rank {
                return Some(self.value_of(*bucket));
            }
        }
        Some(self.maximum)
    }

    /// Number and sum of the values whose rank lies between these two percentiles.
    ///
    /// A value that a bound cuts counts in part, as a trimmed mean of a continuous distribution would have it.
    pub(crate) fn between_percentiles(&self, low: f64, high: f64) -> (f64, f64) {
        let total = float(self.sketch.total());
        let (first, last) = (low / 100.0 * total, high / 100.0 * total);
        let mut seen = 0.0;
        let (mut count, mut sum) = (0.0, 0.0);
        for bucket in self.sketch.buckets() {
            let (from, to) = (seen, seen + float(bucket.count));
            let part = (to.min(last) - from.max(first)).max(0.0);
            count += part;
            sum += part * self.value_of(*bucket);
            seen = to;
        }
        (count, sum)
    }

    /// Number and sum of the values above `low` and up to `high`; values within 1 % of a bound may fall on either side.
    pub(crate) fn between_values(&self, low: f64, high: f64) -> (f64, f64) {
        let (mut count, mut sum) = (0.0, 0.0);
        for bucket in self.sketch.buckets() {
            let value = self.value_of(*bucket);
            if value > low && value <= high {
                count += float(bucket.count);
                sum += float(bucket.count) * value;
            }
        }
        (count, sum)
    }

    /// A bucket's value can't lie outside of the extremes, which are known exactly.
    fn value_of(&self, bucket: Bucket) -> f64 {
        // Not `clamp`: it panics when the extremes are out of order, as those of damaged rows may be.
        bucket.middle().max(self.minimum).min(self.maximum)
    }
}

impl Entry for Distribution {
    fn write(&self, out: &mut Writer) {
        let buckets = self.sketch.buckets();
        out.float(self.count);
        if self.is_empty() {
            return;
        }
        out.float(self.sum);
        out.float(self.minimum);
        out.float(self.maximum);
        out.number(u64::try_from(buckets.len()).unwrap_or(0));
        let mut previous = 0;
        for bucket in buckets {
            out.signed(i64::from(bucket.key) - previous);
            out.number(bucket.count);
            previous = i64::from(bucket.key);
        }
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let count = from.float()?;
        if count <= 0.0 {
            return Some(Self::default());
        }
        let (sum, minimum, maximum) = (from.float()?, from.float()?, from.float()?);
        let length = from.number()?;
        let mut buckets = Vec::new();
        let mut key: i64 = 0;
        for at in 0..length {
            let step = from.signed()?;
            if at > 0 && step <= 0 {
                return None;
            }
            key = key.checked_add(step)?;
            let (key, count) = (i32::try_from(key).ok()?, from.number()?);
            buckets.push(Bucket { key, count });
        }
        Some(Self {
            count,
            sum,
            minimum,
            maximum,
            sketch: Sketch::from_ordered(buckets),
        })
    }

    fn merge(&mut self, other: &Self) {
        Self::merge(self, other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[f64]) -> Distribution {
        let mut it = Distribution::default();
        for &value in values {
            it.add(value, 1);
        }
        it
    }

    #[test]
    fn one_value_is_exact_at_every_percentile() {
        let one = of(&[12.345]);
        for percent in [0.0, 1.0, 50.0, 99.9, 100.0] {
            assert_eq!(one.percentile(percent), Some(12.345));
        }
        assert_eq!((one.count(), one.sum()), (1.0, 12.345));
    }

    #[test]
    fn a_summary_has_percentiles_only_when_its_values_are_equal() {
        let spread = Distribution::summary(4.0, 10.0, 1.0, 4.0);
        assert_eq!(spread.percentile(50.0), None);
        assert!(!spread.has_order());
        let equal = Distribution::summary(4.0, 12.0, 3.0, 3.0);
        assert_eq!(equal.percentile(99.0), Some(3.0));
    }

    #[test]
    fn parts_between_percentiles_are_cut_where_the_bound_says() {
        let it = of(&[1.0, 2.0, 3.0, 4.0]);
        let (count, sum) = it.between_percentiles(0.0, 100.0);
        assert!((count - 4.0).abs() < 1e-9 && (sum / 10.0 - 1.0).abs() < 0.01);
        let (count, sum) = it.between_percentiles(25.0, 75.0);
        assert!((count - 2.0).abs() < 1e-9 && (sum / 5.0 - 1.0).abs() < 0.01);
        let (count, _) = it.between_values(1.5, 3.5);
        assert!((count - 2.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn percentiles_are_within_one_percent_of_the_nearest_rank(
            mut values in prop::collection::vec(0.001..1e6f64, 1..300),
            percent in 0.0..100.0f64,
        ) {
            let it = of(&values);
            values.sort_by(f64::total_cmp);
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a rank among a few hundred"
            )]
            let rank = ((percent / 100.0 * values.len() as f64 - 1e-6).ceil().max(1.0)) as usize;
            let exact = values[rank - 1];
            let told = it.percentile(percent).unwrap();
            prop_assert!(((told - exact) / exact).abs() <= 0.01, "{told} {exact}");
        }

        #[test]
        fn merging_is_the_set_of_the_union(
            a in prop::collection::vec(0u32..100_000, 0..50),
            b in prop::collection::vec(0u32..100_000, 0..50),
        ) {
            // Whole numbers, so that sums don't depend on their order.
            let [a, b] = [a, b].map(|v| v.into_iter().map(f64::from).collect::<Vec<_>>());
            let mut merged = of(&a);
            merged.merge(&of(&b));
            prop_assert_eq!(merged, of(&[a, b].concat()));
        }

        #[test]
        fn what_is_written_is_read_back(values in prop::collection::vec(-1e6..1e6f64, 0..80)) {
            let it = of(&values);
            let mut out = Writer::default();
            it.write(&mut out);
            let bytes = out.into_bytes();
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(Distribution::read(&mut reader), Some(it));
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn damaged_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Some(it) = Distribution::read(&mut Reader::new(&bytes)) {
                let _ = it.percentile(50.0);
            }
        }
    }
}
