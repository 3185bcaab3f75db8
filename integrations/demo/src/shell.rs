//! What surrounds a model: its lock, its clock, its place on the bus.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use auth_core::Context;
use serde_json::Value;
use service_bus::{Entity, EntityCall, HandlerError, SetStateError, new_context_id, now};

use crate::{
    entity::{AnyModel, Tick},
    house::{Face, House, not_written},
};

/// An entity with a model.
pub(crate) struct Shell {
    house: Arc<House>,
    face: Face,
    /// Never held across an await; held while the state is written, so that states are written in the order of changes.
    model: Mutex<Box<dyn AnyModel>>,
}

impl Shell {
    pub(crate) fn new(house: Arc<House>, face: Face, model: Box<dyn AnyModel>) -> Self {
        Self { house, face, model: Mutex::new(model) }
    }

    /// Writes the state as it is.
    pub(crate) fn show(&self, context: &Context) -> Result<(), SetStateError> {
        let model = self.lock();
        self.write(&**model, context)
    }

    /// Lets time pass.
    pub(crate) fn step(&self, tick: Tick) -> Result<(), SetStateError> {
        let mut model = self.lock();
        if !model.step(tick) {
            return Ok(());
        }
        self.write(&**model, &Context::new(new_context_id(now()), None))
    }

    fn write(&self, model: &dyn AnyModel, context: &Context) -> Result<(), SetStateError> {
        self.house.write(&self.face, &model.state(), model.attributes(), context)
    }

    fn lock(&self) -> MutexGuard<'_, Box<dyn AnyModel>> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Entity for Shell {
    async fn call(&self, call: &EntityCall) -> Result<Option<Value>, HandlerError> {
        let ask = call.ask(now());
        let mut model = self.lock();
        // On a copy: a call that fails changes nothing.
        let mut next = model.copy();
        let answer = next.call(&ask)?;
        self.write(&*next, &call.call.context).map_err(not_written)?;
        *model = next;
        Ok(answer)
    }

    fn supported_features(&self) -> u64 {
        self.face.features.unwrap_or(0)
    }
}
