//! Whatever the template, a render ends, and never in a panic.

use proptest::prelude::*;
use serde_json::Map;
use templates::{Limits, Options, Template};

use crate::home::house;

const ATOMS: &[&str] = &[
    "1",
    "0",
    "-1",
    "2.5",
    "1e300",
    "9223372036854775807",
    "'a'",
    "''",
    "'é,b'",
    "none",
    "true",
    "[]",
    "[1, 'a', none]",
    "{'a': 1}",
    "(1,)",
    "()",
    "nope",
    "states",
    "states.light",
    "states.light.bed",
    "states.light.bed.attributes",
    "states('light.bed')",
    "now()",
    "timedelta(hours=1)",
    "range(3)",
    "set([1])",
    "namespace(a=1)",
    "loop",
    "'light.bed'",
    "'%s {}'",
    "now().date()",
    "'2026-11-22 10:00'",
];

const SUFFIXES: &[&str] = &[
    "",
    ".a",
    ".state",
    "[0]",
    "[-1]",
    "['a']",
    "[1:]",
    "[::-1]",
    "[5:1:-3]",
    "()",
    "('a')",
    ".items()",
    ".split('')",
    ".format(1)",
    ".isoformat()",
    ".strftime('%Q%%%')",
    ".replace('a', 'b', -5)",
    ".replace(year=0)",
    "|list",
    "|count",
    "|join('x')",
    "|sort",
    "|unique|list",
    "|first",
    "|last",
    "|sum",
    "|max",
    "|float",
    "|int(0)",
    "|round(-400)",
    "|map('upper')|list",
    "|map(attribute='a')|list",
    "|select('eq', 1)|list",
    "|selectattr('a')|list",
    "|groupby('a')",
    "|batch(2)",
    "|slice(3)",
    "|to_json",
    "|from_json",
    "|string",
    "|reverse",
    "|items",
    "|dictsort",
    "|length",
    "|timestamp_custom('%s%Q')",
    "|as_datetime",
    "|as_timedelta",
    "|relative_time",
    "|ordinal",
    "|slugify",
    "|urlencode",
    "|base64_decode",
    "|default('d')",
    "|abs",
    "|is_number",
    "|average",
    "|median",
    "|bitwise_and(3)",
    "|truncate(2)",
    "|indent(1)",
    "|title",
    "|flatten",
    "|expand",
    "|iif",
    "|zip([1])|list",
    "|tuple",
    "|set",
    "|format(1)",
    "|tojson(2)",
    " is even",
    " is iterable",
    " is mapping",
    " is is_state('on')",
    " is contains('a')",
    " is divisibleby 0",
];

const OPERATORS: &[&str] = &[
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "**",
    "~",
    "==",
    "!=",
    "<",
    ">=",
    " in ",
    " not in ",
    " and ",
    " or ",
    "|",
    ",",
    "[",
    " if 1 else ",
    ".",
];

const STATEMENTS: &[(&str, &str)] = &[
    ("{{", "}}"),
    ("{% set x = ", "%}{{ x }}"),
    ("{% for x in ", "%}{{ x }}{{ loop.index }}{% endfor %}"),
    ("{% if ", "%}a{% endif %}"),
    ("{% set n = namespace() %}{% set n.a = ", "%}{{ n }}"),
    ("{% macro m(x) %}{{ x }}{% endmacro %}{{ m(", ") }}"),
    ("{% with x = ", "%}{{ x }}{% endwith %}"),
    ("{% for a, b in ", "%}{{ b }}{% endfor %}"),
    ("{{ [", "] * 2 }}"),
    ("{% for x in [1] %}{{ ", "}}{% endfor %}"),
];

fn small() -> Options {
    let limits = Limits { fuel: 20_000, work: 1 << 20, ..Limits::default() };
    Options { limits, ..Options::default() }
}

fn survive(source: &str) {
    if let Ok(template) = Template::parse(source) {
        template.render(house(), &Map::new(), &small());
        template.render(house(), &Map::new(), &Options { strict: true, ..small() });
    }
}

