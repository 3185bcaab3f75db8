//! Jinja with Python's values.

use serde_json::json;

use crate::{check, check_error, check_text};

#[test]
fn native_results() {
    check("{{ 1 }}", 1);
    check("{{ 1 }}.5", 1.5);
    check("  {{ 'on' }}\n", "on");
    check("{{ [1, 'a', None, True] }}", json!([1, "a", null, true]));
    check("{{ (1, 2) }}", json!([1, 2]));
    check("{{ {'a': 1.5} }}", json!({"a": 1.5}));
    check("{{ 'True' }}", true);
    check("{{ none }}", json!(null));
    check("{{ '05' }}", "05");
    check("{{ \"'x'\" }}", "'x'");
    check("", "");
}

#[test]
fn python_text() {
    check_text("{{ True }} {{ none }} {{ 1.0 }} {{ 1e20 }} {{ 0.1 + 0.2 }}", "True None 1.0 1e+20 0.30000000000000004");
    check_text(r#"{{ ['a', "it's", 'q"\'', 'é\n'] }}"#, r#"['a', "it's", 'q"\'', 'é\n']"#);
    check_text("{{ (1,) }} {{ () }} {{ {'a': (1, 'b')} }}", "(1,) () {'a': (1, 'b')}");
    check_text("{{ set([1, 2, 1]) }} {{ set() }}", "{1, 2} set()");
}

#[test]
fn operators() {
    check("{{ 7 // 2 * 2 - 1 + 2 ** 3 % 5 }}", 8);
    check("{{ 7 / 2 }}", 3.5);
    check("{{ -7 // 2 }} {{ -7 % 3 }} {{ 7.5 // -2 }}", "-4 2 -4.0");
    check("{{ 'a' ~ 1 ~ none ~ [1] }}", "a1None[1]");
    check("{{ 'a' + 'b' * 3 }}", "abbb");
    check("{{ [1] + [2] * 2 }}", json!([1, 2, 2]));
    check("{{ 1 < 2 < 3 and not 2 > 3 or false }}", true);
    check("{{ 2 in [1, 2] }} {{ 'b' in 'abc' }} {{ 'x' not in {'x': 1} }}", "True True False");
    check("{{ '%s is %.1f' % ('a', 2.25) }}", "a is 2.2");
    check("{{ true + 1 }}", 2);
    check("{{ 1 == 1.0 }} {{ '1' == 1 }} {{ [1, 2] == [1, 2] }} {{ (1,) == [1] }}", "True False True False");
    check("{{ 2 ** -1 }} {{ - 3 }} {{ -(2 + 3) }}", "0.5 -3 -5");
    check("{{ 1 if false else 2 if true else 3 }}", 2);
    check("{{ 'a' 'b' }}", "ab");
}

#[test]
fn operator_errors() {
    check_error("{{ 'a' + 1 }}", "TypeError: can only concatenate str (not \"int\") to str");
    check_error("{{ 1 + 'a' }}", "TypeError: unsupported operand type(s) for +: 'int' and 'str'");
    check_error("{{ '5' > 3 }}", "TypeError: '>' not supported between instances of 'str' and 'int'");
    check_error("{{ 1 / 0 }}", "ZeroDivisionError: division by zero");
    check_error("{{ none | length }}", "TypeError: object of type 'NoneType' has no len()");
}

#[test]
fn subscripts_and_slices() {
    check("{{ [1, 2, 3][-1] }}{{ 'abc'[1] }}{{ {'a': 5}['a'] }}{{ {'a': 6}.a }}", "3b56");
    check("{{ [1, 2, 3, 4][1:3] }}", json!([2, 3]));
    check("{{ 'abcdef'[::-1] }} {{ 'abcdef'[4:1:-2] }} {{ [1, 2, 3][0:2:-1] }}", "fedcba ec []");
    check("{{ [1, 2][-9:9] }} {{ [1, 2][5:] }} {{ (1, 2, 3)[:2] }}", "[1, 2] [] (1, 2)");
    check("{{ [1][7] }}|{{ 'a'[9] }}|{{ [][-1] }}", "||");
    check_error("{{ [1][::0] }}", "ValueError: slice step cannot be zero");
}

#[test]
fn filters_bind_as_written() {
    check("{{ ('A' | lower).upper() }}{{ (['b'] | first).upper() }}{{ -5 | abs }}{{ -(5 | abs) }}", "AB5-5");
    check("{{ 1 + 2 | multiply(3) }} {{ (1 + 2) | multiply(3) }} {{ 'a' ~ 'b' | upper }}", "7.0 9.0 aB");
    check("{{ not 1 is odd }} {{ (not true) | string }} {{ (1 if true else 2) | string }}", "False False 1");
}

#[test]
fn statements() {
    check(
        "{% for x in [1, 2] %}{{ loop.index }}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}",
        json!([11, 22]),
    );
    check("{% for k, v in {'a': 1}.items() %}{{ k }}={{ v }}{% else %}none{% endfor %}", "a=1");
    check("{% for x in 'ab' %}{{ x }}.{% endfor %}", "a.b.");
    check("{% for x in range(9) if x is odd %}{{ x }}{% if x > 4 %}{% break %}{% endif %}{% endfor %}", 135);
    check("{% if 0 %}a{% elif 1 %}b{% else %}c{% endif %}", "b");
    check("{% set ns = namespace(n=0) %}{% for x in [1, 2, 3] %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}", 6);
    check("{% set a, b = 1, 2 %}{{ a + b }}", 3);
    check("{% set x %}a{{ 1 }}{% endset %}{{ x | upper }}", "A1");
    check("{% set x | upper %}abc{% endset %}{{ x }}", "ABC");
    check("{% macro m(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ m(1) }} {{ m(1, b=3) }}", "1-2 1-3");
    check("{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}x{% endcall %}", "[x]");
    check("{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}", 3);
    check("{% filter upper %}abc{% endfilter %}", "ABC");
    check(
        "{% for x in [[1, [2]]] recursive %}{% if x is iterable %}({{ loop(x) }}){% else %}{{ x }}{% endif %}{% endfor %}",
        "(1(2))",
    );
    check("a{# c #}b{% raw %}{{ x }}{% endraw %}", "ab{{ x }}");
    check("{%- set x = 1 -%}  a  {{- x -}}  b", "a1b");
    check("{% set l = [1, 2] %}{% do l.count(1) %}{{ l | length }}", 2);
    check("{% for x in nope %}a{% else %}empty{% endfor %}", "empty");
}

#[test]
fn methods() {
    check("{{ ' aXb '.strip().lower() }}", "axb");
    check("{{ 'a,b,c'.split(',') }}", json!(["a", "b", "c"]));
    check(
        "{{ 'a b  c'.split() }} {{ 'a b c'.split(none, 1) }} {{ 'a.b.c'.rsplit('.', 1) }}",
        "['a', 'b', 'c'] ['a', 'b c'] ['a.b', 'c']",
    );
    check("{{ '-'.join(['a', 'b']) }} {{ 'aaa'.replace('a', 'b', 2) }}", "a-b bba");
    check("{{ '{} {n:>4}'.format('x', n=7) }}", "x    7");
    check("{{ 'x'.center(5, '*') }} {{ 'x'.rjust(3) }} {{ '-7'.zfill(4) }}", "**x**   x -007");
    check("{{ {'a': 1}.get('b', 2) }} {{ {'a': 1}.keys() | list }} {{ {'a': 1}.values() }}", "2 ['a'] [1]");
    check(
        "{{ 'light.bed'.partition('.') }} {{ 'abc'.startswith('ab') }} {{ 'hello world'.title() }}",
        "('light', '.', 'bed') True Hello World",
    );
    check("{{ [1, 2, 1].count(1) }} {{ [1, 2].index(2) }}", "2 1");
    check_error("{{ 'a'.nope() }}", "UndefinedError: 'str object' has no attribute 'nope'");
}

#[test]
fn undefined_names() {
    check("{{ nope }}{{ {}.a }}{{ nope | default('x') }}", "x");
    check("{{ nope is defined }} {{ {}.a is undefined }} {{ nope is none }}", "False True False");
    check("{% if nope %}a{% else %}b{% endif %}", "b");
    check_error("{{ nope.a }}", "UndefinedError: 'nope' is undefined");
    check_error("{{ nope + 1 }}", "UndefinedError: 'nope' is undefined");
    check_error("{{ nope() }}", "UndefinedError: 'nope' is undefined");
    check_error("{{ nope.a() }}", "UndefinedError: 'nope' is undefined");
    check_error("{{ nope['a'] }}", "UndefinedError: 'nope' is undefined");
}
