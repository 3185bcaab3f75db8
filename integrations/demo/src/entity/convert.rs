//! Numbers, from one kind to another.

/// Returns the nearest whole number; what does not fit becomes the nearest that does.
#[expect(clippy::cast_possible_truncation, reason = "floats to integers saturate")]
pub(crate) fn whole(value: f64) -> i64 {
    value.round() as i64
}

/// Returns the nearest byte.
pub(crate) fn byte(value: f64) -> u8 {
    u8::try_from(whole(value).clamp(0, 255)).unwrap_or(u8::MAX)
}

/// Returns `value` with so many decimals.
pub(crate) fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    // Adding zero turns minus zero into zero.
    (value * scale).round() / scale + 0.0
}

/// Returns a count as a float; beyond 2³² it stays there.
pub(crate) fn float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Returns a number between -1 and 1 that looks random and depends on its arguments alone (SplitMix64).
pub(crate) fn noise(seed: u64, n: u64) -> f64 {
    let mut x = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(n).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    float((x ^ (x >> 31)) >> 32) / f64::from(u32::MAX) * 2.0 - 1.0
}

/// Returns a number that goes from -1 to 1 and back in `period` steps.
pub(crate) fn swing(n: u64, period: u64) -> f64 {
    let place = float(n % period.max(1)) / float(period.max(1));
    1.0 - 4.0 * (place - 0.5).abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_within_bounds() {
        assert_eq!((byte(-3.0), byte(127.5), byte(1e300), byte(f64::NAN)), (0, 128, 255, 0));
        assert_eq!((whole(f64::MAX), whole(-0.4)), (i64::MAX, 0));
        assert_eq!(rounded(-0.001, 2).to_string(), "0");
        for n in 0..1000 {
            assert!(noise(7, n).abs() <= 1.0 && swing(n, 60).abs() <= 1.0);
        }
        assert!((noise(7, 1) - noise(7, 2)).abs() > 1e-9);
    }
}
