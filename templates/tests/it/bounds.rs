//! Templates made to hang, panic or eat memory.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::Map;
use templates::{Bound, Limits, MAX_SOURCE, Options, Template, TemplateError};

use crate::{check, check_bound, render, render_with};

#[test]
fn strings_cannot_grow_without_end() {
    check_bound("{{ 'x' * 10 ** 9 }}");
    check_bound("{{ 'x' * 100000000 }}");
    check_bound("{{ 10 ** 9 * 'x' }}");
    check_bound("{% set a = 'x' * 1000 %}{% for i in range(99) %}{% set a = a * 1000 %}{{ a | length }}{% endfor %}");
    check_bound("{% set ns = namespace(a='x') %}{% for i in range(99) %}{% set ns.a = ns.a ~ ns.a %}{% endfor %}");
    check_bound("{% set ns = namespace(a='x') %}{% for i in range(99) %}{% set ns.a = ns.a + ns.a %}{% endfor %}");
    check_bound(
        "{% set ns = namespace(a='x') %}{% for i in range(99) %}{% set b %}{{ ns.a }}{{ ns.a }}{% endset %}{% set ns.a = b %}{% endfor %}",
    );
    check_bound(
        "{% set ns = namespace(a='xx') %}{% for i in range(99) %}{% set ns.a = ns.a.replace('x', ns.a) %}{% endfor %}",
    );
    check_bound(
        "{% set ns = namespace(a='xx') %}{% for i in range(99) %}{% set ns.a = ns.a | replace('x', ns.a) %}{% endfor %}",
    );
    check_bound("{% set ns = namespace(a='xx') %}{% for i in range(99) %}{% set ns.a = ns.a.join(ns.a) %}{% endfor %}");
    check_bound(
        "{% set ns = namespace(a='xx') %}{% for i in range(99) %}{% set ns.a = [ns.a] * 99 | join(ns.a) %}{% set ns.a = ns.a | join %}{% endfor %}",
    );
    check_bound(
        "{% set ns = namespace(a='xx') %}{% for i in range(99) %}{% set ns.a = '%s%s' % (ns.a, ns.a) %}{% endfor %}",
    );
    check_bound(
        "{% set ns = namespace(a='xx') %}{% for i in range(99) %}{% set ns.a = '{0}{0}'.format(ns.a) %}{% endfor %}",
    );
    check_bound(
        "{% set ns = namespace(a='<<') %}{% for i in range(99) %}{% set ns.a = (ns.a ~ ns.a) | escape | urlencode %}{% endfor %}",
    );
    check_bound(
        "{% set ns = namespace(a='xx') %}{% for i in range(99) %}{% set ns.a = ns.a | base64_encode %}{% endfor %}",
    );
    check_bound(
        "{% macro m(a) %}{{ a }}{{ a }}{% endmacro %}{% set ns = namespace(a='x') %}{% for i in range(99) %}{% set ns.a = m(ns.a) %}{% endfor %}",
    );
    check_bound("{% filter replace('x', 'y' * 9999999) %}xxxxxxxxxxxxxxxxxxxxxxxx{% endfilter %}");
}

#[test]
fn widths_cannot_be_huge() {
    for source in [
        "{{ 'x'.center(10 ** 9) }}",
        "{{ 'x'.ljust(1000000000) }}",
        "{{ 'x'.rjust(9223372036854775807) }}",
        "{{ 'x'.zfill(1000000000) }}",
        "{{ 'x' | center(1000000000) }}",
        "{{ 'x' | indent(1000000000, true) }}",
        "{{ '%1000000000d' % 5 }}",
        "{{ '%.1000000000f' % 5 }}",
        "{{ '%*d' % (1000000000, 5) }}",
        "{{ '{:1000000000}'.format(5) }}",
        "{{ '{:>{w}}'.format(5, w=1000000000) }}",
        "{{ '%99999999999999999999d' % 5 }}",
        "{{ 5 | round(1000000000) }}{{ 'x' * 99999999 }}",
        "{{ [1] | batch(1000000000, 1) }}",
        "{{ [1] | slice(1000000000) }}",
        "{{ 'x' | truncate(-1, true, 'y' * 99999999) }}",
        "{{ 'ab' | slugify('y' * 9999999) * 9 }}",
    ] {
        check_bound(source);
    }
    check("{{ 'x' | truncate(9223372036854775807) }}", "x");
}

