//! Home Assistant's functions, filters and tests.

use serde_json::json;

use crate::{check, check_error, check_text};

#[test]
fn states() {
    check("{{ states('light.bed') }} {{ states('light.none') }}", "off unknown");
    check("{{ states('sensor.temperature') }}", 21.46);
    check(
        "{{ states('sensor.temperature', rounded=true) }} {{ states('sensor.temperature', with_unit=true) }}",
        "21.5 21.5 °C",
    );
    check("{{ states.light.ceiling.state }} {{ states.light.ceiling.attributes.brightness }}", "on 180");
    check("{{ states.light.ceiling.name }} {{ states.lock.front_door.name }}", "Ceiling front door");
    check(
        "{{ states.light.bed.entity_id }} {{ states.light.bed.domain }} {{ states.light.bed.object_id }}",
        "light.bed light bed",
    );
    check("{{ states['light.bed'].state }} {{ states.light['bed'].state }}", "off off");
    check("{{ states.light.none }} {{ states.light.none.state }}", json!(null));
    check("{{ states.light.bed.context.user_id }}", "u1");
    check("{{ states | list | count }} {{ states.light | count }} {{ states | length }}", "7 3 7");
    check("{% for s in states.light if s.state == 'on' %}{{ s.name }};{% endfor %}", "Ceiling;lights;");
    check_text(
        "{{ states.light.bed }}",
        "<template TemplateState(<state light.bed=off; friendly_name=Bed Light @ 2026-11-22T12:00:00+01:00>)>",
    );
    check_error("{{ states('nonsense') }}", "TemplateError: Invalid entity ID 'nonsense'");
    check_error("{{ states.Nope }}", "TemplateError: Invalid domain name 'Nope'");
}

#[test]
fn state_questions() {
    check(
        "{{ is_state('light.bed', 'off') }} {{ is_state('light.bed', ['on', 'off']) }} {{ is_state('light.none', 'off') }}",
        "True True False",
    );
    check("{{ state_attr('light.ceiling', 'rgb') }}", json!([1, 2, 3]));
    check("{{ state_attr('light.none', 'x') }} {{ state_attr('light.bed', 'x') }}", "None None");
    check("{{ is_state_attr('light.ceiling', 'brightness', 180) }}", true);
    check("{{ has_value('sensor.broken') }} {{ has_value('light.bed') }} {{ has_value('a.b') }}", "False True False");
    check("{{ ['light.bed', 'light.ceiling'] | select('is_state', 'on') | list }}", json!(["light.ceiling"]));
    check("{{ ['light.bed', 'sensor.broken'] | reject('has_value') | list }}", json!(["sensor.broken"]));
    check(
        "{{ 'light.bed' is is_state('off') }} {{ 'light.bed' is has_value }} {{ 'light.bed' | states }}",
        "True True off",
    );
    check("{{ is_hidden_entity('sensor.broken') }} {{ 'light.bed' is is_hidden_entity }}", "True False");
}

#[test]
fn lists_of_states() {
    check("{{ states.light | selectattr('state', 'eq', 'on') | map(attribute='entity_id') | list | count }}", 2);
    check(
        "{{ states.light | rejectattr('attributes.brightness', 'defined') | map(attribute='name') | join(', ') }}",
        "Bed Light, lights",
    );
    check(
        "{{ expand('group.all') | map(attribute='entity_id') | list }}",
        json!(["light.bed", "light.ceiling", "sensor.temperature"]),
    );
    check("{{ expand(states.light, ['light.bed', 'no.such']) | count }}", 2);
    check(
        "{{ states | groupby('domain') | map(attribute='grouper') | list }}",
        json!(["group", "light", "lock", "sensor"]),
    );
    check(
        "{% for d, l in states | groupby('domain') %}{{ d }}{{ l | count }} {% endfor %}",
        "group1 light3 lock1 sensor2",
    );
    check("{{ (states.light | sort(attribute='state') | first).entity_id }}", "light.bed");
    check("{{ states.light | map(attribute='attributes.brightness', default=0) | max }}", 180);
    check("{{ states.sensor | map(attribute='state') | map('float', 0) | sum }}", 21.46);
}

