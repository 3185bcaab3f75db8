//! Percent-encoding, queries and forms.

use axum::{
    body::Body,
    extract::{FromRequest, Multipart},
    http::{HeaderMap, Request, header},
};
use bytes::Bytes;

/// The most pairs in one form or query.
const MAX_PAIRS: usize = 256;

/// Decodes percent-encoding once; `plus` makes a space of `+`. `None` for what is no UTF-8 or no encoding.
pub(crate) fn decode(text: &str, plus: bool) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                decoded.push(u8::try_from(high * 16 + low).ok()?);
            }
            b'+' if plus => decoded.push(b' '),
            other => decoded.push(other),
        }
    }
    String::from_utf8(decoded).ok()
}

/// Decodes `a=b&c=d`, in order.
pub(crate) fn decode_pairs(text: &str) -> Option<Vec<(String, String)>> {
    let pairs: Vec<_> = text.split('&').filter(|pair| !pair.is_empty()).collect();
    if pairs.len() > MAX_PAIRS {
        return None;
    }
    let pair = |pair: &&str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decode(name, true)?, decode(value, true)?))
    };
    pairs.iter().map(pair).collect()
}

/// Reads a form, multipart or URL-encoded. Anything else is an empty form, as Home Assistant has it.
pub(crate) async fn read(headers: &HeaderMap, body: Bytes) -> Option<Vec<(String, String)>> {
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?.to_ascii_lowercase();
    if content_type.starts_with("application/x-www-form-urlencoded") {
        return decode_pairs(std::str::from_utf8(&body).ok()?);
    }
    if !content_type.starts_with("multipart/form-data") {
        return Some(Vec::new());
    }
    let mut request = Request::new(Body::from(body));
    request.headers_mut().insert(header::CONTENT_TYPE, headers.get(header::CONTENT_TYPE)?.clone());
    let mut form = Multipart::from_request(request, &()).await.ok()?;
    let mut pairs = Vec::new();
    while let Some(field) = form.next_field().await.ok()? {
        let name = field.name()?.to_owned();
        pairs.push((name, field.text().await.ok()?));
        if pairs.len() > MAX_PAIRS {
            return None;
        }
    }
    Some(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_is_strict() {
        assert_eq!(decode("a%20b+c", true).as_deref(), Some("a b c"));
        assert_eq!(decode("a+b", false).as_deref(), Some("a+b"));
        for bad in ["%", "%2", "%zz", "%ff", "%c0%ae"] {
            assert_eq!(decode(bad, false), None, "{bad}");
        }
        assert_eq!(
            decode_pairs("a=1&b&=x&a=%26"),
            Some(vec![
                ("a".into(), "1".into()),
                ("b".into(), String::new()),
                (String::new(), "x".into()),
                ("a".into(), "&".into()),
            ])
        );
    }
}
