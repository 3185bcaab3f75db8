//! Ids from names, as Home Assistant makes them.

/// Returns `name` as an id: lower case, everything but letters and digits as single `_`, accents of Latin letters
/// dropped. Never empty: `unknown` where nothing is left.
///
/// Home Assistant transliterates every script; here letters outside Latin count as separators.
pub fn slugify(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        match plain_latin(c) {
            "" => {
                if c.is_ascii_alphanumeric() {
                    slug.push(c);
                } else if c != '\'' && !slug.is_empty() && !slug.ends_with('_') {
                    slug.push('_');
                }
            }
            letters => slug.push_str(letters),
        }
    }
    let trimmed = slug.trim_end_matches('_').len();
    slug.truncate(trimmed);
    if slug.is_empty() { "unknown".to_owned() } else { slug }
}

/// Returns `name` as two names are compared: case folded, without white space.
pub fn normalize_name(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect::<String>().replace('ß', "ss")
}

fn plain_latin(c: char) -> &'static str {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' | 'ĉ' | 'ċ' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' | 'ė' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => "i",
        'ł' | 'ľ' | 'ļ' => "l",
        'ñ' | 'ń' | 'ň' | 'ņ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ř' => "r",
        'ß' => "ss",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ť' | 'ţ' | 'ț' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: &str) {
        assert_eq!(slugify(name), expected, "{name:?}");
    }

    #[test]
    fn slugs_are_ids() {
        check("Living Room", "living_room");
        check("  Küche & Flur! ", "kuche_flur");
        check("Kid's room", "kids_room");
        check("Straße", "strasse");
        check("__a__b__", "a_b");
        check("客厅", "unknown");
        check("", "unknown");
        assert_eq!(normalize_name("Living  Room"), normalize_name("livingROOM"));
    }
}