#[test]
fn registries() {
    check("{{ areas() }} {{ floors() }} {{ labels() }}", "['bedroom', 'kitchen'] ['ground'] ['sleep']");
    check(
        "{{ area_id('Kitchen') }} {{ area_name('kitchen') }} {{ area_id('x') }} {{ 'light.ceiling' | area_id }}",
        "kitchen Kitchen None kitchen",
    );
    check(
        "{{ area_entities('kitchen') }} {{ 'x' | area_entities }} {{ area_devices('x') }}",
        "['light.ceiling'] [] []",
    );
    check(
        "{{ device_id('light.ceiling') }} {{ device_attr('dev1', 'model') }} {{ device_attr('dev1', 'x') }}",
        "dev1 L1 None",
    );
    check("{{ is_device_attr('dev1', 'model', 'L1') }}", true);
    check(
        "{{ floor_areas('ground') }} {{ labels('light.bed') }} {{ label_entities('sleep') }}",
        "['bedroom', 'kitchen'] ['sleep'] ['light.bed']",
    );
    check("{{ integration_entities('demo') }}", json!(["light.bed"]));
}

#[test]
fn times() {
    check_text("{{ now() }} | {{ utcnow() }}", "2026-11-22 13:00:00+01:00 | 2026-11-22 12:00:00+00:00");
    check(
        "{{ now().hour }} {{ now().strftime('%A %d.%m.%Y') }} {{ now().isoformat() }}",
        "13 Sunday 22.11.2026 2026-11-22T13:00:00+01:00",
    );
    check("{{ now() - states.light.bed.last_changed }}", "1:00:00");
    check("{{ (now() - states.light.bed.last_changed).total_seconds() }}", 3600.0);
    check("{{ now() > today_at('12:30') }} {{ today_at() }}", "True 2026-11-22 00:00:00+01:00");
    check("{{ now() - timedelta(hours=2) > states.light.bed.last_changed }}", false);
    check("{{ (now() + timedelta(days=1, minutes=5)).isoformat() }}", "2026-11-23T13:05:00+01:00");
    check("{{ as_timestamp(now()) }} {{ as_timestamp('2026-11-22T12:00:00Z') | int }}", "1795348800.0 1795348800");
    check("{{ as_timestamp('x', 7) }} {{ 'x' | as_timestamp(none) }}", "7 None");
    check(
        "{{ 1795348800 | timestamp_custom('%H:%M') }} {{ 1795348800 | timestamp_custom('%H:%M', false) }}",
        "13:00 12:00",
    );
    check(
        "{{ 1795348800 | timestamp_local }} {{ 1795348800 | timestamp_utc }}",
        "2026-11-22T13:00:00+01:00 2026-11-22T12:00:00+00:00",
    );
    check("{{ as_datetime('2026-11-22 07:09:27.842285+00:00') }}", "2026-11-22 07:09:27.842285+00:00");
    check("{{ strptime('22.11.2026', '%d.%m.%Y') }} {{ strptime('x', '%d', none) }}", "2026-11-22 00:00:00 None");
    check("{{ as_datetime('2026-11-22 12:00:00Z') | as_local }}", "2026-11-22 13:00:00+01:00");
    check(
        "{{ relative_time(states.light.bed.last_changed) }} {{ time_since(states.light.bed.last_updated, 2) }}",
        "1 hour 1 minute 31 seconds",
    );
    check(
        "{{ time_until(now() + timedelta(days=2, hours=3), 2) }} {{ relative_time(now()) }}",
        "2 days 3 hours 0 seconds",
    );
    check(
        "{{ timedelta(days=1) * 2 }} {{ timedelta(minutes=90) / timedelta(hours=1) }} {{ -timedelta(hours=1) }}",
        "2 days, 0:00:00 1.5 -1 day, 23:00:00",
    );
    check("{{ as_timedelta('1 day, 02:03:04').total_seconds() }} {{ as_timedelta('x') }}", "93784.0 None");
    check(
        "{{ now().date() }} {{ now().weekday() }} {{ now().replace(hour=1, minute=2).isoformat() }}",
        "2026-11-22 6 2026-11-22T01:02:00+01:00",
    );
    check(
        "{{ now() is datetime }} {{ 'x' is datetime }} {{ [now()] | to_json }}",
        "True False [\"2026-11-22T13:00:00+01:00\"]",
    );
    check("{{ today_at('08:00') < now() < today_at('22:00') }}", true);
    check_error("{{ today_at('x') }}", "ValueError: could not convert str to datetime: 'x'");
}

