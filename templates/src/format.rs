//! Python's two ways to format: `'%d' % 5` and `'{:>4}'.format('a')`.
//!
//! Written here rather than taken from the engine, whose formatter takes any width and does not expect text beyond
//! ASCII in a field.

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use crate::context::Context;
use crate::error::{type_error, value_error};
use crate::functions::get_item;
use crate::python;
use crate::value::{Num, float_to_int, items, type_name};

/// The widest field and the longest fraction.
const WIDEST: usize = 1000;

/// How one field is to look.
#[derive(Clone, Debug, Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    zero: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// Python's `format % args`.
pub(crate) fn percent(context: &Context, format: &str, args: &Value) -> Result<Value, Error> {
    context.charge(format.len())?;
    let all = if args.is_tuple() { items(context, args)? } else { vec![args.clone()] };
    let mut rest_args = all.iter();
    let mut out = String::new();
    let mut reader = Reader { rest: format };
    while let Some(c) = reader.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut named = None;
        if reader.take('(') {
            let name = reader.until(')').ok_or_else(|| value_error("incomplete format key"))?;
            named = Some(get_item(context, args, &Value::from(name))?);
        }
        let mut spec = Spec { align: Some('>'), ..Spec::default() };
        while let Some(flag) = reader.peek().filter(|c| "#0- +".contains(*c)) {
            reader.next();
            match flag {
                '#' => spec.alternate = true,
                '0' => spec.zero = true,
                '-' => spec.align = Some('<'),
                '+' => spec.sign = Some('+'),
                _ => spec.sign = spec.sign.or(Some(' ')),
            }
        }
        spec.zero &= spec.align != Some('<');
        spec.width = reader.number()?.unwrap_or(0);
        if reader.take('.') {
            spec.precision = Some(reader.number()?.unwrap_or(0));
        }
        while reader.peek().is_some_and(|c| "hlL".contains(c)) {
            reader.next();
        }
        let kind = reader.next().ok_or_else(|| value_error("incomplete format"))?;
        if kind == '%' {
            out.push('%');
            continue;
        }
        let value = match &named {
            Some(value) => value,
            None => rest_args.next().ok_or_else(|| type_error("not enough arguments for format string"))?,
        };
        spec.kind = Some(kind);
        let text = match kind {
            's' | 'r' | 'a' => {
                let text = if kind == 's' { python::str(context, value)? } else { python::repr(context, value)? };
                padded(cut(text, spec.precision), &spec, '<')
            }
            'd' | 'i' | 'u' => {
                let number = match Num::of(value) {
                    Some(Num::Float(float)) => Num::Int(float_to_int(float)?),
                    Some(int) => int,
                    None => return Err(needs_number(kind, value)),
                };
                spec.kind = Some('d');
                number_text(number, &spec)?
            }
            'o' | 'x' | 'X' => match Num::of(value) {
                Some(number @ Num::Int(_)) => number_text(number, &spec)?,
                _ => return Err(needs_number(kind, value)),
            },
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => match Num::of(value) {
                Some(number) => number_text(Num::Float(number.as_f64()), &spec)?,
                None => return Err(type_error(format!("must be real number, not {}", type_name(value)))),
            },
            'c' => padded(python::str(context, value)?.chars().take(1).collect(), &spec, '>'),
            other => return Err(value_error(format!("unsupported format character '{other}'"))),
        };
        context.charge(text.len())?;
        out.push_str(&text);
    }
    let by_name = args.kind() == ValueKind::Map || !args.is_tuple() && args.kind() == ValueKind::Seq;
    if rest_args.next().is_some() && !by_name {
        return Err(type_error("not all arguments converted during string formatting"));
    }
    Ok(Value::from(out))
}

fn needs_number(kind: char, value: &Value) -> Error {
    type_error(format!("%{kind} format: a real number is required, not {}", type_name(value)))
}

