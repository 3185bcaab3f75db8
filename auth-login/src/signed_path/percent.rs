//! Percent-encoding of paths and queries.

/// Decodes a path, leaving `%25` and `%2F` as they are (in capitals): decoding those would make one path of two.
///
/// `None` if a `%` is not followed by two hex digits, or the result is not UTF-8 or has control characters.
pub(super) fn decode_path(path: &str) -> Option<String> {
    decode(path, |byte, out| match byte {
        b'%' => out.extend(b"%25"),
        b'/' => out.extend(b"%2F"),
        _ => out.push(byte),
    })
}

/// Decodes a key or a value of a query, where `+` is a space; `None` as for [`decode_path`].
pub(super) fn decode_component(text: &str) -> Option<String> {
    decode(&text.replace('+', " "), |byte, out| out.push(byte))
}

/// Encodes a key or a value of a query: all but `[A-Za-z0-9._~-]`.
pub(crate) fn encode_component(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"._~-".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn decode(text: &str, push: impl Fn(u8, &mut Vec<u8>)) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let (high, low) = (hex(bytes.next()?)?, hex(bytes.next()?)?);
            push(high << 4 | low, &mut out);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok().filter(|text| !text.contains(char::is_control))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