#[test]
fn numbers() {
    check("{{ '3.7' | float }} {{ 'x' | float(0) }} {{ 3 | float }} {{ float('1e3') }}", "3.7 0 3.0 1000.0");
    check("{{ '3.7' | int }} {{ '0x1f' | int(base=16) }} {{ -3.9 | int }} {{ 'x' | int(5) }}", "3 31 -3 5");
    check("{{ 'on' | bool }} {{ 0 | bool }} {{ 'x' | bool(none) }}", "True False None");
    check(
        "{{ 2.5 | round }} {{ 3.5 | round }} {{ 3.14159 | round(2) }} {{ 2.1 | round(0, 'ceil') }} {{ 2.24 | round(1, 'half') }}",
        "2 4 3.14 3 2.0",
    );
    check("{{ 1234.5 | round(-2) }} {{ 2.675 | round(2) }} {{ 21.46 | round(1, 'floor') }}", "1200.0 2.67 21.4");
    check("{{ 3 | multiply(2) }} {{ 3 | add(2.5) }} {{ -3 | abs }}", "6.0 5.5 3");
    check(
        "{{ [3, 1, 2] | max }} {{ min(3, 1) }} {{ max([4, 5]) }} {{ [1, 2] | sum }} {{ [1, 2] | sum(start=10) }}",
        "3 1 5 3 13",
    );
    check(
        "{{ average([1, 2, 6]) }} {{ [1, 3, 2] | median }} {{ average([], 'x') }} {{ [1, 2, 2] | statistical_mode }}",
        "3.0 2.0 x 2",
    );
    check(
        "{{ 100 | log(10) }} {{ 16 | sqrt }} {{ sin(0) }} {{ pi | round(3) }} {{ sqrt(-1, 'x') }}",
        "2.0 4.0 0.0 3.142 x",
    );
    check("{{ 6 | bitwise_and(3) }} {{ 6 | bitwise_or(1) }} {{ bitwise_xor(6, 3) }}", "2 7 5");
    check(
        "{{ is_number('3.5') }} {{ 'x' | is_number }} {{ '1' is is_number }} {{ is_number('inf') }}",
        "True False True False",
    );
    check_error(
        "{{ 'x' | float }}",
        "ValueError: Template error: float got invalid input 'x' when rendering template '{{ 'x' | float }}' but no default was specified",
    );
}

#[test]
fn texts() {
    check("{{ 'Küche & Bad' | slugify }} {{ 'A b' | slugify('-') }}", "kuche_bad a-b");
    check("{{ 1 | ordinal }} {{ 12 | ordinal }} {{ 23 | ordinal }}", "1st 12th 23rd");
    check(
        "{{ 'a b' | base64_encode }} {{ 'YSBi' | base64_decode }} {{ 'a b&c' | urlencode }} {{ {'a': 'b c'} | urlencode }}",
        "YSBi a b a%20b%26c a=b+c",
    );
    check(
        "{{ 'hello' | capitalize }} {{ 'aXb' | replace('X', '-') }} {{ ' a ' | trim }} {{ 'a' | upper }}",
        "Hello a-b a A",
    );
    check("{{ 'hello big world' | truncate(9, true, '') }} {{ '%d%%' | format(5) }}", "hello big 5%");
    check(
        "{{ ['a', 1, none] | join('-') }} {{ 'abc' | reverse }} {{ 'abc' | first }}{{ 'abc' | last }}",
        "a-1-None cba ac",
    );
    check("{{ '<b>' | escape }} {{ '<p>a  <b>c</b>' | striptags }} {{ 'a b c' | wordcount }}", "&lt;b&gt; a c 3");
    check_text("{{ 'a\nb' | indent(2) }}", "a\n  b");
}

#[test]
fn formats() {
    check(
        "[{{ '%5.2f|%-5d|%05d|%+d|%x|%X|%s|%r' % (3.14159, 42, 42, 42, 255, 255, 'a', 'b') }}",
        "[ 3.14|42   |00042|+42|ff|FF|a|'b'",
    );
    check("{{ '%(a)s-%(b)03d' % {'a': 1, 'b': 2} }} {{ '%s' % [1, 2] }} {{ '%d%%' | format(50) }}", "1-002 [1, 2] 50%");
    check(
        "{{ '%g %g %e' % (0.00001, 123456789, 1500) }} {{ '%.3s' % 'abcdef' }}",
        "1e-05 1.23457e+08 1.500000e+03 abc",
    );
    check("[{{ '{:>5}|{:<5}|{:^5}|{:*^7}' .format('a', 'b', 'c', 'é') }}", "[    a|b    |  c  |***é***");
    check(
        "{{ '{:,} {:.2f} {:05d} {:+.1f} {:x} {:#b} {:%}' .format(1234567, 2.5, 42, 3, 255, 5, 0.5) }}",
        "1,234,567 2.50 00042 +3.0 ff 0b101 50.000000%",
    );
    check("{{ '{0} {1} {0} {a} {b[0]} {c.state}'.format(1, 2, a='x', b=['y'], c=states.light.bed) }}", "1 2 1 x y off");
    check("{{ '{{}} {!r} {:.3}'.format('a', 3.14159) }} {{ '{:%H:%M}'.format(now()) }}", "{} 'a' 3.14 13:00");
    check_error("{{ '%d' % 'a' }}", "TypeError: %d format: a real number is required, not str");
    check_error("{{ '%s' % (1, 2) }}", "TypeError: not all arguments converted during string formatting");
    check_error("{{ '%s %s' % 1 }}", "TypeError: not enough arguments for format string");
}