#[test]
fn lists_cannot_grow_without_end() {
    check_bound("{{ [0] * 10 ** 9 }}");
    check_bound("{{ ([0] * 10000) * 100000 }}");
    check_bound("{{ (0,) * 10 ** 9 }}");
    check_bound("{{ range(10 ** 9) }}");
    check_bound("{{ range(-9223372036854775807, 9223372036854775807) }}");
    check_bound("{{ range(100001) | list }}");
    check_bound("{% set ns = namespace(a=[1]) %}{% for i in range(99) %}{% set ns.a = ns.a + ns.a %}{% endfor %}");
    check_bound(
        "{% set ns = namespace(a=[1]) %}{% for i in range(99) %}{% set ns.a = [ns.a, ns.a] | flatten %}{% endfor %}",
    );
    check_bound(
        "{% set ns = namespace(a={'a': 1}) %}{% for i in range(99999) %}{% set ns.a = dict(ns.a, **{i ~ '': i}) %}{% endfor %}",
    );
    check_bound("{% set r = range(100000) %}{{ dict(*[r], *[r]) }}{{ max(*r, *r) }}");
    check_bound("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}");
    check_bound("{% for a in range(100000) %}{% for b in range(100000) %}{{ a }}{% endfor %}{% endfor %}");
    check_bound("{% set s = 'x' * 1000000 %}{% for i in range(100000) %}{% if s == s ~ '' %}{% endif %}{% endfor %}");
    check_bound("{% set s = 'x' * 1000000 %}{% for i in range(100000) %}{% set x = 'y' in s %}{% endfor %}");
    check_bound("{% set s = 'x' * 1000000 %}{% for i in range(100000) %}{% set x = s[-1] %}{% endfor %}");
    check_bound("{% set s = 'x' * 1000000 %}{% for i in range(100000) %}{% set x = {s ~ '': 1} %}{% endfor %}");
    check_bound(
        "{% set s = 'ab' * 100000 %}{{ (s ~ 'c').strip(s) }}{{ s.strip('ab' * 100000) }}{{ s | trim('ab' * 100000) }}",
    );
    check_bound("{{ (range(30000) | list) | unique | list | count }}");
    check_bound("{{ '[' * 100000 | from_json }}{{ ('[' ~ '[],' * 1000000 ~ '1]') | from_json }}");
}

#[test]
fn numbers_cannot_grow_without_end() {
    check_bound("{{ 10 ** 1000000000 }}");
    check_bound("{{ 2 ** 127 }}");
    check_bound("{{ 9 ** 9 ** 9 ** 9 }}");
    check_bound("{{ 1e300 ** 1e300 }}");
    check_bound("{{ 170141183460469231731687303715884105727 + 1 }}");
    check_bound("{{ 1e300 | int }}");
    check_bound("{{ timedelta(days=1e300) }}");
    check_bound("{{ now() + timedelta(days=99999999) }}");
    check_bound("{{ -170141183460469231731687303715884105727 - 2 }}");
    assert!(render("{{ 1e999 }}").result.is_err());
    check("{{ 9223372036854775808 }}", 9_223_372_036_854_775_808_u64);
    check("{{ (-9223372036854775807 - 1) // -1 }}", 9_223_372_036_854_775_808_u64);
    check("{{ 1e300 | round(2) }}", "1e+300");
}

#[test]
fn nesting_is_bounded() {
    for open in ["(", "[", "{1:", "-", "not ", "a(", "a[", "[[1]|map("] {
        check_bound_source(&format!("{{{{ {} }}}}", open.repeat(20_000)));
        check_bound_source(&format!("{{{{ {}1 }}}}", open.repeat(300)));
    }
    for (link, last) in [
        ("1+", "1"),
        ("a.", "a"),
        ("1 if 1 else ", "1"),
        ("a~", "a"),
        ("a and ", "a"),
        ("a|e|", "e"),
        ("1<", "1"),
        ("a is defined and ", "a"),
    ] {
        check_bound_source(&format!("{{{{ {}{last} }}}}", link.repeat(MAX_SOURCE / link.len() - 4)));
        check_bound_source(&format!("{{{{ {}{last} }}}}", link.repeat(1000)));
    }
    for suffix in ["[0]", "()", ".a", "|e", " is defined", "[0:1]", "|slice(1)"] {
        check_bound_source(&format!("{{{{ a{} }}}}", suffix.repeat(5000)));
        let _ = render(&format!("{{{{ a{} }}}}", suffix.repeat(90)));
    }
    for block in [
        "{% if 1 %}",
        "{% for a in [a] %}",
        "{% with a=[a] %}",
        "{% filter e %}",
        "{% macro a() %}",
        "{% set a %}",
        "{% call a() %}",
    ] {
        check_bound_source(&block.repeat(2000));
        let _ = render(&block.repeat(140));
    }
    check_bound_source(&format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(3000)));
    let _ = render(&format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(190)));
}

#[track_caller]
fn check_bound_source(source: &str) {
    let _ = Template::parse(source).map(|_| render(source));
}