fn expression() -> impl Strategy<Value = String> {
    let term = (prop::sample::select(ATOMS), prop::sample::select(SUFFIXES), prop::sample::select(SUFFIXES))
        .prop_map(|(atom, first, second)| format!("{atom}{first}{second}"));
    prop::collection::vec((term, prop::sample::select(OPERATORS)), 1..4).prop_map(|terms| {
        let mut out = String::new();
        for (at, (term, operator)) in terms.iter().enumerate() {
            if at > 0 {
                out.push_str(operator);
            }
            out.push_str(term);
        }
        out
    })
}

#[test]
fn every_operation_on_every_value() {
    for atom in ATOMS {
        for suffix in SUFFIXES {
            survive(&format!("{{{{ {atom}{suffix} }}}}"));
        }
        for other in ATOMS {
            let all: Vec<String> = OPERATORS.iter().map(|op| format!("{{{{ {atom}{op}{other} }}}}")).collect();
            all.iter().for_each(|source| survive(source));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn fragments(parts in prop::collection::vec((prop::sample::select(STATEMENTS), expression()), 1..4)) {
        let source: String = parts.iter().map(|((open, close), body)| format!("{open}{body}{close}")).collect();
        survive(&source);
    }

    #[test]
    fn any_text(source in "[{}%#a-c0-9'\"()\\[\\]|.,:~+*/<>=! \\n\\\\-]{0,60}") {
        survive(&source);
        survive(&format!("{{{{{source}}}}}"));
        survive(&format!("{{%{source}%}}"));
    }

    #[test]
    fn any_unicode(source in "\\PC{0,40}") {
        survive(&source);
        survive(&format!("{{{{ '{source}' | slugify }}}}{{{{ '{source}'[1:] }}}}"));
    }

    #[test]
    fn plain_text_renders_to_itself(source in "[a-zA-Zé ,;!?-]{0,40}") {
        let template = Template::parse(&source).unwrap();
        prop_assert_eq!(template.render(house(), &Map::new(), &small()).text, source.trim());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn formats(
        percent in "%[#0+ -]{0,2}[0-9]{0,3}(\\.[0-9]{0,3})?[diouxXeEfFgGcrsa%(]",
        braces in "\\{[a0]?([.\\[]a\\]?)?(:[<>^=é]?[<>^]?[+ -]?#?0?[0-9]{0,3}[,_]?(\\.[0-9]{0,3})?[bdoxXeEfFgGcsn%]?)?\\}",
        value in prop::sample::select(ATOMS),
    ) {
        survive(&format!("{{{{ '{percent}' % ({value},) }}}}{{{{ '{percent}' | format({value}) }}}}"));
        survive(&format!("{{{{ '{braces}'.format({value}, a={value}) }}}}"));
    }

    #[test]
    fn times(format in "[%a-zA-Z0-9:_ -]{0,12}", text in "[0-9:T +Z.-]{0,30}", number in any::<f64>()) {
        survive(&format!("{{{{ now().strftime('{format}') }}}}{{{{ {number:?} | timestamp_custom('{format}', default=1) }}}}"));
        survive(&format!("{{{{ strptime('{text}', '{format}', 0) }}}}{{{{ as_datetime('{text}', 0) }}}}"));
        survive(&format!("{{{{ as_timedelta('{text}') }}}}{{{{ today_at('{text}') }}}}"));
        survive(&format!("{{{{ time_since(as_datetime({number:?}, 0), 9) }}}}{{{{ now() + timedelta(seconds={number:?}) }}}}"));
    }

    #[test]
    fn conversions(text in "[0-9a-fxe_.+ -]{0,12}", base in -40_i64..40, precision in any::<i64>()) {
        survive(&format!("{{{{ '{text}' | int(0, {base}) }}}}{{{{ '{text}' | float(0) | round({precision}, default=0) }}}}"));
        survive(&format!("{{{{ '{text}'[{base}:{precision}:{base}] }}}}{{{{ [1, 2, 3][{precision}::{base}] }}}}"));
        survive(&format!("{{{{ '{text}' | from_json(0) | string | truncate({base}) | indent({base}) }}}}"));
    }
}
