//! Colours from one system to another.

/// A colour as a device says it or is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Color {
    /// White, in kelvin.
    Kelvin(f64),
    /// Hue (0 to 360) and saturation (0 to 100).
    Hs([f64; 2]),
    /// Red, green and blue.
    Rgb([u8; 3]),
    /// A place in the CIE 1931 colour space.
    Xy([f64; 2]),
}

impl Color {
    /// Returns red, green and blue.
    pub(crate) fn rgb(self) -> [u8; 3] {
        match self {
            Self::Kelvin(kelvin) => kelvin_to_rgb(kelvin),
            Self::Hs(hs) => hs_to_rgb(hs),
            Self::Rgb(rgb) => rgb,
            Self::Xy(xy) => xy_to_rgb(xy),
        }
    }

    /// Returns hue and saturation, three decimals each.
    pub(crate) fn hs(self) -> [f64; 2] {
        if let Self::Hs(hs) = self { hs } else { rgb_to_hs(self.rgb()) }
    }

    /// Returns a place in the CIE 1931 colour space, three decimals each.
    pub(crate) fn xy(self) -> [f64; 2] {
        if let Self::Xy(xy) = self { xy } else { rgb_to_xy(self.rgb()) }
    }
}

/// Returns the nearest byte.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "floats to integers saturate")]
pub(crate) fn byte(value: f64) -> u8 {
    value.round() as u8
}

/// Returns mireds of kelvin, or kelvin of mireds.
pub(crate) fn inverse(value: f64) -> f64 {
    if value > 0.0 { (1_000_000.0 / value).floor() } else { 0.0 }
}

pub(crate) fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale + 0.0
}

fn rgb_to_hs(rgb: [u8; 3]) -> [f64; 2] {
    let [red, green, blue] = rgb.map(f64::from);
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    let range = most - least;
    if range <= 0.0 {
        return [0.0, 0.0];
    }
    // In sixths of the circle, from the strongest part.
    let sixth = if red >= most {
        (green - blue) / range
    } else if green >= most {
        2.0 + (blue - red) / range
    } else {
        4.0 + (red - green) / range
    };
    [rounded((sixth * 60.0).rem_euclid(360.0), 3), rounded(range / most * 100.0, 3)]
}

fn hs_to_rgb([hue, saturation]: [f64; 2]) -> [u8; 3] {
    let saturation = (saturation / 100.0).clamp(0.0, 1.0);
    let part = |shift: f64| {
        let place = (hue / 60.0 + shift).rem_euclid(6.0);
        byte(255.0 - 255.0 * saturation * place.min(4.0 - place).clamp(0.0, 1.0))
    };
    [part(5.0), part(3.0), part(1.0)]
}

fn rgb_to_xy(rgb: [u8; 3]) -> [f64; 2] {
    let [red, green, blue] = rgb.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    // The matrix of Wide RGB D65, which Home Assistant's lights use.
    let x = 0.664_511 * red + 0.154_324 * green + 0.162_028 * blue;
    let y = 0.283_881 * red + 0.668_433 * green + 0.047_685 * blue;
    let z = 0.000_088 * red + 0.072_310 * green + 0.986_039 * blue;
    let all = x + y + z;
    if all <= 0.0 { [0.0, 0.0] } else { [rounded(x / all, 3), rounded(y / all, 3)] }
}

fn xy_to_rgb([x, y]: [f64; 2]) -> [u8; 3] {
    let y = y.max(1e-11);
    let (big_x, big_z) = (x / y, (1.0 - x - y) / y);
    let red = 1.656_492 * big_x - 0.354_851 - 0.255_038 * big_z;
    let green = -0.707_196 * big_x + 1.655_397 + 0.036_152 * big_z;
    let blue = 0.051_713 * big_x - 0.121_364 + 1.011_530 * big_z;
    let parts = [red, green, blue].map(|part| {
        let part = if part <= 0.003_130_8 { 12.92 * part } else { 1.055 * part.powf(1.0 / 2.4) - 0.055 };
        part.max(0.0)
    });
    let most = parts.into_iter().fold(1e-9, f64::max);
    parts.map(|part| byte(part / most * 255.0))
}

/// The usual approximation of a black body's colour (Tanner Helland's), which Home Assistant uses too.
fn kelvin_to_rgb(kelvin: f64) -> [u8; 3] {
    let t = kelvin.clamp(1_000.0, 40_000.0) / 100.0;
    let (red, green) = if t <= 66.0 {
        (255.0, 99.470_802_586_1 * t.ln() - 161.119_568_166_1)
    } else {
        (329.698_727_446 * (t - 60.0).powf(-0.133_204_759_2), 288.122_169_528_3 * (t - 60.0).powf(-0.075_514_849_2))
    };
    let blue = match t {
        t if t >= 66.0 => 255.0,
        t if t <= 19.0 => 0.0,
        t => 138.517_731_223_1 * (t - 10.0).ln() - 305.044_792_730_7,
    };
    [byte(red), byte(green), byte(blue)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_convert() {
        assert_eq!(Color::Hs([0.0, 100.0]).rgb(), [255, 0, 0]);
        assert_eq!(Color::Hs([240.0, 100.0]).rgb(), [0, 0, 255]);
        assert_eq!(Color::Rgb([0, 255, 0]).hs(), [120.0, 100.0]);
        assert_eq!(Color::Rgb([0, 0, 0]).hs(), [0.0, 0.0]);
        assert_eq!(Color::Rgb([255, 255, 255]).xy(), [0.323, 0.329]);
        assert_eq!(Color::Kelvin(2_700.0).rgb(), [255, 167, 87]);
        assert_eq!((inverse(250.0), inverse(0.0)), (4_000.0, 0.0));
    }
}