#[test]
fn collections() {
    check(
        "{{ [3, 1, 2] | sort }} {{ ['b', 'A'] | sort }} {{ [1, 2] | sort(reverse=true) }}",
        "[1, 2, 3] ['A', 'b'] [2, 1]",
    );
    check("{{ [1, 2, 1, 'a', 'A'] | unique | list }}", json!([1, 2, "a"]));
    check("{{ [1, 2, 3] | batch(2) | list }} {{ [1, 2, 3] | slice(2) | list }}", "[[1, 2], [3]] [[1, 2], [3]]");
    check("{{ zip([1, 2], 'ab') | list }} {{ dict([('a', 1)], b=2) }}", "[(1, 'a'), (2, 'b')] {'a': 1, 'b': 2}");
    check("{{ [[1, [2]], 3] | flatten }} {{ [[1, [2]], 3] | flatten(1) }}", "[1, 2, 3] [1, [2], 3]");
    check(
        "{{ [1, 2] | union([2, 3]) }} {{ [1, 2] | intersect([2]) }} {{ [1, 2] | difference([2]) }} {{ [1, 2] | symmetric_difference([2, 3]) }}",
        "[1, 2, 3] [2] [1] [1, 3]",
    );
    check("{{ combine({'a': {'b': 1}}, {'a': {'c': 2}}, recursive=true) }}", json!({"a": {"b": 1, "c": 2}}));
    check("{{ {'b': 1, 'a': 2} | dictsort }} {{ {'a': 1} | items | list }}", "[('a', 2), ('b', 1)] [('a', 1)]");
    check(
        "{{ range(3) | list }} {{ range(5, 0, -2) | list }} {{ [1, 2] | contains(2) }} {{ [1] is contains(2) }}",
        "[0, 1, 2] [5, 3, 1] True False",
    );
    check(
        "{{ [0, 1, ''] | select | list }} {{ [1, 2, 3] | select('>', 1) | list }} {{ [1, 2] | map('string') | list }}",
        "[1] [2, 3] ['1', '2']",
    );
    check(
        "{{ ['a', 'b'] | map('replace', 'a', 'x') | list }} {{ [1, 2] | map('multiply', 2) | list }}",
        "['x', 'b'] [2.0, 4.0]",
    );
    check(
        "{{ tuple([1]) }} {{ list((1, 2)) }} {{ typeof(1) }} {{ typeof('') }} {{ typeof([]) }} {{ typeof(now()) }}",
        "(1,) [1, 2] int str list datetime",
    );
}

#[test]
fn json() {
    check_text("{{ {'a': [1, none, 'é']} | to_json }}", r#"{"a":[1,null,"é"]}"#);
    check_text("{{ {'b': 1, 'a': 2} | to_json(sort_keys=true, pretty_print=true) }}", "{\n  \"a\": 2,\n  \"b\": 1\n}");
    check_text("{{ 'é' | to_json(ensure_ascii=true) }}", "\"\\u00e9\"");
    check("{{ ('{\"a\": [1, 2.5]}' | from_json).a[1] }} {{ from_json('x', 'no') }}", "2.5 no");
}

#[test]
fn choices() {
    check(
        "{{ iif(true) }} {{ iif(0, 'a', 'b') }} {{ none | iif('a', 'b', 'c') }} {{ '' | default('x', true) }}",
        "True b c x",
    );
    check(
        "{{ 4 is even }} {{ 9 is divisibleby 3 }} {{ 1 is number }} {{ [] is sequence }} {{ {} is mapping }}",
        "True True True True True",
    );
    check(
        "{{ 1 is integer }} {{ 1.0 is float }} {{ true is boolean }} {{ 'A' is upper }} {{ 'a' is in(['a']) }}",
        "True True True True True",
    );
    check_error("{{ nope | is_defined }}", "UndefinedError: 'nope' is undefined");
}
