//! Output text to the value it spells, by Home Assistant's rule.
//!
//! The text is read as a Python literal. A string literal stays as it was written, quotes and all; a bare number
//! becomes a number only in plain decimal notation, so `1e5`, `05` and `1_000` stay text.

use serde_json::{Map, Number, Value};

/// Returns what `text` spells as a Python literal, or `text` itself.
pub(crate) fn parse(text: &str) -> Value {
    let as_text = || Value::String(text.to_owned());
    let mut reader = Reader { rest: text.trim_matches([' ', '\t']), depth: 0 };
    let Some(literal) = reader.tuple_or_one().filter(|_| reader.rest.is_empty()) else { return as_text() };
    match literal {
        Literal::Text(_) => as_text(),
        Literal::Json(Value::Number(_)) if !is_plain_number(text) => as_text(),
        Literal::Json(value) => value,
    }
}

/// Home Assistant's `^[+-]?(?!0\d)\d*(?:\.\d*)?$`.
fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    !leading_zero && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
}

enum Literal {
    Text(String),
    Json(Value),
}

impl Literal {
    fn into_json(self) -> Value {
        match self {
            Self::Text(text) => Value::String(text),
            Self::Json(value) => value,
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    /// What stands at the top level: one literal, or some with commas between, which Python reads as a tuple.
    fn tuple_or_one(&mut self) -> Option<Literal> {
        let first = self.literal()?;
        self.blank();
        if !self.rest.starts_with(',') {
            return Some(first);
        }
        let mut items = vec![first.into_json()];
        while self.take(",") {
            self.blank();
            if self.rest.is_empty() {
                break;
            }
            items.push(self.literal()?.into_json());
            self.blank();
        }
        Some(Literal::Json(Value::Array(items)))
    }

    fn literal(&mut self) -> Option<Literal> {
        self.depth += 1;
        if self.depth > 100 {
            return None;
        }
        self.blank();
        let literal = match self.rest.chars().next()? {
            '[' => Literal::Json(Value::Array(self.items("[", "]")?.0)),
            '(' => {
                let (mut items, trailing) = self.items("(", ")")?;
                match items.len() {
                    1 if !trailing => Literal::Json(items.pop()?),
                    _ => Literal::Json(Value::Array(items)),
                }
            }
            '{' => Literal::Json(self.dict_or_set()?),
            '\'' | '"' => self.string()?,
            'T' if self.word("True") => Literal::Json(Value::Bool(true)),
            'F' if self.word("False") => Literal::Json(Value::Bool(false)),
            'N' if self.word("None") => Literal::Json(Value::Null),
            's' if self.take("set()") => Literal::Json(Value::Array(Vec::new())),
            '0'..='9' | '.' | '+' | '-' => Literal::Json(self.number()?),
            _ => return None,
        };
        self.depth -= 1;
        Some(literal)
    }

    /// Reads items up to `close`, and whether a comma came last.
    fn items(&mut self, open: &str, close: &str) -> Option<(Vec<Value>, bool)> {
        let mut items = Vec::new();
        let mut trailing = false;
        if !self.take(open) {
            return None;
        }
        loop {
            self.blank();
            if self.take(close) {
                return Some((items, trailing));
            }
            if !items.is_empty() && !trailing {
                return None;
            }
            items.push(self.literal()?.into_json());
            self.blank();
            trailing = self.take(",");
        }
    }

    fn dict_or_set(&mut self) -> Option<Value> {
        self.take("{");
        self.blank();
        if self.take("}") {
            return Some(Value::Object(Map::new()));
        }
        let first = self.literal()?.into_json();
        self.blank();
        if self.rest.starts_with(':') { self.dict(first) } else { self.set(first) }
    }

    fn dict(&mut self, first: Value) -> Option<Value> {
        let mut map = Map::new();
        let mut key = first;
        loop {
            let name = match key {
                Value::String(key) => key,
                Value::Null => "null".to_owned(),
                Value::Bool(key) => key.to_string(),
                Value::Number(key) => key.to_string(),
                Value::Array(_) | Value::Object(_) => return None,
            };
            if !self.take(":") {
                return None;
            }
            map.insert(name, self.literal()?.into_json());
            self.blank();
            let more = self.take(",");
            self.blank();
            if self.take("}") {
                return Some(Value::Object(map));
            }
            if !more {
                return None;
            }
            key = self.literal()?.into_json();
            self.blank();
        }
    }

    fn set(&mut self, first: Value) -> Option<Value> {
        let mut items = vec![first];
        loop {
            let more = self.take(",");
            self.blank();
            if self.take("}") {
                return Some(Value::Array(items));
            }
            if !more {
                return None;
            }
            let item = self.literal()?.into_json();
            self.blank();
            // Finding duplicates is quadratic, so a long set keeps them.
            if items.len() > 1000 || !items.contains(&item) {
                items.push(item);
            }
        }
    }

    fn number(&mut self) -> Option<Value> {
        let negative = self.rest.starts_with('-');
        self.rest = self.rest.strip_prefix(['+', '-']).unwrap_or(self.rest);
        let mut previous = ' ';
        let end = self
            .rest
            .find(|c: char| {
                let part = c.is_ascii_digit()
                    || matches!(c, '.' | '_' | 'e' | 'E')
                    || (matches!(c, '+' | '-') && matches!(previous, 'e' | 'E'));
                previous = c;
                !part
            })
            .unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return None;
        }
        let sign = if negative { "-" } else { "" };
        let plain = format!("{sign}{}", digits.replace('_', ""));
        if digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
            let zeros = digits.bytes().all(|byte| byte == b'0' || byte == b'_');
            if (digits.len() > 1 && digits.starts_with('0') && !zeros) || digits.ends_with('_') {
                return None;
            }
            return plain.parse::<i64>().map(Value::from).or_else(|_| plain.parse::<u64>().map(Value::from)).ok();
        }
        let float: f64 = plain.parse().ok()?;
        Some(Number::from_f64(float).map_or(Value::Null, Value::Number))
    }