/// Python's `format.format(*args, **named)`.
pub(crate) fn braces(context: &Context, format: &str, args: &[Value]) -> Result<Value, Error> {
    context.charge(format.len())?;
    let (args, named) = match args.split_last() {
        Some((last, rest)) if last.is_kwargs() => (rest, Some(last)),
        _ => (args, None),
    };
    let mut next = 0_usize;
    let mut out = String::new();
    let mut reader = Reader { rest: format };
    while let Some(c) = reader.next() {
        match c {
            '{' | '}' if reader.take(c) => out.push(c),
            '}' => return Err(value_error("Single '}' encountered in format string")),
            '{' => {
                let field = reader.until('}').ok_or_else(|| value_error("Single '{' encountered in format string"))?;
                if field.contains('{') {
                    return Err(value_error("a field in a format is not supported"));
                }
                let (path, spec) = field.split_once(':').unwrap_or((field, ""));
                let (path, conversion) = path.split_once('!').unwrap_or((path, "s"));
                let end = path.find(['.', '[']).unwrap_or(path.len());
                let (first, steps) = path.split_at_checked(end).unwrap_or((path, ""));
                let value = if first.is_empty() {
                    next += 1;
                    args.get(next - 1).cloned()
                } else if let Ok(at) = first.parse::<usize>() {
                    args.get(at).cloned()
                } else {
                    named.and_then(Value::as_object).and_then(|named| named.get_value(&Value::from(first)))
                };
                let value = value.ok_or_else(|| value_error(format!("no argument for format field '{first}'")))?;
                let value = follow(context, value, steps)?;
                let text = if conversion == "r" {
                    padded(python::repr(context, &value)?, &Spec::parse(spec)?, '<')
                } else {
                    value_text(context, &value, spec)?
                };
                context.charge(text.len())?;
                out.push_str(&text);
            }
            c => out.push(c),
        }
    }
    Ok(Value::from(out))
}

/// What `.a[b]` leads to.
fn follow(context: &Context, mut value: Value, mut steps: &str) -> Result<Value, Error> {
    while !steps.is_empty() {
        let key = if let Some(rest) = steps.strip_prefix('[') {
            let (key, rest) = rest.split_once(']').ok_or_else(|| value_error("Missing ']' in format string"))?;
            steps = rest;
            key.parse::<i64>().map_or_else(|_| Value::from(key), Value::from)
        } else {
            let rest = steps.strip_prefix('.').ok_or_else(|| value_error("Only '.' or '[' may follow ']'"))?;
            let (key, left) = rest.split_at_checked(rest.find(['.', '[']).unwrap_or(rest.len())).unwrap_or((rest, ""));
            steps = left;
            Value::from(key)
        };
        value = get_item(context, &value, &key)?;
    }
    Ok(value)
}

/// Python's `format(value, spec)`.
fn value_text(context: &Context, value: &Value, spec: &str) -> Result<String, Error> {
    if spec.is_empty() {
        return python::str(context, value);
    }
    if let Some(moment) = value.downcast_object_ref::<crate::moment::Moment>() {
        context.charge(spec.len().saturating_mul(64))?;
        return moment.strftime(spec);
    }
    let spec = Spec::parse(spec)?;
    let number = Num::of(value).filter(|_| value.kind() == ValueKind::Number);
    match (number, spec.kind) {
        (Some(Num::Int(int)), None | Some('d' | 'n' | 'b' | 'o' | 'x' | 'X')) => number_text(Num::Int(int), &spec),
        (Some(number), Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%')) => {
            number_text(Num::Float(number.as_f64()), &spec)
        }
        (Some(Num::Float(float)), None) => {
            let kind = spec.precision.map(|_| 'g');
            number_text(Num::Float(float), &Spec { kind, ..spec })
        }
        (None, None | Some('s')) => Ok(padded(cut(python::str(context, value)?, spec.precision), &spec, '<')),
        (_, kind) => Err(value_error(format!(
            "Unknown format code '{}' for object of type '{}'",
            kind.unwrap_or(' '),
            type_name(value)
        ))),
    }
}

impl Spec {
    /// Reads `[[fill]align][sign][#][0][width][grouping][.precision][type]`.
    fn parse(text: &str) -> Result<Self, Error> {
        let mut spec = Self::default();
        let mut reader = Reader { rest: text };
        let is_align = |c: char| "<>^=".contains(c);
        let mut ahead = text.chars();
        match (ahead.next(), ahead.next()) {
            (Some(fill), Some(align)) if is_align(align) => {
                reader.next();
                reader.next();
                (spec.fill, spec.align) = (Some(fill), Some(align));
            }
            (Some(align), _) if is_align(align) => {
                reader.next();
                spec.align = Some(align);
            }
            _ => {}
        }
        if let Some(sign) = reader.peek().filter(|c| "+- ".contains(*c)) {
            reader.next();
            spec.sign = Some(sign);
        }
        spec.alternate = reader.take('#');
        spec.zero = reader.take('0');
        spec.width = reader.number()?.unwrap_or(0);
        if let Some(grouping) = reader.peek().filter(|c| ",_".contains(*c)) {
            reader.next();
            spec.grouping = Some(grouping);
        }
        if reader.take('.') {
            spec.precision = Some(reader.number()?.ok_or_else(|| value_error("Format specifier missing precision"))?);
        }
        spec.kind = reader.next();
        if reader.next().is_some() {
            return Err(value_error("Invalid format specifier"));
        }
        Ok(spec)
    }
}

