//! The functions, filters and tests: one table a subject, one way to call them.

mod access;
mod area;
mod collection;
mod convert;
mod logic;
mod math;
mod ops;
mod select;
mod states;
pub(crate) mod text;
mod time;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use minijinja::value::{Rest, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value};

pub(crate) use self::access::get_item;
pub(crate) use self::ops::equal;
use crate::bounds::{CALL, ITEM};
use crate::context::Context;
use crate::error::{type_error, undefined_error};
use crate::value::{as_index, shallow_size, type_name};

/// One function of ours, under one name.
#[derive(Clone, Copy)]
pub(crate) struct Native {
    name: &'static str,
    run: Run,
    uses: u8,
}

type Run = fn(&mut Call<'_, '_, '_>) -> Result<Value, Error>;

/// Usable as `name(..)`.
const GLOBAL: u8 = 1;
/// Usable as `value|name(..)`.
const FILTER: u8 = 2;
/// Usable as `value is name(..)`.
const TEST: u8 = 4;

const fn native(name: &'static str, uses: u8, run: Run) -> Native {
    Native { name, run, uses }
}

/// The arguments of a call, and what it runs in.
pub(crate) struct Call<'a, 's, 'e> {
    pub(crate) context: Arc<Context>,
    pub(crate) state: &'a mut State<'s, 'e>,
    pub(crate) name: &'static str,
    pub(crate) args: Vec<Value>,
    pub(crate) named: Vec<(String, Value)>,
}

impl Call<'_, '_, '_> {
    /// The argument at a position or by name. An undefined one counts as given.
    fn get(&self, at: usize, name: &str) -> Option<Value> {
        self.args.get(at).or_else(|| self.named.iter().find(|(key, _)| key == name).map(|(_, value)| value)).cloned()
    }

    fn need(&self, at: usize, name: &str) -> Result<Value, Error> {
        self.get(at, name)
            .ok_or_else(|| type_error(format!("{}() missing 1 required positional argument: '{name}'", self.name)))
    }

    /// A text argument.
    fn need_str(&self, at: usize, name: &str) -> Result<Arc<str>, Error> {
        let value = self.need(at, name)?;
        value.to_str().ok_or_else(|| {
            if value.is_undefined() {
                undefined_error(format!("'{name}' is undefined"))
            } else {
                type_error(format!("{}() needs a str for '{name}', not '{}'", self.name, type_name(&value)))
            }
        })
    }

    /// A text argument that may be left out; `none` counts as left out.
    fn get_str(&self, at: usize, name: &str) -> Result<Option<Arc<str>>, Error> {
        match self.get(at, name) {
            Some(value) if !value.is_none() && !value.is_undefined() => {
                value.to_str().map(Some).ok_or_else(|| type_error(format!("{}() needs a str for '{name}'", self.name)))
            }
            _ => Ok(None),
        }
    }

    fn get_int(&self, at: usize, name: &str, otherwise: i64) -> Result<i64, Error> {
        match self.get(at, name) {
            Some(value) if !value.is_none() => as_index(&value).ok_or_else(|| {
                type_error(format!("'{}' object cannot be interpreted as an integer", type_name(&value)))
            }),
            _ => Ok(otherwise),
        }
    }

    fn get_flag(&self, at: usize, name: &str, otherwise: bool) -> bool {
        self.get(at, name).map_or(otherwise, |value| value.is_true())
    }

    /// The text of any argument, as Python's `str` gives it.
    fn need_text(&self, at: usize, name: &str) -> Result<String, Error> {
        crate::python::str(&self.context, &self.need(at, name)?)
    }

    /// The items of an argument.
    fn need_items(&self, at: usize, name: &str) -> Result<Vec<Value>, Error> {
        crate::value::items(&self.context, &self.need(at, name)?)
    }

    fn charge(&self, amount: usize) -> Result<(), Error> {
        self.context.charge(amount)
    }
}

/// Whether there is a filter of that name.
pub(crate) fn is_filter(name: &str) -> bool {
    table().get(name).is_some_and(|native| native.uses & FILTER != 0)
}

/// Whether there is a test of that name.
pub(crate) fn is_test(name: &str) -> bool {
    tests().contains_key(name)
}

/// Calls one of ours by name.
pub(crate) fn call(state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
    match table().get(name) {
        Some(native) => native.invoke(state, args.to_vec()),
        None => Err(undefined_error(format!("'{name}' is undefined"))),
    }
}

/// Puts all of them, and nothing else, into an environment.
pub(crate) fn register(environment: &mut Environment<'static>) {
    for native in table().values().copied() {
        let run = move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| native.invoke(state, args.into_values());
        if native.uses & GLOBAL != 0 {
            environment.add_function(native.name, run);
        }
        if native.uses & FILTER != 0 {
            environment.add_filter(native.name, run);
        }
    }
    for native in tests().values().copied() {
        let run = move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| native.invoke(state, args.into_values());
        environment.add_test(native.name, run);
    }
    environment.add_global("pi", std::f64::consts::PI);
    environment.add_global("e", std::f64::consts::E);
    environment.add_global("tau", std::f64::consts::TAU);
    environment.add_global("inf", f64::INFINITY);
}

impl Native {
    fn invoke(self, state: &mut State<'_, '_>, mut args: Vec<Value>) -> Result<Value, Error> {
        let context = Context::of(state)?;
        let size: usize = args.iter().map(|value| shallow_size(value).min(ITEM)).sum();
        context.charge(CALL + size)?;
        let mut named = Vec::new();
        if let Some(keywords) = args.pop_if(|value| value.is_kwargs()) {
            for (key, value) in keywords.as_object().and_then(|object| object.try_iter_pairs()).into_iter().flatten() {
                if let Some(key) = key.as_str() {
                    named.push((key.to_owned(), value));
                }
            }
        }
        let mut call = Call { context, state, name: self.name, args, named };
        let value = (self.run)(&mut call)?;
        call.charge(shallow_size(&value))?;
        Ok(value)
    }
}

/// All of ours. A test may have the name of a filter that does something else, so tests are a table of their own.
fn tables() -> &'static [BTreeMap<&'static str, Native>; 2] {
    static TABLES: OnceLock<[BTreeMap<&'static str, Native>; 2]> = OnceLock::new();
    TABLES.get_or_init(|| {
        let all = [
            ops::TABLE,
            access::TABLE,
            states::TABLE,
            area::TABLE,
            time::TABLE,
            math::TABLE,
            convert::TABLE,
            logic::TABLE,
            text::TABLE,
            collection::TABLE,
            select::TABLE,
        ];
        let with = |uses: u8| {
            let natives = all.into_iter().flatten().filter(|native| native.uses & uses != 0);
            natives.map(|native| (native.name, *native)).collect()
        };
        [with(GLOBAL | FILTER), with(TEST)]
    })
}

fn table() -> &'static BTreeMap<&'static str, Native> {
    let [functions, _] = tables();
    functions
}

fn tests() -> &'static BTreeMap<&'static str, Native> {
    let [_, tests] = tables();
    tests
}
