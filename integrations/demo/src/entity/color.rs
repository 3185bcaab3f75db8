//! Colours from one system to another, as Home Assistant's `util/color.py` has them.

use super::convert::{byte, rounded};

/// Returns hue (0 to 360) and saturation (0 to 100), three decimals each.
pub(crate) fn rgb_to_hs(rgb: [u8; 3]) -> [f64; 2] {
    let [r, g, b] = rgb.map(|part| f64::from(part) / 255.0);
    let max = r.max(g).max(b);
    let spread = max - r.min(g).min(b);
    if spread == 0.0 {
        return [0.0, 0.0];
    }
    let sixths = if max == r {
        ((g - b) / spread).rem_euclid(6.0)
    } else if max == g {
        (b - r) / spread + 2.0
    } else {
        (r - g) / spread + 4.0
    };
    [rounded(sixths * 60.0, 3), rounded(spread / max * 100.0, 3)]
}

/// Returns the brightest red, green and blue of a hue and saturation.
pub(crate) fn hs_to_rgb([hue, saturation]: [f64; 2]) -> [u8; 3] {
    let saturation = (saturation / 100.0).clamp(0.0, 1.0);
    // Each part is what is left when the others' share is taken off.
    [5.0, 3.0, 1.0].map(|offset| {
        let k = (offset + hue / 60.0).rem_euclid(6.0);
        byte(255.0 * (1.0 - saturation * k.min(4.0 - k).clamp(0.0, 1.0)))
    })
}

/// Returns a place in the CIE 1931 colour space, three decimals each.
pub(crate) fn rgb_to_xy(rgb: [u8; 3]) -> [f64; 2] {
    let [r, g, b] = rgb.map(|part| {
        let part = f64::from(part) / 255.0;
        if part > 0.04045 { ((part + 0.055) / 1.055).powf(2.4) } else { part / 12.92 }
    });
    let x = r * 0.664_511 + g * 0.154_324 + b * 0.162_028;
    let y = r * 0.283_881 + g * 0.668_433 + b * 0.047_685;
    let z = r * 0.000_088 + g * 0.072_310 + b * 0.986_039;
    let sum = x + y + z;
    if sum == 0.0 { [0.0, 0.0] } else { [rounded(x / sum, 3), rounded(y / sum, 3)] }
}

/// Returns the brightest red, green and blue at a place in the CIE 1931 colour space.
pub(crate) fn xy_to_rgb([x, y]: [f64; 2]) -> [u8; 3] {
    let y = if y == 0.0 { 1e-11 } else { y };
    let (big_x, big_z) = (x / y, (1.0 - x - y) / y);
    let linear = [
        big_x * 1.656_492 - 0.354_851 - big_z * 0.255_038,
        -big_x * 0.707_196 + 1.655_397 + big_z * 0.036_152,
        big_x * 0.051_713 - 0.121_364 + big_z * 1.011_530,
    ];
    let parts = linear.map(|part| {
        let part = if part <= 0.003_130_8 { 12.92 * part } else { 1.055 * part.powf(1.0 / 2.4) - 0.055 };
        part.max(0.0)
    });
    let max = parts.iter().copied().fold(1.0, f64::max);
    // Cut, not rounded.
    parts.map(|part| byte((part / max * 255.0).floor()))
}

/// Returns the red, green and blue of white light of so many kelvin, after Tanner Helland.
pub(crate) fn kelvin_to_rgb(kelvin: f64) -> [u8; 3] {
    let hundreds = kelvin.clamp(1_000.0, 40_000.0) / 100.0;
    let warm = hundreds <= 66.0;
    let red = if warm { 255.0 } else { 329.698_727_446 * (hundreds - 60.0).powf(-0.133_204_759_2) };
    let green = if warm {
        99.470_802_586_1 * hundreds.ln() - 161.119_568_166_1
    } else {
        288.122_169_528_3 * (hundreds - 60.0).powf(-0.075_514_849_2)
    };
    let blue = if hundreds >= 66.0 {
        255.0
    } else if hundreds <= 19.0 {
        0.0
    } else {
        138.517_731_223_1 * (hundreds - 10.0).ln() - 305.044_792_730_7
    };
    [byte(red), byte(green), byte(blue)]
}

/// Returns the same light with what is common to the three parts as white, as bright as before.
pub(crate) fn rgb_to_rgbw(rgb: [u8; 3]) -> [u8; 4] {
    let white = rgb.into_iter().min().unwrap_or(0);
    let [r, g, b] = scaled(rgb.map(f64::from), rgb.map(|part| f64::from(part - white)));
    [r, g, b, white]
}

/// Returns the same light without white, no brighter than before.
pub(crate) fn rgbw_to_rgb([r, g, b, white]: [u8; 4]) -> [u8; 3] {
    let rgb = [r, g, b].map(f64::from);
    let [r, g, b] = rgb.map(|part| part + f64::from(white));
    let before = [rgb.into_iter().fold(f64::from(white), f64::max); 3];
    scaled(before, [r, g, b])
}

/// Scales `parts` so that its greatest is that of `like`.
fn scaled(like: [f64; 3], parts: [f64; 3]) -> [u8; 3] {
    let (wanted, max) = (like.into_iter().fold(0.0, f64::max), parts.into_iter().fold(0.0, f64::max));
    let factor = if max == 0.0 { 0.0 } else { wanted / max };
    parts.map(|part| byte(part * factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rgb: [u8; 3], hs: [f64; 2], xy: [f64; 2]) {
        assert_eq!(rgb_to_hs(rgb), hs);
        assert_eq!(hs_to_rgb(hs), rgb);
        assert_eq!(rgb_to_xy(rgb), xy);
    }

    #[test]
    fn colours_agree_with_home_assistants_own_tests() {
        check([255, 255, 255], [0.0, 0.0], [0.323, 0.329]);
        check([255, 0, 0], [0.0, 100.0], [0.701, 0.299]);
        check([0, 255, 0], [120.0, 100.0], [0.172, 0.747]);
        check([0, 0, 255], [240.0, 100.0], [0.136, 0.04]);
        assert_eq!(hs_to_rgb([360.0, 100.0]), [255, 0, 0]);
        assert_eq!(xy_to_rgb([0.35, 0.35]), [255, 243, 222]);
        assert_eq!(xy_to_rgb([1.0, 0.0]), [255, 0, 60]);
        assert_eq!(kelvin_to_rgb(6_600.0), [255, 255, 255]);
        assert_eq!(rgb_to_rgbw([255, 127, 127]), [255, 0, 0, 127]);
        assert_eq!(rgbw_to_rgb([255, 0, 0, 127]), [255, 85, 85]);
        assert_eq!(rgb_to_rgbw([0, 0, 0]), [0, 0, 0, 0]);
    }
}
