//! A picture for each integration: its first letter on a colour of its own. Home Assistant fetches the makers' marks from the
//! internet; here nothing is fetched, and nobody learns which integrations a home has.

/// Returns the picture as SVG; none for what is no integration's name. The same for everybody: it is made of the name alone.
pub fn brand_image(domain: &str) -> Option<String> {
    let is_name = (1..=64).contains(&domain.len())
        && domain.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let first = domain.chars().find(|c| *c != '_').filter(|_| is_name)?;
    // Any spread will do, as long as it stays.
    let hue = domain.bytes().fold(0_u32, |hue, byte| (hue * 31 + u32::from(byte)) % 360);
    let letter = first.to_ascii_uppercase();
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\"><rect width=\"64\" height=\"64\" rx=\"12\" \
         fill=\"hsl({hue} 45% 40%)\"/><text x=\"32\" y=\"44\" font-family=\"sans-serif\" font-size=\"34\" \
         text-anchor=\"middle\" fill=\"#fff\">{letter}</text></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_have_pictures() {
        assert!(brand_image("mqtt").is_some_and(|svg| svg.contains(">M</text>")));
        assert_ne!(brand_image("mqtt"), brand_image("moon"));
        for bad in ["", "_", "<b>", "a/b", "É", &"x".repeat(65)] {
            assert_eq!(brand_image(bad), None, "{bad}");
        }
    }
}