    /// Reads a string, or several with only blanks between, which Python joins.
    fn string(&mut self) -> Option<Literal> {
        let mut text = String::new();
        loop {
            let quote = self.rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
            let mut chars = self.rest.char_indices();
            chars.next();
            let end = loop {
                match chars.next()? {
                    (at, c) if c == quote => break at + 1,
                    (_, '\n') => return None,
                    (_, '\\') => match chars.next()?.1 {
                        'n' => text.push('\n'),
                        't' => text.push('\t'),
                        'r' => text.push('\r'),
                        c @ ('\\' | '\'' | '"') => text.push(c),
                        'x' => text.push(hex(&mut chars, 2)?),
                        'u' => text.push(hex(&mut chars, 4)?),
                        'U' => text.push(hex(&mut chars, 8)?),
                        '0' => text.push('\0'),
                        '\n' => {}
                        other => text.extend(['\\', other]),
                    },
                    (_, c) => text.push(c),
                }
            };
            self.rest = self.rest.get(end..)?;
            let after = self.rest;
            self.blank();
            if !self.rest.starts_with(['\'', '"']) {
                self.rest = after;
                return Some(Literal::Text(text));
            }
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(word) else { return false };
        if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return false;
        }
        self.rest = rest;
        true
    }

    fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn blank(&mut self) {
        // Outside brackets a line break ends an expression.
        let inside = self.depth > 1 || self.rest.len() < 2;
        self.rest = self.rest.trim_start_matches(|c| matches!(c, ' ' | '\t') || (inside && matches!(c, '\n' | '\r')));
    }
}

fn hex(chars: &mut std::str::CharIndices<'_>, n: u32) -> Option<char> {
    let mut code = 0_u32;
    for _ in 0..n {
        code = code.checked_mul(16)?.checked_add(chars.next()?.1.to_digit(16)?)?;
    }
    char::from_u32(code)
}

#[cfg(test)]
mod tests;
