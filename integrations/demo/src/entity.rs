//! What entities are and do, one file for each family.
//!
//! A [`Model`] is a plain value: it knows its state and attributes, carries out a service or refuses it, and may change
//! as time passes. Clocks, contexts, locks and writing are the business of [`crate::shell`].

mod answer;
pub(crate) use answer::{Answer, invalid, keyed};
pub(crate) use service_bus::Ask;

mod convert;

mod alarm;
mod calendar;
mod climate;
mod color;
mod cover;
mod dated;
mod fan;
mod helper;
mod humidifier;
mod light;
mod lock;
mod player;
mod presence;
mod remote;
mod robot;
mod sensor;
mod siren;
mod switch;
mod timer;
mod todo;
mod update;
mod water_heater;
mod weather;

pub(crate) use alarm::Alarm;
pub(crate) use calendar::{Calendar, Planned};
pub(crate) use climate::Climate;
pub(crate) use cover::{Cover, Valve};
pub(crate) use dated::{Dated, Format};
pub(crate) use fan::Fan;
pub(crate) use helper::{Counter, Number, Select, Text};
pub(crate) use humidifier::Humidifier;
pub(crate) use light::{Light, Palette};
pub(crate) use lock::Lock;
pub(crate) use player::{Player, Track};
pub(crate) use presence::{Fixed, Presence};
pub(crate) use remote::Remote;
pub(crate) use robot::{Mower, Vacuum};
pub(crate) use sensor::{Binary, Event, Meter, Reading};
pub(crate) use siren::Siren;
pub(crate) use switch::{Press, Switch};
pub(crate) use timer::Timer;
pub(crate) use todo::Todo;
pub(crate) use update::Update;
pub(crate) use water_heater::WaterHeater;
pub(crate) use weather::Weather;

use auth_core::Timestamp;
use serde_json::{Map, Value};

/// One kind of entity.
pub(crate) trait Model: Send + Sync {
    /// Returns the bits that say what it can do; none where the domain has no such bits.
    fn features(&self) -> Option<u64> {
        None
    }

    /// Returns its state.
    fn state(&self) -> String;

    /// Returns its attributes, besides those that every entity has.
    fn attributes(&self) -> Map<String, Value>;

    /// Carries out a service. After an error the model is thrown away: nothing has changed.
    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        Err(ask.unsupported())
    }

    /// Lets time pass; tells whether anything may have changed.
    fn step(&mut self, _tick: Tick) -> bool {
        false
    }
}

/// A model that can be tried out on a copy.
pub(crate) trait AnyModel: Model {
    fn copy(&self) -> Box<dyn AnyModel>;
}

impl<M: Model + Clone + 'static> AnyModel for M {
    fn copy(&self) -> Box<dyn AnyModel> {
        Box::new(self.clone())
    }
}

/// One step of time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tick {
    /// Counts the steps.
    pub(crate) n: u64,
    /// When it is: what the demo's start and the number of steps make it.
    pub(crate) at: Timestamp,
}

impl Tick {
    /// How far apart steps are.
    pub(crate) const SECS: u32 = 5;
}

/// Returns the members of a literal object.
pub(crate) fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