#[test]
fn values_cannot_nest_without_end() {
    check_bound(
        "{% set ns = namespace(a=[]) %}{% for i in range(99999) %}{% set ns.a = [ns.a] %}{% endfor %}{{ ns.a }}",
    );
    check_bound("{% set ns = namespace(a=[]) %}{% for i in range(99999) %}{% set ns.a = {'a': ns.a} %}{% endfor %}");
    check_bound(
        "{% set ns = namespace(a=[]) %}{% for i in range(99999) %}{% set ns.a = ns.a | batch(1) %}{% endfor %}",
    );
    check_bound("{% set ns = namespace(a=[1]) %}{% for i in range(99999) %}{% set ns.a = (ns.a, 1) %}{% endfor %}");
    check_bound("{% set ns = namespace(a=1) %}{% set ns.a = ns %}{{ ns }}");
    check_bound("{% set ns = namespace(a=1) %}{% set ns.a = [ns] %}{{ ns }}");
    check_bound("{% set ns = namespace(a=1) %}{% for i in range(99999) %}{% set ns2 = namespace(a=ns) %}{% endfor %}");
    check_bound(&format!("{{% set a = [] %}}{}{{{{ a }}}}", "{% set a = [a] %}".repeat(3000)));
    check_bound(&format!("{{% with a=[]{} %}}{{{{ a }}}}{{% endwith %}}", ", a=[a]".repeat(5000)));
    assert!(render("{{ ('[' * 120 ~ ']' * 120) | from_json }}").result.is_ok());
    check_bound("{% set a = ('[' * 120 ~ ']' * 120) | from_json %}");
    check_bound("{{ ('[' * 200 ~ ']' * 200) | from_json }}");
    check_bound("{% set ns = namespace(a=[]) %}{% for i in range(99999) %}{% set ns.a = set([ns.a]) %}{% endfor %}");
    check_bound("{% set ns = namespace(a=[]) %}{% for i in range(99999) %}{% set ns.a = zip([ns.a]) %}{% endfor %}");
    check_bound(
        "{% set ns = namespace(a=[{'x': 1}]) %}{% for i in range(99999) %}{% set ns.a = ns.a | groupby('x', 1) %}{% endfor %}",
    );
    check_bound("{% for i in [1] %}{{ loop.changed([loop]) }}{% endfor %}");
    check_bound("{% for i in [1] %}{{ loop.changed(namespace(a=1)) }}{% endfor %}");
    check("{% for i in [1, 1, 2] %}{{ loop.changed(i) }} {% endfor %}", "True False True");
    // Held by a loop variable and not by a namespace.
    check_bound("{% for a in [1] %}{% set ns = namespace() %}{% set ns.l = loop %}{% endfor %}");
}

#[test]
fn recursion_is_bounded() {
    check_bound("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}");
    check_bound("{% macro m(a) %}{{ m([a]) }}{% endmacro %}{{ m(1) }}");
    check_bound("{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}");
    check_bound(
        "{% macro a() %}{{ caller() }}{% endmacro %}{% macro b() %}{% call a() %}{{ b() }}{% endcall %}{% endmacro %}{{ b() }}",
    );
    check_bound(
        "{{ [1] | map('map', 'map', 'map') | list }}{% macro m() %}{{ [1] | map('map', 'x') }}{{ m() }}{% endmacro %}{{ m() }}",
    );
}

#[test]
fn output_is_bounded() {
    let rendered = render("{% for i in range(100000) %}xxxxxxxxxx{% endfor %}");
    assert_eq!(rendered.result, Err(TemplateError::Bound(Bound::Output(256 << 10))));
    assert!(rendered.text.len() <= 256 << 10);
    assert_eq!(
        rendered.result.unwrap_err().to_string(),
        "TemplateError: Template output exceeded maximum size of 262144 characters"
    );
}

#[test]
fn source_is_bounded() {
    assert!(Template::parse(&"x".repeat(MAX_SOURCE)).is_ok());
    let error = Template::parse(&"x".repeat(MAX_SOURCE + 1)).unwrap_err();
    assert_eq!(error, TemplateError::Bound(Bound::Source(MAX_SOURCE)));
    assert!(Template::parse(&"\n".repeat(MAX_SOURCE)).is_ok());
    assert!(Template::parse(&"{{1}}".repeat(MAX_SOURCE / 5)).is_ok());
    assert!(Template::parse(&format!("{{{{ [{}] | count }}}}", "'light.x',".repeat(5000))).is_ok());
}

#[test]
fn limits_are_the_callers() {
    let fuel = |fuel| Options { limits: Limits { fuel, ..Limits::default() }, ..Options::default() };
    let source = "{% for i in range(100) %}{{ i }}{% endfor %}";
    assert!(render_with(source, &Map::new(), &fuel(10_000)).result.is_ok());
    assert_eq!(render_with(source, &Map::new(), &fuel(100)).result, Err(TemplateError::Bound(Bound::Fuel)));
    let stopped = Options { interrupt: Some(Arc::new(AtomicBool::new(true))), ..Options::default() };
    assert_eq!(render_with("{{ 1 }}", &Map::new(), &stopped).result, Err(TemplateError::Bound(Bound::Interrupted)));
}