/// A number's text with sign, groups, zeros and padding.
fn number_text(number: Num, spec: &Spec) -> Result<String, Error> {
    let kind = spec.kind.unwrap_or('d');
    let (negative, prefix, body) = match number {
        Num::Int(int) => {
            let size = int.unsigned_abs();
            let (prefix, digits) = match kind {
                'b' => ("0b", format!("{size:b}")),
                'o' => ("0o", format!("{size:o}")),
                'x' => ("0x", format!("{size:x}")),
                'X' => ("0X", format!("{size:X}")),
                _ => ("", size.to_string()),
            };
            (int < 0, if spec.alternate { prefix } else { "" }, digits)
        }
        Num::Float(float) => {
            let size = float.abs();
            let precision = spec.precision.unwrap_or(6);
            let text = match spec.kind {
                _ if !float.is_finite() => python::float_text(size),
                None => python::float_text(size),
                Some('f' | 'F') => format!("{size:.precision$}"),
                Some('%') => format!("{:.precision$}%", size * 100.0),
                Some('e' | 'E') => exponent_text(size, precision),
                _ => general_text(size, precision.max(1), spec.alternate),
            };
            let upper = matches!(spec.kind, Some('E' | 'F' | 'G'));
            (float.is_sign_negative(), "", if upper { text.to_uppercase() } else { text })
        }
    };
    let sign = match spec.sign {
        _ if negative => "-",
        Some('+') => "+",
        Some(' ') => " ",
        _ => "",
    };
    let body = match spec.grouping {
        Some(separator) => grouped(&body, separator),
        None => body,
    };
    let zeros = spec.zero && spec.align.is_none_or(|align| matches!(align, '=' | '>'));
    if zeros || spec.align == Some('=') {
        let fill = if spec.zero { '0' } else { spec.fill.unwrap_or(' ') };
        let used = sign.len() + prefix.len() + body.chars().count();
        let missing = spec.width.saturating_sub(used);
        return Ok([sign, prefix, &String::from(fill).repeat(missing), &body].concat());
    }
    Ok(padded([sign, prefix, &body].concat(), spec, '>'))
}

/// `1.5e+03`, as C and Python print it.
fn exponent_text(float: f64, precision: usize) -> String {
    let text = format!("{float:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

/// The shorter of fixed and exponent notation with that many digits, without zeros at the end.
fn general_text(float: f64, precision: usize, keep_zeros: bool) -> String {
    let scientific = exponent_text(float, precision - 1);
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| match text.contains('.') && !keep_zeros {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    let whole = i64::try_from(precision).unwrap_or(i64::MAX);
    if (-4..whole).contains(&exponent) {
        let decimals = usize::try_from(whole - 1 - exponent).unwrap_or(0);
        return trimmed(&format!("{float:.decimals$}"));
    }
    let (_, exponent) = scientific.split_once('e').unwrap_or(("", "+00"));
    format!("{}e{exponent}", trimmed(digits))
}

/// Puts a separator between groups of three digits before the point.
fn grouped(number: &str, separator: char) -> String {
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    let (whole, rest) = number.split_at_checked(end).unwrap_or((number, ""));
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out + rest
}

fn cut(text: String, most: Option<usize>) -> String {
    match most {
        Some(most) => text.chars().take(most).collect(),
        None => text,
    }
}

fn padded(text: String, spec: &Spec, otherwise: char) -> String {
    let missing = spec.width.saturating_sub(text.chars().count());
    if missing == 0 {
        return text;
    }
    let fill = String::from(spec.fill.unwrap_or(if spec.zero && spec.align.is_none() { '0' } else { ' ' }));
    let before = match spec.align.unwrap_or(otherwise) {
        '<' => 0,
        '^' => missing / 2,
        _ => missing,
    };
    [&fill.repeat(before), text.as_str(), &fill.repeat(missing - before)].concat()
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(c)
    }

    fn take(&mut self, c: char) -> bool {
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn until(&mut self, c: char) -> Option<&'a str> {
        let (before, after) = self.rest.split_once(c)?;
        self.rest = after;
        Some(before)
    }

    /// Reads a width or precision.
    fn number(&mut self) -> Result<Option<usize>, Error> {
        if self.peek() == Some('*') {
            return Err(value_error("format width '*' is not supported"));
        }
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        match digits.parse::<usize>() {
            Ok(number) if number <= WIDEST => Ok(Some(number)),
            _ if digits.is_empty() => Ok(None),
            _ => Err(value_error("format width is too large")),
        }
    }
}
