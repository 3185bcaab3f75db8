//! A form or a query, as it was sent.

use url::form_urlencoded;

/// The most fields that are read: no form of ours has more.
const MAX_FIELDS: usize = 5000;

/// Names and values, decoded, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `a=b&c=d`. `None` for more fields than any form has.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let pairs: Vec<_> = form_urlencoded::parse(text).take(MAX_FIELDS + 1).collect();
        if pairs.len() > MAX_FIELDS {
            return None;
        }
        Some(Self(pairs.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()))
    }

    /// Returns the last value of a field, without spaces around it; empty if it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// Returns the last value of a field as it is: for passwords.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.0.iter().rev().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// Returns a field that something stands in.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|value| !value.is_empty())
    }

    /// Tells whether there is a field, whatever stands in it.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// Tells whether a field has a value: of boxes that are ticked.
    pub(crate) fn ticked(&self, name: &str, value: &str) -> bool {
        self.0.iter().any(|(key, given)| key == name && given == value)
    }

    /// Returns all values of a field.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// Returns every field.
    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Takes a field out.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        let value = self.has(name).then(|| self.get(name).to_owned());
        self.0.retain(|(key, _)| key != name);
        value
    }

    /// Writes it as it was sent.
    pub(crate) fn to_text(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

/// Encodes one part of an address.
pub(crate) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_comes_back_as_it_was() {
        let sent = b"a=1&b=%26%3Cx%3E&a=+2+&c";
        let mut form = Form::read(sent).unwrap();
        assert_eq!((form.get("a"), form.raw("a"), form.get("b"), form.get("none")), ("2", " 2 ", "&<x>", ""));
        assert!(form.ticked("a", "1") && form.has("c") && form.filled("c").is_none());
        assert_eq!(form.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(Form::read(form.to_text().as_bytes()).unwrap(), form);
        assert_eq!(form.take("a").as_deref(), Some("2"));
        assert_eq!(form.to_text(), "b=%26%3Cx%3E&c=");
        assert_eq!(encoded("a b/ü"), "a%20b%2F%C3%BC");
    }

    #[test]
    fn more_fields_than_any_form_has_are_refused() {
        assert!(Form::read("a=&".repeat(MAX_FIELDS).as_bytes()).is_some());
        assert!(Form::read("a=&".repeat(MAX_FIELDS + 1).as_bytes()).is_none());
    }
}
